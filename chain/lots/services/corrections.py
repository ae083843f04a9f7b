"""Corrections by reversal: the wrong lot is cancelled and the right one registered, in one go, each linked to the other."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.i18n import Message
from chain.core.ids import new_id
from chain.lots.errors import AlreadyCorrected, LotNotCorrectable
from chain.lots.models import Lot, LotPhoto
from chain.lots.queries import lock_lots
from chain.lots.queries.notices import successor_of
from chain.lots.rules import STATE_LABELS, TRANSITIONS, Delivery, LotState
from chain.lots.services import notices
from chain.lots.services.registration import register_lot
from chain.lots.services.states import SUBJECT, LotAudit, cancel_locked, checked_reason, refuse_used
from chain.lots.settling import is_settling


@dataclass(frozen=True, slots=True)
class Corrected:
    """The cancelled lot and the one that stands in its place; `duplicate`: it had been corrected so before."""

    old: Lot
    new: Lot
    duplicate: bool


def correct_lot(
    session: Session, *, actor: Actor, now: datetime, lot_id: UUID, delivery: Delivery, reason: str
) -> Corrected:
    """Cancel a lot and register `delivery`, which has an id of its own, in its place. Both stay visible for good.

    The new lot waits for the second person again; photos go with it; the producer is told.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such lot here.
        ReasonNeeded: the reason has fewer than 3 or more than 500 characters.
        AlreadyCorrected: somebody corrected it before, in another way.
        LotNotCorrectable: it is on offer, sold, settled or cancelled, or was made of other lots.
        LotUsed, LotHeld, LotGone: another operation used it up, it is on hold, it has left the house.
        ValidationFailed, IdempotencyConflict: as `register_lot`.
    """
    actor.require(Permission.LOTS_REGISTER)
    (old,) = lock_lots(session, actor.org, [lot_id])
    why = checked_reason(reason)
    wanted = replace(delivery, replaces_id=old.id)
    later = successor_of(session, old.id)
    if later is not None and later.id != wanted.id:
        raise AlreadyCorrected(number=old.number, later=later.number)
    if later is None:
        check_correctable(session, old)
    registered = register_lot(session, actor=actor, now=now, delivery=wanted)
    if registered.duplicate:
        return Corrected(old, registered.lot, duplicate=True)
    new = registered.lot
    cancel_locked(session, actor=actor, now=now, lot=old, reason=why)
    _take_photos_along(session, old, new)
    _record(session, actor, now, (old, new), why)
    _tell(session, now, old, new, why)
    return Corrected(old, new, duplicate=False)


def check_correctable(session: Session, lot: Lot) -> None:
    """Refuse a lot that others have acted on already.

    Raises:
        LotNotCorrectable, LotUsed, LotHeld, LotGone: which it is.
    """
    state = LotState(lot.state)
    if LotState.CANCELLED not in TRANSITIONS[state] or lot.origin != "delivery":
        raise LotNotCorrectable(number=lot.number, state=Message(STATE_LABELS[state]))
    refuse_used(session, lot)


def may_be_corrected(session: Session, lot: Lot) -> bool:
    """Tell whether `check_correctable` would let a lot pass."""
    return (
        LotState.CANCELLED in TRANSITIONS[LotState(lot.state)]
        and lot.origin == "delivery"
        and lot.used_by_event_id is None
        and lot.left_at is None
        and not lot.is_held
        and not is_settling(session, lot.id)
    )


def facts_of(lot: Lot) -> dict[str, Any]:
    """Return what a correction may change of a lot, by the names of the API."""
    return {
        "commodity": lot.commodity,
        "producer_id": lot.producer_id,
        "delivered_at": lot.delivered_at,
        "quantity": lot.quantity,
        "gross_g": lot.gross_g,
        "tare_g": lot.tare_g,
        "bag_count": lot.bag_count,
        "route_id": lot.route_id,
        **{f"attributes.{key}": value for key, value in lot.attributes.items()},
    }


def changes_between(old: Lot, new: Lot) -> dict[str, tuple[Any, Any]]:
    """Return what differs between two versions: name → (before, after), None for what one of them lacks."""
    before, after = facts_of(old), facts_of(new)
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }


def _take_photos_along(session: Session, old: Lot, new: Lot) -> None:
    photos = session.scalars(select(LotPhoto).where(LotPhoto.lot_id == old.id).order_by(LotPhoto.id)).all()
    rows = [
        {
            "id": new_id(),
            "lot_id": new.id,
            "file_id": photo.file_id,
            "caption": photo.caption,
            "added_at": photo.added_at,
            "added_by": photo.added_by,
        }
        for photo in photos
    ]
    if rows:
        session.execute(insert(LotPhoto), rows)


def _record(session: Session, actor: Actor, now: datetime, pair: tuple[Lot, Lot], why: str) -> None:
    old, new = pair
    changed = changes_between(old, new)
    audit.record(
        session,
        tag=LotAudit.CORRECTED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=new.id,
        before={"number": old.number, **{name: one[0] for name, one in changed.items()}},
        after={"number": new.number, "reason": why, **{name: one[1] for name, one in changed.items()}},
    )


def _tell(session: Session, now: datetime, old: Lot, new: Lot, why: str) -> None:
    params: Mapping[str, Any] = {"old": old.number, "number": new.number, "reason": why}
    if old.producer_id != new.producer_id:
        notices.tell_producer(
            session,
            organisation_id=old.organisation_id,
            producer_id=old.producer_id,
            lot_id=old.id,
            now=now,
            msgid=notices.NOT_YOURS,
            params={"old": old.number, "reason": why},
        )
    msgid = notices.CORRECTED
    if old.quantity != new.quantity and old.unit == new.unit:
        msgid = notices.CORRECTED_KG if new.unit == "g" else notices.CORRECTED_L
        params = {**params, "before": notices.kilos(old.quantity), "after": notices.kilos(new.quantity)}
    notices.tell_producer(
        session,
        organisation_id=new.organisation_id,
        producer_id=new.producer_id,
        lot_id=new.id,
        now=now,
        msgid=msgid,
        params=params,
    )
