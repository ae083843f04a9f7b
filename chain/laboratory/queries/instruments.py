"""Reads of instruments and of the files that were read from them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.models import StoredFile
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate, paginate_rows
from chain.laboratory.models import Instrument, MeasurementFile

#: Instruments of a form's list; who has more writes the name.
MAX_LISTED = 200

SORT_COLUMNS: SortColumns = {"name": Instrument.name, "kind": Instrument.kind}
FILE_SORTS: SortColumns = {"imported_at": MeasurementFile.imported_at}


def get_instrument_for(
    session: Session, actor: Actor, instrument_id: UUID, *, for_update: bool = False
) -> Instrument:
    """Return an instrument of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    statement = select(Instrument).where(
        Instrument.id == instrument_id, Instrument.organisation_id == actor.organisation_id
    )
    if for_update:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(statement)
    if found is None:
        raise NotFound
    return found


def find_instrument_by_name(session: Session, organisation_id: UUID, name: str) -> Instrument | None:
    """Return the instrument with a name."""
    return session.scalar(
        select(Instrument).where(
            Instrument.organisation_id == organisation_id, Instrument.name == name.strip()
        )
    )


def list_instruments(session: Session, actor: Actor, request: PageRequest) -> Page[Instrument]:
    """Return the instruments, those in use first, by name."""
    statement = (
        select(Instrument)
        .where(Instrument.organisation_id == actor.organisation_id)
        .order_by(Instrument.archived_at.is_not(None), Instrument.name)
    )
    return paginate(session, order_by(statement, request.sort, SORT_COLUMNS, Instrument.id), request)


def instrument_choices(session: Session, actor: Actor) -> Sequence[Instrument]:
    """Return the instruments in use, by name."""
    return session.scalars(
        select(Instrument)
        .where(Instrument.organisation_id == actor.organisation_id, Instrument.archived_at.is_(None))
        .order_by(Instrument.name)
        .limit(MAX_LISTED)
    ).all()


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that was read, as lists show it."""

    id: UUID
    instrument_id: UUID
    instrument_name: str
    file_id: UUID
    file_name: str
    sha256: str
    rows_stored: int
    rows_duplicate: int
    rows_rejected: int
    imported_at: datetime
    imported_by: str | None


_FILES = (
    select(
        MeasurementFile.id,
        MeasurementFile.instrument_id,
        Instrument.name,
        MeasurementFile.file_id,
        StoredFile.name,
        StoredFile.sha256,
        MeasurementFile.rows_stored,
        MeasurementFile.rows_duplicate,
        MeasurementFile.rows_rejected,
        MeasurementFile.imported_at,
        User.display_name,
    )
    .join(Instrument, Instrument.id == MeasurementFile.instrument_id)
    .join(StoredFile, StoredFile.id == MeasurementFile.file_id)
    .outerjoin(User, User.id == MeasurementFile.imported_by)
)


def list_files(
    session: Session, actor: Actor, request: PageRequest, *, instrument_id: UUID | None = None
) -> Page[FileRow]:
    """Return the files that were read, the latest first."""
    statement = _FILES.where(MeasurementFile.organisation_id == actor.organisation_id)
    if instrument_id is not None:
        statement = statement.where(MeasurementFile.instrument_id == instrument_id)
    latest_first = statement.order_by(MeasurementFile.imported_at.desc(), MeasurementFile.id.desc())
    ordered = order_by(latest_first, request.sort, FILE_SORTS, MeasurementFile.id)
    page = paginate_rows(session, ordered, request)
    return Page([FileRow(*row) for row in page.items], page.page, page.page_size, page.total)


def get_file_row_for(session: Session, actor: Actor, file_id: UUID) -> FileRow:
    """Return a file that was read.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(
        _FILES.where(MeasurementFile.id == file_id, MeasurementFile.organisation_id == actor.organisation_id)
    ).first()
    if row is None:
        raise NotFound
    return FileRow(*row)
