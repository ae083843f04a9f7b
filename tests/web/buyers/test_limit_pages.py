"""Pages of vetting, limits, deposits, the price grid and what is still missing."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.buyers.models import BuyerDeposit, BuyerVetting, Demand, DepositReturn, TradingLimit
from chain.core.ids import new_id
from tests.support.cast import CENTRE, MILL, Cast, sign_in
from tests.web.buyers.test_demand_pages import FORM

BABY = "ntp-231.301/2014/baby"
DEPOSIT = {
    "kind": "received",
    "amount": "500,50",
    "means": "qr",
    "reference": "QR-1",
    "happened_on": "2026-03-16",
}


@pytest.fixture(autouse=True)
def _today(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


def test_the_operator_vets_a_buyer_once(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.operator)
    assert cast.mill.name in client.get("/vetting").text
    assert client.get(f"/vetting/{MILL.id}").status_code == 200
    form = {"id": str(new_id()), "status": "suspended", "tier": "deposit", "note": ""}
    assert "Escriba por qué se suspende" in client.post(f"/vetting/{MILL.id}", data=form).text
    for _ in range(2):
        sent = {**form, "note": "No pagó", "documents": "RUC\nPoder"}
        assert client.post(f"/vetting/{MILL.id}", data=sent).status_code == 302
    kept = session.scalars(select(BuyerVetting).where(BuyerVetting.note == "No pagó")).one()
    assert kept.documents == ["RUC", "Poder"]
    assert "Suspendido" in client.get("/vetting").text
    assert client.get(f"/vetting/{CENTRE.id}").status_code == 404


def test_a_treasurer_keeps_deposits_and_credit(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.treasurer)
    path = f"/limits/{MILL.id}"
    wrong = client.post(f"{path}/deposit", data={**DEPOSIT, "id": str(new_id()), "reference": ""})
    assert wrong.status_code == 422
    assert 'value="500,50"' in wrong.text
    form = {**DEPOSIT, "id": str(new_id())}
    for _ in range(2):
        assert client.post(f"{path}/deposit", data=form).status_code == 302
    assert session.scalars(select(BuyerDeposit.amount_minor)).all() == [50_050]
    credit = {"id": str(new_id()), "amount": "100", "until": "2026-12-31", "reason": "Paga puntual"}
    credit = {f"credit-{name}": value for name, value in credit.items()}
    assert client.post(f"{path}/credit", data={**credit, "credit-until": "2020-01-01"}).status_code == 422
    assert client.post(f"{path}/credit", data=credit).status_code == 302
    assert client.post("/limits/rule", data={"required": "yes"}).status_code == 302
    page = client.get("/limits").text
    for words in ("S/ 500.50", "S/ 100.00", "S/ 600.50"):
        assert words in page
    assert "600.5" in client.get("/limits.csv").text
    assert "QR-1" in client.get(path).text


def test_a_buyer_asks_for_its_deposit_and_leaves_it(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    session.add(
        TradingLimit(organisation_id=CENTRE.id, buyer_id=MILL.id, currency="PEN", deposit_minor=5_000)
    )
    session.flush()
    sign_in(client, cast.buyer)
    assert "S/ 50.00" in client.get("/limits/own").text
    path, name = f"/limits/own/{CENTRE.id}/PEN/return", f"{CENTRE.id}-PEN-"
    assert client.post(path, data={f"{name}id": str(new_id()), f"{name}pay_to": ""}).status_code == 422
    assert client.post(path, data={f"{name}id": str(new_id()), f"{name}pay_to": "QR 9"}).status_code == 302
    row = session.scalars(select(DepositReturn)).one()
    assert "Devolución del depósito pedida" in client.get("/limits/own").text
    assert client.post(f"/limits/own/returns/{row.id}/withdraw").status_code == 302
    assert "Pedir el depósito" in client.get("/limits/own").text


def test_a_treasurer_pays_a_deposit_back(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    row = DepositReturn(
        id=new_id(),
        organisation_id=CENTRE.id,
        buyer_id=MILL.id,
        currency="PEN",
        pay_to="QR 9",
        state="to_pay",
        amount_minor=5_000,
        asked_at=now,
    )
    session.add(row)
    session.flush()
    key = row.id
    sign_in(client, cast.treasurer)
    assert "QR 9" in client.get("/limits").text
    assert "QR 9" in client.get(f"/limits/{MILL.id}").text
    assert client.post(f"/limits/returns/{key}/paid", data={"paid-reference": "T-9"}).status_code == 302
    assert session.get_one(DepositReturn, key).state == "paid"


def test_a_price_grid_is_typed_pasted_shown_and_changed(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.buyer)
    rows = {
        "grid-0-grade": BABY,
        "grid-0-colour": "white",
        "grid-0-price": "45,50",
        "grid-1-grade": "",
        "grid-1-colour": "",
        "grid-1-price": "",
        "grid_text": "Super Baby;blanco;52",
        "step_base": "22",
        "step_amount": "0,20",
        "organic": "3",
        "volumes-0-quantity": "1000",
        "volumes-0-amount": "0,50",
        "period": "month",
        "freight": "buyer",
        "private_to": [str(CENTRE.id)],
    }
    form = {**FORM, "id": str(new_id()), **rows}
    more = client.post("/demands/new?commodity=alpaca-fibre", data={**form, "more": "1"})
    assert (more.status_code, 'value="45,50"' in more.text, "grid-5-price" in more.text) == (200, True, True)
    wrong = client.post("/demands/new", data={**form, "grid_text": "Suri;blanco;52"})
    assert "no se conoce la calidad" in wrong.text
    answer = client.post("/demands/new?commodity=alpaca-fibre", data=form)
    assert answer.status_code == 302, answer.text
    demand = session.scalars(select(Demand)).one()
    assert [row["price_minor"] for row in demand.price_grid] == [4_550, 5_200]
    assert [one["kind"] for one in demand.premiums] == ["micron_step", "claim", "volume"]
    page = client.get(answer.location).text
    for words in ("S/ 45.50", "El comprador recoge", "cada mes", "Lo que falta", cast.centre.name):
        assert words in page
    change = f"/demands/{demand.id}/change"
    shown = client.get(change).text
    assert 'value="45.50"' in shown
    changed = {**form, "version": "1", "grid_text": "", "title": "Baby del sur"}
    assert client.post(change, data=changed).status_code == 302
    assert client.post(change, data={**changed, "title": "Otro"}).status_code == 422
    assert "Lo que decía antes" in client.get(answer.location).text
    assert "Baby del sur" in client.get("/demands.csv").text


def test_centres_see_what_they_may_fill(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.buyer)
    form = {
        **FORM,
        "id": str(new_id()),
        "period": "month",
        "freight": "seller",
        "private_to": [str(CENTRE.id)],
    }
    client.post("/demands/new", data=form)
    for who, seen in (
        (cast.buyer, True),
        (cast.seller, True),
        (cast.outsider, False),
        (cast.rival_buyer, False),
    ):
        sign_in(client, who)
        page = client.get("/demands/gaps")
        assert page.status_code == 200
        assert ("Baby blanca" in page.text) is seen


@pytest.mark.parametrize("path", ["/vetting", "/limits", "/limits.csv"])
def test_buyers_and_sales_officers_do_not_set_limits(client: FlaskClient, cast: Cast, path: str) -> None:
    for who in (cast.buyer, cast.seller):
        sign_in(client, who)
        assert client.get(path).status_code == 403
