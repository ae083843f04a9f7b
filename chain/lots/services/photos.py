"""Photos of lots: added after the lot, never in its way, a few per lot."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.files import store_file
from chain.core.ids import parse_id
from chain.core.text import tidy
from chain.lots.errors import TooManyPhotos
from chain.lots.models import LotPhoto
from chain.lots.photo_files import MEDIA_TYPE, Photo
from chain.lots.queries import lock_lots
from chain.lots.services.once import insert_once
from chain.lots.services.states import SUBJECT, LotAudit

MAX_PHOTOS = 6
MAX_CAPTION = 120
FILE_NAME = "photo.jpg"


def attach_photo(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    photo_id: UUID,
    lot_id: UUID,
    photo: Photo,
    caption: str | None = None,
) -> LotPhoto:
    """Add a photo to a lot of any state. The same id with the same picture answers the first one.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such lot here.
        TooManyPhotos: the lot has six.
        IdempotencyConflict: the id was used for another picture.
    """
    actor.require(Permission.LOTS_REGISTER)
    parse_id(photo_id)
    (lot,) = lock_lots(session, actor.org, [lot_id])
    file_id = keep_photo(session, actor=actor, now=now, photo=photo)
    earlier = session.get(LotPhoto, photo_id)
    if earlier is not None:
        if earlier.lot_id != lot.id or earlier.file_id != file_id:
            raise IdempotencyConflict
        return earlier
    count = session.scalar(select(func.count()).select_from(LotPhoto).where(LotPhoto.lot_id == lot.id))
    if (count or 0) >= MAX_PHOTOS:
        raise TooManyPhotos(limit=MAX_PHOTOS)
    added = insert_once(
        session,
        LotPhoto(
            id=photo_id,
            lot_id=lot.id,
            file_id=file_id,
            caption=tidy(caption)[:MAX_CAPTION] or None,
            added_at=now,
            added_by=actor.user_id,
        ),
    )
    audit.record(
        session,
        tag=LotAudit.PHOTO_ADDED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        after={"photo_id": added.id, "caption": added.caption},
    )
    return added


def keep_photo(session: Session, *, actor: Actor, now: datetime, photo: Photo) -> UUID:
    """Keep a photo and return the id of its file. The caller has checked the permission."""
    stored = store_file(
        session,
        organisation_id=actor.org,
        name=FILE_NAME,
        media_type=MEDIA_TYPE,
        content=photo.content,
        now=now,
        user_id=actor.user_id,
    )
    return stored.id
