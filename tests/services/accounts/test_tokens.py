"""API tokens."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.accounts import errors, identity
from chain.accounts.rules import Permission
from chain.accounts.services import tokens
from chain.accounts.services.sign_in import token_hash
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from tests.support.cast import Cast, Person


def make(
    session: Session,
    by: Person,
    now: datetime,
    *permissions: Permission,
    token_id: UUID | None = None,
    days: int = 30,
    name: str = "balanza",
) -> tokens.MadeToken:
    return tokens.create_token(
        session,
        actor=by.actor,
        now=now,
        token_id=token_id or new_id(),
        name=name,
        days=days,
        limited_to=permissions or (Permission.LOTS_READ,),
    )


def test_a_token_is_kept_as_a_hash_and_a_start(session: Session, cast: Cast, now: datetime) -> None:
    made = make(session, cast.clerk, now)
    assert made.secret is not None
    assert made.secret.startswith(made.token.prefix)
    assert made.token.token_hash == token_hash(made.secret)
    assert made.secret not in str(vars(made.token))


def test_it_speaks_for_its_user_with_its_own_permissions_until_it_ends(
    session: Session, cast: Cast, now: datetime
) -> None:
    made = make(session, cast.clerk, now)
    digest = token_hash(made.secret or "")
    found = identity.find_token_holder(session, token_hash=digest, now=now)
    assert found is not None
    assert found.actor.permissions == {Permission.LOTS_READ}
    assert found.actor.organisation_id == cast.centre.id
    assert identity.find_token_holder(session, token_hash=digest, now=now + timedelta(days=30)) is None
    tokens.revoke_token(session, actor=cast.clerk.actor, now=now, token_id=made.token.id)
    assert identity.find_token_holder(session, token_hash=digest, now=now) is None


def test_a_second_submit_of_the_form_shows_no_secret(session: Session, cast: Cast, now: datetime) -> None:
    token_id = new_id()
    make(session, cast.clerk, now, token_id=token_id)
    assert make(session, cast.clerk, now, token_id=token_id).secret is None
    with pytest.raises(IdempotencyConflict):
        make(session, cast.grader, now, token_id=token_id)


def test_what_is_too_much_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(errors.PermissionNotHeld):
        make(session, cast.clerk, now, Permission.RUNS_PAY)
    for days in (0, tokens.MAX_DAYS + 1):
        with pytest.raises(errors.TokenLifetime):
            make(session, cast.clerk, now, days=days)
    with pytest.raises(errors.NameNeeded):
        make(session, cast.clerk, now, name="  ")
    with pytest.raises(Forbidden):
        make(session, cast.producer, now)
    for _ in range(tokens.MAX_TOKENS - 1):  # the cast has one already
        make(session, cast.clerk, now)
    with pytest.raises(errors.TooManyTokens):
        make(session, cast.clerk, now)


def test_somebody_else_s_token_is_not_found(session: Session, cast: Cast, now: datetime) -> None:
    made = make(session, cast.clerk, now)
    with pytest.raises(NotFound):
        tokens.revoke_token(session, actor=cast.admin.actor, now=now, token_id=made.token.id)


def test_the_last_use_is_kept_by_the_day(session: Session, cast: Cast, now: datetime) -> None:
    made = make(session, cast.clerk, now)
    digest = token_hash(made.secret or "")
    for hours in (0, 3):
        tokens.note_token_use(session, token_id=made.token.id, now=now + timedelta(hours=hours))
    session.refresh(made.token)
    assert made.token.last_used_on == now.replace(hour=0)
    found = identity.find_token_holder(session, token_hash=digest, now=now)
    assert found is not None
    assert not found.token_use_is_new
    tomorrow = identity.find_token_holder(session, token_hash=digest, now=now + timedelta(days=1))
    assert tomorrow is not None
    assert tomorrow.token_use_is_new
