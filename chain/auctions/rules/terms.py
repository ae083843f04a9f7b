"""Terms of an auction: states, ways of closing, what may be announced."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chain.auctions.errors import AuctionStateRefused, BidOutOfBounds, MixedLots
from chain.auctions.rules.steps import MAX_STEPS, Steps, is_table
from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.money import Money

#: Prices in minor units per kilogram or litre. No fibre, milk or carcass costs 1,000 of any of our currencies.
PRICE_LOW = 1
PRICE_HIGH = 100_000
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=30)
#: How far ahead an auction may be announced.
LATEST_START = timedelta(days=90)
MAX_SECONDS = 3600
MAX_CATALOGUE = 500
MAX_PARTS = 2_000
MAX_TITLE = 200
MAX_NOTE = 2000
#: How long after the end a lot is closed: bids that came in time may still wait for their turn.
SETTLE = timedelta(seconds=2)


class Kind(StrEnum):
    """Lines of a lot's log."""

    BID = "bid"
    MAXIMUM = "maximum"
    EXTENDED = "extended"
    PAUSED = "paused"
    RESUMED = "resumed"
    CLOSED = "closed"
    CANCELLED = "cancelled"


KIND_LABELS = {
    Kind.BID: N_("Bid"),
    Kind.MAXIMUM: N_("Maximum bid"),
    Kind.EXTENDED: N_("Extended by a bid on another lot"),
    Kind.PAUSED: N_("Paused"),
    Kind.RESUMED: N_("Resumed"),
    Kind.CLOSED: N_("Closed"),
    Kind.CANCELLED: N_("Cancelled"),
}


class AuctionState(StrEnum):
    """Where an auction stands. `open` includes the time before its start."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


AUCTION_STATE_LABELS = {
    AuctionState.OPEN: N_("Open auction"),
    AuctionState.PAUSED: N_("Paused"),
    AuctionState.CLOSED: N_("Finished"),
    AuctionState.CANCELLED: N_("Cancelled"),
}


class AuctionLotState(StrEnum):
    """Where one lot of the catalogue stands."""

    OPEN = "open"
    PAUSED = "paused"
    #: ended with a bid at or over the reserve; the award follows at once, or with the last lot of the catalogue
    AWARDED = "awarded"
    PASSED_IN = "passed_in"
    SOLD = "sold"
    DECLINED = "declined"
    CANCELLED = "cancelled"


LOT_STATE_LABELS = {
    AuctionLotState.OPEN: N_("Open for bids"),
    AuctionLotState.PAUSED: N_("Paused"),
    AuctionLotState.AWARDED: N_("Awarded, to be confirmed"),
    AuctionLotState.PASSED_IN: N_("Passed in: no bid at the reserve"),
    AuctionLotState.SOLD: N_("Sold"),
    AuctionLotState.DECLINED: N_("Award declined"),
    AuctionLotState.CANCELLED: N_("Cancelled"),
}

#: Lots on which the bidding is over.
ENDED = frozenset(set(AuctionLotState) - {AuctionLotState.OPEN, AuctionLotState.PAUSED})


class Closing(StrEnum):
    """How the lots of a catalogue close."""

    EACH = "each"
    TOGETHER = "together"


CLOSING_LABELS = {
    Closing.EACH: N_("One lot after another"),
    Closing.TOGETHER: N_("All lots together"),
}


class AwardBy(StrEnum):
    """What makes one award, and one contract."""

    LOT = "lot"
    CATALOGUE = "catalogue"


AWARD_BY_LABELS = {
    AwardBy.LOT: N_("One award for each lot"),
    AwardBy.CATALOGUE: N_("One award for all lots that a buyer wins"),
}

TRANSITIONS: Mapping[AuctionState, frozenset[AuctionState]] = {
    AuctionState.OPEN: frozenset({AuctionState.PAUSED, AuctionState.CLOSED, AuctionState.CANCELLED}),
    AuctionState.PAUSED: frozenset({AuctionState.OPEN, AuctionState.CANCELLED}),
    AuctionState.CLOSED: frozenset(),
    AuctionState.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class CatalogueLot:
    """One lot of a new catalogue: deliveries that are sold together at one price per kilogram or litre."""

    lot_ids: tuple[UUID, ...]
    start_minor: int
    reserve_minor: int | None = None
    title: str | None = None
    #: made by the client; else by the server
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of a new auction."""

    title: str
    note: str | None
    currency: str
    starts_at: datetime
    #: of the first lot, or of all when they close together
    ends_at: datetime
    steps: Steps
    closing: Closing
    #: seconds between the ends of two lots that close one after another
    stagger_seconds: int
    soft_close_seconds: int
    extension_seconds: int
    award_by: AwardBy = AwardBy.LOT
    ceiling_required: bool = False
    #: the buyers to whom it is open; none: to all
    invited: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferedLot:
    """What of a delivery decides whether it may stand in a catalogue."""

    commodity: str
    unit: str


def check_transition(state: str, to: AuctionState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        AuctionStateRefused: the transition table has no such step.
    """
    if to not in TRANSITIONS[AuctionState(state)]:
        raise AuctionStateRefused(state=Message(AUCTION_STATE_LABELS[AuctionState(state)]))


def check_price(price_minor_per_unit: int, currency: str) -> None:
    """Refuse a price that cannot be meant.

    Raises:
        BidOutOfBounds: it is zero, negative or absurd.
    """
    if not PRICE_LOW <= price_minor_per_unit <= PRICE_HIGH:
        raise BidOutOfBounds(low=Money(PRICE_LOW, currency), high=Money(PRICE_HIGH, currency))


def check_terms(terms: Terms, *, now: datetime) -> None:
    """Refuse the terms of a new auction; every field at once.

    Raises:
        ValidationFailed: words, times or steps are missing or out of bounds.
    """
    errors = FieldErrors()
    if not terms.title or len(terms.title) > MAX_TITLE:
        errors.add("title", N_("Write a title of at most %(limit)s characters."), limit=MAX_TITLE)
    if terms.note and len(terms.note) > MAX_NOTE:
        errors.add("note", N_("Write at most %(limit)s characters."), limit=MAX_NOTE)
    if not is_table(terms.steps):
        errors.add(
            "steps",
            N_("Write 1 to %(limit)s steps: the first from 0, rising prices, each step above zero."),
            limit=MAX_STEPS,
        )
    for name in ("stagger_seconds", "soft_close_seconds", "extension_seconds"):
        if not 0 <= getattr(terms, name) <= MAX_SECONDS:
            errors.add(name, N_("Write 0 to %(limit)s seconds."), limit=MAX_SECONDS)
    _check_times(errors, terms, now)
    errors.raise_any()


def _check_times(errors: FieldErrors, terms: Terms, now: datetime) -> None:
    starts = max(terms.starts_at, now)
    if terms.starts_at > now + LATEST_START:
        errors.add(
            "starts_at", N_("The start is too far ahead: at most %(days)s days."), days=LATEST_START.days
        )
    if terms.ends_at - starts < SHORTEST:
        errors.add("ends_at", N_("The end must come at least a minute after the start."))
    elif terms.ends_at - starts > LONGEST:
        errors.add("ends_at", N_("The end is too far ahead: at most %(days)s days."), days=LONGEST.days)


def check_catalogue(catalogue: Sequence[CatalogueLot], currency: str) -> None:
    """Refuse a catalogue that is empty, too long, names a delivery twice or has absurd prices.

    Raises:
        ValidationFailed: with what is wrong, all at once.
    """
    errors = FieldErrors()
    parts = [lot_id for one in catalogue for lot_id in one.lot_ids]
    if not catalogue or any(not one.lot_ids for one in catalogue):
        errors.add("lots", N_("Choose at least one lot."))
    if len(catalogue) > MAX_CATALOGUE or len(parts) > MAX_PARTS:
        errors.add(
            "lots",
            N_("A catalogue takes at most %(limit)s lots of %(parts)s deliveries."),
            limit=MAX_CATALOGUE,
            parts=MAX_PARTS,
        )
    if len(set(parts)) < len(parts):
        errors.add("lots", N_("A delivery can stand in the catalogue only once."))
    for one in catalogue:
        _check_prices(errors, one, currency)
    errors.raise_any()


def _check_prices(errors: FieldErrors, one: CatalogueLot, currency: str) -> None:
    for name, price in (("start", one.start_minor), ("reserve", one.reserve_minor)):
        try:
            if price is not None:
                check_price(price, currency)
        except BidOutOfBounds as refused:
            if name not in errors:
                errors.take(name, refused)
    if one.reserve_minor is not None and one.reserve_minor < one.start_minor and "reserve" not in errors:
        errors.add("reserve", N_("The reserve must not lie below the starting price."))
    if len(one.title or "") > MAX_TITLE and "title" not in errors:
        errors.add("title", N_("Write a title of at most %(limit)s characters."), limit=MAX_TITLE)


def check_same_product(lots: Collection[OfferedLot]) -> None:
    """Refuse deliveries of different products in one auction.

    Raises:
        MixedLots.
    """
    if len({(lot.commodity, lot.unit) for lot in lots}) > 1:
        raise MixedLots


def end_of(terms: Terms, position: int) -> datetime:
    """Return the end of the lot at a place of the catalogue, the first being 1."""
    if terms.closing is Closing.TOGETHER:
        return terms.ends_at
    return terms.ends_at + timedelta(seconds=terms.stagger_seconds) * (position - 1)
