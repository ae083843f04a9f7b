"""Bank accounts and their statements: imported once, matched by the treasurer."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.money import CURRENCIES
from chain.ledger.services.posting import lock_books
from chain.papers.services.voiding import checked_reason
from chain.payin.audit_tags import PayinAudit
from chain.payin.bank_files import Columns, FileLine, StatementFile, mapping_of, read_statement
from chain.payin.errors import (
    AccountKnown,
    LineAnswered,
    NotMoneyIn,
    OtherCurrency,
    StatementKnown,
    StatementOfOther,
)
from chain.payin.models import BankAccount, BankStatement, BuyerPayment, Invoice, PaymentUse, StatementLine
from chain.payin.queries.statements import get_bank_account_for, get_line_for
from chain.payin.rules import MAX_NAME, LineState, Means
from chain.payin.services.payments import NewPayment, record_payment

MAX_NUMBER = 40
#: Lines that one question asks about.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class Imported:
    """A statement that was stored, or the same one from before."""

    statement: BankStatement
    is_new: bool


def add_bank_account(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    account_id: UUID,
    bank: str,
    number: str,
    currency: str,
    interbank: str | None = None,
) -> BankAccount:
    """Keep a bank account of the organisation; the same id again changes nothing.

    Raises:
        Forbidden: the actor may not record payments.
        ValidationFailed: a name or a number is missing or too long.
        AccountKnown: the number is in the list.
        IdempotencyConflict: the id was used for another account.
    """
    actor.require(Permission.PAYIN_WRITE)
    facts = (bank.strip(), number.strip(), currency, (interbank or "").strip() or None)
    known = session.get(BankAccount, account_id)
    if known is not None:
        if (known.organisation_id, (known.bank, known.number, known.currency, known.interbank)) != (
            actor.org,
            facts,
        ):
            raise IdempotencyConflict
        return known
    errors = FieldErrors()
    for name, text, most in (("bank", facts[0], MAX_NAME), ("number", facts[1], MAX_NUMBER)):
        if not 1 <= len(text) <= most:
            errors.add(name, N_("Write 1 to %(most)s characters."), most=most)
    if len(facts[3] or "") > MAX_NUMBER:
        errors.add("interbank", N_("Write at most %(most)s characters."), most=MAX_NUMBER)
    if currency not in CURRENCIES:
        errors.add("currency", N_("Choose one of the currencies."))
    errors.raise_any()
    same = select(BankAccount.id).where(
        BankAccount.organisation_id == actor.org, BankAccount.number == facts[1]
    )
    if session.scalar(same) is not None:
        raise AccountKnown
    account = BankAccount(
        id=account_id,
        organisation_id=actor.org,
        bank=facts[0],
        number=facts[1],
        currency=currency,
        interbank=facts[3],
        mapping=None,
        added_at=now,
        added_by=actor.user_id,
    )
    session.add(account)
    session.flush()
    _record(session, PayinAudit.ACCOUNT_ADDED, actor, now, "bank_account", account_id, {"number": number})
    return account


def set_columns(
    session: Session, *, actor: Actor, now: datetime, account_id: UUID, columns: Columns
) -> BankAccount:
    """Keep which column of a bank's CSV files is what.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is no account of the organisation.
        ValidationFailed: neither an amount nor a column for money in is named.
    """
    actor.require(Permission.PAYIN_WRITE)
    account = get_bank_account_for(session, actor, account_id)
    kept: dict[str, Any] = asdict(columns)
    if mapping_of(kept) is None:
        errors = FieldErrors()
        errors.add("amount", N_("Choose the column of the amount, or the one of money in."))
        errors.raise_any()
    before = account.mapping
    account.mapping = kept
    session.flush()
    _record(
        session, PayinAudit.ACCOUNT_CHANGED, actor, now, "bank_account", account_id, {"mapping": kept},
        before={"mapping": before},
    )  # fmt: skip
    return account


def import_statement(
    session: Session, *, actor: Actor, now: datetime, account_id: UUID, file_name: str, content: bytes
) -> Imported:
    """Store a statement: each file once, each entry once by its reference; nothing is booked by it.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is no account of the organisation.
        UnusableFile: the file cannot be read, or its columns are not known.
        StatementOfOther: it is of another account or in another currency.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    account = get_bank_account_for(session, actor, account_id)
    digest = hashlib.sha256(content).hexdigest()
    known = session.scalar(
        select(BankStatement).where(
            BankStatement.organisation_id == actor.org, BankStatement.file_hash == digest
        )
    )
    if known is not None:
        if known.bank_account_id != account.id:
            house = get_own_organisation(session, actor)
            raise StatementKnown(day=local_date(known.imported_at, house.timezone))
        return Imported(known, is_new=False)
    found = read_statement(content, mapping_of(account.mapping))
    _check_account(account, found)
    old = _known_references(session, account.id, [line.reference for line in found.lines])
    fresh = [line for line in found.lines if line.reference not in old]
    statement = BankStatement(
        id=new_id(),
        organisation_id=actor.org,
        bank_account_id=account.id,
        file_name=file_name[-MAX_NAME:] or "—",
        file_hash=digest,
        format=found.format,
        first_on=found.first_on,
        last_on=found.last_on,
        opening_minor=found.opening_minor,
        closing_minor=found.closing_minor,
        lines=len(found.lines),
        duplicates=sorted(old),
        imported_at=now,
        imported_by=actor.user_id,
    )
    session.add(statement)
    session.flush()
    stored = _store_lines(session, statement, fresh)
    _record(
        session, PayinAudit.STATEMENT_IMPORTED, actor, now, "bank_statement", statement.id,
        {"file": file_name, "lines": stored, "duplicates": len(old)},
    )  # fmt: skip
    return Imported(statement, is_new=True)


def _store_lines(session: Session, statement: BankStatement, fresh: Sequence[FileLine]) -> int:
    unique = {line.reference: line for line in fresh}
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "organisation_id": statement.organisation_id,
            "statement_id": statement.id,
            "bank_account_id": statement.bank_account_id,
            "position": position,
            "reference": line.reference,
            "booked_on": line.booked_on,
            "amount_minor": line.amount_minor,
            "text": line.text,
            "counterparty": line.counterparty,
            "state": LineState.OPEN.value,
        }
        for position, line in enumerate(unique.values(), 1)
    ]
    if rows:
        session.execute(insert(StatementLine), rows)
    return len(rows)


def _check_account(account: BankAccount, found: StatementFile) -> None:
    def digits(text: str) -> str:
        return "".join(one for one in text if one.isalnum()).upper()

    names = {digits(account.number), digits(account.interbank or "")} - {""}
    fits = not found.account or any(
        digits(found.account) == name or digits(found.account).endswith(name) for name in names
    )
    if not fits or found.currency not in {"", account.currency}:
        raise StatementOfOther(account=found.account or account.number, currency=found.currency or "?")


def _known_references(session: Session, account_id: UUID, references: Sequence[str]) -> set[str]:
    known: set[str] = set()
    for start in range(0, len(references), CHUNK):
        known |= set(
            session.scalars(
                select(StatementLine.reference).where(
                    StatementLine.bank_account_id == account_id,
                    StatementLine.reference.in_(references[start : start + CHUNK]),
                )
            )
        )
    return known


def match_line(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    line_id: UUID,
    invoice_ids: Sequence[UUID] = (),
    buyer_id: UUID | None = None,
    payment_id: UUID | None = None,
    book_minor: int | None = None,
) -> BuyerPayment:
    """Confirm what a line is: a payment for invoices, money of a buyer, or a payment that was recorded by hand before.

    The payment that it makes has the line's id. Doing the same again changes nothing; anything else is refused.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: the line, an invoice, the buyer or the payment is not the organisation's.
        NotMoneyIn: money left with the line.
        LineAnswered: it was matched otherwise or set aside.
        OtherCurrency: the payment recorded before was in another currency.
        ValidationFailed: the payment recorded before has another amount; or the worth of a foreign currency is missing.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    line = get_line_for(session, actor, line_id)
    session.refresh(line)
    if line.amount_minor <= 0:
        raise NotMoneyIn
    if line.state != LineState.OPEN:
        return _same_answer(session, line, invoice_ids, buyer_id, payment_id)
    account = session.get_one(BankAccount, line.bank_account_id)
    if payment_id is not None:
        payment = _kept_payment(session, actor, line, account, payment_id)
    else:
        payment = record_payment(
            session,
            actor=actor,
            now=now,
            payment=NewPayment(
                # another one when a first match was a mistake
                id=line.id if session.get(BuyerPayment, line.id) is None else new_id(),
                buyer_id=buyer_id or _buyer_of(session, actor, invoice_ids),
                amount_minor=line.amount_minor,
                currency=account.currency,
                book_minor=book_minor,
                paid_on=line.booked_on,
                means=Means.BANK,
                invoice_ids=list(invoice_ids) or None,
                reference=(line.text or line.reference)[:MAX_NAME],
                bank_account_id=account.id,
            ),
        )
    _answer(session, actor, now, line, LineState.MATCHED, payment_id=payment.id)
    return payment


def _same_answer(
    session: Session,
    line: StatementLine,
    invoice_ids: Sequence[UUID],
    buyer_id: UUID | None,
    payment_id: UUID | None,
) -> BuyerPayment:
    """Return the payment that a line was matched with, if that is what is asked for once more.

    Of several invoices the money may have reached only the first ones.
    """
    if line.payment_id is None or payment_id not in {None, line.payment_id}:
        raise LineAnswered
    payment = session.get_one(BuyerPayment, line.payment_id)
    if buyer_id not in {None, payment.buyer_id}:
        raise LineAnswered
    if invoice_ids:
        settled = select(PaymentUse.invoice_id).where(PaymentUse.payment_id == payment.id)
        if set(invoice_ids).isdisjoint(session.scalars(settled)):
            raise LineAnswered
    return payment


def _buyer_of(session: Session, actor: Actor, invoice_ids: Sequence[UUID]) -> UUID:
    if invoice_ids:
        invoice = session.get(Invoice, invoice_ids[0])
        if invoice is not None and invoice.organisation_id == actor.org:
            return invoice.buyer_id
    raise NotFound


def _kept_payment(
    session: Session, actor: Actor, line: StatementLine, account: BankAccount, payment_id: UUID
) -> BuyerPayment:
    payment = session.get(BuyerPayment, payment_id)
    if payment is None or payment.organisation_id != actor.org or payment.means != Means.BANK:
        raise NotFound
    if payment.currency != account.currency:
        raise OtherCurrency(currency=payment.currency, wanted=account.currency)
    errors = FieldErrors()
    if payment.amount_minor != line.amount_minor:
        errors.add("payment_id", N_("That payment has another amount than the line."))
    taken = session.scalar(select(StatementLine.id).where(StatementLine.payment_id == payment.id))
    if taken is not None:
        errors.add("payment_id", N_("Another line confirms that payment."))
    errors.raise_any()
    return payment


def set_line_aside(
    session: Session, *, actor: Actor, now: datetime, line_id: UUID, note: str
) -> StatementLine:
    """Say that a line is no payment of a buyer, and why.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is not the organisation's.
        LineAnswered: it was matched or set aside.
        ValidationFailed: the reason is missing or too long.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    line = get_line_for(session, actor, line_id)
    session.refresh(line)
    why = checked_reason(note)
    if line.state != LineState.OPEN:
        raise LineAnswered
    line.note = why
    _answer(session, actor, now, line, LineState.SET_ASIDE, note=why)
    return line


def _answer(
    session: Session, actor: Actor, now: datetime, line: StatementLine, state: LineState, **after: Any
) -> None:
    line.state, line.answered_at, line.answered_by = state.value, now, actor.user_id
    if "payment_id" in after:
        line.payment_id = after["payment_id"]
    session.flush()
    tag = PayinAudit.LINE_MATCHED if state is LineState.MATCHED else PayinAudit.LINE_SET_ASIDE
    _record(session, tag, actor, now, "statement_line", line.id, after)


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: PayinAudit,
    actor: Actor,
    now: datetime,
    subject_type: str,
    subject_id: UUID,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=subject_type,
        subject_id=subject_id,
        before=dict(before) if before else None,
        after=dict(after),
    )
