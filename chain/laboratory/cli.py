"""`chain laboratory import`: reads an instrument's file into measurements."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from chain.core.i18n import N_

if TYPE_CHECKING:
    from flask import Flask

    from chain.accounts.rules import Actor
    from chain.laboratory.services.imports import MeasurementReport

EXIT_BAD_ROWS = 1
EXIT_UNUSABLE = 2

UNKNOWN_HOUSE = N_("There is no organisation with the code “%(code)s”.")
UNKNOWN_USER = N_("“%(name)s” is no active user with a role in %(code)s.")
UNKNOWN_INSTRUMENT = N_("There is no instrument with the name “%(name)s” in %(code)s.")
BAD_ROW = N_("Row %(row)s, column %(column)s: %(reason)s")
CHECKED = N_(
    "Only checked: %(new)s values can be stored, %(duplicates)s are already stored, %(bad)s rows are bad."
)
STORED = N_("Values stored: %(new)s. Already stored: %(duplicates)s. Bad rows left out: %(bad)s.")
NOTHING_STORED = N_(
    "Nothing was stored: %(bad)s rows are bad. Correct them, or call again with --skip-bad to leave them out."
)


@click.group()
def laboratory() -> None:
    """Import measurements from files of instruments."""


@laboratory.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--instrument", required=True, metavar="NAME", help="Name of the instrument, such as 'OFDA 2000'."
)
@click.option("--organisation", "code", required=True, metavar="CODE", help="Code of the organisation.")
@click.option(
    "--by", "user", required=True, metavar="USER", help="User name of whoever answers for the import."
)
@click.option("--dry-run", is_flag=True, help="Only say what would be stored.")
@click.option("--skip-bad", is_flag=True, help="Store the good rows and leave the bad ones out.")
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)
@click.pass_obj
def import_measurements(  # noqa: PLR0917 — click hands over one argument per option
    make_app: "Callable[[], Flask]",
    file: Path,
    instrument: str,
    code: str,
    user: str,
    dry_run: bool,
    skip_bad: bool,
    language: str,
) -> None:
    """Read measurements from a file of an instrument, by the columns that were given a meaning on its page.

    Rows find their lots by sample code. Reading the same file again adds nothing. Without --skip-bad all rows are stored
    or none. Examples:

        chain laboratory import ofda-marzo.csv --instrument "OFDA 2000" --organisation CC03 --by clasificador --dry-run

        chain laboratory import lactoscan.xlsx --instrument Lactoscan --organisation CC03 --by clasificador

    Exit code 0: every row is stored, now or before. 1: the rows listed on stderr are bad. 2: the file or an option cannot be
    used; nothing was written.
    """
    from chain.core.errors import DomainError
    from chain.web.i18n import using_language

    with make_app().app_context(), using_language(language):
        try:
            report = _run(file, instrument, _actor(code, user), code, dry_run=dry_run, skip_bad=skip_bad)
        except DomainError as refused:
            _stop(refused.message)
        _tell(report, dry_run=dry_run)
    if report.bad:
        sys.exit(EXIT_BAD_ROWS)


def _actor(code: str, username: str) -> "Actor":
    """Return the user acting for the organisation, with the roles that the user has there."""
    from flask import g

    from chain.accounts.queries import find_organisation_by_code, find_user, roles_in
    from chain.accounts.rules import Actor, OrganisationKind
    from chain.core.db import db

    house = find_organisation_by_code(db.session, code)
    if house is None:
        _stop(UNKNOWN_HOUSE, code=code)
    user = find_user(db.session, username)
    roles = roles_in(db.session, user.id, house.id) if user is not None else frozenset()
    if user is None or not user.is_active or not roles:
        _stop(UNKNOWN_USER, name=username, code=code)
    g.number_format, g.timezone_name = house.country, house.timezone
    return Actor(
        user_id=user.id,
        organisation_id=house.id,
        organisation_kind=OrganisationKind(house.kind),
        roles=roles,
    )


def _run(
    file: Path, name: str, actor: "Actor", code: str, *, dry_run: bool, skip_bad: bool
) -> "MeasurementReport":
    from chain.core.db import db
    from chain.core.ids import new_id
    from chain.laboratory import import_edge
    from chain.laboratory.queries.instruments import find_instrument_by_name
    from chain.lots.cli import read_content, show_progress

    instrument = find_instrument_by_name(db.session, actor.org, name)
    if instrument is None:
        _stop(UNKNOWN_INSTRUMENT, name=name, code=code)
    content, instrument_id = read_content(file), instrument.id
    if dry_run:
        return import_edge.examine(
            actor=actor, instrument_id=instrument_id, content=content, file_name=file.name
        )
    with show_progress() as progress:
        return import_edge.store(
            actor=actor,
            instrument_id=instrument_id,
            batch_id=new_id(),
            content=content,
            file_name=file.name,
            skip_bad=skip_bad,
            progress=progress,
        )


def _tell(report: "MeasurementReport", *, dry_run: bool) -> None:
    from chain.lots.import_edge import MAX_LISTED, problem_rows
    from chain.lots.importing.report import Outcome

    for row, column, reason in problem_rows(report.problems[:MAX_LISTED]):
        _say(BAD_ROW, row=row, column=column, reason=reason)
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
