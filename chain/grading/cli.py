"""`chain grade`: classes a CSV of fibre without a database. Imports neither Flask nor SQLAlchemy, so that it starts at once."""

import csv
import io
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from chain.core.catalogues import translate
from chain.core.i18n import N_, Message
from chain.core.tables import Table, UnusableFile, read_table
from chain.grading.fibre import FibreClassifier
from chain.grading.grade_file import (
    ADDED_COLUMNS,
    GradedRow,
    TableGrader,
    padded,
)
from chain.grading.scheme import ALPACA_FIBRE, LLAMA_FIBRE, MicronScheme
from chain.grading.scheme_files import UnknownSchemeError, get_scheme

EXIT_BAD_ROWS = 1
EXIT_UNUSABLE = 2
MAX_LISTED = 1_000
AREA = "grading"

UNKNOWN_SCHEME = N_("There is no scheme “%(scheme)s” in edition “%(edition)s”. There are: %(known)s.")
NOT_BY_MICRON = N_("The scheme “%(scheme)s” does not class by microns, so it cannot grade this file.")
CANNOT_READ = N_("The file cannot be read: %(problem)s.")
CANNOT_WRITE = N_("The result cannot be written: %(problem)s.")
BAD_ROW = N_("Row %(row)s, column %(column)s: %(reason)s")
MORE_BAD_ROWS = N_("… and %(count)s more.")
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
    type=click.Choice([ALPACA_FIBRE, LLAMA_FIBRE]),
    default=ALPACA_FIBRE,
    show_default=True,
    help="Llama fibre uses the ladders of alpaca by analogy.",
)
@click.option(
    "--language", type=click.Choice(["es", "en"]), default="es", show_default=True, help="Of the reasons."
)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Write here instead of to the terminal."
)
def grade(  # noqa: PLR0917 — click hands over one argument per option
    file: Path, scheme_key: str, edition: str | None, commodity: str, language: str, out: Path | None
) -> None:
    """Class the fibre lots of a CSV file by their microns; no database is needed.

    FILE has a column `micron`, and may have `length_mm` (a short staple is told) and `colour` (one that is in no list is
    told; the class does not depend on it). The same rows come out with `grade`, `grade_name` and `reasons` added. Example:

        chain grade lots.csv --edition 2014 --out graded.csv

    Exit code 0: every row was read. 1: the rows listed on stderr were not; they are in the output without a grade.
    2: the file or the scheme cannot be used.
    """
    try:
        scheme = _micron_scheme(scheme_key, edition, language)
        table = read_table(_read(file, language))
        grader = TableGrader(table.titles, FibreClassifier(scheme, commodity))
    except UnusableFile as refused:
        _stop(language, refused.message)
    output = io.StringIO(newline="")
    problems, graded = _write_rows(table, grader, language, output)
    _deliver(output.getvalue(), out, language)
    for line in problems[:MAX_LISTED]:
        click.echo(line, err=True)
    if len(problems) > MAX_LISTED:
        _tell(language, Message(MORE_BAD_ROWS, {"count": len(problems) - MAX_LISTED}))
    counts = {"graded": graded, "bad": len(table.rows) - graded - _blank(table)}
    _tell(language, Message(SUMMARY, {**counts, "scheme": scheme.key, "edition": scheme.edition}))
    if problems:
        sys.exit(EXIT_BAD_ROWS)


def _blank(table: Table) -> int:
    return sum(1 for cells in table.rows if not any(cell.strip() for cell in cells))


def _micron_scheme(key: str, edition: str | None, language: str) -> MicronScheme:
    try:
        scheme = get_scheme(key, edition)
    except UnknownSchemeError as unknown:
        params = {"scheme": key, "edition": edition or "", "known": ", ".join(unknown.known)}
        _stop(language, Message(UNKNOWN_SCHEME, params))
    if not isinstance(scheme, MicronScheme):
        _stop(language, Message(NOT_BY_MICRON, {"scheme": scheme.id}))
    return scheme


def _read(file: Path, language: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        _stop(language, Message(CANNOT_READ, {"problem": problem.strerror or problem}))


def _write_rows(
    table: Table, grader: TableGrader, language: str, output: io.StringIO
) -> tuple[list[str], int]:
    """Write every row; return the lines about bad cells and the number of graded rows."""
    writer = csv.writer(output, delimiter=table.delimiter, lineterminator="\n")
    width = len(table.titles)
    writer.writerow(padded(table.titles, width, ADDED_COLUMNS))
    problems: list[str] = []
    graded = 0
    sentences = _Sentences(language)
    for row in _with_progress(grader.grade_rows(table.rows), len(table.rows)):
        writer.writerow(padded(row.cells, width, sentences.of(row)))
        graded += row.result is not None
        problems += [
            translate(
                language,
                Message(BAD_ROW, {"row": bad.row, "column": bad.column, "reason": bad.reason}),
                AREA,
            )
            for bad in row.problems
        ]
    return problems, graded


class _Sentences:
    """Turns results into the three added cells; equal results are worded once."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._worded: dict[int, tuple[GradedRow, tuple[str, str, str]]] = {}

    def of(self, row: GradedRow) -> tuple[str, str, str]:
        if row.result is None:
            return "", "", ""
        # The classifier shares one result per tenth of a micron; the row is kept so that the id stays taken.
        known = self._worded.get(id(row.result))
        if known is None:
            result = row.result
            sentences = (translate(self._language, one, AREA) for one in (*result.reasons, *result.warnings))
            cells = (result.key or "", result.name(self._language), " ".join(sentences))
            known = self._worded[id(result)] = (row, cells)
        key, name, reasons = known[1]
        notes = (translate(self._language, one, AREA) for one in row.notes)
        return key, name, " ".join((reasons, *notes))


def _with_progress(rows: Iterable[GradedRow], total: int) -> Iterator[GradedRow]:
    """Show a bar on a terminal and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield from rows
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(rows, total=total, description="", console=Console(stderr=True), transient=True)


def _deliver(text: str, out: Path | None, language: str) -> None:
    """Write to the terminal, or to a file that appears only when it is whole."""
    if out is None:
        click.echo(text, nl=False)
        return
    unfinished = ""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=out.parent, suffix=".part", delete=False
        ) as file:
            unfinished = file.name
            file.write(text)
        Path(unfinished).chmod(0o644)
        os.replace(unfinished, out)  # noqa: PTH105 — replaces the target in one step on every system
    except OSError as problem:
        with suppress(OSError):
            Path(unfinished).unlink()
        _stop(language, Message(CANNOT_WRITE, {"problem": problem.strerror or problem}))


def _tell(language: str, message: Message) -> None:
    click.echo(translate(language, message, AREA), err=True)


def _stop(language: str, message: Message) -> NoReturn:
    _tell(language, message)
    sys.exit(EXIT_UNUSABLE)
