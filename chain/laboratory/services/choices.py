"""Deciding which measurement of an attribute counts for a lot."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.text import tidy
from chain.laboratory.errors import ChoiceUnchanged
from chain.laboratory.models import Measurement, MeasurementChoice, Sample
from chain.laboratory.queries.measurements import counting_measurements, get_measurement_for
from chain.laboratory.queries.samples import is_blind_for
from chain.laboratory.services.audits import LaboratoryAudit
from chain.lots.errors import ReasonNeeded
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.services.regrading import check_changeable, recalculate_lot

MIN_REASON, MAX_REASON = 3, 500
#: Scales that the norms do not state their limits in; nothing is converted.
OTHER_SCALES = frozenset({"hortvet"})
OTHER_SCALE = "_other_scale"


def choose_measurement(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    lot_id: UUID,
    attribute: str,
    measurement_id: UUID | None,
    reason: str,
) -> Lot:
    """Let a measurement count for a lot, or (None) the value recorded at delivery again, and class the lot anew.

    The class that comes of it is a new grade record; the old ones stay. A confirmed class that changes waits for the
    confirmation of somebody else. The same id and content again changes nothing.

    Raises:
        Forbidden: the actor may not confirm classes.
        NotFound: the lot is not here, or the measurement is of another lot or attribute, or of a sample that the actor may
            be asked to grade blind.
        ReasonNeeded: the reason has fewer than 3 or more than 500 characters.
        ClassFixed: the lot is on offer, sold, settled or cancelled.
        LotUsed, LotGone: it is no longer there.
        ChoiceUnchanged: the value counts already.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.GRADES_CONFIRM)
    why = tidy(reason)
    if not MIN_REASON <= len(why) <= MAX_REASON:
        raise ReasonNeeded(least=MIN_REASON, limit=MAX_REASON)
    (lot,) = lock_lots(session, actor.org, [lot_id])
    known = session.get(MeasurementChoice, id)
    if known is not None:
        content = (known.lot_id, known.attribute, known.measurement_id, known.reason)
        if content == (lot.id, attribute, measurement_id, why):
            return lot
        raise IdempotencyConflict
    chosen = _measurement(session, actor, lot, attribute, measurement_id)
    check_changeable(session, lot)
    if counting_measurements(session, [lot.id]).get((lot.id, attribute)) == measurement_id:
        raise ChoiceUnchanged
    session.add(_choice(session, actor, now, id, lot, attribute, measurement_id, why))
    keys = {attribute, attribute + OTHER_SCALE}
    measured = {key: str(value) for key, value in (lot.measured or {}).items() if key not in keys}
    if chosen is not None:
        measured[measured_key(chosen)] = chosen.value
    audit.record(
        session,
        tag=LaboratoryAudit.MEASUREMENT_CHOSEN,
        actor=actor,
        now=now,
        subject_type="lot",
        subject_id=lot.id,
        before={"attribute": attribute, "value": _value_in(lot.measured or {}, keys)},
        after={"attribute": attribute, "value": _value_in(measured, keys), "reason": why},
    )
    recalculate_lot(session, actor=actor, now=now, lot=lot, measured=measured, reason=why)
    return lot


def measured_key(measurement: Measurement) -> str:
    """Return under which key a value counts; a figure on another scale than the norms' is never compared with theirs."""
    is_other = measurement.basis in OTHER_SCALES
    return measurement.attribute + OTHER_SCALE if is_other else measurement.attribute


def _value_in(measured: Mapping[str, str], keys: Collection[str]) -> str | None:
    return next((measured[key] for key in sorted(keys) if key in measured), None)


def _choice(  # noqa: PLR0917 - the columns of the decision
    session: Session,
    actor: Actor,
    now: datetime,
    choice_id: UUID,
    lot: Lot,
    attribute: str,
    measurement_id: UUID | None,
    reason: str,
) -> MeasurementChoice:
    last = session.scalar(
        select(func.max(MeasurementChoice.sequence)).where(MeasurementChoice.lot_id == lot.id)
    )
    return MeasurementChoice(
        id=choice_id,
        lot_id=lot.id,
        sequence=(last or 0) + 1,
        attribute=attribute,
        measurement_id=measurement_id,
        reason=reason,
        decided_at=now,
        decided_by=actor.user_id,
    )


def _measurement(
    session: Session, actor: Actor, lot: Lot, attribute: str, measurement_id: UUID | None
) -> Measurement | None:
    if measurement_id is None:
        return None
    found = get_measurement_for(session, actor, measurement_id)
    sample = session.get(Sample, found.sample_id) if found.sample_id else None
    is_hidden = sample is not None and is_blind_for(session, actor, sample)
    if is_hidden or (found.lot_id, found.attribute) != (lot.id, attribute):
        raise NotFound
    return found
