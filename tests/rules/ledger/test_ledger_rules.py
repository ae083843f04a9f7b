from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.ledger.errors import EntryDoesNotBalance
from chain.ledger.rules import (
    ACCOUNT_KINDS,
    ACCOUNT_LABELS,
    GENESIS,
    AccountCode,
    EntryHead,
    LedgerLine,
    check_balance,
    entry_hash,
    reversal_of,
)

HEAD = EntryHead(
    id="0" * 32,
    organisation_id="1" * 32,
    sequence=1,
    posted_us=1_773_673_200_000_000,
    occurred_on="2026-03-16",
    kind="advance",
    description="Adelanto a María Ñaupari",
    idempotency_key="advance:1",
    reverses_id=None,
    posted_by=None,
)
POSTINGS = [(1, "a" * 32, "b" * 32, 5000, "PEN"), (2, "c" * 32, None, -5000, "PEN")]


def test_every_account_has_a_kind_and_a_label() -> None:
    assert set(ACCOUNT_KINDS) == set(ACCOUNT_LABELS) == set(AccountCode)


def test_the_hash_of_a_known_entry_does_not_change_between_versions() -> None:
    assert entry_hash(GENESIS, HEAD, POSTINGS) == (
        "09f151c42321738bab7a260b777a65cca5f1671aeaa35a4c7dbb749c3d595523"
    )


@pytest.mark.parametrize(
    "changed",
    [
        replace(HEAD, sequence=2),
        replace(HEAD, description="Adelanto a Maria Ñaupari"),
        replace(HEAD, posted_us=HEAD.posted_us + 1),
        replace(HEAD, posted_by="d" * 32),
        replace(HEAD, reverses_id="e" * 32),
        replace(HEAD, occurred_on="2026-03-17"),
    ],
)
def test_each_field_of_an_entry_is_covered_by_its_hash(changed: EntryHead) -> None:
    assert entry_hash(GENESIS, changed, POSTINGS) != entry_hash(GENESIS, HEAD, POSTINGS)


def test_postings_and_the_previous_hash_are_covered_by_the_hash() -> None:
    whole = entry_hash(GENESIS, HEAD, POSTINGS)
    assert entry_hash("1" * 64, HEAD, POSTINGS) != whole
    assert entry_hash(GENESIS, HEAD, POSTINGS[::-1]) != whole
    assert entry_hash(GENESIS, HEAD, [(1, "a" * 32, None, 5000, "PEN"), POSTINGS[1]]) != whole


def test_two_currencies_that_cancel_each_other_do_not_balance() -> None:
    with pytest.raises(EntryDoesNotBalance):
        check_balance([("PEN", 500), ("USD", -500)])


def test_an_entry_needs_two_sides() -> None:
    with pytest.raises(EntryDoesNotBalance):
        check_balance([])


@given(st.lists(st.integers(min_value=-(10**12), max_value=10**12).filter(bool), min_size=1, max_size=20))
def test_an_entry_and_its_reversal_sum_to_nothing(amounts: list[int]) -> None:
    lines = [LedgerLine(AccountCode.CASH, amount) for amount in amounts]
    assert sum(one.amount_minor for one in [*lines, *reversal_of(lines)]) == 0
