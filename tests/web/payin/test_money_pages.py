"""Pages of invoices, payments and statements: each form is sent, refused where it must be, and keeps what was typed."""

import io
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.rules import AccountCode
from chain.payin.models import BankAccount, BuyerPayment, Invoice, StatementLine
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.payin import LATER, PROCEEDS, balance, check_books, invoiced, pay, settled_sale
from tests.web.settlement.test_settlement_pages import text_of

CAST = Cast()
STATEMENT = "Fecha;Descripción;Monto;Operación\n17/03/2026;Abono molino;7.200,00;100\n18/03/2026;Mantenimiento;-12,50;101\n"
COLUMNS = {
    "titles": ["Fecha", "Descripción", "Monto", "Operación"],
    "date": "Fecha",
    "text": "Descripción",
    "amount": "Monto",
    "reference": "Operación",
    "day_first": "y",
}


def later(set_clock: Any, now: datetime) -> None:
    set_clock(now + LATER)


def test_an_invoice_is_issued_credited_and_another_one_voided(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    sale, wrong = settled_sale(session, now), invoiced(session, now)
    later(set_clock, now)
    sign_in(client, cast.treasurer)
    assert str(sale.number) in text_of(client.get("/invoices/new"))
    form = f"/sales/{sale.id}/invoice"
    page = client.get(form)
    assert page.status_code == 200
    sent = {"id": str(new_id()), "due_on": "", "note": "Entrega en planta"}
    refused = client.post(form, data=sent)
    assert refused.status_code == 422
    assert "Entrega en planta" in refused.get_data(as_text=True)
    due_on = (now + timedelta(days=20)).date().isoformat()
    assert client.post(form, data={**sent, "due_on": due_on}).status_code == 302
    invoice = session.scalars(select(Invoice).where(Invoice.sale_id == sale.id)).one()
    assert invoice.amount_minor == PROCEEDS
    note = f"/invoices/{invoice.id}/credit-note"
    assert client.get(note).status_code == 200
    said = {"id": str(new_id()), "amount": "99999.00", "reason": "Peso al llegar"}
    too_much = client.post(note, data=said)
    assert too_much.status_code == 422
    assert "Peso al llegar" in too_much.get_data(as_text=True)
    assert client.post(note, data={**said, "amount": "200"}).status_code == 302
    session.refresh(invoice)
    assert invoice.credited_minor == 20_000
    void = f"/invoices/{wrong.id}/void"
    assert client.get(void).status_code == 200
    assert client.post(void, data={"reason": ""}).status_code == 422
    assert client.post(void, data={"reason": "Dirección equivocada"}).status_code == 302
    session.refresh(wrong)
    assert wrong.voided_at is not None
    assert "Anulada" in text_of(client.get(f"/invoices/{wrong.id}"))
    check_books(session)


def test_a_payment_is_written_down_refunded_by_another_and_one_that_never_was_is_taken_out(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    invoice = invoiced(session, now)
    later(set_clock, now)
    sign_in(client, cast.treasurer)
    sent = {
        "id": str(new_id()), "buyer_id": str(invoice.buyer_id), "amount": "7300.00", "currency": "PEN", "paid_on": "2026-03-18",
        "means": "bank", "bank_account_id": "", "reference": "OP-77", "invoices": [str(invoice.id)],
    }  # fmt: skip
    refused = client.post("/buyer-payments/new", data={**sent, "amount": "0.001"})
    assert refused.status_code == 422
    assert "OP-77" in refused.get_data(as_text=True)
    assert client.post("/buyer-payments/new", data=sent).status_code == 302
    payment = session.scalars(select(BuyerPayment)).one()
    session.refresh(invoice)
    assert (invoice.paid_minor, balance(session, AccountCode.BUYER_PREPAYMENTS)) == (PROCEEDS, -10_000)
    page = f"/buyer-payments/{payment.id}"
    assert (
        client.post(f"{page}/refund", data={"id": str(new_id()), "amount": "", "reason": "x"}).status_code
        == 422
    )
    asked = {"id": str(new_id()), "amount": "100", "reason": "Saldo a favor"}
    assert client.post(f"{page}/refund", data=asked).status_code == 302
    assert "Puede hacerlo: " in client.get(page).text
    assert cast.second_treasurer.name in client.get(page).text
    assert (
        client.post(f"{page}/mistake", data={"id": str(new_id()), "mistake_reason": "Era otro"}).status_code
        == 422
    )
    assert client.post(f"/buyer-refunds/{asked['id']}/approve").status_code == 403  # the same person
    sign_in(client, cast.second_treasurer)
    assert client.post(f"/buyer-refunds/{asked['id']}/decline").status_code == 302
    mistake = {"id": str(new_id()), "mistake_reason": ""}
    assert client.post(f"{page}/mistake", data=mistake).status_code == 422
    assert client.post(f"{page}/mistake", data={**mistake, "mistake_reason": "Era otro"}).status_code == 302
    sign_in(client, cast.treasurer)
    assert client.post(f"/buyer-refunds/{mistake['id']}/approve").status_code == 302
    assert "Retirado, nunca se pagó" in text_of(client.get(page))
    session.refresh(invoice)
    assert (invoice.paid_minor, balance(session, AccountCode.BANK)) == (0, 0)
    check_books(session)


def test_a_statement_is_read_after_its_columns_are_known_and_each_line_is_answered(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    invoice = invoiced(session, now)
    later(set_clock, now)
    sign_in(client, cast.treasurer)
    account = {"id": str(new_id()), "bank": "", "number": "191-0001", "interbank": "", "currency": "PEN"}
    assert client.post("/bank-accounts/new", data=account).status_code == 422
    assert client.post("/bank-accounts/new", data={**account, "bank": "Banco"}).status_code == 302
    kept = session.scalars(select(BankAccount)).one()

    def upload(text: str) -> Any:
        data = {"bank_account_id": str(kept.id), "file": (io.BytesIO(text.encode()), "marzo.csv")}
        return client.post("/statements/new", data=data)

    asked = upload(STATEMENT)
    assert asked.status_code == 422  # nothing is stored yet: which column is what?
    assert "Abono molino" in text_of(asked)
    columns = f"/bank-accounts/{kept.id}/columns"
    assert client.post(columns, data={**COLUMNS, "amount": ""}).status_code == 422
    assert client.post(columns, data=COLUMNS).status_code == 302
    assert "Monto" in client.get(columns).get_data(as_text=True)
    assert upload("no table").status_code == 422
    stored = upload(STATEMENT)
    assert stored.status_code == 302
    assert "ya se había importado" in text_of(client.get(upload(STATEMENT).location))
    assert "Abono molino" in client.get(f"{stored.location}.csv").get_data(as_text=True)
    money, charge = session.scalars(select(StatementLine).order_by(StatementLine.position)).all()
    assert client.get(f"/statement-lines/{money.id}").status_code == 200
    assert client.post(f"/statement-lines/{money.id}/match").status_code == 422
    matched = client.post(f"/statement-lines/{money.id}/match", data={"invoices": [str(invoice.id)]})
    assert matched.status_code == 302
    aside = f"/statement-lines/{charge.id}/set-aside"
    assert client.post(aside, data={"reason": ""}).status_code == 422
    assert client.post(aside, data={"reason": "Comisión del banco"}).status_code == 302
    session.refresh(invoice)
    session.refresh(charge)
    assert (invoice.paid_minor, charge.state) == (PROCEEDS, "set_aside")
    assert client.post(f"/bank-accounts/{kept.id}/close").status_code == 302
    sign_in(client, cast.outsider)
    for address in (stored.location, f"/statement-lines/{money.id}", columns, f"/invoices/{invoice.id}"):
        assert client.get(address).status_code == 404
    check_books(session)


def test_a_line_confirms_a_payment_that_was_recorded_by_hand_and_books_nothing_again(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    invoice = invoiced(session, now)
    payment = pay(session, now, invoice, PROCEEDS)
    later(set_clock, now)
    sign_in(client, cast.treasurer)
    account = {"id": str(new_id()), "bank": "Banco", "number": "191-0001", "interbank": "", "currency": "PEN"}
    client.post("/bank-accounts/new", data=account)
    client.post(f"/bank-accounts/{account['id']}/columns", data=COLUMNS)
    file = {"bank_account_id": account["id"], "file": (io.BytesIO(STATEMENT.encode()), "marzo.csv")}
    stored = client.post("/statements/new", data=file)
    assert "¿Ya registrado a mano?" in client.get(stored.location).text
    line = session.scalars(select(StatementLine).where(StatementLine.amount_minor > 0)).one()
    page = client.get(f"/statement-lines/{line.id}").text
    assert "Es este pago" in page
    assert f'value="{payment.id}"' in page
    answer = client.post(f"/statement-lines/{line.id}/match", data={"payment_id": str(payment.id)})
    assert answer.status_code == 302
    assert "No se asentó nada otra vez" in client.get(answer.location).text
    session.refresh(line)
    assert (line.payment_id, balance(session, AccountCode.BANK)) == (payment.id, PROCEEDS)
    check_books(session)


def test_what_is_overpaid_becomes_credit_and_pays_the_next_invoice(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    first = invoiced(session, now)
    payment = pay(session, now, first, PROCEEDS)
    later(set_clock, now)
    sign_in(client, cast.treasurer)
    said = {"id": str(new_id()), "amount": "200", "reason": "Peso al llegar"}
    client.post(f"/invoices/{first.id}/credit-note", data=said)
    assert client.post(f"/invoices/{first.id}/release").status_code == 302
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -20_000
    second = invoiced(session, now)
    assert client.post(f"/buyer-payments/{payment.id}/apply").status_code == 302
    session.refresh(second)
    assert (second.paid_minor, balance(session, AccountCode.BUYER_PREPAYMENTS)) == (20_000, 0)
    check_books(session)
