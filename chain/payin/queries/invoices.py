"""Reads of invoices, credit notes, payments and refunds, for sellers and buyers."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.payin.models import (
    BuyerPayment,
    BuyerRefund,
    CardCheckout,
    CardDispute,
    CreditNote,
    Invoice,
    InvoiceLine,
    PaymentUse,
)
from chain.payin.rules import InvoiceState, RefundState, invoice_state
from chain.sales.models import Sale

INVOICE_SORT: SortColumns = {
    "issued_on": Invoice.issued_on,
    "due_on": Invoice.due_on,
    "serial": Invoice.serial,
    "amount": Invoice.amount_minor,
}
PAYMENT_SORT: SortColumns = {"paid_on": BuyerPayment.paid_on, "amount": BuyerPayment.amount_minor}
#: Sales that the page for a new invoice offers.
MOST_SALES = 100


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice with the names of both sides."""

    invoice: Invoice
    buyer_name: str
    seller_name: str
    sale_number: int
    #: id and number of the voided invoices whose lots it asks for again
    replaces: Sequence[tuple[UUID, str]] = ()

    @property
    def state(self) -> InvoiceState:
        """How far it is paid."""
        one = self.invoice
        return invoice_state(
            one.amount_minor, one.credited_minor, one.paid_minor, voided=one.voided_at is not None
        )

    @property
    def open_minor(self) -> int:
        """What is left to pay; below zero: overpaid; zero when void."""
        one = self.invoice
        return 0 if one.voided_at is not None else one.amount_minor - one.credited_minor - one.paid_minor

    def is_late(self, today: date) -> bool:
        """Whether it should have been paid."""
        return self.open_minor > 0 and today > self.invoice.due_on


def _state_is(state: InvoiceState) -> ColumnElement[bool]:
    rest = Invoice.amount_minor - Invoice.credited_minor - Invoice.paid_minor
    stands = Invoice.voided_at.is_(None)
    touched = Invoice.paid_minor > 0
    return {
        InvoiceState.VOID: ~stands,
        InvoiceState.OPEN: stands & ~touched & (rest > 0),
        InvoiceState.PARTLY_PAID: stands & touched & (rest > 0),
        InvoiceState.PAID: stands & (rest == 0),
        InvoiceState.OVERPAID: stands & (rest < 0),
    }[state]


def _rows() -> Any:
    buyer, seller = aliased(Organisation), aliased(Organisation)
    return (
        select(Invoice, buyer.name.label("buyer"), seller.name.label("seller"), Sale.number)
        .join(buyer, buyer.id == Invoice.buyer_id)
        .join(seller, seller.id == Invoice.organisation_id)
        .join(Sale, Sale.id == Invoice.sale_id)
    )


def _with_replaced(session: Session, rows: Sequence[Any]) -> list[InvoiceRow]:
    replaced = _replaced_by(session, [row.Invoice.id for row in rows])
    return [
        InvoiceRow(row.Invoice, row.buyer, row.seller, row.number, replaced.get(row.Invoice.id, ()))
        for row in rows
    ]


def _replaced_by(session: Session, ids: Sequence[UUID]) -> dict[UUID, list[tuple[UUID, str]]]:
    """Return the voided invoices that each invoice stands for: it is the first one since the void over a lot of theirs."""
    voided, line, old_line = aliased(Invoice), aliased(InvoiceLine), aliased(InvoiceLine)
    between, between_line = aliased(Invoice), aliased(InvoiceLine)
    was_between = (
        select(between.id)
        .join(between_line, between_line.invoice_id == between.id)
        .where(
            between_line.lot_id == line.lot_id,
            between.issued_at >= voided.voided_at,
            between.issued_at < Invoice.issued_at,
            between.id != voided.id,
        )
        .exists()
    )
    rows = session.execute(
        select(Invoice.id, voided.id.label("voided_id"), voided.serial)
        .join(line, line.invoice_id == Invoice.id)
        .join(old_line, old_line.lot_id == line.lot_id)
        .join(voided, voided.id == old_line.invoice_id)
        .where(
            Invoice.id.in_(ids),
            voided.sale_id == Invoice.sale_id,
            voided.id != Invoice.id,
            voided.serial < Invoice.serial,
            voided.voided_at <= Invoice.issued_at,
            ~was_between,
        )
        .distinct()
        .order_by(voided.serial)
    )
    found: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in rows:
        found.setdefault(row.id, []).append((row.voided_id, row.serial))
    return found


def voided_before(session: Session, sale_id: UUID, lot_ids: Collection[UUID]) -> list[str]:
    """Return the numbers of the voided invoices of a sale that a new one over some of its lots stands for.

    It is what `InvoiceRow.replaces` says of it afterwards: no other invoice was issued over the lot since the void.
    """
    voided, old_line = aliased(Invoice), aliased(InvoiceLine)
    since, since_line = aliased(Invoice), aliased(InvoiceLine)
    was_replaced = (
        select(since.id)
        .join(since_line, since_line.invoice_id == since.id)
        .where(
            since_line.lot_id == old_line.lot_id, since.issued_at >= voided.voided_at, since.id != voided.id
        )
        .exists()
    )
    lots_by_invoice = session.execute(
        select(voided.serial, old_line.lot_id)
        .join(old_line, old_line.invoice_id == voided.id)
        .where(voided.sale_id == sale_id, voided.voided_at.is_not(None), ~was_replaced)
    )
    wanted = set(lot_ids)
    return sorted({row.serial for row in lots_by_invoice if row.lot_id in wanted})


@dataclass(frozen=True, slots=True)
class InvoiceFilters:
    """Which invoices are listed."""

    state: InvoiceState | None = None
    buyer_id: UUID | None = None
    sale_id: UUID | None = None


def list_invoices(
    session: Session, actor: Actor, request: PageRequest, filters: InvoiceFilters | None = None
) -> Page[InvoiceRow]:
    """Return the invoices that the actor's organisation issued, the latest first."""
    actor.require(Permission.INVOICES_READ)
    return _list(session, Invoice.organisation_id == actor.org, request, filters or InvoiceFilters())


def own_invoices(
    session: Session, actor: Actor, request: PageRequest, filters: InvoiceFilters | None = None
) -> Page[InvoiceRow]:
    """Return the invoices that the actor's organisation received, the latest first."""
    actor.require(Permission.INVOICES_PAY)
    return _list(session, Invoice.buyer_id == actor.org, request, filters or InvoiceFilters())


def _list(
    session: Session, whose: ColumnElement[bool], request: PageRequest, filters: InvoiceFilters
) -> Page[InvoiceRow]:
    statement = _rows().where(whose).order_by(Invoice.issued_at.desc(), Invoice.id)
    if filters.state is not None:
        statement = statement.where(_state_is(filters.state))
    if filters.buyer_id is not None:
        statement = statement.where(Invoice.buyer_id == filters.buyer_id)
    if filters.sale_id is not None:
        statement = statement.where(Invoice.sale_id == filters.sale_id)
    statement = order_by(statement, request.sort, INVOICE_SORT, Invoice.id.expression)
    page = paginate_rows(session, statement, request)
    return Page(_with_replaced(session, page.items), page.page, page.page_size, page.total)


def get_invoice_row_for(session: Session, actor: Actor, invoice_id: UUID) -> InvoiceRow:
    """Return an invoice of the actor's organisation: one that it issued, or one that it received.

    Raises:
        NotFound: there is none, it is others' business, or the actor may not see invoices.
    """
    row = session.execute(_rows().where(Invoice.id == invoice_id)).first()
    if row is None:
        raise NotFound
    invoice: Invoice = row.Invoice
    issued = invoice.organisation_id == actor.organisation_id and actor.may(Permission.INVOICES_READ)
    received = invoice.buyer_id == actor.organisation_id and actor.may(Permission.INVOICES_PAY)
    if not issued and not received:
        raise NotFound
    return _with_replaced(session, [row])[0]


@dataclass(frozen=True, slots=True)
class InvoiceParts:
    """What belongs to an invoice: lots, credit notes, what paid it, tries by card."""

    #: number, quantity, its unit, amount
    lots: Sequence[tuple[str, int, str, int]]
    credit_notes: Sequence[CreditNote]
    payments: Sequence[tuple[BuyerPayment, int]]
    checkouts: Sequence[CardCheckout]


def invoice_parts(session: Session, invoice: Invoice) -> InvoiceParts:
    """Return what belongs to an invoice."""
    lots = session.execute(
        select(Lot.number, InvoiceLine.quantity, Lot.unit, InvoiceLine.amount_minor)
        .join(Lot, Lot.id == InvoiceLine.lot_id)
        .where(InvoiceLine.invoice_id == invoice.id)
        .order_by(Lot.number)
    )
    notes = session.scalars(
        select(CreditNote).where(CreditNote.invoice_id == invoice.id).order_by(CreditNote.serial)
    ).all()
    used = (
        select(PaymentUse.payment_id, func.sum(PaymentUse.amount_minor).label("minor"))
        .where(PaymentUse.invoice_id == invoice.id)
        .group_by(PaymentUse.payment_id)
        .subquery()
    )
    paid = session.execute(
        select(BuyerPayment, used.c.minor)
        .join(used, used.c.payment_id == BuyerPayment.id)
        .where(used.c.minor != 0)
        .order_by(BuyerPayment.paid_on, BuyerPayment.id)
    )
    tries = session.scalars(
        select(CardCheckout).where(CardCheckout.invoice_id == invoice.id).order_by(CardCheckout.asked_at)
    ).all()
    return InvoiceParts(
        [(row.number, row.quantity, row.unit, row.amount_minor) for row in lots],
        notes,
        [(row.BuyerPayment, int(row.minor)) for row in paid],
        tries,
    )


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment of a buyer with what of it settled nothing yet."""

    payment: BuyerPayment
    buyer_name: str
    used_minor: int

    @property
    def credit_minor(self) -> int:
        """What the buyer has ahead with it."""
        return self.payment.amount_minor - self.used_minor


def _payment_rows() -> Any:
    used = (
        select(PaymentUse.payment_id, func.sum(PaymentUse.amount_minor).label("minor"))
        .group_by(PaymentUse.payment_id)
        .subquery()
    )
    return (
        select(BuyerPayment, Organisation.name, func.coalesce(used.c.minor, 0).label("used"))
        .join(Organisation, Organisation.id == BuyerPayment.buyer_id)
        .outerjoin(used, used.c.payment_id == BuyerPayment.id)
    )


def list_buyer_payments(
    session: Session, actor: Actor, request: PageRequest, *, with_credit: bool = False
) -> Page[PaymentRow]:
    """Return the money that buyers paid to the actor's organisation, the latest first; or only what has credit left."""
    actor.require(Permission.INVOICES_READ)
    statement = _payment_rows().where(BuyerPayment.organisation_id == actor.org)
    if with_credit:
        used = (
            select(func.coalesce(func.sum(PaymentUse.amount_minor), 0))
            .where(PaymentUse.payment_id == BuyerPayment.id)
            .correlate(BuyerPayment)
            .scalar_subquery()
        )
        statement = statement.where(BuyerPayment.amount_minor > used)
    statement = statement.order_by(
        BuyerPayment.paid_on.desc(), BuyerPayment.recorded_at.desc(), BuyerPayment.id
    )
    statement = order_by(statement, request.sort, PAYMENT_SORT, BuyerPayment.id.expression)
    page = paginate_rows(session, statement, request)
    items = [PaymentRow(row.BuyerPayment, row.name, int(row.used)) for row in page.items]
    return Page(items, page.page, page.page_size, page.total)


def get_payment_row_for(session: Session, actor: Actor, payment_id: UUID) -> PaymentRow:
    """Return a payment to the actor's organisation.

    Raises:
        NotFound: there is none, or the actor may not see it.
    """
    row = session.execute(_payment_rows().where(BuyerPayment.id == payment_id)).first()
    if (
        row is None
        or row.BuyerPayment.organisation_id != actor.organisation_id
        or not actor.may(Permission.INVOICES_READ)
    ):
        raise NotFound
    return PaymentRow(row.BuyerPayment, row.name, int(row.used))


@dataclass(frozen=True, slots=True)
class UseRow:
    """What a part of a payment did."""

    use: PaymentUse
    serial: str | None
    sale_number: int | None


def uses_of_payment(session: Session, payment_id: UUID) -> Sequence[UseRow]:
    """Return what a payment settled and what went back, in order."""
    rows = session.execute(
        select(PaymentUse, Invoice.serial, Sale.number)
        .outerjoin(Invoice, Invoice.id == PaymentUse.invoice_id)
        .outerjoin(Sale, Sale.id == PaymentUse.sale_id)
        .where(PaymentUse.payment_id == payment_id)
        .order_by(PaymentUse.made_at, PaymentUse.id)
    )
    return [UseRow(row.PaymentUse, row.serial, row.number) for row in rows]


def refunds_of(session: Session, payment_id: UUID) -> Sequence[BuyerRefund]:
    """Return the refunds of a payment, the first one first."""
    return session.scalars(
        select(BuyerRefund).where(BuyerRefund.payment_id == payment_id).order_by(BuyerRefund.asked_at)
    ).all()


def disputes_of(session: Session, payment_id: UUID) -> Sequence[CardDispute]:
    """Return the disputes of a payment."""
    return session.scalars(
        select(CardDispute).where(CardDispute.payment_id == payment_id).order_by(CardDispute.opened_at)
    ).all()


def count_refunds_asked(session: Session, actor: Actor) -> int:
    """Count the refunds that wait for another officer's approval."""
    return int(
        session.scalar(
            select(func.count())
            .select_from(BuyerRefund)
            .where(
                BuyerRefund.organisation_id == actor.org,
                BuyerRefund.state == RefundState.ASKED.value,
                BuyerRefund.asked_by.is_distinct_from(actor.user_id),
            )
        )
        or 0
    )


def buyers_of_house(session: Session, organisation_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Return id and name of everybody who bought something from an organisation, by name."""
    rows = session.execute(
        select(Organisation.id, Organisation.name)
        .where(Organisation.id.in_(select(Sale.buyer_id).where(Sale.organisation_id == organisation_id)))
        .order_by(Organisation.name, Organisation.id)
    )
    return [(row.id, row.name) for row in rows]


def sales_to_invoice(session: Session, organisation_id: UUID) -> Sequence[tuple[Sale, str]]:
    """Return sales without any invoice that stands, the latest first."""
    rows = session.execute(
        select(Sale, Organisation.name)
        .join(Organisation, Organisation.id == Sale.buyer_id)
        .where(
            Sale.organisation_id == organisation_id,
            Sale.id.not_in(select(Invoice.sale_id).where(Invoice.voided_at.is_(None))),
        )
        .order_by(Sale.agreed_at.desc(), Sale.id)
        .limit(MOST_SALES)
    )
    return [(row[0], row[1]) for row in rows]
