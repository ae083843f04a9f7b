"""Reads a sheet of debts: CSV or Excel, titles in Spanish or English, every bad cell named. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from chain.core.i18n import N_
from chain.core.quantity import parse_decimal
from chain.core.titled_cells import BadCell, TitledRow, UnreadableCell, titled_rows
from chain.core.workbooks import read_any_table
from chain.dues.rules import DueKind, Source
from chain.producers.rules import search_form

MAX_FILE_BYTES = 5_000_000
MAX_FILE_ROWS = 20_000
#: Mistakes that a page or a terminal shows.
MISTAKES_SHOWN = 100

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
    rows: list[FileRow] = []
    bad: list[BadCell] = []
    for row in titled_rows(table, TITLES, optional=OPTIONAL, fold=search_form):
        found = _movement(row)
        if found is None:
            bad += row.bad
        else:
            rows.append(found)
    return MovementFile(rows, bad)


def _movement(row: TitledRow) -> FileRow | None:
    """Return the debt, or None with the reasons in the row's `bad`."""
    code = row.read("member_code", str)
    kind = row.read("kind", _kind)
    day = row.read("date", read_day)
    amount = row.read("amount", _minor)
    note = row.read("note", str)
    source = row.read_if_given("source", _source)
    if row.bad or code is None or kind is None or day is None or amount is None or note is None:
        return None
    return FileRow(row.number, code, kind, day, amount, note, source, row.cells.get("decided_by") or None)


def _kind(text: str) -> DueKind:
    word = search_form(text)
    found = KINDS.get(word)
    if found is None and word in set(KINDS.values()):
        found = DueKind(word)
    if found is None:
        raise UnreadableCell(NOT_A_KIND, possible=", ".join(KINDS))
    return found


def _source(text: str) -> Source:
    word = search_form(text)
    found = SOURCES.get(word)
    if found is None and word in set(SOURCES.values()):
        found = Source(word)
    if found is None:
        raise UnreadableCell(NOT_A_SOURCE, possible=", ".join(SOURCES))
    return found


def read_day(text: str) -> date:
    """Read a day as 2026-03-16, or day first as 16/03/2026."""
    slashed = _SLASHED.fullmatch(text)
    try:
        if slashed:
            return date(int(slashed[3]), int(slashed[2]), int(slashed[1]))
        return date.fromisoformat(text)
    except ValueError:
        raise UnreadableCell(NOT_A_DAY) from None


def _minor(text: str) -> int:
    value = parse_decimal(text) * 100
    if value != value.to_integral_value():
        raise UnreadableCell(WHOLE_CENTS)
    return int(value)
