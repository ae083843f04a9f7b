"""What of a sale is left to invoice, and what of its invoices should be credited."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.rules import AccountCode
from chain.lots.grades import class_with_norm
from chain.lots.models import Lot
from chain.payin.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from chain.sales.adjusting import CHANGE_LABELS, Change, Due
from chain.sales.models import Sale, SaleAdjustment, SaleLine
from chain.sales.queries.due import dues_of
from chain.settlement.models import SettlementRun
from chain.settlement.rules import RunState


@dataclass(frozen=True, slots=True)
class LotToInvoice:
    """A lot of a sale with what its invoices say: due, invoiced and credited, in the currency of the price."""

    lot_id: UUID
    number: str
    label: str
    quantity: int
    price_minor_per_unit: int
    agreed_minor: int
    due_minor: int
    due_book_minor: int
    invoiced_minor: int
    credited_minor: int
    adjustments: Sequence[tuple[str, int]]

    @property
    def open_minor(self) -> int:
        """What is left to invoice."""
        return max(0, self.due_minor - self.invoiced_minor)

    @property
    def to_credit_minor(self) -> int:
        """What was invoiced and is no longer due."""
        return max(0, self.invoiced_minor - self.credited_minor - self.due_minor)


WEIGHT = CHANGE_LABELS[Change.WEIGHT]
NOT_DUE = N_("Changes since the invoice")


def lots_to_invoice(session: Session, sale: Sale) -> list[LotToInvoice]:
    """Return the lots that a sale kept with what of them is due, invoiced and credited, by number."""
    dues = {one.lot_id: one for one in dues_of(session, sale)}
    invoiced = _sums(session, sale.id)
    credited = _credits(session, sale.id)
    changes: dict[UUID, list[tuple[str, int]]] = {}
    for row in session.execute(
        select(
            SaleAdjustment.lot_id, SaleAdjustment.kind, func.sum(SaleAdjustment.amount_minor).label("minor")
        )
        .where(SaleAdjustment.sale_id == sale.id)
        .group_by(SaleAdjustment.lot_id, SaleAdjustment.kind)
        .order_by(SaleAdjustment.lot_id, SaleAdjustment.kind)
    ):
        if row.minor:
            changes.setdefault(row.lot_id, []).append((row.kind, int(row.minor)))
    rows = session.execute(
        select(SaleLine, Lot.number, Lot.label, Lot.grade_scheme, Lot.grade_edition, Lot.grade_key)
        .join(Lot, Lot.id == SaleLine.lot_id)
        .where(SaleLine.sale_id == sale.id, SaleLine.lot_id.in_(dues))
        .order_by(Lot.number)
    )
    return [
        _lot(row, dues[row.SaleLine.lot_id], invoiced, credited, changes.get(row.SaleLine.lot_id, []))
        for row in rows
    ]


def _lot(
    row: object,
    due: Due,
    invoiced: dict[UUID, int],
    credited: dict[UUID, int],
    changes: list[tuple[str, int]],
) -> LotToInvoice:
    line: SaleLine = row.SaleLine  # type: ignore[attr-defined]  # a row of the statement above
    label = (
        class_with_norm(row.grade_scheme, row.grade_edition, row.grade_key, "es")  # type: ignore[attr-defined]
        if row.grade_scheme  # type: ignore[attr-defined]
        else (row.label or "")  # type: ignore[attr-defined]
    )
    return LotToInvoice(
        lot_id=line.lot_id,
        number=row.number,  # type: ignore[attr-defined]
        label=label,
        quantity=line.quantity,
        price_minor_per_unit=line.price_minor_per_unit,
        agreed_minor=line.amount_minor,
        due_minor=due.due_minor,
        due_book_minor=due.book_minor,
        invoiced_minor=invoiced.get(line.lot_id, 0),
        credited_minor=credited.get(line.lot_id, 0),
        adjustments=changes,
    )


def _sums(session: Session, sale_id: UUID) -> dict[UUID, int]:
    rows = session.execute(
        select(InvoiceLine.lot_id, func.sum(InvoiceLine.amount_minor).label("minor"))
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.sale_id == sale_id, Invoice.voided_at.is_(None))
        .group_by(InvoiceLine.lot_id)
    )
    return {row.lot_id: int(row.minor) for row in rows}


def _credits(session: Session, sale_id: UUID) -> dict[UUID, int]:
    rows = session.execute(
        select(CreditNoteLine.lot_id, func.sum(CreditNoteLine.amount_minor).label("minor"))
        .join(CreditNote, CreditNote.id == CreditNoteLine.credit_note_id)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .where(Invoice.sale_id == sale_id)
        .group_by(CreditNoteLine.lot_id)
    )
    return {row.lot_id: int(row.minor) for row in rows}


def invoices_of_sale(session: Session, sale_id: UUID) -> Sequence[Invoice]:
    """Return the invoices of a sale that stand, the first one first."""
    return session.scalars(
        select(Invoice)
        .where(Invoice.sale_id == sale_id, Invoice.voided_at.is_(None))
        .order_by(Invoice.issued_on, Invoice.serial)
    ).all()


def invoiced_in_books(session: Session, sale_id: UUID) -> tuple[int, int]:
    """Return what the invoices of a sale ask for in the books: before and after their credit notes."""
    row = session.execute(
        select(
            func.coalesce(func.sum(Invoice.book_minor), 0).label("gross"),
            func.coalesce(func.sum(Invoice.credited_book_minor), 0).label("credited"),
        ).where(Invoice.sale_id == sale_id, Invoice.voided_at.is_(None))
    ).one()
    return int(row.gross), int(row.gross) - int(row.credited)


def booked_of_sale(session: Session, sale: Sale) -> int | None:
    """Return what the settlement of a sale charged to its buyer in the books; None while it is in no books."""
    entry_id = session.scalar(
        select(SettlementRun.account_entry_id).where(
            SettlementRun.sale_id == sale.id,
            SettlementRun.state.in_([RunState.ACCOUNTED.value, RunState.PAID.value]),
        )
    )
    if entry_id is None:
        return None
    total = session.scalar(
        select(func.sum(Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            Posting.entry_id == entry_id,
            LedgerAccount.code == AccountCode.RECEIVABLE_BUYERS.value,
            Posting.party_id == sale.buyer_id,
        )
    )
    return int(total or 0)


def posted_credits(session: Session, sale_id: UUID) -> int:
    """Return what credit notes of a sale lowered in the books: with their entries, and with what followed its settlements."""
    total = session.scalar(
        select(func.sum(-Posting.amount_minor))
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(
            Posting.entry_id.in_([*_entries_of_notes(session, sale_id), *_corrections(session, sale_id)]),
            LedgerAccount.code == AccountCode.RECEIVABLE_BUYERS.value,
        )
    )
    return int(total or 0)


def correction_key(run_id: UUID, times: int) -> str:
    """Return the idempotency key of what followed the settlement of a sale; `times` is its round."""
    return f"run:{run_id}:credits:{times}"


def _entries_of_notes(session: Session, sale_id: UUID) -> Sequence[UUID | None]:
    return session.scalars(
        select(CreditNote.entry_id)
        .join(Invoice, Invoice.id == CreditNote.invoice_id)
        .where(Invoice.sale_id == sale_id, CreditNote.entry_id.is_not(None))
    ).all()


def _corrections(session: Session, sale_id: UUID) -> Sequence[UUID]:
    """Return the entries that followed the settlements of a sale, and those that took them back."""
    runs = session.execute(
        select(SettlementRun.id, SettlementRun.organisation_id, SettlementRun.round).where(
            SettlementRun.sale_id == sale_id
        )
    ).all()
    keys = [correction_key(run.id, times) for run in runs for times in range(1, run.round + 1)]
    if not keys:
        return []
    made = session.scalars(
        select(JournalEntry.id).where(
            JournalEntry.organisation_id == runs[0].organisation_id, JournalEntry.idempotency_key.in_(keys)
        )
    ).all()
    return [*made, *session.scalars(select(JournalEntry.id).where(JournalEntry.reverses_id.in_(made)))]
