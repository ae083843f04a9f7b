"""`chain ledger`."""

import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import click

from chain.accounts.edge_cli import acting_user, find_organisation
from chain.core.catalogues import translate
from chain.core.whole_files import whole_file

EXIT_BROKEN = 1
SHOWN_MISTAKES = 100
DAY = click.DateTime(formats=["%Y-%m-%d"])
LANGUAGE = click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)


@click.group()
def ledger() -> None:
    """Verify the books, export them, close a year, bring in opening balances."""


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


@ledger.command("export")
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose books.")
@click.option("--from", "first", type=DAY, required=True, help="First day of the period.")
@click.option("--to", "last", type=DAY, required=True, help="Last day, included.")
@click.option(
    "--format",
    "wanted",
    type=click.Choice(["csv", "xlsx", "hledger", "beancount"]),
    required=True,
    help="Of the file.",
)
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False), required=True, help="File to write."
)
def export(code: str, first: datetime, last: datetime, wanted: str, path: Path) -> None:
    """Write the journal of a period for the accountant: CSV, Excel, or text that hledger or beancount read.

    The texts begin with the balances before the period and end with assertions of those at its end.
    """
    from chain.core.db import db, snapshot
    from chain.ledger.export.formats import ExportFormat, write_export
    from chain.serve import make_app

    if first > last:
        raise click.ClickException("The period ends before it begins.")
    with make_app().app_context():
        organisation = find_organisation(db.session, code)
        try:
            with snapshot() as session, whole_file(path) as unfinished:
                write_export(
                    session,
                    organisation_id=organisation.id,
                    first=first.date(),
                    last=last.date(),
                    wanted=ExportFormat(wanted),
                    path=unfinished,
                )
        except OSError as problem:
            raise click.ClickException(f"{path}: {problem.strerror}") from None
    click.echo(f"file={path} bytes={path.stat().st_size}")


@ledger.command("import-opening")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose books.")
@click.option("--on", "day", type=DAY, required=True, help="Day of the balances.")
@click.option("--dry-run", is_flag=True, help="Look at the file and change nothing.")
@LANGUAGE
def import_opening(file: Path, code: str, day: datetime, dry_run: bool, language: str) -> None:
    """Bring in opening balances from a CSV file or workbook, all of it or nothing; the same file again adds nothing.

    Columns: account (number, code or name), party (member or buyer code), amount (or debit and credit), currency.
    Exit code 0 if all rows could be taken; 1 with the bad rows listed on stderr otherwise.
    """
    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.errors import DomainError
    from chain.ledger.opening_file import read_opening_file
    from chain.ledger.services.opening import import_opening as bring_in
    from chain.ledger.services.opening import plan_opening
    from chain.serve import make_app

    with make_app().app_context():
        organisation = find_organisation(db.session, code)
        actor = system_actor(organisation.id, OrganisationKind(organisation.kind), Role.ACCOUNTANT)
        try:
            read = read_opening_file(file.read_bytes())
            plan = plan_opening(db.session, actor=actor, file=read)
            for one in plan.bad[:SHOWN_MISTAKES]:
                click.echo(f"{one.row}\t{one.column}\t{translate(language, one.reason)}", err=True)
            if plan.bad:
                sys.exit(EXIT_BROKEN)
            if dry_run:
                click.echo(
                    f"rows={len(plan.rows)} entry={plan.entry.sequence if plan.entry else '-'} dry_run=true"
                )
                return
            with atomic() as session:
                entry, is_new = bring_in(
                    session, actor=actor, now=utc_now(), file=read, occurred_on=day.date()
                )
                number = entry.sequence
        except DomainError as refused:
            raise click.ClickException(translate(language, refused.message)) from None
    click.echo(f"rows={len(plan.rows)} entry={number} posted={str(is_new).lower()}")


@ledger.command("close-year")
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose books.")
@click.option(
    "--to",
    "last_day",
    type=DAY,
    required=True,
    help="Last day of the year: the end of any month that is over.",
)
@click.option(
    "--by",
    "username",
    required=True,
    metavar="USER",
    help="User name of whoever closes it, with the right to.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be posted and change nothing.")
@LANGUAGE
def close_year(code: str, last_day: datetime, username: str, dry_run: bool, language: str) -> None:
    """Bring income and expenses to zero at the end of a day, against the accumulated result; the same again posts nothing.

    The month of that day is closed afterwards, on its page. Taking a close back needs another person and a reason, on the
    page too. Example:

    \b
        chain ledger close-year --organisation CC03 --to 2025-12-31 --by tesorera --dry-run

    Prints the number of the entry and the result of each currency (negative: a loss). Exit code 0 if the year is closed; 1
    with the reason on stderr if it cannot be; 2 if an option cannot be used.
    """  # noqa: D301 — click takes \b for lines to be left as they are
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.errors import DomainError
    from chain.ledger.queries.years import results_of, standing_close
    from chain.ledger.services.years import close_year as close
    from chain.serve import make_app

    with make_app().app_context():
        organisation = find_organisation(db.session, code)
        actor = acting_user(db.session, organisation, username)
        try:
            with atomic() as session:
                attempt = session.begin_nested()
                known = standing_close(session, actor.org, last_day.date())
                entry = close(session, actor=actor, now=utc_now(), last_day=last_day.date())
                number = "-" if dry_run and known is None else str(entry.sequence)
                results = results_of(session, entry.id)
                if dry_run:
                    attempt.rollback()
                else:
                    attempt.commit()
        except DomainError as refused:
            told = [message for messages in refused.errors.values() for message in messages]
            words = [translate(language, message) for message in told or [refused.message]]
            raise click.ClickException(" ".join(words)) from None
    told_results = "".join(f" result_{key}={Decimal(minor).scaleb(-2)}" for key, minor in results.items())
    posted = str(known is None and not dry_run).lower()
    click.echo(f"last_day={last_day:%Y-%m-%d} entry={number} posted={posted}{told_results}")
