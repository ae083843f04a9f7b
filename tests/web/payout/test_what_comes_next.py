"""Pages of payout say what comes next: after a return, while a collector is away, and of what other batches hold."""

from datetime import datetime

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.payout.rules import Rail
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.paying import accounted_run, add_account, batch_of, payments_of


def test_a_payment_that_came_back_leads_to_the_one_that_follows(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000]])
    add_account(session, cast, now, members[0])
    batch = batch_of(session, cast, now, run, Rail.BANK)
    (payment,) = payments_of(session, batch)
    url = f"/payouts/{batch.id}"
    sign_in(client, cast.treasurer)
    refused = client.post(f"{url}/payments/{payment.id}/returned", data={"reason": ""})
    assert '<details class="govuk-details" open>' in refused.text
    client.post(f"{url}/payments/{payment.id}/returned", data={"reason": "Cuenta cerrada"})
    assert "Lo que volvió se debe otra vez." in client.get(url).text
    assert "anote primero la correcta" in client.get(f"{url}/payments/{payment.id}").text
    again = batch_of(session, cast, now, run, Rail.BANK)
    (second,) = payments_of(session, again)
    assert "Lo que volvió se debe otra vez." not in client.get(url).text
    page = client.get(f"{url}/payments/{payment.id}").text
    assert f"/payouts/{again.id}/payments/{second.id}" in page
    assert "Hacer el archivo" in client.get(f"/payouts/{again.id}").text
    assert "Hacer el archivo" not in client.get(url).text  # nothing of a finished batch is sent again


def test_an_officer_takes_out_those_whom_a_collector_did_not_find(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [8_000]])
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id)
    sign_in(client, cast.treasurer)
    page = client.get(f"/payouts/{batch.id}").text
    assert "saque del lote a quienes no encontró" in page
    assert f'value="{payments_of(session, batch)[0].id}"' in page
    assert "Sacar los marcados" in page
    assert "Los marcados están pagados" not in page  # only the collector knows that
    sign_in(client, cast.clerk)
    page = client.get(f"/payouts/{batch.id}").text
    assert "Los marcados están pagados" in page
    assert "Sacar los marcados" not in page


def test_what_other_batches_hold_is_not_shown_as_open(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run, sent=False)
    sign_in(client, cast.treasurer)
    page = client.get("/payouts/new").text
    assert "Ya en otros lotes" in page
    held = page.split("Por pagar</th>", 1)[1].split("</tr>", 2)[1]
    assert f"{batch.total_minor / 100:,.2f}" in held
    assert held.rstrip().endswith(f"{(run.net_minor - batch.total_minor) / 100:,.2f}</td>")


def test_a_count_that_differs_stands_open_with_what_was_typed(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run, sent=False)
    sign_in(client, cast.treasurer)
    client.post(f"/payouts/{batch.id}/approve")
    answer = client.post(
        f"/payouts/{batch.id}/count", data={"id": str(new_id()), "purpose": "drawn", "piece_20000": "1"}
    )
    assert answer.status_code == 422
    form = answer.text.split("Anotar un conteo", 1)
    assert form[0].rstrip().rsplit("<details", 1)[1].startswith(' class="govuk-details" open')
    assert 'value="1"' in form[1]
