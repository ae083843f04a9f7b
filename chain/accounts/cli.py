"""`chain organisation` and `chain user`: for whoever has the keys of the machine."""

from collections.abc import Iterator
from contextlib import contextmanager

import click

from chain.accounts.rules import ROLE_LABELS, Actor, Country, OrganisationKind, Role
from chain.core.errors import DomainError

ROLE_CHOICE = click.Choice([role.value for role in Role])
KIND_CHOICE = click.Choice([kind.value for kind in OrganisationKind])
COUNTRY_CHOICE = click.Choice([country.value for country in Country])


@contextmanager
def told() -> Iterator[None]:
    """Tell refusals in one line and end with code 1."""
    try:
        yield
    except DomainError as error:
        details = [str(text) for texts in error.errors.values() for text in texts] or [str(error)]
        raise click.ClickException(" ".join(details)) from None


@click.group()
def organisation() -> None:
    """Add the first organisations of a new installation; later ones are made by the operator in the browser."""


@organisation.command("add")
@click.argument("code")
@click.option("--kind", required=True, type=KIND_CHOICE, help="What it is.")
@click.option("--name", required=True, help="Its name on pages and papers.")
@click.option("--country", required=True, type=COUNTRY_CHOICE, help="Decides currency and clock.")
@click.option("--place", default=None, help="Where it is.")
@click.option(
    "--parent",
    "parent_code",
    metavar="CODE",
    default=None,
    help="Federation, association or programme that it belongs to.",
)
def add_organisation_command(
    *, code: str, kind: str, name: str, country: str, place: str | None, parent_code: str | None
) -> None:
    """Add an organisation, such as a collection centre.

    An installation without the demonstration begins with these three lines:

    \b
        chain db upgrade
        chain organisation add PROGRAMA --kind programme --name "Mi programa" --country PE
        chain user add rosa --organisation PROGRAMA --role operator --name "Rosa Mamani"

    The operator then makes the other organisations and their administrators in the browser.
    """  # noqa: D301 — click takes \b for lines to be left as they are
    from chain.accounts.queries import find_organisation_by_code
    from chain.accounts.services.organisations import OrganisationFacts, add_organisation
    from chain.core.clock import utc_now
    from chain.core.db import atomic
    from chain.core.ids import new_id
    from chain.serve import make_app

    with make_app().app_context(), told(), atomic() as session:
        parent = find_organisation_by_code(session, parent_code) if parent_code else None
        if parent_code and parent is None:
            raise click.ClickException(f"There is no organisation with the code {parent_code}.")
        made = add_organisation(
            session,
            actor=Actor(user_id=None, organisation_id=None),
            now=utc_now(),
            organisation_id=new_id(),
            facts=OrganisationFacts(
                kind=OrganisationKind(kind),
                code=code,
                name=name,
                country=Country(country),
                place=place,
                parent_id=parent.id if parent else None,
            ),
        )
        told_code, told_name = made.code, made.name
    click.echo(f"{told_name} was added with the code {told_code}.")


@click.group()
def user() -> None:
    """Add users, list them, give a new password to somebody who lost it."""


@user.command()
@click.argument("username")
@click.option(
    "--organisation", "code", required=True, metavar="CODE", help="Code of the organisation, such as CC03."
)
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=ROLE_CHOICE,
    help="A role; may be given several times.",
)
@click.option("--name", required=True, help="Full name of the person.")
@click.option("--language", type=click.Choice(["es", "en"]), default="es", show_default=True)
@click.option("--ask-password", is_flag=True, help="Ask for the password instead of making one.")
def add(
    *, username: str, code: str, roles: tuple[str, ...], name: str, language: str, ask_password: bool
) -> None:
    """Add a user who must choose a new password at the first sign-in.

    The password is made and printed once, unless --ask-password is given.
    """
    from chain.accounts.queries import find_organisation_by_code
    from chain.accounts.rules import system_actor
    from chain.accounts.services.users import add_user, generate_password
    from chain.core.clock import utc_now
    from chain.core.db import atomic
    from chain.serve import make_app

    password = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if ask_password
        else generate_password()
    )
    with make_app().app_context(), told(), atomic() as session:
        organisation = find_organisation_by_code(session, code)
        if organisation is None:
            raise click.ClickException(f"There is no organisation with the code {code}.")
        made = add_user(
            session,
            actor=system_actor(organisation.id, OrganisationKind(organisation.kind)),
            organisation=organisation,
            username=username,
            display_name=name,
            password=password,
            roles=[Role(role) for role in roles],
            now=utc_now(),
            language=language,
        )
        username = made.username
    click.echo(f"User {username} was added to {organisation.name}.")
    if not ask_password:
        click.echo(f"First password (shown only now): {password}")


@user.command("reset-password")
@click.argument("username")
@click.option("--ask-password", is_flag=True, help="Ask for the password instead of making one.")
def reset_password_command(username: str, ask_password: bool) -> None:
    """Give a user a new password; sign-ins end, API tokens are revoked."""
    from chain.accounts.queries import find_user
    from chain.accounts.services.users import generate_password, reset_password
    from chain.core.clock import utc_now
    from chain.core.db import atomic
    from chain.serve import make_app

    password = (
        click.prompt("Password", hide_input=True, confirmation_prompt=True)
        if ask_password
        else generate_password()
    )
    operator = Actor(user_id=None, organisation_id=None, roles=frozenset({Role.OPERATOR}))
    with make_app().app_context(), told(), atomic() as session:
        found = find_user(session, username)
        if found is None:
            raise click.ClickException(f"There is no user {username}.")
        reset_password(session, actor=operator, now=utc_now(), user_id=found.id, password=password)
    click.echo(f"The password of {found.username} was reset. It must be changed at the next sign-in.")
    if not ask_password:
        click.echo(f"New password (shown only now): {password}")


@user.command("list")
@click.option("--organisation", "code", metavar="CODE", help="Only the users of this organisation.")
def list_command(code: str | None) -> None:
    """List users: organisation, user name, full name, roles, and whether they may sign in."""
    from chain.accounts.queries import find_organisation_by_code, users_with_roles
    from chain.core.db import db
    from chain.serve import make_app

    with make_app().app_context():
        organisation = find_organisation_by_code(db.session, code) if code else None
        if code and organisation is None:
            raise click.ClickException(f"There is no organisation with the code {code}.")
        rows = users_with_roles(db.session, organisation.id if organisation else None)
        for row in rows:
            labels = ", ".join(ROLE_LABELS[role] for role in sorted(row.roles))
            state = "" if row.is_active else "  (deactivated)"
            click.echo(
                f"{row.organisation_code:<12} {row.username:<24} {row.display_name:<32} {labels}{state}"
            )
