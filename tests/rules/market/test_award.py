"""Which bid wins, how proceeds are shared, which steps a tender may take."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.errors import ValidationFailed
from chain.core.money import amount_for
from chain.market.errors import (
    BidBelowReserve,
    MixedLots,
    PriceOutOfBounds,
    TenderStateRefused,
    WrongCurrency,
)
from chain.market.rules import (
    MAX_LOTS,
    PRICE_HIGH,
    TRANSITIONS,
    OfferedLot,
    TenderState,
    Terms,
    best_bid,
    check_bid,
    check_lots,
    check_terms,
    check_transition,
    counting_bids,
    is_opened,
    takes_bids,
    valid,
)
from chain.sales.rules import share_proceeds

OPENS = datetime(2026, 3, 16, 15, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=1)
TERMS = Terms(reserve_minor_per_unit=10_000, currency="PEN", opens_at=OPENS, closes_at=CLOSES)


@dataclass(frozen=True)
class Facts:
    organisation_id: UUID
    sequence: int
    price_minor_per_unit: int
    currency: str = "PEN"
    placed_at: datetime = OPENS


def _bid(buyer: int, sequence: int, price: int, currency: str = "PEN", at: datetime = OPENS) -> Facts:
    return Facts(UUID(int=buyer), sequence, price, currency, at)


@st.composite
def _logs(draw: st.DrawFn) -> list[Facts]:
    pairs = draw(st.lists(st.tuples(st.integers(1, 4), st.integers(9_990, 10_010)), max_size=12))
    return [_bid(buyer, place, price) for place, (buyer, price) in enumerate(pairs, 1)]


@given(_logs(), st.randoms())
def test_the_order_of_the_list_does_not_decide(log: list[Facts], random: object) -> None:
    shuffled = list(log)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert best_bid(shuffled, TERMS) == best_bid(log, TERMS)


@given(_logs())
def test_no_counting_bid_beats_the_winner(log: list[Facts]) -> None:
    best = best_bid(log, TERMS)
    rivals = [bid for bid in counting_bids(log) if valid(bid, TERMS)]
    if best is None:
        assert not rivals
        return
    assert best in rivals
    assert all(one.price_minor_per_unit <= best.price_minor_per_unit for one in rivals)
    equal = [one for one in rivals if one.price_minor_per_unit == best.price_minor_per_unit]
    assert best.sequence == min(one.sequence for one in equal)


@given(_logs())
def test_each_buyer_has_one_counting_bid_and_it_is_the_last(log: list[Facts]) -> None:
    counting = counting_bids(log)
    assert len({one.organisation_id for one in counting}) == len(counting)
    assert all(first.sequence < second.sequence for first, second in pairwise(counting))
    for bid in log:
        last = next(one for one in counting if one.organisation_id == bid.organisation_id)
        assert bid.sequence <= last.sequence


@pytest.mark.parametrize(
    ("bids", "winner"),
    [
        ([], None),
        ([(1, 9_999)], None),
        ([(1, 10_000)], 1),
        ([(1, 12_000), (2, 12_000)], 1),
        ([(1, 12_000), (2, 12_000), (1, 12_000)], 2),  # who bids again loses the earlier place
        ([(1, 15_000), (2, 12_000), (1, 11_000)], 2),  # the last bid counts, even a lower one
        ([(1, 11_000), (2, 12_000), (1, 13_000)], 3),
    ],
)
def test_worked_examples_of_the_award(bids: list[tuple[int, int]], winner: int | None) -> None:
    log = [_bid(buyer, place, price) for place, (buyer, price) in enumerate(bids, 1)]
    best = best_bid(log, TERMS)
    assert (best.sequence if best else None) == winner


def test_late_early_and_foreign_bids_do_not_count() -> None:
    assert not valid(_bid(1, 1, 12_000, at=CLOSES), TERMS)
    assert not valid(_bid(1, 1, 12_000, at=OPENS - timedelta(seconds=1)), TERMS)
    assert not valid(_bid(1, 1, 12_000, currency="USD"), TERMS)
    assert valid(_bid(1, 1, 12_000, at=CLOSES - timedelta(microseconds=1)), TERMS)


def test_bids_are_taken_from_the_opening_until_before_the_deadline() -> None:
    moments = (OPENS - timedelta(seconds=1), OPENS, CLOSES - timedelta(seconds=1), CLOSES)
    assert [takes_bids(TERMS, "open", moment) for moment in moments] == [False, True, True, False]
    assert not takes_bids(TERMS, "cancelled", OPENS)


def test_a_bid_that_cannot_win_is_refused_at_once() -> None:
    check_bid(TERMS, 10_000, "PEN")
    with pytest.raises(WrongCurrency):
        check_bid(TERMS, 12_000, "BOB")
    with pytest.raises(BidBelowReserve):
        check_bid(TERMS, 9_999, "PEN")
    for price in (0, -1, PRICE_HIGH + 1):
        with pytest.raises(PriceOutOfBounds):
            check_bid(TERMS, price, "PEN")


@given(
    st.lists(st.integers(1, 5_000_000), min_size=1, max_size=40),
    st.integers(1, PRICE_HIGH),
    st.randoms(),
)
def test_the_parts_of_the_lots_sum_to_the_proceeds(quantities: list[int], price: int, random: object) -> None:
    lots = [(UUID(int=place), quantity) for place, quantity in enumerate(quantities, 1)]
    proceeds, shares = share_proceeds(lots, price)
    assert proceeds == amount_for(sum(quantities), price)
    assert sum(share.amount_minor for share in shares) == proceeds
    assert all(abs(share.amount_minor * 1000 - share.quantity * price) <= 1500 for share in shares)
    shuffled = list(lots)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert {(one.lot_id, one.amount_minor) for one in share_proceeds(shuffled, price)[1]} == {
        (one.lot_id, one.amount_minor) for one in shares
    }


def test_the_odd_cent_goes_to_the_smaller_lot_id() -> None:
    first, second = UUID(int=1), UUID(int=2)
    proceeds, shares = share_proceeds([(second, 500), (first, 500)], 101)
    assert proceeds == 101
    assert {share.lot_id: share.amount_minor for share in shares} == {first: 51, second: 50}


def test_ended_tenders_go_nowhere() -> None:
    ends = {state for state, to in TRANSITIONS.items() if not to}
    assert ends == {TenderState.PASSED_IN, TenderState.ACCEPTED, TenderState.DECLINED, TenderState.CANCELLED}
    for state in ends:
        for to in TenderState:
            with pytest.raises(TenderStateRefused):
                check_transition(state, to)
    check_transition("open", TenderState.AWARDED)


def test_the_prices_of_a_cancelled_tender_stay_sealed() -> None:
    assert [state for state in TenderState if not is_opened(state)] == [
        TenderState.OPEN,
        TenderState.CANCELLED,
    ]


def _errors(
    *, reserve_minor_per_unit: int = 1, opens_at: datetime = OPENS, closes_at: datetime = CLOSES
) -> set[str]:
    terms = Terms(reserve_minor_per_unit, "PEN", opens_at, closes_at)
    try:
        check_terms(terms, now=OPENS, title="Fibra", note=None)
    except ValidationFailed as refused:
        return set(refused.errors)
    return set()


def test_terms_of_a_tender_have_bounds() -> None:
    assert _errors() == set()
    assert _errors(closes_at=OPENS) == {"closes_at"}
    assert _errors(closes_at=OPENS + timedelta(seconds=59)) == {"closes_at"}
    assert _errors(closes_at=OPENS + timedelta(minutes=1)) == set()
    assert _errors(closes_at=OPENS + timedelta(days=90, seconds=1)) == {"closes_at"}
    assert _errors(opens_at=CLOSES + timedelta(days=1)) == {"closes_at"}
    assert _errors(opens_at=OPENS + timedelta(days=91), closes_at=OPENS + timedelta(days=92)) == {"opens_at"}
    assert _errors(reserve_minor_per_unit=0) == {"reserve"}
    assert _errors(reserve_minor_per_unit=PRICE_HIGH + 1) == {"reserve"}


def test_lots_of_a_tender_are_of_one_kind_and_not_too_many() -> None:
    lot = OfferedLot("CC01-1", "alpaca-fibre", "g", 1000)
    check_lots([lot] * 3)
    with pytest.raises(MixedLots):
        check_lots([lot, OfferedLot("CC01-2", "llama-fibre", "g", 1000)])
    for lots in ([], [lot] * (MAX_LOTS + 1)):
        with pytest.raises(ValidationFailed):
            check_lots(lots)
