"""Reads a sheet of debts: CSV or Excel, titles in Spanish or English, every bad cell named. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID, uuid5

from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.quantity import parse_decimal
from chain.core.tables import CELL_BLANK, COLUMN_TWICE, UnusableFile
from chain.core.workbooks import read_any_table
from chain.dues.rules import DueKind, Source
from chain.producers.rules import search_form

MAX_FILE_BYTES = 5_000_000
MAX_FILE_ROWS = 20_000
#: Mistakes that a page or a terminal shows.
MISTAKES_SHOWN = 100

COLUMN_MISSING = N_("The column “%(column)s” is missing.")
WHOLE_CENTS = N_("Write the amount with at most two decimals.")
NOT_A_DAY = N_("Write the day as 2026-03-16 or 16/03/2026.")
NOT_A_KIND = N_("This kind is not known. Possible: %(possible)s.")
NOT_A_SOURCE = N_("It is not known what was given. Possible: %(possible)s.")
UNKNOWN_CODE = N_("We do not know this member code in your organisation.")

#: Columns and what people call them, without accents.
TITLES: Mapping[str, Sequence[str]] = {
    "member_code": ("member_code", "codigo", "codigo de socio", "socio"),
    "kind": ("kind", "tipo", "concepto"),
    "date": ("date", "fecha"),
    "amount": ("amount", "monto", "importe"),
    "note": ("note", "detalle", "descripcion", "glosa"),
    "source": ("source", "origen"),
    "decided_by": ("decided_by", "decision", "acta"),
}
OPTIONAL = frozenset({"source", "decided_by"})
KINDS: Mapping[str, DueKind] = {
    "adelanto": DueKind.ADVANCE,
    "adelanto en dinero": DueKind.ADVANCE,
    "anticipo": DueKind.ADVANCE,
    "adelanto en productos": DueKind.ADVANCE_IN_GOODS,
    "adelanto en especie": DueKind.ADVANCE_IN_GOODS,
    "banco comunal": DueKind.VILLAGE_BANK,
    "alimento": DueKind.FEED,
    "alimentos": DueKind.FEED,
    "balanceado": DueKind.FEED,
    "veterinaria": DueKind.VET,
    "veterinario": DueKind.VET,
    "credito": DueKind.CREDIT,
    "yogur": DueKind.YOGHURT,
    "yogurt": DueKind.YOGHURT,
    "queso": DueKind.YOGHURT,
    "tachos": DueKind.CANS,
    "porongos": DueKind.CANS,
    "productos": DueKind.PRODUCTS,
    "flete": DueKind.FREIGHT,
    "otro": DueKind.OTHER,
    "otros": DueKind.OTHER,
}
SOURCES: Mapping[str, Source] = {
    "efectivo": Source.CASH,
    "caja": Source.CASH,
    "banco": Source.BANK,
    "productos": Source.GOODS,
    "servicio": Source.SERVICE,
    "saldo anterior": Source.OPENING,
    "inicial": Source.OPENING,
}
_SLASHED = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BadCell:
    """A cell that cannot be used; rows are counted as a spreadsheet shows them."""

    row: int
    column: str
    reason: Message


@dataclass(frozen=True, slots=True)
class FileRow:
    """A debt as the file says it."""

    row: int
    member_code: str
    kind: DueKind
    dated_on: date
    amount_minor: int
    note: str
    source: Source | None
    decided_by: str | None = None

    def id_in(self, organisation_id: UUID, occurrence: int) -> UUID:
        """Return an id that the same row of the same file gets again, so that importing it twice adds nothing."""
        facts = [self.member_code, self.kind, self.dated_on, self.amount_minor, self.note, self.source]
        if self.decided_by:
            facts.append(self.decided_by)
        return uuid5(organisation_id, "|".join(map(str, (*facts, occurrence))))


@dataclass(frozen=True, slots=True)
class MovementFile:
    """What a file holds."""

    rows: Sequence[FileRow]
    bad: Sequence[BadCell]


def read_movement_file(content: bytes) -> MovementFile:
    """Read a file; bad cells are listed, all of them, and their rows left out.

    Raises:
        UnusableFile: it is no table, too large, or lacks a column.
    """
    table = read_any_table(content, limit=MAX_FILE_BYTES, rows=MAX_FILE_ROWS)
    places = _find_columns(table.titles)
    rows: list[FileRow] = []
    bad: list[BadCell] = []
    for number, cells in enumerate(table.rows, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        reader = _Row(number, {name: cells[at].strip() for name, at in places.items() if at < len(cells)})
        found = reader.read()
        if found is None:
            bad += reader.bad
        else:
            rows.append(found)
    return MovementFile(rows, bad)


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

    def read(self) -> FileRow | None:
        """Return the debt, or None with the reasons in `bad`."""
        code = self._cell("member_code", str)
        kind = self._cell("kind", _kind)
        day = self._cell("date", read_day)
        amount = self._cell("amount", _minor)
        note = self._cell("note", str)
        source = self._cell("source", _source) if self._cells.get("source") else None
        if self.bad or code is None or kind is None or day is None or amount is None or note is None:
            return None
        return FileRow(
            self._number, code, kind, day, amount, note, source, self._cells.get("decided_by") or None
        )

    def _cell(self, column: str, read: Callable[[str], T]) -> T | None:
        text = self._cells.get(column, "")
        if not text:
            self.bad.append(BadCell(self._number, column, Message(CELL_BLANK)))
            return None
        try:
            return read(text)
        except DomainError as error:
            self.bad.append(BadCell(self._number, column, error.message))
        except _Unread as error:
            self.bad.append(BadCell(self._number, column, error.reason))
        return None


class _Unread(ValueError):
    def __init__(self, text: str, **params: object) -> None:
        super().__init__(text)
        self.reason = Message(text, params)


def _kind(text: str) -> DueKind:
    word = search_form(text)
    found = KINDS.get(word)
    if found is None and word in set(KINDS.values()):
        found = DueKind(word)
    if found is None:
        raise _Unread(NOT_A_KIND, possible=", ".join(KINDS))
    return found


def _source(text: str) -> Source:
    word = search_form(text)
    found = SOURCES.get(word)
    if found is None and word in set(SOURCES.values()):
        found = Source(word)
    if found is None:
        raise _Unread(NOT_A_SOURCE, possible=", ".join(SOURCES))
    return found


def read_day(text: str) -> date:
    """Read a day as 2026-03-16, or day first as 16/03/2026."""
    slashed = _SLASHED.fullmatch(text)
    try:
        if slashed:
            return date(int(slashed[3]), int(slashed[2]), int(slashed[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise _Unread(NOT_A_DAY) from None


def _minor(text: str) -> int:
    value = parse_decimal(text) * 100
    if value != value.to_integral_value():
        raise _Unread(WHOLE_CENTS)
    return int(value)
