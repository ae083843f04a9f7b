"""Which formats there are, and writing one of them to a file."""

from datetime import date
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.ledger.export.beancount import beancount_text
from chain.ledger.export.hledger import hledger_text
from chain.ledger.export.rows import export_of
from chain.ledger.export.sheets import csv_text, write_xlsx


class ExportFormat(StrEnum):
    """A format of the books."""

    CSV = "csv"
    XLSX = "xlsx"
    HLEDGER = "hledger"
    BEANCOUNT = "beancount"


FORMAT_LABELS = {
    ExportFormat.CSV: N_("CSV table"),
    ExportFormat.XLSX: N_("Excel workbook (.xlsx)"),
    ExportFormat.HLEDGER: N_("hledger journal"),
    ExportFormat.BEANCOUNT: N_("beancount file"),
}
ENDINGS = {
    ExportFormat.CSV: "csv",
    ExportFormat.XLSX: "xlsx",
    ExportFormat.HLEDGER: "journal",
    ExportFormat.BEANCOUNT: "beancount",
}
MIME_TYPES = {
    ExportFormat.CSV: "text/csv; charset=utf-8",
    ExportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ExportFormat.HLEDGER: "text/plain; charset=utf-8",
    ExportFormat.BEANCOUNT: "text/plain; charset=utf-8",
}


def write_export(
    session: Session,
    *,
    organisation_id: UUID,
    first: date,
    last: date,
    wanted: ExportFormat,
    path: Path,
    delimiter: str = ",",
) -> None:
    """Write the books of a period to a file. Call it in a snapshot: it reads with several statements."""
    export = export_of(session, organisation_id, first, last)
    if wanted is ExportFormat.XLSX:
        write_xlsx(export, path)
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if wanted is ExportFormat.CSV:
            file.write("\ufeff")
            file.writelines(csv_text(export, delimiter))
        elif wanted is ExportFormat.HLEDGER:
            file.writelines(hledger_text(export))
        else:
            file.writelines(beancount_text(export))
