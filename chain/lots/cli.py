"""`chain lots import`: reads a centre's file into lots."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from chain.core.i18n import N_

if TYPE_CHECKING:
    from decimal import Decimal

    from flask import Flask

    from chain.accounts.models import Organisation
    from chain.lots.importing.report import ImportReport
    from chain.lots.services.imports import ImportChoices

EXIT_BAD_ROWS = 1
EXIT_UNUSABLE = 2

UNKNOWN_CENTRE = N_("There is no organisation with the code “%(code)s” that keeps lots.")
CANNOT_READ = N_("The file cannot be read: %(problem)s.")
BAD_ROW = N_("Row %(row)s, column %(column)s: %(reason)s")
MORE_BAD_ROWS = N_("… and %(count)s more.")
CHECKED = N_("Only checked: %(new)s rows can be stored, %(duplicates)s are already stored, %(bad)s are bad.")
STORED = N_("Stored: %(new)s. Already stored: %(duplicates)s. Bad and left out: %(bad)s.")
NOTHING_STORED = N_(
    "Nothing was stored: %(bad)s rows are bad. Correct them, or call again with --skip-bad to leave them out."
)
IGNORED_COLUMNS = N_("Columns that were not understood and are ignored: %(columns)s.")
SHEET_READ = N_("Only the sheet “%(sheet)s” was read.")


@click.group()
def lots() -> None:
    """Import lots from files."""


@lots.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--centre", "code", required=True, metavar="CODE", help="Code of the centre, such as CC03.")
@click.option("--dry-run", is_flag=True, help="Only say what would be stored.")
@click.option("--skip-bad", is_flag=True, help="Store the good rows and leave the bad ones out.")
@click.option("--unit", type=click.Choice(["kg", "lb", "qq"]), help="Unit of weights whose title names none.")
@click.option(
    "--grams-per-quintal",
    "factor",
    metavar="N",
    help="Grams of a quintal: 46000 for 46 kg, 45359.237 for 100 lb. There is no usual value.",
)
@click.option(
    "--commodity",
    type=click.Choice(["alpaca-fibre", "llama-fibre", "raw-milk", "llama-carcass"]),
    help="Product of rows that name none.",
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)
@click.pass_obj
def import_lots(  # noqa: PLR0917 — click hands over one argument per option
    make_app: "Callable[[], Flask]",
    file: Path,
    code: str,
    dry_run: bool,
    skip_bad: bool,
    unit: str | None,
    factor: str | None,
    commodity: str | None,
    language: str,
) -> None:
    """Read lots from a CSV or Excel file (docs/import.md lists the columns).

    Reading the same file again adds nothing. Without --skip-bad all rows are stored or none. Examples:

        chain lots import acopio-marzo.xlsx --centre CC03 --dry-run

        chain lots import acopio-marzo.csv --centre CC03 --unit qq --grams-per-quintal 46000 --commodity alpaca-fibre

    Exit code 0: every row is stored, now or before. 1: the rows listed on stderr are bad. 2: the file or an option cannot be
    used; nothing was written.
    """
    from chain.core.errors import DomainError
    from chain.lots.services.imports import ImportChoices
    from chain.web.i18n import using_language

    with make_app().app_context(), using_language(language):
        try:
            choices = ImportChoices(unit=unit, grams_per_quintal=_factor(factor), commodity=commodity)
            report = _run(file, code, choices, dry_run=dry_run, skip_bad=skip_bad)
        except DomainError as refused:
            _stop(refused.message)
        _tell(report, dry_run=dry_run)
    if report.bad:
        sys.exit(EXIT_BAD_ROWS)


def _factor(text: str | None) -> "Decimal | None":
    from chain.core.quantity import parse_decimal

    return None if text is None else parse_decimal(text)


def _run(file: Path, code: str, choices: "ImportChoices", *, dry_run: bool, skip_bad: bool) -> "ImportReport":
    from chain.accounts.rules import OrganisationKind, Role, system_actor
    from chain.core.ids import new_id
    from chain.lots import import_edge

    centre = _centre(code)
    actor = system_actor(centre.id, OrganisationKind(centre.kind), Role.CLERK)
    content = read_content(file)
    if dry_run:
        return import_edge.examine(actor=actor, content=content, file_name=file.name, choices=choices)
    with show_progress() as progress:
        return import_edge.store(
            actor=actor,
            batch_id=new_id(),
            content=content,
            file_name=file.name,
            choices=choices,
            skip_bad=skip_bad,
            progress=progress,
        )


def _centre(code: str) -> "Organisation":
    """Return the organisation with a code, and write numbers as its country does."""
    from flask import g

    from chain.accounts.queries import find_organisation_by_code
    from chain.accounts.rules import SELLER_KINDS
    from chain.core.db import db

    centre = find_organisation_by_code(db.session, code)
    if centre is None or centre.kind not in SELLER_KINDS:
        _stop(UNKNOWN_CENTRE, code=code)
    g.number_format, g.timezone_name = centre.country, centre.timezone
    return centre


def read_content(file: Path) -> bytes:
    from chain.lots.importing.sheets import MAX_BYTES

    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)  # one more, so that the reader sees that it is too large
    except OSError as problem:
        _stop(CANNOT_READ, problem=problem.strerror or problem)


@contextmanager
def show_progress() -> "Iterator[Callable[[int, int], None] | None]":
    """Show a bar on a terminal and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _tell(report: "ImportReport", *, dry_run: bool) -> None:
    from chain.lots.import_edge import MAX_LISTED, problem_rows
    from chain.lots.importing.report import Outcome

    for row, column, reason in problem_rows(report.problems[:MAX_LISTED]):
        _say(BAD_ROW, row=row, column=column, reason=reason)
    if len(report.problems) > MAX_LISTED:
        _say(MORE_BAD_ROWS, count=len(report.problems) - MAX_LISTED)
    if report.ignored:
        _say(IGNORED_COLUMNS, columns=", ".join(report.ignored))
    if report.sheet_name:
        _say(SHEET_READ, sheet=report.sheet_name)
    counts: dict[str, Any] = {"new": report.new, "duplicates": report.duplicates, "bad": report.bad}
    if dry_run:
        _say(CHECKED, err=False, **counts)
    elif report.outcome is Outcome.REFUSED:
        _say(NOTHING_STORED, bad=report.bad)
    else:
        _say(STORED, err=False, **counts)


def _say(text: Any, *, err: bool = True, **params: object) -> None:
    from chain.web.i18n import gettext

    click.echo(gettext(text, **params), err=err)


def _stop(text: Any, **params: Any) -> NoReturn:
    _say(text, **params)
    sys.exit(EXIT_UNUSABLE)
