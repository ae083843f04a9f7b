"""What came of reading a file, in one shape for pages, API and command line."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from chain.core.errors import Conflict, DomainError, Kind
from chain.core.i18n import N_
from chain.lots.importing.reading import Problem


class Outcome(StrEnum):
    """How far it went."""

    CHECKED = "checked"  # looked at only
    STORED = "stored"
    REFUSED = "refused"  # bad rows, and nothing was written


class RowStatus(StrEnum):
    """What a row is to the database."""

    NEW = "new"
    DUPLICATE = "duplicate"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One of the first rows, as it was understood. `quantity` is net, in grams or millilitres by `unit`."""

    number: int
    status: RowStatus
    member_code: str
    producer_name: str
    commodity: str
    delivered_at: datetime
    gross_g: int | None
    tare_g: int | None
    quantity: int
    unit: str
    grade_scheme: str
    grade_edition: str
    grade_key: str | None
    claim: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class EarlierImport:
    """An import of the same file before."""

    id: UUID
    imported_at: datetime
    imported_by: str | None
    rows_stored: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """Counts, problems and first rows of a file. `new + duplicates + bad == total`."""

    outcome: Outcome
    file_name: str
    sha256: str
    total: int
    new: int
    duplicates: int
    bad: int
    problems: Sequence[Problem]
    preview: Sequence[PreviewRow] = ()
    #: titles that were understood, with the field that they mean
    columns: Sequence[tuple[str, str]] = ()
    ignored: Sequence[str] = ()
    sheet_name: str | None = None
    other_sheets: Sequence[str] = ()
    earlier: EarlierImport | None = None
    batch_id: UUID | None = None
    #: False: the same import was sent before, and this is its answer again
    is_first_answer: bool = True


class RowsRefused(DomainError):
    """Rows of a file cannot be taken and skipping them was not asked for; nothing was written."""

    code = "rows_refused"
    kind = Kind.INVALID
    text = N_("%(bad)s of %(total)s rows cannot be read. Nothing was stored.")

    def __init__(self, report: ImportReport) -> None:
        super().__init__(bad=report.bad, total=report.total)
        self.report = report


class FileReadOtherwise(Conflict):
    """The same file was imported before with another unit, factor or product, and its lots are still there."""

    code = "file_read_otherwise"
    text = N_(
        "This very file was imported on %(day)s with another unit, factor or product. "
        "Choose the same again, or cancel the lots of that import first."
    )


class UploadGone(DomainError):
    """The uploaded file was kept for two hours between preview and confirmation, and is gone."""

    code = "upload_gone"
    kind = Kind.INVALID
    text = N_("The uploaded file is no longer here. Choose it again.")
