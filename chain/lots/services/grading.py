"""The second pair of eyes: another person confirms the proposed class, or sets another one and says why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.ids import new_id
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
from chain.lots.queries import lock_lots
from chain.lots.queries.proposers import last_proposer
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
    actor.require_other_than(lot.registered_by)
    actor.require_other_than(last_proposer(session, lot.id))
    if lot.grade_confirmed:
        raise AlreadyGraded(number=lot.number)
    check_transition(lot.number, lot.state, LotState.GRADED)
    wanted, reason = _decide(session, lot, (key or "").strip() or None, clean_words(note or ""))
    before = {"state": lot.state, "grade": lot.grade_key}
    lot.grade_key, lot.grade_confirmed, lot.state = wanted, True, LotState.GRADED.value
    session.add(
        LotGrade(
            id=new_id(),
            lot_id=lot.id,
            kind="confirmation",
            scheme=lot.grade_scheme or "",
            edition=lot.grade_edition or "",
            key=wanted,
            reasons=[reason],
            graded_at=now,
            graded_by=actor.user_id,
        )
    )
    session.flush()
    audit.record(
        session,
        tag=LotAudit.GRADED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        before=before,
        after={"state": lot.state, "grade": wanted},
    )
    return lot


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
