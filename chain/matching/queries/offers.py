"""Reads of lots offered to matching, for their owner only: reserves are told to nobody else."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.lots.queries import CHUNK
from chain.lots.queries.wanted import WantedLots, lot_conditions
from chain.lots.rules import LotState
from chain.lots.stock import available, in_state
from chain.matching.models import MatchLine, MatchOffer, MatchProposal
from chain.matching.proposing import OfferState, ProposalState

OFFER_SORT: SortColumns = {
    "number": Lot.number,
    "quantity": Lot.quantity,
    "micron": Lot.micron_tenths,
    "grade": Lot.grade_key,
    "reserve": MatchOffer.reserve_minor_per_unit,
    "valid_to": MatchOffer.valid_to,
}
LOT_SORT: SortColumns = {
    "number": Lot.number,
    "quantity": Lot.quantity,
    "micron": Lot.micron_tenths,
    "grade": Lot.grade_key,
}


@dataclass(frozen=True, slots=True)
class LotFacts:
    """A lot as matching shows it; never whose delivery it was."""

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
    claim: str
    attributes: Mapping[str, Any]
    measured: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class OfferRow:
    """A lot offered to matching, with its terms."""

    id: UUID
    lot: LotFacts
    reserve_minor_per_unit: int
    currency: str
    is_divisible: bool
    valid_to: date
    #: the lot is in stock, free and its class confirmed
    is_free: bool
    #: grams or millilitres of it in proposals that wait for an answer
    proposed: int


@dataclass(frozen=True, slots=True)
class OfferSum:
    """What the offered lots of a product are together."""

    commodity: str
    unit: str
    lots: int
    quantity: int


FACT_COLUMNS = (
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
    Lot.claim,
    Lot.attributes,
    Lot.measured,
)


def can_be_offered() -> ColumnElement[bool]:
    """Return the condition that a lot is free, with a confirmed class."""
    return and_(in_state(LotState.GRADED), Lot.grade_confirmed.is_(True), available())


def proposed_of() -> Any:
    """Return the subquery of what open proposals want of each lot: lot_id, quantity."""
    return (
        select(MatchLine.lot_id, func.sum(MatchLine.quantity).label("quantity"))
        .join(MatchProposal, MatchProposal.id == MatchLine.proposal_id)
        .where(MatchProposal.state == ProposalState.OPEN.value)
        .group_by(MatchLine.lot_id)
        .subquery()
    )


def list_offers(session: Session, actor: Actor, filters: WantedLots, request: PageRequest) -> Page[OfferRow]:
    """Return a page of the own lots that are offered to matching, by number."""
    proposed = proposed_of()
    statement: Select[Any] = (
        select(
            MatchOffer,
            case((can_be_offered(), 1), else_=0),
            func.coalesce(proposed.c.quantity, 0),
            *FACT_COLUMNS,
        )
        .join(Lot, Lot.id == MatchOffer.lot_id)
        .outerjoin(proposed, proposed.c.lot_id == Lot.id)
        .where(
            MatchOffer.organisation_id == actor.org,
            MatchOffer.state == OfferState.OPEN.value,
            *lot_conditions(filters),
        )
        .order_by(Lot.number, Lot.id)
    )
    page = paginate_rows(
        session, order_by(statement, request.sort, OFFER_SORT, MatchOffer.id.expression), request
    )
    rows = [
        OfferRow(
            offer.id,
            LotFacts(*facts),
            offer.reserve_minor_per_unit,
            offer.currency,
            offer.is_divisible,
            offer.valid_to,
            bool(is_free),
            int(wanted),
        )
        for offer, is_free, wanted, *facts in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)


def offer_sums(session: Session, actor: Actor) -> Sequence[OfferSum]:
    """Return what the own offered lots are together, by product."""
    rows = session.execute(
        select(Lot.commodity, Lot.unit, func.count(), func.sum(Lot.quantity))
        .join(MatchOffer, MatchOffer.lot_id == Lot.id)
        .where(MatchOffer.organisation_id == actor.org, MatchOffer.state == OfferState.OPEN.value)
        .group_by(Lot.commodity, Lot.unit)
        .order_by(Lot.commodity)
    )
    return [OfferSum(commodity, unit, lots, int(quantity)) for commodity, unit, lots, quantity in rows]


def _offerable(actor: Actor, filters: WantedLots) -> list[ColumnElement[bool]]:
    offered = select(MatchOffer.lot_id).where(
        MatchOffer.organisation_id == actor.org, MatchOffer.state == OfferState.OPEN.value
    )
    return [
        Lot.organisation_id == actor.org,
        can_be_offered(),
        Lot.id.not_in(offered),
        *lot_conditions(filters),
    ]


def offerable_lots(
    session: Session, actor: Actor, filters: WantedLots, request: PageRequest
) -> Page[LotFacts]:
    """Return a page of the own free lots that are not offered to matching."""
    statement = select(*FACT_COLUMNS).where(*_offerable(actor, filters)).order_by(Lot.number, Lot.id)
    page = paginate_rows(session, order_by(statement, request.sort, LOT_SORT, Lot.id.expression), request)
    return Page([LotFacts(*row) for row in page.items], page.page, page.page_size, page.total)


def offerable_ids(session: Session, actor: Actor, filters: WantedLots) -> Sequence[UUID]:
    """Return the ids of the own free lots of a filter that are not offered to matching."""
    return session.scalars(select(Lot.id).where(*_offerable(actor, filters)).order_by(Lot.id)).all()


def offerable_sum(session: Session, actor: Actor, filters: WantedLots) -> tuple[int, int]:
    """Return how many lots of a filter could be offered, and how much they are."""
    count, total = session.execute(
        select(func.count(), func.coalesce(func.sum(Lot.quantity), 0)).where(*_offerable(actor, filters))
    ).one()
    return count, int(total)


def offerable_commodities(session: Session, actor: Actor) -> Sequence[str]:
    """Return the products of the own free lots, the one with most lots first."""
    return session.scalars(
        select(Lot.commodity)
        .where(*_offerable(actor, WantedLots()))
        .group_by(Lot.commodity)
        .order_by(func.count().desc(), Lot.commodity)
    ).all()


def offerable_grades(session: Session, actor: Actor, commodity: str) -> Sequence[tuple[str, str, str]]:
    """Return the classes of the own free lots of a product."""
    rows = session.execute(
        select(Lot.grade_scheme, Lot.grade_edition, Lot.grade_key)
        .where(*_offerable(actor, WantedLots(commodity=commodity)), Lot.grade_key.is_not(None))
        .distinct()
        .order_by(Lot.grade_scheme, Lot.grade_edition, Lot.grade_key)
    )
    return [(row[0] or "", row[1] or "", row[2] or "") for row in rows]


def open_offers_of(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, MatchOffer]:
    """Return the open offers of lots, by lot."""
    wanted, found = sorted(set(lot_ids)), {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.scalars(
            select(MatchOffer)
            .where(
                MatchOffer.lot_id.in_(wanted[start : start + CHUNK]),
                MatchOffer.state == OfferState.OPEN.value,
            )
            .execution_options(populate_existing=True)
        )
        found.update({row.lot_id: row for row in rows})
    return found


def proposals_holding(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of an open proposal that holds a lot, by lot."""
    wanted, found = sorted(set(lot_ids)), {}
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(MatchLine.lot_id, MatchProposal.number)
            .join(MatchProposal, MatchProposal.id == MatchLine.proposal_id)
            .where(
                MatchLine.lot_id.in_(wanted[start : start + CHUNK]),
                MatchProposal.state == ProposalState.OPEN.value,
            )
        )
        found.update({row.lot_id: row.number for row in rows})
    return found
