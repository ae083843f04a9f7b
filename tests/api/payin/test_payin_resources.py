"""Invoices, payments and statements for scripts."""

import base64
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.payin.services.statements import add_bank_account, set_columns
from tests.services.payin.test_statements import COLUMNS, FIRST
from tests.support.cast import Cast, bearer
from tests.support.payin import PROCEEDS, settled_sale

CAST = Cast()


def test_a_script_invoices_a_sale_imports_a_statement_and_matches_it(
    client: FlaskClient, session: Session, now: datetime
) -> None:
    sale = settled_sale(session, now)
    account_id = new_id()
    treasurer = CAST.treasurer.actor
    add_bank_account(
        session,
        actor=treasurer,
        now=now,
        account_id=account_id,
        bank="BCP",
        number="191-0001",
        currency="PEN",
    )
    set_columns(session, actor=treasurer, now=now, account_id=account_id, columns=COLUMNS)
    head = bearer(CAST.treasurer)
    wanted = {
        "id": str(new_id()),
        "sale_id": str(sale.id),
        "due_on": (datetime.now(tz=now.tzinfo) + timedelta(days=9)).date().isoformat(),
    }
    made = client.post("/api/v1/invoices", json=wanted, headers=head)
    assert (made.status_code, made.get_json()["open_minor"]) == (201, PROCEEDS)
    assert client.post("/api/v1/invoices", json=wanted, headers=head).status_code == 200
    file = {
        "bank_account_id": str(account_id),
        "file_name": "marzo.csv",
        "content": base64.b64encode(FIRST.encode()).decode(),
    }
    stored = client.post("/api/v1/statements", json=file, headers=head)
    assert stored.status_code == 201
    assert client.post("/api/v1/statements", json=file, headers=head).status_code == 200
    lines = client.get(f"/api/v1/statements/{stored.get_json()['id']}/lines", headers=head).get_json()[
        "items"
    ]
    (line,) = [one for one in lines if one["proposals"]]
    match = {"invoice_ids": line["proposals"][0]["invoice_ids"]}
    answer = client.post(f"/api/v1/statements/lines/{line['id']}/match", json=match, headers=head)
    assert answer.get_json()["state"] == "matched"
    (invoice,) = client.get("/api/v1/invoices?state=paid", headers=head).get_json()["items"]
    assert (invoice["paid_minor"], invoice["open_minor"]) == (PROCEEDS, 0)
    (received,) = client.get("/api/v1/received-invoices", headers=bearer(CAST.buyer)).get_json()["items"]
    assert received["serial"] == invoice["serial"]
    assert client.get(f"/api/v1/invoices/{invoice['id']}", headers=bearer(CAST.rival_buyer)).status_code in {
        403,
        404,
    }
    (payment,) = client.get("/api/v1/buyer-payments", headers=head).get_json()["items"]
    assert payment["amount_minor"] == PROCEEDS
