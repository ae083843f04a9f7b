"""What takes part in a match: lots offered, demands with what their running period still wants, freight."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.buyers.coverage import coverage_of
from chain.buyers.models import Demand
from chain.buyers.periods import gap, period_span
from chain.buyers.queries import open_demands
from chain.core.clock import local_date
from chain.lots.models import Lot
from chain.matching.asks import Party, ask_of
from chain.matching.models import MatchOffer
from chain.matching.proposing import OfferState
from chain.matching.queries.freight import freight_on
from chain.matching.queries.offers import can_be_offered, proposed_of
from chain.matching.queries.proposals import pending_of_demands
from chain.matching.rules.checks import InstanceRefused, check_instance
from chain.matching.rules.instance import DemandAsk, Freight, Instance, LotOffer

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose lots are matched, in which currency, and who reads the result."""

    #: who runs it; sees the demands that are shown to it
    reader_id: UUID
    seller_ids: tuple[UUID, ...]
    currency: str
    #: also lots and demands of proposals that wait for an answer
    with_proposed: bool = False


@dataclass(frozen=True, slots=True)
class Collected:
    """What goes into the engine, and what is needed to write its answer down."""

    instance: Instance
    lots: Mapping[str, Lot]
    demands: Mapping[str, Demand]
    sellers: Mapping[UUID, Organisation]
    currency: str
    #: demands that pay in another currency
    other_currency: int


@dataclass(frozen=True, slots=True)
class Sellers:
    """What demands need to know of the sellers in scope."""

    parties: Sequence[Party]
    #: microns of their lots, tenths
    microns: Sequence[int]


def collect(session: Session, scope: Scope, *, now: datetime) -> Collected:
    """Collect what takes part. Lots and demands of open proposals take part with what is left of them."""
    sellers = {
        one.id: one
        for one in session.scalars(select(Organisation).where(Organisation.id.in_(scope.seller_ids)))
    }
    today = local_date(now, session.get_one(Organisation, scope.reader_id).timezone)
    rows = _offers(session, scope, today)
    microns = sorted({lot.micron_tenths for lot, *_ in rows if lot.micron_tenths is not None})
    standing = open_demands(session, today=today, seller_id=scope.reader_id)
    asks, demands = _asks(
        session,
        [one for one in standing if one.currency == scope.currency],
        Sellers([Party(one.id, one.parent_id) for one in sellers.values()], microns),
        with_proposed=scope.with_proposed,
        now=now,
    )
    lots = [_lot_offer(lot, offer, quantity) for lot, offer, quantity in rows]
    ways = freight_on(session, scope.seller_ids, day=today, currency=scope.currency)
    buyers = {one.organisation_id for one in demands.values()}
    freight = [
        Freight(str(seller_id), str(buyer_id), cost)
        for (seller_id, buyer_id), cost in sorted(ways.items())
        if buyer_id in buyers
    ]
    return Collected(
        Instance(lots, asks, freight),
        {str(lot.id): lot for lot, *_ in rows},
        demands,
        sellers,
        scope.currency,
        sum(one.currency != scope.currency for one in standing),
    )


def _offers(session: Session, scope: Scope, today: date) -> list[tuple[Lot, MatchOffer, int]]:
    """Return lot, offer and how much of it takes part."""
    proposed = proposed_of()
    rows = session.execute(
        select(Lot, MatchOffer, func.coalesce(proposed.c.quantity, 0))
        .join(MatchOffer, MatchOffer.lot_id == Lot.id)
        .outerjoin(proposed, proposed.c.lot_id == Lot.id)
        .where(
            MatchOffer.organisation_id.in_(scope.seller_ids),
            MatchOffer.state == OfferState.OPEN.value,
            MatchOffer.valid_to >= today,
            MatchOffer.currency == scope.currency,
            can_be_offered(),
        )
        .order_by(Lot.registered_at, Lot.id)
    )
    found = []
    for lot, offer, wanted in rows:
        taken = 0 if scope.with_proposed else int(wanted)
        if taken == 0 or (offer.is_divisible and taken < lot.quantity):
            found.append((lot, offer, lot.quantity - taken))
    return found


def _lot_offer(lot: Lot, offer: MatchOffer, quantity: int) -> LotOffer:
    return LotOffer(
        id=str(lot.id),
        commodity=lot.commodity,
        quantity=quantity,
        grade=f"{lot.grade_scheme}/{lot.grade_edition}/{lot.grade_key}" if lot.grade_key else None,
        colour=lot.colour,
        micron_tenths=lot.micron_tenths,
        claim=lot.claim,
        centre=str(lot.organisation_id),
        reserve_minor=offer.reserve_minor_per_unit,
        divisible=offer.is_divisible,
        registered_at_key=(lot.registered_at - EPOCH) // MICROSECOND,
        seller=str(lot.organisation_id),
    )


def _asks(
    session: Session, demands: Sequence[Demand], sellers: Sellers, *, with_proposed: bool, now: datetime
) -> tuple[list[DemandAsk], dict[str, Demand]]:
    """Return what the running period of each demand still wants; full ones are left out."""
    ids = [one.id for one in demands]
    covered = coverage_of(session, ids)
    pending = {} if with_proposed else pending_of_demands(session, ids)
    zones = _zones(session, {one.organisation_id for one in demands})
    asks: list[DemandAsk] = []
    kept: dict[str, Demand] = {}
    for one in demands:
        day = local_date(now, zones[one.organisation_id])
        held = [*covered[one.id], (day, pending.get(one.id, 0))]
        open_gap = gap(one, period_span(one, day), held)
        if open_gap.is_full:
            continue
        ask = ask_of(
            one,
            least=open_gap.missing,
            most=open_gap.room,
            parties=sellers.parties,
            microns=sellers.microns,
        )
        if _is_believable(ask):
            asks.append(ask)
            kept[ask.id] = one
    return asks, kept


def _zones(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = session.execute(select(Organisation.id, Organisation.timezone).where(Organisation.id.in_(ids)))
    return {row.id: row.timezone for row in rows}


def _is_believable(ask: DemandAsk) -> bool:
    """Tell whether the engine takes a demand: one whose prices and premiums add up beyond all bounds is left out."""
    try:
        check_instance(Instance((), (ask,)))
    except InstanceRefused:
        return False
    return True
