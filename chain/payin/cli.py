"""`chain payin`."""

from pathlib import Path

import click

from chain.accounts.edge_cli import find_organisation
from chain.core.catalogues import translate


@click.group()
def payin() -> None:
    """Import bank statements and catch up with the card provider."""


@payin.command("statement")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose account it is.")
@click.option("--account", "number", required=True, metavar="NUMBER", help="Number of the bank account.")
def statement(*, file: Path, code: str, number: str) -> None:
    """Import a statement (CSV by the account's columns, or camt.053); a file or line that came before is not stored again."""
    from sqlalchemy import select

    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.errors import DomainError
    from chain.payin.models import BankAccount
    from chain.payin.services.statements import import_statement
    from chain.serve import make_app

    with make_app().app_context():
        house = find_organisation(db.session, code)
        account_id = db.session.scalar(
            select(BankAccount.id).where(
                BankAccount.organisation_id == house.id, BankAccount.number == number
            )
        )
        if account_id is None:
            raise click.ClickException(f"{code} has no bank account {number}.")
        actor = system_actor(house.id, OrganisationKind(house.kind), Role.TREASURER)
        try:
            with atomic() as session:
                made = import_statement(
                    session,
                    actor=actor,
                    now=utc_now(),
                    account_id=account_id,
                    file_name=file.name,
                    content=file.read_bytes(),
                )
        except DomainError as refused:
            raise click.ClickException(translate("en", refused.message)) from None
        one = made.statement
        if not made.is_new:
            click.echo("This file was imported before.")
            return
        click.echo(f"{one.lines - len(one.duplicates)} lines stored, {len(one.duplicates)} came before.")


@payin.command("catch-up")
@click.option("--days", type=click.IntRange(1, 30), default=None, help="Ask for so many days back.")
def catch_up_command(*, days: int | None) -> None:
    """Ask the card provider for notices, movements and refunds that were missed; each is applied once."""
    from datetime import timedelta

    from chain.core.clock import utc_now
    from chain.core.errors import DomainError
    from chain.payin.card_edge import catch_up
    from chain.serve import make_app

    with make_app().app_context():
        now = utc_now()
        try:
            found = catch_up(now, since=now - timedelta(days=days) if days else None)
        except DomainError as refused:
            raise click.ClickException(translate("en", refused.message)) from None
    click.echo(
        f"{found.events} notices and {found.movements} movements were new, {found.refunds} refunds sent, "
        f"{found.expired} tries expired."
    )
