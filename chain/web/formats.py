"""Numbers, amounts, weights and times as a reader expects them: pure functions and the Jinja filters over them.

The language decides words and month names; the number format ("PE": 1,234.50, "BO": 1.234,50) and the time zone belong
to the organisation. Values come in as integers of the smallest unit or as `Decimal`; no float touches them.
"""

from collections.abc import Callable
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, parse_pattern
from flask import Flask, g, has_app_context
from jinja2 import pass_context
from jinja2.runtime import Context

from chain.core.clock import local_date, utc_now
from chain.core.days import Days
from chain.core.money import CURRENCIES, Money
from chain.core.quantity import GRAMS_PER_POUND
from chain.web.i18n import current_language, gettext, print_params_with
from chain.web.links import init_links

DEFAULT_NUMBER_FORMAT = "PE"
DEFAULT_TIMEZONE = "America/Lima"
#: CLDR's separators: Peru 1,234.50 and Bolivia 1.234,50.
LOCALES = {"PE": Locale("es", "PE"), "BO": Locale("es", "BO")}
CURRENCY_SIGNS = {"PEN": "S/", "BOB": "Bs", "USD": "US$"}
UNIT_SIGNS = {"um": "µm", "µm": "µm", "micron": "µm", "C": "°C", "percent": "%", "kg_per_l": "kg/l"}
#: Between the sign of a currency and the number: a line never breaks there.
NO_BREAK_SPACE = "\u00a0"
#: The one minus sign of pages and papers; files for other programs keep the hyphen.
MINUS = "\u2212"
MINUTE, HOUR, DAY = 60, 3600, 86_400
#: Digits that a fractional pattern may show; more than any quantity has.
MAX_PLACES = 9

Number = int | Decimal


def _exact(value: Number) -> Decimal:
    if isinstance(value, float):
        raise TypeError("amounts and quantities are integers or Decimal, never float")
    return Decimal(value)


def _pattern(places: int, *, fixed: bool) -> NumberPattern:
    digits = ("0" if fixed else "#") * places
    return parse_pattern("#,##0" + ("." + digits if digits else ""))


_FIXED = [_pattern(places, fixed=True) for places in range(MAX_PLACES + 1)]
_TRIMMED = [_pattern(places, fixed=False) for places in range(MAX_PLACES + 1)]


def format_decimal(
    value: Number, places: int | None = None, *, number_format: str, max_places: int = 3
) -> str:
    """Return a grouped number: with exactly `places` decimals, or trimmed to at most `max_places`; halves go up.

    1234.5 with two places → "1,234.50" (PE), "1.234,50" (BO); trimmed → "1,234.5".
    """
    shown = max_places if places is None else places
    rounded = _exact(value).quantize(Decimal(1).scaleb(-shown), rounding=ROUND_HALF_UP)
    pattern = (_TRIMMED if places is None else _FIXED)[shown]
    number = str(pattern.apply(abs(rounded), LOCALES[number_format]))
    return MINUS + number if rounded < 0 else number


def format_money(minor: int, currency: str, *, number_format: str) -> str:
    """Return an amount: 123450 PEN → "S/ 1,234.50" in Peru's format; a minus stands before the sign of the currency.

    The space is one that no line breaks at.
    """
    places = CURRENCIES[currency]
    number = format_decimal(_exact(abs(minor)).scaleb(-places), places, number_format=number_format)
    return f"{MINUS if minor < 0 else ''}{CURRENCY_SIGNS[currency]}{NO_BREAK_SPACE}{number}"


def format_kilograms(grams: int, *, number_format: str) -> str:
    """Return kilograms to the gram, trailing zeros cut: 1234567 → "1,234.567 kg", 12500 → "12.5 kg"."""
    return f"{format_decimal(_exact(grams).scaleb(-3), number_format=number_format)} kg"


def format_litres(millilitres: int, *, number_format: str) -> str:
    """Return litres to the millilitre, trailing zeros cut: 1500 → "1.5 l"."""
    return f"{format_decimal(_exact(millilitres).scaleb(-3), number_format=number_format)} l"


def format_pounds(grams: int, places: int = 2, *, number_format: str) -> str:
    """Return pounds (453.59237 g), rounded: 45359237 → "100,000.00 lb"."""
    return f"{format_decimal(_exact(grams) / GRAMS_PER_POUND, places, number_format=number_format)} lb"


def format_quantity(value: Number, unit: str, *, number_format: str) -> str:
    """Return a value with its unit; grams are shown as kilograms and millilitres as litres, others as they are."""
    if unit == "g":
        return format_kilograms(int(value), number_format=number_format)
    if unit == "ml":
        return format_litres(int(value), number_format=number_format)
    return f"{format_decimal(value, number_format=number_format)} {UNIT_SIGNS.get(unit, unit)}".strip()


def format_percent(ratio: Number, places: int | None = None, *, number_format: str) -> str:
    """Return a share of one as a percentage: Decimal("0.125") → "12.5 %"."""
    return f"{format_decimal(_exact(ratio) * 100, places, number_format=number_format, max_places=1)} %"


def _babel_language(language: str) -> Locale:
    return Locale("en") if language == "en" else Locale("es")


def format_day(value: date, language: str) -> str:
    """Return a calendar day: "22 nov 2026" in Spanish, "22 Nov 2026" in English."""
    return format_date(value, "d MMM y", locale=_babel_language(language))


def format_moment(value: datetime, language: str, timezone_name: str, pattern: str = "d MMM y, HH:mm") -> str:
    """Return an aware moment on the clock of a zone: "22 nov 2026, 14:35"."""
    if value.tzinfo is None:
        raise ValueError("only aware datetimes can be shown")
    return format_datetime(value, pattern, tzinfo=ZoneInfo(timezone_name), locale=_babel_language(language))


def format_span(seconds: int) -> str:
    """Return a duration in its two largest units: "2 d 3 h", "5 min", "less than 1 min" (units read alike in es and en)."""
    days, rest = divmod(abs(seconds), DAY)
    hours, rest = divmod(rest, HOUR)
    minutes = rest // MINUTE
    pairs = [(days, "d"), (hours, "h"), (minutes, "min")]
    while pairs and not pairs[0][0]:
        pairs.pop(0)
    parts = [f"{number} {unit}" for number, unit in pairs[:2] if number]
    return " ".join(parts) or gettext("less than 1 min")


def format_deadline(moment: datetime, now: datetime) -> str:
    """Return how far a moment is: "in 2 d 3 h" or "2 d 3 h ago"."""
    seconds = int((moment - now).total_seconds())
    if seconds >= 0:
        return gettext("in %(span)s", span=format_span(seconds))
    return gettext("%(span)s ago", span=format_span(seconds))


# --- The same under the organisation's settings: Jinja filters --------------------------------------------------------


def number_format() -> str:
    """Return the number format of this request: "PE" or "BO"."""
    found = g.get("number_format") if has_app_context() else None
    return found if found in LOCALES else DEFAULT_NUMBER_FORMAT


def timezone_name() -> str:
    """Return the zone of the acting organisation."""
    found = g.get("timezone_name") if has_app_context() else None
    return str(found or DEFAULT_TIMEZONE)


def money(value: int | Money | None, currency: str | None = None) -> str:
    """`{{ amount_minor|money("PEN") }}` or `{{ total|money }}` for a `Money`."""
    if value is None:
        return "—"
    if isinstance(value, Money):
        return format_money(value.minor, value.currency, number_format=number_format())
    if currency is None:
        raise TypeError("an amount in minor units needs its currency")
    return format_money(value, currency, number_format=number_format())


def _filter(function: Callable[..., str]) -> Callable[..., str]:
    """Give a pure function the number format of the request, and show a missing value as a dash."""

    def shown(value: object, *args: object, **kwargs: object) -> str:
        if value is None or value == "":
            return "—"
        return function(value, *args, number_format=number_format(), **kwargs)

    return shown


def day(value: date | datetime | None) -> str:
    """`{{ run.starts_on|date }}`; a datetime is shown as its day in the organisation's zone."""
    if value is None:
        return "—"
    if isinstance(value, datetime):
        return format_moment(value, current_language(), timezone_name(), "d MMM y")
    return format_day(value, current_language())


def moment(value: datetime | None) -> str:
    """`{{ lot.created_at|datetime }}`."""
    return "—" if value is None else format_moment(value, current_language(), timezone_name())


def time_of_day(value: datetime | None) -> str:
    """`{{ delivery.received_at|time }}` → "14:35"."""
    return "—" if value is None else format_moment(value, current_language(), timezone_name(), "HH:mm")


def deadline(value: datetime | None, now: datetime | None = None) -> str:
    """`{{ tender.closes_at|deadline }}` → "in 2 h 5 min"."""
    return "—" if value is None else format_deadline(value, now or utc_now())


def local_day() -> date:
    """Return the day it is at the organisation; date fields start and end by it."""
    return local_date(utc_now(), timezone_name())


def integer(value: Number, *, number_format: str) -> str:
    """Return a whole number with its groups."""
    return format_decimal(value, 0, number_format=number_format)


def _per_request(function: Callable[..., str]) -> Callable[..., str]:
    """Keep Jinja from computing a filter on a literal once, when it compiles the template."""

    @pass_context
    def shown(_context: Context, *args: object, **kwargs: object) -> str:
        return function(*args, **kwargs)

    return shown


def init_formats(app: Flask) -> None:
    """Register the filters, the address helpers, and how amounts and dates are written inside sentences."""
    filters: dict[str, Callable[..., str]] = {
        "money": money,
        "currency_sign": CURRENCY_SIGNS.__getitem__,
        "kilograms": _filter(format_kilograms),
        "litres": _filter(format_litres),
        "pounds": _filter(format_pounds),
        "quantity": _filter(format_quantity),
        "decimal": _filter(format_decimal),
        "integer": _filter(integer),
        "percent": _filter(format_percent),
        "date": day,
        "datetime": moment,
        "time": time_of_day,
        "deadline": deadline,
    }
    app.jinja_env.filters.update({name: _per_request(function) for name, function in filters.items()})
    app.jinja_env.globals["local_day"] = local_day
    print_params_with(Money, money)
    print_params_with(Decimal, _filter(format_decimal))
    print_params_with(datetime, moment)
    print_params_with(date, day)
    print_params_with(Days, lambda days: days.text([day(one) for one in days.named]))
    init_links(app)
