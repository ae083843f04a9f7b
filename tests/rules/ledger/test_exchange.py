import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.ids import new_id
from chain.ledger.exchange import book_value, exchange_difference_lines
from chain.ledger.rules import AccountCode, LedgerLine

MILL = new_id()


def lines(settled: int, received: int) -> list[LedgerLine]:
    return exchange_difference_lines(
        settled_minor=settled,
        received_minor=received,
        money_account=AccountCode.BANK,
        party_id=MILL,
        currency="PEN",
    )


@pytest.mark.parametrize(
    ("contract", "day", "expected"),
    [
        # docs/ledger.md: 10,000.00 US$ sold at 3.715
        (
            3_715_000,
            3_802_500,
            [("bank", 3_802_500), ("receivable_buyers", -3_715_000), ("exchange_gain", -87_500)],
        ),
        (
            3_715_000,
            3_650_000,
            [("bank", 3_650_000), ("receivable_buyers", -3_715_000), ("exchange_loss", 65_000)],
        ),
        (3_715_000, 3_715_000, [("bank", 3_715_000), ("receivable_buyers", -3_715_000)]),
    ],
)
def test_the_worked_table(contract: int, day: int, expected: list[tuple[str, int]]) -> None:
    foreign = 1_000_000
    found = lines(book_value(foreign, contract), book_value(foreign, day))
    assert [(one.account, one.amount_minor) for one in found] == expected
    assert [one.party_id for one in found[:2]] == [None, MILL]


def test_a_rate_is_rounded_half_up_once() -> None:
    assert book_value(100, 3_715_000) == 372
    assert book_value(-100, 3_715_000) == -372


@given(st.integers(min_value=1, max_value=10**12), st.integers(min_value=1, max_value=10**12))
def test_the_lines_always_balance_and_settle_the_receivable(settled: int, received: int) -> None:
    found = lines(settled, received)
    assert sum(one.amount_minor for one in found) == 0
    assert found[1].amount_minor == -settled
    back = lines(-settled, -received)
    assert [one.amount_minor for one in back[:2]] == [-one.amount_minor for one in found[:2]]
    assert sum(one.amount_minor for one in back) == 0


def test_money_and_receivable_move_the_same_way() -> None:
    for settled, received in ((0, 5), (5, 0), (5, -5)):
        with pytest.raises(ValueError, match="same sign"):
            lines(settled, received)
