"""Opening a file: CSV text or an XLSX workbook, with every limit checked before anything is unpacked."""

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chain.core.i18n import N_
from chain.core.tables import DELIMITERS, FILE_TOO_LARGE, UnusableFile, decode_table, split_table
from chain.lots.importing.columns import (
    HEADER_LINES,
    MAX_COLUMNS,
    Header,
    find_header,
    known_titles,
)
from chain.lots.importing.values import Cell

#: Rows with something in them, the titles not counted.
MAX_ROWS = 50_000
#: Rows that are looked at in all, blank ones and those above the titles included.
MAX_LINES = MAX_ROWS + 10_000
#: The command line; a browser's file is bounded by CHAIN_MAX_BODY_BYTES first.
MAX_BYTES = 64 * 1024 * 1024
MAX_SHEETS = 20
MAX_MEMBERS = 2_000
#: What a workbook may grow to when it is unpacked.
MAX_UNPACKED = 256 * 1024 * 1024
#: A part of more than a megabyte that grows more than this is a bomb: real sheets grow 5 to 30 times.
MAX_GROWTH = 200
GROWTH_COUNTS_FROM = 1024 * 1024

TOO_MANY_ROWS = N_("The file has more than %(limit)s rows. Divide it.")
NOT_A_TABLE = N_("The file is neither a CSV table nor an Excel workbook (.xlsx).")
OLD_EXCEL = N_(
    "The file is an old Excel workbook (.xls) or has a password. Save it as .xlsx without a password."
)
IS_PDF = N_("The file is a PDF, whatever its name says. Send the table as CSV or Excel (.xlsx).")
BROKEN_WORKBOOK = N_(
    "The workbook is damaged. Open it in the spreadsheet program and save it again as .xlsx."
)
NO_WORKBOOK = N_("The file is a ZIP archive, but not an Excel workbook (.xlsx).")
MACROS = N_("The workbook holds macros. Save it as .xlsx without macros.")
SWELLS = N_("The workbook would grow too large when it is unpacked. It was not opened.")
ENTITIES = N_("The workbook holds XML declarations that spreadsheets never write. It was not opened.")
LINKED_CELLS = N_(
    "Cells are merged in the table (%(range)s). Undo the merging: each row needs its own cells."
)
NO_RESULTS = N_(
    "The sheet holds formulas without stored results. Open the file in the spreadsheet program and save it again."
)

_ZIP, _OLE, _PDF = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF"
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}([0-9]{1,7}))?)[\"']"
)
#: A cell with a formula and no value behind it.
_UNCOUNTED = re.compile(
    rb"<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table with its titles found. `rows` hold (row number as a spreadsheet shows it, cells); blank rows are left out."""

    header: Header
    rows: Sequence[tuple[int, Sequence[Cell]]]
    #: name of the sheet that was read, when the workbook has several
    name: str | None = None
    other_sheets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finder:
    """How the row of titles is found: within so many lines, by the score of each, as a header or a refusal.

    A header in row -1 lets every row be data.
    """

    lines: int
    score: Callable[[Sequence[object]], int]
    find: Callable[[Sequence[Sequence[object]]], Header]


LOT_TITLES = Finder(HEADER_LINES, known_titles, find_header)


def open_sheet(content: bytes, finder: Finder = LOT_TITLES) -> Sheet:
    """Open a file by what it holds; its name decides nothing.

    Raises:
        UnusableFile: anything about the file as a whole: its kind, its size, its titles, merged cells.
    """
    if len(content) > MAX_BYTES:
        raise UnusableFile(FILE_TOO_LARGE, limit=MAX_BYTES // (1024 * 1024))
    if content.startswith(_PDF):
        raise UnusableFile(IS_PDF)
    if content.startswith(_OLE):
        raise UnusableFile(OLD_EXCEL)
    if content.startswith(_ZIP):
        return _open_workbook(content, finder)
    if b"\0" in content:
        raise UnusableFile(NOT_A_TABLE)
    return _open_text(content, finder)


def _bounded(rows: Sequence[Sequence[Cell]], header: Header) -> list[tuple[int, Sequence[Cell]]]:
    first = header.row + 1
    found = [
        (number, cells)
        for number, cells in enumerate(rows[first:], first + 1)
        if any(
            cell is not None and cell != "" and not (isinstance(cell, str) and cell.isspace())
            for cell in cells
        )
    ]
    if len(found) > MAX_ROWS:
        raise UnusableFile(TOO_MANY_ROWS, limit=MAX_ROWS)
    return found


# --- CSV --------------------------------------------------------------------------------------------------------------


def _open_text(content: bytes, finder: Finder) -> Sheet:
    text = decode_table(content, limit=MAX_BYTES)
    rows = split_table(text, _find_delimiter(text, finder))
    if len(rows) > MAX_LINES:
        raise UnusableFile(TOO_MANY_ROWS, limit=MAX_ROWS)
    header = finder.find(rows)
    return Sheet(header, _bounded(rows, header))


def _find_delimiter(text: str, finder: Finder) -> str:
    """Take the separator under which a row of the top scores best, as by its known titles."""
    top = "\n".join(text.splitlines()[: finder.lines])

    def score(delimiter: str) -> tuple[int, int]:
        try:
            rows = split_table(top, delimiter)
        except UnusableFile:  # the cut may lie within quotation marks
            rows = [line.split(delimiter) for line in top.splitlines()]
        return max((finder.score(row) for row in rows), default=0), top.count(delimiter)

    return max(DELIMITERS, key=score)


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _open_workbook(content: bytes, finder: Finder) -> Sheet:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_archive(archive)
            return _first_table(archive, content, finder)
    except UnusableFile:
        raise
    except Exception as problem:  # a damaged workbook fails in as many ways as there are parts in it
        raise UnusableFile(BROKEN_WORKBOOK) from problem


def _check_archive(archive: zipfile.ZipFile) -> None:
    """Refuse bombs, macros and XML tricks from the list of members and their beginnings, before a sheet is parsed."""
    members = archive.infolist()
    if len(members) > MAX_MEMBERS or sum(one.file_size for one in members) > MAX_UNPACKED:
        raise UnusableFile(SWELLS)
    for one in members:
        if one.file_size > GROWTH_COUNTS_FROM and one.file_size > MAX_GROWTH * max(one.compress_size, 1):
            raise UnusableFile(SWELLS)
    names = {one.filename for one in members}
    if "[Content_Types].xml" not in names or not any(name.startswith("xl/") for name in names):
        raise UnusableFile(NO_WORKBOOK)
    if any(name.lower().endswith("vbaproject.bin") or name.startswith("xl/macrosheets/") for name in names):
        raise UnusableFile(MACROS)
    for one in members:
        if one.filename.endswith((".xml", ".rels", ".vml")):
            _check_declarations(archive, one)


def _check_declarations(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    with archive.open(member) as part:
        start = part.read(4096)
    # UTF-16 would hide the letters from the search; no spreadsheet writes it.
    if _DECLARATION.search(start) or start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start:
        raise UnusableFile(ENTITIES)


def _first_table(archive: zipfile.ZipFile, content: bytes, finder: Finder) -> Sheet:
    """Read the first sheet in which the row of titles is found."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheets: list[Any] = [one for one in book.worksheets if one.sheet_state == "visible"][:MAX_SHEETS]
        names = [str(one.title) for one in sheets]
        refused: UnusableFile | None = None
        for sheet in sheets:
            sheet.reset_dimensions()
            top = _rows_of(sheet, finder.lines, MAX_COLUMNS + 1)
            try:
                header = finder.find(top)
            except UnusableFile as problem:
                refused = refused or problem
                continue
            raw = archive.read(sheet._worksheet_path)  # noqa: SLF001 - read-only sheets tell their part nowhere else
            _check_sheet(raw, header)
            rows = _bounded(_rows_of(sheet, MAX_LINES + 1, header.width), header)
            others = tuple(name for name in names if name != sheet.title)
            return Sheet(header, rows, str(sheet.title) if others else None, others)
    finally:
        book.close()
    raise refused or UnusableFile(BROKEN_WORKBOOK)


def _rows_of(sheet: Any, limit: int, width: int) -> Sequence[Sequence[Cell]]:
    rows: list[Sequence[Cell]] = list(sheet.iter_rows(max_row=limit, max_col=width, values_only=True))
    if len(rows) > MAX_LINES:
        raise UnusableFile(TOO_MANY_ROWS, limit=MAX_ROWS)
    return rows


def _check_sheet(raw: bytes, header: Header) -> None:
    """Refuse merged cells from the titles down, and formulas whose results are not in the file."""
    if _DECLARATION.search(raw):
        raise UnusableFile(ENTITIES)
    for found in _MERGED.finditer(raw):
        last = int(found[2] or 0)
        if 0 <= header.row < last:
            raise UnusableFile(LINKED_CELLS, range=found[1].decode())
    if b"<f" in raw and _UNCOUNTED.search(raw):
        raise UnusableFile(NO_RESULTS)
