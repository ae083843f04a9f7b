"""Reads of organisations, users and roles."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import ApiToken, Organisation, RoleAssignment, User
from chain.accounts.rules import ROLE_PERMISSIONS, Actor, OrganisationKind, Permission, Role
from chain.core.errors import NotFound
from chain.core.models import InstallationMark
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate, paginate_rows


def roles_in(session: Session, user_id: UUID, organisation_id: UUID) -> frozenset[Role]:
    """Return the roles of a user in an organisation."""
    rows = session.scalars(
        select(RoleAssignment.role).where(
            RoleAssignment.user_id == user_id, RoleAssignment.organisation_id == organisation_id
        )
    )
    return frozenset(Role(row) for row in rows)


def organisations_of(session: Session, user_id: UUID) -> Sequence[Organisation]:
    """Return the organisations in which a user has a role, by name."""
    return session.scalars(
        select(Organisation)
        .where(
            Organisation.id.in_(
                select(RoleAssignment.organisation_id).where(RoleAssignment.user_id == user_id)
            )
        )
        .order_by(Organisation.name, Organisation.id)
    ).all()


def get_organisation(session: Session, organisation_id: UUID) -> Organisation:
    """Return an organisation by id.

    Raises:
        NotFound: there is none.
    """
    found = session.get(Organisation, organisation_id)
    if found is None:
        raise NotFound
    return found


def find_organisation_by_code(session: Session, code: str) -> Organisation | None:
    """Return the organisation with a code, in any case of letters."""
    return session.scalar(select(Organisation).where(Organisation.code == code.strip().upper()))


def get_own_organisation(session: Session, actor: Actor) -> Organisation:
    """Return the organisation that the actor acts for."""
    return get_organisation(session, actor.org)


def get_organisation_for(session: Session, actor: Actor, organisation_id: UUID) -> Organisation:
    """Return the own organisation, or any for the platform's operator.

    Raises:
        NotFound: it is somebody else's.
    """
    if organisation_id != actor.organisation_id and not actor.may(Permission.ORGANISATIONS_MANAGE):
        raise NotFound
    return get_organisation(session, organisation_id)


ORGANISATION_SORTS: SortColumns = {
    "code": Organisation.code,
    "name": Organisation.name,
    "kind": Organisation.kind,
}


def list_organisations(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    text: str = "",
    kind: OrganisationKind | None = None,
) -> Page[Organisation]:
    """Return the organisations that the actor has a role in; all of them for the platform's operator."""
    statement = select(Organisation).order_by(Organisation.code, Organisation.id)
    if not actor.may(Permission.ORGANISATIONS_MANAGE):
        own = select(RoleAssignment.organisation_id).where(RoleAssignment.user_id == actor.user_id)
        statement = statement.where(Organisation.id.in_(own))
    if text.strip():
        wanted = text.strip()[:100]
        statement = statement.where(
            or_(
                Organisation.name.icontains(wanted, autoescape=True),
                Organisation.code.icontains(wanted, autoescape=True),
            )
        )
    if kind is not None:
        statement = statement.where(Organisation.kind == kind)
    return paginate(session, order_by(statement, request.sort, ORGANISATION_SORTS, Organisation.id), request)


def parent_choices(session: Session, kinds: frozenset[OrganisationKind]) -> Sequence[Organisation]:
    """Return the organisations that others may belong to, by name; at most 500."""
    statement = (
        select(Organisation).where(Organisation.kind.in_(kinds)).order_by(Organisation.name).limit(500)
    )
    return session.scalars(statement).all()


@dataclass(frozen=True, slots=True)
class UserRow:
    """A user as a list shows it, with the roles in one organisation."""

    id: UUID
    username: str
    display_name: str
    is_active: bool
    must_change_password: bool
    roles: frozenset[Role]


USER_SORTS: SortColumns = {
    "username": User.username,
    "display_name": User.display_name,
    "created_at": User.created_at,
}


def list_users(
    session: Session,
    organisation_id: UUID,
    request: PageRequest,
    *,
    text: str = "",
    role: Role | None = None,
    active: bool | None = None,
) -> Page[UserRow]:
    """Return the users who have a role in an organisation, by name."""
    members = select(RoleAssignment.user_id).where(RoleAssignment.organisation_id == organisation_id)
    if role is not None:
        members = members.where(RoleAssignment.role == role)
    statement: Select[tuple[User]] = (
        select(User).where(User.id.in_(members)).order_by(User.display_name, User.id)
    )
    if text.strip():
        wanted = text.strip()[:100]
        statement = statement.where(
            or_(
                User.display_name.icontains(wanted, autoescape=True),
                User.username.icontains(wanted, autoescape=True),
            )
        )
    if active is not None:
        statement = statement.where(User.is_active.is_(active))
    page = paginate(session, order_by(statement, request.sort, USER_SORTS, User.id), request)
    roles = roles_of_many(session, organisation_id, [user.id for user in page.items])
    rows = [
        UserRow(
            user.id,
            user.username,
            user.display_name,
            user.is_active,
            user.must_change_password,
            roles[user.id],
        )
        for user in page.items
    ]
    return Page(rows, page.page, page.page_size, page.total)


def roles_of_many(
    session: Session, organisation_id: UUID, user_ids: Sequence[UUID]
) -> dict[UUID, frozenset[Role]]:
    """Return the roles of several users in one organisation."""
    found: dict[UUID, frozenset[Role]] = dict.fromkeys(user_ids, frozenset())
    rows = session.execute(
        select(RoleAssignment.user_id, RoleAssignment.role).where(
            RoleAssignment.organisation_id == organisation_id, RoleAssignment.user_id.in_(user_ids)
        )
    )
    for user_id, role in rows:
        found[user_id] |= {Role(role)}
    return found


def get_user_for(session: Session, actor: Actor, user_id: UUID) -> User:
    """Return a user of the own organisation, or any for the platform's operator.

    Raises:
        NotFound: the user has no role there.
    """
    user = session.get(User, user_id)
    if user is None:
        raise NotFound
    if not actor.may(Permission.ORGANISATIONS_MANAGE) and not roles_in(session, user_id, actor.org):
        raise NotFound
    return user


def works_elsewhere(session: Session, user_id: UUID, organisation_id: UUID) -> bool:
    """Tell whether a user has a role in any other organisation."""
    statement = select(func.count()).where(
        RoleAssignment.user_id == user_id, RoleAssignment.organisation_id != organisation_id
    )
    return bool(session.scalar(statement))


def list_tokens(session: Session, actor: Actor, request: PageRequest) -> Page[tuple[ApiToken, str]]:
    """Return the actor's own tokens with the name of the organisation they speak for; the newest first."""
    statement = (
        select(ApiToken, Organisation.name)
        .join(Organisation, Organisation.id == ApiToken.organisation_id)
        .where(ApiToken.user_id == actor.user_id)
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    page = paginate_rows(session, statement, request)
    return Page([(row[0], row[1]) for row in page.items], page.page, page.page_size, page.total)


def get_token_for(session: Session, actor: Actor, token_id: UUID) -> ApiToken:
    """Return a token of one's own.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    token = session.get(ApiToken, token_id)
    if token is None or token.user_id != actor.user_id:
        raise NotFound
    return token


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """A sign-in of a demonstration, shown to whoever tries it out."""

    username: str
    #: a msgid: what this person does
    what: str


#: Marks of the installation: that it is a demonstration, and the one password of everybody in it.
DEMO_MARK, DEMO_PASSWORD_MARK = "demo", "demo_password"
#: Marks of sign-ins worth trying, in the order of their keys; the value is a user name, a space, and what the person does.
DEMO_ACCOUNT_MARK = "demo_account_"


def demo_password(session: Session) -> str | None:
    """Return the password of everybody in a demonstration; None when the data are real."""
    marks = select(InstallationMark.key, InstallationMark.value).where(
        InstallationMark.key.in_((DEMO_MARK, DEMO_PASSWORD_MARK))
    )
    found = {row.key: row.value for row in session.execute(marks)}
    return found.get(DEMO_PASSWORD_MARK) if DEMO_MARK in found else None


def demo_accounts(session: Session) -> list[DemoAccount]:
    """Return the sign-ins that the demonstration proposes, in the order of the main job."""
    lines = session.scalars(
        select(InstallationMark.value)
        .where(InstallationMark.key.startswith(DEMO_ACCOUNT_MARK, autoescape=True))
        .order_by(InstallationMark.key)
    )
    return [DemoAccount(*line.split(" ", 1)) for line in lines]


def find_user(session: Session, username: str) -> User | None:
    """Return the user with a name, in any case of letters."""
    return session.scalar(select(User).where(User.username == username.strip().lower()))


@dataclass(frozen=True, slots=True)
class ListedUser:
    """A user with the roles in one organisation, as the command line lists it."""

    organisation_code: str
    username: str
    display_name: str
    is_active: bool
    roles: tuple[Role, ...]


def users_with_roles(session: Session, organisation_id: UUID | None) -> list[ListedUser]:
    """Return the users of one organisation, or of all, by organisation and user name."""
    statement = (
        select(Organisation.code, User.username, User.display_name, User.is_active, RoleAssignment.role)
        .join(RoleAssignment, RoleAssignment.organisation_id == Organisation.id)
        .join(User, User.id == RoleAssignment.user_id)
        .order_by(Organisation.code, User.username, RoleAssignment.role)
    )
    if organisation_id is not None:
        statement = statement.where(Organisation.id == organisation_id)
    found: dict[tuple[str, str, str, bool], list[Role]] = {}
    for code, username, name, active, role in session.execute(statement):
        found.setdefault((code, username, name, active), []).append(Role(role))
    return [ListedUser(*key, tuple(roles)) for key, roles in found.items()]


def who_may(
    session: Session, organisation_id: UUID, permission: Permission, *, besides: UUID | None = None
) -> Sequence[tuple[UUID, str]]:
    """Return id and name of the active users of an organisation who hold a permission by one of their roles, by name.

    `besides` is left out: whoever did the step before.
    """
    roles = [role.value for role in Role if permission in ROLE_PERMISSIONS[role]]
    found = session.execute(
        select(User.id, User.display_name)
        .join(RoleAssignment, RoleAssignment.user_id == User.id)
        .where(
            RoleAssignment.organisation_id == organisation_id,
            RoleAssignment.role.in_(roles),
            User.is_active,
        )
        .distinct()
        .order_by(User.display_name, User.id)
    )
    return [(row.id, row.display_name) for row in found if row.id != besides]
