"""What a bid may price on the page: classes with their colours, and single lots."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.market.models import Tender, TenderLot
from chain.market.queries.sealed import grade_key

#: More lots than this are priced by class on the page, or one by one over the API.
MOST_LOTS = 60
MOST_CLASSES = 40


@dataclass(frozen=True, slots=True)
class ClassLine:
    """The lots of one class and colour."""

    grade: str | None
    colour: str | None
    quantity: int


@dataclass(frozen=True, slots=True)
class LotLine:
    """One lot."""

    id: UUID
    number: str
    quantity: int


def bid_lines(session: Session, tender_id: UUID) -> tuple[Sequence[ClassLine], Sequence[LotLine]]:
    """Return classes, the heaviest first, and lots by number; no lots when they are too many for a page."""
    kept = session.scalar(select(Tender.seed_sealed.is_not(None)).where(Tender.id == tender_id))
    count = (
        session.scalar(select(func.count()).select_from(TenderLot).where(TenderLot.tender_id == tender_id))
        or 0
    )
    sums: dict[tuple[str | None, str | None], int] = {}
    lots: list[LotLine] = []
    if kept:
        for row in session.execute(
            select(TenderLot.grade, TenderLot.colour, func.sum(Lot.quantity).label("quantity"))
            .join(Lot, Lot.id == TenderLot.lot_id)
            .where(TenderLot.tender_id == tender_id)
            .group_by(TenderLot.grade, TenderLot.colour)
        ):
            sums[row.grade, row.colour] = int(row.quantity)
    if not kept or count <= MOST_LOTS:
        for lot in session.scalars(
            select(Lot)
            .join(TenderLot, TenderLot.lot_id == Lot.id)
            .where(TenderLot.tender_id == tender_id)
            .order_by(Lot.number, Lot.id)
        ):
            lots.append(LotLine(lot.id, lot.number, lot.quantity))
            if not kept:  # offered before class and colour were kept with the offer
                at = (grade_key(lot), lot.colour)
                sums[at] = sums.get(at, 0) + lot.quantity
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0][0] or "", item[0][1] or ""))
    classes = [ClassLine(*at, quantity) for at, quantity in ordered]
    return (
        classes if len(classes) <= MOST_CLASSES else [],
        lots if count <= MOST_LOTS else [],
    )
