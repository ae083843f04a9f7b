"""Signing in, the throttle, and the own password."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts import errors, identity
from chain.accounts.models import SignIn, SignInAttempt
from chain.accounts.services import preferences
from chain.accounts.services import sign_in as services
from chain.accounts.services.users import deactivate_user
from chain.core.errors import NotFound
from tests.support.cast import Cast

NEW = "quinua y oca al horno"


def enter(session: Session, username: str, password: str, now: datetime, limit: int = 3) -> str:
    services.reserve_attempt(session, username=username, address="10.0.0.1", limit=limit, now=now)
    user = services.check_credentials(session, username=username, password=password)
    return services.start_sign_in(session, user=user, checked_hash=user.password_hash, hours=12, now=now)


def test_the_cookie_s_token_is_kept_only_as_a_hash(session: Session, cast: Cast, now: datetime) -> None:
    token = enter(session, " Clerk ", cast.clerk.password, now)
    row = session.scalars(select(SignIn).where(SignIn.created_at == now)).one()
    assert len(token) >= 43
    assert token not in row.token_hash
    found = identity.find_signed_in(session, token_hash=services.token_hash(token), now=now)
    assert found is not None
    assert (found.actor, found.own_organisations[0].name) == (cast.clerk.actor, cast.centre.name)


def test_a_sign_in_ends_by_itself(session: Session, cast: Cast, now: datetime) -> None:
    digest = services.token_hash(enter(session, "clerk", cast.clerk.password, now))
    assert (
        identity.find_signed_in(session, token_hash=digest, now=now + timedelta(hours=11, minutes=59))
        is not None
    )
    assert identity.find_signed_in(session, token_hash=digest, now=now + timedelta(hours=12)) is None


@pytest.mark.parametrize(
    ("username", "password"), [("clerk", "otra"), ("nobody", "una clave solo de prueba"), ("", "")]
)
def test_wrong_names_and_wrong_passwords_sound_alike(
    session: Session, username: str, password: str, now: datetime
) -> None:
    with pytest.raises(errors.WrongCredentials):
        enter(session, username, password, now)


def test_an_unknown_name_takes_a_password_check_too(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashes: list[str] = []

    def never_fits(kept: str, _password: str) -> bool:
        hashes.append(kept)
        return False

    monkeypatch.setattr(services, "password_fits", never_fits)
    with pytest.raises(errors.WrongCredentials):
        services.check_credentials(session, username="nobody", password="x")
    assert hashes == [services.decoy_hash()]
    assert hashes[0].startswith("$argon2id$")


def test_too_many_failures_stop_a_name_even_with_the_right_password(
    session: Session, cast: Cast, now: datetime
) -> None:
    for _ in range(3):
        with pytest.raises(errors.WrongCredentials):
            enter(session, "clerk", "wrong", now)
    with pytest.raises(errors.Throttled):
        enter(session, "clerk", cast.clerk.password, now)
    enter(session, "grader", cast.grader.password, now)
    assert enter(session, "clerk", cast.clerk.password, now + services.THROTTLE_WINDOW)


def test_an_address_that_tries_many_names_is_stopped(session: Session, cast: Cast, now: datetime) -> None:
    for number in range(services.ADDRESS_FACTOR):
        with pytest.raises(errors.WrongCredentials):
            enter(session, f"name{number}", "wrong", now, limit=1)
    with pytest.raises(errors.Throttled):
        enter(session, "clerk", cast.clerk.password, now, limit=1)


def test_a_success_forgets_the_failures(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(errors.WrongCredentials):
        enter(session, "clerk", "wrong", now)
    enter(session, "clerk", cast.clerk.password, now)
    assert session.scalar(select(func.count()).select_from(SignInAttempt)) == 0


def test_a_deactivated_user_stays_outside(session: Session, cast: Cast, now: datetime) -> None:
    deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id)
    with pytest.raises(errors.WrongCredentials):
        enter(session, "clerk", cast.clerk.password, now)
    assert (
        identity.find_signed_in(session, token_hash=services.token_hash(cast.clerk.cookie), now=now) is None
    )
    assert (
        identity.find_token_holder(session, token_hash=services.token_hash(cast.clerk.token), now=now) is None
    )


def test_a_password_that_changed_while_it_was_checked_does_not_open(
    session: Session, cast: Cast, now: datetime
) -> None:
    user = services.check_credentials(session, username="clerk", password=cast.clerk.password)
    with pytest.raises(errors.WrongCredentials):
        services.start_sign_in(session, user=user, checked_hash="an older hash", hours=12, now=now)


def test_a_new_password_ends_the_other_sign_ins(session: Session, cast: Cast, now: datetime) -> None:
    kept = services.token_hash(cast.clerk.cookie)
    other = services.token_hash(enter(session, "clerk", cast.clerk.password, now))
    found = identity.find_signed_in(session, token_hash=kept, now=now)
    assert found is not None
    preferences.change_password(
        session,
        actor=cast.clerk.actor,
        now=now,
        old_password=cast.clerk.password,
        new_password=NEW,
        sign_in_id=found.sign_in_id,
        fast_hash=True,
    )
    assert identity.find_signed_in(session, token_hash=kept, now=now) is not None
    assert identity.find_signed_in(session, token_hash=other, now=now) is None


@pytest.mark.parametrize(
    ("old", "new", "refusal"),
    [
        ("wrong", NEW, errors.WrongOldPassword),
        ("una clave solo de prueba", "corta", errors.WeakPassword),
        ("una clave solo de prueba", "x" * 201, errors.WeakPassword),
        ("una clave solo de prueba", "una clave solo de prueba", errors.SamePassword),
    ],
)
def test_a_new_password_is_checked(
    session: Session, cast: Cast, now: datetime, old: str, new: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        preferences.change_password(
            session, actor=cast.clerk.actor, now=now, old_password=old, new_password=new, sign_in_id=None
        )


def test_one_acts_only_for_own_organisations(session: Session, cast: Cast, now: datetime) -> None:
    found = identity.find_signed_in(session, token_hash=services.token_hash(cast.clerk.cookie), now=now)
    assert found is not None
    assert found.sign_in_id is not None
    with pytest.raises(NotFound):
        services.switch_organisation(
            session,
            sign_in_id=found.sign_in_id,
            actor=cast.clerk.actor,
            organisation_id=cast.other_centre.id,
            now=now,
        )


def test_preferences_are_checked(session: Session, cast: Cast, now: datetime) -> None:
    user = preferences.set_preferences(
        session, actor=cast.clerk.actor, now=now, language="en", number_format="BO"
    )
    assert (user.language, user.number_format) == ("en", "BO")
    for language, number_format in (("fr", None), ("es", "XX")):
        with pytest.raises(errors.UnknownPreference):
            preferences.set_preferences(
                session, actor=cast.clerk.actor, now=now, language=language, number_format=number_format
            )
