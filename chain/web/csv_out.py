"""CSV files as spreadsheets here open them: a BOM, `;` in Bolivia and `,` in Peru, no cell that runs as a formula."""

import csv
import io
from collections.abc import Iterable, Sequence

from flask import Response

from chain.core.tables import safe_cell
from chain.web.formats import number_format


def plain_cell(value: object) -> str:
    """Return a cell's text, disarmed when a spreadsheet would take it for a formula; a negative number is none."""
    return safe_cell("" if value is None else str(value))


def amount_cell(minor: int) -> str:
    """Return an amount in hundredths with the decimal sign that the same spreadsheet reads: 123450 → "1234.50", in Bolivia "1234,50"."""
    sign, whole = ("-" if minor < 0 else ""), abs(minor)
    return f"{sign}{whole // 100}{',' if number_format() == 'BO' else '.'}{whole % 100:02d}"


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a CSV file to download; it is made whole first, so that a fault in a row is an error and no half file."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";" if number_format() == "BO" else ",", lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([plain_cell(cell) for cell in row])
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(out.getvalue(), mimetype="text/csv", headers=headers)
