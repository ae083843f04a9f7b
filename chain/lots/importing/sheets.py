"""Opening a file: CSV text or an XLSX workbook, with every limit checked before anything is unpacked."""

import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chain.core.tables import DELIMITERS, FILE_TOO_LARGE, UnusableFile, decode_table, split_table
from chain.core.workbooks import (
    BROKEN_WORKBOOK,
    IS_PDF,
    MAX_SHEETS,
    NOT_A_TABLE,
    OLD_EXCEL,
    OLE,
    PDF,
    TOO_MANY_ROWS,
    ZIP,
    check_archive,
    check_sheet,
)
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
    if content.startswith(PDF):
        raise UnusableFile(IS_PDF)
    if content.startswith(OLE):
        raise UnusableFile(OLD_EXCEL)
    if content.startswith(ZIP):
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
            check_archive(archive)
            return _first_table(archive, content, finder)
    except UnusableFile:
        raise
    except Exception as problem:  # a damaged workbook fails in as many ways as there are parts in it
        raise UnusableFile(BROKEN_WORKBOOK) from problem


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
            check_sheet(raw, header.row)
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
