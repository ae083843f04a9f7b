"""`chain ledger`."""

import sys

import click

from chain.accounts.edge_cli import find_organisation
from chain.core.catalogues import translate

EXIT_BROKEN = 1


@click.group()
def ledger() -> None:
    """Verify the books."""


@ledger.command("verify")
@click.option(
    "--organisation", "code", default=None, metavar="CODE", help="Only the books of this organisation."
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)
def verify(code: str | None, language: str) -> None:
    """Prove that every entry balances, the chain is whole and each balance equals the sum of its postings.

    Exit code 0 if everything holds; 1 otherwise, with the first entry that does not named on stderr.
    """
    from chain.core.db import db, snapshot
    from chain.ledger.services.posting import verify_ledger
    from chain.serve import make_app

    with make_app().app_context():
        organisation = find_organisation(db.session, code) if code else None
        with snapshot() as session:
            report = verify_ledger(session, organisation.id if organisation else None)
    for problem in report.problems:
        where = f", n.º {problem.sequence} ({problem.entry_id})" if problem.entry_id else ""
        click.echo(f"{problem.organisation_code}{where}: {translate(language, problem.message)}", err=True)
    click.echo(
        f"organisations={report.organisations} entries={report.entries} postings={report.postings} "
        f"problems={len(report.problems)}"
    )
    if not report.is_whole:
        sys.exit(EXIT_BROKEN)
