"""`chain price`: prices the rows of a table with a published grid, or with an organisation's own."""

import csv
import io
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain.core.i18n import N_, Message
from chain.core.quantity import GRAMS_PER_POUND
from chain.core.tables import Table, UnusableFile
from chain.grading.attribute_reader import Reader
from chain.grading.attributes import MASS_G, THOUSAND, scaled
from chain.grading.cli_tools import (
    BAD_ROW,
    EXIT_BAD_ROWS,
    blank_rows,
    deliver,
    list_bad_rows,
    open_table,
    organisation,
    stop,
    tell,
    with_progress,
    worded,
)
from chain.grading.grade_file import BadCell, TableGrader, find_columns, padded
from chain.grading.grid_files import UnknownGridError, get_grid
from chain.grading.pricing import (
    DECIMALS,
    Priced,
    PriceGrid,
    PriceRow,
    Refused,
    price,
    price_of_step,
    price_row,
)
from chain.grading.result import GradeResult
from chain.grading.scheme import ColourScheme, class_names_of
from chain.grading.scheme_files import UnknownSchemeError, colour_lists, get_scheme

if TYPE_CHECKING:
    from uuid import UUID

ADDED_COLUMNS = ("price", "amount", "currency", "unit", "price_reason", "grid")
#: Added where the file brings no class of its own; the last two say what one class finer would have been paid.
GRADED_COLUMNS = ("grade", "length_class", "next_grade", "next_price")
OWN_COLUMNS = (
    "grade",
    "scheme",
    "length_class",
    "colour_group",
    "colour",
    "weight_kg",
    "weight_lb",
    "litres",
)
REFUSED = "refused"

UNKNOWN_GRID = N_("There is no price grid “%(grid)s” in edition “%(edition)s”. There are: %(known)s.")
UNKNOWN_SCHEME_OF_GRID = N_("The grid uses the classes of “%(scheme)s”, which is not here.")
UNKNOWN_GRADE = N_("“%(value)s” is no class of %(scheme)s.")
OTHER_SCHEME = N_("The row was graded by “%(value)s”, but the grid pays by %(scheme)s.")
WEIGHT_TWICE = N_("The row has kilograms and pounds. Leave one of them empty.")
UNKNOWN_GROUP = N_("“%(value)s” is no colour group of the grid. It has: %(known)s.")
SUMMARY = N_(
    "Rows priced by %(grid)s: %(priced)s. Refused: %(refused)s. Rows that could not be read: %(bad)s."
)
TOTAL = N_("Total: %(amount)s %(currency)s.")


@dataclass(frozen=True, slots=True)
class PricedRow:
    """The cells of one row as they came, with its price or with what is wrong."""

    cells: Sequence[str]
    answer: Priced | Refused | None
    problems: tuple[BadCell, ...] = ()
    #: what one class finer would have been paid
    step: Priced | None = None


@click.command("price")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--grid", "key", required=True, metavar="KEY", help="Key of the price grid, such as aafl.")
@click.option("--edition", default=None, help="Edition of the grid; its newest one if left out.")
@click.option(
    "--organisation",
    "code",
    metavar="CODE",
    help="Look among the grids of an organisation too; needs the database.",
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the reasons."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of to the terminal."
)
@click.pass_context
def price_rows(  # noqa: PLR0917 — click hands over one argument per option
    context: click.Context,
    file: Path,
    key: str,
    edition: str | None,
    code: str | None,
    language: str,
    out: Path | None,
) -> None:
    """Price the rows of a CSV file or Excel workbook with a grid.

    FILE has a row of titles: either `grade` (and `length_class`), as `chain grade` writes them, or what the classes of the
    grid are made of (`micron`, `length_mm`, `appraised_grade`). Then `colour_group`, or `colour` where the grid places
    colours, and `weight_kg`, `weight_lb` or `litres` for the amount. The same rows come out with the price per unit or the word
    `refused`, the amount, rounded half up once per row, why there is no price, and what one class finer would have been
    paid. Example:

    \b
        chain price lots.csv --grid aafl --out priced.csv

    Exit code 0: every row was read. 1: the rows listed on stderr were not. 2: the file or the grid cannot be used.
    """  # noqa: D301 — click takes \b for lines to be left as they are
    table = open_table(file, language)
    with organisation(context, code, language) as organisation_id:
        grid = _grid(key, edition, organisation_id, language)
        try:
            pricer = TablePricer(table.titles, grid)
        except UnusableFile as refused:
            stop(language, refused.message)
        except UnknownSchemeError:
            stop(language, Message(UNKNOWN_SCHEME_OF_GRID, {"scheme": "@".join(grid.grades_from)}))
    output = io.StringIO(newline="")
    rows = with_progress(pricer.price_rows(table.rows), len(table.rows))
    report = _write(table, pricer, rows, language, output)
    deliver(output.getvalue(), out, language)
    list_bad_rows(report.problems, language)
    bad = len(table.rows) - report.priced - report.refused - blank_rows(table)
    counts = {"priced": report.priced, "refused": report.refused, "bad": bad, "grid": grid.id}
    tell(language, Message(SUMMARY, counts))
    if report.total_minor is not None:
        amount = _main_unit(report.total_minor, grid)
        tell(language, Message(TOTAL, {"amount": amount, "currency": grid.currency}))
    if report.problems:
        sys.exit(EXIT_BAD_ROWS)


def _grid(key: str, edition: str | None, organisation_id: "UUID | None", language: str) -> PriceGrid:
    if organisation_id is not None:
        from chain.core.db import db
        from chain.grading.queries import load_own_grid

        own = load_own_grid(db.session, organisation_id, key, edition)
        if own is not None:
            return own
    try:
        return get_grid(key, edition)
    except UnknownGridError as unknown:
        params = {"grid": key, "edition": edition or "", "known": ", ".join(unknown.known)}
        stop(language, Message(UNKNOWN_GRID, params))


class TablePricer:
    """Finds the columns of a table once, then prices its rows one by one; rows without a class of their own are graded first.

    Raises:
        UnusableFile: a needed column is missing or stands twice, or an added one is there already.
        UnknownSchemeError: the classes of the grid are not here.
    """

    def __init__(self, titles: Sequence[str], grid: PriceGrid) -> None:
        self.grid = grid
        self._width = len(titles)
        self._at = find_columns(titles, OWN_COLUMNS, ADDED_COLUMNS)
        self._scheme = get_scheme(*grid.grades_from)
        self._groups = {group.key for group in grid.colour_groups}
        self.is_graded = "grade" in self._at
        self._grader = None if self.is_graded else TableGrader(titles, self._scheme, added=GRADED_COLUMNS)
        self._classes = class_names_of(self._scheme)
        self._colours = _colour_words()

    @property
    def added_columns(self) -> tuple[str, ...]:
        """The columns that stand behind those of the file."""
        return ADDED_COLUMNS if self.is_graded else (*GRADED_COLUMNS, *ADDED_COLUMNS)

    @property
    def width(self) -> int:
        """How many columns the file has."""
        return self._width

    def price_rows(self, rows: Sequence[Sequence[str]]) -> Iterator[PricedRow]:
        """Price every row; blank lines keep their place."""
        for number, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                yield self._price(number, cells)
            else:
                yield PricedRow(cells, None)

    def _price(self, number: int, cells: Sequence[str]) -> PricedRow:
        values = {name: cells[at].strip() if at < len(cells) else "" for name, at in self._at.items()}
        reader = Reader(values)
        quantity = self._quantity(reader)
        problems = [BadCell(number, name, reason) for name, reason in reader.errors.items()]
        group = values.get("colour_group") or None
        if group is not None and group not in self._groups:
            params = {"value": group[:40], "known": ", ".join(sorted(self._groups)) or "–"}
            problems.append(BadCell(number, "colour_group", Message(UNKNOWN_GROUP, params)))
        row, result, of_grade = self._graded(number, cells, values)
        problems += of_grade
        if problems or row is None:
            return PricedRow(cells, None, tuple(problems))
        typed = values.get("colour", "")
        colour = self._colours.get(typed.casefold(), typed) or None
        priced = PriceRow(row.grade, row.length_class, group, colour, quantity, row.codes)
        step = price_of_step(self.grid, result, priced) if result else None
        return PricedRow(cells, price(self.grid, priced), step=step)

    def _graded(
        self, number: int, cells: Sequence[str], values: dict[str, str]
    ) -> tuple[PriceRow | None, GradeResult | None, tuple[BadCell, ...]]:
        """Return the class that the row brings, or that its measurements give."""
        if self._grader is not None:
            graded = self._grader.grade(number, cells)
            return (
                price_row(graded.result) if graded.result else None,
                graded.result,
                graded.problems,
            )
        grade = values["grade"]
        if grade and grade not in self._classes:
            params = {"value": grade[:40], "scheme": self._scheme.id}
            return None, None, (BadCell(number, "grade", Message(UNKNOWN_GRADE, params)),)
        said = values.get("scheme", "")
        if said and said != self._scheme.id:
            params = {"value": said[:60], "scheme": self._scheme.id}
            return None, None, (BadCell(number, "scheme", Message(OTHER_SCHEME, params)),)
        return PriceRow(grade or None, values.get("length_class") or None), None, ()

    def _quantity(self, reader: Reader) -> Decimal | None:
        """Return grams, or millilitres where the grid is by the litre; nothing is rounded before the amount is."""
        if self.grid.unit == "l":
            litres = reader.number("litres", scaled(MASS_G, 1 / THOUSAND))
            return None if litres is None else litres * THOUSAND
        kilograms = reader.number("weight_kg", scaled(MASS_G, 1 / THOUSAND))
        pounds = reader.number("weight_lb", scaled(MASS_G, 1 / THOUSAND))
        if kilograms is not None and pounds is not None:
            reader.errors["weight_lb"] = Message(WEIGHT_TWICE)
        if pounds is not None:
            return pounds * GRAMS_PER_POUND
        return None if kilograms is None else kilograms * THOUSAND


def _colour_words() -> dict[str, str]:
    """Return colour keys by the words that people write."""
    lists: Sequence[ColourScheme] = colour_lists()
    return {
        word.casefold(): one.key
        for scheme in lists
        for one in scheme.colours
        for word in (one.key, one.letters, *one.names.values())
    }


@dataclass(slots=True)
class _Written:
    priced: int = 0
    refused: int = 0
    total_minor: int | None = None
    problems: tuple[Message, ...] = ()


def _write(
    table: Table, pricer: TablePricer, rows: Iterator[PricedRow], language: str, output: io.StringIO
) -> _Written:
    """Write every row, and count."""
    writer = csv.writer(output, delimiter=table.delimiter, lineterminator="\n")
    writer.writerow(padded(table.titles, pricer.width, pricer.added_columns))
    done = _Written()
    problems: list[Message] = []
    for row in rows:
        added = _cells(row, pricer, language)
        writer.writerow(padded(row.cells, pricer.width, added))
        done.priced += isinstance(row.answer, Priced)
        done.refused += isinstance(row.answer, Refused)
        if isinstance(row.answer, Priced) and row.answer.amount_minor is not None:
            done.total_minor = (done.total_minor or 0) + row.answer.amount_minor
        problems += [
            Message(BAD_ROW, {"row": bad.row, "column": bad.column, "reason": bad.reason})
            for bad in row.problems
        ]
    done.problems = tuple(problems)
    return done


def _cells(row: PricedRow, pricer: TablePricer, language: str) -> tuple[str, ...]:
    grid, answer, step = pricer.grid, row.answer, row.step
    if answer is None:
        return ("",) * len(pricer.added_columns)
    graded: tuple[str, ...] = ()
    if not pricer.is_graded:
        better = (step.grade, str(step.price)) if step else ("", "")
        graded = (answer.grade or "", answer.length_class or "", *better)
    if isinstance(answer, Refused):
        return (*graded, REFUSED, "", grid.currency, grid.unit, worded(language, answer.reason), grid.id)
    amount = "" if answer.amount_minor is None else str(_main_unit(answer.amount_minor, grid))
    return (*graded, str(answer.price), amount, grid.currency, grid.unit, "", grid.id)


def _main_unit(minor: int, grid: PriceGrid) -> Decimal:
    return Decimal(minor).scaleb(-DECIMALS[grid.currency])
