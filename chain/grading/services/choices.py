"""An organisation chooses the scheme by which it grades a product, and the list by which it names colours."""

from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.grading.errors import ChoiceDateOutOfRange, ChoiceDateTaken, SchemeNotChoosable
from chain.grading.models import ColourListChoice, SchemeChoice
from chain.grading.queries import colour_list_in_force, find_scheme, is_offered, scheme_in_force
from chain.grading.scheme import COMMODITIES, ColourScheme
from chain.grading.scheme_files import (
    UnknownSchemeError,
    can_class,
    choosable_schemes,
    colour_lists,
    is_shipped,
)
from chain.grading.services.tags import GradingAudit

FIRST_DAY = date(2000, 1, 1)
MAX_AHEAD = timedelta(days=366)


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
    _check_choosable(session, actor, commodity, scheme, edition)
    _check_first_day(now, valid_from)
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


def choose_colour_list(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    scheme: str,
    edition: str,
    valid_from: date,
    choice_id: UUID | None = None,
) -> ColourListChoice:
    """Let the actor's organisation name colours by a list from a day on; lots keep the standard colour in any case.

    The same id with the same content returns the first choice.

    Raises:
        Forbidden: the actor may not choose.
        SchemeNotChoosable: there is no such list, or it is another organisation's and not shared.
        ChoiceDateOutOfRange: before 2000 or more than a year ahead.
        ChoiceDateTaken: another choice begins on that day.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.SCHEMES_CHOOSE)
    content = {"scheme": scheme, "edition": edition, "valid_from": valid_from}
    known = session.get(ColourListChoice, choice_id) if choice_id else None
    if known is not None:
        return _same_or_conflict(known, actor, content)
    _check_colour_list(session, actor, scheme, edition)
    _check_first_day(now, valid_from)
    before = colour_list_in_force(session, actor.org, valid_from) or colour_lists()[0]
    choice = ColourListChoice(
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
        tag=GradingAudit.COLOURS_CHOSEN,
        actor=actor,
        now=now,
        subject_type="colour_list_choice",
        subject_id=choice.id,
        before={"scheme": before.key, "edition": before.edition},
        after=content,
    )
    return choice


def _check_choosable(session: Session, actor: Actor, commodity: str, key: str, edition: str) -> None:
    """Refuse a scheme that cannot class the product, and one that another organisation keeps to itself."""
    if commodity not in COMMODITIES:
        raise SchemeNotChoosable
    if is_shipped(key):
        if (key, edition) not in {(one.key, one.edition) for one in choosable_schemes(commodity)}:
            raise SchemeNotChoosable
    elif not is_offered(session, actor.org, key, edition) or not can_class(
        find_scheme(session, key, edition), commodity
    ):
        raise SchemeNotChoosable


def _check_colour_list(session: Session, actor: Actor, key: str, edition: str) -> None:
    if not is_shipped(key) and not is_offered(session, actor.org, key, edition):
        raise SchemeNotChoosable
    try:
        found = find_scheme(session, key, edition)
    except UnknownSchemeError:
        raise SchemeNotChoosable from None
    if not isinstance(found, ColourScheme):
        raise SchemeNotChoosable


def _check_first_day(now: datetime, valid_from: date) -> None:
    last = now.date() + MAX_AHEAD
    if not FIRST_DAY <= valid_from <= last:
        raise ChoiceDateOutOfRange(first=FIRST_DAY, last=last)


Choice = TypeVar("Choice", SchemeChoice, ColourListChoice)


def _same_or_conflict(known: Choice, actor: Actor, content: dict[str, object]) -> Choice:
    is_own = known.organisation_id == actor.org
    if is_own and all(getattr(known, name) == value for name, value in content.items()):
        return known
    raise IdempotencyConflict
