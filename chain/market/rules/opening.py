"""What the opening of a tender's bids comes to: which bids count, in which order, and who gets what. Pure; a replay runs it again."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chain.core.i18n import N_
from chain.market.rules.award import Allocation, Contender, allocate, rank_key
from chain.market.rules.offers import Offer


class Standing(StrEnum):
    """How a bid stands at the opening."""

    COUNTS = "counts"
    REPLACED = "replaced"
    EXCLUDED = "excluded"
    BELOW_RESERVE = "below_reserve"


STANDING_LABELS = {
    Standing.COUNTS: N_("Counts"),
    Standing.REPLACED: N_("Replaced later"),
    Standing.EXCLUDED: N_("Does not count: the bidder was excluded"),
    Standing.BELOW_RESERVE: N_("Below the lowest price"),
}


@dataclass(frozen=True, slots=True)
class OfferedLot:
    """A lot of a tender as it was offered. `grade` is "scheme/edition/key"."""

    id: UUID
    quantity: int
    reserve_minor: int
    grade: str | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class OpenedOffer:
    """A bid of the log with what it says."""

    bid_id: UUID
    buyer_id: UUID
    sequence: int
    placed_at: datetime
    offer: Offer


@dataclass(frozen=True, slots=True)
class Result:
    """What the opening comes to."""

    standings: Mapping[UUID, Standing]
    allocation: Allocation
    #: without a valid bid: the one with whom the seller may negotiate
    best_bid_id: UUID | None


def decide(
    lots: Sequence[OfferedLot], offers: Sequence[OpenedOffer], seed: str, excluded: Collection[UUID]
) -> Result:
    """Return who gets which lots. `excluded` are buyers whose bids do not count.

    Each buyer's last bid counts. Of a bid with "all or nothing" every lot must reach its reserve, of another bid only the
    lots that reach theirs take part. The rank is the time of arrival, then the lottery.
    """
    ranked = sorted(offers, key=lambda one: rank_key(seed, one.placed_at, one.bid_id))
    last = {one.buyer_id: one.bid_id for one in sorted(offers, key=lambda one: one.sequence)}
    reserves = {lot.id: lot.reserve_minor for lot in lots}
    standings: dict[UUID, Standing] = {}
    contenders = []
    for one in ranked:
        if last[one.buyer_id] != one.bid_id:
            standings[one.bid_id] = Standing.REPLACED
        elif one.buyer_id in excluded:
            standings[one.bid_id] = Standing.EXCLUDED
        else:
            prices = _reaching(one.offer, lots, reserves)
            standings[one.bid_id] = Standing.COUNTS if prices else Standing.BELOW_RESERVE
            if prices:
                offer = one.offer
                contenders.append(Contender(one.bid_id, prices, offer.whole, offer.least, offer.most))
    quantities = {lot.id: lot.quantity for lot in lots}
    allocation = allocate(quantities, contenders, seed)
    refused = [one for one in ranked if standings[one.bid_id] is Standing.BELOW_RESERVE]
    best = None if allocation.lots else _best(refused, lots)
    return Result(standings, allocation, best)


def _reaching(offer: Offer, lots: Sequence[OfferedLot], reserves: Mapping[UUID, int]) -> dict[UUID, int]:
    """Return the prices that reach the reserve; none when a bid for all or nothing has one that does not."""
    prices = offer.prices(lots)
    reaching = {lot_id: price for lot_id, price in prices.items() if price >= reserves[lot_id]}
    return {} if offer.whole and len(reaching) < len(prices) else reaching


def _best(refused: Sequence[OpenedOffer], lots: Sequence[OfferedLot]) -> UUID | None:
    """Return the bid that offers most for all its lots together, the first in rank among equals."""

    def worth(one: OpenedOffer) -> int:
        prices = one.offer.prices(lots)
        return sum(lot.quantity * prices.get(lot.id, 0) for lot in lots)

    return max(refused, key=worth).bid_id if refused else None
