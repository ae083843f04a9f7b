"""The own lots that can be offered, by product, class and colour; and what a set of offered lots consists of."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.auctions.models import AuctionLotPart
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.lots.stock import available, in_state


@dataclass(frozen=True, slots=True)
class StockGroup:
    """Lots of one class and colour that can be offered now."""

    scheme: str | None
    edition: str | None
    key: str | None
    colour: str | None
    lots: int
    #: grams or millilitres
    quantity: int
    unit: str
    micron_low_tenths: int | None
    micron_high_tenths: int | None

    @property
    def name(self) -> str:
        """The word by which a form names the group."""
        return "/".join(word or "" for word in (self.scheme, self.edition, self.key, self.colour))


def _offerable(actor: Actor, commodity: str | None = None) -> list[ColumnElement[bool]]:
    found = [
        Lot.organisation_id == actor.org,
        in_state(LotState.GRADED),
        Lot.grade_confirmed.is_(True),
        available(),
    ]
    return [*found, Lot.commodity == commodity] if commodity is not None else found


def offerable_commodities(session: Session, actor: Actor) -> Sequence[str]:
    """Return the products of which there are offerable lots, the one with most lots first."""
    return session.scalars(
        select(Lot.commodity)
        .where(*_offerable(actor))
        .group_by(Lot.commodity)
        .order_by(func.count().desc(), Lot.commodity)
    ).all()


def offerable_groups(session: Session, actor: Actor, commodity: str) -> Sequence[StockGroup]:
    """Return the offerable lots of a product by class and colour, the largest group first. One statement."""
    kind = (Lot.grade_scheme, Lot.grade_edition, Lot.grade_key, Lot.colour)
    quantity = func.sum(Lot.quantity)
    rows = session.execute(
        select(
            *kind,
            func.count().label("lots"),
            quantity.label("quantity"),
            func.min(Lot.unit).label("unit"),
            func.min(Lot.micron_tenths).label("low"),
            func.max(Lot.micron_tenths).label("high"),
        )
        .where(*_offerable(actor, commodity))
        .group_by(*kind)
        .order_by(quantity.desc(), *kind)
    )
    return [
        StockGroup(row[0], row[1], row[2], row[3], row.lots, int(row.quantity), row.unit, row.low, row.high)
        for row in rows
    ]


def lots_of_group(
    session: Session, actor: Actor, commodity: str, group: StockGroup
) -> Sequence[tuple[UUID, str]]:
    """Return id and number of the offerable lots of a group, by number."""
    kind = zip(
        (Lot.grade_scheme, Lot.grade_edition, Lot.grade_key, Lot.colour),
        (group.scheme, group.edition, group.key, group.colour),
        strict=True,
    )
    conditions = [column.is_(None) if value is None else column == value for column, value in kind]
    rows = session.execute(
        select(Lot.id, Lot.number).where(*_offerable(actor, commodity), *conditions).order_by(Lot.number)
    )
    return [(row.id, row.number) for row in rows]


@dataclass(frozen=True, slots=True)
class PartRow:
    """A delivery in a lot of a catalogue, as buyers see it: what it is, never whose it was."""

    auction_lot_id: UUID
    lot_id: UUID
    number: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    colour: str | None
    micron_tenths: int | None
    claim: str
    quantity: int
    unit: str


def catalogue_parts(session: Session, auction_lot_ids: Sequence[UUID]) -> dict[UUID, list[PartRow]]:
    """Return the deliveries of lots of a catalogue. The caller has checked that the auction may be seen. One statement."""
    rows = session.execute(
        select(
            AuctionLotPart.auction_lot_id,
            Lot.id,
            Lot.number,
            Lot.grade_scheme,
            Lot.grade_edition,
            Lot.grade_key,
            Lot.colour,
            Lot.micron_tenths,
            Lot.claim,
            Lot.quantity,
            Lot.unit,
        )
        .join(Lot, Lot.id == AuctionLotPart.lot_id)
        .where(AuctionLotPart.auction_lot_id.in_(auction_lot_ids))
        .order_by(Lot.number)
    )
    found: dict[UUID, list[PartRow]] = {lot_id: [] for lot_id in auction_lot_ids}
    for row in rows:
        found[row.auction_lot_id].append(PartRow(*row))
    return found
