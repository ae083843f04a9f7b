"""`chain dues`: sheets of debts."""

import sys
from pathlib import Path

import click

from chain.core.catalogues import translate

EXIT_BAD_ROWS = 1


@click.group()
def dues() -> None:
    """Bring in debts of producers."""


@dues.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose books.")
@click.option("--dry-run", is_flag=True, help="Check the file and change nothing.")
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)
def import_(file: Path, code: str, dry_run: bool, language: str) -> None:
    """Bring in a CSV or Excel file of debts, all of it or nothing; the same file again adds nothing.

    Columns: member_code, kind, date, amount, note, and source if it is not what is usual for the kind.
    Exit code 0 if all rows were read; 1 with the bad cells listed on stderr otherwise.
    """
    from chain.accounts.queries import find_organisation_by_code
    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.errors import DomainError
    from chain.dues.errors import BadMovementRows
    from chain.dues.movement_file import MISTAKES_SHOWN, read_movement_file
    from chain.dues.services.importing import import_movements

    with click.get_current_context().find_root().obj().app_context():
        organisation = find_organisation_by_code(db.session, code)
        if organisation is None:
            raise click.ClickException(f"There is no organisation with the code {code}.")
        actor = system_actor(organisation.id, OrganisationKind(organisation.kind), Role.ACCOUNTANT)
        try:
            read = read_movement_file(file.read_bytes())
            with atomic() as session:
                added, known = import_movements(session, actor=actor, now=utc_now(), file=read)
                if dry_run:
                    session.rollback()
        except BadMovementRows as refused:
            for number, column, text in refused.rows[:MISTAKES_SHOWN]:
                click.echo(f"{number}\t{column}\t{translate(language, text)}", err=True)
            click.echo(translate(language, refused.message), err=True)
            sys.exit(EXIT_BAD_ROWS)
        except DomainError as refused:
            raise click.ClickException(translate(language, refused.message)) from None
    click.echo(f"stored={added} duplicates={known} dry_run={str(dry_run).lower()}")
