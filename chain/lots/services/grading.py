"""The second pair of eyes: another person confirms the proposed class, or sets another one and says why."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import DomainError, NotFound
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.attributes import clean_words
from chain.lots.errors import AlreadyGraded, ClassNeeded, NoteNeeded, NoteTooLong, UnknownClass
from chain.lots.grades import (
    CHOSEN,
    CONFIRMED_AS_PROPOSED,
    SET_OTHERWISE,
    is_class_measured,
    note_record,
)
from chain.lots.models import Lot, LotGrade
from chain.lots.queries import CHUNK, lock_lots
from chain.lots.queries.proposers import last_proposer, last_proposers
from chain.lots.rules import LotState, check_transition
from chain.lots.services.schemes import choosable_classes
from chain.lots.services.states import SUBJECT, LotAudit

MIN_NOTE, MAX_NOTE = 3, 500
MAX_CLASS_SHOWN = 40


def confirm_grade(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    lot_id: UUID,
    key: str | None = None,
    note: str | None = None,
) -> Lot:
    """Confirm the proposed class of a lot, or set the class `key` of the same norm with a note why.

    Where nothing was proposed, the note may be left out. A class that only a person can choose (carcasses) or that the norm leaves open (milk without confirmed limits) may
    be confirmed as undetermined; a fibre lot that was not measured may not.

    Raises:
        Forbidden: the actor may not confirm classes.
        SamePerson: the actor registered the lot, or chose the measurement by which it is classed now.
        NotFound: there is no such lot here.
        AlreadyGraded: somebody was quicker.
        LotStateRefused: the lot is cancelled.
        UnknownClass, ClassNeeded, NoteNeeded, NoteTooLong: the input is wrong.
    """
    actor.require(Permission.GRADES_CONFIRM)
    (lot,) = lock_lots(session, actor.org, [lot_id])
    _check(actor, lot, last_proposer(session, lot.id))
    wanted, reason = _decide(session, lot, (key or "").strip() or None, clean_words(note or ""))
    _write(session, [_take(lot, wanted, reason, actor, now)])
    return lot


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What became of classes that were to be confirmed together: the lots, and why others were refused."""

    lots: Sequence[Lot]
    #: the lot's number (None: it is not one of the organisation's) and the refusal, in the order of the ids
    refused: Sequence[tuple[str | None, DomainError]]


def confirm_proposals(
    session: Session, *, actor: Actor, now: datetime, lot_ids: Collection[UUID]
) -> Confirmed:
    """Confirm the proposed classes of many lots with a few statements; each lot is confirmed or refused by itself.

    Raises:
        Forbidden: the actor may not confirm classes.
    """
    actor.require(Permission.GRADES_CONFIRM)
    wanted = sorted(set(lot_ids))
    lots = lock_lots(session, actor.org, _own_ids(session, actor.org, wanted))
    known = {lot.id for lot in lots}
    refused: list[tuple[UUID, str | None, DomainError]] = [
        (lot_id, None, NotFound()) for lot_id in wanted if lot_id not in known
    ]
    proposers = {
        lot_id: user_id
        for start in range(0, len(lots), CHUNK)
        for lot_id, user_id in last_proposers(
            session, [lot.id for lot in lots[start : start + CHUNK]]
        ).items()
    }
    confirmed, taken = [], []
    for lot in lots:
        try:
            _check(actor, lot, proposers.get(lot.id))
            wanted_key, reason = _decide(session, lot, None, "")
        except DomainError as error:
            number = None if isinstance(error, AlreadyGraded) else lot.number
            refused.append((lot.id, number, error))
            continue
        confirmed.append(lot)
        taken.append(_take(lot, wanted_key, reason, actor, now))
    if taken:
        _write(session, taken)
    ordered = sorted(refused, key=lambda one: one[0])
    return Confirmed(confirmed, [(number, error) for _, number, error in ordered])


def _own_ids(session: Session, organisation_id: UUID, wanted: Sequence[UUID]) -> list[UUID]:
    found: list[UUID] = []
    for start in range(0, len(wanted), CHUNK):
        found += session.scalars(
            select(Lot.id).where(
                Lot.id.in_(wanted[start : start + CHUNK]), Lot.organisation_id == organisation_id
            )
        )
    return found


def _check(actor: Actor, lot: Lot, proposer: UUID | None) -> None:
    """Refuse the person who registered or proposed, a class that stands, and a state that takes none."""
    actor.require_other_than(lot.registered_by)
    actor.require_other_than(proposer)
    if lot.grade_confirmed:
        raise AlreadyGraded(number=lot.number)
    check_transition(lot.number, lot.state, LotState.GRADED)


def _take(
    lot: Lot, key: str | None, reason: Mapping[str, object], actor: Actor, now: datetime
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Give a lot the class that counts; return the row of its grading and that of the audit trail."""
    before = {"state": lot.state, "grade": lot.grade_key}
    lot.grade_key, lot.grade_confirmed, lot.state = key, True, LotState.GRADED.value
    grade = {
        "id": new_id(),
        "lot_id": lot.id,
        "kind": "confirmation",
        "scheme": lot.grade_scheme or "",
        "edition": lot.grade_edition or "",
        "key": key,
        "reasons": [reason],
        "graded_at": now,
        "graded_by": actor.user_id,
    }
    return grade, audit.record_values(
        tag=LotAudit.GRADED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        before=before,
        after={"state": lot.state, "grade": key},
    )


def _write(session: Session, taken: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> None:
    session.flush()
    session.execute(insert(LotGrade), [grade for grade, _ in taken])
    session.execute(insert(AuditRecord), [record for _, record in taken])


def _decide(session: Session, lot: Lot, key: str | None, note: str) -> tuple[str | None, dict[str, object]]:
    """Return the class that counts and the reason to keep."""
    if len(note) > MAX_NOTE:
        raise NoteTooLong(limit=MAX_NOTE)
    if key is None or key == lot.grade_key:
        if lot.grade_key is None and is_class_measured(lot.grade_scheme, lot.grade_edition):
            raise ClassNeeded
        return lot.grade_key, note_record(CONFIRMED_AS_PROPOSED)
    if key not in choosable_classes(session, lot.organisation_id, lot.grade_scheme, lot.grade_edition):
        raise UnknownClass(value=key[:MAX_CLASS_SHOWN])
    if lot.grade_key is None and not note:
        return key, note_record(CHOSEN)
    if len(note) < MIN_NOTE:
        raise NoteNeeded(least=MIN_NOTE)
    return key, note_record(SET_OTHERWISE, note)
