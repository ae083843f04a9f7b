"""Reads of lots as the market shows them: filters, sums by class, the lots of a tender, those that can be offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.certification.models import Certificate
from chain.certification.rules import Claim
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.laboratory.models import SecondOpinion
from chain.lots.models import Lot
from chain.lots.queries import CHUNK
from chain.lots.queries.wanted import WantedLots, lot_conditions
from chain.lots.rules import LotState
from chain.lots.stock import available
from chain.market.models import TenderLot
from chain.sales.models import SaleLine

LOT_SORT: SortColumns = {
    "number": Lot.number,
    "quantity": Lot.quantity,
    "micron": Lot.micron_tenths,
    "grade": Lot.grade_key,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFilter(WantedLots):
    """Which tenders are wanted by what they hold."""

    #: least quantity of matching lots in one tender, in grams or millilitres
    min_quantity: int | None = None


@dataclass(frozen=True, slots=True)
class MixLine:
    """The lots of one class."""

    scheme: str | None
    edition: str | None
    key: str | None
    lots: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Mix:
    """What a set of lots consists of; quantities in grams or millilitres."""

    lots: int = 0
    quantity: int = 0
    classes: Sequence[MixLine] = ()
    colours: Mapping[str, int] = field(default_factory=dict)
    claims: Mapping[str, int] = field(default_factory=dict)
    micron_low_tenths: int | None = None
    micron_high_tenths: int | None = None


_MIX_COLUMNS = (
    Lot.grade_scheme,
    Lot.grade_edition,
    Lot.grade_key,
    Lot.colour,
    Lot.claim,
)


def _aggregates(*first: Any) -> Select[Any]:
    return select(
        *first,
        *_MIX_COLUMNS,
        func.count().label("lots"),
        func.sum(Lot.quantity).label("quantity"),
        func.min(Lot.micron_tenths).label("low"),
        func.max(Lot.micron_tenths).label("high"),
    ).group_by(*first, *_MIX_COLUMNS)


def _mix(rows: Sequence[Any]) -> Mix:
    """Add up rows of `_aggregates` into one mix, the largest class first."""
    classes: dict[tuple[str | None, ...], MixLine] = {}
    colours: dict[str, int] = {}
    claims: dict[str, int] = {}
    for row in rows:
        quantity = int(row.quantity)
        at = (row.grade_scheme, row.grade_edition, row.grade_key)
        line = classes.get(at, MixLine(*at, 0, 0))
        classes[at] = replace(line, lots=line.lots + row.lots, quantity=line.quantity + quantity)
        if row.colour:
            colours[row.colour] = colours.get(row.colour, 0) + quantity
        claims[row.claim] = claims.get(row.claim, 0) + quantity
    lows = [row.low for row in rows if row.low is not None]
    highs = [row.high for row in rows if row.high is not None]
    return Mix(
        lots=sum(line.lots for line in classes.values()),
        quantity=sum(line.quantity for line in classes.values()),
        classes=sorted(classes.values(), key=lambda line: (-line.quantity, line.key or "")),
        colours=dict(sorted(colours.items(), key=lambda item: (-item[1], item[0]))),
        claims=dict(sorted(claims.items(), key=lambda item: -Claim(item[0]).rank())),
        micron_low_tenths=min(lows, default=None),
        micron_high_tenths=max(highs, default=None),
    )


def lot_mixes(session: Session, tender_ids: Sequence[UUID]) -> dict[UUID, Mix]:
    """Return what each tender consists of. One statement."""
    rows = session.execute(
        _aggregates(TenderLot.tender_id)
        .join(Lot, Lot.id == TenderLot.lot_id)
        .where(TenderLot.tender_id.in_(tender_ids))
    ).all()
    grouped: dict[UUID, list[Any]] = {tender_id: [] for tender_id in tender_ids}
    for row in rows:
        grouped[row.tender_id].append(row)
    return {tender_id: _mix(found) for tender_id, found in grouped.items()}


@dataclass(frozen=True, slots=True)
class MarketLot:
    """A lot as buyers see it: what it is, never whose it was."""

    id: UUID
    number: str
    commodity: str
    quantity: int
    unit: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    micron_tenths: int | None
    colour: str | None
    #: as delivered
    attributes: Mapping[str, Any]
    #: what a recorded decision put in the place of some of them
    measured: Mapping[str, Any] | None
    #: of a lot made of several: quantities by colour, class and claim
    mix: Mapping[str, Any] | None
    label: str | None
    claim: str
    certificate_number: str | None
    certificate_level: str | None
    certificate_issued_by: str | None


def _lots() -> Select[Any]:
    return select(
        Lot.id,
        Lot.number,
        Lot.commodity,
        Lot.quantity,
        Lot.unit,
        Lot.grade_scheme,
        Lot.grade_edition,
        Lot.grade_key,
        Lot.micron_tenths,
        Lot.colour,
        Lot.attributes,
        Lot.measured,
        Lot.mix,
        Lot.label,
        Lot.claim,
        Certificate.number.label("certificate_number"),
        Certificate.level.label("certificate_level"),
        Certificate.issued_by.label("certificate_issued_by"),
    ).outerjoin(Certificate, Certificate.id == Lot.certificate_id)


def _market_lots(page: Page[Any]) -> Page[MarketLot]:
    return Page([MarketLot(*row) for row in page.items], page.page, page.page_size, page.total)


def tender_lots(session: Session, tender_id: UUID, request: PageRequest) -> Page[MarketLot]:
    """Return a page of a tender's lots, by number. The caller has checked that the tender may be seen."""
    statement = (
        _lots()
        .join(TenderLot, TenderLot.lot_id == Lot.id)
        .where(TenderLot.tender_id == tender_id)
        .order_by(Lot.number, Lot.id)
    )
    statement = order_by(statement, request.sort, LOT_SORT, Lot.id.expression)
    return _market_lots(paginate_rows(session, statement, request))


def offered_lot(session: Session, tender_id: UUID, lot_id: UUID) -> MarketLot:
    """Return a lot of a tender. The caller has checked that the tender may be seen.

    Raises:
        NotFound: the tender has no such lot.
    """
    return _one_lot(session, TenderLot, TenderLot.tender_id == tender_id, lot_id)


def sold_lot(session: Session, sale_id: UUID, lot_id: UUID) -> MarketLot:
    """Return a lot of a sale. The caller has checked that the sale may be seen.

    Raises:
        NotFound: the sale has no such lot.
    """
    return _one_lot(session, SaleLine, SaleLine.sale_id == sale_id, lot_id)


def _one_lot(
    session: Session, table: type[TenderLot | SaleLine], within: ColumnElement[bool], lot_id: UUID
) -> MarketLot:
    row = session.execute(_lots().join(table, table.lot_id == Lot.id).where(within, Lot.id == lot_id)).first()
    if row is None:
        raise NotFound
    return MarketLot(*row)


def asked_opinions(session: Session, actor: Actor, lot_id: UUID) -> Sequence[SecondOpinion]:
    """Return the second opinions on a lot that the actor's organisation asked for as a buyer, the latest first."""
    return session.scalars(
        select(SecondOpinion)
        .where(SecondOpinion.lot_id == lot_id, SecondOpinion.asking_organisation_id == actor.org)
        .order_by(SecondOpinion.asked_at.desc())
    ).all()


def _offerable(actor: Actor, filters: LotFilter) -> list[ColumnElement[bool]]:
    return [
        Lot.organisation_id == actor.org,
        Lot.state == LotState.GRADED.value,
        Lot.grade_confirmed.is_(True),
        available(),
        *lot_conditions(filters),
    ]


def offerable_lots(
    session: Session, actor: Actor, filters: LotFilter, request: PageRequest
) -> Page[MarketLot]:
    """Return a page of the own lots with a confirmed class that no tender holds."""
    statement = _lots().where(*_offerable(actor, filters)).order_by(Lot.number, Lot.id)
    statement = order_by(statement, request.sort, LOT_SORT, Lot.id.expression)
    return _market_lots(paginate_rows(session, statement, request))


def offerable_mix(session: Session, actor: Actor, filters: LotFilter) -> Mix:
    """Return what all offerable lots of a filter consist of. One statement."""
    return _mix(session.execute(_aggregates().where(*_offerable(actor, filters))).all())


def offerable_ids(session: Session, actor: Actor, filters: LotFilter) -> Sequence[UUID]:
    """Return the ids of all offerable lots of a filter."""
    return session.scalars(select(Lot.id).where(*_offerable(actor, filters)).order_by(Lot.id)).all()


def offerable_grades(session: Session, actor: Actor, lot_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Return the class ("scheme/edition/key") of those own lots that have one."""
    found: dict[UUID, str] = {}
    for start in range(0, len(lot_ids), CHUNK):
        rows = session.execute(
            select(Lot.id, Lot.grade_scheme, Lot.grade_edition, Lot.grade_key).where(
                Lot.organisation_id == actor.org, Lot.id.in_(lot_ids[start : start + CHUNK])
            )
        )
        found |= {
            row.id: f"{row.grade_scheme}/{row.grade_edition}/{row.grade_key}" for row in rows if row.grade_key
        }
    return found


def offerable_commodities(session: Session, actor: Actor) -> Sequence[str]:
    """Return the products of which there are offerable lots, the one with most lots first."""
    return session.scalars(
        select(Lot.commodity)
        .where(*_offerable(actor, LotFilter()))
        .group_by(Lot.commodity)
        .order_by(func.count().desc(), Lot.commodity)
    ).all()
