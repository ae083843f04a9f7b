"""Undoing: a reversing event, while nothing later rests on what the event made."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.rules import Actor, Permission
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.genealogy.checks import MAX_REASON, MIN_REASON, check_event, event_hash
from chain.genealogy.errors import CannotUndo, EventReasonNeeded
from chain.genealogy.models import LotEvent, LotEventLine
from chain.genealogy.queries.events import get_event_for, lines_for_reversal
from chain.genealogy.queries.taken import taken_of
from chain.genealogy.rules import Undo
from chain.genealogy.services.opening import find_known
from chain.genealogy.services.rooms import check_room, lock_sites
from chain.genealogy.services.store import Head, add_event, line, use_up, write_lines
from chain.genealogy.words import EventKind, LineRole
from chain.lots.attributes import clean_words
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.schemes import open_house
from chain.lots.stock import check_available

BEFORE_ITSELF = N_("The operation itself was later than that. Check date and time.")

#: What a line becomes in the event that undoes it.
REVERSED = {
    LineRole.INPUT: LineRole.OUTPUT,
    LineRole.OUTPUT: LineRole.INPUT,
    LineRole.LOSS: LineRole.GAIN,
    LineRole.GAIN: LineRole.LOSS,
    LineRole.TAKEN: LineRole.GAIN,
    LineRole.MOVED: LineRole.MOVED,
}


def undo_event(session: Session, *, actor: Actor, now: datetime, event: Undo) -> LotEvent:
    """Reverse an event: what it made is cancelled, what it used is there again as it was.

    Raises:
        Forbidden: the actor may not transform lots.
        ValidationFailed, EventReasonNeeded: the date lies before the event, or the reason is missing.
        IdempotencyConflict: the id was used with other content.
        NotFound: there is no such event here.
        LotUsed, LotOffered, LotSold, LotGone, LotHeld, LotCancelled: something rests on what was made.
        CannotUndo: it was undone before, is an undoing itself, was paid, or its lots were moved on.
        SiteFull: what comes back finds no room.
    """
    actor.require(Permission.LOTS_TRANSFORM)
    check_event(event, now)
    digest = event_hash(event)
    known = find_known(session, actor, event.id, digest)
    if known is not None:
        return known
    if len(clean_words(event.reason or "")) < MIN_REASON:
        raise EventReasonNeeded(least=MIN_REASON, limit=MAX_REASON)
    original = get_event_for(session, actor, event.event_id)
    lines = lines_for_reversal(session, original.id)
    lots = _lock(session, actor, lines)
    known = find_known(session, actor, event.id, digest)  # the same undoing may have held the locks until now
    if known is not None:
        return known
    _check(session, event, original, lots, lines)
    return _reverse(session, actor, now, event, original, digest, lots, lines)


def _lock(session: Session, actor: Actor, lines: Sequence[LotEventLine]) -> Mapping[UUID, Lot]:
    roles = {LineRole.INPUT, LineRole.OUTPUT, LineRole.MOVED, LineRole.TAKEN}
    ids = [one.lot_id for one in lines if one.lot_id is not None and one.role in roles]
    return {lot.id: lot for lot in lock_lots(session, actor.org, ids)}


def _of(role: LineRole, lots: Mapping[UUID, Lot], lines: Sequence[LotEventLine]) -> list[Lot]:
    return [lots[one.lot_id] for one in lines if one.role == role and one.lot_id is not None]


def _check(
    session: Session,
    event: Undo,
    original: LotEvent,
    lots: Mapping[UUID, Lot],
    lines: Sequence[LotEventLine],
) -> None:
    is_undone = session.scalar(select(exists().where(LotEvent.reverses_id == original.id)))
    if original.kind == EventKind.UNDO or is_undone:
        raise CannotUndo(number=original.number)
    if event.happened_at < original.happened_at.replace(second=0, microsecond=0):
        errors = FieldErrors()
        errors.add("happened_at", BEFORE_ITSELF)
        errors.raise_any()
    moved = _of(LineRole.MOVED, lots, lines)
    for lot in [*_of(LineRole.OUTPUT, lots, lines), *moved]:
        check_available(lot)
        if lot.state == LotState.SETTLED.value and lot not in moved:
            raise CannotUndo(number=original.number)
    if moved and _moved_later(session, original, [lot.id for lot in moved]):
        raise CannotUndo(number=original.number)
    # a settlement paid these deliveries without what was taken back: nobody would pay for what returns
    paid = [lot.id for lot in _of(LineRole.TAKEN, lots, lines) if lot.state == LotState.SETTLED.value]
    if taken_of(session, paid):
        raise CannotUndo(number=original.number)


def _moved_later(session: Session, original: LotEvent, lot_ids: Collection[UUID]) -> bool:
    """Tell whether an event that still stands did something with these lots after the original."""
    reversal = aliased(LotEvent)
    later = (
        select(LotEventLine.id)
        .join(LotEvent, LotEvent.id == LotEventLine.event_id)
        .where(
            LotEventLine.lot_id.in_(lot_ids),
            LotEvent.organisation_id == original.organisation_id,
            LotEvent.number > original.number,
            LotEvent.kind != EventKind.UNDO.value,
            ~exists().where(reversal.reverses_id == LotEvent.id),
        )
        .limit(1)
    )
    return session.scalar(later) is not None


def _reverse(  # noqa: PLR0917 — one step of `undo_event`, which holds all of it
    session: Session,
    actor: Actor,
    now: datetime,
    event: Undo,
    original: LotEvent,
    digest: str,
    lots: Mapping[UUID, Lot],
    lines: Sequence[LotEventLine],
) -> LotEvent:
    inputs, outputs = _of(LineRole.INPUT, lots, lines), _of(LineRole.OUTPUT, lots, lines)
    moved = {one.lot_id: one.from_site_id for one in lines if one.role == LineRole.MOVED}
    arriving = [(lot.site_id, lot.unit, lot.quantity) for lot in inputs]
    arriving += [(moved[lot.id], lot.unit, lot.quantity) for lot in lots.values() if lot.id in moved]
    leaving = [(lot.site_id, lot.unit, lot.quantity) for lot in outputs]
    sites = lock_sites(session, actor.org, [], {site_id for site_id, _, _ in arriving})
    check_room(session, sites, arriving, leaving)
    house, _ = open_house(session, actor.org)
    head = Head(
        kind=EventKind.UNDO,
        digest=digest,
        day=event.happened_at.astimezone(house.zone).date(),
        balance_unit=original.balance_unit,
        inputs=original.output_total,
        outputs=original.input_total,
        lost=original.gain_total,
        gained=original.loss_total + original.taken_total,
        site_id=original.site_id,
        process=original.process,
        reverses_id=original.id,
    )
    row = add_event(session, actor, now, event, head)
    for lot in outputs:
        lot.state = LotState.CANCELLED.value
    for lot in inputs:
        if lot.state == LotState.CANCELLED.value:  # a delivery that was wholly taken back
            lot.state = (LotState.GRADED if lot.grade_confirmed else LotState.REGISTERED).value
    for lot_id, from_site_id in moved.items():
        if lot_id is not None:
            lots[lot_id].site_id = from_site_id
    session.flush()
    use_up(session, inputs, None)
    write_lines(session, event.id, [_reversed_line(one) for one in lines])
    return row


def _reversed_line(one: LotEventLine) -> tuple[object, ...]:
    return line(
        REVERSED[LineRole(one.role)],
        one.quantity,
        one.unit,
        one.balance,
        lot_id=one.lot_id,
        cause=one.cause,
        note=one.note,
        producer_id=one.producer_id,
        sites=(one.to_site_id, one.from_site_id),
    )
