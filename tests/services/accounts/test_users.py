"""Users and their roles."""

from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts import errors, queries
from chain.accounts.models import ApiToken, RoleAssignment, SignIn, User
from chain.accounts.queries import who_may
from chain.accounts.rules import Permission, Role
from chain.accounts.services import users
from chain.accounts.services.passwords import password_fits
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from tests.support.cast import SINCE, Cast, Person

PASSWORD = "papa amarga del altiplano"


def create(
    session: Session, by: Person, now: datetime, username: str = "rosa", *roles: Role, **more: object
) -> User:
    user, _ = users.create_user(
        session,
        actor=by.actor,
        now=now,
        user_id=more.get("user_id", new_id()),  # type: ignore[arg-type]  # a test's shorthand
        username=username,
        display_name=str(more.get("name", "Rosa Mamani")),
        roles=roles or (Role.CLERK,),
        password=PASSWORD,
        fast_hash=True,
    )
    return user


def test_an_administrator_adds_a_user_who_must_change_the_password(
    session: Session, cast: Cast, now: datetime
) -> None:
    user = create(session, cast.admin, now, " Rosa ")
    assert (user.username, user.must_change_password, user.is_active) == ("rosa", True, True)
    assert user.password_hash.startswith("$argon2id$")
    assert password_fits(user.password_hash, PASSWORD)
    assert queries.roles_in(session, user.id, cast.centre.id) == {Role.CLERK}
    record = session.scalars(select(AuditRecord).where(AuditRecord.subject_id == user.id)).one()
    assert (record.tag, record.actor_id, record.organisation_id) == (
        "accounts:user:created",
        cast.admin.id,
        cast.centre.id,
    )
    assert PASSWORD not in str(record.after)


@pytest.mark.parametrize(
    "username", ["ab", "9rosa", "rosá", "rosa mamani", "r" * 41, "<b>rosa</b>", "'; DROP TABLE"]
)
def test_a_user_name_that_cannot_be_typed_is_refused(
    session: Session, cast: Cast, now: datetime, username: str
) -> None:
    with pytest.raises(errors.InvalidUsername):
        create(session, cast.admin, now, username)


def test_a_user_name_is_given_once_on_the_whole_platform(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(errors.UsernameTaken):
        create(session, cast.outsider, now, cast.clerk.username)


def test_roles_that_do_not_fit_the_organisation_are_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    for role in (Role.BUYER, Role.OPERATOR):
        with pytest.raises(errors.RoleNotFitting):
            create(session, cast.admin, now, "rosa", role)
    with pytest.raises(errors.RoleNeeded):
        users.set_roles(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id, roles=[])


def test_the_same_id_adds_nothing_and_other_content_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    user_id = new_id()
    create(session, cast.admin, now, user_id=user_id)
    assert create(session, cast.admin, now, user_id=user_id).id == user_id
    with pytest.raises(IdempotencyConflict):
        create(session, cast.admin, now, user_id=user_id, name="Otra")
    with pytest.raises(IdempotencyConflict):
        create(session, cast.outsider, now, user_id=user_id)


def test_who_does_not_manage_users_may_not_add_one(session: Session, cast: Cast, now: datetime) -> None:
    for person in (cast.clerk, cast.treasurer, cast.auditor):
        with pytest.raises(Forbidden):
            create(session, person, now)


def test_a_person_of_another_organisation_is_not_found(session: Session, cast: Cast, now: datetime) -> None:
    actor = cast.outsider.actor
    with pytest.raises(NotFound):
        users.set_roles(session, actor=actor, now=now, user_id=cast.clerk.id, roles=[Role.GRADER])
    with pytest.raises(NotFound):
        users.deactivate_user(session, actor=actor, now=now, user_id=cast.clerk.id)
    with pytest.raises(NotFound):
        users.reset_password(session, actor=actor, now=now, user_id=cast.clerk.id, password=PASSWORD)


def test_roles_are_set_exactly(session: Session, cast: Cast, now: datetime) -> None:
    users.set_roles(
        session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id, roles=[Role.GRADER, Role.SELLER]
    )
    assert queries.roles_in(session, cast.clerk.id, cast.centre.id) == {Role.GRADER, Role.SELLER}
    record = session.scalars(select(AuditRecord).where(AuditRecord.tag == "accounts:user:roles_set")).one()
    assert (record.before, record.after) == ({"roles": ["clerk"]}, {"roles": ["grader", "seller"]})


def test_an_administrator_always_remains(session: Session, cast: Cast, now: datetime) -> None:
    admin = cast.admin.actor
    users.set_roles(session, actor=admin, now=now, user_id=cast.everything.id, roles=[Role.CLERK])
    with pytest.raises(errors.LastAdministrator):
        users.set_roles(session, actor=admin, now=now, user_id=cast.admin.id, roles=[Role.CLERK])
    with pytest.raises(errors.LastAdministrator):
        users.deactivate_user(session, actor=cast.operator.actor, now=now, user_id=cast.admin.id)


def test_a_deactivated_administrator_does_not_count(session: Session, cast: Cast, now: datetime) -> None:
    users.deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.everything.id)
    with pytest.raises(errors.LastAdministrator):
        users.set_roles(session, actor=cast.admin.actor, now=now, user_id=cast.admin.id, roles=[Role.CLERK])


def test_nobody_deactivates_themselves(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(errors.OwnDeactivation):
        users.deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.admin.id)


def test_deactivation_ends_sign_ins_and_can_be_taken_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    user = users.deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id)
    assert not user.is_active
    open_ones = select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))
    assert session.scalars(open_ones).all() == []
    assert users.reactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id).is_active


def test_a_reset_ends_sign_ins_and_tokens_and_asks_for_a_new_password(
    session: Session, cast: Cast, now: datetime
) -> None:
    user = users.reset_password(
        session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id, password=PASSWORD, fast_hash=True
    )
    assert user.must_change_password
    assert password_fits(user.password_hash, PASSWORD)
    assert (
        session.scalars(select(SignIn).where(SignIn.user_id == user.id, SignIn.ended_at.is_(None))).all()
        == []
    )
    assert (
        session.scalars(
            select(ApiToken).where(ApiToken.user_id == user.id, ApiToken.revoked_at.is_(None))
        ).all()
        == []
    )


def test_one_organisation_does_not_block_a_person_who_works_for_another_too(
    session: Session, cast: Cast, now: datetime
) -> None:
    users.add_colleague(session, actor=cast.outsider.actor, now=now, username="CLERK", roles=[Role.CLERK])
    with pytest.raises(errors.WorksElsewhere):
        users.deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id)
    with pytest.raises(errors.WorksElsewhere):
        users.reset_password(
            session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id, password=PASSWORD
        )
    users.set_roles(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id, roles=[])
    assert queries.roles_in(session, cast.clerk.id, cast.centre.id) == frozenset()
    assert queries.roles_in(session, cast.clerk.id, cast.other_centre.id) == {Role.CLERK}
    with pytest.raises(errors.UnknownUsername):
        users.add_colleague(session, actor=cast.admin.actor, now=now, username="nadie", roles=[Role.CLERK])


def test_the_list_is_found_by_name_role_and_state(session: Session, cast: Cast, now: datetime) -> None:
    def names(**filters: object) -> list[str]:
        page = queries.list_users(session, cast.centre.id, PageRequest(), **filters)  # type: ignore[arg-type]  # a test's shorthand
        return [row.username for row in page.items]

    assert "outsider" not in names()
    assert names(text="gLORIA") == ["grader"]
    assert names(text="%") == []
    assert names(role=Role.TREASURER) == ["everything", "treasurer", "treasurer2"]
    users.deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.clerk.id)
    assert names(active=False) == ["clerk"]


def test_passwords_that_are_made_can_be_read_out() -> None:
    made = {users.generate_password() for _ in range(200)}
    assert len(made) == 200
    assert all(len(one) == 14 and not set(one) & set("0o1il") for one in made)


def test_a_role_is_held_once(session: Session, cast: Cast) -> None:
    session.add(
        RoleAssignment(
            user_id=cast.clerk.id, organisation_id=cast.centre.id, role=Role.CLERK, granted_at=SINCE
        )
    )
    with pytest.raises(Exception, match=r"(?i)unique"):
        session.flush()


def test_who_may_do_a_step_is_named_without_whoever_did_the_one_before(
    session: Session, cast: Cast, now: datetime
) -> None:
    house, may = cast.centre.id, Permission.PAYIN_WRITE
    all_of_them = who_may(session, house, may)
    assert {cast.treasurer.id, cast.second_treasurer.id} <= {one for one, _ in all_of_them}
    assert [name for _, name in all_of_them] == sorted(name for _, name in all_of_them)
    assert cast.clerk.id not in dict(all_of_them)
    assert cast.outsider.id not in dict(all_of_them)
    besides = who_may(session, house, may, besides=cast.treasurer.id)
    assert dict(all_of_them).keys() - dict(besides).keys() == {cast.treasurer.id}
    users.deactivate_user(session, actor=cast.admin.actor, now=now, user_id=cast.second_treasurer.id)
    assert cast.second_treasurer.id not in dict(who_may(session, house, may))
