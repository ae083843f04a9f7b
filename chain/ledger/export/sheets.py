"""The books as tables: CSV and Excel, without a cell that a spreadsheet would run."""

import csv
import io
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from chain.core.money import CURRENCIES
from chain.core.tables import safe_cell
from chain.ledger.export.rows import Balance, Export, ExportEntry
from chain.ledger.export.words import amount_text

TITLES = (
    "asiento", "fecha", "tipo", "glosa", "línea", "cuenta", "nombre de la cuenta", "código del tercero", "tercero", "debe",
    "haber", "moneda", "marca",
)  # fmt: skip
BALANCE_TITLES = ("cuenta", "nombre de la cuenta", "moneda", "saldo anterior", "saldo final")
PIECE = 32_000


def entry_cells(export: Export, entry: ExportEntry) -> Iterator[list[str | int | Decimal]]:
    """Return one row per posting; a side that is not used is empty."""
    for one in entry.postings:
        account = export.chart[one.account]
        amount = Decimal(abs(one.amount_minor)).scaleb(-CURRENCIES[one.currency])
        yield [
            entry.sequence,
            entry.occurred_on.isoformat(),
            entry.kind,
            safe_cell(entry.description),
            one.line,
            account.number,
            safe_cell(account.name),
            safe_cell(one.party.code or "") if one.party else "",
            safe_cell(one.party.name) if one.party else "",
            amount if one.amount_minor > 0 else "",
            amount if one.amount_minor < 0 else "",
            one.currency,
            entry.hash[:16],
        ]


def csv_text(export: Export, delimiter: str = ",") -> Iterator[str]:
    """Return the journal as CSV; with a semicolon between cells, the decimal sign is a comma."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator="\r\n")
    writer.writerow(TITLES)
    for entry in export.entries:
        for cells in entry_cells(export, entry):
            writer.writerow(
                [_number(cell, delimiter) if isinstance(cell, Decimal) else cell for cell in cells]
            )
        if buffer.tell() > PIECE:
            yield buffer.getvalue()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue()


def _number(value: Decimal, delimiter: str) -> str:
    return f"{value:f}".replace(".", ",") if delimiter == ";" else f"{value:f}"


def write_xlsx(export: Export, path: Path) -> None:
    """Write a workbook with the journal and the balances; row by row, so that memory does not grow."""
    from xlsxwriter import Workbook

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with Workbook(str(path), options) as book:
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet = book.add_worksheet("Diario")
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, TITLES, bold)
        place = 1
        for entry in export.entries:
            for cells in entry_cells(export, entry):
                for column, cell in enumerate(cells):
                    if isinstance(cell, Decimal):
                        sheet.write_number(place, column, float(cell), money)
                    else:
                        sheet.write(place, column, cell)
                place += 1
        balances = book.add_worksheet("Saldos")
        balances.write_row(0, 0, BALANCE_TITLES, bold)
        for row, line in enumerate(balance_cells(export), start=1):
            balances.write_row(row, 0, line[:3])
            balances.write_row(row, 3, line[3:], money)


def balance_cells(export: Export) -> Iterator[Sequence[str | float]]:
    """Return one row per account and currency."""
    before = {(one.account, one.currency): one for one in export.opening}
    order = {code: place for place, code in enumerate(export.chart)}
    for one in sorted(export.closing, key=lambda each: (order[each.account], each.currency)):
        account = export.chart[one.account]
        opening = before.get((one.account, one.currency), Balance(one.account, one.currency, 0))
        yield (
            account.number,
            safe_cell(account.name),
            one.currency,
            float(amount_text(opening.amount_minor, one.currency)),
            float(amount_text(one.amount_minor, one.currency)),
        )
