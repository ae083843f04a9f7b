"""Pages of payout: a batch goes its whole way in the browser's hands, and each refusal says why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.payout.models import PayoutBatch, PayoutConfirmation
from chain.payout.rules import Rail
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.paying import accounted_run, add_account, batch_of, payments_of


def test_cash_goes_from_the_form_to_the_receivers_mark(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000], [7_321]])
    sign_in(client, cast.accountant)
    page = client.get("/payouts/new").text
    assert "Lo pendiente" in page
    data = {"id": str(new_id()), "rail": "cash", "run": str(run.id), "pay_on": "2000-01-01", "collector": ""}
    refused = client.post("/payouts/new", data=data)
    assert refused.status_code == 422
    assert "El día ya pasó." in refused.text
    data["pay_on"] = "2099-01-01"
    url = client.post("/payouts/new", data=data).headers["Location"]
    batch = session.get_one(PayoutBatch, UUID(url.rsplit("/", 1)[1]))
    page = client.get(url).text
    assert "otra persona debe aprobarlo" in page.lower()
    assert "Usted lo preparó" in page or "otra persona" in page
    sign_in(client, cast.treasurer)
    for step in ("approve", "send"):
        assert client.post(f"{url}/{step}").status_code == 302
    first, second = payments_of(session, batch)
    page = client.get(url).text
    assert "Billetes y monedas" in page
    kept = client.post(f"{url}/paid", data={"reference": "OP-88"})
    assert (kept.status_code, "Marque al menos un pago" in kept.text) == (422, True)
    kept = client.post(f"{url}/cancel", data={"payment": str(second.id), "reason": ""})
    assert kept.status_code == 422
    assert f'value="{second.id}" checked' in kept.text
    assert f'value="{first.id}" checked' not in kept.text
    answer = client.post(f"{url}/paid", data={"payment": str(first.id), "then": "confirm"})
    assert answer.headers["Location"].endswith(f"/payments/{first.id}")
    form = {"id": str(new_id()), "kind": "mark", "witness": ""}
    refused = client.post(f"{url}/payments/{first.id}/confirm", data=form)
    assert refused.status_code == 422
    assert "Escriba quién fue testigo." in refused.text
    client.post(f"{url}/payments/{first.id}/confirm", data=form | {"witness": "Rosa Mamani"})
    session.expire_all()
    row = session.query(PayoutConfirmation).one()
    assert (row.payout_id, row.witness_name) == (first.id, "Rosa Mamani")
    client.post(f"{url}/cancel", data={"payment": str(second.id), "reason": "No vino hoy"})
    session.expire_all()
    assert (second.state, batch.state) == ("cancelled", "done")
    table = client.get(f"{url}/payments.csv").text
    assert "pagado" in table
    assert "Firma o señal" in client.get(f"{url}/list").text
    assert "Lote de pagos" in client.get("/payouts").text
    assert client.get("/payouts.csv").mimetype == "text/csv"


def test_a_bank_batch_has_its_file_and_a_payment_that_came_back(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, members = accounted_run(session, cast, now, [[10_000]])
    add_account(session, cast, now, members[0])
    batch = batch_of(session, cast, now, run, Rail.BANK)
    (payment,) = payments_of(session, batch)
    url = f"/payouts/{batch.id}"
    sign_in(client, cast.treasurer)
    answer = client.post(f"{url}/files", data={"id": str(new_id()), "layout": "", "own_account": "191-1"})
    made = client.get(answer.headers["Location"])
    assert (made.mimetype, b"pain.001.001.09" in made.data) == ("application/xml", True)
    page = client.get(f"{url}/payments/{payment.id}").text
    assert "Volvió" in page
    refused = client.post(f"{url}/payments/{payment.id}/returned", data={"reason": ""})
    assert refused.status_code == 422
    client.post(f"{url}/payments/{payment.id}/returned", data={"reason": "Cuenta cerrada"})
    session.expire_all()
    assert payment.state == "returned"


def test_a_collector_sees_the_own_batches_only(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run, _ = accounted_run(session, cast, now, [[10_000]])
    batch = batch_of(session, cast, now, run, Rail.COLLECTOR, collector=cast.clerk.id)
    url = f"/payouts/{batch.id}"
    sign_in(client, cast.clerk)
    assert "Lote de pagos n.º 1" in client.get("/payouts/mine").text
    assert client.get(url).status_code == 200
    assert "Lotes de pago que usted lleva" in client.get("/").text
    paper = f"{url}/payments/{payments_of(session, batch)[0].id}"
    assert "Lo entregué" in client.get(paper).text
    client.post(f"{url}/paid", data={"payment": paper.rsplit("/", 1)[1], "then": "confirm"})
    handed = client.get(paper).text
    assert "Lo entregué" not in handed
    assert "Conformidad de quien recibe" in handed
    sign_in(client, cast.second_clerk)
    assert "Usted no lleva dinero ahora." in client.get("/payouts/mine").text
    assert client.get(url).status_code == 404
    sign_in(client, cast.outsider)
    for path in ("", "/payments.csv", "/list", f"/payments/{payments_of(session, batch)[0].id}"):
        assert client.get(url + path).status_code == 404, path
    sign_in(client, cast.seller)
    assert client.get("/payouts").status_code == 403
    assert client.get("/payouts/accounts").status_code == 403


def test_accounts_limits_and_layouts_are_written_down_and_confirmed(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    _, members = accounted_run(session, cast, now, [[10_000]])
    sign_in(client, cast.accountant)
    form = {
        "id": str(new_id()),
        "member_code": "nobody",
        "rail": "wallet",
        "provider": "Billetera",
        "account": "987654321",
        "holder": "Titular",
    }
    refused = client.post("/payouts/accounts/new", data=form)
    assert refused.status_code == 422
    assert "No hay ningún socio con este código." in refused.text
    assert "987654321" in refused.text  # what was typed stays
    assert (
        client.post("/payouts/accounts/new", data=form | {"member_code": members[0].code}).status_code == 302
    )
    assert "otra persona debe confirmarla" in client.get("/payouts/accounts?waiting=1").text
    limit = {
        "id": str(new_id()),
        "kind": "wallet_operation",
        "amount": "500",
        "valid_from": "2026-01-01",
        "source": "Informe",
    }
    assert client.post("/payouts/limits", data=limit).status_code == 302
    page = client.get("/payouts/limits").text
    assert "sin confirmar: apagado" in page
    layout = {"id": str(new_id()), "name": "Banco", "delimiter": "semicolon", "decimal": ".", "header": "yes"}
    refused = client.post("/payouts/layouts", data=layout | {"title_1": "CUENTA", "field_1": "account"})
    assert refused.status_code == 422
    assert "Una columna debe tener el monto." in refused.text
    both = {"title_1": "CUENTA", "field_1": "account", "title_2": "IMPORTE", "field_2": "amount"}
    assert client.post("/payouts/layouts", data=layout | both).status_code == 302
    assert "CUENTA · IMPORTE" in client.get("/payouts/limits").text
