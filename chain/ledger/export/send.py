"""An export as bytes to send."""

import tempfile
from datetime import date
from pathlib import Path
from uuid import UUID

from chain.core.db import snapshot
from chain.ledger.export.formats import ENDINGS, ExportFormat, write_export


def export_bytes(
    organisation_id: UUID, first: date, last: date, wanted: ExportFormat, delimiter: str = ","
) -> bytes:
    """Return the books of a period in a format, read in one snapshot."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"export.{ENDINGS[wanted]}"
        with snapshot() as session:
            write_export(
                session,
                organisation_id=organisation_id,
                first=first,
                last=last,
                wanted=wanted,
                path=path,
                delimiter=delimiter,
            )
        return path.read_bytes()
