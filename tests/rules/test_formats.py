"""Numbers, amounts, weights and times in the formats of Peru and Bolivia."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask, g
from hypothesis import given
from hypothesis import strategies as st

from chain.core.i18n import Message
from chain.core.money import Money
from chain.web import formats
from chain.web.csv_out import amount_cell
from chain.web.i18n import gettext, init_i18n

NOON = datetime(2026, 11, 22, 19, 35, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minor", "currency", "number_format", "shown"),
    [
        (123450, "PEN", "PE", "S/\u00a01,234.50"),
        (123450, "PEN", "BO", "S/\u00a01.234,50"),
        (123450, "BOB", "BO", "Bs\u00a01.234,50"),
        (123450, "USD", "PE", "US$\u00a01,234.50"),
        (0, "PEN", "PE", "S/\u00a00.00"),
        (5, "PEN", "PE", "S/\u00a00.05"),
        (-123456, "BOB", "BO", "\u2212Bs\u00a01.234,56"),
        (99_999_999_999_999_999, "PEN", "PE", "S/\u00a0999,999,999,999,999.99"),
    ],
)
def test_an_amount_shows_its_currency_and_two_decimals(
    minor: int, currency: str, number_format: str, shown: str
) -> None:
    assert formats.format_money(minor, currency, number_format=number_format) == shown


@pytest.mark.parametrize(
    ("grams", "number_format", "shown"),
    [
        (1234567, "PE", "1,234.567 kg"),
        (1234567, "BO", "1.234,567 kg"),
        (12500, "PE", "12.5 kg"),
        (12000, "BO", "12 kg"),
        (1, "PE", "0.001 kg"),
        (0, "PE", "0 kg"),
        (-250, "PE", "\u22120.25 kg"),
        (66_699_851, "PE", "66,699.851 kg"),
    ],
)
def test_a_weight_is_exact_to_the_gram(grams: int, number_format: str, shown: str) -> None:
    assert formats.format_kilograms(grams, number_format=number_format) == shown


def test_litres_pounds_and_other_units() -> None:
    assert formats.format_litres(1_300_500, number_format="BO") == "1.300,5 l"
    assert formats.format_pounds(66_699_851, 0, number_format="PE") == "147,048 lb"
    assert formats.format_pounds(45_359_237, number_format="PE") == "100,000.00 lb"
    assert formats.format_quantity(Decimal("21.7"), "um", number_format="PE") == "21.7 µm"
    assert formats.format_quantity(4500, "g", number_format="PE") == "4.5 kg"
    assert formats.format_quantity(4500, "ml", number_format="PE") == "4.5 l"
    assert formats.format_quantity(Decimal("1.0295"), "kg_per_l", number_format="BO") == "1,03 kg/l"


@pytest.mark.parametrize(
    ("value", "places", "shown"),
    [
        (Decimal("1234.5"), None, "1,234.5"),
        (Decimal("1234.5"), 2, "1,234.50"),
        (Decimal("2.5"), 0, "3"),
        (Decimal("0.0004"), None, "0"),
        (Decimal("-0.0004"), None, "0"),
        (Decimal("0.0005"), None, "0.001"),
        (1000, None, "1,000"),
    ],
)
def test_a_decimal_is_trimmed_or_fixed_and_halves_go_up(
    value: Decimal | int, places: int | None, shown: str
) -> None:
    assert formats.format_decimal(value, places, number_format="PE") == shown


def test_a_share_of_one_is_shown_as_a_percentage() -> None:
    assert formats.format_percent(Decimal("0.125"), number_format="PE") == "12.5 %"
    assert formats.format_percent(Decimal("0.1"), number_format="BO") == "10 %"
    assert formats.format_percent(1, 1, number_format="BO") == "100,0 %"


def test_a_float_is_refused() -> None:
    with pytest.raises(TypeError, match="never float"):
        formats.format_decimal(0.1, number_format="PE")  # type: ignore[arg-type]  # what the test is about


@given(st.integers(min_value=-(10**15), max_value=10**15), st.sampled_from(["PE", "BO"]))
def test_no_cent_and_no_gram_is_lost_in_print(number: int, number_format: str) -> None:
    group, point = (",", ".") if number_format == "PE" else (".", ",")
    money = formats.format_money(number, "USD", number_format=number_format)
    weight = formats.format_kilograms(number, number_format=number_format)
    digits = money.replace("US$\u00a0", "").replace("\u2212", "-").replace(group, "").replace(point, ".")
    assert Decimal(digits) * 100 == number
    assert (
        Decimal(weight.removesuffix(" kg").replace("\u2212", "-").replace(group, "").replace(point, "."))
        * 1000
        == number
    )


def test_days_and_moments_follow_language_and_zone() -> None:
    assert formats.format_day(date(2026, 11, 22), "es") == "22 nov 2026"
    assert formats.format_day(date(2026, 11, 22), "en") == "22 Nov 2026"
    assert formats.format_moment(NOON, "es", "America/Lima") == "22 nov 2026, 14:35"
    assert formats.format_moment(NOON, "en", "America/La_Paz") == "22 Nov 2026, 15:35"


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        formats.format_moment(datetime(2026, 1, 1), "es", "America/Lima")  # noqa: DTZ001 - what the test is about


@pytest.mark.parametrize(
    ("ahead", "shown"),
    [
        (timedelta(days=2, hours=3, minutes=9), "in 2 d 3 h"),
        (timedelta(hours=2, minutes=5), "in 2 h 5 min"),
        (timedelta(minutes=5), "in 5 min"),
        (timedelta(seconds=20), "in less than 1 min"),
        (timedelta(hours=-3), "3 h ago"),
        (timedelta(days=1, minutes=4), "in 1 d"),
    ],
)
def test_a_deadline_is_told_in_its_two_largest_units(ahead: timedelta, shown: str) -> None:
    app = Flask(__name__)
    with app.app_context():
        g.language = "en"
        assert formats.format_deadline(NOON + ahead, NOON) == shown


def test_filters_use_the_organisation_s_format_and_show_nothing_as_a_dash() -> None:
    app = Flask(__name__)
    init_i18n(app)
    formats.init_formats(app)
    template = app.jinja_env.from_string(
        "{{ 123450|money('BOB') }}|{{ total|money }}|{{ 12500|kilograms }}|{{ none|kilograms }}|{{ half|decimal(2) }}"
        "|{{ 1234|integer }}|{{ now|date }}|{{ now|datetime }}|{{ now|time }}|{{ none|money }}|{{ 2500|quantity('ml') }}"
    )
    with app.app_context():
        g.language, g.number_format, g.timezone_name = "es", "BO", "America/La_Paz"
        shown = template.render(total=Money(5, "USD"), half=Decimal("0.5"), now=NOON)
    assert shown == (
        "Bs\u00a01.234,50|US$\u00a00,05|12,5 kg|—|0,50|1.234|22 nov 2026|22 nov 2026, 15:35|15:35|—|2,5 l"
    )


def test_amounts_and_dates_inside_a_sentence_are_written_locally() -> None:
    app = Flask(__name__)
    init_i18n(app)
    formats.init_formats(app)
    with app.app_context():
        g.language, g.number_format, g.timezone_name = "en", "BO", "America/Lima"
        message = Message("%(price)s, %(ratio)s, %(at)s, %(day)s, %(count)s")
        text = gettext(
            message, price=Money(123450, "BOB"), ratio=Decimal("12.5"), at=NOON, day=NOON.date(), count=7
        )
    assert text == "Bs\u00a01.234,50, 12,5, 22 Nov 2026, 14:35, 22 Nov 2026, 7"


@pytest.mark.parametrize(("country", "told"), [("PE", "-1234.05"), ("BO", "-1234,05")])
def test_a_file_has_the_decimal_sign_that_its_spreadsheet_reads(country: str, told: str) -> None:
    with Flask("files").app_context():
        g.number_format = country
        assert amount_cell(-123_405) == told
