"""Reads files of opening balances: CSV or a workbook, titles in Spanish or English. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.quantity import parse_decimal
from chain.core.tables import CELL_BLANK, COLUMN_TWICE, UnusableFile
from chain.core.workbooks import read_any_table
from chain.producers.rules import search_form

MAX_FILE_BYTES = 300_000
MAX_FILE_ROWS = 5_000
MAX_MINOR = 10**11

COLUMN_MISSING = N_("The column “%(column)s” is missing.")
WHOLE_CENTS = N_("Write the amount with at most two decimals.")
NOT_ZERO = N_("The amount is zero; leave the row out.")
TOO_LARGE = N_("The amount is above a thousand million.")
BOTH_SIDES = N_("The row has a debit and a credit; give one of them.")
NO_AMOUNT = N_("The row has no amount.")

#: Columns and what people call them, without accents.
TITLES: Mapping[str, Sequence[str]] = {
    "account": ("account", "cuenta", "codigo de cuenta", "numero de cuenta"),
    "party": (
        "party",
        "codigo",
        "codigo de socio",
        "socio",
        "miembro",
        "comprador",
        "member_code",
        "auxiliar",
    ),
    "amount": ("amount", "monto", "importe", "saldo", "balance"),
    "debit": ("debit", "debe", "deudor", "saldo deudor"),
    "credit": ("credit", "haber", "acreedor", "saldo acreedor"),
    "currency": ("currency", "moneda"),
}


@dataclass(frozen=True, slots=True)
class OpeningRow:
    """A row; debit positive, rows counted as a spreadsheet shows them."""

    row: int
    account: str
    party: str | None
    amount_minor: int
    currency: str | None


@dataclass(frozen=True, slots=True)
class BadOpeningCell:
    """What cannot be taken, where and why."""

    row: int
    column: str
    reason: Message


@dataclass(frozen=True, slots=True)
class OpeningFile:
    """What a file holds; `hash` is the sha256 of its bytes."""

    hash: str
    rows: Sequence[OpeningRow]
    bad: Sequence[BadOpeningCell]


def read_opening_file(content: bytes) -> OpeningFile:
    """Read a file; bad cells are listed, all of them, and their rows left out.

    Raises:
        UnusableFile: it is no table, too large, or lacks a column.
    """
    table = read_any_table(content, limit=MAX_FILE_BYTES, rows=MAX_FILE_ROWS)
    places = _places(table.titles)
    rows, bad = [], []
    for number, cells in enumerate(table.rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        texts = {name: cells[at].strip() for name, at in places.items() if at < len(cells)}
        wrong: list[BadOpeningCell] = []
        if not texts.get("account"):
            wrong.append(BadOpeningCell(number, "account", Message(CELL_BLANK)))
        amount, column, reason = _amount(texts)
        if reason is not None:
            wrong.append(BadOpeningCell(number, column, reason))
        bad += wrong
        if not wrong:
            currency = texts.get("currency", "").upper() or None
            rows.append(OpeningRow(number, texts["account"], texts.get("party") or None, amount, currency))
    return OpeningFile(hashlib.sha256(content).hexdigest(), rows, bad)


def _places(titles: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, title in enumerate(titles):
        word = search_form(title)
        for name, known in TITLES.items():
            if word in known:
                if name in places:
                    raise UnusableFile(COLUMN_TWICE, column=name)
                places[name] = at
    if "account" not in places:
        raise UnusableFile(COLUMN_MISSING, column="account")
    if not {"amount", "debit", "credit"} & places.keys():
        raise UnusableFile(COLUMN_MISSING, column="amount")
    return places


def _amount(texts: Mapping[str, str]) -> tuple[int, str, Message | None]:
    """Return the amount, or the column to blame and why."""
    filled = [name for name in ("amount", "debit", "credit") if texts.get(name)]
    if not filled:
        return 0, "amount", Message(NO_AMOUNT)
    if len(filled) > 1:
        found = [name for name in filled if texts[name].strip("0.,") != ""]
        if len(found) > 1:
            return 0, filled[1], Message(BOTH_SIDES)
        filled = found or filled[:1]
    column = filled[0]
    try:
        cents = parse_decimal(texts[column]) * 100
    except DomainError as error:
        return 0, column, error.message
    return int(-cents if column == "credit" else cents), column, _wrong(cents)


def _wrong(cents: Decimal) -> Message | None:
    if cents % 1:
        return Message(WHOLE_CENTS)
    if cents == 0:
        return Message(NOT_ZERO)
    return Message(TOO_LARGE) if abs(cents) > MAX_MINOR else None
