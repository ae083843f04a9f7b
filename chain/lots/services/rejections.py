"""Recording goods that were not taken, and what became of those that were kept."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.i18n import N_, Message
from chain.core.text import tidy
from chain.lots.attributes import SPECS
from chain.lots.errors import RejectionClosed
from chain.lots.models import Lot, Rejection
from chain.lots.photo_files import Photo
from chain.lots.queries.rejections import get_rejection_for
from chain.lots.reject_rules import LATER, UNKNOWN_DISPOSITION, Disposition, NewRejection, check_rejection
from chain.lots.rules import UNKNOWN_PRODUCER
from chain.lots.services import notices
from chain.lots.services.once import insert_once
from chain.lots.services.photos import keep_photo
from chain.lots.services.states import LotAudit
from chain.producers.queries import member_ids_among

SUBJECT = "rejection"
UNKNOWN_LOT = N_("This lot is not a delivery of this producer and product.")


def reject_goods(
    session: Session, *, actor: Actor, now: datetime, rejection: NewRejection, photo: Photo | None = None
) -> Rejection:
    """Record goods that were not taken. The same id with the same content answers the first record.

    Raises:
        Forbidden: the actor may not register lots.
        ValidationFailed: something of it is not believed; every field at once.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.LOTS_REGISTER)
    digest = _digest(rejection)
    earlier = session.get(Rejection, rejection.id)
    if earlier is not None:
        if earlier.organisation_id != actor.org or earlier.content_hash != digest:
            raise IdempotencyConflict
        return earlier
    today = local_date(now, get_organisation(session, actor.org).timezone)
    errors = check_rejection(rejection, today)
    if rejection.producer_id not in member_ids_among(session, actor.org, {rejection.producer_id}):
        errors["producer_id"] = [Message(UNKNOWN_PRODUCER)]
    if rejection.lot_id is not None and not _is_same_delivery(session, actor, rejection):
        errors["lot_id"] = [Message(UNKNOWN_LOT)]
    if errors:
        raise ValidationFailed(errors)
    kept = keep_photo(session, actor=actor, now=now, photo=photo) if photo else None
    row = Rejection(
        id=rejection.id,
        organisation_id=actor.org,
        producer_id=rejection.producer_id,
        lot_id=rejection.lot_id,
        commodity=rejection.commodity,
        quantity=rejection.quantity,
        unit=SPECS[rejection.commodity].unit.value,
        cause=rejection.cause,
        note=tidy(rejection.note) or None,
        disposition=rejection.disposition,
        collect_by=rejection.collect_by,
        photo_id=kept,
        created_at=now,
        created_by=actor.user_id,
        content_hash=digest,
    )
    insert_once(session, row)
    _record(session, actor, now, row)
    if row.collect_by is not None:
        _tell(session, now, row, row.collect_by)
    return row


def collect_rejected(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    rejection_id: UUID,
    disposition: Disposition = Disposition.COLLECTED,
) -> Rejection:
    """Note that kept goods were collected, or thrown away with the producer's consent. The same again changes nothing.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such record here.
        ValidationFailed: only collected and discarded may follow.
        RejectionClosed: they are no longer there.
    """
    actor.require(Permission.LOTS_REGISTER)
    if disposition not in LATER:
        raise ValidationFailed({"disposition": [Message(UNKNOWN_DISPOSITION)]})
    row = session.scalar(
        select(Rejection)
        .where(Rejection.id == rejection_id, Rejection.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound
    if row.disposition == disposition and row.collected_at is not None:
        return row
    if row.disposition != Disposition.TO_COLLECT:
        raise RejectionClosed
    before = row.disposition
    row.disposition, row.collected_at = disposition.value, now
    session.flush()
    _record(session, actor, now, row, before=before)
    return row


def attach_rejection_photo(
    session: Session, *, actor: Actor, now: datetime, rejection_id: UUID, photo: Photo
) -> Rejection:
    """Keep the photo of rejected goods; a later one takes its place.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such record here.
    """
    actor.require(Permission.LOTS_REGISTER)
    row = get_rejection_for(session, actor, rejection_id)
    row.photo_id = keep_photo(session, actor=actor, now=now, photo=photo)
    session.flush()
    return row


def _digest(rejection: NewRejection) -> str:
    return content_hash(
        {
            "producer_id": rejection.producer_id,
            "lot_id": rejection.lot_id,
            "commodity": rejection.commodity,
            "quantity": rejection.quantity,
            "cause": rejection.cause,
            "note": tidy(rejection.note) or None,
            "disposition": rejection.disposition,
            "collect_by": rejection.collect_by,
        }
    )


def _is_same_delivery(session: Session, actor: Actor, rejection: NewRejection) -> bool:
    lot = session.get(Lot, rejection.lot_id)
    return (
        lot is not None
        and lot.organisation_id == actor.org
        and lot.producer_id == rejection.producer_id
        and lot.commodity == rejection.commodity
    )


def _record(
    session: Session, actor: Actor, now: datetime, row: Rejection, *, before: str | None = None
) -> None:
    audit.record(
        session,
        tag=LotAudit.GOODS_REJECTED if before is None else LotAudit.REJECTED_GONE,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=row.id,
        before=None if before is None else {"disposition": before},
        after={
            "disposition": row.disposition,
            "commodity": row.commodity,
            "quantity": row.quantity,
            "cause": row.cause,
            "producer_id": row.producer_id,
        },
    )


def _tell(session: Session, now: datetime, row: Rejection, day: date) -> None:
    notices.tell_producer(
        session,
        organisation_id=row.organisation_id,
        producer_id=row.producer_id,
        lot_id=row.lot_id,
        now=now,
        msgid=notices.KEPT_KG if row.unit == "g" else notices.KEPT_L,
        params={"amount": notices.kilos(row.quantity), "day": day.isoformat()},
    )
