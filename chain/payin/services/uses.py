"""What payments settle: parts of invoices and sales, credit of the buyer, money that goes back. The books are locked."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.buyers.services.limits import release_limit
from chain.core.audit import ActsFor
from chain.core.ids import new_id
from chain.ledger.exchange import exchange_difference_lines
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from chain.payin.models import BuyerPayment, Invoice, PaymentUse
from chain.payin.queries.uses import settled_of_sale, used_of
from chain.payin.rules import Debt, part_for, worth_of
from chain.sales.models import Sale
from chain.sales.queries.due import due_in_books


@dataclass(frozen=True, slots=True)
class Target:
    """What a payment may settle: an invoice, or a sale that has none."""

    sale: Sale
    invoice: Invoice | None
    debt: Debt


@dataclass(frozen=True, slots=True)
class Taken:
    """The sums of what was settled, in the books."""

    amount_minor: int
    received_minor: int
    settled_minor: int


def debt_of(invoice: Invoice) -> Debt:
    """Return what is open of an invoice."""
    return Debt(
        currency=invoice.currency,
        book_currency=invoice.book_currency,
        open_minor=invoice.amount_minor - invoice.credited_minor - invoice.paid_minor,
        open_book_minor=invoice.book_minor - invoice.credited_book_minor - invoice.paid_book_minor,
        amount_minor=invoice.amount_minor,
        book_minor=invoice.book_minor,
    )


def targets_of(
    session: Session,
    organisation_id: UUID,
    buyer_id: UUID,
    *,
    sale: Sale | None = None,
    invoice_ids: Sequence[UUID] | None = None,
) -> list[Target]:
    """Return what a payment of a buyer may settle, in the order in which it does.

    The chosen invoices as chosen; or those of one sale and then what of it is not invoiced; or all, the oldest day first.
    """
    statement = (
        select(Invoice, Sale)
        .join(Sale, Sale.id == Invoice.sale_id)
        .where(
            Invoice.organisation_id == organisation_id,
            Invoice.buyer_id == buyer_id,
            Invoice.voided_at.is_(None),
        )
        .order_by(Invoice.due_on, Invoice.serial)
        .execution_options(populate_existing=True)
    )
    if invoice_ids is not None:
        rows = {row.Invoice.id: row for row in session.execute(statement.where(Invoice.id.in_(invoice_ids)))}
        found = [rows[wanted] for wanted in dict.fromkeys(invoice_ids) if wanted in rows]
        return [Target(row.Sale, row.Invoice, debt_of(row.Invoice)) for row in found]
    if sale is not None:
        statement = statement.where(Invoice.sale_id == sale.id)
    targets = [Target(row.Sale, row.Invoice, debt_of(row.Invoice)) for row in session.execute(statement)]
    if sale is not None:
        rest = _rest_of(session, sale, targets)
        if rest > 0:
            money = sale.book_currency
            targets.append(Target(sale, None, Debt(money, money, rest, rest, rest, rest)))
    return targets


def _rest_of(session: Session, sale: Sale, targets: Sequence[Target]) -> int:
    """Return what of a sale is neither invoiced nor settled, in the books."""
    invoiced = sum(one.invoice.book_minor for one in targets if one.invoice is not None)
    return due_in_books(session, sale) - invoiced - settled_of_sale(session, sale.id, without_invoice=True)


def settle(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    payment: BuyerPayment,
    targets: Sequence[Target],
    entry_id: UUID | None = None,
) -> tuple[Taken, list[PaymentUse]]:
    """Let what is free of a payment settle targets in turn; the uses are not written yet when there is no entry."""
    used = used_of(session, payment.id)
    free = payment.amount_minor - used
    amount = received = settled = 0
    uses: list[PaymentUse] = []
    for target in targets:
        part = part_for(target.debt, free - amount, payment.currency)
        if part is None:
            continue
        upto = worth_of(payment.book_minor, payment.amount_minor, used + amount + part.amount_minor)
        worth = upto - worth_of(payment.book_minor, payment.amount_minor, used + amount)
        uses.append(
            PaymentUse(
                id=new_id(),
                organisation_id=payment.organisation_id,
                payment_id=payment.id,
                kind="sale" if target.invoice is None else "invoice",
                sale_id=target.sale.id,
                invoice_id=None if target.invoice is None else target.invoice.id,
                amount_minor=part.amount_minor,
                received_minor=worth,
                settled_minor=part.settled_minor,
                entry_id=entry_id,
                made_at=now,
                made_by=actor.user_id,
            )
        )
        if target.invoice is not None:
            target.invoice.paid_minor += part.own_minor
            target.invoice.paid_book_minor += part.settled_minor
        amount, received, settled = amount + part.amount_minor, received + worth, settled + part.settled_minor
    return Taken(amount, received, settled), uses


def keep_uses(session: Session, now: datetime, uses: Sequence[PaymentUse], entry_id: UUID | None) -> None:
    """Write uses with their entry; a sale that is wholly paid binds nothing of its buyer's limit any more."""
    for use in uses:
        use.entry_id = entry_id
    session.add_all(uses)
    session.flush()
    for sale_id in sorted({use.sale_id for use in uses if use.sale_id is not None and use.settled_minor > 0}):
        sale = session.get_one(Sale, sale_id)
        if sale.award_id is not None and settled_of_sale(session, sale.id) >= due_in_books(session, sale):
            release_limit(session, ref_id=sale.award_id, now=now)


def settlement_lines(
    payment: BuyerPayment, taken: Taken, *, currency: str, money: AccountCode, rest_minor: int
) -> list[LedgerLine]:
    """Return the lines of money that settles debts, with the difference on exchange; the rest is the buyer's credit."""
    party = payment.buyer_id if money is AccountCode.BUYER_PREPAYMENTS else None
    lines: list[LedgerLine] = []
    if taken.settled_minor * taken.received_minor > 0:
        lines = exchange_difference_lines(
            settled_minor=taken.settled_minor,
            received_minor=taken.received_minor,
            money_account=money,
            party_id=payment.buyer_id,
            currency=currency,
        )
        lines[0] = replace(lines[0], party_id=party)
    else:  # an amount so small that one side rounds to nothing
        gap = taken.received_minor - taken.settled_minor
        lines = [
            LedgerLine(money, taken.received_minor, party, currency),
            LedgerLine(AccountCode.RECEIVABLE_BUYERS, -taken.settled_minor, payment.buyer_id, currency),
            LedgerLine(
                AccountCode.EXCHANGE_GAIN if gap > 0 else AccountCode.EXCHANGE_LOSS, -gap, None, currency
            ),
        ]
    if rest_minor:
        lines.append(LedgerLine(money, rest_minor, party, currency))
        lines.append(LedgerLine(AccountCode.BUYER_PREPAYMENTS, -rest_minor, payment.buyer_id, currency))
    return lines


def release_uses(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    day: date,
    payment: BuyerPayment,
    amount_minor: int,
    key: str,
    invoice_id: UUID | None = None,
    of_sale: UUID | None = None,
) -> int:
    """Take an amount of a payment back from what it settled, the latest first, into the buyer's credit; return how much."""
    rows = _settled_parts(session, payment.id, invoice_id, of_sale)
    uses: list[PaymentUse] = []
    left, used = amount_minor, used_of(session, payment.id)
    for row in rows:
        have = int(row.amount)
        part = min(left, have)
        if part <= 0:
            continue
        left -= part
        received = worth_of(payment.book_minor, payment.amount_minor, used)
        used -= part
        received -= worth_of(payment.book_minor, payment.amount_minor, used)
        settled = worth_of(int(row.settled), have, part)
        uses.append(
            _back(payment, row.kind, row.sale_id, row.invoice_id, (part, received, settled), now, actor)
        )
        if row.invoice_id is not None:
            _lower_invoice(session, row.invoice_id, payment, part, settled)
    if not uses:
        return 0
    taken = Taken(
        sum(use.amount_minor for use in uses),
        sum(use.received_minor for use in uses),
        sum(use.settled_minor for use in uses),
    )
    currency = session.get_one(Invoice, uses[0].invoice_id).book_currency if uses[0].invoice_id else None
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=payment.organisation_id,
        now=now,
        occurred_on=day,
        kind=EntryKind.BUYER_PAYMENT,
        description="Pago liberado a favor del comprador",
        idempotency_key=key,
        lines=settlement_lines(
            payment,
            taken,
            currency=currency or session.get_one(Sale, uses[0].sale_id).book_currency,
            money=AccountCode.BUYER_PREPAYMENTS,
            rest_minor=0,
        ),
    )
    keep_uses(session, now, uses, entry.id)
    return -taken.amount_minor


def _settled_parts(
    session: Session, payment_id: UUID, invoice_id: UUID | None, of_sale: UUID | None
) -> Sequence[Any]:
    """Return what a payment settles of each invoice and sale, the latest first."""
    statement = select(
        PaymentUse.kind,
        PaymentUse.sale_id,
        PaymentUse.invoice_id,
        func.sum(PaymentUse.amount_minor).label("amount"),
        func.sum(PaymentUse.settled_minor).label("settled"),
        func.max(PaymentUse.made_at).label("at"),
    ).where(PaymentUse.payment_id == payment_id, PaymentUse.kind.in_(["invoice", "sale"]))
    if invoice_id is not None:
        statement = statement.where(PaymentUse.invoice_id == invoice_id)
    if of_sale is not None:
        statement = statement.where(PaymentUse.sale_id == of_sale, PaymentUse.invoice_id.is_(None))
    rows: Sequence[Any] = session.execute(
        statement.group_by(PaymentUse.kind, PaymentUse.sale_id, PaymentUse.invoice_id)
    ).all()
    return sorted(rows, key=lambda one: (one.at, str(one.invoice_id)), reverse=True)


def _back(  # noqa: PLR0917 - private; one line of facts
    payment: BuyerPayment,
    kind: str,
    sale_id: UUID | None,
    invoice_id: UUID | None,
    parts: tuple[int, int, int],
    now: datetime,
    actor: ActsFor,
) -> PaymentUse:
    return PaymentUse(
        id=new_id(),
        organisation_id=payment.organisation_id,
        payment_id=payment.id,
        kind=kind,
        sale_id=sale_id,
        invoice_id=invoice_id,
        amount_minor=-parts[0],
        received_minor=-parts[1],
        settled_minor=-parts[2],
        made_at=now,
        made_by=actor.user_id,
    )


def _lower_invoice(
    session: Session, invoice_id: UUID, payment: BuyerPayment, part: int, settled: int
) -> None:
    invoice = session.get_one(Invoice, invoice_id, populate_existing=True)
    invoice.paid_book_minor -= settled
    if payment.currency == invoice.currency:
        invoice.paid_minor -= part
    else:
        own, settled_by_own = _paid_in_its_currency(session, invoice)
        rest = invoice.paid_book_minor - settled_by_own
        invoice.paid_minor = own + worth_of(invoice.amount_minor, invoice.book_minor, rest)
    session.flush()


def _paid_in_its_currency(session: Session, invoice: Invoice) -> tuple[int, int]:
    """Return what money in an invoice's own currency paid of it, which is exact, and what that settled in the books."""
    row = session.execute(
        select(
            func.coalesce(func.sum(PaymentUse.amount_minor), 0).label("own"),
            func.coalesce(func.sum(PaymentUse.settled_minor), 0).label("settled"),
        )
        .join(BuyerPayment, BuyerPayment.id == PaymentUse.payment_id)
        .where(PaymentUse.invoice_id == invoice.id, BuyerPayment.currency == invoice.currency)
    ).one()
    return int(row.own), int(row.settled)
