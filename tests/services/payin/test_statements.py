"""Bank statements: read, stored once, matched."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, SamePerson
from chain.core.ids import new_id
from chain.core.tables import UnusableFile
from chain.ledger.rules import AccountCode
from chain.payin.bank_files import Columns
from chain.payin.errors import LineAnswered, NoMistake, NotMoneyIn, StatementOfOther
from chain.payin.models import StatementLine
from chain.payin.queries.statements import bank_checks, proposals_for
from chain.payin.rules import Reason
from chain.payin.services.refunds import approve_refund, ask_refund
from chain.payin.services.statements import (
    add_bank_account,
    import_statement,
    match_line,
    set_columns,
    set_line_aside,
)
from tests.support.cast import Cast
from tests.support.payin import LATER, PROCEEDS, balance, check_books, invoiced, pay

CAST = Cast()
TREASURER = CAST.treasurer.actor
COLUMNS = Columns(
    date="Fecha",
    text="Descripción",
    amount="Monto",
    reference="Operación",
    balance="Saldo",
    counterparty="Ordenante",
)
HEAD = "Fecha;Descripción;Ordenante;Monto;Operación;Saldo\n"
FIRST = HEAD + (
    "17/03/2026;Pago F001-1;MOLINO;7.200,00;100;17.200,00\n18/03/2026;Mantenimiento;;-12,50;101;17.187,50\n"
)
SECOND = FIRST + "19/03/2026;Abono sin nombre;;1,00;102;17.188,50\n"
CAMT = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt>
<Acct><Id><Othr><Id>191-0001</Id></Othr></Id><Ccy>{currency}</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="PEN">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-17</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="PEN">7295.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-03-18</Dt></Dt></Bal>
<Ntry><Amt Ccy="PEN">7200.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-17</Dt></BookgDt>
<AcctSvcrRef>ABC1</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId></Refs>
<RltdPties><Dbtr><Pty><Nm>Molino Andino</Nm></Pty></Dbtr></RltdPties><RmtInf><Ustrd>factura f001-00000001</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy="PEN">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-03-18</Dt></BookgDt><AcctSvcrRef>ABC2</AcctSvcrRef></Ntry>
<Ntry><Amt Ccy="PEN">9.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>PDNG</Cd></Sts><BookgDt><Dt>2026-03-18</Dt></BookgDt></Ntry>
</Stmt></BkToCstmrStmt></Document>"""


def _account(session: Session, now: datetime) -> UUID:
    account = add_bank_account(
        session, actor=TREASURER, now=now, account_id=new_id(), bank="BCP", number="191-0001", currency="PEN"
    )
    set_columns(session, actor=TREASURER, now=now, account_id=account.id, columns=COLUMNS)
    return account.id


def _lines(session: Session) -> list[StatementLine]:
    return list(session.scalars(select(StatementLine).order_by(StatementLine.booked_on)))


def _import(session: Session, now: datetime, account_id: UUID, text: str) -> tuple[int, int, bool]:
    made = import_statement(
        session, actor=TREASURER, now=now, account_id=account_id, file_name="marzo.csv", content=text.encode()
    )
    return made.statement.lines, len(made.statement.duplicates), made.is_new


def test_a_file_and_a_line_are_stored_once(session: Session, now: datetime) -> None:
    account_id = _account(session, now)
    assert _import(session, now, account_id, FIRST) == (2, 0, True)
    assert _import(session, now, account_id, FIRST) == (2, 0, False)
    assert _import(session, now, account_id, SECOND) == (3, 2, True)
    assert [line.amount_minor for line in _lines(session)] == [720_000, -1_250, 100]


def test_a_line_is_proposed_confirmed_and_pays_its_invoice_once(session: Session, now: datetime) -> None:
    invoice = invoiced(session, now)
    account_id = _account(session, now)
    _import(session, now, account_id, FIRST)
    line, charge = _lines(session)
    (proposal,) = proposals_for(session, CAST.centre.id, [line])[line.id]
    assert proposal.is_sure
    assert {Reason.SERIAL, Reason.AMOUNT} <= set(proposal.reasons)
    for _ in range(2):
        match_line(session, actor=TREASURER, now=now + LATER, line_id=line.id, invoice_ids=[invoice.id])
    assert invoice.paid_minor == PROCEEDS
    assert balance(session, AccountCode.BANK) == PROCEEDS
    with pytest.raises(NotMoneyIn):
        match_line(session, actor=TREASURER, now=now, line_id=charge.id, buyer_id=invoice.buyer_id)
    set_line_aside(session, actor=TREASURER, now=now, line_id=charge.id, note="Comisión del banco")
    with pytest.raises(LineAnswered):
        set_line_aside(session, actor=TREASURER, now=now, line_id=charge.id, note="Otra vez")
    check_books(session)


def test_a_line_confirms_a_payment_that_was_recorded_by_hand(session: Session, now: datetime) -> None:
    invoice = invoiced(session, now)
    payment = pay(session, now, invoice, PROCEEDS)
    _import(session, now, _account(session, now), FIRST)
    line = _lines(session)[0]
    match_line(session, actor=TREASURER, now=now + LATER, line_id=line.id, payment_id=payment.id)
    assert (line.state, line.payment_id) == ("matched", payment.id)
    assert balance(session, AccountCode.BANK) == PROCEEDS


def test_a_line_that_was_matched_takes_no_other_answer(session: Session, now: datetime) -> None:
    invoice, other = invoiced(session, now), invoiced(session, now)
    _import(session, now, _account(session, now), FIRST)
    line = _lines(session)[0]
    facts: dict[str, Any] = {"actor": TREASURER, "now": now + LATER, "line_id": line.id}
    payment = match_line(session, **facts, invoice_ids=[invoice.id, other.id])
    assert match_line(session, **facts, invoice_ids=[invoice.id, other.id]).id == payment.id
    assert match_line(session, **facts, buyer_id=invoice.buyer_id).id == payment.id
    for another in (
        {"invoice_ids": [other.id]},
        {"buyer_id": CAST.outsider.house.id},
        {"payment_id": new_id()},
    ):
        with pytest.raises(LineAnswered):
            match_line(session, **facts, **another)
    assert (invoice.paid_minor, other.paid_minor) == (PROCEEDS, 0)
    check_books(session)


def test_camt_053_is_read_with_its_balances_and_reconciles(session: Session, now: datetime) -> None:
    invoice = invoiced(session, now)
    account_id = _account(session, now)
    assert _import(session, now, account_id, CAMT.format(currency="PEN")) == (2, 0, True)
    line = _lines(session)[0]
    assert (line.booked_on, line.amount_minor, line.counterparty) == (
        date(2026, 3, 17),
        720_000,
        "Molino Andino",
    )
    assert proposals_for(session, CAST.centre.id, [line])[line.id][0].is_sure
    match_line(session, actor=TREASURER, now=now + LATER, line_id=line.id, invoice_ids=[invoice.id])
    (check,) = bank_checks(session, CAST.centre.id)
    assert (check.statement_minor, check.book_minor, check.open_out_minor) == (729_500, 720_000, -500)
    assert check.unexplained_minor == 10_000  # what the account held before the books began


def test_a_statement_of_another_account_or_currency_is_refused(session: Session, now: datetime) -> None:
    account_id = _account(session, now)
    with pytest.raises(StatementOfOther):
        _import(session, now, account_id, CAMT.format(currency="USD").replace("PEN", "USD"))
    with pytest.raises(StatementOfOther):
        _import(session, now, account_id, CAMT.format(currency="PEN").replace("191-0001", "555-9"))


def test_the_amounts_say_the_currency_that_an_account_leaves_out(session: Session, now: datetime) -> None:
    text = CAMT.format(currency="PEN").replace("<Ccy>PEN</Ccy>", "")
    with pytest.raises(StatementOfOther):  # dollars are not taken for soles
        _import(session, now, _account(session, now), text.replace("PEN", "USD"))


def test_two_payments_that_say_the_same_are_two(session: Session, now: datetime) -> None:
    """Without a reference of the bank, each file tells them apart by their order."""
    account_id = _account(session, now)
    entry = (
        '<Ntry><Amt Ccy="PEN">50.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>'
        "<BookgDt><Dt>2026-03-18</Dt></BookgDt></Ntry>"
    )
    text = CAMT.format(currency="PEN").replace("</Stmt>", f"{entry}{entry}</Stmt>")
    assert _import(session, now, account_id, text) == (4, 0, True)
    assert [line.amount_minor for line in _lines(session)].count(5_000) == 2
    assert _import(session, now, account_id, text + "\n") == (4, 4, True)
    assert len(_lines(session)) == 4


def test_an_amount_of_a_part_that_is_no_amount_is_passed_over_at_once(
    session: Session, now: datetime
) -> None:
    part = "<TxDtls><Amt>1E+999990</Amt></TxDtls>"
    text = CAMT.format(currency="PEN").replace("</NtryDtls>", f"{part * 50}</NtryDtls>")
    assert _import(session, now, _account(session, now), text) == (2, 0, True)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE d [<!ENTITY e "x">]><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">&e;</Document>',
        "<Document>",
        "<html></html>",
        CAMT.format(currency="PEN").replace("7200.00", "1E+999999"),
        CAMT.format(currency="PEN").replace('Ccy="PEN">7200.00', 'Ccy="USD">7200.00'),
        HEAD,
        HEAD + "31/31/2026;x;;1,00;1;1,00\n",
        HEAD + "17/03/2026;x;;uno;1;1,00\n",
        HEAD + "17/03/2026;x;;0.125;1;1,00\n",
        "a;b\n1;2\n",
        "",
    ],
)
def test_files_that_are_no_statement_are_refused(session: Session, now: datetime, text: str) -> None:
    with pytest.raises(UnusableFile):
        _import(session, now, _account(session, now), text)


def test_another_house_sees_no_line(session: Session, now: datetime) -> None:
    _import(session, now, _account(session, now), FIRST)
    with pytest.raises(NotFound):
        set_line_aside(
            session, actor=CAST.outsider.actor, now=now, line_id=_lines(session)[0].id, note="Nada que ver"
        )


def test_a_line_that_was_matched_by_mistake_is_open_again_and_matched_rightly(
    session: Session, now: datetime
) -> None:
    invoice, other = invoiced(session, now), invoiced(session, now)
    _import(session, now, _account(session, now), FIRST)
    line = _lines(session)[0]
    later: dict[str, Any] = {"actor": TREASURER, "now": now + LATER}
    wrong = match_line(session, line_id=line.id, invoice_ids=[other.id], **later)
    said: dict[str, Any] = {
        "refund_id": new_id(), "payment_id": wrong.id, "amount_minor": None, "reason": "Era de otra factura", "is_mistake": True,
    }  # fmt: skip
    asked = ask_refund(session, **later, **said)
    assert ask_refund(session, **later, **said) is asked
    with pytest.raises(IdempotencyConflict):
        ask_refund(session, **later, **{**said, "is_mistake": False})
    with pytest.raises(SamePerson):
        approve_refund(session, **later, refund_id=asked.id)
    approve_refund(session, actor=CAST.second_treasurer.actor, now=now + LATER, refund_id=asked.id)
    session.refresh(line)
    assert (line.state, line.payment_id, other.paid_minor) == ("open", None, 0)
    assert balance(session, AccountCode.BANK) == balance(session, AccountCode.BUYER_PREPAYMENTS) == 0
    right = match_line(session, line_id=line.id, invoice_ids=[invoice.id], **later)
    assert (right.id == wrong.id, line.payment_id, invoice.paid_minor) == (False, right.id, PROCEEDS)
    assert balance(session, AccountCode.BANK) == PROCEEDS
    ask_refund(session, **later, **{**said, "refund_id": new_id(), "payment_id": right.id, "amount_minor": 100, "is_mistake": False})  # fmt: skip
    with pytest.raises(NoMistake):
        ask_refund(session, **later, **{**said, "refund_id": new_id(), "payment_id": right.id})
    check_books(session)
