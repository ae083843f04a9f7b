"""The board as files for spreadsheets: the same rows and words as on the page, all pages of it."""

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import xlsxwriter

from chain.certification.rules import Claim
from chain.core.i18n import N_
from chain.core.tables import safe_cell
from chain.lots.board_words import other_values, product_name, state_of, who_text
from chain.lots.grades import scheme_label
from chain.lots.labels import SHORT_CLAIMS, colour_name, grade_name, name_language
from chain.lots.queries import BoardRow
from chain.lots.rules import STATE_LABELS, LotState
from chain.web.formats import number_format, timezone_name
from chain.web.i18n import gettext

#: Rows of a file. Beyond it the board asks to narrow the filters: half a list without a word would be a wrong one.
MAX_CSV_ROWS, MAX_XLSX_ROWS = 100_000, 50_000
HEADERS = (
    N_("Lot"),
    N_("Delivered"),
    N_("Product"),
    N_("Producer"),
    N_("Member code"),
    N_("Gross (kg)"),
    N_("Tare (kg)"),
    N_("Net (kg or l)"),
    N_("Unit"),
    N_("Class"),
    N_("Norm"),
    N_("Confirmed"),
    N_("Claim"),
    N_("State"),
    N_("In the house"),
    N_("Colour"),
    N_("Mean micron"),
    N_("Place"),
    N_("Bags"),
    N_("Recorded"),
)
Cell = str | int | Decimal | date | datetime | None
PIECE = 32_000
BYTES = 64 * 1024


def cells_of(row: BoardRow, behind: Mapping[UUID, int]) -> list[Cell]:
    """Return a lot as a row of the file; numbers stay numbers, moments are those of the organisation's clock."""
    measured = {**row.attributes, **(row.measured or {})}
    return [
        row.number,
        row.delivered_at.astimezone(ZoneInfo(timezone_name())).replace(tzinfo=None, second=0, microsecond=0),
        product_name(row.commodity, row.label),
        who_text(row, behind),
        row.member_code,
        _thousandths(row.gross_g),
        _thousandths(row.tare_g),
        _thousandths(row.quantity),
        "kg" if row.unit == "g" else "l",
        grade_name(row),
        scheme_label(row.grade_scheme, row.grade_edition, name_language()) if row.grade_scheme else None,
        gettext(N_("yes")) if row.grade_confirmed else gettext(N_("no")),
        gettext(SHORT_CLAIMS[Claim(row.claim)]),
        gettext(STATE_LABELS[LotState(row.state)]),
        gettext(state_of(row)),
        colour_name(row.colour) if row.colour else None,
        None if row.micron_tenths is None else Decimal(row.micron_tenths).scaleb(-1),
        row.site_name,
        row.bag_count,
        other_values(row.commodity, measured),
    ]


def _thousandths(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value).scaleb(-3)


def csv_pieces(rows: Iterable[Sequence[Cell]]) -> Iterator[str]:
    """Give a CSV file piece by piece, in the separators of the country."""
    is_comma = number_format() == "BO"
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";" if is_comma else ",", lineterminator="\r\n")
    buffer.write("\ufeff")  # a spreadsheet takes the file as UTF-8 by this mark
    writer.writerow([gettext(header) for header in HEADERS])
    for row in rows:
        writer.writerow([_csv_cell(cell, is_comma=is_comma) for cell in row])
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _csv_cell(cell: Cell, *, is_comma: bool) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        text = f"{cell:f}"
        return text.replace(".", ",") if is_comma else text
    if isinstance(cell, datetime):
        return cell.strftime("%Y-%m-%d %H:%M")
    return safe_cell(str(cell))


def xlsx_file(rows: Iterable[Sequence[Cell]]) -> IO[bytes]:
    """Write an Excel file to a temporary place and return it, open at its beginning; memory stays flat.

    Texts are written as texts, so none of them is run as a formula or opened as a link.
    """
    target = tempfile.TemporaryFile()  # noqa: SIM115 - whoever sends it closes it
    book = xlsxwriter.Workbook(target, {"constant_memory": True})
    sheet = book.add_worksheet(gettext(N_("Lots")))
    bold = book.add_format({"bold": True})
    formats = {
        Decimal: book.add_format({"num_format": "#,##0.###"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    sheet.freeze_panes(1, 1)
    for place, header in enumerate(HEADERS):
        sheet.write_string(0, place, gettext(header), bold)
    number = 0
    for number, row in enumerate(rows, 1):
        for place, cell in enumerate(row):
            _write_cell(sheet, number, place, cell, formats)
    sheet.autofilter(0, 0, max(number, 1), len(HEADERS) - 1)
    sheet.set_column(0, len(HEADERS) - 1, 16)
    book.close()
    target.seek(0)
    return target


def file_pieces(content: IO[bytes]) -> Iterator[bytes]:
    """Give a file piece by piece and close it."""
    with content:
        while piece := content.read(BYTES):
            yield piece


def _write_cell(sheet: Any, row: int, column: int, cell: Cell, formats: Mapping[type, Any]) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, datetime):
        sheet.write_datetime(row, column, cell, formats[datetime])
    elif isinstance(cell, Decimal | int):
        sheet.write_number(row, column, cell, formats.get(type(cell)))
    else:
        sheet.write_string(row, column, str(cell))
