"""What `chain grade` and `chain price` share: reading a file, a progress bar, writing the result whole, sentences."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn, TypeVar

import click

from chain.core.catalogues import translate
from chain.core.i18n import N_, Message
from chain.core.tables import MAX_FILE_BYTES, Table, UnusableFile
from chain.core.whole_files import whole_file
from chain.core.workbooks import read_any_table

if TYPE_CHECKING:
    from uuid import UUID

EXIT_BAD_ROWS = 1
EXIT_UNUSABLE = 2
MAX_LISTED = 1_000
#: Rows of one file; a hundred thousand take seconds.
MAX_ROWS = 1_000_000
AREA = "grading"

CANNOT_READ = N_("The file cannot be read: %(problem)s.")
CANNOT_WRITE = N_("The result cannot be written: %(problem)s.")
BAD_ROW = N_("Row %(row)s, column %(column)s: %(reason)s")
MORE_BAD_ROWS = N_("… and %(count)s more.")
UNKNOWN_ORGANISATION = N_("There is no organisation with the code “%(code)s”.")

Row = TypeVar("Row")


def open_table(file: Path, language: str) -> Table:
    """Open a CSV file or a workbook, or stop."""
    try:
        content = file.read_bytes()
    except OSError as problem:
        stop(language, Message(CANNOT_READ, {"problem": problem.strerror or problem}))
    try:
        return read_any_table(content, limit=MAX_FILE_BYTES, rows=MAX_ROWS)
    except UnusableFile as refused:
        stop(language, refused.message)


def with_progress(rows: Iterable[Row], total: int) -> Iterator[Row]:
    """Show a bar on a terminal and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield from rows
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(rows, total=total, description="", console=Console(stderr=True), transient=True)


def deliver(text: str, out: Path | None, language: str) -> None:
    """Write to the terminal, or to a file that appears only when it is whole."""
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with whole_file(out) as unfinished:
            unfinished.write_text(text, encoding="utf-8", newline="")
    except OSError as problem:
        stop(language, Message(CANNOT_WRITE, {"problem": problem.strerror or problem}))


def list_bad_rows(lines: Sequence[Message], language: str) -> None:
    """Name the rows that could not be read, the first thousand of them."""
    for line in lines[:MAX_LISTED]:
        tell(language, line)
    if len(lines) > MAX_LISTED:
        tell(language, Message(MORE_BAD_ROWS, {"count": len(lines) - MAX_LISTED}))


def blank_rows(table: Table) -> int:
    """Return how many lines of the file hold nothing."""
    return sum(1 for cells in table.rows if not any(cell.strip() for cell in cells))


@contextmanager
def organisation(context: click.Context, code: str | None, language: str) -> "Iterator[UUID | None]":
    """Open the database for an organisation's own schemes, confirmations and grids; without a code nothing is opened."""
    if code is None:
        yield None
        return
    from chain.accounts.queries import find_organisation_by_code
    from chain.core.db import db

    app = context.obj()
    with app.app_context():
        found = find_organisation_by_code(db.session, code)
        if found is None:
            stop(language, Message(UNKNOWN_ORGANISATION, {"code": code}))
        yield found.id


def worded(language: str, message: Message) -> str:
    """Return a sentence in the language of the command."""
    return translate(language, message, AREA)


def tell(language: str, message: Message) -> None:
    """Write a sentence to the error output; texts of other areas are found too."""
    click.echo(translate(language, message), err=True)


def stop(language: str, message: Message) -> NoReturn:
    """Say why the command cannot go on, and end it."""
    tell(language, message)
    sys.exit(EXIT_UNUSABLE)
