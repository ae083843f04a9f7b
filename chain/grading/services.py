"""The writer of grading: an organisation chooses its scheme."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.grading.errors import ChoiceDateOutOfRange, ChoiceDateTaken, SchemeNotChoosable
from chain.grading.models import SchemeChoice
from chain.grading.queries import scheme_in_force
from chain.grading.scheme_files import choosable_schemes

FIRST_DAY = date(2000, 1, 1)
MAX_AHEAD = timedelta(days=366)


class GradingAudit(StrEnum):
    """Tags of the audit trail."""

    SCHEME_CHOSEN = "grading:scheme_choice:made"


def choose_scheme(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    commodity: str,
    scheme: str,
    edition: str,
    valid_from: date,
    choice_id: UUID | None = None,
) -> SchemeChoice:
    """Let the actor's organisation grade a commodity by a scheme and edition from a day on.

    Lots that were graded before keep their class; a first day in the past only counts for what is graded from now on.
    The same id with the same content returns the first choice.

    Raises:
        Forbidden: the actor may not choose.
        SchemeNotChoosable: there is no such scheme for the commodity.
        ChoiceDateOutOfRange: before 2000 or more than a year ahead.
        ChoiceDateTaken: another choice begins on that day.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.SCHEMES_CHOOSE)
    content = {"commodity": commodity, "scheme": scheme, "edition": edition, "valid_from": valid_from}
    known = session.get(SchemeChoice, choice_id) if choice_id else None
    if known is not None:
        return _same_or_conflict(known, actor, content)
    if (scheme, edition) not in {(one.key, one.edition) for one in choosable_schemes(commodity)}:
        raise SchemeNotChoosable
    last = now.date() + MAX_AHEAD
    if not FIRST_DAY <= valid_from <= last:
        raise ChoiceDateOutOfRange(first=FIRST_DAY, last=last)
    before = scheme_in_force(session, actor.org, commodity, valid_from)
    choice = SchemeChoice(
        id=choice_id or new_id(),
        organisation_id=actor.org,
        chosen_at=now,
        chosen_by=actor.user_id,
        **content,
    )
    try:
        with session.begin_nested():
            session.add(choice)
    except IntegrityError:
        raise ChoiceDateTaken from None
    audit.record(
        session,
        tag=GradingAudit.SCHEME_CHOSEN,
        actor=actor,
        now=now,
        subject_type="scheme_choice",
        subject_id=choice.id,
        before={"scheme": before.key, "edition": before.edition},
        after=content,
    )
    return choice


def _same_or_conflict(known: SchemeChoice, actor: Actor, content: dict[str, object]) -> SchemeChoice:
    is_own = known.organisation_id == actor.org
    if is_own and all(getattr(known, name) == value for name, value in content.items()):
        return known
    raise IdempotencyConflict
