"""Credit, refunds and bank accounts for scripts: the same id twice, other content, who may, whose they are."""

from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.models import AuditRecord
from tests.support.cast import Cast, Person, bearer
from tests.support.payin import LATER, PROCEEDS, check_books, invoiced, pay, settled_sale

CAST = Cast()
API = "/api/v1"


def answer(response: Any, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    found: dict[str, Any] = response.get_json()
    return found


def post(client: FlaskClient, person: Person, path: str, body: dict[str, Any] | None = None) -> Any:
    return client.post(API + path, json=body, headers=bearer(person))


def get(client: FlaskClient, person: Person, path: str) -> dict[str, Any]:
    return answer(client.get(API + path, headers=bearer(person)))


def test_a_refund_is_asked_by_one_officer_and_approved_by_another(
    client: FlaskClient, session: Session, now: datetime, set_clock: Any
) -> None:
    set_clock(now + LATER)
    payment = pay(session, now, invoiced(session, now), PROCEEDS + 80_000)
    path = f"/buyer-payments/{payment.id}/refunds"
    wanted = {"id": str(new_id()), "amount_minor": 80_000, "reason": "Pagó de más"}
    asked = answer(post(client, CAST.treasurer, path, wanted), 201)
    assert (asked["number"], asked["state"]) == (1, "asked")
    assert answer(post(client, CAST.treasurer, path, wanted))["id"] == wanted["id"]
    other = post(client, CAST.treasurer, path, wanted | {"amount_minor": 70_000})
    assert answer(other, 409)["code"] == "idempotency_conflict"
    above = post(client, CAST.treasurer, path, wanted | {"id": str(new_id()), "amount_minor": PROCEEDS + 1})
    assert answer(above, 409)["code"] == "refund_above_ceiling"
    assert post(client, CAST.accountant, path, wanted | {"id": str(new_id())}).status_code == 403
    assert post(client, CAST.outsider, path, wanted | {"id": str(new_id())}).status_code == 404

    refund = f"/buyer-refunds/{wanted['id']}"
    assert answer(post(client, CAST.treasurer, f"{refund}/approve"), 403)["code"] == "same_person"
    assert get(client, CAST.accountant, "/buyer-refunds?state=asked")["items"][0]["id"] == wanted["id"]
    done = answer(post(client, CAST.second_treasurer, f"{refund}/approve"))
    assert (done["state"], done["entry_id"] is not None) == ("done", True)
    assert answer(post(client, CAST.second_treasurer, f"{refund}/approve"), 409)["code"] == "refund_answered"
    assert get(client, CAST.accountant, refund)["state"] == "done"
    assert client.get(API + refund, headers=bearer(CAST.outsider)).status_code == 404
    seen = get(client, CAST.accountant, f"/buyer-payments/{payment.id}")
    assert (seen["credit_minor"], seen["refundable_minor"]) == (0, PROCEEDS)
    assert [one["kind"] for one in seen["uses"]] == ["invoice", "refund"]
    assert [one["state"] for one in seen["refunds"]] == ["done"]
    check_books(session)


def test_a_refund_that_is_declined_frees_the_ceiling(
    client: FlaskClient, session: Session, now: datetime, set_clock: Any
) -> None:
    set_clock(now + LATER)
    payment = pay(session, now, invoiced(session, now), PROCEEDS)
    path = f"/buyer-payments/{payment.id}"
    wanted = {"id": str(new_id()), "amount_minor": PROCEEDS, "reason": "Error de cuenta"}
    answer(post(client, CAST.treasurer, f"{path}/refunds", wanted), 201)
    assert get(client, CAST.treasurer, path)["refundable_minor"] == 0
    assert (
        answer(post(client, CAST.treasurer, f"/buyer-refunds/{wanted['id']}/decline"))["state"] == "declined"
    )
    assert get(client, CAST.treasurer, path)["refundable_minor"] == PROCEEDS
    second = answer(post(client, CAST.treasurer, f"{path}/refunds", wanted | {"id": str(new_id())}), 201)
    assert second["number"] == 2, "the one that was declined keeps its own"
    listed = get(client, CAST.treasurer, "/buyer-refunds?sort=-number")["items"]
    assert [one["number"] for one in listed] == [2, 1]


def test_credit_pays_a_later_invoice_once_by_its_id(
    client: FlaskClient, session: Session, now: datetime, set_clock: Any
) -> None:
    set_clock(now + LATER)
    first = invoiced(session, now)
    payment = pay(session, now, first, PROCEEDS + 100_000)
    second = invoiced(session, now, settled_sale(session, now))
    path = f"/buyer-payments/{payment.id}/apply-credit"
    use = {"id": str(new_id()), "invoice_ids": [str(second.id)]}
    assert post(client, CAST.clerk, path, use).status_code == 403
    for _ in range(2):
        used = answer(post(client, CAST.treasurer, path, use))
        assert (used["credit_minor"], len(used["uses"])) == (0, 2)
    other = post(client, CAST.treasurer, path, use | {"invoice_ids": [str(first.id)]})
    assert answer(other, 409)["code"] == "idempotency_conflict"
    spent = post(client, CAST.treasurer, path, use | {"id": str(new_id())})
    assert answer(spent, 409)["code"] == "nothing_open"
    assert get(client, CAST.treasurer, f"/invoices/{second.id}")["open_minor"] == PROCEEDS - 100_000


def test_what_is_overpaid_becomes_credit(
    client: FlaskClient, session: Session, now: datetime, set_clock: Any
) -> None:
    set_clock(now + LATER)
    invoice = invoiced(session, now)
    payment = pay(session, now, invoice, PROCEEDS)
    note = {"id": str(new_id()), "amount_minor": 20_000, "reason": "Kilos de menos"}
    answer(post(client, CAST.treasurer, f"/invoices/{invoice.id}/credit-notes", note), 201)
    path = f"/invoices/{invoice.id}/release-overpaid"
    assert answer(post(client, CAST.treasurer, path))["open_minor"] == 0
    assert answer(post(client, CAST.treasurer, path), 409)["code"] == "not_overpaid"
    assert get(client, CAST.treasurer, f"/buyer-payments/{payment.id}")["credit_minor"] == 20_000


def test_bank_accounts_are_kept_read_and_closed(client: FlaskClient, session: Session) -> None:
    account = {
        "id": str(new_id()),
        "bank": "BCP",
        "number": "191-77",
        "currency": "PEN",
        "interbank": "002-191",
    }
    assert post(client, CAST.accountant, "/bank-accounts", account).status_code == 403
    assert answer(post(client, CAST.treasurer, "/bank-accounts", account), 201)["columns"] is None
    assert answer(post(client, CAST.treasurer, "/bank-accounts", account))["number"] == "191-77"
    other = post(client, CAST.treasurer, "/bank-accounts", account | {"currency": "USD"})
    assert answer(other, 409)["code"] == "idempotency_conflict"
    again = post(client, CAST.treasurer, "/bank-accounts", account | {"id": str(new_id())})
    assert answer(again, 409)["code"] == "account_known"
    path = f"/bank-accounts/{account['id']}"
    columns = {"date": "Fecha", "text": "Descripción", "amount": "Monto"}
    head = bearer(CAST.treasurer)
    kept = answer(client.put(f"{API}{path}/columns", json=columns, headers=head))
    assert (kept["columns"]["amount"], kept["columns"]["day_first"]) == ("Monto", True)
    bad = client.put(f"{API}{path}/columns", json=columns | {"amount": ""}, headers=head)
    assert bad.status_code == 422
    assert client.get(API + path, headers=bearer(CAST.outsider)).status_code == 404
    assert post(client, CAST.outsider, f"{path}/close").status_code == 404
    for _ in range(2):
        assert answer(post(client, CAST.treasurer, f"{path}/close"))["closed_at"]
    assert get(client, CAST.accountant, "/bank-accounts")["items"] == []
    assert len(get(client, CAST.accountant, "/bank-accounts?closed=true&sort=-number")["items"]) == 1
    closed = select(AuditRecord).where(AuditRecord.tag == "payin:bank_account:closed")
    assert len(session.scalars(closed).all()) == 1
