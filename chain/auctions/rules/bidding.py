"""What a bid does, pure and replayable: `apply(terms, state, event)` gives the next state and what the bidder is told.

The whole memory of a lot is the price, the leader, the leader's maximum and the end: a rival's maximum that lost is used up.
Events come in the order of the lot's log, which is the order of the database; times in it never go back.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chain.auctions.rules.steps import Steps, step_at
from chain.auctions.rules.terms import Kind


class Phase(StrEnum):
    """Where the bidding on a lot stands."""

    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """What a bidder is told."""

    WINNING = "winning"
    OUTBID = "outbid"
    CLOSED = "closed"
    TOO_LOW = "too_low"
    STALE = "stale"
    DUPLICATE = "duplicate"
    NOT_OPEN = "not_open"


#: Outcomes of bids that stand in the log; the others change nothing.
TAKEN = frozenset({Outcome.WINNING, Outcome.OUTBID})


@dataclass(frozen=True, slots=True)
class LotTerms:
    """What decides about bids on one lot and never changes; minor units for a kilogram or litre."""

    start_minor: int
    #: None: no reserve
    reserve_minor: int | None
    steps: Steps
    starts_at: datetime
    #: a bid in the last seconds before the end …
    soft_close: timedelta
    #: … keeps the lot open for this long after it
    extension: timedelta


@dataclass(frozen=True, slots=True)
class State:
    """A lot as its log leaves it."""

    phase: Phase
    ends_at: datetime
    price: int | None = None
    leader: UUID | None = None
    #: what the leader would pay at most; sealed wherever it is kept
    leader_max: int | None = None
    paused_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the log, before it is decided."""

    kind: Kind
    at: datetime
    buyer: UUID | None = None
    #: the price of a bid, or the sealed figure of a maximum
    amount: int | None = None
    #: the price that the bidder saw; None: no bid yet
    seen: int | None = None
    #: the common end that a bid on another lot of the catalogue brought
    ends_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What came of an event."""

    outcome: Outcome | None
    extended: bool = False
    #: nothing that rivals may see changed: the leader moved the own maximum
    silent: bool = False


def first_state(ends_at: datetime) -> State:
    """Return the state of a lot before its first bid."""
    return State(Phase.OPEN, ends_at)


def minimum(terms: LotTerms, state: State) -> int:
    """Return the lowest price that a bid may have now: the start, later one step over the price."""
    if state.price is None:
        return terms.start_minor
    return state.price + step_at(terms.steps, state.price)


def reserve_met(terms: LotTerms, state: State) -> bool:
    """Tell whether the price has reached the reserve; without one, whether there is a bid."""
    return state.price is not None and state.price >= (terms.reserve_minor or 0)


def apply(terms: LotTerms, state: State, event: Event) -> tuple[State, Decision]:
    """Return the state after an event, and what came of it."""
    if event.kind in {Kind.BID, Kind.MAXIMUM}:
        return _offer(terms, state, event)
    if event.kind is Kind.EXTENDED:
        return replace(state, ends_at=event.ends_at or state.ends_at), Decision(None, extended=True)
    if event.kind is Kind.PAUSED:
        return replace(state, phase=Phase.PAUSED, paused_at=event.at), Decision(None)
    if event.kind is Kind.RESUMED:
        gap = event.at - (state.paused_at or event.at)
        later = replace(state, phase=Phase.OPEN, paused_at=None, ends_at=state.ends_at + gap)
        return later, Decision(None, extended=True)
    phase = Phase.CLOSED if event.kind is Kind.CLOSED else Phase.CANCELLED
    return replace(state, phase=phase), Decision(None)


def _offer(terms: LotTerms, state: State, event: Event) -> tuple[State, Decision]:
    refused = _refusal(terms, state, event)
    if refused is not None:
        return state, Decision(refused)
    assert event.buyer is not None  # noqa: S101 - every bid has a bidder
    assert event.amount is not None  # noqa: S101 - and a figure
    price, leader, highest = (
        _play_bid(terms, state, event.buyer, event.amount)
        if event.kind is Kind.BID
        else _play_maximum(terms, state, event.buyer, event.amount)
    )
    silent = price == state.price and leader == state.leader
    ends_at = state.ends_at
    if not silent and event.at >= ends_at - terms.soft_close:
        ends_at = max(ends_at, event.at + terms.extension)
    outcome = Outcome.WINNING if leader == event.buyer else Outcome.OUTBID
    after = State(state.phase, ends_at, price, leader, highest)
    return after, Decision(outcome, extended=ends_at != state.ends_at, silent=silent)


def _refusal(terms: LotTerms, state: State, event: Event) -> Outcome | None:
    """Return why an offer changes nothing; None: it counts."""
    if state.phase in {Phase.CLOSED, Phase.CANCELLED} or (
        state.phase is Phase.OPEN and event.at >= state.ends_at
    ):
        return Outcome.CLOSED
    if state.phase is Phase.PAUSED or event.at < terms.starts_at:
        return Outcome.NOT_OPEN
    amount = event.amount or 0
    is_leader = event.buyer == state.leader
    if event.kind is Kind.MAXIMUM and is_leader:
        # raised or lowered as the leader likes, but never under the price that stands
        return Outcome.TOO_LOW if amount < (state.price or 0) else None
    saw_other = event.seen != state.price
    if is_leader and saw_other:
        return Outcome.STALE  # the own bid before has landed meanwhile: nobody outbids the own self unseen
    if amount < minimum(terms, state):
        return Outcome.STALE if saw_other else Outcome.TOO_LOW
    return None


Standing = tuple[int, UUID, int]


def _play_bid(terms: LotTerms, state: State, buyer: UUID, amount: int) -> Standing:
    """Play an open bid: it stands at its own price, unless the leader's maximum reaches it."""
    if state.leader is None or state.leader_max is None:
        return amount, buyer, amount
    if buyer == state.leader:
        return amount, buyer, max(amount, state.leader_max)
    if amount > state.leader_max:
        return amount, buyer, amount
    return _defend(terms, state.leader_max, amount), state.leader, state.leader_max


def _play_maximum(terms: LotTerms, state: State, buyer: UUID, amount: int) -> Standing:
    """Play a maximum: no more than one step over the second, but up to the reserve when the maximum allows it."""
    if state.leader is None or state.leader_max is None or state.price is None:
        return _to_reserve(terms, terms.start_minor, amount), buyer, amount
    if buyer == state.leader:
        return _to_reserve(terms, state.price, amount), buyer, amount
    if amount > state.leader_max:
        needed = min(amount, state.leader_max + step_at(terms.steps, state.leader_max))
        return _to_reserve(terms, needed, amount), buyer, amount
    return _defend(terms, state.leader_max, amount), state.leader, state.leader_max


def _defend(terms: LotTerms, leader_max: int, amount: int) -> int:
    """Return the price at which the leader's maximum stays over an offer; equal figures: the earlier one leads at it."""
    return min(leader_max, amount + step_at(terms.steps, amount))


def _to_reserve(terms: LotTerms, price: int, highest: int) -> int:
    """Return the price, raised to the reserve when the bidder's maximum reaches it: a sale does not fail for want of a step."""
    reserve = terms.reserve_minor or 0
    return max(price, reserve) if highest >= reserve else price
