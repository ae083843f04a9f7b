"""What a bid does: proxy, ties, reserve, soft close; and what holds for any sequence of bids."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.auctions.rules import (
    Event,
    Kind,
    LotTerms,
    Outcome,
    Phase,
    State,
    Step,
    apply,
    first_state,
    minimum,
    reserve_met,
)
from chain.auctions.rules.bidding import TAKEN

START = datetime(2026, 3, 16, 15, tzinfo=UTC)
END = START + timedelta(hours=1)
MINUTE = timedelta(minutes=1)
A, B, C = (UUID(int=place) for place in (1, 2, 3))
TERMS = LotTerms(
    start_minor=10_000,
    reserve_minor=None,
    steps=(Step(0, 50), Step(10_000, 100), Step(12_000, 200)),
    starts_at=START,
    soft_close=2 * MINUTE,
    extension=3 * MINUTE,
)
RESERVED = LotTerms(10_000, 11_500, TERMS.steps, START, 2 * MINUTE, 3 * MINUTE)


class Room:
    """A lot in which bids are called out."""

    def __init__(self, terms: LotTerms = TERMS) -> None:
        self.terms = terms
        self.state = first_state(END)

    def call(
        self, kind: Kind, buyer: UUID, amount: int, *, at: datetime = START, seen: int | None = -1
    ) -> Outcome | None:
        """Bid having seen the price as it is, unless another one is named."""
        event = Event(kind, at, buyer, amount, self.state.price if seen == -1 else seen)
        self.state, decision = apply(self.terms, self.state, event)
        return decision.outcome

    def bid(self, buyer: UUID, amount: int, **more: object) -> Outcome | None:
        return self.call(Kind.BID, buyer, amount, **more)  # type: ignore[arg-type]

    def maximum(self, buyer: UUID, amount: int, **more: object) -> Outcome | None:
        return self.call(Kind.MAXIMUM, buyer, amount, **more)  # type: ignore[arg-type]

    @property
    def standing(self) -> tuple[int | None, UUID | None]:
        return self.state.price, self.state.leader


def test_the_first_bid_may_be_the_starting_price_and_not_less() -> None:
    room = Room()
    assert room.bid(A, 9_999) is Outcome.TOO_LOW
    assert room.bid(A, 10_000) is Outcome.WINNING
    assert room.standing == (10_000, A)


def test_a_bid_lies_a_step_over_the_price_or_more() -> None:
    room = Room()
    room.bid(A, 10_000)
    assert minimum(TERMS, room.state) == 10_100
    assert room.bid(B, 10_099) is Outcome.TOO_LOW
    assert room.bid(B, 10_100) is Outcome.WINNING
    assert room.bid(A, 12_000) is Outcome.WINNING  # a jump stands at its own price
    assert minimum(TERMS, room.state) == 12_200  # another line of the table


def test_a_maximum_is_played_one_step_over_the_second() -> None:
    room = Room()
    assert room.maximum(A, 11_500) is Outcome.WINNING
    assert room.standing == (10_000, A)
    assert room.bid(B, 10_500) is Outcome.OUTBID
    assert room.standing == (10_600, A)
    assert room.maximum(C, 11_000) is Outcome.OUTBID
    assert room.standing == (11_100, A)
    assert room.maximum(C, 11_550) is Outcome.WINNING  # less than a step over A's maximum: at its own figure
    assert room.standing == (11_550, C)


def test_of_two_equal_maxima_the_earlier_one_leads_at_that_price() -> None:
    room = Room()
    room.maximum(A, 11_000)
    assert room.maximum(B, 11_000) is Outcome.OUTBID
    assert room.standing == (11_000, A)


def test_an_open_bid_that_equals_the_maximum_loses_to_it() -> None:
    room = Room()
    room.maximum(A, 11_000)
    assert room.bid(B, 11_000) is Outcome.OUTBID
    assert room.standing == (11_000, A)


def test_a_maximum_at_the_reserve_lifts_the_price_to_it() -> None:
    room = Room(RESERVED)
    room.maximum(A, 11_499)
    assert (room.state.price, reserve_met(RESERVED, room.state)) == (10_000, False)
    room.maximum(A, 11_600)
    assert (room.state.price, reserve_met(RESERVED, room.state)) == (11_500, True)


def test_the_leader_moves_the_own_maximum_silently_but_not_under_the_price() -> None:
    room = Room()
    room.maximum(A, 12_000)
    room.bid(B, 11_000)
    event = Event(Kind.MAXIMUM, START, A, 11_500, None)
    after, decision = apply(TERMS, room.state, event)
    assert (decision.silent, decision.outcome, after.leader_max) == (True, Outcome.WINNING, 11_500)
    assert room.maximum(A, 11_099) is Outcome.TOO_LOW
    assert room.maximum(A, 11_100) is Outcome.WINNING


def test_nobody_outbids_the_own_self_unseen() -> None:
    room = Room()
    room.bid(A, 10_000)
    assert room.bid(A, 10_500, seen=None) is Outcome.STALE
    assert room.standing == (10_000, A)
    assert room.bid(A, 10_500) is Outcome.WINNING  # having seen it: to reach the reserve


def test_a_bid_on_an_old_price_counts_while_it_is_high_enough() -> None:
    room = Room()
    room.bid(A, 10_000)
    assert room.bid(B, 10_000, seen=None) is Outcome.STALE
    assert room.bid(B, 10_200, seen=None) is Outcome.WINNING


@pytest.mark.parametrize(
    ("before_end", "extended"),
    [(timedelta(seconds=121), False), (timedelta(seconds=120), True), (timedelta(milliseconds=1), True)],
)
def test_a_bid_in_the_last_minutes_keeps_the_lot_open(before_end: timedelta, extended: bool) -> None:
    room = Room()
    room.bid(A, 10_000, at=END - before_end)
    assert room.state.ends_at == (END - before_end + 3 * MINUTE if extended else END)


def test_a_bid_at_the_end_is_late_and_one_a_millisecond_before_is_not() -> None:
    room = Room()
    assert room.bid(A, 10_000, at=END) is Outcome.CLOSED
    assert room.bid(A, 10_000, at=END - timedelta(milliseconds=1)) is Outcome.WINNING


def test_a_silent_change_does_not_keep_the_lot_open() -> None:
    room = Room()
    room.maximum(A, 11_000)
    room.maximum(A, 12_000, at=END - MINUTE)
    assert room.state.ends_at == END


def test_nothing_counts_before_the_start_while_paused_or_after_cancelling() -> None:
    room = Room()
    assert room.bid(A, 10_000, at=START - MINUTE) is Outcome.NOT_OPEN
    room.state, _ = apply(TERMS, room.state, Event(Kind.PAUSED, START + MINUTE))
    assert room.bid(A, 10_000, at=START + 2 * MINUTE) is Outcome.NOT_OPEN
    room.state, _ = apply(TERMS, room.state, Event(Kind.RESUMED, START + 11 * MINUTE))
    assert room.state.ends_at == END + 10 * MINUTE
    assert room.bid(A, 10_000, at=START + 12 * MINUTE) is Outcome.WINNING
    room.state, _ = apply(TERMS, room.state, Event(Kind.CANCELLED, START + 13 * MINUTE))
    assert room.state.phase is Phase.CANCELLED
    assert room.bid(B, 20_000, at=START + 14 * MINUTE) is Outcome.CLOSED


BIDS = st.lists(
    st.tuples(
        st.sampled_from([Kind.BID, Kind.MAXIMUM]),
        st.sampled_from([A, B, C]),
        st.integers(9_000, 14_000),
        st.booleans(),
        st.integers(0, 90),
    ),
    max_size=40,
)


def _run(
    terms: LotTerms, calls: list[tuple[Kind, UUID, int, bool, int]]
) -> list[tuple[State, Outcome | None, Event]]:
    state, seconds = first_state(END), 0
    found = []
    for kind, buyer, amount, saw, gap in calls:
        seconds += gap * 60
        event = Event(kind, START + timedelta(seconds=seconds), buyer, amount, state.price if saw else None)
        state, decision = apply(terms, state, event)
        found.append((state, decision.outcome, event))
    return found


@given(calls=BIDS, reserve=st.one_of(st.none(), st.integers(10_000, 13_000)))
def test_whatever_is_bid_the_leader_has_the_highest_figure_and_the_price_never_falls(
    calls: list[tuple[Kind, UUID, int, bool, int]], reserve: int | None
) -> None:
    terms = LotTerms(10_000, reserve, TERMS.steps, START, 2 * MINUTE, 3 * MINUTE)
    before = first_state(END)
    highest: dict[UUID, int] = {}
    for state, outcome, event in _run(terms, calls):
        assert event.buyer is not None
        assert event.amount is not None
        if outcome in TAKEN:
            # what each buyer would pay at most; the leader may lower the own maximum
            own = event.buyer == before.leader and event.kind is Kind.MAXIMUM
            highest[event.buyer] = (
                event.amount
                if own
                else max(event.amount, highest.get(event.buyer, 0) if event.buyer == before.leader else 0)
            )
            assert (outcome is Outcome.WINNING) == (state.leader == event.buyer)
        else:
            assert state == before
        if state.price is not None:
            assert state.leader is not None
            assert state.leader_max is not None
            assert terms.start_minor <= state.price <= state.leader_max
            assert state.price >= (before.price or 0)
            assert state.leader_max == highest[state.leader]
            assert reserve_met(terms, state) >= (
                state.leader_max >= (reserve or 0)
                and event.kind is Kind.MAXIMUM
                and outcome is Outcome.WINNING
            )
        assert state.ends_at >= before.ends_at
        assert event.at < state.ends_at or outcome is Outcome.CLOSED
        before = state


@given(calls=BIDS)
def test_a_replay_of_what_was_taken_gives_the_same_result(
    calls: list[tuple[Kind, UUID, int, bool, int]],
) -> None:
    run = _run(TERMS, calls)
    state = first_state(END)
    for after, outcome, event in run:
        if outcome in TAKEN:
            state, decision = apply(TERMS, state, event)
            assert decision.outcome is outcome
            assert state == after
    assert state == (run[-1][0] if run else first_state(END))


@given(calls=BIDS)
def test_the_same_sequence_gives_the_same_result_whatever_ran_before(
    calls: list[tuple[Kind, UUID, int, bool, int]],
) -> None:
    assert _run(TERMS, calls) == _run(TERMS, list(calls))


@given(
    # further apart than two steps, so that none is refused for being too near
    figures=st.lists(st.sampled_from(range(10_000, 20_000, 500)), min_size=3, max_size=3, unique=True),
    order=st.permutations([0, 1, 2]),
)
def test_of_different_maxima_the_highest_wins_in_whatever_order_they_come(
    figures: list[int], order: list[int]
) -> None:
    buyers = [A, B, C]
    room = Room()
    for place in order:
        room.maximum(buyers[place], figures[place])
    best = max(range(3), key=lambda place: figures[place])
    assert room.state.leader == buyers[best]
    second = sorted(figures)[1]
    assert room.state.price is not None
    assert second <= room.state.price <= figures[best]
