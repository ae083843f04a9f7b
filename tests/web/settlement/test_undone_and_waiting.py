"""Pages: a payment in cash that was a mistake is taken back; other income that waits stands on the run's page."""

from datetime import UTC, date, datetime

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.fortnight.services.one_offs import add_income
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.services.runs import pay_run
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing
from tests.support.settling import book, prepare_sale, sold_lots

MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)


def test_another_person_takes_a_payment_in_cash_back_on_the_page_or_through_the_api(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    address = f"/settlement/runs/{run.id}"
    sign_in(client, cast.treasurer)
    assert "lo anula otra persona" in client.get(address).get_data(as_text=True)
    own = client.post(f"{address}/take-back-payment", data={"mistake": "Nadie cobró"}, follow_redirects=True)
    assert "pagada" in own.get_data(as_text=True)
    sign_in(client, cast.accountant)
    assert "Anular el pago en efectivo" in client.get(address).get_data(as_text=True)
    assert client.post(f"{address}/take-back-payment", data={"mistake": ""}).status_code == 422
    done = client.post(f"{address}/take-back-payment", data={"mistake": "Nadie cobró"}, follow_redirects=True)
    page = done.get_data(as_text=True)
    assert "nadie figura como pagado" in page
    assert "Anular el pago en efectivo" not in page
    sign_in(client, cast.treasurer)
    client.post(f"{address}/pay")
    path = f"/api/v1/settlement-runs/{run.id}/take-back-payment"
    told = {"reason": "Nadie cobró"}
    assert client.post(path, json=told, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(path, json=told, headers=bearer(cast.treasurer)).status_code == 403
    answer = client.post(path, json=told, headers=bearer(cast.accountant))
    assert (answer.status_code, answer.get_json()["state"], answer.get_json()["payment_entry_id"]) == (
        200,
        "accounted",
        None,
    )
    again = client.post(path, json=told, headers=bearer(cast.accountant))
    assert (again.status_code, again.get_json()["code"]) == (409, "not_paid_in_cash")


def test_other_income_that_waits_stands_on_the_page_of_its_fortnight(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    later = datetime(2026, 4, 1, 15, tzinfo=UTC)
    set_four_prices(session)
    withhold_nothing(session)
    ana, rosa = add_producers(session, 2)
    bring(session, ana, SUNDAY, 10)
    bring(session, rosa, MONDAY, 10)
    weigh(session, cast.accountant.actor, later, {MONDAY: 10_000})
    facts = {"producer_id": ana, "amount_minor": 5_000, "dated_on": MONDAY, "name": "Bono escolar"}
    add_income(session, income_id=new_id(), actor=cast.accountant.actor, now=later, **facts)
    run = prepare_fortnight_run(
        session, actor=cast.accountant.actor, now=later, run_id=new_id(), first_day=MARCH.first
    )
    sign_in(client, cast.accountant)
    page = client.get(f"/settlement/runs/{run.id}").get_data(as_text=True)
    assert "Otros ingresos que esperan" in page
    assert "Lechera 00001 (M-00001)" in page
    assert "Bono escolar" in page
