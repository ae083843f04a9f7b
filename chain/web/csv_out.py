"""CSV files as spreadsheets here open them: a BOM, `;` in Bolivia and `,` in Peru, no cell that runs as a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

from chain.core.tables import safe_cell
from chain.web.formats import number_format


def plain_cell(value: object) -> str:
    """Return a cell's text, disarmed when a spreadsheet would take it for a formula; a negative number is none."""
    return safe_cell("" if value is None else str(value))


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a CSV file to download, sent piece by piece."""
    delimiter = ";" if number_format() == "BO" else ","

    def pieces() -> Iterator[str]:
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
        yield "\ufeff"
        writer.writerow(header)
        for row in rows:
            writer.writerow([plain_cell(cell) for cell in row])
            if buffer.tell() > 32_000:  # noqa: PLR2004 - characters of a piece
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
        yield buffer.getvalue()

    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return Response(stream_with_context(pieces()), mimetype="text/csv", headers=headers)
