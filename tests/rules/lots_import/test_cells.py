from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.core.i18n import Message
from chain.core.quantity import GRAMS_PER_POUND
from chain.lots.attributes import SPECS, Kind, read_value
from chain.lots.importing.values import (
    as_text,
    plain_attribute,
    read_commodity,
    read_date,
    read_number,
    read_time,
    read_unit,
    shown,
)
from chain.lots.importing.weights import QuintalOutOfBounds, WeightScale, choose_unit

DECIMALS = st.decimals(min_value=-999_999, max_value=999_999, places=3)
ANY_CELL = st.one_of(
    st.none(), st.text(), st.integers(), st.floats(), st.booleans(), st.datetimes(), st.dates(), st.times()
)


@given(DECIMALS)
def test_a_number_reads_the_same_with_point_and_comma(value: Decimal) -> None:
    assert read_number(f"{value:f}") == value
    assert read_number(f" {value:f} ".replace(".", ",")) == value


@given(st.integers(min_value=1000, max_value=10**9), st.sampled_from([",", ".", " ", "'"]))
def test_grouped_thousands_with_decimals_are_refused_in_words(whole: int, separator: str) -> None:
    grouped = f"{whole:,}".replace(",", separator) + ("," if separator == "." else ".") + "5"
    found = read_number(grouped)
    assert isinstance(found, Message)
    assert "groups the thousands" in str(found)


@given(DECIMALS)
def test_a_spreadsheet_number_is_what_the_spreadsheet_shows(value: Decimal) -> None:
    assert read_number(float(value)) == value
    assert read_number(float(value) + 1e-15) == value or abs(value) < 10


@given(ANY_CELL)
def test_no_cell_crashes_a_reader_and_what_is_shown_is_short(cell: Any) -> None:
    for reader in (read_number, read_date, read_time, read_unit, read_commodity):
        reader(cell)
    assert len(shown(cell)) <= 40
    assert shown(cell).isprintable()


@given(st.decimals(min_value=0, max_value=99_999, places=3))
def test_weights_are_exact_and_rounded_once(value: Decimal) -> None:
    scale = WeightScale(None, Decimal("45359.237"))
    assert scale.grams(value, "kg") == value * 1000
    for unit, factor in (("lb", GRAMS_PER_POUND), ("qq", Decimal("45359.237"))):
        grams = scale.grams(value, unit)
        assert isinstance(grams, int)
        assert abs(grams - value * factor) <= Decimal("0.5")


def test_a_quintal_is_never_guessed() -> None:
    assert isinstance(WeightScale("qq").grams(Decimal(1), "qq"), Message)
    assert WeightScale("qq", Decimal(46_000)).grams(Decimal("1.5"), "qq") == 69_000
    for factor in ("0", "-46000", "100", "460000"):
        with pytest.raises(QuintalOutOfBounds):
            WeightScale("qq", Decimal(factor))


def test_the_title_says_the_unit_before_the_row_and_the_row_before_the_file() -> None:
    assert choose_unit(title="lb", row=None, whole_file="kg") == "lb"
    assert choose_unit(title=None, row="qq", whole_file="kg") == "qq"
    assert choose_unit(title=None, row=None, whole_file="kg") == "kg"
    assert isinstance(choose_unit(title="lb", row="kg", whole_file=None), Message)
    assert isinstance(choose_unit(title=None, row=None, whole_file=None), Message)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2026-03-02", date(2026, 3, 2)),
        ("02/03/2026", date(2026, 3, 2)),
        ("2.3.2026", date(2026, 3, 2)),
        ("2-3-2026", date(2026, 3, 2)),
        (date(2026, 3, 2), date(2026, 3, 2)),
        ("02/03/2026 7:45", datetime.fromisoformat("2026-03-02T07:45")),
        ("2026-03-02T07:45:30", datetime.fromisoformat("2026-03-02T07:45:30")),
        ("02/03/2026 7:45 p. m.", datetime.fromisoformat("2026-03-02T19:45")),
    ],
)
def test_dates_are_day_month_year_or_iso(cell: Any, expected: Any) -> None:
    assert read_date(cell) == expected


@pytest.mark.parametrize(
    "cell", ["13/25/2026", "2/3/26", "31/02/2026", "marzo", 46000, 46000.5, "0001-01-01", True]
)
def test_what_may_be_another_day_is_no_date(cell: Any) -> None:
    assert isinstance(read_date(cell), Message)


def test_times_of_day() -> None:
    assert [read_time(one) for one in ("7:05", "07:05:09", "7.05", "12:30 a.m.", "12:30 PM", "16h40")] == [
        time(7, 5),
        time(7, 5, 9),
        time(7, 5),
        time(0, 30),
        time(12, 30),
        time(16, 40),
    ]
    assert all(isinstance(read_time(one), Message) for one in ("25:00", "7", "13:00 pm", 0.5, ""))


def test_words_of_choices_in_both_languages_are_their_keys() -> None:
    for commodity, spec in SPECS.items():
        for one in spec.attributes:
            if one.kind is Kind.CHOICE:
                for key, label in one.options.items():
                    assert plain_attribute(commodity, one.key, key) == key
                    assert plain_attribute(commodity, one.key, label.upper()) == key
    assert plain_attribute("raw-milk", "shift", "Mañana") == "am"
    assert plain_attribute("llama-carcass", "sarcocystis", "NO") == "absent"
    assert plain_attribute("alpaca-fibre", "breed", "Suri ") == "suri"


def test_colours_by_key_letters_and_names_without_accents() -> None:
    for word in ("light_brown", "LB", "marrón claro", "Marron Claro", "light brown", "café claro"):
        assert (
            read_value("alpaca-fibre", "colour", plain_attribute("alpaca-fibre", "colour", word))
            == "light_brown"
        )


def test_text_of_cells_keeps_codes_as_they_are_read() -> None:
    assert [as_text(one) for one in ("0012", 12, 12.0, 12.5, None)] == ["0012", "12", "12", "12.5", ""]
