"""A bank account that is closed is offered for nothing new."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.payin.services.statements import add_bank_account
from tests.support.cast import Cast, sign_in

CAST = Cast()


def test_a_treasurer_closes_a_bank_account(client: FlaskClient, session: Session, now: datetime) -> None:
    account_id = new_id()
    add_bank_account(
        session, actor=CAST.treasurer.actor, now=now, account_id=account_id, bank="BCP", number="191-77", currency="PEN"
    )  # fmt: skip
    sign_in(client, CAST.treasurer)
    page = client.get(f"/bank-accounts/{account_id}/columns").text
    assert "Cerrar esta cuenta bancaria" in page
    assert "191-77" in client.get("/statements").text
    assert client.post(f"/bank-accounts/{account_id}/close").status_code == 302
    assert "191-77" not in client.get("/statements").text
    assert "Cerrar esta cuenta bancaria" not in client.get(f"/bank-accounts/{account_id}/columns").text
    sign_in(client, CAST.accountant)
    assert client.post(f"/bank-accounts/{account_id}/close").status_code == 403
    sign_in(client, CAST.outsider)
    assert client.post(f"/bank-accounts/{account_id}/close").status_code == 404
