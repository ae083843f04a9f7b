"""Files kept in the database: photos, certificates, tables of instruments. Once per content and organisation, for ever."""

import hashlib
from datetime import datetime
from pathlib import PurePath
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session, undefer

from chain.core.errors import DomainError, Kind, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.models import StoredFile
from chain.core.text import tidy

#: A row of the database: an instrument's table is far smaller, and photos are scaled before.
MAX_FILE_BYTES = 10_000_000
MAX_NAME, MAX_MEDIA_TYPE = 200, 80
DEFAULT_NAME = "file"


class FileTooLarge(DomainError):
    """A file beyond what one row of the database takes."""

    code = "file_too_large"
    kind = Kind.TOO_LARGE
    text = N_("The file is larger than %(limit)s MB.")
    field = "file"


class FileEmpty(DomainError):
    """A file without content."""

    code = "file_empty"
    kind = Kind.INVALID
    text = N_("The file is empty.")
    field = "file"


def store_file(
    session: Session,
    *,
    organisation_id: UUID,
    name: str,
    media_type: str,
    content: bytes,
    now: datetime,
    user_id: UUID | None,
) -> StoredFile:
    """Keep a file; the same content again, whatever its name, gives the one that is stored.

    The caller has checked the permission and what the content is: `media_type` is what it will be served as.

    Raises:
        FileEmpty, FileTooLarge: nothing, or more than 10 MB.
    """
    if not content:
        raise FileEmpty
    if len(content) > MAX_FILE_BYTES:
        raise FileTooLarge(limit=MAX_FILE_BYTES // 1_000_000)
    digest = hashlib.sha256(content).hexdigest()
    wanted = (StoredFile.organisation_id == organisation_id, StoredFile.sha256 == digest)
    found = session.scalar(select(StoredFile).where(*wanted))
    if found is not None:
        return found
    dialect_insert = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
    session.execute(
        dialect_insert(StoredFile)
        .values(
            id=new_id(),
            organisation_id=organisation_id,
            sha256=digest,
            media_type=media_type[:MAX_MEDIA_TYPE],
            name=_shown_name(name),
            size=len(content),
            content=content,
            stored_at=now,
            stored_by=user_id,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "sha256"])
    )
    return session.scalars(select(StoredFile).where(*wanted)).one()


def _shown_name(name: str) -> str:
    """Return a file's name without folders and control characters; its end, which tells the kind, is kept."""
    return tidy(PurePath(name.replace("\\", "/")).name)[-MAX_NAME:] or DEFAULT_NAME


def get_file(session: Session, *, organisation_id: UUID, file_id: UUID) -> StoredFile:
    """Return a file of the organisation with its content.

    Raises:
        NotFound: there is no such file, or it is another organisation's.
    """
    found = session.scalar(
        select(StoredFile)
        .where(StoredFile.id == file_id, StoredFile.organisation_id == organisation_id)
        .options(undefer(StoredFile.content))
    )
    if found is None:
        raise NotFound
    return found
