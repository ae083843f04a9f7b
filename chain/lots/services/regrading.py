"""A class that is found anew: because another measurement counts, or because somebody graded it blind. Old grades stay."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.i18n import N_, Message
from chain.core.ids import new_id
from chain.grading.queries import confirmed_values
from chain.lots.errors import ClassFixed, LotBeingSettled, LotGone, LotUsed
from chain.lots.grades import class_names, note_record, proposer_for
from chain.lots.models import Lot, LotGrade
from chain.lots.rules import STATE_LABELS, LotState, check_transition
from chain.lots.services.rows import micron_tenths
from chain.lots.services.states import SUBJECT
from chain.lots.settling import is_settling

RECALCULATED = N_("Other measurements count now: %(note)s")
FOUND_BLIND = N_("Found blind on the split sample: %(note)s")
#: States in which class and measurements may still change.
CHANGEABLE = frozenset({LotState.REGISTERED, LotState.GRADED})


class RegradeAudit(StrEnum):
    """Tags of the audit trail."""

    RECALCULATED = "lots:lot:recalculated"
    SECOND_OPINION = "lots:lot:second_opinion"


def check_changeable(session: Session, lot: Lot) -> None:
    """Refuse a lot whose class and measurements are fixed.

    Raises:
        ClassFixed: it is on offer, sold, settled or cancelled.
        LotBeingSettled: a settlement that was approved pays it as it is.
        LotUsed, LotGone: it is no longer there.
    """
    if lot.state not in CHANGEABLE:
        raise ClassFixed(number=lot.number, state=Message(STATE_LABELS[LotState(lot.state)]))
    if is_settling(session, lot.id):
        raise LotBeingSettled(number=lot.number)
    if lot.used_by_event_id is not None:
        raise LotUsed(number=lot.number)
    if lot.left_at is not None or lot.sold_at is not None:
        raise LotGone(number=lot.number)


def recalculate_lot(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    lot: Lot,
    measured: Mapping[str, str],
    reason: str,
) -> LotGrade | None:
    """Let other values count for a lot, which the caller has locked, and class it anew by the norm it was classed by.

    A confirmed class that changes waits for a confirmation again, by somebody else than the actor. A lot without a class
    gets none.

    Raises:
        ClassFixed, LotBeingSettled, LotUsed, LotGone: too late.
    """
    check_changeable(session, lot)
    before: dict[str, Any] = {"state": lot.state, "grade": lot.grade_key, "measured": lot.measured}
    lot.measured = dict(measured) or None
    values = {**lot.attributes, **measured}
    lot.micron_tenths = micron_tenths(values.get("micron")) if values.get("micron") else None
    grade = _recalculated(session, lot, values, reason, now=now, actor=actor)
    if grade is not None:
        session.add(grade)
        if grade.key != lot.grade_key:
            if lot.state == LotState.GRADED:
                check_transition(lot.number, lot.state, LotState.REGISTERED)
                lot.state, lot.grade_confirmed = LotState.REGISTERED.value, False
            lot.grade_key = grade.key
    session.flush()
    after = {"state": lot.state, "grade": lot.grade_key, "measured": lot.measured, "reason": reason}
    _record(session, tag=RegradeAudit.RECALCULATED, actor=actor, now=now, lot=lot, before=before, after=after)
    return grade


def _recalculated(
    session: Session, lot: Lot, values: Mapping[str, str], reason: str, *, now: datetime, actor: Actor
) -> LotGrade | None:
    if lot.grade_scheme is None or lot.grade_edition is None:
        return None
    confirmed = confirmed_values(session, lot.organisation_id, lot.grade_scheme, lot.grade_edition)
    proposer = proposer_for(lot.grade_scheme, lot.grade_edition, lot.commodity, confirmed)
    proposal = proposer.propose(values, lot.grade_key, lot.quantity)
    return LotGrade(
        id=new_id(),
        lot_id=lot.id,
        kind="recalculation",
        scheme=proposal.scheme,
        edition=proposal.edition,
        key=proposal.key,
        reasons=[note_record(RECALCULATED, reason), *proposal.reasons],
        graded_at=now,
        graded_by=actor.user_id,
    )


def set_second_opinion(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    lot: Lot,
    scheme: str,
    edition: str,
    key: str | None,
    note: str,
) -> bool:
    """Keep the class that was found blind beside the earlier ones, and let it count where that is still possible.

    The caller has locked the lot and checked who acts. Returns whether the class counts now: on a lot that is on offer,
    sold, settled or gone, or in a settlement that was approved, it stands on record only, because others acted on the class as it was.
    """
    session.add(
        LotGrade(
            id=new_id(),
            lot_id=lot.id,
            kind="second_opinion",
            scheme=scheme,
            edition=edition,
            key=key,
            reasons=[note_record(FOUND_BLIND, note)],
            graded_at=now,
            graded_by=actor.user_id,
        )
    )
    counts = lot.state in CHANGEABLE and lot.used_by_event_id is None and lot.left_at is None
    counts = counts and not is_settling(session, lot.id)
    before = {"state": lot.state, "grade": lot.grade_key}
    if counts:
        if lot.state == LotState.REGISTERED:
            check_transition(lot.number, lot.state, LotState.GRADED)
        lot.grade_key, lot.grade_confirmed, lot.state = key, True, LotState.GRADED.value
    session.flush()
    after = {"state": lot.state, "grade": lot.grade_key, "found": key, "reason": note}
    _record(
        session, tag=RegradeAudit.SECOND_OPINION, actor=actor, now=now, lot=lot, before=before, after=after
    )
    return counts


def let_finding_count(
    session: Session, *, actor: Actor, now: datetime, lot: Lot, key: str | None, reason: str
) -> None:
    """Let a class that was found blind while the lot was on offer count now that it is back; its record stands already.

    The caller has locked the lot and checked who acts.

    Raises:
        ClassFixed, LotBeingSettled, LotUsed, LotGone: the lot is still on offer, or it is too late.
    """
    check_changeable(session, lot)
    before = {"state": lot.state, "grade": lot.grade_key}
    if lot.state == LotState.REGISTERED:
        check_transition(lot.number, lot.state, LotState.GRADED)
    lot.grade_key, lot.grade_confirmed, lot.state = key, True, LotState.GRADED.value
    session.flush()
    after = {"state": lot.state, "grade": lot.grade_key, "found": key, "reason": reason}
    _record(
        session, tag=RegradeAudit.SECOND_OPINION, actor=actor, now=now, lot=lot, before=before, after=after
    )


def is_class_of(scheme: str, edition: str, key: str) -> bool:
    """Tell whether a norm has a class."""
    return key in class_names(scheme, edition)


def _record(
    session: Session,
    *,
    tag: RegradeAudit,
    actor: Actor,
    now: datetime,
    lot: Lot,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=lot.id,
        before=before,
        after=after,
    )
