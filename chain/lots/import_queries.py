"""Reads of imports: earlier ones, and which rows of a file are stored already."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, paginate_rows
from chain.lots.importing.report import EarlierImport
from chain.lots.models import ImportBatch, Lot
from chain.lots.rules import LotState

T = TypeVar("T")

#: Values of one IN list: far under the limits of both databases (32,766 on SQLite, 65,535 on PostgreSQL).
CHUNK = 10_000


@dataclass(frozen=True, slots=True)
class ImportRow:
    """An import as lists show it."""

    id: UUID
    file_name: str
    weight_unit: str | None
    grams_per_unit: str | None
    rows_stored: int
    rows_duplicate: int
    rows_rejected: int
    imported_at: datetime
    imported_by: str | None


def _imports(actor: Actor) -> Select[tuple[UUID, str, str | None, str | None, int, int, int, datetime, str]]:
    return (
        select(
            ImportBatch.id,
            ImportBatch.file_name,
            ImportBatch.weight_unit,
            ImportBatch.grams_per_unit,
            ImportBatch.rows_stored,
            ImportBatch.rows_duplicate,
            ImportBatch.rows_rejected,
            ImportBatch.imported_at,
            User.display_name,
        )
        .outerjoin(User, User.id == ImportBatch.imported_by)
        .where(ImportBatch.organisation_id == actor.organisation_id)
    )


def list_imports(session: Session, actor: Actor, request: PageRequest) -> Page[ImportRow]:
    """Return the imports of the actor's organisation, the latest first."""
    statement = _imports(actor).order_by(ImportBatch.imported_at.desc(), ImportBatch.id.desc())
    page = paginate_rows(session, statement, request)
    return Page([ImportRow(*row) for row in page.items], page.page, page.page_size, page.total)


def get_import_for(session: Session, actor: Actor, batch_id: UUID) -> ImportRow:
    """Return an import of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = session.execute(_imports(actor).where(ImportBatch.id == batch_id)).first()
    if row is None:
        raise NotFound
    return ImportRow(*row)


def earlier_import(session: Session, organisation_id: UUID, sha256: str) -> EarlierImport | None:
    """Return the latest import of the same file that stored anything."""
    row = session.execute(
        select(ImportBatch.id, ImportBatch.imported_at, User.display_name, ImportBatch.rows_stored)
        .outerjoin(User, User.id == ImportBatch.imported_by)
        .where(
            ImportBatch.organisation_id == organisation_id,
            ImportBatch.file_sha256 == sha256,
            ImportBatch.rows_stored > 0,
        )
        .order_by(ImportBatch.imported_at.desc(), ImportBatch.id.desc())
        .limit(1)
    ).first()
    return None if row is None else EarlierImport(*row)


def live_source_keys(session: Session, organisation_id: UUID, sha256: str) -> set[str]:
    """Return the source keys of lots that came from a file and were not cancelled."""
    found = session.scalars(
        select(Lot.source_key)
        .join(ImportBatch, ImportBatch.id == Lot.import_batch_id)
        .where(
            ImportBatch.organisation_id == organisation_id,
            ImportBatch.file_sha256 == sha256,
            Lot.source_key.is_not(None),
            Lot.state != LotState.CANCELLED.value,
        )
    )
    return {key for key in found if key is not None}


def known_lots(
    session: Session, organisation_id: UUID, ids: Sequence[UUID], source_keys: Sequence[str]
) -> dict[UUID | str, tuple[bool, str]]:
    """Return which ids and source keys stand in the database: whether the lot is the organisation's own, and its content hash."""
    found: dict[UUID | str, tuple[bool, str]] = {}
    for id_chunk in _chunks(ids):
        rows = session.execute(
            select(Lot.id, Lot.organisation_id, Lot.content_hash).where(Lot.id.in_(id_chunk))
        )
        found.update({lot_id: (owner == organisation_id, content) for lot_id, owner, content in rows})
    for key_chunk in _chunks(source_keys):
        known = session.execute(
            select(Lot.source_key, Lot.content_hash).where(
                Lot.organisation_id == organisation_id, Lot.source_key.in_(key_chunk)
            )
        )
        found.update({key: (True, content) for key, content in known if key is not None})
    return found


def _chunks(values: Iterable[T]) -> Iterator[Sequence[T]]:
    listed = list(values)
    for start in range(0, len(listed), CHUNK):
        yield listed[start : start + CHUNK]
