"""Second opinions: asked in time, graded blind on a sample of its own, decided by somebody who never saw the lot."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_, Message
from chain.core.ids import new_id
from chain.core.outbox import enqueue
from chain.core.text import tidy
from chain.laboratory.errors import (
    NotBlind,
    NotYourOpinion,
    OpinionClosed,
    OpinionExists,
    OpinionNeedsClass,
    OpinionTooLate,
)
from chain.laboratory.models import SecondOpinion
from chain.laboratory.queries.opinions import (
    graded_at_of,
    has_opinion_since,
    lock_opinion,
    people_who_know,
    terms_of,
)
from chain.laboratory.rules import OPINION_LABELS, AskedFor, OpinionState, Purpose
from chain.laboratory.services.audits import LaboratoryAudit
from chain.laboratory.services.samples import add_sample
from chain.lots.errors import ReasonNeeded, UnknownClass
from chain.lots.grades import class_name
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.notices import tell_producer
from chain.lots.services.regrading import is_class_of, let_finding_count, set_second_opinion
from chain.producers.queries import producer_of_user

LAPSE_MESSAGE = "laboratory:opinion:lapse"
MIN_TEXT, MAX_TEXT = 3, 500
MAX_SHOWN = 40
SUBJECT = "second_opinion"

NOT_FOR = N_("Choose for whom the second opinion is asked.")
NOTE_LENGTH = N_("Write what decided the class, with %(least)s to %(limit)s characters.")
CLASS_MISSING = N_("Choose a class.")
UPHELD = N_("Second opinion on your delivery %(number)s: the class stays %(key)s.")
CHANGED = N_("Second opinion on your delivery %(number)s: the class is now %(key)s instead of %(before)s.")
FOUND_ONLY = N_(
    "Second opinion on your delivery %(number)s: the class found is %(key)s instead of %(before)s. "
    "The lot was already offered, sold or settled as it was."
)
LAPSED = N_(
    "Nobody gave a second opinion on your delivery %(number)s in time. You may ask again or complain."
)


def ask_second_opinion(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    lot_id: UUID,
    reason: str,
    asked_for: str = AskedFor.PRODUCER.value,
    asking_organisation_id: UUID | None = None,
) -> tuple[SecondOpinion, bool]:
    """Ask for a second opinion on a lot of the house, for a producer or the house, or as a buyer on another's lot.

    For a buyer the caller has checked that the buyer may see the lot. A new sealed sample code is given, under which the
    split sample goes to the regrader. The same id and content again answers with the first one and False.

    Raises:
        Forbidden: the actor may not ask.
        NotFound: there is no such lot here.
        ReasonNeeded: the reason has fewer than 3 or more than 500 characters.
        OpinionNeedsClass: nobody has confirmed the class.
        OpinionTooLate: the days to ask are over.
        OpinionExists: there is one on this class, open or decided.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.OPINIONS_ASK)
    if asked_for not in set(AskedFor):
        errors = FieldErrors()
        errors.add("asked_for", NOT_FOR)
        errors.raise_any()
    is_buyer = actor.organisation_kind is OrganisationKind.BUYER
    if is_buyer != (asked_for == AskedFor.BUYER) or (is_buyer and asking_organisation_id != actor.org):
        raise NotFound
    organisation_id = _organisation_of(session, lot_id) if is_buyer else actor.org
    lot = _locked(session, organisation_id, lot_id)
    return _ask(session, actor, now, id, lot, reason, asked_for, asking_organisation_id)


def ask_own_opinion(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the client's name for it, as in the API
    lot_id: UUID,
    reason: str,
) -> tuple[SecondOpinion, bool]:
    """Ask, as the producer, for a second opinion on an own delivery, at whatever organisation it was made.

    Raises:
        Forbidden: the actor is no producer.
        NotFound: it is not an own delivery.
        ReasonNeeded, OpinionNeedsClass, OpinionTooLate, OpinionExists, IdempotencyConflict: as `ask_second_opinion`.
    """
    actor.require(Permission.OWN_OPINIONS_ASK)
    own = producer_of_user(session, actor.user_id) if actor.user_id else None
    found = select(Lot.organisation_id).where(Lot.id == lot_id, Lot.producer_id == (own.id if own else None))
    organisation_id = session.scalar(found)
    if own is None or organisation_id is None:
        raise NotFound
    lot = _locked(session, organisation_id, lot_id)
    return _ask(session, actor, now, id, lot, reason, AskedFor.PRODUCER.value, None)


def _organisation_of(session: Session, lot_id: UUID) -> UUID:
    found = session.scalar(select(Lot.organisation_id).where(Lot.id == lot_id))
    if found is None:
        raise NotFound
    return found


def _locked(session: Session, organisation_id: UUID, lot_id: UUID) -> Lot:
    (lot,) = lock_lots(session, organisation_id, [lot_id])
    return lot


def _ask(  # noqa: PLR0917 - what both ways of asking have in common
    session: Session,
    actor: Actor,
    now: datetime,
    opinion_id: UUID,
    lot: Lot,
    reason: str,
    asked_for: str,
    asking_organisation_id: UUID | None,
) -> tuple[SecondOpinion, bool]:
    why = tidy(reason)
    if not MIN_TEXT <= len(why) <= MAX_TEXT:
        raise ReasonNeeded(least=MIN_TEXT, limit=MAX_TEXT)
    known = session.get(SecondOpinion, opinion_id)
    if known is not None:
        if (known.lot_id, known.reason, known.asked_by) == (lot.id, why, actor.user_id):
            return known, False
        raise IdempotencyConflict
    terms = terms_of(session, lot.organisation_id)
    graded_at = graded_at_of(session, lot.id)
    if (
        not lot.grade_confirmed
        or graded_at is None
        or lot.grade_scheme is None
        or lot.state == LotState.CANCELLED
    ):
        raise OpinionNeedsClass(number=lot.number)
    if has_opinion_since(session, lot.id, graded_at):
        raise OpinionExists(number=lot.number)
    if now > terms.ask_until(graded_at):
        raise OpinionTooLate(until=terms.ask_until(graded_at))
    sample = add_sample(
        session, actor=actor, now=now, lot=lot, id=new_id(), purpose=Purpose.SECOND_OPINION.value
    )
    row = SecondOpinion(
        id=opinion_id,
        organisation_id=lot.organisation_id,
        lot_id=lot.id,
        sample_id=sample.id,
        asked_for=str(asked_for),
        asking_organisation_id=asking_organisation_id,
        reason=why,
        asked_at=now,
        asked_by=actor.user_id,
        deadline=terms.deadline(now),
        state=OpinionState.OPEN.value,
        scheme=lot.grade_scheme,
        edition=lot.grade_edition or "",
        previous_key=lot.grade_key,
        is_upheld=False,
    )
    session.add(row)
    session.flush()
    enqueue(
        session,
        kind=LAPSE_MESSAGE,
        payload={"opinion_id": row.id},
        now=now,
        available_at=row.deadline,
        dedupe_key=f"{LAPSE_MESSAGE}:{row.id}",
    )
    _record(session, actor, now, row, LaboratoryAudit.OPINION_ASKED, {"for": row.asked_for, "reason": why})
    return row, True


def decide_second_opinion(
    session: Session, *, actor: Actor, now: datetime, opinion_id: UUID, key: str, note: str
) -> SecondOpinion:
    """Say which class the sample has. It is compared with the earlier class only afterwards; the grader never sees that.

    A changed class becomes a new grade record and counts, unless the lot was offered or sold meanwhile: then it stands on
    record. The producer is told. The same decision by the same person again changes nothing.

    Raises:
        Forbidden: the actor may not confirm classes.
        NotFound: there is no such second opinion here.
        NotBlind: the actor registered, graded or sampled the lot, chose its measurements, or asked.
        OpinionClosed: it was decided, withdrawn, or its deadline has passed.
        UnknownClass, ValidationFailed: no class of the norm, or no note.
    """
    actor.require(Permission.GRADES_CONFIRM)
    row = lock_opinion(session, actor, opinion_id)
    text = _check_decision(row, key, note)
    if row.state == OpinionState.DECIDED and (row.decided_by, row.found_key, row.note) == (
        actor.user_id,
        key,
        text,
    ):
        return row
    _require_open(row, now)
    if actor.user_id in people_who_know(session, row):
        raise NotBlind
    lot = _locked(session, row.organisation_id, row.lot_id)
    row.state, row.found_key, row.note = OpinionState.DECIDED.value, key, text
    row.is_upheld = key == row.previous_key
    row.decided_at, row.decided_by = now, actor.user_id
    counts = True
    if not row.is_upheld:
        counts = set_second_opinion(
            session, actor=actor, now=now, lot=lot, scheme=row.scheme, edition=row.edition, key=key, note=text
        )
    session.flush()
    after = {"found": key, "upheld": row.is_upheld, "counts": counts, "reason": text}
    _record(session, actor, now, row, LaboratoryAudit.OPINION_DECIDED, after)
    told = UPHELD if row.is_upheld else CHANGED if counts else FOUND_ONLY
    _tell(session, lot, row, now, told)
    return row


def apply_finding(session: Session, *, actor: Actor, now: datetime, opinion_id: UUID) -> Lot:
    """Let the class of a decided second opinion count that stood on record only, because the lot was on offer then.

    Again changes nothing.

    Raises:
        Forbidden: the actor may not confirm classes.
        NotFound: there is no such second opinion here.
        OpinionClosed: it is not decided, or the class was upheld.
        OpinionExists: the class was confirmed anew since; that one counts.
        ClassFixed, LotBeingSettled, LotUsed, LotGone: the lot is still on offer, or it is too late.
    """
    actor.require(Permission.GRADES_CONFIRM)
    row = lock_opinion(session, actor, opinion_id)
    if row.state != OpinionState.DECIDED or row.is_upheld:
        raise OpinionClosed(state=Message(OPINION_LABELS[OpinionState(row.state)]))
    lot = _locked(session, row.organisation_id, row.lot_id)
    if lot.grade_key == row.found_key:
        return lot
    if lot.grade_key != row.previous_key or (lot.grade_scheme, lot.grade_edition) != (
        row.scheme,
        row.edition,
    ):
        raise OpinionExists(number=lot.number)
    let_finding_count(session, actor=actor, now=now, lot=lot, key=row.found_key, reason=row.note or "")
    _tell(session, lot, row, now, CHANGED)
    return lot


def _check_decision(row: SecondOpinion, key: str, note: str) -> str:
    errors = FieldErrors()
    text = tidy(note)
    if not MIN_TEXT <= len(text) <= MAX_TEXT:
        errors.add("note", NOTE_LENGTH, least=MIN_TEXT, limit=MAX_TEXT)
    if not key:
        errors.add("key", CLASS_MISSING)
    elif not is_class_of(row.scheme, row.edition, key):
        errors.take("key", UnknownClass(value=key[:MAX_SHOWN]))
    errors.raise_any()
    return text


def _require_open(row: SecondOpinion, now: datetime) -> None:
    """Refuse what is closed; an opinion past its deadline is closed before the worker says so."""
    state = OpinionState(row.state)
    if state is OpinionState.OPEN and now > row.deadline:
        state = OpinionState.LAPSED
    if state is not OpinionState.OPEN:
        raise OpinionClosed(state=Message(OPINION_LABELS[state]))


def lapse_second_opinion(session: Session, *, actor: Actor, now: datetime, opinion_id: UUID) -> bool:
    """Mark a second opinion whose deadline has passed; return whether it lapsed now. The asker may ask again in time."""
    row = lock_opinion(session, actor, opinion_id)
    if row.state != OpinionState.OPEN or now < row.deadline:
        return False
    row.state = OpinionState.LAPSED.value
    session.flush()
    _record(session, actor, now, row, LaboratoryAudit.OPINION_LAPSED, {"deadline": row.deadline})
    lot = session.get_one(Lot, row.lot_id)
    _tell(session, lot, row, now, LAPSED)
    return True


def withdraw_second_opinion(
    session: Session, *, actor: Actor, now: datetime, opinion_id: UUID
) -> SecondOpinion:
    """Withdraw a second opinion that one asked for oneself, while it is open. Again changes nothing.

    Raises:
        NotFound: there is none that the actor may see.
        NotYourOpinion: another person asked.
        OpinionClosed: it is decided or has lapsed.
    """
    row = lock_opinion(session, actor, opinion_id, as_asker=True)
    if row.asked_by != actor.user_id:
        raise NotYourOpinion
    if row.state == OpinionState.WITHDRAWN:
        return row
    _require_open(row, now)
    row.state = OpinionState.WITHDRAWN.value
    session.flush()
    _record(session, actor, now, row, LaboratoryAudit.OPINION_WITHDRAWN, {"state": row.state})
    return row


def _tell(session: Session, lot: Lot, row: SecondOpinion, now: datetime, msgid: str) -> None:
    """Leave the producer a notice, with the classes by their names in both languages."""
    tell_producer(
        session,
        organisation_id=lot.organisation_id,
        producer_id=lot.producer_id,
        lot_id=lot.id,
        now=now,
        msgid=msgid,
        params={
            "number": lot.number,
            "key": _names(row, row.found_key),
            "before": _names(row, row.previous_key),
        },
    )


def _names(row: SecondOpinion, key: str | None) -> dict[str, str]:
    return {language: class_name(row.scheme, row.edition, key, language) for language in ("es", "en")}


def _record(  # noqa: PLR0917 - the parts of an audit record
    session: Session,
    actor: Actor,
    now: datetime,
    row: SecondOpinion,
    tag: LaboratoryAudit,
    after: dict[str, Any],
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=row.id,
        after=after,
    )
