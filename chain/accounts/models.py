"""Tables of organisations, users, roles, sign-ins and API tokens."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class Organisation(HasId, Model):
    """A centre, association, committee, federation, buyer, guarantee committee or programme."""

    __tablename__ = "organisation"
    __table_args__ = (UniqueConstraint("code"),)

    kind: Mapped[str] = mapped_column(Word)
    #: short and printed on papers: CC03, OROPESA
    code: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Name)
    country: Mapped[str] = mapped_column(String(2))
    #: the currency of its books
    currency: Mapped[str] = mapped_column(CurrencyCode)
    timezone: Mapped[str] = mapped_column(Word)
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: RUC or NIT, as typed
    tax_id: Mapped[str | None] = mapped_column(Word)
    place: Mapped[str | None] = mapped_column(Name)
    created_at: Mapped[datetime]


class User(HasId, Model):
    """A person who signs in."""

    __tablename__ = "app_user"
    __table_args__ = (UniqueConstraint("username"),)

    #: lower case, typed at the sign-in
    username: Mapped[str] = mapped_column(String(80))
    display_name: Mapped[str] = mapped_column(Name)
    password_hash: Mapped[str] = mapped_column(String(200))
    #: es or en
    language: Mapped[str] = mapped_column(String(5), default="es")
    #: PE or BO; null: as in the acting organisation's country
    number_format: Mapped[str | None] = mapped_column(String(2))
    is_active: Mapped[bool] = mapped_column(default=True)
    #: set by an administrator's reset: the person must choose a new one first
    must_change_password: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class RoleAssignment(HasId, Model):
    """A role of a user in an organisation."""

    __tablename__ = "role_assignment"
    __table_args__ = (UniqueConstraint("user_id", "organisation_id", "role"),)

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    role: Mapped[str] = mapped_column(Word)
    granted_at: Mapped[datetime]
    granted_by: Mapped[UUID | None]


class SignIn(HasId, Model):
    """A signed-in browser. The cookie carries a token whose hash stands here, so that signing out ends it for good."""

    __tablename__ = "sign_in"
    __table_args__ = (UniqueConstraint("token_hash"), Index("ix_sign_in_user_id", "user_id"))

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    #: the organisation that the user acts for in this browser
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisation.id"))
    token_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SignInAttempt(HasId, Model):
    """A failed sign-in, kept for the throttle."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (
        Index("ix_sign_in_attempt_username_at", "username", "at"),
        Index("ix_sign_in_attempt_address_at", "address", "at"),
    )

    username: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(60))
    at: Mapped[datetime]


class ApiToken(HasId, Model):
    """A bearer token: shown once, kept as a hash."""

    __tablename__ = "api_token"
    __table_args__ = (
        UniqueConstraint("token_hash"),
        CheckConstraint("length(prefix) > 0", name="prefix_not_empty"),
        Index("ix_api_token_user_id", "user_id"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("app_user.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    #: first characters, so that a person recognises it in the list
    prefix: Mapped[str] = mapped_column(String(12))
    token_hash: Mapped[str] = mapped_column(HashHex)
    #: permissions it is limited to; null: all of the user's
    limited_to: Mapped[list[Any] | None]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_on: Mapped[datetime | None]
