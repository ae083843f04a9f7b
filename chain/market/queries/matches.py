"""Which lots on offer meet a standing demand, and what the others lack, in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind
from chain.buyers.models import Demand
from chain.buyers.pricing import price_for
from chain.buyers.queries import get_demand_for
from chain.buyers.rules import OfferFacts, meets
from chain.core.errors import NotFound
from chain.core.i18n import Message
from chain.core.paging import Page, PageRequest, slice_rows
from chain.lots.models import Lot
from chain.market.models import Tender, TenderLot
from chain.market.queries.tenders import visible_to
from chain.market.rules import TenderState


@dataclass(frozen=True, slots=True)
class Match:
    """Equal lots of one open tender. `unmet` is empty when they meet the demand."""

    tender_id: UUID
    tender_title: str
    seller_name: str
    closes_at: datetime
    commodity: str
    grade_scheme: str | None
    grade_edition: str | None
    grade_key: str | None
    colour: str | None
    micron_tenths: int | None
    claim: str
    lots: int
    quantity: int
    unit: str
    unmet: Sequence[Message]
    #: what the demand pays for a kilogram or litre of them; None: open
    price_minor_per_unit: int | None


@dataclass(frozen=True, slots=True)
class Matches:
    """What is on offer for a demand: lots that meet it first, then those that lack least."""

    demand: Demand
    page: Page[Match]
    matched_lots: int
    matched_quantity: int
    unit: str
    #: what all meeting lots together still lack in quantity
    missing: Sequence[Message]


MATCH_SORT: Mapping[str, Callable[[Match], Any]] = {
    "closes_at": lambda one: one.closes_at,
    "quantity": lambda one: one.quantity,
    "micron": lambda one: one.micron_tenths,
    "seller": lambda one: one.seller_name,
}


def demand_matches(
    session: Session, actor: Actor, demand_id: UUID, request: PageRequest, *, now: datetime
) -> Matches:
    """Compare a demand with the lots in the open tenders that the actor may see. Two statements.

    Reserves take no part: buyers must not learn them. Equal lots (class, colour, microns, claim) of a tender are one
    line; quantity is compared for all meeting lots together.

    Raises:
        NotFound: no such demand, or another buyer's.
    """
    demand = get_demand_for(session, actor, demand_id)
    if actor.organisation_kind is OrganisationKind.BUYER and demand.organisation_id != actor.organisation_id:
        raise NotFound
    found = [_match(demand, row) for row in _groups(session, actor, demand.commodity, now)]
    found.sort(key=lambda one: (len(one.unmet), one.closes_at, -one.quantity, one.tender_id))
    met = [one for one in found if not one.unmet]
    quantity = sum(one.quantity for one in met)
    page = slice_rows(found, request, MATCH_SORT)
    unit = "ml" if demand.commodity == "raw-milk" else "g"
    return Matches(demand, page, sum(one.lots for one in met), quantity, unit, _missing(demand, quantity))


def _groups(session: Session, actor: Actor, commodity: str, now: datetime) -> Sequence[Any]:
    columns = (
        Tender.id,
        Tender.title,
        Tender.organisation_id,
        Organisation.parent_id,
        Organisation.name,
        Tender.closes_at,
        Lot.commodity,
        Lot.grade_scheme,
        Lot.grade_edition,
        Lot.grade_key,
        Lot.colour,
        Lot.micron_tenths,
        Lot.claim,
        Lot.unit,
    )
    return session.execute(
        select(*columns, func.count().label("lots"), func.sum(Lot.quantity).label("quantity"))
        .join(TenderLot, TenderLot.lot_id == Lot.id)
        .join(Tender, Tender.id == TenderLot.tender_id)
        .join(Organisation, Organisation.id == Tender.organisation_id)
        .where(
            Tender.state == TenderState.OPEN.value,
            Tender.opens_at <= now,
            Tender.closes_at > now,
            Tender.commodity == commodity,
            visible_to(actor, now),
        )
        .group_by(*columns)
    ).all()


def _match(demand: Demand, row: Any) -> Match:
    grade = f"{row.grade_scheme}/{row.grade_edition}/{row.grade_key}" if row.grade_key else None
    facts = OfferFacts(
        commodity=row.commodity,
        quantity=demand.min_quantity,  # never the reason: what counts is the sum of all meeting lots
        claim=row.claim,
        grade=grade,
        colour=row.colour,
        micron_tenths=row.micron_tenths,
        seller_id=row.organisation_id,
        seller_parent_id=row.parent_id,
    )
    return Match(
        tender_id=row.id,
        tender_title=row.title,
        seller_name=row.name,
        closes_at=row.closes_at,
        commodity=row.commodity,
        grade_scheme=row.grade_scheme,
        grade_edition=row.grade_edition,
        grade_key=row.grade_key,
        colour=row.colour,
        micron_tenths=row.micron_tenths,
        claim=row.claim,
        lots=row.lots,
        quantity=int(row.quantity),
        unit=row.unit,
        unmet=meets(demand, facts),
        price_minor_per_unit=price_for(demand, replace(facts, quantity=int(row.quantity))),
    )


def _missing(demand: Demand, quantity: int) -> Sequence[Message]:
    """Return what the meeting lots together lack to the least quantity; more than asked for is no lack."""
    if quantity >= demand.min_quantity:
        return []
    whole = OfferFacts(
        commodity=demand.commodity,
        quantity=quantity,
        claim=demand.claim,
        grade=demand.grades[0] if demand.grades else None,
        colour=demand.colours[0] if demand.colours else None,
        micron_tenths=demand.micron_min_tenths or demand.micron_max_tenths,
        seller_id=UUID(demand.centres[0]) if demand.centres else None,
        seller_parent_id=UUID(demand.private_to[0]) if demand.private_to else None,
    )
    return meets(demand, whole)
