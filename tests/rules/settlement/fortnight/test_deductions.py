from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given as drawn
from hypothesis import strategies as st

from chain.dues.rules import Basis, Cap, DueKind, GrossFacts, take
from chain.settlement.fortnight.facts import BankFee, Choices, FortnightInput, Licence, OtherIncome, Prices
from chain.settlement.fortnight.results import Payroll, Record, summary_of
from chain.settlement.fortnight.rules import calculate
from tests.support.fortnights import JULY, SUNDAY, WEDNESDAY, debt, given, key, milk, minor, rule, scale

#: YAML 1.1 reads the key `no` as a boolean.
NO = False
CASES = yaml.safe_load(Path("tests/data/cases/milk/deduction-carry.yaml").read_text())["cases"]
ONE = Prices(100, 100, 100, 100, JULY.first, JULY.last)


def earning(amount: str, sunday: str = "0", **more: Any) -> FortnightInput:
    """Return a fortnight in which P-A earns an amount on a weekday, a litre at a whole unit of money."""
    brought = [milk("P-A", WEDNESDAY, amount)] if amount != "0" else []
    brought += [milk("P-A", SUNDAY, sunday)] if sunday != "0" else []
    return given(brought, [scale(WEDNESDAY, amount)], more={"prices": [ONE], **more})


def only(records: list[Record]) -> Record:
    (record,) = records
    return record


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["case"])
def test_debts_are_taken_and_carried_as_written(case: dict[str, Any]) -> None:
    told, expected = case["given"], case["expected"]
    charges = [
        rule(kind, Basis.FIXED, minor(told[word]))
        for word, kind in (
            ("withholding", DueKind.WITHHOLDING),
            ("ga", DueKind.GA),
            ("group_charge", DueKind.GROUP),
        )
        if minor(told[word])
    ]
    facts = earning(
        told["earned"],
        rules=charges,
        bank_fees=[BankFee(key("P-A"), WEDNESDAY, minor(told["bank_fee"]))],
        movements=[debt(one[NO], one["kind"], one["date"], one["balance"]) for one in told["movements"]],
    )
    facts = replace(facts, period=JULY) if case["case"].startswith("one") else _second_half(facts)
    found = calculate(facts)
    record = only(found.of(Payroll.WEEKDAY))
    debts = [one.taking for one in record.taken if one.taking.movement_id]
    assert [(one.movement_id, one.amount_minor) for one in debts] == [
        (key(f"M{row['movement']}"), minor(row["applied"])) for row in expected["applications"]
    ]
    if "available_after_priority_charges" in expected:
        charged = record.taken_minor - sum(one.amount_minor for one in debts)
        assert record.earned_minor - charged == minor(expected["available_after_priority_charges"])
    for row, balance in zip(expected["applications"], found.balances, strict=True):
        if "balance_after_account" in row:
            assert balance.after_minor == minor(row["balance_after_account"])
    assert record.net_minor == minor(expected["net"])
    assert sum(one.after_minor for one in found.balances) == minor(expected["carried_to_next_fortnight"])


def _second_half(facts: FortnightInput) -> FortnightInput:
    from chain.settlement.fortnight.period import fortnight_after

    period = fortnight_after(JULY)
    day = date(2026, 7, 22)
    return replace(
        facts,
        period=period,
        prices=[replace(ONE, last=period.last)],
        milk=[replace(one, day=day) for one in facts.milk],
        readings=[replace(one, day=day) for one in facts.readings],
        bank_fees=[replace(one, dated_on=day) for one in facts.bank_fees],
    )


def test_a_fee_of_the_bank_counts_in_the_fortnight_of_its_date_only() -> None:
    fees = [BankFee(key("P-A"), date(2026, 6, 30), 700), BankFee(key("P-A"), date(2026, 7, 16), 700)]
    assert only(calculate(earning("100", bank_fees=fees)).of(Payroll.WEEKDAY)).taken == []


def test_what_charges_cannot_take_is_dropped_and_shown() -> None:
    charges = [rule(DueKind.GROUP, Basis.SHARED, 15_000, zone_id=key("Z"))]
    found = calculate(earning("100", rules=charges))
    record = only(found.of(Payroll.WEEKDAY))
    assert record.net_minor == 0
    assert record.taken[0].taking.dropped_minor == 5_000
    assert found.zones[0].group_minor == {"group": (15_000, 10_000)}


@pytest.mark.parametrize(
    ("licence", "withheld"),
    [
        (None, 80),
        (Licence(key("P-A"), "123", JULY.first, JULY.last), 0),
        (Licence(key("P-A"), " ", JULY.first, JULY.last), 80),
        (Licence(key("P-A"), "123", date(2026, 7, 2), JULY.last), 80),
        (Licence(key("P-A"), "123", JULY.first, date(2026, 7, 14)), 80),
        (Licence(key("P-A"), "123", JULY.first, None), 80),
        (Licence(key("P-B"), "123", JULY.first, JULY.last), 80),
    ],
)
def test_only_a_licence_over_the_whole_fortnight_frees_from_withholding(
    licence: Licence | None, withheld: int
) -> None:
    tax = rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, 80, parts=(("IT", 30), ("IUE", 50)))
    found = calculate(earning("100", rules=[tax], licences=[licence] if licence else []))
    assert only(found.of(Payroll.WEEKDAY)).taken_minor == withheld
    assert sum(found.taxes_minor.values()) == withheld
    assert found.taxes_minor == ({"IT": 30, "IUE": 50} if withheld else {"IT": 0, "IUE": 0})


def test_withholding_is_of_the_milks_value_before_weighing_and_reserve() -> None:
    tax = rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, 100)
    facts = replace(earning("100", rules=[tax]), readings=[scale(WEDNESDAY, "50")])
    record = only(calculate(facts).of(Payroll.WEEKDAY))
    assert (record.milk_minor, record.weighing_minor, record.taken_minor) == (10_000, -5_000, 100)


def test_debts_do_not_reach_sunday_money_unless_the_association_says_so() -> None:
    facts = earning("10", "20", movements=[debt(1, "vet", "2026-01-05", "25.00")])
    found = calculate(facts)
    assert [record.net_minor for record in found.records] == [0, 2_000]
    assert found.balances[0].after_minor == 1_500
    found = calculate(replace(facts, choices=Choices(debts_reach_pure=True)))
    assert [record.net_minor for record in found.records] == [0, 500]
    assert found.balances[0].after_minor == 0


def test_debts_wait_when_there_is_no_weekday_milk() -> None:
    found = calculate(earning("0", "20", movements=[debt(1, "vet", "2026-01-05", "25.00")]))
    assert [record.payroll for record in found.records] == [Payroll.SUNDAY]
    assert found.net_minor == 2_000
    assert found.balances[0].taken_minor == 0


def test_a_debt_of_after_the_fortnight_waits() -> None:
    found = calculate(earning("10", movements=[debt(1, "vet", "2026-07-16", "5.00")]))
    assert found.net_minor == 1_000
    assert found.balances == []


def test_other_income_comes_after_the_debts_unless_the_association_says_otherwise() -> None:
    income = OtherIncome(key("I"), key("P-A"), WEDNESDAY, 300, "Refund")
    facts = earning("10", movements=[debt(1, "vet", "2026-07-01", "12.00")], incomes=[income])
    found = calculate(facts)
    assert (found.net_minor, found.balances[0].after_minor) == (300, 200)
    found = calculate(replace(facts, choices=Choices(debts_reach_income=True)))
    assert (found.net_minor, found.balances[0].after_minor) == (100, 0)
    assert summary_of(found.records).is_reconciled


def test_other_income_without_weekday_milk_waits_and_is_named() -> None:
    income = OtherIncome(key("I"), key("P-A"), WEDNESDAY, 300, "Refund")
    found = calculate(earning("0", "20", incomes=[income]))
    assert found.waiting_incomes == [income]
    assert found.net_minor == 2_000


def test_milk_whose_net_is_nothing_keeps_its_record() -> None:
    found = calculate(earning("10", movements=[debt(1, "vet", "2026-07-01", "12.00")]))
    assert only(found.of(Payroll.WEEKDAY)).net_minor == 0


def test_a_producer_of_two_zones_pays_debts_and_fixed_fees_once() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "10", "Y"), milk("P-A", WEDNESDAY, "20", "Z")],
        [scale(WEDNESDAY, "10", "Y"), scale(WEDNESDAY, "20", "Z")],
        zones=("Z", "Y"),
        more={
            "prices": [ONE],
            "rules": [rule(DueKind.FEE, Basis.FIXED, 200)],
            "movements": [debt(1, "feed", "2026-07-01", "15.00")],
        },
    )
    found = calculate(facts)
    assert [(record.zone, record.net_minor) for record in found.records] == [(key("Y"), 0), (key("Z"), 1_300)]
    assert found.balances[0].taken_minor == 1_500


@drawn(
    st.integers(1, 500),
    st.lists(
        st.tuples(st.sampled_from(["vet", "feed", "advance"]), st.integers(1, 28), st.integers(1, 60_000)),
        max_size=5,
    ),
    st.integers(0, 10_000),
    st.integers(1, 500),
)
def test_one_payment_is_taken_from_as_every_other_payment(
    litres: int, debts: list[tuple[str, int, int]], kept: int, per_cent: int
) -> None:
    charges = [
        rule(DueKind.GA, Basis.PER_UNIT, 3),
        rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, per_cent),
        rule(DueKind.BANK_FEE, Basis.FIXED, 900),
        rule(DueKind.GROUP, Basis.SHARED, 1_234, zone_id=key("Z")),
    ]
    owed = [
        replace(debt(place, kind, f"2026-06-{day:02}", "0"), balance_minor=amount)
        for place, (kind, day, amount) in enumerate(debts)
    ]
    cap = Cap(kept)
    found = calculate(earning(str(litres), rules=charges, movements=owed, cap=cap))
    gross = GrossFacts(litres * 100, litres * 1000, zone_id=key("Z"))
    expected = take({key("P-A"): gross}, charges, owed, cap)
    assert [one.taking for one in only(found.of(Payroll.WEEKDAY)).taken] == expected
