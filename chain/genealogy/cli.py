"""`chain trace` and `chain genealogy`."""

import csv
import sys
from typing import TYPE_CHECKING, Any

import click

from chain.core.catalogues import translate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from chain.accounts.models import Organisation
    from chain.accounts.rules import Actor
    from chain.genealogy.queries.trace import Trace, TraceLot

EXIT_BROKEN = 1
HEADERS = ("depth", "number", "product", "quantity", "unit", "class", "claim", "state", "made_by", "used_by")
_language = click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the sentences."
)


@click.command("trace")
@click.argument("number")
@click.option("--organisation", "code", required=True, metavar="CODE", help="Whose lot.")
@click.option("--forward", is_flag=True, help="What became of the lot, instead of what it was made of.")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["table", "json", "csv"]),
    default="table",
    show_default=True,
    help="How to write it.",
)
def trace(number: str, code: str, forward: bool, shape: str) -> None:
    """Trace a lot back to the deliveries that it was made of, or forward to what became of it.

    Quantities are grams or millilitres. Depth counts the operations between a lot and the one that was asked for. Examples:

        chain trace CC03-000481 --organisation CC03

        chain trace CC03-000481 --organisation CC03 --forward --format csv > lotes.csv

    Exit code 0: found. 1: there is no such lot, or the trace is too large.
    """
    from chain.core.db import db, snapshot
    from chain.core.errors import DomainError
    from chain.genealogy.queries.trace import trace_back, trace_forward
    from chain.serve import make_app

    with make_app().app_context():
        house = _organisation(db.session, code)
        lot_id = _lot(db.session, house.id, number)
        with snapshot() as session:
            try:
                find = trace_forward if forward else trace_back
                found = find(session, _reader(house), lot_id)
            except DomainError as refused:
                raise click.ClickException(str(refused)) from None
    if shape == "json":
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    elif shape == "csv":
        from chain.core.tables import safe_cell

        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(HEADERS)
        writer.writerows([safe_cell(cell) for cell in row] for row in _rows(found))
    else:
        _print_table(found)


@click.group()
def genealogy() -> None:
    """Verify what was made of what."""


@genealogy.command("verify")
@click.option(
    "--organisation", "code", default=None, metavar="CODE", help="Only the lots of this organisation."
)
@_language
def verify(code: str | None, language: str) -> None:
    """Reckon every operation anew: nothing comes or goes, every share is where it should be, no claim got better.

    Exit code 0 if everything holds; 1 otherwise, with whatever does not on stderr.
    """
    from chain.core.db import db, snapshot
    from chain.genealogy.services.verify import verify_genealogy
    from chain.serve import make_app

    with make_app().app_context():
        house = _organisation(db.session, code) if code else None
        with snapshot() as session:
            report = verify_genealogy(session, house.id if house else None)
    for problem in report.problems:
        where = f", n.º {problem.event_number}" if problem.event_number else ""
        click.echo(f"{problem.organisation_code}{where}: {translate(language, problem.message)}", err=True)
    click.echo(
        f"organisations={report.organisations} events={report.events} lots={report.lots} "
        f"problems={len(report.problems)}"
    )
    if not report.is_whole:
        sys.exit(EXIT_BROKEN)


def _organisation(session: "Session", code: str) -> "Organisation":
    from chain.accounts.queries import find_organisation_by_code

    found = find_organisation_by_code(session, code)
    if found is None:
        raise click.ClickException(f"There is no organisation with the code {code}.")
    return found


def _lot(session: "Session", organisation_id: "UUID", number: str) -> "UUID":
    from sqlalchemy import select

    from chain.lots.models import Lot

    found = session.scalar(
        select(Lot.id).where(Lot.organisation_id == organisation_id, Lot.number == number.strip().upper())
    )
    if found is None:
        raise click.ClickException(f"There is no lot {number} here.")
    return found


def _reader(house: "Organisation") -> "Actor":
    from chain.accounts.rules import OrganisationKind, Role, system_actor

    return system_actor(house.id, OrganisationKind(house.kind), Role.AUDITOR)


def _rows(found: "Trace") -> "Iterator[tuple[str, ...]]":
    made_by: dict[Any, str] = {}
    used_by: dict[Any, str] = {}
    names = {one.id: f"{one.number} {one.process or one.kind}" for one in found.events}
    for edge in found.edges:
        (made_by if edge.role == "output" else used_by)[edge.lot_id] = names[edge.event_id]
    for lot in found.nodes:
        yield (
            str(lot.depth),
            lot.number,
            lot.commodity if not lot.label else f"{lot.commodity}: {lot.label}",
            str(lot.quantity),
            lot.unit,
            _class(lot),
            lot.claim,
            lot.state,
            made_by.get(lot.id, ""),
            used_by.get(lot.id, ""),
        )


def _class(lot: "TraceLot") -> str:
    if not lot.grade_scheme:
        return ""
    return f"{lot.grade_scheme}/{lot.grade_edition}/{lot.grade_key or '?'}"


def _print_table(found: "Trace") -> None:
    rows = [HEADERS, *_rows(found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADERS))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
