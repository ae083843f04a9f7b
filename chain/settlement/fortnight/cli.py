"""`chain settle`: a dairy's fortnight from a folder of CSV files, without a database. `chain dairy`: such files into the books."""

import sys
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import NoReturn

import click

from chain.core.catalogues import translate
from chain.core.collector import tune_collector
from chain.core.errors import DomainError
from chain.core.i18n import N_, Message
from chain.core.tables import UnusableFile
from chain.core.whole_files import whole_file
from chain.grading.cli_tools import EXIT_BAD_ROWS, deliver, list_bad_rows, stop, tell, with_progress
from chain.settlement.fortnight.facts import FortnightInput
from chain.settlement.fortnight.folder import Folder, read_folder
from chain.settlement.fortnight.folder_out import Sheet, as_csv, as_workbook, money, sheets_of
from chain.settlement.fortnight.period import Period, fortnight_from
from chain.settlement.fortnight.results import Fortnight, summary_of
from chain.settlement.fortnight.rules import calculate
from chain.settlement.fortnight.tables import Table

SCHEMES = ("milk-fortnight",)
#: Cells of a file that a terminal shows.
SHOWN = 100
ENDINGS = (".csv", ".xlsx")
DAY = click.DateTime(["%Y-%m-%d"])

NOTHING_WRITTEN = N_("Nothing was written: %(count)s cells could not be read.")
NOTHING_DELIVERED = N_("No delivery lies in this fortnight.")
NO_RATES = N_(
    "Nothing is withheld: settings.csv gives no rates. An accountant must say them (it_percent, iue_percent), be it 0."
)
OUTSIDE = N_("%(count)s deliveries of other days were not looked at.")
IDLE_ANALYSES = N_(
    "The analyses change nothing: no price that serves this fortnight has composition, premiums or penalties."
)
WAITING = N_("Other income of %(name)s over %(amount)s waits: the producer brought no weekday milk.")
WRITTEN = N_("%(producers)s producers, %(records)s payroll rows, net %(net)s: %(files)s.")
CANNOT_WRITE = N_("The result cannot be written: %(problem)s.")


@click.command("settle")
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--scheme", type=click.Choice(SCHEMES), required=True, help="How it is settled: a dairy's fortnight."
)
@click.option("--from", "first", type=DAY, required=True, help="First day: the 1st or the 16th of a month.")
@click.option("--to", "last", type=DAY, required=True, help="Last day: the 15th or the end of the month.")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="The lists, as .csv (slips, summary and movements beside it) or .xlsx (all in one).",
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the words."
)
def settle(  # noqa: PLR0917 — click hands over one argument per option
    folder: Path, scheme: str, first: datetime, last: datetime, out: Path, language: str
) -> None:
    """Settle a dairy's fortnight from the files of a folder; no database is needed.

    FOLDER holds deliveries.csv and prices.csv, and if you have them weighings.csv, quotas.csv, licences.csv, movements.csv,
    reserve.csv, settings.csv, analyses.csv and premiums.csv (or the same as .xlsx). docs/settle-command.md lists their columns. Example:

    \b
        chain settle july/ --scheme milk-fortnight --from 2026-07-01 --to 2026-07-15 --out july-1.csv

    Beside the lists stand one slip per producer, the summary in blocks, and the debts that are carried over, as
    movements.csv of the next fortnight. Exit code 0: done. 1: cells could not be read, or a rule refused; all are named by
    file and line, and nothing was written. 2: a file cannot be used.
    """  # noqa: D301 — click takes \b for lines to be left as they are
    del scheme  # there is one
    started = time.perf_counter()
    tune_collector()
    period = _period(first, last, out, language)
    read = _read(folder, period, language)
    try:
        found = calculate(read.given)
    except DomainError as refused:
        _refuse(refused, language)
    summary = summary_of(found.records)
    assert summary.is_reconciled, "blocks, records and totals agree"  # noqa: S101 - an invariant of the calculation
    sheets = sheets_of(read.given, found, lambda message: translate(language, message))
    files = _write(sheets, out, language)
    _report(read, found, files, language)
    click.echo(f"net: {money(found.net_minor)}")
    click.echo(f"seconds: {time.perf_counter() - started:.3f}")


def _period(first: datetime, last: datetime, out: Path, language: str) -> Period:
    if out.suffix.lower() not in ENDINGS:
        raise click.UsageError(f"--out must end in {' or '.join(ENDINGS)}.")
    if not out.parent.is_dir():
        raise click.UsageError(f"There is no folder {out.parent}.")
    try:
        return fortnight_from(first.date(), last.date())
    except DomainError as refused:
        raise click.UsageError(translate(language, refused.message)) from None


def _read(folder: Path, period: Period, language: str) -> Folder:
    """Read the folder, or name every cell that cannot be read and stop."""
    try:
        read = read_folder(folder, period, with_progress)
    except UnusableFile as refused:
        stop(language, refused.message)
    if read.problems:
        list_bad_rows(read.problems, language)
        tell(language, Message(NOTHING_WRITTEN, {"count": len(read.problems)}))
        sys.exit(EXIT_BAD_ROWS)
    if not read.given.milk:
        tell(language, Message(NOTHING_DELIVERED))
        sys.exit(EXIT_BAD_ROWS)
    return read


def _refuse(refused: DomainError, language: str) -> NoReturn:
    told = [message for messages in refused.errors.values() for message in messages]
    list_bad_rows(told or [refused.message], language)
    sys.exit(EXIT_BAD_ROWS)


def _write(sheets: Sequence[Sheet], out: Path, language: str) -> list[str]:
    """Write the tables; each file appears only when it is whole."""
    beside = {sheet.name: out.with_name(f"{out.stem}-{sheet.name}.csv") for sheet in sheets[1:]}
    if out.suffix.lower() == ".csv":
        for sheet in sheets[1:]:
            deliver(as_csv(sheet), beside[sheet.name], language)
        deliver(as_csv(sheets[0]), out, language)
        return [out.name, *(path.name for path in beside.values())]
    _write_whole(lambda path: as_workbook(sheets, path, str), out, language)
    deliver(as_csv(sheets[-1]), beside[sheets[-1].name], language)
    return [out.name, beside[sheets[-1].name].name]


def _write_whole(write: Callable[[Path], None], out: Path, language: str) -> None:
    try:
        with whole_file(out) as unfinished:
            write(unfinished)
    except OSError as problem:
        stop(language, Message(CANNOT_WRITE, {"problem": problem.strerror or problem}))


def _report(read: Folder, found: Fortnight, files: Sequence[str], language: str) -> None:
    given: FortnightInput = read.given
    if not read.has_rates:
        tell(language, Message(NO_RATES))
    if read.has_idle_analyses:
        tell(language, Message(IDLE_ANALYSES))
    if read.outside:
        tell(language, Message(OUTSIDE, {"count": read.outside}))
    for income in found.waiting_incomes:
        name = given.members[income.producer].code
        tell(language, Message(WAITING, {"name": name, "amount": money(income.amount_minor)}))
    counts = {
        "producers": len({record.producer for record in found.records}),
        "records": len(found.records),
        "net": money(found.net_minor),
        "files": ", ".join(files),
    }
    tell(language, Message(WRITTEN, counts))


@click.group()
def dairy() -> None:
    """Bring in scale readings, quotas, licences, movements and the reserve of a dairy."""


@dairy.command("import")
@click.argument("table", type=click.Choice([one.value for one in Table]))
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose dairy.")
@click.option("--dry-run", is_flag=True, help="Try the file and change nothing.")
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)
def import_(table: str, file: Path, code: str, dry_run: bool, language: str) -> None:
    """Bring in a CSV or Excel file of one table, all of it or nothing; the same file again adds nothing.

    The files are those that `chain settle` reads (docs/settle-command.md). Exit code 0 if all rows could be taken; 1 with
    the bad cells listed on stderr otherwise.
    """
    from chain.accounts.edge_cli import find_organisation
    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.clock import utc_now
    from chain.core.db import atomic, db
    from chain.core.errors import DomainError
    from chain.settlement.fortnight.errors import BadTableRows
    from chain.settlement.fortnight.services.importing import import_table

    with click.get_current_context().find_root().obj().app_context():
        organisation = find_organisation(db.session, code)
        kind = OrganisationKind(organisation.kind)
        actor = system_actor(organisation.id, kind, Role.ACCOUNTANT)
        try:
            with atomic() as session:
                found = import_table(
                    session,
                    actor=actor,
                    now=utc_now(),
                    table=Table(table),
                    content=file.read_bytes(),
                    name=file.name,
                    dry_run=dry_run,
                )
        except BadTableRows as refused:
            for message in refused.listed[:SHOWN]:
                click.echo(translate(language, message), err=True)
            click.echo(translate(language, refused.message), err=True)
            sys.exit(EXIT_BAD_ROWS)
        except DomainError as refused:
            raise click.ClickException(translate(language, refused.message)) from None
    click.echo(f"rows={found.rows} added={found.added} dry_run={str(dry_run).lower()}")
