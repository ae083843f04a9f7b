"""What cells say: numbers, days, clock times and words, from text or from a spreadsheet's own types.

Each reader takes a cell that is not blank and returns a value, or a `Message` that says what is wrong with it.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from chain.core.errors import InvalidId
from chain.core.i18n import N_, Message
from chain.core.ids import parse_id
from chain.grading.scheme import ALPACA_FIBRE, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK
from chain.lots.attributes import COLOURS, SPECS, Kind
from chain.lots.importing.columns import UNIT_WORDS, folded
from chain.lots.products import LIVE_LLAMA

#: What a cell can be: text from CSV, and openpyxl's types from a spreadsheet.
Cell = str | int | float | bool | datetime | date | time | timedelta | None

MAX_CELL = 200
MAX_SHOWN = 40
MAX_REFERENCE = 40
MAX_CODE = 40
#: Digits that a spreadsheet keeps of a number; what follows is noise of its binary arithmetic.
SHEET_DIGITS = 15

NOT_A_NUMBER = N_("“%(value)s” is not a number. Write 12.5 or 12,5.")
GROUPED = N_("“%(value)s” groups the thousands. Write the number without them, such as 1234.5 or 1234,5.")
NOT_A_DATE = N_("“%(value)s” is not a date. Write 2026-11-22 or 22/11/2026 (day/month/year).")
NOT_A_TIME = N_("“%(value)s” is not a time of day. Write 14:30.")
NOT_A_UNIT = N_("“%(value)s” is not a unit of weight. Write kg, lb or qq.")
NOT_A_PRODUCT = N_("“%(value)s” is not one of the products.")
NOT_AN_OPTION = N_("“%(value)s” is not one of the options: %(options)s.")
NOT_AN_ID = N_("“%(value)s” is not a valid id (UUID version 7). Leave the cell empty if you have none.")
CELL_TOO_LONG = N_("The cell has more than %(limit)s characters.")
SHEET_ERROR = N_("The spreadsheet shows the error %(value)s here.")

_NUMBER = re.compile(r"[+-]?[0-9]{1,12}(?:[.,][0-9]{1,6})?")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:[.,' \u00a0\u202f’][0-9]{3})+(?:[.,][0-9]+)?")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[T ](.+))?")
_LOCAL = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})(?: +(.+))?")
_TIME = re.compile(
    r"([0-9]{1,2})[:.hH]([0-9]{2})(?::([0-9]{2})(?:\.[0-9]+)?)?(?: ?([aApP])\.? ?[mM]\.?| ?h(?:rs?)?\.?)?"
)
_SHEET_ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"})
NOON = 12
#: Other years are slips, and would leave the calendar when they are brought to UTC.
FIRST_YEAR, LAST_YEAR = 1900, 2200


def shown(cell: Cell) -> str:
    """Return a cell as a sentence may show it: one line, at most 40 characters."""
    text = as_text(cell)
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain if len(plain) <= MAX_SHOWN else plain[: MAX_SHOWN - 1] + "…"


def as_text(cell: Cell) -> str:
    """Return a cell as text: whole numbers without a point, numbers with the digits that a spreadsheet shows."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return f"{_sheet_decimal(cell):f}" if cell == cell and abs(cell) != float("inf") else str(cell)  # noqa: PLR0124 - only NaN differs from itself
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    return str(cell).strip()


def _sheet_decimal(cell: float) -> Decimal:
    return Decimal(f"{cell:.{SHEET_DIGITS}g}").normalize()


def read_number(cell: Cell) -> Decimal | Message:
    """Read a number: one point or comma is the decimal, no grouping, at most six decimals in text.

    A point before three digits is a decimal point: "1.234" is a little more than one.
    """
    if isinstance(cell, int) and not isinstance(cell, bool):
        return Decimal(cell)
    if isinstance(cell, float):
        if cell != cell or abs(cell) >= 1e12:  # noqa: PLR0124, PLR2004 - NaN, and beyond the digits that text may have
            return Message(NOT_A_NUMBER, {"value": shown(cell)})
        return _sheet_decimal(cell)
    text = as_text(cell)
    if isinstance(cell, str) and _NUMBER.fullmatch(text):
        return Decimal(text.replace(",", "."))
    if text.upper() in _SHEET_ERRORS:
        return Message(SHEET_ERROR, {"value": text})
    return Message(GROUPED if _GROUPED.fullmatch(text) else NOT_A_NUMBER, {"value": shown(cell)})


def read_date(cell: Cell) -> date | datetime | Message:
    """Read a day, with its time of day where the cell holds one (naive, on the clock of the centre)."""
    if isinstance(cell, datetime):
        moment = cell.replace(microsecond=0, tzinfo=None)
        return moment if moment.time() != time() else moment.date()
    if isinstance(cell, date):
        return cell
    text = as_text(cell) if isinstance(cell, str) else ""
    iso, local = _ISO.fullmatch(text), _LOCAL.fullmatch(text)
    if iso:
        year, month, day, clock = iso.groups()
    elif local:
        day, month, year, clock = local.groups()
    else:
        return Message(NOT_A_DATE, {"value": shown(cell)})
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        found = date.min
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return Message(NOT_A_DATE, {"value": shown(cell)})
    if not clock:
        return found
    hour = read_time(clock)
    return (
        hour if isinstance(hour, Message) else datetime.combine(found, hour)
    )  # naive: the caller knows the zone


def read_time(cell: Cell) -> time | Message:
    """Read a time of day: 7:05, 07:05:30, 7.05, 7:05 p. m."""
    if isinstance(cell, datetime):
        return cell.time().replace(microsecond=0)
    if isinstance(cell, time):
        return cell.replace(microsecond=0, tzinfo=None)
    match = _TIME.fullmatch(as_text(cell)) if isinstance(cell, str) else None
    found = None if match is None else _clock(int(match[1]), int(match[2]), int(match[3] or 0), match[4])
    return found or Message(NOT_A_TIME, {"value": shown(cell)})


def _clock(hour: int, minute: int, second: int, half: str | None) -> time | None:
    if half and not 1 <= hour <= NOON:
        return None
    if half:
        hour = hour % NOON + (NOON if half in "pP" else 0)
    try:
        return time(hour, minute, second)
    except ValueError:
        return None


def read_unit(cell: Cell) -> str | Message:
    """Read a unit of weight: kg, lb, qq or g."""
    return UNIT_WORDS.get(folded(as_text(cell))) or Message(NOT_A_UNIT, {"value": shown(cell)})


def read_id(cell: Cell) -> UUID | Message:
    """Read an id that the sender made."""
    try:
        return parse_id(as_text(cell))
    except InvalidId:
        return Message(NOT_AN_ID, {"value": shown(cell)})


def read_words(cell: Cell) -> str | Message:
    """Read free text: a member code, a paper number."""
    text = " ".join(as_text(cell).split())
    return text if len(text) <= MAX_CODE else Message(CELL_TOO_LONG, {"limit": MAX_CODE})


_COMMODITY_WORDS: Mapping[str, str] = {
    **{folded(key): key for key in SPECS},
    **{folded(one.label): key for key, one in SPECS.items()},
    **dict.fromkeys(("alpaca", "fibra_de_alpaca", "fibra_alpaca", "alpaca_fiber"), ALPACA_FIBRE),
    **dict.fromkeys(("fibra_de_llama", "fibra_llama", "llama_fiber"), LLAMA_FIBRE),
    **dict.fromkeys(("leche", "leche_cruda", "leche_de_vaca", "leche_fresca", "milk"), RAW_MILK),
    **dict.fromkeys(
        (
            "canal_de_llama", "canal_llama", "carne_de_llama", "carne_llama", "carcasa_de_llama", "llama_meat",
            "llama_carcass",
        ),
        LLAMA_CARCASS,
    ),
    **dict.fromkeys(("llama_viva", "llamas_vivas", "llama_en_pie", "llamas_en_pie", "live_llamas"), LIVE_LLAMA),
}  # fmt: skip


def read_commodity(cell: Cell) -> str | Message:
    """Read a product by its key or its name in Spanish or English."""
    return _COMMODITY_WORDS.get(folded(as_text(cell))) or Message(NOT_A_PRODUCT, {"value": shown(cell)})


#: Words of choices, per attribute: what people write → the key. Keys themselves and English labels are added below.
_SPANISH_WORDS: Mapping[str, Mapping[str, str]] = {
    "breed": {
        **dict.fromkeys(("mixto", "mixta", "mezcla", "cruzado", "cruzada"), "mixed"),
        **dict.fromkeys(("no_registrado", "no_registrada", "sin_registro"), "not_recorded"),
        **dict.fromkeys(("q_ara", "kara", "ccara", "pelada", "pelado"), "qara"),
        **dict.fromkeys(("ch_aku", "chacu", "ch_accu", "lanuda", "lanudo", "tampulli"), "chaku"),
    },
    "shift": {
        **dict.fromkeys(("manana", "m", "a_m"), "am"),
        **dict.fromkeys(("tarde", "t", "p_m"), "pm"),
    },
    "age_class": {
        **dict.fromkeys(("dientes_de_leche", "diente_de_leche"), "DL"),
        **dict.fromkeys(("dos_dientes", "2_dientes"), "2D"),
        **dict.fromkeys(("cuatro_dientes", "4_dientes"), "4D"),
        "boca_llena": "BLL",
        **dict.fromkeys(("no_registrado", "no_registrada", "sin_registro"), "not_recorded"),
    },
    "sarcocystis": {
        **dict.fromkeys(("ausente", "ausencia", "no", "negativo", "no_encontrado", "no_se_encontro"), "absent"),
        **dict.fromkeys(("presente", "presencia", "si", "yes", "positivo", "encontrado", "se_encontro"), "present"),
        **dict.fromkeys(("no_inspeccionado", "no_inspeccionada", "sin_inspeccion"), "not_inspected"),
    },
    "sex": {
        **dict.fromkeys(("hembra", "h", "f"), "female"),
        **dict.fromkeys(("macho", "m"), "male"),
    },
}  # fmt: skip
_COLOUR_WORDS: Mapping[str, str] = {
    **{
        folded(word): one.key
        for one in COLOURS.values()
        for word in (one.key, one.letters, *one.names.values())
    },
    **dict.fromkeys(("blanca",), "white"),
    **dict.fromkeys(("cafe_claro",), "light_brown"),
    **dict.fromkeys(("cafe_medio",), "medium_brown"),
    **dict.fromkeys(("cafe_oscuro",), "dark_brown"),
    **dict.fromkeys(("multicolour", "varios_colores"), "multicolour"),
}


def _choice_words() -> dict[tuple[str, str], dict[str, str]]:
    found: dict[tuple[str, str], dict[str, str]] = {}
    for commodity, spec in SPECS.items():
        for one in spec.attributes:
            if one.kind is Kind.CHOICE:
                spanish = _SPANISH_WORDS.get(one.key, {})
                words = {word: key for word, key in spanish.items() if key in one.options}
                words |= {folded(label): key for key, label in one.options.items()}
                words |= {folded(key): key for key in one.options}
                found[commodity, one.key] = words
    return found


_CHOICE_WORDS = _choice_words()


def plain_attribute(commodity: str, key: str, cell: Cell) -> str | int | Decimal | Message:
    """Return what `chain.lots.attributes.read_value` understands: words of choices and colours as their keys."""
    spec = SPECS[commodity].by_key.get(key)
    if spec is None:
        return as_text(cell)  # refused there, with the reason
    if spec.kind is Kind.NUMBER:
        return read_number(cell)
    text = as_text(cell)
    if spec.kind is Kind.COLOUR:
        return _COLOUR_WORDS.get(folded(text), text)
    words = _CHOICE_WORDS.get((commodity, key))
    if words is None:
        return text
    found = words.get(folded(text))
    return found or Message(NOT_AN_OPTION, {"value": shown(cell), "options": ", ".join(spec.options)})
