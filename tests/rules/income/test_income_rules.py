from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.quantity import Unit
from chain.income.rules import (
    MAX_PRICE_MINOR,
    MAX_QUANTITY,
    Amounts,
    BaselineTerms,
    EarlierSeason,
    SeasonKey,
    baseline_amount,
    change,
    check_baseline,
    check_earlier,
    gain,
    season_of,
    season_totals,
    unit_of,
)
from chain.producers.rules import Sex

quantities = st.integers(1, MAX_QUANTITY)
prices = st.integers(1, MAX_PRICE_MINOR)
amounts = st.integers(0, 10**12)


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [(143_750, 4169, 599_294), (10, 50, 1), (9, 50, 0), (1000, 1, 1), (66_699_851, 4500, 300_149_330)],
)
def test_the_baseline_is_rounded_half_up_once(quantity: int, price: int, expected: int) -> None:
    assert baseline_amount(quantity, price) == expected


@given(quantities, prices)
def test_the_baseline_is_never_more_than_half_a_cent_off(quantity: int, price: int) -> None:
    exact = Decimal(quantity) * price / 1000
    assert baseline_amount(quantity, price) == exact.quantize(Decimal(1), ROUND_HALF_UP)
    # as the database computes it
    assert baseline_amount(quantity, price) == (quantity * price + 500) // 1000


@given(amounts, amounts)
def test_the_gain_and_the_baseline_make_the_gross(gross: int, baseline: int) -> None:
    found = gain(gross, baseline)
    assert found is not None
    assert found + baseline == gross


def test_without_a_baseline_no_gain_is_claimed() -> None:
    assert gain(100_000, None) is None
    assert Amounts(1, 1, 1, 0, 1, None).gain_minor is None


def test_where_the_intermediary_paid_more_the_gain_is_negative() -> None:
    assert gain(90_000, 100_000) == -10_000


def test_a_season_is_the_year_of_the_sale_or_of_the_end_of_the_period() -> None:
    assert season_of("sale", agreed_on=date(2025, 12, 5), period_to=None) == 2025
    assert season_of("period", agreed_on=None, period_to=date(2026, 1, 15)) == 2026
    with pytest.raises(ValueError, match="a sale or a period"):
        season_of("period", agreed_on=date(2025, 1, 1), period_to=None)


def test_a_change_needs_a_season_before() -> None:
    assert change(120, 100) == 20
    assert change(80, 100) == -20
    assert change(80, None) is None


def test_milk_is_kept_in_millilitres_and_the_rest_in_grams() -> None:
    assert unit_of("raw-milk") is Unit.MILLILITRE
    assert {unit_of(one) for one in ("alpaca-fibre", "llama-fibre", "llama-carcass")} == {Unit.GRAM}


sums = st.builds(
    Amounts,
    producers=st.integers(1, 500),
    quantity=quantities,
    gross_minor=amounts,
    deductions_minor=amounts,
    net_minor=amounts,
    baseline_minor=st.one_of(st.none(), amounts),
)
keys = st.builds(
    SeasonKey,
    season=st.integers(2020, 2026),
    commodity=st.sampled_from(["alpaca-fibre", "raw-milk"]),
    unit=st.just("g"),
    currency=st.sampled_from(["PEN", "BOB"]),
)


@given(st.lists(st.tuples(keys, st.sampled_from(list(Sex)), sums), max_size=20))
def test_everybody_together_is_the_sum_of_women_men_and_those_who_did_not_say(
    rows: list[tuple[SeasonKey, Sex, Amounts]],
) -> None:
    totals = season_totals(rows)
    assert sum(one.all.net_minor for one in totals) == sum(amount.net_minor for _, _, amount in rows)
    for one in totals:
        assert one.all.producers == sum(one.producers_of(sex) for sex in Sex)
        assert one.all.net_minor == sum(one.net_of(sex) for sex in Sex)
    seasons = [one.key.season for one in totals]
    assert seasons == sorted(seasons, reverse=True)
    assert len({one.key for one in totals}) == len(totals)


TERMS = BaselineTerms(
    "alpaca-fibre", 2025, 4169, "Boletín de precios", "Precio medio de tres acopiadores", "published"
)


def test_a_complete_baseline_is_taken() -> None:
    assert not check_baseline(TERMS, 2026)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("season", 2027),
        ("season", 1979),
        ("commodity", "wool"),
        ("price", 0),
        ("price", MAX_PRICE_MINOR + 1),
        ("source", "x"),
        ("method", "short"),
        ("strength", "certain"),
    ],
)
def test_a_baseline_without_ground_is_refused_at_its_field(field: str, wrong: object) -> None:
    values = TERMS.as_mapping() | {("price_minor_per_unit" if field == "price" else field): wrong}
    assert list(check_baseline(BaselineTerms(**values), 2026).as_mapping()) == [field]  # type: ignore[arg-type]  # wrong on purpose


def earlier(**changes: object) -> EarlierSeason:
    values: dict[str, object] = {
        "season": 2023,
        "commodity": "alpaca-fibre",
        "quantity": 100_000,
        "gross_minor": 230_000,
        "deductions_minor": 4_600,
        "source": "Libro de caja 2023",
    }
    return EarlierSeason(**(values | changes))  # type: ignore[arg-type]  # wrong on purpose in some tests


def test_a_complete_earlier_season_is_taken() -> None:
    assert not check_earlier(earlier(), 2026)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("season", 2027),
        ("commodity", "wool"),
        ("quantity", 0),
        ("gross_minor", -1),
        ("deductions_minor", -1),
        ("deductions_minor", 230_001),
        ("currency", "EUR"),
        ("source", ""),
    ],
)
def test_an_earlier_season_that_cannot_be_is_refused_at_its_field(field: str, wrong: object) -> None:
    assert list(check_earlier(earlier(**{field: wrong}), 2026).as_mapping()) == [field]
