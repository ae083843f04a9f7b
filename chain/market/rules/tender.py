"""Decisions about tenders, pure: their states, when they take bids, which terms and lots may stand in one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.market.errors import MixedLots, PriceOutOfBounds, TenderStateRefused
from chain.market.rules.offers import check_price

#: How long a tender may stay open.
SHORTEST = timedelta(minutes=1)
LONGEST = timedelta(days=90)
#: How far ahead a tender may be announced.
LATEST_OPENING = timedelta(days=90)
#: How long the best bidder of a tender that was passed in may be offered the lots before others.
NEGOTIATION = timedelta(days=7)
MAX_LOTS = 20_000
MAX_TITLE = 200
MAX_NOTE = 2000


class TenderState(StrEnum):
    """Where a tender stands. `open` includes the wait between the deadline and the opening of the bids."""

    OPEN = "open"
    AWARDED = "awarded"
    PASSED_IN = "passed_in"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CANCELLED = "cancelled"


TENDER_STATE_LABELS = {
    TenderState.OPEN: N_("Open for bids"),
    TenderState.AWARDED: N_("Awarded, to be accepted"),
    TenderState.PASSED_IN: N_("No valid bid"),
    TenderState.ACCEPTED: N_("Sold"),
    TenderState.DECLINED: N_("Award declined"),
    TenderState.CANCELLED: N_("Cancelled"),
}

TRANSITIONS: Mapping[TenderState, frozenset[TenderState]] = {
    TenderState.OPEN: frozenset({TenderState.AWARDED, TenderState.PASSED_IN, TenderState.CANCELLED}),
    TenderState.AWARDED: frozenset({TenderState.ACCEPTED, TenderState.DECLINED}),
    TenderState.PASSED_IN: frozenset(),
    TenderState.ACCEPTED: frozenset(),
    TenderState.DECLINED: frozenset(),
    TenderState.CANCELLED: frozenset(),
}

#: States in which the prices may be seen. A cancelled tender's bids stay sealed for good: nobody cancels to peek.
OPENED = frozenset({TenderState.AWARDED, TenderState.PASSED_IN, TenderState.ACCEPTED, TenderState.DECLINED})


@dataclass(frozen=True, slots=True)
class Terms:
    """What of a tender decides whether a bid is in time."""

    reserve_minor_per_unit: int
    currency: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class LotToOffer:
    """What of a lot decides whether it may be offered."""

    number: str
    commodity: str
    unit: str
    quantity: int


def check_transition(state: str, to: TenderState) -> None:
    """Refuse a step that the state does not allow.

    Raises:
        TenderStateRefused: the transition table has no such step.
    """
    if to not in TRANSITIONS[TenderState(state)]:
        raise TenderStateRefused(state=Message(TENDER_STATE_LABELS[TenderState(state)]))


def is_opened(state: str) -> bool:
    """Tell whether the prices of a tender may be seen."""
    return TenderState(state) in OPENED


def takes_bids(terms: Terms, state: str, now: datetime) -> bool:
    """Tell whether a bid that arrives now is in time: from the opening on, before the deadline (not at it)."""
    return state == TenderState.OPEN and terms.opens_at <= now < terms.closes_at


def check_terms(
    terms: Terms, *, now: datetime, title: str, note: str | None, lot_reserves: Sequence[int] = ()
) -> None:
    """Refuse the terms of a new tender; every field at once.

    Raises:
        ValidationFailed: title, note, reserve or times are missing or out of bounds.
    """
    errors = FieldErrors()
    if not title.strip() or len(title) > MAX_TITLE:
        errors.add("title", N_("Write a title of at most %(limit)s characters."), limit=MAX_TITLE)
    if note and len(note) > MAX_NOTE:
        errors.add("note", N_("Write at most %(limit)s characters."), limit=MAX_NOTE)
    try:
        for reserve in (terms.reserve_minor_per_unit, *lot_reserves):
            check_price(reserve, terms.currency)
    except PriceOutOfBounds as refused:
        errors.take("reserve", refused)
    starts = max(terms.opens_at, now)
    if terms.opens_at > now + LATEST_OPENING:
        errors.add(
            "opens_at", N_("The opening is too far ahead: at most %(days)s days."), days=LATEST_OPENING.days
        )
    if terms.closes_at <= now:
        errors.add("closes_at", N_("The deadline must lie in the future."))
    elif terms.closes_at <= terms.opens_at:
        errors.add("closes_at", N_("The deadline must come after the opening."))
    elif terms.closes_at - starts < SHORTEST:
        errors.add("closes_at", N_("The deadline is too near: leave the buyers at least a minute."))
    elif terms.closes_at - starts > LONGEST:
        errors.add(
            "closes_at", N_("The deadline is too far ahead: at most %(days)s days."), days=LONGEST.days
        )
    errors.raise_any()


def check_lots(lots: Sequence[LotToOffer]) -> None:
    """Refuse lots that cannot stand in one tender.

    Raises:
        ValidationFailed: there are none, or too many.
        MixedLots: different products or units.
    """
    errors = FieldErrors()
    if not lots:
        errors.add("lots", N_("Choose at least one lot."))
    if len(lots) > MAX_LOTS:
        errors.add("lots", N_("A tender takes at most %(limit)s lots."), limit=MAX_LOTS)
    errors.raise_any()
    if len({(lot.commodity, lot.unit) for lot in lots}) > 1:
        raise MixedLots
