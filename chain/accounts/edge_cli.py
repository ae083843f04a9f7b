"""What commands of several areas share."""

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from chain.accounts.models import Organisation
    from chain.accounts.rules import Actor


def find_organisation(session: "Session", code: str) -> "Organisation":
    """Return an organisation by its code, or end the command."""
    from chain.accounts.queries import find_organisation_by_code

    found = find_organisation_by_code(session, code)
    if found is None:
        raise click.ClickException(f"There is no organisation with the code {code}.")
    return found


def acting_user(session: "Session", organisation: "Organisation", username: str) -> "Actor":
    """Return the person who answers for a command, with the roles held in the organisation, or end the command."""
    from chain.accounts.queries import find_user, roles_in
    from chain.accounts.rules import Actor, OrganisationKind

    user = find_user(session, username)
    roles = roles_in(session, user.id, organisation.id) if user is not None else frozenset()
    if user is None or not user.is_active or not roles:
        raise click.ClickException(f"There is no active user {username} in {organisation.code}.")
    return Actor(
        user_id=user.id,
        organisation_id=organisation.id,
        organisation_kind=OrganisationKind(organisation.kind),
        roles=roles,
    )
