"""Reads of photos: those of a lot, and the content of one for whoever may see it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.accounts.rules import Actor
from chain.core.errors import NotFound
from chain.core.files import get_file
from chain.core.models import StoredFile
from chain.lots.models import Lot, LotPhoto
from chain.lots.queries.rejections import get_rejection_for


@dataclass(frozen=True, slots=True)
class PhotoRow:
    """A photo of a lot, without its content."""

    id: UUID
    lot_id: UUID
    caption: str | None
    added_at: datetime
    added_by: str | None
    size: int
    sha256: str


def photos_of(session: Session, lot_id: UUID) -> Sequence[PhotoRow]:
    """Return the photos of a lot, the first one first."""
    rows = session.execute(
        select(
            LotPhoto.id,
            LotPhoto.lot_id,
            LotPhoto.caption,
            LotPhoto.added_at,
            User.display_name,
            StoredFile.size,
            StoredFile.sha256,
        )
        .join(StoredFile, StoredFile.id == LotPhoto.file_id)
        .outerjoin(User, User.id == LotPhoto.added_by)
        .where(LotPhoto.lot_id == lot_id)
        .order_by(LotPhoto.added_at, LotPhoto.id)
    )
    return [PhotoRow(*row) for row in rows]


def photo_file(session: Session, actor: Actor, lot_id: UUID, photo_id: UUID) -> StoredFile:
    """Return the file of a photo of a lot of the actor's organisation.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    file_id = session.scalar(
        select(LotPhoto.file_id)
        .join(Lot, Lot.id == LotPhoto.lot_id)
        .where(LotPhoto.id == photo_id, Lot.id == lot_id, Lot.organisation_id == actor.organisation_id)
    )
    if file_id is None:
        raise NotFound
    return get_file(session, organisation_id=actor.org, file_id=file_id)


def rejection_photo(session: Session, actor: Actor, rejection_id: UUID) -> StoredFile:
    """Return the photo of goods that were not taken.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    row = get_rejection_for(session, actor, rejection_id)
    if row.photo_id is None:
        raise NotFound
    return get_file(session, organisation_id=actor.org, file_id=row.photo_id)
