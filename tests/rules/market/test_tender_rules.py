"""How proceeds are shared, which steps a tender may take, which terms and lots may stand in one."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.errors import ValidationFailed
from chain.core.money import amount_for
from chain.market.errors import MixedLots, TenderStateRefused
from chain.market.rules import (
    MAX_LOTS,
    PRICE_HIGH,
    TRANSITIONS,
    LotToOffer,
    TenderState,
    Terms,
    check_lots,
    check_terms,
    check_transition,
    is_opened,
    takes_bids,
)
from chain.sales.rules import share_proceeds

OPENS = datetime(2026, 3, 16, 15, tzinfo=UTC)
CLOSES = OPENS + timedelta(days=1)
TERMS = Terms(reserve_minor_per_unit=10_000, currency="PEN", opens_at=OPENS, closes_at=CLOSES)


def test_bids_are_taken_from_the_opening_until_before_the_deadline() -> None:
    moments = (OPENS - timedelta(seconds=1), OPENS, CLOSES - timedelta(seconds=1), CLOSES)
    assert [takes_bids(TERMS, "open", moment) for moment in moments] == [False, True, True, False]
    assert not takes_bids(TERMS, "cancelled", OPENS)


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
    lot = LotToOffer("CC01-1", "alpaca-fibre", "g", 1000)
    check_lots([lot] * 3)
    with pytest.raises(MixedLots):
        check_lots([lot, LotToOffer("CC01-2", "llama-fibre", "g", 1000)])
    for lots in ([], [lot] * (MAX_LOTS + 1)):
        with pytest.raises(ValidationFailed):
            check_lots(lots)
