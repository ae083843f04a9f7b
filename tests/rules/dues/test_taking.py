"""What is taken off a payment: order, cap, zero floor, oldest first, dropped or carried (D1 to D6, C6 to C9)."""

from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from chain.dues.errors import DeductionsAboveGross
from chain.dues.rules import (
    DEFAULT_CAP,
    DEFAULT_ORDER,
    RULE_ACCOUNTS,
    Basis,
    Cap,
    DueKind,
    DueRule,
    GrossFacts,
    OpenMovement,
    Taking,
    check_percentages,
    take,
    tax_parts,
)

CASES = Path(__file__).resolve().parents[2] / "data/cases/milk/deduction-carry.yaml"
ZERO = Cap(0, "Asamblea")
ROSA, JUAN, ELSA = (UUID(int=number) for number in (1, 2, 3))
DAY = date(2026, 7, 5)


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


def _rule(kind: DueKind, basis: Basis, value: int, **more: Any) -> DueRule:
    return DueRule(
        UUID(int=DEFAULT_ORDER[kind]),
        kind.value,
        kind,
        basis,
        value,
        DEFAULT_ORDER[kind],
        RULE_ACCOUNTS[kind],
        "Asamblea",
        **more,
    )


def _debt(number: int, balance: int, day: date = DAY, kind: DueKind = DueKind.VET) -> OpenMovement:
    return OpenMovement(UUID(int=1000 + number), number, kind, kind.value, day, ROSA, balance)


def _amounts(takings: list[Taking]) -> list[int]:
    return [one.amount_minor for one in takings]


@pytest.mark.parametrize("case", yaml.safe_load(CASES.read_text())["cases"], ids=lambda case: case["case"])
def test_the_cases_of_the_dairy_hold_exactly(case: dict[str, Any]) -> None:
    given_facts, expected = case["given"], case["expected"]
    rules = [
        _rule(kind, Basis.FIXED, _minor(given_facts[name]))
        for kind, name in (
            (DueKind.WITHHOLDING, "withholding"),
            (DueKind.BANK_FEE, "bank_fee"),
            (DueKind.GA, "ga"),
            (DueKind.GROUP, "group_charge"),
        )
        if _minor(given_facts[name])
    ]
    movements = [  # YAML takes the key "no" for false
        _debt(one[False], _minor(one["balance"]), date.fromisoformat(one["date"]), DueKind(one["kind"]))
        for one in given_facts["movements"]
    ]
    earned = _minor(given_facts["earned"])
    takings = take({ROSA: GrossFacts(earned, 1000)}, rules, movements, ZERO)
    applied = [one for one in takings if one.movement_id]
    assert [(one.movement_id, one.amount_minor) for one in applied] == [
        (UUID(int=1000 + one["movement"]), _minor(one["applied"])) for one in expected["applications"]
    ]
    assert earned - sum(_amounts(takings)) == _minor(expected["net"])
    carried = sum(one.carried_minor for one in applied)
    assert carried == _minor(expected["carried_to_next_fortnight"])


def test_a_household_keeps_a_fifth_until_its_assembly_decides() -> None:
    takings = take({ROSA: GrossFacts(40_010, 1)}, [], [_debt(1, 100_000)], DEFAULT_CAP)
    assert _amounts(takings) == [32_008]
    assert take({ROSA: GrossFacts(40_010, 1)}, [], [_debt(1, 100_000)], ZERO)[0].amount_minor == 40_010


def test_what_stays_is_rounded_to_the_household_s_favour() -> None:
    assert Cap(2_000).kept(10_001) == 2_001
    assert Cap(0).kept(10_001) == 0
    assert Cap(10_000).kept(10_001) == 10_001


def test_a_fee_that_finds_too_little_is_dropped_and_a_debt_is_carried() -> None:
    rules = [_rule(DueKind.BANK_FEE, Basis.FIXED, 750), _rule(DueKind.FEE, Basis.FIXED, 500)]
    takings = take({ROSA: GrossFacts(1_000, 1)}, rules, [_debt(1, 300)], ZERO)
    assert [(one.amount_minor, one.dropped_minor) for one in takings] == [(750, 0), (250, 250)]


def test_debts_go_by_day_and_then_by_number() -> None:
    debts = [_debt(3, 100), _debt(2, 100), _debt(9, 100, date(2026, 7, 1))]
    takings = take({ROSA: GrossFacts(250, 1)}, [], debts, ZERO)
    assert [(one.movement_id, one.amount_minor) for one in takings] == [
        (UUID(int=1009), 100),
        (UUID(int=1002), 100),
        (UUID(int=1003), 50),
    ]


def test_a_valid_licence_means_no_withholding_and_the_base_is_the_milk_value() -> None:
    tax = _rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, 80)
    assert _amounts(take({ROSA: GrossFacts(100_000, 1, base_minor=50_000)}, [tax], [], ZERO)) == [400]
    assert take({ROSA: GrossFacts(100_000, 1, is_licensed=True)}, [tax], [], ZERO) == []


def test_the_taxes_of_a_withholding_sum_to_it() -> None:
    assert tax_parts(800, [("IT", 30), ("IUE", 50)]) == {"IT": 300, "IUE": 500}
    assert tax_parts(801, [("IT", 30), ("IUE", 50)]) == {"IT": 300, "IUE": 501}
    assert tax_parts(5, []) == {}


def test_a_group_charge_is_shared_by_litres_and_the_cent_goes_to_the_lowest_code() -> None:
    zone = UUID(int=77)
    charge = _rule(DueKind.GROUP, Basis.SHARED, 100, zone_id=zone)
    grosses = {
        ROSA: GrossFacts(10_000, 1000, zone_id=zone, code="P-3"),
        JUAN: GrossFacts(10_000, 1000, zone_id=zone, code="P-1"),
        ELSA: GrossFacts(10_000, 1000, zone_id=zone, code="P-2"),
        UUID(int=4): GrossFacts(10_000, 1000, code="P-0"),
    }
    takings = take(grosses, [charge], [], ZERO)
    assert {one.producer_id: one.amount_minor for one in takings} == {JUAN: 34, ELSA: 33, ROSA: 33}


def test_a_charge_per_litre_counts_litres() -> None:
    rule = _rule(DueKind.GA, Basis.PER_UNIT, 3)
    assert _amounts(take({ROSA: GrossFacts(10_000, 40_500)}, [rule], [], ZERO)) == [122]  # 1.215


def test_who_earned_nothing_keeps_the_debts() -> None:
    assert take({ROSA: GrossFacts(0, 0)}, [_rule(DueKind.FEE, Basis.FIXED, 5)], [_debt(1, 10)], ZERO) == []


def test_percentages_above_everything_are_refused() -> None:
    rules = [
        _rule(DueKind.FEE, Basis.PERCENT_OF_GROSS, 6_000),
        _rule(DueKind.LEVY, Basis.PERCENT_OF_GROSS, 4_001),
    ]
    with pytest.raises(DeductionsAboveGross):
        check_percentages(rules, DAY)


_GROSS = st.integers(min_value=0, max_value=1_000_000)


@given(
    gross=_GROSS,
    percent=st.integers(0, 10_000),
    fixed=st.integers(1, 100_000),
    cap=st.integers(0, 10_000),
    balances=st.lists(st.integers(1, 300_000), max_size=6),
)
def test_nothing_is_taken_twice_lost_or_beyond_the_cap(
    gross: int, percent: int, fixed: int, cap: int, balances: list[int]
) -> None:
    rules = [_rule(DueKind.BANK_FEE, Basis.FIXED, fixed)]
    if percent:
        rules.append(_rule(DueKind.FEE, Basis.PERCENT_OF_GROSS, percent))
    debts = [_debt(number, balance) for number, balance in enumerate(balances, 1)]
    limit = Cap(cap, "Asamblea")
    takings = take({ROSA: GrossFacts(gross, 1)}, rules, debts, limit)
    total = sum(_amounts(takings))
    assert 0 <= total <= gross - limit.kept(gross)
    assert all(one.amount_minor >= 0 and one.dropped_minor >= 0 for one in takings)
    by_debt = {one.movement_id: one for one in takings if one.movement_id}
    for debt in debts:
        if debt.id in by_debt:
            one = by_debt[debt.id]
            assert one.amount_minor + one.carried_minor == debt.balance_minor
    if total < gross - limit.kept(gross):
        assert all(debt.id in by_debt and not by_debt[debt.id].carried_minor for debt in debts)
