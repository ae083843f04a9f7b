"""What each user sets for themselves: language, number format, password."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.errors import SamePassword, UnknownPreference, WrongOldPassword
from chain.accounts.models import User
from chain.accounts.rules import Actor, Country
from chain.accounts.services.passwords import check_strength, hash_password, password_fits
from chain.accounts.services.sign_in import end_all_sign_ins
from chain.accounts.services.users import UserAudit, note
from chain.core.errors import NotFound

LANGUAGES = ("es", "en")


def get_self(session: Session, actor: Actor) -> User:
    """Return the user that acts.

    Raises:
        NotFound: the worker or the command line acts.
    """
    user = session.get(User, actor.user_id) if actor.user_id is not None else None
    if user is None:
        raise NotFound
    return user


def set_language(session: Session, *, actor: Actor, language: str, now: datetime) -> None:
    """Keep the language that a user reads."""
    user = get_self(session, actor)
    set_preferences(session, actor=actor, now=now, language=language, number_format=user.number_format)


def set_preferences(
    session: Session, *, actor: Actor, now: datetime, language: str, number_format: str | None
) -> User:
    """Keep the language, and the number format (None: as in the country of the acting organisation).

    Raises:
        UnknownPreference: there is no such language or format.
    """
    user = get_self(session, actor)
    if language not in LANGUAGES or (number_format is not None and number_format not in set(Country)):
        raise UnknownPreference
    before = {"language": user.language, "number_format": user.number_format}
    after = {"language": language, "number_format": number_format}
    if before != after:
        user.language, user.number_format = language, number_format
        session.flush()
        note(session, UserAudit.PREFERENCES_SET, actor=actor, now=now, user=user, before=before, after=after)
    return user


def change_password(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    old_password: str,
    new_password: str,
    sign_in_id: UUID | None,
    fast_hash: bool = False,
) -> User:
    """Change the own password; every other sign-in of the user ends.

    Raises:
        WrongOldPassword, WeakPassword, SamePassword.
    """
    user = get_self(session, actor)
    if not password_fits(user.password_hash, old_password):
        raise WrongOldPassword
    check_strength(new_password, user.username)
    if new_password == old_password:
        raise SamePassword
    user.password_hash = hash_password(new_password, fast=fast_hash)
    user.must_change_password = False
    end_all_sign_ins(session, user_id=user.id, now=now, but=sign_in_id)
    session.flush()
    note(session, UserAudit.PASSWORD_CHANGED, actor=actor, now=now, user=user)
    return user
