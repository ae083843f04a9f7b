"""Roles, permissions and the separation of duties."""

import pytest

from chain.accounts.duties import doubled_duties, grouped_permissions, keeper_role
from chain.accounts.rules import (
    PERMISSION_LABELS,
    ROLE_LABELS,
    ROLE_PERMISSIONS,
    Actor,
    OrganisationKind,
    Permission,
    Role,
    roles_for,
)
from chain.core.errors import Forbidden, SamePerson
from chain.core.ids import new_id


def test_every_role_and_permission_has_words_and_every_permission_a_role() -> None:
    assert set(ROLE_LABELS) == set(ROLE_PERMISSIONS) == set(Role)
    assert set(PERMISSION_LABELS) == set(Permission)
    assert frozenset().union(*ROLE_PERMISSIONS.values()) == set(Permission)


def test_every_permission_is_shown_once_on_the_page_of_who_may_do_what() -> None:
    shown = [permission for _, permissions in grouped_permissions() for permission in permissions]
    assert sorted(shown) == sorted(Permission)


def test_no_single_role_holds_both_halves_of_a_separated_duty() -> None:
    assert [role for role in Role if doubled_duties(frozenset({role}))] == []


@pytest.mark.parametrize(
    ("roles", "number"),
    [
        ({Role.CLERK, Role.GRADER}, 1),
        ({Role.ACCOUNTANT, Role.TREASURER}, 1),
        ({Role.CLERK, Role.TREASURER}, 0),
        ({Role.CLERK, Role.GRADER, Role.ACCOUNTANT, Role.TREASURER}, 2),
    ],
)
def test_two_roles_that_should_lie_with_two_people_are_noticed(roles: set[Role], number: int) -> None:
    assert len(doubled_duties(frozenset(roles))) == number


@pytest.mark.parametrize("kind", list(OrganisationKind))
def test_the_role_that_must_remain_can_be_given_in_each_kind_of_organisation(kind: OrganisationKind) -> None:
    keeper = keeper_role(kind)
    assert keeper in roles_for(kind)
    assert Permission.USERS_MANAGE in ROLE_PERMISSIONS[keeper]


def test_a_token_never_allows_more_than_its_user() -> None:
    actor = Actor(
        new_id(),
        new_id(),
        OrganisationKind.CENTRE,
        frozenset({Role.CLERK}),
        frozenset({Permission.LOTS_READ, Permission.RUNS_PAY}),
    )
    assert actor.permissions == {Permission.LOTS_READ}
    with pytest.raises(Forbidden):
        actor.require(Permission.RUNS_PAY)


def test_the_second_step_needs_another_person() -> None:
    actor = Actor(new_id(), new_id())
    actor.require_other_than(new_id())
    with pytest.raises(SamePerson):
        actor.require_other_than(actor.user_id)


def test_without_an_organisation_nothing_is_found() -> None:
    with pytest.raises(Forbidden):
        _ = Actor(new_id(), None).org
