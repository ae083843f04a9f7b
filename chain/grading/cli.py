"""`chain grade`: classes a table of any commodity. Without `--organisation` it needs no database and starts at once."""

import csv
import io
import json
import sys
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chain.core.i18n import N_, Message
from chain.core.tables import Table, UnusableFile
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
from chain.grading.grade_file import ADDED_COLUMNS, GradedRow, TableGrader, padded
from chain.grading.scheme import COMMODITIES, Scheme
from chain.grading.scheme_files import UnknownSchemeError, fits_commodity, get_scheme
from chain.grading.unconfirmed import unconfirmed_values

if TYPE_CHECKING:
    from uuid import UUID

UNKNOWN_SCHEME = N_("There is no scheme “%(scheme)s” in edition “%(edition)s”. There are: %(known)s.")
OTHER_COMMODITY = N_("The scheme “%(scheme)s” is not for this product.")
UNKNOWN_CONFIRMATION = N_("The scheme has no unconfirmed value “%(key)s”. It has: %(known)s.")
SUMMARY = N_(
    "Rows graded by %(scheme)s, edition %(edition)s: %(graded)s. Rows that could not be read: %(bad)s."
)


@click.command("grade")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--scheme", "scheme_key", default="ntp-231.301", show_default=True, help="Key of the scheme.")
@click.option(
    "--edition", default=None, help="Edition of the scheme, such as 2014; its usual one if left out."
)
@click.option(
    "--commodity",
    type=click.Choice(list(COMMODITIES)),
    help="Product, where the scheme is borrowed: llama fibre uses the ladders of alpaca by analogy.",
)
@click.option(
    "--confirmed",
    multiple=True,
    metavar="KEY",
    help="An unconfirmed value for which you vouch, such as category:fina; may stand several times, “all” is all.",
)
@click.option(
    "--organisation",
    "code",
    metavar="CODE",
    help="Use the schemes and confirmations of an organisation; needs the database.",
)
@click.option("--format", "form", type=click.Choice(["csv", "json"]), default="csv", show_default=True)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the reasons."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of to the terminal."
)
@click.pass_context
def grade(  # noqa: PLR0917 — click hands over one argument per option
    context: click.Context,
    file: Path,
    scheme_key: str,
    edition: str | None,
    commodity: str | None,
    confirmed: tuple[str, ...],
    code: str | None,
    form: str,
    language: str,
    out: Path | None,
) -> None:
    """Class the rows of a CSV file or Excel workbook by a norm; no database is needed.

    FILE has a row of titles. Fibre: `micron`, and `length_mm`, `short`, `uncertainty`, `appraised_grade`, `colour` where
    there are any. Fleeces: `baby_kg` and so on, or `superior_pct`, `inferior_pct`, `baby_pct`; `length_mm`,
    `colour_term`. Colours: `colour`, `findings`, `chosen_colour`. Milk: `fat`, `density`, `temperature` and any other
    parameter of the norm. Carcasses: `weight_kg`, `sarcocystis`, `age_class`, `sex`, `grade_class`. The same rows come
    out with the class, its reasons, a sentence for the producer and what was missing. Examples:

    \b
        chain grade lots.csv --edition 2014 --out graded.csv
        chain grade milk.xlsx --scheme nb-33013 --format json
        chain grade fleeces.csv --scheme ntp-231.300 --confirmed all

    Exit code 0: every row was read. 1: the rows listed on stderr were not; they are in the output without a grade.
    2: the file or the scheme cannot be used.
    """  # noqa: D301 — click takes \b for lines to be left as they are
    table = open_table(file, language)
    with organisation(context, code, language) as organisation_id:
        scheme = _scheme(scheme_key, edition, commodity, language)
        vouched = _confirmed(scheme, confirmed, organisation_id, language)
        try:
            grader = TableGrader(
                table.titles,
                scheme,
                commodity=commodity,
                confirmed=vouched,
                added=ADDED_COLUMNS if form == "csv" else (),
            )
        except UnusableFile as refused:
            stop(language, refused.message)
        writer = (_CsvWriter if form == "csv" else _JsonWriter)(table, language)
        problems: list[Message] = []
        for row in with_progress(grader.grade_rows(table.rows), len(table.rows)):
            writer.write(row)
            problems += [
                Message(BAD_ROW, {"row": bad.row, "column": bad.column, "reason": bad.reason})
                for bad in row.problems
            ]
    deliver(writer.text(), out, language)
    list_bad_rows(problems, language)
    counts = {"graded": writer.graded, "bad": len(table.rows) - writer.graded - blank_rows(table)}
    tell(language, Message(SUMMARY, {**counts, "scheme": scheme.key, "edition": scheme.edition}))
    if problems:
        sys.exit(EXIT_BAD_ROWS)


def _scheme(key: str, edition: str | None, commodity: str | None, language: str) -> Scheme:
    try:
        scheme = get_scheme(key, edition)
    except UnknownSchemeError as unknown:
        params = {"scheme": key, "edition": edition or "", "known": ", ".join(unknown.known)}
        stop(language, Message(UNKNOWN_SCHEME, params))
    if commodity is not None and not fits_commodity(scheme, commodity):
        stop(language, Message(OTHER_COMMODITY, {"scheme": scheme.id}))
    return scheme


def _confirmed(
    scheme: Scheme, wanted: tuple[str, ...], organisation_id: "UUID | None", language: str
) -> AbstractSet[str]:
    """Return the keys that count: those of the command, and those that the organisation has confirmed."""
    known = [one.key for one in unconfirmed_values(scheme)]
    for key in wanted:
        if key not in {*known, "all"}:
            params = {"key": key, "known": ", ".join(known) or "–"}
            stop(language, Message(UNKNOWN_CONFIRMATION, params))
    found = {*known} if "all" in wanted else {*wanted}
    if organisation_id is not None:
        from chain.core.db import db
        from chain.grading.queries import confirmed_values

        found |= confirmed_values(db.session, organisation_id, scheme.key, scheme.edition)
    return found


class _Words:
    """Turns results into the added cells; equal results are worded once."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._worded: dict[int, tuple[GradedRow, tuple[str, ...]]] = {}

    def cells(self, row: GradedRow) -> tuple[str, ...]:
        """Return the added cells of a row, in the order of ADDED_COLUMNS."""
        result = row.result
        if result is None:
            return ("",) * len(ADDED_COLUMNS)
        # The grader shares one result among equal rows; the row is kept so that the id stays taken.
        known = self._worded.get(id(result))
        if known is None:
            cells = (
                result.key or "",
                result.name(self.language),
                " ".join(worded(self.language, one) for one in (*result.reasons, *result.warnings)),
                worded(self.language, result.sentence) if result.sentence else "",
                " ".join(result.missing),
                result.length_class.key if result.length_class else "",
                f"{result.scheme}@{result.edition}",
            )
            known = self._worded[id(result)] = (row, cells)
        if not row.notes:
            return known[1]
        key, name, reasons, *rest = known[1]
        notes = (worded(self.language, one) for one in row.notes)
        return key, name, " ".join((reasons, *notes)), *rest


class _CsvWriter:
    """The rows as they came, with the added columns; the separator is that of the file."""

    def __init__(self, table: Table, language: str) -> None:
        self.graded = 0
        self._words = _Words(language)
        self._width = len(table.titles)
        self._output = io.StringIO(newline="")
        self._writer = csv.writer(self._output, delimiter=table.delimiter, lineterminator="\n")
        self._writer.writerow(padded(table.titles, self._width, ADDED_COLUMNS))

    def write(self, row: GradedRow) -> None:
        """Write one row."""
        self._writer.writerow(padded(row.cells, self._width, self._words.cells(row)))
        self.graded += row.result is not None

    def text(self) -> str:
        """Return the whole table."""
        return self._output.getvalue()


class _JsonWriter:
    """A list with an object per row: its number, its cells, its class and what was wrong."""

    def __init__(self, table: Table, language: str) -> None:
        self.graded = 0
        self._language = language
        self._words = _Words(language)
        self._titles = table.titles
        self._lines: list[str] = []
        self._number = 1

    def write(self, row: GradedRow) -> None:
        """Add one row; blank lines are left out."""
        self._number += 1
        if not any(cell.strip() for cell in row.cells):
            return
        answer: dict[str, Any] = {
            "row": self._number,
            "cells": dict(zip(self._titles, row.cells, strict=False)),
            **dict(zip(ADDED_COLUMNS, self._words.cells(row), strict=True)),
            "missing": list(row.result.missing) if row.result else [],
            "codes": list(row.result.codes) if row.result else [],
            **self._distances(row),
            "problems": [
                {"column": bad.column, "reason": worded(self._language, bad.reason)} for bad in row.problems
            ],
        }
        self._lines.append(json.dumps(answer, ensure_ascii=False))
        self.graded += row.result is not None

    @staticmethod
    def _distances(row: GradedRow) -> dict[str, object]:
        record = row.result.as_record() if row.result else {}
        return {name: record.get(name) for name in ("distance", "boundary", "strength")}

    def text(self) -> str:
        """Return the whole list."""
        return "[\n" + ",\n".join(self._lines) + "\n]\n"
