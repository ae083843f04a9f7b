"""Money that a buyer paid in."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.buyers.services.limits import release_limit
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_
from chain.core.money import Money
from chain.ledger.models import JournalEntry
from chain.ledger.queries.journal import entry_by_key, owed_by_buyer
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.sales.models import Sale
from chain.sales.queries import get_sale_for
from chain.sales.queries.due import due_in_books
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import NotOwedThatMuch
from chain.settlement.models import BuyerPayment
from chain.settlement.rules import MAX_AMOUNT_MINOR


def record_buyer_payment(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    payment_id: UUID,
    sale_id: UUID,
    amount_minor: int,
    paid_on: date,
) -> JournalEntry:
    """Record what a buyer paid for a sale (debit cash, credit what buyers owe); the same id again changes nothing.

    Raises:
        Forbidden: the actor may not handle payments.
        NotFound: the sale is not one of the organisation's.
        ValidationFailed: the amount or the day cannot be used.
        NotOwedThatMuch: the buyer owes less.
        IdempotencyConflict: the id was used for another payment.
    """
    actor.require(Permission.RUNS_PAY)
    lock_books(session, actor.org)
    sale = get_sale_for(session, actor, sale_id)
    if sale.organisation_id != actor.org:
        raise NotFound
    organisation = get_own_organisation(session, actor)
    _check(amount_minor, paid_on, local_date(now, organisation.timezone))
    key = f"buyer_payment:{payment_id}"
    is_first = entry_by_key(session, actor.org, key) is None
    owed = owed_by_buyer(session, actor.org, sale.buyer_id, sale.book_currency)
    if is_first and amount_minor > owed:
        raise NotOwedThatMuch(owed=Money(owed, sale.book_currency))
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=actor.org,
        now=now,
        occurred_on=paid_on,
        kind=EntryKind.BUYER_PAYMENT,
        description=f"Pago del comprador · venta n.º {sale.number}",
        idempotency_key=key,
        lines=[
            LedgerLine(AccountCode.CASH, amount_minor, None, sale.book_currency),
            LedgerLine(AccountCode.RECEIVABLE_BUYERS, -amount_minor, sale.buyer_id, sale.book_currency),
        ],
    )
    if is_first:
        _keep(session, now, sale, payment_id, amount_minor, paid_on, entry.id)
        audit.record(
            session,
            tag=SettlementAudit.BUYER_PAID,
            actor=actor,
            now=now,
            subject_type="sale",
            subject_id=sale.id,
            after={"amount_minor": amount_minor, "paid_on": paid_on, "entry_id": entry.id},
        )
    return entry


def _keep(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    now: datetime,
    sale: Sale,
    payment_id: UUID,
    amount_minor: int,
    paid_on: date,
    entry_id: UUID,
) -> None:
    """Keep the payment beside its entry; once the sale is paid, it binds nothing of the buyer's limit."""
    session.add(
        BuyerPayment(
            id=payment_id,
            organisation_id=sale.organisation_id,
            buyer_id=sale.buyer_id,
            sale_id=sale.id,
            amount_minor=amount_minor,
            currency=sale.book_currency,
            paid_on=paid_on,
            recorded_at=now,
            entry_id=entry_id,
        )
    )
    session.flush()
    paid = session.scalar(select(func.sum(BuyerPayment.amount_minor)).where(BuyerPayment.sale_id == sale.id))
    if sale.award_id is not None and int(paid or 0) >= due_in_books(session, sale):
        release_limit(session, ref_id=sale.award_id, now=now)


def _check(amount_minor: int, paid_on: date, today: date) -> None:
    errors = FieldErrors()
    if not 0 < amount_minor <= MAX_AMOUNT_MINOR:
        errors.add(
            "amount", N_("The amount must be above zero and at most %(most)s."), most=MAX_AMOUNT_MINOR // 100
        )
    if paid_on > today:
        errors.add("paid_on", N_("The day lies in the future."))
    errors.raise_any()
