"""Who is behind a cookie or a token: one statement per request, over tables rather than objects, because every request asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, FromClause, Row, Select, String, any_, bindparam, select
from sqlalchemy.orm import Session

from chain.accounts.models import ApiToken, Organisation, RoleAssignment, SignIn, User
from chain.accounts.rules import Actor, OrganisationKind, Permission, Role


@dataclass(frozen=True, slots=True)
class KnownUser:
    """Who is signed in, as pages need it."""

    id: UUID
    username: str
    display_name: str
    language: str
    number_format: str | None
    must_change_password: bool


@dataclass(frozen=True, slots=True)
class KnownOrganisation:
    """The organisation that a user acts for, as pages need it."""

    id: UUID
    kind: str
    code: str
    name: str
    country: str
    currency: str
    timezone: str
    place: str | None
    tax_id: str | None


@dataclass(frozen=True, slots=True)
class OwnOrganisation:
    """An organisation that a user may act for."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who acts in a request, and everything that the edge needs to know of them."""

    user: KnownUser
    organisation: KnownOrganisation | None
    actor: Actor
    sign_in_id: UUID | None = None
    #: all that the user may act for, by name
    own_organisations: tuple[OwnOrganisation, ...] = ()
    token_id: UUID | None = None
    #: whether the token's last use still has to be kept today
    token_use_is_new: bool = False


_user, _house, _role = User.__table__, Organisation.__table__, RoleAssignment.__table__
_sign_in, _token = SignIn.__table__, ApiToken.__table__


def _columns(table: FromClause, kind: Any, prefix: str) -> list[ColumnElement[Any]]:
    """Return the columns of a record, labelled so that two tables' names do not meet."""
    return [table.c[item.name].label(f"{prefix}_{item.name}") for item in fields(kind)]


_USER = _columns(_user, KnownUser, "user")
_HOUSE = _columns(_house, KnownOrganisation, "house")

_BY_COOKIE = (
    select(
        _sign_in.c.id.label("sign_in_id"),
        _sign_in.c.organisation_id.label("acting_id"),
        _role.c.role,
        *_USER,
        *_HOUSE,
    )
    .join(_user, _user.c.id == _sign_in.c.user_id)
    .outerjoin(_role, _role.c.user_id == _user.c.id)
    .outerjoin(_house, _house.c.id == _role.c.organisation_id)
    .where(
        _sign_in.c.token_hash == bindparam("token_hash"),
        _sign_in.c.ended_at.is_(None),
        _sign_in.c.expires_at > bindparam("now"),
        _user.c.is_active,
    )
    .order_by(_house.c.name, _house.c.id)
)

_BY_TOKEN = (
    select(
        _token.c.id.label("token_id"),
        _token.c.limited_to,
        _token.c.expires_at,
        _token.c.last_used_on,
        _role.c.role,
        *_USER,
        *_HOUSE,
    )
    .join(_user, _user.c.id == _token.c.user_id)
    .join(_house, _house.c.id == _token.c.organisation_id)
    .outerjoin(_role, (_role.c.user_id == _user.c.id) & (_role.c.organisation_id == _house.c.id))
    .where(
        _token.c.token_hash == bindparam("token_hash"),
        _token.c.revoked_at.is_(None),
        _user.c.is_active,
    )
)


def _user_of(row: Row[Any]) -> KnownUser:
    return KnownUser(*(row._mapping[column.name] for column in _USER))  # noqa: SLF001 - SQLAlchemy's public name


def _house_of(row: Row[Any]) -> KnownOrganisation:
    return KnownOrganisation(*(row._mapping[column.name] for column in _HOUSE))  # noqa: SLF001 - as above


def _actor(row: Row[Any], roles: Iterable[str | None], limited_to: Sequence[str] | None) -> Actor:
    return Actor(
        user_id=row.user_id,
        organisation_id=row.house_id,
        organisation_kind=OrganisationKind(row.house_kind),
        roles=frozenset(Role(role) for role in roles if role),
        limited_to=None if limited_to is None else frozenset(one for one in Permission if one in limited_to),
    )


def find_signed_in(session: Session, *, token_hash: str, now: datetime) -> SignedIn | None:
    """Return who is signed in with a cookie's token; None when it ended, expired or the user is inactive."""
    rows = session.connection().execute(_BY_COOKIE, {"token_hash": token_hash, "now": now}).all()
    if not rows:
        return None
    user, sign_in_id = _user_of(rows[0]), rows[0].sign_in_id
    own = tuple(dict.fromkeys(OwnOrganisation(row.house_id, row.house_name) for row in rows if row.house_id))
    acting = [row for row in rows if row.house_id is not None and row.house_id == row.acting_id]
    if not acting:
        return SignedIn(user, None, Actor(user.id, None), sign_in_id, own)
    actor = _actor(acting[0], (row.role for row in acting), None)
    return SignedIn(user, _house_of(acting[0]), actor, sign_in_id, own)


def find_token_holder(session: Session, *, token_hash: str, now: datetime) -> SignedIn | None:
    """Return whom a bearer token speaks for; None when it is unknown, revoked, expired or the user is inactive."""
    rows = session.connection().execute(_BY_TOKEN, {"token_hash": token_hash}).all()
    if not rows or (rows[0].expires_at is not None and rows[0].expires_at <= now):
        return None
    first = rows[0]
    return SignedIn(
        _user_of(first),
        _house_of(first),
        _actor(first, (row.role for row in rows), first.limited_to),
        token_id=first.token_id,
        token_use_is_new=first.last_used_on is None or first.last_used_on.date() < now.date(),
    )


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a bearer token speaks for, without what pages show."""

    actor: Actor
    token_id: UUID
    #: whether the token's last use still has to be kept today
    use_is_new: bool


_HOLDERS: Select[Any] = (
    select(
        _token.c.token_hash,
        _token.c.id.label("token_id"),
        _token.c.limited_to,
        _token.c.expires_at,
        _token.c.last_used_on,
        _role.c.role,
        _user.c.id.label("user_id"),
        _house.c.id.label("house_id"),
        _house.c.kind.label("house_kind"),
    )
    .join(_user, _user.c.id == _token.c.user_id)
    .join(_house, _house.c.id == _token.c.organisation_id)
    .outerjoin(_role, (_role.c.user_id == _user.c.id) & (_role.c.organisation_id == _house.c.id))
    .where(_token.c.revoked_at.is_(None), _user.c.is_active)
)
_HOLDERS_OF = _HOLDERS.where(_token.c.token_hash.in_(bindparam("hashes", expanding=True)))


def holders_statement(dialect: Any) -> str:
    """Return the statement of `find_token_holders` for whoever speaks to PostgreSQL's driver; parameter `hashes`, an array."""
    many = _token.c.token_hash == any_(bindparam("hashes", type_=ARRAY(String())))
    return str(_HOLDERS.where(many).compile(dialect=dialect))


def find_token_holders(session: Session, *, hashes: Iterable[str], now: datetime) -> Mapping[str, Holder]:
    """Return whom bearer tokens speak for, by hash, under the conditions of `find_token_holder`."""
    return holders_of(session.connection().execute(_HOLDERS_OF, {"hashes": list(hashes)}).all(), now)


def holders_of(rows: Iterable[Any], now: datetime) -> Mapping[str, Holder]:
    """Return the holders that rows of `_HOLDERS` tell; those whose token has expired are left out."""
    by_hash: dict[str, list[Any]] = {}
    for row in rows:
        if row.expires_at is None or row.expires_at > now:
            by_hash.setdefault(row.token_hash, []).append(row)
    return {word: _holder(rows, now) for word, rows in by_hash.items()}


def _holder(rows: Sequence[Any], now: datetime) -> Holder:
    first = rows[0]
    return Holder(
        _actor(first, (row.role for row in rows), first.limited_to),
        first.token_id,
        first.last_used_on is None or first.last_used_on.date() < now.date(),
    )
