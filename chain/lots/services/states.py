"""Changes of a lot's state: one transition table, one audit record each."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.models import AuditRecord
from chain.lots.attributes import clean_words
from chain.lots.errors import LotBeingSettled, LotGone, LotHeld, LotMadeHere, LotUsed, ReasonNeeded
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState, check_transition
from chain.lots.services import notices
from chain.lots.settling import is_settling
from chain.lots.stock import check_available

MIN_REASON, MAX_REASON = 3, 500
SUBJECT = "lot"
#: The origin of what a producer brought.
DELIVERY = "delivery"


class LotAudit(StrEnum):
    """Tags of the audit trail."""

    REGISTERED = "lots:lot:registered"
    GRADED = "lots:lot:graded"
    STATE_CHANGED = "lots:lot:state_changed"
    CANCELLED = "lots:lot:cancelled"
    CORRECTED = "lots:lot:corrected"
    PHOTO_ADDED = "lots:photo:added"
    NOTE_ISSUED = "lots:note:issued"
    NOTE_PRINTED = "lots:note:printed"
    GOODS_REJECTED = "lots:rejection:recorded"
    REJECTED_GONE = "lots:rejection:closed"
    WEIGHING_STARTED = "lots:weighing:started"
    WEIGHING_ADDED = "lots:weighing:bag_added"
    WEIGHING_CLOSED = "lots:weighing:closed"
    WEIGHING_DISCARDED = "lots:weighing:discarded"


def change_lot_states(
    session: Session, *, actor: Actor, now: datetime, lots: Sequence[Lot], to: LotState
) -> None:
    """Bring lots, which the caller has locked by `lock_lots`, into another state.

    The caller has checked the permission for what moves them: offering, selling, settling.

    Raises:
        LotStateRefused: one of them cannot become that now; none is changed.
        LotUsed, LotHeld and the other refusals of `stock`: one of them is not there to be offered or sold.
    """
    for lot in lots:
        check_transition(lot.number, lot.state, to)
        if to is LotState.OFFERED:
            check_available(lot)
        elif to is LotState.SOLD:
            _refuse_held(lot)
    records = []
    for lot in lots:
        records.append(
            audit.record_values(
                tag=LotAudit.STATE_CHANGED,
                actor=actor,
                now=now,
                subject_type=SUBJECT,
                subject_id=lot.id,
                before={"state": lot.state},
                after={"state": to.value},
            )
        )
        lot.state = to.value
        if to is LotState.SOLD:
            lot.sold_at = now
        elif to is LotState.GRADED:
            lot.sold_at = None
    session.flush()
    if records:
        session.execute(insert(AuditRecord), records)


def _refuse_held(lot: Lot) -> None:
    if lot.is_held:
        raise LotHeld(number=lot.number)


def cancel_lot(session: Session, *, actor: Actor, now: datetime, lot_id: UUID, reason: str) -> Lot:
    """Cancel a lot that is registered or graded. It stays visible with its reason, and the producer is told.

    Raises:
        Forbidden: the actor may not register lots.
        NotFound: there is no such lot here.
        ReasonNeeded: the reason has fewer than 3 or more than 500 characters.
        LotStateRefused: the lot is on offer, sold, settled or cancelled.
        LotUsed: an event of the genealogy used it up; that must be undone first.
        LotGone, LotHeld: it has left the house, or is on hold.
        LotMadeHere: it was made of other lots, whose grams would be lost with it.
    """
    actor.require(Permission.LOTS_REGISTER)
    (lot,) = lock_lots(session, actor.org, [lot_id])
    why = checked_reason(reason)
    check_transition(lot.number, lot.state, LotState.CANCELLED)
    refuse_used(session, lot)
    if lot.origin != DELIVERY:
        raise LotMadeHere(number=lot.number)
    cancel_locked(session, actor=actor, now=now, lot=lot, reason=why)
    notices.tell_producer(
        session,
        organisation_id=lot.organisation_id,
        producer_id=lot.producer_id,
        lot_id=lot.id,
        now=now,
        msgid=notices.CANCELLED,
        params={"number": lot.number, "reason": why},
    )
    return lot


def checked_reason(reason: str) -> str:
    """Return a reason as it is kept.

    Raises:
        ReasonNeeded: it has fewer than 3 or more than 500 characters.
    """
    why = clean_words(reason)
    if not MIN_REASON <= len(why) <= MAX_REASON:
        raise ReasonNeeded(least=MIN_REASON, limit=MAX_REASON)
    return why


def refuse_used(session: Session, lot: Lot) -> None:
    """Refuse a lot that is no longer there to be taken back.

    Raises:
        LotUsed, LotGone, LotHeld, LotBeingSettled: which it is.
    """
    if is_settling(session, lot.id):
        raise LotBeingSettled(number=lot.number)
    if lot.used_by_event_id is not None:
        raise LotUsed(number=lot.number)
    if lot.left_at is not None:
        raise LotGone(number=lot.number)
    _refuse_held(lot)


def cancel_locked(session: Session, *, actor: Actor, now: datetime, lot: Lot, reason: str) -> None:
    """Cancel a lot that the caller has locked and checked."""
    before = lot.state
    lot.state = LotState.CANCELLED.value
    session.flush()
    audit.record(
        session,
        tag=LotAudit.CANCELLED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        before={"state": before},
        after={"state": lot.state, "reason": reason},
    )
