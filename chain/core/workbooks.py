"""Excel workbooks that people bring: every limit is checked before anything is unpacked, and a sheet is read as a table of texts."""

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any

from chain.core.i18n import N_
from chain.core.tables import FILE_EMPTY, FILE_TOO_LARGE, Table, UnusableFile, read_table

MAX_SHEETS = 20
MAX_MEMBERS = 2_000
#: What a workbook may grow to when it is unpacked.
MAX_UNPACKED = 256 * 1024 * 1024
#: A part of more than a megabyte that grows more than this is a bomb: real sheets grow 5 to 30 times.
MAX_GROWTH = 200
GROWTH_COUNTS_FROM = 1024 * 1024
MAX_COLUMNS = 500

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

ZIP, OLE, PDF = b"PK", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"%PDF"
_DECLARATION = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z]{1,3}[0-9]{1,7}(?::[A-Z]{1,3}([0-9]{1,7}))?)[\"']"
)
#: A cell with a formula and no value behind it.
_UNCOUNTED = re.compile(
    rb"<(?:\w+:)?c\b[^>]*>\s*<(?:\w+:)?f\b(?:[^>]*/>|[^>]*>[^<]*</(?:\w+:)?f>)\s*"
    rb"(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


def check_archive(archive: zipfile.ZipFile) -> None:
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


def check_sheet(raw: bytes, titles_row: int) -> None:
    """Refuse merged cells below the titles (counted from 0; -1: no titles), and formulas whose results are not in the file."""
    if _DECLARATION.search(raw):
        raise UnusableFile(ENTITIES)
    for found in _MERGED.finditer(raw):
        last = int(found[2] or 0)
        if 0 <= titles_row < last:
            raise UnusableFile(LINKED_CELLS, range=found[1].decode())
    if b"<f" in raw and _UNCOUNTED.search(raw):
        raise UnusableFile(NO_RESULTS)


def read_any_table(content: bytes, *, limit: int, rows: int) -> Table:
    """Open a CSV file or the first sheet of a workbook that holds anything; the first row is the titles. What it holds decides,
    not its name. Numbers of a workbook come out as they are typed: 23.05, never 23.049999.

    Raises:
        UnusableFile: anything about the file as a whole: its kind, its size, merged cells, formulas without results.
    """
    if len(content) > limit:
        raise UnusableFile(FILE_TOO_LARGE, limit=limit // 1_000_000)
    if content.startswith(PDF):
        raise UnusableFile(IS_PDF)
    if content.startswith(OLE):
        raise UnusableFile(OLD_EXCEL)
    if not content.startswith(ZIP):
        table = read_table(content, limit=limit)
        if len(table.rows) > rows:
            raise UnusableFile(TOO_MANY_ROWS, limit=rows)
        return table
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            check_archive(archive)
            return _first_sheet(archive, content, rows)
    except UnusableFile:
        raise
    except Exception as problem:  # a damaged workbook fails in as many ways as there are parts in it
        raise UnusableFile(BROKEN_WORKBOOK) from problem


def _first_sheet(archive: zipfile.ZipFile, content: bytes, limit: int) -> Table:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        sheets: list[Any] = [one for one in book.worksheets if one.sheet_state == "visible"][:MAX_SHEETS]
        for sheet in sheets:
            sheet.reset_dimensions()
            found = _texts(sheet, limit)
            if not found:
                continue
            check_sheet(archive.read(sheet._worksheet_path), 0)  # noqa: SLF001 - read-only sheets tell their part nowhere else
            return Table(titles=found[0], rows=found[1:], delimiter=",")
    finally:
        book.close()
    raise UnusableFile(FILE_EMPTY)


def _texts(sheet: Any, limit: int) -> list[Sequence[str]]:
    """Return the rows as texts; empty rows at the end are cut, and so are empty cells at the end of a row."""
    found: list[Sequence[str]] = []
    for cells in sheet.iter_rows(max_row=limit + 2, max_col=MAX_COLUMNS, values_only=True):
        texts = [cell_text(cell) for cell in cells]
        while texts and not texts[-1]:
            texts.pop()
        found.append(texts)
    while found and not found[-1]:
        found.pop()
    if len(found) > limit + 1:
        raise UnusableFile(TOO_MANY_ROWS, limit=limit)
    return found


def cell_text(cell: object) -> str:
    """Return a cell as a person would have typed it: 23, 23.05, 2026-03-16."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell)
