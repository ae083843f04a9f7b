"""Rules of the fortnight that no other file looks at closely; docs/settlement.md says which test holds which rule."""

from dataclasses import replace
from datetime import date

import pytest

from chain.dues.rules import Basis, DueKind
from chain.settlement.fortnight.facts import BankFee, Reserve
from chain.settlement.fortnight.results import Payroll, summary_of
from chain.settlement.fortnight.rules import calculate
from tests.support.fortnights import JULY, PRICES, SUNDAY, WEDNESDAY, debt, given, key, milk, rule, scale

DAYS = [date(2026, 7, day) for day in (6, 7, 8)]


def test_c1_the_milk_of_a_payroll_is_rounded_once_and_not_per_day() -> None:
    # 0.333 l at 5.00 are 1.665 a day: three days at once 4.995, day by day 5.01
    facts = given([milk("P-A", day, "0.333") for day in DAYS], [scale(day, "0.333") for day in DAYS])
    (record,) = calculate(facts).records
    assert (record.quantity_ml, record.milk_minor) == (999, 500)


def test_c2_a_gain_of_the_scale_is_shared_too_and_sundays_have_no_part_in_it() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "10"), milk("P-B", WEDNESDAY, "30"), milk("P-A", SUNDAY, "50")],
        [scale(WEDNESDAY, "42"), scale(SUNDAY, "1")],
    )
    found = calculate(facts)
    assert [(one.payroll, one.weighing_minor) for one in found.records] == [
        (Payroll.WEEKDAY, 250),
        (Payroll.WEEKDAY, 750),
        (Payroll.SUNDAY, 0),
    ]


def test_c4_a_fraction_of_nothing_is_no_reserve() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "10")], more={"reserves": [Reserve(0, JULY.first)]}
    )
    found = calculate(facts)
    assert (found.reserve_ml, found.records[0].reserve_minor) == (0, 0)


def test_c8_a_zone_pays_its_own_charge_to_the_cent_by_litres_and_the_lowest_code_takes_the_cent() -> None:
    charge = rule(DueKind.GROUP, Basis.SHARED, 10_000, zone_id=key("Z"))
    brought = [milk(code, WEDNESDAY, "30") for code in ("P-C", "P-A", "P-B")]
    facts = given(
        [*brought, milk("P-A", WEDNESDAY, "40", "Y"), milk("P-B", SUNDAY, "90")],
        [scale(WEDNESDAY, "90"), scale(WEDNESDAY, "40", "Y")],
        zones=("Z", "Y"),
        more={"rules": [charge]},
    )
    found = calculate(facts)
    taken = {(one.zone, one.producer): one.taken_minor for one in found.of(Payroll.WEEKDAY)}
    assert taken == {
        (key("Y"), key("P-A")): 0,
        (key("Z"), key("P-A")): 3_334,
        (key("Z"), key("P-B")): 3_333,
        (key("Z"), key("P-C")): 3_333,
    }
    assert {zone.zone: zone.group_minor for zone in found.zones} == {
        key("Y"): {},
        key("Z"): {"group": (10_000, 10_000)},
    }


#: Each charge asks for 10.00 of 1,000 l at 1.00, and stands here in the order of D1.
CHARGES = (DueKind.WITHHOLDING, DueKind.BANK_FEE, DueKind.GA, DueKind.GROUP)


@pytest.mark.parametrize("earned", [500, 1_000, 1_500, 2_500, 3_999, 4_000, 4_700, 5_500])
def test_d1_withholding_bank_fee_ga_and_group_charge_come_in_this_order_and_then_debts(earned: int) -> None:
    """What is earned runs dry at any place of the order; the scale takes the rest of the milk's worth."""
    litre = replace(PRICES, weekday_minor=100)
    facts = given(
        [milk("P-A", WEDNESDAY, "1000")],
        [scale(WEDNESDAY, f"{earned / 100}")],
        more={
            "prices": [litre],
            "rules": [
                rule(DueKind.GROUP, Basis.SHARED, 1_000, zone_id=key("Z")),
                rule(DueKind.GA, Basis.PER_UNIT, 1),
                rule(DueKind.WITHHOLDING, Basis.PERCENT_OF_GROSS, 100),
            ],
            "bank_fees": [BankFee(key("P-A"), WEDNESDAY, 1_000)],
            "movements": [debt(2, "feed", "2026-07-02", "5.00"), debt(1, "vet", "2026-07-03", "4.00")],
        },
    )
    (record,) = calculate(facts).records
    assert record.earned_minor == earned
    left, expected = earned, []
    for kind, wanted in [(kind, 1_000) for kind in CHARGES] + [(DueKind.FEED, 500), (DueKind.VET, 400)]:
        taken = min(wanted, left)
        left -= taken
        if taken or kind in CHARGES:
            expected.append((kind, taken))
    assert [(one.taking.kind, one.taking.amount_minor) for one in record.taken] == expected
    assert record.net_minor == left
    assert summary_of([record]).is_reconciled


def test_d1_debts_of_one_day_go_by_their_number() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "1")],
        [scale(WEDNESDAY, "1")],
        more={"movements": [debt(7, "vet", "2026-07-03", "4.00"), debt(3, "feed", "2026-07-03", "4.00")]},
    )
    (record,) = calculate(facts).records
    assert [(one.taking.kind, one.taking.amount_minor) for one in record.taken] == [
        (DueKind.FEED, 400),
        (DueKind.VET, 100),
    ]
