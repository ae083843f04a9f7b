"""Notes and coins, limits of rails, and steps that cannot be taken twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.payout.errors import BatchStateRefused, PayoutStateRefused
from chain.payout.rules import (
    BATCH_STEPS,
    NOTES,
    PAYOUT_STEPS,
    BatchState,
    Limit,
    LimitKind,
    PayoutState,
    Rail,
    cash_shares,
    check_batch_step,
    check_payout_step,
    counted_total,
    notes_for,
    notes_for_all,
    over_cash_limit,
    parts_on,
    payable_in_cash,
    split_by_limit,
)

CURRENCIES = st.sampled_from(sorted(NOTES))
AMOUNTS = st.integers(min_value=0, max_value=10**9)


def test_an_envelope_has_as_few_pieces_as_possible() -> None:
    assert notes_for(37_530, "PEN") == {20_000: 1, 10_000: 1, 5_000: 1, 2_000: 1, 500: 1, 20: 1, 10: 1}
    assert notes_for(37_539, "PEN") == notes_for(37_530, "PEN")  # nobody has a coin for 9 céntimos
    assert notes_for(0, "BOB") == {}


def test_the_bank_is_asked_for_what_every_envelope_needs() -> None:
    # two envelopes of 150.00: one note of 200 and one of 100 would be enough in sum, and pay nobody
    assert notes_for_all([15_000, 15_000], "BOB") == {10_000: 2, 5_000: 2}


@given(amounts=st.lists(AMOUNTS, max_size=30), currency=CURRENCIES)
def test_notes_for_all_pay_what_coins_can_pay(amounts: list[int], currency: str) -> None:
    total = sum(payable_in_cash(amount, currency) for amount in amounts)
    assert counted_total(notes_for_all(amounts, currency)) == total


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_what_coins_cannot_pay_is_less_than_the_smallest_coin(amount: int, currency: str) -> None:
    left = amount - payable_in_cash(amount, currency)
    assert 0 <= left < NOTES[currency][-1]
    assert counted_total(notes_for(amount, currency)) == amount - left


def test_what_stayed_owed_is_paid_with_the_next_amount_of_the_same_person() -> None:
    assert cash_shares([("ana", 7), ("ana", 40_237), ("eva", 40_237)], "PEN") == [7, 40_233, 40_230]
    assert cash_shares([("ana", 7), ("eva", 8)], "PEN") == [0, 0]


@given(amounts=st.lists(st.tuples(st.integers(0, 4), AMOUNTS), max_size=20), currency=CURRENCIES)
def test_cash_shares_pay_each_person_what_coins_can_pay(
    amounts: list[tuple[int, int]], currency: str
) -> None:
    shares = cash_shares(amounts, currency)
    assert all(0 <= share <= amount for share, (_, amount) in zip(shares, amounts, strict=True))
    for person in {one for one, _ in amounts}:
        paid = sum(share for share, (one, _) in zip(shares, amounts, strict=True) if one == person)
        assert paid == payable_in_cash(sum(amount for one, amount in amounts if one == person), currency)


@given(amount=AMOUNTS, most=st.integers(min_value=100_000, max_value=10**9))
def test_operations_of_a_wallet_sum_to_the_amount_and_keep_the_limit(amount: int, most: int) -> None:
    parts = split_by_limit(amount, most)
    assert sum(parts) == amount
    assert all(0 < part <= most for part in parts)
    assert len(parts) == -(-amount // most)


def test_only_a_confirmed_limit_is_applied() -> None:
    wallet = Limit(LimitKind.WALLET_OPERATION, 50_000, is_confirmed=True)
    assert parts_on(Rail.WALLET, 130_000, [wallet]) == [50_000, 50_000, 30_000]
    loose = Limit(LimitKind.WALLET_OPERATION, 50_000, is_confirmed=False)
    assert parts_on(Rail.WALLET, 130_000, [loose]) == [130_000]
    cash = Limit(LimitKind.CASH_PAYMENT, 200_000, is_confirmed=True)
    assert over_cash_limit(Rail.CASH, 200_000, [cash])
    assert not over_cash_limit(Rail.CASH, 199_999, [cash])
    assert not over_cash_limit(Rail.BANK, 200_000, [cash])
    assert parts_on(Rail.CASH, 4_025_30, []) == [4_025_30]
    assert parts_on(Rail.COLLECTOR, 0, []) == []
    assert parts_on(Rail.BANK, 4_025_37, [cash]) == [4_025_37]


@pytest.mark.parametrize("state", BatchState)
def test_a_batch_takes_only_the_steps_of_the_table(state: BatchState) -> None:
    for to in BatchState:
        if to in BATCH_STEPS[state]:
            check_batch_step(1, state, to)
        else:
            with pytest.raises(BatchStateRefused):
                check_batch_step(1, state, to)


@pytest.mark.parametrize("state", PayoutState)
def test_a_payment_takes_only_the_steps_of_the_table(state: PayoutState) -> None:
    for to in PayoutState:
        if to in PAYOUT_STEPS[state]:
            check_payout_step(state, to)
        else:
            with pytest.raises(PayoutStateRefused):
                check_payout_step(state, to)
    assert PayoutState.PAID not in PAYOUT_STEPS[PayoutState.RETURNED]  # what came back is another payment
