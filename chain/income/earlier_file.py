"""Reads files of earlier seasons: CSV with titles in Spanish or English, commas or points as decimals. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.quantity import parse_decimal, thousandths
from chain.core.tables import CELL_BLANK, COLUMN_TWICE, UnusableFile, read_table
from chain.grading.scheme import ALPACA_FIBRE, COMMODITIES, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK
from chain.income.rules import EarlierSeason
from chain.producers.rules import search_form

MAX_FILE_BYTES = 5_000_000
MAX_FILE_ROWS = 20_000

COLUMN_MISSING = N_("The column “%(column)s” is missing.")
TOO_MANY_ROWS = N_("The file has more than %(limit)s rows.")
WHOLE_CENTS = N_("Write the amount with at most two decimals.")
NOT_A_YEAR = N_("Write the year with four digits.")

#: Columns and what people call them, without accents.
TITLES: Mapping[str, Sequence[str]] = {
    "member_code": ("member_code", "codigo", "codigo de socio", "socio"),
    "season": ("season", "year", "campana", "ano", "gestion"),
    "commodity": ("commodity", "product", "producto"),
    "quantity": ("quantity", "cantidad", "kilos", "litros", "kg", "l"),
    "gross": ("gross", "bruto", "monto bruto", "total"),
    "deductions": ("deductions", "descuentos", "descuento"),
    "currency": ("currency", "moneda"),
    "source": ("source", "fuente", "libro"),
}
OPTIONAL = frozenset({"deductions", "currency"})
#: Words for products besides our own keys.
PRODUCTS: Mapping[str, str] = {
    "fibra": ALPACA_FIBRE,
    "fibra de alpaca": ALPACA_FIBRE,
    "alpaca fibre": ALPACA_FIBRE,
    "fibra de llama": LLAMA_FIBRE,
    "llama fibre": LLAMA_FIBRE,
    "leche": RAW_MILK,
    "raw milk": RAW_MILK,
    "milk": RAW_MILK,
    "carne de llama": LLAMA_CARCASS,
    "carne": LLAMA_CARCASS,
    "llama carcass": LLAMA_CARCASS,
    **{key: key for key in COMMODITIES},
}


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be read; rows are counted as a spreadsheet shows them."""

    row: int
    column: str
    reason: Message


@dataclass(frozen=True, slots=True)
class EarlierFile:
    """What a file holds."""

    rows: Sequence[tuple[int, EarlierSeason]]
    bad: Sequence[BadCell]


def read_earlier_file(content: bytes) -> EarlierFile:
    """Read a file; bad cells are listed, all of them, and their rows left out.

    Raises:
        UnusableFile: it is no table, too large, or lacks a column.
    """
    table = read_table(content, limit=MAX_FILE_BYTES)
    if len(table.rows) > MAX_FILE_ROWS:
        raise UnusableFile(TOO_MANY_ROWS, limit=MAX_FILE_ROWS)
    places = _find_columns(table.titles)
    rows, bad = [], []
    for number, cells in enumerate(table.rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        reader = _Row(number, {name: cells[at].strip() for name, at in places.items() if at < len(cells)})
        season = reader.season()
        if reader.bad or season is None:
            bad += reader.bad
        else:
            rows.append((number, season))
    return EarlierFile(rows, bad)


def _find_columns(titles: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, title in enumerate(titles):
        word = search_form(title)
        for name, known in TITLES.items():
            if word in known:
                if name in places:
                    raise UnusableFile(COLUMN_TWICE, column=name)
                places[name] = at
    for name in TITLES:
        if name not in places and name not in OPTIONAL:
            raise UnusableFile(COLUMN_MISSING, column=name)
    return places


class _Row:
    def __init__(self, number: int, cells: Mapping[str, str]) -> None:
        self._number = number
        self._cells = cells
        self.bad: list[BadCell] = []

    def season(self) -> EarlierSeason | None:
        """Return the season, or None with the reasons in `bad`."""
        code = self._read("member_code", str)
        year = self._read("season", _year)
        product = self._read("commodity", lambda text: PRODUCTS.get(search_form(text), text))
        quantity = self._read("quantity", lambda text: thousandths(parse_decimal(text)))
        gross = self._read("gross", _minor)
        source = self._read("source", str)
        deductions = self._read("deductions", _minor) if self._cells.get("deductions") else 0
        if self.bad:
            return None
        return EarlierSeason(
            season=int(year or 0),
            commodity=str(product),
            quantity=int(quantity or 0),
            gross_minor=int(gross or 0),
            deductions_minor=int(deductions or 0),
            source=str(source),
            currency=self._cells.get("currency", "").upper() or None,
            member_code=str(code),
        )

    def _read(self, column: str, read: Callable[[str], object]) -> str | int | None:
        text = self._cells.get(column, "")
        if not text:
            self.bad.append(BadCell(self._number, column, Message(CELL_BLANK)))
            return None
        try:
            return read(text)  # type: ignore[return-value]  # a text or a whole number
        except DomainError as error:
            self.bad.append(BadCell(self._number, column, error.message))
        except ValueError as error:
            self.bad.append(BadCell(self._number, column, Message(str(error))))
        return None


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4):  # noqa: PLR2004 - digits of a year
        raise ValueError(NOT_A_YEAR)
    return int(text)


def _minor(text: str) -> int:
    cents = parse_decimal(text) * Decimal(100)
    if cents != cents.to_integral_value():
        raise ValueError(WHOLE_CENTS)
    return int(cents)
