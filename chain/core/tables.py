"""Tables that people bring and take as CSV: any usual encoding and separator in, nothing that a spreadsheet would run out."""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_, Message

MAX_FILE_BYTES = 200_000_000
DELIMITERS = ",;\t"

FILE_EMPTY = N_("The file is empty.")
FILE_TOO_LARGE = N_("The file is larger than %(limit)s MB.")
FILE_NOT_TEXT = N_("The file is not a CSV table. Save the sheet as CSV first.")
FILE_BROKEN = N_(
    "The table breaks off near line %(line)s: a quotation mark is missing or a cell is too long."
)
COLUMN_TWICE = N_("The file has the column “%(column)s” more than once.")
CELL_BLANK = N_("The cell is empty.")
ROW_TOO_LONG = N_("The row has more cells than the first row has titles.")

_PLAIN_NUMBER = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?")
#: What spreadsheets take for the start of a formula, the wide forms of East Asian ones included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


class UnusableFile(DomainError):
    """A file that cannot be read as a table at all: empty, too large, broken, of another kind, or without a needed column."""

    code = "unusable_file"
    kind = Kind.INVALID
    text = N_("The file cannot be used.")
    field = "file"

    def __init__(self, text: str, **params: object) -> None:
        super().__init__()
        self._message = Message(text, params)

    @property
    def message(self) -> Message:
        """Why this file cannot be used."""
        return self._message

    @property
    def errors(self) -> Mapping[str, Sequence[Message]]:
        """The same, at the field of the file."""
        return {"file": (self._message,)}

    def __str__(self) -> str:
        return str(self._message)


@dataclass(frozen=True, slots=True)
class Table:
    """A CSV file that was opened: its titles, its rows, and how it separates cells."""

    titles: Sequence[str]
    rows: Sequence[Sequence[str]]
    delimiter: str


def read_table(content: bytes, *, limit: int = MAX_FILE_BYTES) -> Table:
    """Read UTF-8 (with or without BOM) or Windows-1252, separated by commas, semicolons or tabs.

    Raises:
        UnusableFile: empty, larger than `limit` bytes, not text, or broken quoting.
    """
    text = decode_table(content, limit=limit)
    delimiter = guess_delimiter(text)
    rows = split_table(text, delimiter)
    return Table(titles=rows[0], rows=rows[1:], delimiter=delimiter)


def decode_table(content: bytes, *, limit: int = MAX_FILE_BYTES) -> str:
    """Return the text of a CSV file: UTF-8 where it is valid, Windows-1252 (Excel's own) otherwise.

    Raises:
        UnusableFile: empty, larger than `limit` bytes, or not text.
    """
    if len(content) > limit:
        raise UnusableFile(FILE_TOO_LARGE, limit=limit // 1_000_000)
    if b"\0" in content:
        raise UnusableFile(FILE_NOT_TEXT)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = _decode_windows(content)
    if not text.strip():
        raise UnusableFile(FILE_EMPTY)
    return text


def _decode_windows(content: bytes) -> str:
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:  # five bytes mean nothing in Windows-1252
        return content.decode("latin-1")


def guess_delimiter(text: str) -> str:
    """Take the separator that the row of titles holds most of; a comma when there is a single column."""
    titles = text.split("\n", 1)[0]
    return max(DELIMITERS, key=titles.count)


def split_table(text: str, delimiter: str) -> list[list[str]]:
    """Return the rows of a CSV text.

    Raises:
        UnusableFile: broken quoting, or a cell of more than 131,072 characters.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader)
    except csv.Error as problem:
        raise UnusableFile(FILE_BROKEN, line=reader.line_num) from problem


def safe_cell(cell: str) -> str:
    """Return the cell, with an apostrophe before whatever a spreadsheet would run as a formula."""
    if cell.startswith(_FORMULA_STARTS) and not _PLAIN_NUMBER.fullmatch(cell.strip()):
        return f"'{cell}"
    return cell
