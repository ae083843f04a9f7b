"""Reads files of earlier seasons: CSV with titles in Spanish or English, commas or points as decimals. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chain.core.i18n import N_
from chain.core.quantity import parse_decimal, thousandths
from chain.core.tables import UnusableFile, read_table
from chain.core.titled_cells import BadCell, TitledRow, UnreadableCell, titled_rows
from chain.grading.scheme import ALPACA_FIBRE, COMMODITIES, LLAMA_CARCASS, LLAMA_FIBRE, RAW_MILK
from chain.income.rules import EarlierSeason
from chain.producers.rules import search_form

MAX_FILE_BYTES = 5_000_000
MAX_FILE_ROWS = 20_000

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
    rows: list[tuple[int, EarlierSeason]] = []
    bad: list[BadCell] = []
    for row in titled_rows(table, TITLES, optional=OPTIONAL, fold=search_form):
        season = _season(row)
        if season is None:
            bad += row.bad
        else:
            rows.append((row.number, season))
    return EarlierFile(rows, bad)


def _season(row: TitledRow) -> EarlierSeason | None:
    """Return the season, or None with the reasons in the row's `bad`."""
    code = row.read("member_code", str)
    year = row.read("season", _year)
    product = row.read("commodity", lambda text: PRODUCTS.get(search_form(text), text))
    quantity = row.read("quantity", lambda text: thousandths(parse_decimal(text)))
    gross = row.read("gross", _minor)
    source = row.read("source", str)
    deductions = row.read_if_given("deductions", _minor)
    if row.bad:
        return None
    return EarlierSeason(
        season=year or 0,
        commodity=str(product),
        quantity=quantity or 0,
        gross_minor=gross or 0,
        deductions_minor=deductions or 0,
        source=str(source),
        currency=row.cells.get("currency", "").upper() or None,
        member_code=str(code),
    )


def _year(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) == 4):  # noqa: PLR2004 - digits of a year
        raise UnreadableCell(NOT_A_YEAR)
    return int(text)


def _minor(text: str) -> int:
    cents = parse_decimal(text) * Decimal(100)
    if cents != cents.to_integral_value():
        raise UnreadableCell(WHOLE_CENTS)
    return int(cents)
