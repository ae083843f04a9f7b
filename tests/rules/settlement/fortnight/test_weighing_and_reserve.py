from dataclasses import replace
from datetime import date

import pytest

from chain.settlement.fortnight import errors
from chain.settlement.fortnight.facts import Choices, Prices, Reserve, Withholding
from chain.settlement.fortnight.period import fortnight_of
from chain.settlement.fortnight.results import Payroll, summary_of
from chain.settlement.fortnight.rules import calculate
from tests.support.fortnights import JULY, PRICES, SUNDAY, WEDNESDAY, given, key, milk, quota, scale


def test_the_reserve_is_of_what_was_weighed_without_the_milk_over_the_quota() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "100"), milk("P-B", WEDNESDAY, "60", "Y"), milk("P-C", WEDNESDAY, "20", "Y")],
        [scale(WEDNESDAY, "102"), scale(WEDNESDAY, "80", "Y")],
        zones=("Z", "Y"),
        more={"quotas": [quota("P-A", "70")], "reserves": [Reserve(25_000, JULY.first)]},
    )
    found = calculate(facts)
    # (102 - 30) + 80 = 152 l; 2.5 % = 3.80 l at 5.00 = 19.00: 9.00 of 72 l to zone Z, 10.00 of 80 l to zone Y
    assert found.reserve_ml == 3_800
    assert {zone.zone: zone.reserve_minor for zone in found.zones} == {key("Y"): 1_000, key("Z"): 900}
    weekday = {record.producer: record for record in found.of(Payroll.WEEKDAY)}
    assert {code: weekday[key(code)].reserve_minor for code in ("P-A", "P-B", "P-C")} == {
        "P-A": 900,
        "P-B": 750,
        "P-C": 250,
    }
    assert weekday[key("P-A")].weighing_minor == 1_000
    assert summary_of(found.records).is_reconciled


def test_two_reserves_in_force_are_refused_and_one_that_ended_is_not() -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "10")])
    both = [Reserve(20_000, date(2026, 1, 1)), Reserve(30_000, JULY.last)]
    with pytest.raises(errors.TwoReservesInForce):
        calculate(replace(facts, reserves=both))
    found = calculate(replace(facts, reserves=[replace(both[0], last=date(2026, 7, 14))]))
    assert found.reserve_ml == 0


def test_a_weekday_without_its_reading_is_refused_by_name_and_a_sunday_is_not() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "10"), milk("P-A", date(2026, 7, 9), "10"), milk("P-A", SUNDAY, "10")]
    )
    with pytest.raises(errors.ScaleReadingMissing) as refused:
        calculate(facts)
    assert refused.value.params["zone"] == "Z"
    assert str(refused.value.params["days"]) == "2026-07-08, 2026-07-09"


def test_a_reading_of_zero_is_a_reading() -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "0")])
    found = calculate(facts)
    assert (found.records[0].weighing_minor, found.net_minor) == (-5_000, 0)


def test_nobody_earns_less_than_nothing() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "10")],
        [scale(WEDNESDAY, "0")],
        more={"reserves": [Reserve(20_000, JULY.first)], "quotas": [quota("P-A", "5")]},
    )
    with pytest.raises(errors.ScaleBelowExcess):
        calculate(facts)
    lost = replace(facts, reserves=[])
    with pytest.raises(errors.EarnedBelowZero) as refused:
        calculate(lost)
    assert refused.value.params == {"producers": "P-A"}


def test_a_difference_that_nobody_can_bear_is_refused() -> None:
    facts = given([milk("P-A", SUNDAY, "10")], [scale(WEDNESDAY, "7")])
    with pytest.raises(errors.NobodyToBear):
        calculate(facts)


def test_a_price_must_cover_the_fortnight_and_be_enabled() -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "10")])
    short = replace(PRICES, last=date(2026, 7, 14))
    off = replace(PRICES, is_enabled=False)
    for prices in ([], [short], [off]):
        with pytest.raises(errors.NoPriceForFortnight):
            calculate(replace(facts, prices=prices))
    assert calculate(replace(facts, prices=[PRICES, off])).net_minor == 5_000


def test_rows_that_overlap_are_refused() -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "10")])
    with pytest.raises(errors.RowsOverlap):
        calculate(replace(facts, prices=[PRICES, PRICES]))
    with pytest.raises(errors.RowsOverlap) as refused:
        calculate(replace(facts, quotas=[quota("P-A", "80"), quota("P-A", "90")]))
    assert refused.value.params["names"] == "P-A"
    with pytest.raises(errors.RowsOverlap):
        calculate(replace(facts, readings=[scale(WEDNESDAY, "10"), scale(WEDNESDAY, "11")]))


def test_everything_that_is_missing_is_told_at_once() -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], more={"prices": [], "withholding": Withholding.MISSING})
    with pytest.raises(errors.FortnightWaits) as refused:
        calculate(facts)
    assert {type(one) for one in refused.value.problems} == {
        errors.NoPriceForFortnight,
        errors.RatesMissing,
        errors.ScaleReadingMissing,
    }
    assert len(refused.value.errors["period_from"]) == 3


@pytest.mark.parametrize(
    ("state", "refusal"),
    [(Withholding.MISSING, errors.RatesMissing), (Withholding.UNCONFIRMED, errors.RatesNotConfirmed)],
)
def test_no_rate_is_taken_that_no_accountant_confirmed(state: Withholding, refusal: type[Exception]) -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], [scale(WEDNESDAY, "10")], more={"withholding": state})
    with pytest.raises(refusal):
        calculate(facts)


def test_a_quota_counts_on_the_days_that_it_covers() -> None:
    late = replace(quota("P-A", "5"), first=date(2026, 7, 9))
    days = [date(2026, 7, 8), date(2026, 7, 9)]
    facts = given(
        [milk("P-A", day, "10") for day in days], [scale(day, "10") for day in days], more={"quotas": [late]}
    )
    found = calculate(facts)
    assert [(one.payroll, one.quantity_ml) for one in found.records] == [
        (Payroll.WEEKDAY, 15_000),
        (Payroll.EXCESS_WEEKDAY, 5_000),
    ]


def test_a_producers_own_price_serves_over_the_quota_only() -> None:
    own = quota("P-A", "5", weekday_minor=300, sunday_minor=0)
    facts = given(
        [milk("P-A", WEDNESDAY, "10"), milk("P-A", SUNDAY, "10")],
        [scale(WEDNESDAY, "10")],
        more={"quotas": [own]},
    )
    assert [(one.price_minor, one.net_minor) for one in calculate(facts).records] == [
        (500, 2_500),
        (450, 2_250),
        (300, 1_500),
        (400, 2_000),
    ]


def test_prices_over_the_quota_that_change_are_rounded_once() -> None:
    first = replace(quota("P-A", "0.001", weekday_minor=333), last=date(2026, 7, 8))
    second = replace(quota("P-A", "0.001", weekday_minor=335), first=date(2026, 7, 9))
    days = [date(2026, 7, 8), date(2026, 7, 9)]
    facts = given(
        [milk("P-A", day, "1.002") for day in days],
        [scale(day, "1.002") for day in days],
        more={"quotas": [first, second]},
    )
    (record,) = calculate(facts).of(Payroll.EXCESS_WEEKDAY)
    # 1.001 l at 3.33 and at 3.35 are 6.68668
    assert (record.price_minor, record.milk_minor) == (None, 669)


def test_a_quota_spans_zones_and_serves_the_lower_code_first() -> None:
    facts = given(
        [milk("P-A", SUNDAY, "60", "Z"), milk("P-A", SUNDAY, "60", "Y")],
        zones=("Z", "Y"),
        more={"quotas": [quota("P-A", "80")]},
    )
    assert [(one.zone, one.quantity_ml, one.payroll) for one in calculate(facts).records] == [
        (key("Y"), 60_000, Payroll.SUNDAY),
        (key("Z"), 20_000, Payroll.SUNDAY),
        (key("Z"), 40_000, Payroll.EXCESS_SUNDAY),
    ]


def test_a_holiday_needs_no_reading_when_it_is_paid_like_a_sunday() -> None:
    facts = given([milk("P-A", WEDNESDAY, "10")], more={"choices": Choices(holidays=frozenset({WEDNESDAY}))})
    (record,) = calculate(facts).records
    assert (record.payroll, record.price_minor) == (Payroll.SUNDAY, 450)


def test_milk_of_other_days_is_not_looked_at() -> None:
    period = fortnight_of(date(2026, 7, 16))
    prices = Prices(500, 450, 400, 400, period.first, period.last)
    facts = given(
        [milk("P-A", WEDNESDAY, "10"), milk("P-A", date(2026, 7, 19), "1")],
        period=period,
        more={"prices": [prices]},
    )
    assert calculate(facts).net_minor == 450


def test_milk_that_is_paid_elsewhere_lies_on_the_scale_and_bears_no_reserve() -> None:
    facts = given(
        [milk("P-A", WEDNESDAY, "100")],
        [scale(WEDNESDAY, "150"), scale(WEDNESDAY, "19", "Y")],
        zones=("Z", "Y"),
        more={
            "elsewhere": [milk("P-B", WEDNESDAY, "52"), milk("P-C", WEDNESDAY, "20", "Y")],
            "reserves": [Reserve(25_000, JULY.first)],
        },
    )
    found = calculate(facts)
    # zone Z: 150 - (100 + 52) at 5.00; 2.5 % of 150 - 52 l at 5.00. All of zone Y was bought: its litre is the buyer's
    (record,) = found.of(Payroll.WEEKDAY)
    assert (record.weighing_minor, record.reserve_minor) == (-1_000, 1_225)
    assert {zone.zone: (zone.book_ml, zone.weighing_minor) for zone in found.zones} == {
        key("Z"): (152_000, -1_000),
        key("Y"): (20_000, 0),
    }
