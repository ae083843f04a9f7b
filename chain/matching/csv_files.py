"""Lots, demands and freight as tables: what `chain match` reads, with everything that is wrong named by file, row and column.

Prices are kept in cents, or in ten-thousandths where a file says more than cents, and microns in thousandths: the numbers of
a file are compared as they were typed.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypeVar

from chain.core.i18n import N_, Message
from chain.core.tables import COLUMN_TWICE, ROW_TOO_LONG, Table, UnusableFile
from chain.grading.attribute_reader import plain
from chain.matching.rules.instance import CLAIMS, MAX_PRICE_MINOR, DemandAsk, Freight, LotOffer

LOT_COLUMNS = (
    "lot_id",
    "commodity",
    "quantity_kg",
    "grade",
    "colour",
    "micron",
    "claim",
    "centre",
    "reserve_price",
    "divisible",
)
LOT_EXTRAS = ("registered_at", "seller")
DEMAND_COLUMNS = (
    "demand_id",
    "buyer",
    "grades",
    "colours",
    "micron_min",
    "micron_max",
    "claim",
    "centres",
    "price",
    "min_kg",
    "max_kg",
)
DEMAND_EXTRAS = ("commodity", "sellers", "freight_by")
FREIGHT_COLUMNS = ("centre", "buyer", "cost_per_kg")
FREIGHT_EXTRAS = ("demand_id",)

CENTS, MOST_PRICE_DECIMALS, MICRON_DECIMALS, KILOGRAM_DECIMALS = 2, 4, 3, 3
PRICE_COLUMNS = ("reserve_price", "price", "cost_per_kg")
MAX_KILOGRAMS = 10**9
MAX_MICRON = 1000
ANY, SEPARATOR = "*", "|"

COLUMNS_MISSING = N_("The file has none of these columns: %(columns)s.")
BLANK = N_("The cell is empty.")
NOT_A_NUMBER = N_("“%(value)s” is not a number. Write 12.5 or 12,5, without thousands separators.")
TOO_MANY_DECIMALS = N_("At most %(places)s decimals.")
OUT_OF_RANGE = N_("The number must lie from %(low)s to %(high)s.")
UNKNOWN_WORD = N_("“%(value)s” is none of: %(known)s.")
NOT_A_DAY = N_("“%(value)s” is no date. Write 2026-03-16 or 2026-03-16T15:00.")
ID_TWICE = N_("“%(value)s” stands in row %(row)s already.")
MOST_UNDER_LEAST = N_("The upper limit lies under the lower one.")

_NUMBER = re.compile(r"(-?[0-9]{1,12})(?:[.,]([0-9]+))?")
_CLAIM_WORDS = {
    "": "conventional",
    "conventional": "conventional",
    "convencional": "conventional",
    "transition": "transition",
    "transicion": "transition",
    "organic": "organic",
    "organico": "organic",
    "ecologico": "organic",
}
_YES = frozenset({"", "1", "yes", "y", "true", "si", "s", "verdadero"})
_NO = frozenset({"0", "no", "n", "false", "falso"})
_BUYER, _SELLER = frozenset({"buyer", "comprador"}), frozenset({"", "seller", "vendedor"})

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be read; rows count from 1, the titles being row 1."""

    row: int
    column: str
    reason: Message


class _Bad(ValueError):
    def __init__(self, text: str, **params: object) -> None:
        super().__init__(text)
        self.reason = Message(text, params)


class _Cells:
    """The cells of one row by column, and what is wrong with them."""

    def __init__(
        self, values: Mapping[str, str], number: int, problems: list[BadCell], price_decimals: int
    ) -> None:
        self._values, self._number, self._problems = values, number, problems
        self._price_decimals = price_decimals

    def has(self, column: str) -> bool:
        """Tell whether a cell says anything."""
        return self.text(column) not in {"", ANY}

    def text(self, column: str) -> str:
        """Return a cell as it stands."""
        return self._values.get(column, "")

    def required(self, column: str) -> str:
        """Return a cell that must not be empty."""
        if not self.text(column):
            self.refuse(column, Message(BLANK))
        return self.text(column)

    def known(self, column: str) -> str | None:
        """Return a cell, None where it says nothing."""
        return self.text(column) if self.has(column) else None

    def list_of(self, column: str) -> tuple[str, ...]:
        """Return the words of a list; `*` and an empty cell are any."""
        words = tuple(word for one in self.text(column).split(SEPARATOR) if (word := one.strip()))
        return () if ANY in words else tuple(dict.fromkeys(words))

    def number(self, column: str, decimals: int, low: int, high: int) -> int | None:
        """Return a number as a whole number of its smallest parts; None where the cell is empty or any."""
        return (
            self._read(column, lambda text: _number(text, decimals, low, high)) if self.has(column) else None
        )

    def price(self, column: str, low: int) -> int | None:
        """Return a price for a kilogram or litre."""
        return self.number(column, self._price_decimals, low, MAX_PRICE_MINOR // 10**MOST_PRICE_DECIMALS)

    def claim(self, column: str) -> str:
        """Return a claim; any is the weakest."""
        text = "" if self.text(column) == ANY else self.text(column)
        return self._read(column, lambda _: _word(text, _CLAIM_WORDS, CLAIMS)) or CLAIMS[0]

    def is_yes(self, column: str) -> bool:
        """Return yes or no; an empty cell is yes."""
        words = {**dict.fromkeys(_YES, True), **dict.fromkeys(_NO, False)}
        return self._read(column, lambda text: _word(text, words, ("yes", "no"))) is not False

    def moment(self, column: str) -> int:
        """Return a moment in microseconds; 0 where the cell is empty."""
        return (self._read(column, _moment) or 0) if self.has(column) else 0

    def pays_freight(self, column: str) -> bool:
        """Tell whether the freight is the buyer's."""
        words = {**dict.fromkeys(_BUYER, True), **dict.fromkeys(_SELLER, False)}
        return self._read(column, lambda text: _word(text, words, ("seller", "buyer"))) is True

    def refuse(self, column: str, reason: Message) -> None:
        """Note what is wrong with a cell."""
        self._problems.append(BadCell(self._number, column, reason))

    def _read(self, column: str, reader: Callable[[str], Item]) -> Item | None:
        try:
            return reader(self.text(column))
        except _Bad as bad:
            self.refuse(column, bad.reason)
            return None


def _number(text: str, decimals: int, low: int, high: int) -> int:
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise _Bad(NOT_A_NUMBER, value=text[:40])
    fraction = (found[2] or "").rstrip("0")
    if len(fraction) > decimals:
        raise _Bad(TOO_MANY_DECIMALS, places=decimals)
    value = int(Decimal(f"{found[1]}.{fraction or '0'}").scaleb(decimals))
    if not low <= value <= high * 10**decimals:
        raise _Bad(OUT_OF_RANGE, low=Decimal(low).scaleb(-decimals), high=high)
    return value


def _word(text: str, words: Mapping[str, Item], shown: Sequence[str]) -> Item:
    found = words.get(plain(text))
    if found is None:
        raise _Bad(UNKNOWN_WORD, value=text[:40], known=", ".join(shown))
    return found


def _moment(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _Bad(NOT_A_DAY, value=text[:40]) from None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round((aware - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1_000_000)


def read_lots(table: Table, price_decimals: int) -> tuple[list[LotOffer], list[BadCell]]:
    """Read the lots of a table.

    Raises:
        UnusableFile: a needed column is missing, or one stands twice.
    """
    return _read_rows(table, price_decimals, LOTS, _lot)


def read_demands(table: Table, price_decimals: int) -> tuple[list[DemandAsk], list[BadCell]]:
    """Read the demands of a table.

    Raises:
        UnusableFile: a needed column is missing, or one stands twice.
    """
    return _read_rows(table, price_decimals, DEMANDS, _demand)


def read_freight(table: Table, price_decimals: int) -> tuple[list[Freight], list[BadCell]]:
    """Read what ways cost.

    Raises:
        UnusableFile: a needed column is missing, or one stands twice.
    """
    return _read_rows(table, price_decimals, FREIGHT, _way)


def _lot(cells: _Cells) -> LotOffer:
    quantity = cells.number("quantity_kg", KILOGRAM_DECIMALS, 1, MAX_KILOGRAMS)
    if not cells.has("quantity_kg"):
        cells.refuse("quantity_kg", Message(BLANK))
    return LotOffer(
        id=cells.required("lot_id"),
        commodity=cells.required("commodity"),
        quantity=quantity or 1,
        grade=cells.known("grade"),
        colour=cells.known("colour"),
        micron_tenths=cells.number("micron", MICRON_DECIMALS, 0, MAX_MICRON),
        claim=cells.claim("claim"),
        centre=cells.text("centre"),
        reserve_minor=cells.price("reserve_price", 0),
        divisible=cells.is_yes("divisible"),
        registered_at_key=cells.moment("registered_at"),
        seller=cells.text("seller"),
    )


def _demand(cells: _Cells) -> DemandAsk:
    price = cells.price("price", 1)
    if not cells.has("price"):
        cells.refuse("price", Message(BLANK))
    micron_min = cells.number("micron_min", MICRON_DECIMALS, 0, MAX_MICRON)
    micron_max = cells.number("micron_max", MICRON_DECIMALS, 0, MAX_MICRON)
    if micron_min is not None and micron_max is not None and micron_max < micron_min:
        cells.refuse("micron_max", Message(MOST_UNDER_LEAST))
    least = cells.number("min_kg", KILOGRAM_DECIMALS, 0, MAX_KILOGRAMS) or 0
    most = cells.number("max_kg", KILOGRAM_DECIMALS, 0, MAX_KILOGRAMS)
    if most is not None and most < least:
        cells.refuse("max_kg", Message(MOST_UNDER_LEAST))
    commodity = cells.text("commodity")
    return DemandAsk(
        id=cells.required("demand_id"),
        buyer=cells.text("buyer"),
        commodity="" if commodity == ANY else commodity,
        price_minor=price,
        grades=cells.list_of("grades"),
        colours=cells.list_of("colours"),
        micron_min_tenths=micron_min,
        micron_max_tenths=micron_max,
        claim=cells.claim("claim"),
        centres=cells.list_of("centres"),
        min_quantity=least,
        max_quantity=most,
        buyer_pays_freight=cells.pays_freight("freight_by"),
        sellers=cells.list_of("sellers"),
    )


def _way(cells: _Cells) -> Freight:
    cost = cells.price("cost_per_kg", 0)
    if not cells.has("cost_per_kg"):
        cells.refuse("cost_per_kg", Message(BLANK))
    return Freight(
        cells.required("centre"), cells.required("buyer"), cost or 0, demand_id=cells.known("demand_id")
    )


@dataclass(frozen=True, slots=True)
class _Form:
    """Which columns a table has, and which of them is an id."""

    columns: Sequence[str]
    extras: Sequence[str]
    key: str | None


LOTS = _Form(LOT_COLUMNS, LOT_EXTRAS, "lot_id")
DEMANDS = _Form(DEMAND_COLUMNS, DEMAND_EXTRAS, "demand_id")
FREIGHT = _Form(FREIGHT_COLUMNS, FREIGHT_EXTRAS, None)


def price_decimals_of(tables: Sequence[Table]) -> int:
    """Return the decimals in which the prices of some tables are kept: cents, unless one of them says more."""
    for table in tables:
        at = [place for place, title in enumerate(table.titles) if title.strip().lower() in PRICE_COLUMNS]
        for row in table.rows:
            for place in at:
                found = _NUMBER.fullmatch(row[place].strip()) if place < len(row) else None
                if found is not None and len((found[2] or "").rstrip("0")) > CENTS:
                    return MOST_PRICE_DECIMALS
    return CENTS


def _read_rows(
    table: Table, price_decimals: int, form: _Form, read: Callable[[_Cells], Item]
) -> tuple[list[Item], list[BadCell]]:
    at = _find_columns(table.titles, form.columns, form.extras)
    problems: list[BadCell] = []
    found: list[Item] = []
    seen: dict[str, int] = {}
    for number, row in enumerate(table.rows, start=2):
        if not any(cell.strip() for cell in row):
            continue
        values = {name: row[place].strip() for name, place in at.items() if place < len(row)}
        cells = _Cells(values, number, problems, price_decimals)
        if len(row) > len(table.titles):
            cells.refuse(str(len(table.titles) + 1), Message(ROW_TOO_LONG))
        name = values.get(form.key or "", "")
        first = seen.setdefault(name, number) if name else number
        if first != number:
            cells.refuse(form.key or "", Message(ID_TWICE, {"value": name[:40], "row": first}))
        found.append(read(cells))
    return found, problems


def _find_columns(titles: Sequence[str], columns: Sequence[str], extras: Sequence[str]) -> dict[str, int]:
    named = [title.strip().lower() for title in titles]
    for column in (*columns, *extras):
        if named.count(column) > 1:
            raise UnusableFile(COLUMN_TWICE, column=column)
    missing = [column for column in columns if column not in named]
    if missing:
        raise UnusableFile(COLUMNS_MISSING, columns=", ".join(missing))
    return {column: named.index(column) for column in (*columns, *extras) if column in named}
