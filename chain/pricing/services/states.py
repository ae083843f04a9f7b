"""A version comes into force, ends, or is withdrawn. What runs have accounted keeps its amounts, whatever happens here."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.ledger.services.posting import lock_books
from chain.pricing.audit_tags import PricingAudit
from chain.pricing.models import PriceVersion
from chain.pricing.queries.schemes import get_version_for
from chain.pricing.rules.documents import content_of
from chain.pricing.rules.states import VersionState, check_transition
from chain.pricing.services.announcing import Change, announce, version_before
from chain.pricing.services.checks import (
    LAST_BEFORE_FIRST,
    MAX_NAME,
    check_dates,
    check_whole_content,
    days_of,
    last_served,
    open_before,
    refuse_overlap,
    refuse_served,
)

ONLY_SHORTER = N_(
    "A version in force can end earlier, not later. Write a new version for the days after %(last)s."
)
SAY_WHY = N_("Say in a few words why.")
ONE_DAY = timedelta(days=1)


def activate_version(
    session: Session, *, actor: Actor, now: datetime, version_id: UUID, ends_previous: bool = False
) -> PriceVersion:
    """Put a draft into force; from then on its content is frozen. In force already: nothing changes.

    With `ends_previous` the version that still runs on its first day ends on the day before.

    Raises:
        Forbidden: the actor may not set prices.
        NotFound: the version is another organisation's.
        VersionStateRefused: it ended or was withdrawn.
        ValidationFailed: the draft cannot be used any more, such as by a grading scheme that was withdrawn.
        PriceOverlaps: another version is in force on some of its days; its dates are named.
        DeliveriesServed: the version that should end prices deliveries of later days.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    scheme, version = get_version_for(session, actor, version_id)
    if version.state == VersionState.IN_FORCE:
        return version
    check_transition(version.number, version.state, VersionState.IN_FORCE)
    check_dates(version.valid_from, version.valid_to, version.decided_by, now.date())
    check_whole_content(session, scheme.organisation_id, content_of(version.content), scheme.commodity)
    if ends_previous:
        previous = open_before(session, version)
        if previous is not None:
            refuse_served(session, previous, version.valid_from - ONE_DAY)
            _end(session, actor, now, previous, version.valid_from - ONE_DAY)
    refuse_overlap(session, version.id, days_of(version))
    version.state = VersionState.IN_FORCE.value
    version.activated_at, version.activated_by = now, actor.user_id
    session.flush()
    _record(session, PricingAudit.VERSION_ACTIVATED, actor, now, version, VersionState.DRAFT)
    announce(session, now, version, Change.IN_FORCE, previous_id=version_before(session, version))
    return version


def end_version(
    session: Session, *, actor: Actor, now: datetime, version_id: UUID, last_day: date
) -> PriceVersion:
    """Let a version in force end on a day, included; it goes on pricing the days up to then.

    Raises:
        Forbidden: the actor may not set prices.
        NotFound: the version is another organisation's.
        VersionStateRefused: it is a draft or was withdrawn.
        ValidationFailed: the day lies before its first or after its last one.
        DeliveriesServed: it prices deliveries of later days.
    """
    actor.require(Permission.PRICES_WRITE)
    lock_books(session, actor.org)
    _, version = get_version_for(session, actor, version_id)
    if version.state == VersionState.ENDED and version.valid_to == last_day:
        return version
    check_transition(version.number, version.state, VersionState.ENDED)
    errors = FieldErrors()
    if last_day < version.valid_from:
        errors.add("last_day", LAST_BEFORE_FIRST)
    elif version.valid_to is not None and last_day > version.valid_to:
        errors.add("last_day", ONLY_SHORTER, last=version.valid_to)
    errors.raise_any()
    refuse_served(session, version, last_day)
    before = version.valid_to
    _end(session, actor, now, version, last_day)
    if before != last_day:
        announce(session, now, version, Change.ENDED, last_day=last_day, last_day_before=before)
    return version


def withdraw_version(
    session: Session, *, actor: Actor, now: datetime, version_id: UUID, reason: str
) -> PriceVersion:
    """Take a wrong version back as a whole: it prices nothing any more, and stays to be read.

    While deliveries that are not settled rest on it, another person than who put it into force must do so: one who sets prices,
    or one who approves settlements.

    Raises:
        Forbidden: the actor may neither set prices nor approve settlements.
        SamePerson: deliveries rest on it, and the actor put it into force.
        NotFound: the version is another organisation's.
        VersionStateRefused: it is a draft.
        ValidationFailed: no reason was given.
    """
    require_withdrawer(actor)
    lock_books(session, actor.org)
    _, version = get_version_for(session, actor, version_id)
    if version.state == VersionState.WITHDRAWN:
        return version
    check_transition(version.number, version.state, VersionState.WITHDRAWN)
    errors = FieldErrors()
    if len(reason.strip()) < 3:  # noqa: PLR2004 - a word is the least
        errors.add("reason", SAY_WHY)
    errors.raise_any()
    if last_served(session, version) is not None:
        actor.require_other_than(version.activated_by)
    before = VersionState(version.state)
    version.state = VersionState.WITHDRAWN.value
    version.ended_at, version.ended_by = now, actor.user_id
    version.end_reason = reason.strip()[:MAX_NAME]
    session.flush()
    _record(session, PricingAudit.VERSION_WITHDRAWN, actor, now, version, before)
    announce(session, now, version, Change.WITHDRAWN)
    return version


def require_withdrawer(actor: Actor) -> None:
    """Let withdraw who sets prices, and who approves settlements.

    Raises:
        Forbidden: the actor does neither.
    """
    if not actor.may(Permission.RUNS_APPROVE):
        actor.require(Permission.PRICES_WRITE)


def _end(session: Session, actor: Actor, now: datetime, version: PriceVersion, last_day: date) -> None:
    before = VersionState(version.state)
    version.state = VersionState.ENDED.value
    version.valid_to = last_day
    version.ended_at, version.ended_by = now, actor.user_id
    session.flush()
    _record(session, PricingAudit.VERSION_ENDED, actor, now, version, before)


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: PricingAudit,
    actor: Actor,
    now: datetime,
    version: PriceVersion,
    before: VersionState,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="price_version",
        subject_id=version.id,
        before={"state": before.value},
        after={
            "state": version.state,
            "valid_from": version.valid_from,
            "valid_to": version.valid_to,
            "reason": version.end_reason,
        },
    )
