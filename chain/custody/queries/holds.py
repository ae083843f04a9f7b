"""Reads of holds and storage receipts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.custody.models import LotHold, StorageReceipt
from chain.lots.models import Lot


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A hold as lists show it."""

    hold: LotHold
    number: str
    commodity: str
    quantity: int
    unit: str
    placed_by: str | None
    released_by: str | None
    receipt_number: int | None


SORT_COLUMNS: SortColumns = {"placed_at": LotHold.placed_at, "number": Lot.number}


def list_holds(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    standing: bool = True,
    reason: str | None = None,
) -> Page[HoldRow]:
    """Return holds, the latest first: those that stand, or all."""
    statement = _rows(actor)
    if standing:
        statement = statement.where(LotHold.released_at.is_(None))
    if reason is not None:
        statement = statement.where(LotHold.reason == reason)
    latest_first = statement.order_by(LotHold.placed_at.desc(), LotHold.id.desc())
    page = paginate_rows(session, order_by(latest_first, request.sort, SORT_COLUMNS, LotHold.id), request)
    return Page([HoldRow(*row) for row in page.items], page.page, page.page_size, page.total)


def holds_of_lot(session: Session, actor: Actor, lot_id: UUID) -> Sequence[HoldRow]:
    """Return the holds of a lot, the first one first."""
    statement = _rows(actor).where(LotHold.lot_id == lot_id)
    return [HoldRow(*row) for row in session.execute(statement.order_by(LotHold.placed_at, LotHold.id))]


def _rows(
    actor: Actor,
) -> Select[tuple[LotHold, str, str, int, str, str, str, int]]:
    placed, released = aliased(User), aliased(User)
    return (
        select(
            LotHold,
            Lot.number,
            Lot.commodity,
            Lot.quantity,
            Lot.unit,
            placed.display_name,
            released.display_name,
            StorageReceipt.number,
        )
        .join(Lot, Lot.id == LotHold.lot_id)
        .outerjoin(placed, placed.id == LotHold.placed_by)
        .outerjoin(released, released.id == LotHold.released_by)
        .outerjoin(StorageReceipt, StorageReceipt.id == LotHold.group_id)
        .where(LotHold.organisation_id == actor.organisation_id)
    )


def get_hold_for(session: Session, actor: Actor, hold_id: UUID) -> LotHold:
    """Return a hold of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(LotHold).where(LotHold.id == hold_id, LotHold.organisation_id == actor.organisation_id)
    )
    if found is None:
        raise NotFound
    return found


def get_receipt_for(session: Session, actor: Actor, receipt_id: UUID) -> StorageReceipt:
    """Return a storage receipt of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = session.scalar(
        select(StorageReceipt).where(
            StorageReceipt.id == receipt_id, StorageReceipt.organisation_id == actor.organisation_id
        )
    )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True, slots=True)
class ReceiptState:
    """How many of a receipt's lots are still pledged, and when the last was released."""

    standing: int
    released_at: datetime | None


def state_of_receipt(session: Session, receipt_id: UUID) -> ReceiptState:
    """Return whether the lots of a receipt are still pledged."""
    standing, total, last = session.execute(
        select(
            func.count().filter(LotHold.released_at.is_(None)),
            func.count(),
            func.max(LotHold.released_at),
        ).where(LotHold.group_id == receipt_id)
    ).one()
    return ReceiptState(standing, last if total and not standing else None)
