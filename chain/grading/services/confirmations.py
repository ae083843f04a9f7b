"""A named person of an organisation vouches for an unconfirmed value of a scheme; from then on it counts there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.grading.errors import AlreadyConfirmed, OtherValueConfirmed, ValueNotConfirmable
from chain.grading.models import LimitConfirmation
from chain.grading.queries import confirmed_values, get_scheme_for
from chain.grading.services.tags import GradingAudit
from chain.grading.unconfirmed import UnconfirmedValue, unconfirmed_values

SUBJECT = "limit_confirmation"
MIN_PERSON, MAX_PERSON = 3, 200
MIN_BASIS, MAX_BASIS = 5, 1000


def confirm_value(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    scheme: str,
    edition: str,
    value_key: str,
    value: str,
    person: str,
    basis: str,
    confirmation_id: UUID | None = None,
) -> LimitConfirmation:
    """Confirm a value as it stands: `value` is what the person saw, `person` who vouches, `basis` on what ground.

    The same id with the same content returns the first answer.

    Raises:
        Forbidden: the actor may not choose schemes.
        NotFound: there is no such scheme that the actor may see.
        ValueNotConfirmable: the scheme has no such unconfirmed value.
        OtherValueConfirmed: what stands there is not what the person saw.
        AlreadyConfirmed: the organisation vouches for it already.
        ValidationFailed: person or ground are missing or too long.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.SCHEMES_CHOOSE)
    content = {
        "scheme": scheme,
        "edition": edition,
        "value_key": value_key,
        "value": value,
        "person": person.strip(),
        "basis": basis.strip(),
    }
    known = session.get(LimitConfirmation, confirmation_id) if confirmation_id else None
    if known is not None:
        is_same = all(getattr(known, name) == wanted for name, wanted in content.items())
        if known.organisation_id == actor.org and is_same:
            return known
        raise IdempotencyConflict
    _check_words(content["person"], content["basis"])
    _find_value(session, actor, scheme, edition, value_key, value)
    # two people who confirm at once wait for each other here
    session.execute(
        select(Organisation.id).where(Organisation.id == actor.org).with_for_update(key_share=True)
    )
    if value_key in confirmed_values(session, actor.org, scheme, edition):
        raise AlreadyConfirmed
    row = LimitConfirmation(
        id=confirmation_id or new_id(),
        organisation_id=actor.org,
        confirmed_at=now,
        confirmed_by=actor.user_id,
        **content,
    )
    session.add(row)
    session.flush()
    audit.record(
        session,
        tag=GradingAudit.VALUE_CONFIRMED,
        actor=actor,
        now=now,
        subject_type=SUBJECT,
        subject_id=row.id,
        before=None,
        after=content,
    )
    return row


def withdraw_confirmation(
    session: Session, *, actor: Actor, now: datetime, confirmation_id: UUID
) -> LimitConfirmation:
    """No longer vouch for a value: it is off again for what is graded from now on. Lots keep their classes.

    Raises:
        Forbidden: the actor may not choose schemes.
        NotFound: the organisation has no such confirmation.
    """
    actor.require(Permission.SCHEMES_CHOOSE)
    row = session.scalar(
        select(LimitConfirmation)
        .where(LimitConfirmation.id == confirmation_id, LimitConfirmation.organisation_id == actor.org)
        .with_for_update()
    )
    if row is None:
        raise NotFound
    if row.withdrawn_at is None:
        row.withdrawn_at, row.withdrawn_by = now, actor.user_id
        session.flush()
        audit.record(
            session,
            tag=GradingAudit.CONFIRMATION_WITHDRAWN,
            actor=actor,
            now=now,
            subject_type=SUBJECT,
            subject_id=row.id,
            before={"value_key": row.value_key, "person": row.person},
            after={"withdrawn_at": now.isoformat()},
        )
    return row


def _find_value(  # noqa: PLR0917 — the address of one value
    session: Session, actor: Actor, scheme: str, edition: str, value_key: str, value: str
) -> UnconfirmedValue:
    found, _ = get_scheme_for(session, actor, scheme, edition)
    one = next((one for one in unconfirmed_values(found) if one.key == value_key), None)
    if one is None:
        raise ValueNotConfirmable
    if one.value != value:
        raise OtherValueConfirmed(value=one.value)
    return one


def _check_words(person: str, basis: str) -> None:
    errors = FieldErrors()
    for name, text, least, most in (
        ("person", person, MIN_PERSON, MAX_PERSON),
        ("basis", basis, MIN_BASIS, MAX_BASIS),
    ):
        if not least <= len(text) <= most:
            errors.add(name, N_("Write between %(least)s and %(most)s characters."), least=least, most=most)
    errors.raise_any()
