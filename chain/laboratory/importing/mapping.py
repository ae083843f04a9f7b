"""What the columns of an instrument's files mean: said once by a person, kept, used for every file. Pure."""

import re
from collections import Counter
from collections.abc import Mapping as MappingABC
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.tables import COLUMN_TWICE, UnusableFile
from chain.laboratory.attributes import ATTRIBUTES
from chain.laboratory.rules import Status
from chain.lots.importing.columns import COLUMNS_MISSING, Column, Header, folded
from chain.lots.importing.sheets import Finder

#: Lines in which the row of titles is looked for; instruments print their settings above it.
TOP_LINES = 60
#: Cells of a row that a page shows, and columns that can be given a meaning.
MAX_COLUMNS = 60
MAX_TITLE = 60

SAMPLE, DATE, TIME, OPERATOR, DOCUMENT = "sample", "date", "time", "operator", "document"
ROLE_LABELS = {
    SAMPLE: N_("Sample code"),
    DATE: N_("Date of the measurement"),
    TIME: N_("Time of the measurement"),
    OPERATOR: N_("Operator"),
    DOCUMENT: N_("Number of the report or certificate"),
}
DECIMAL_LABELS = {
    "auto": N_("Comma or point, no thousands separators"),
    ",": N_("Comma (12,5); a point separates thousands"),
    ".": N_("Point (12.5); a comma separates thousands"),
}
DATE_LABELS = {
    "dmy": N_("Day first (05/03/2026)"),
    "mdy": N_("Month first (03/05/2026)"),
    "ymd": N_("Year first (2026-03-05)"),
}

SAMPLE_NEEDED = N_("Say which column holds the sample code.")
VALUE_NEEDED = N_("Say which column holds a measured value.")
MEANING_TWICE = N_("Two columns cannot mean the same.")
NOT_AN_OPTION = N_("Choose one of the options.")
BASIS_NEEDED = N_("Say what the figures of this column refer to.")
TITLE_MISSING = N_("This column has no title: say that the file has no row of titles.")
_SCORE_SIGNS = re.compile(r"[;\t]")


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column with a meaning: a role above, or an attribute with its unit and what it refers to."""

    place: int
    title: str
    meaning: str
    unit: str | None = None
    basis: str | None = None

    @property
    def is_value(self) -> bool:
        """Whether the column holds measured values."""
        return self.meaning not in ROLE_LABELS


def meaning_value(column: MappedColumn) -> str:
    """Return the meaning of a column as forms send it: "sample", "micron|µm|", "density_g_ml|kg/m³|20_c"."""
    if not column.is_value:
        return column.meaning
    return f"{column.meaning}|{column.unit or ''}|{column.basis or ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """How the files of an instrument are read. `header_row` counts from 1; 0: there is no row of titles."""

    header_row: int
    decimal: str = "auto"
    dates: str = "dmy"
    status: str = Status.REPORT.value
    columns: tuple[MappedColumn, ...]

    def as_record(self) -> dict[str, Any]:
        """Return what is kept with the instrument."""
        return {
            "header_row": self.header_row,
            "decimal": self.decimal,
            "dates": self.dates,
            "status": self.status,
            "columns": [
                {
                    "place": one.place,
                    "title": one.title,
                    "meaning": one.meaning,
                    "unit": one.unit,
                    "basis": one.basis,
                }
                for one in self.columns
            ],
        }


def make_mapping(
    *,
    header_row: int,
    decimal: str,
    dates: str,
    status: str,
    columns: Sequence[MappedColumn],
) -> Mapping:
    """Check what was said of a file's columns.

    Raises:
        ValidationFailed: no sample code, no value, a meaning twice, a unit or basis that does not exist.
    """
    errors = FieldErrors()
    for name, value, known in (("decimal", decimal, DECIMAL_LABELS), ("dates", dates, DATE_LABELS)):
        if value not in known:
            errors.add(name, NOT_AN_OPTION)
    if status not in {Status.REPORT, Status.ESTIMATE}:
        errors.add("status", NOT_AN_OPTION)
    if not 0 <= header_row <= TOP_LINES:
        errors.add("header_row", NOT_AN_OPTION)
    meanings = Counter(one.meaning for one in columns)
    for one in columns:
        _check_column(one, meanings, has_titles=header_row > 0, errors=errors)
    if SAMPLE not in meanings:
        errors.add("columns", SAMPLE_NEEDED)
    if not any(one.is_value for one in columns):
        errors.add("columns", VALUE_NEEDED)
    errors.raise_any()
    return Mapping(header_row=header_row, decimal=decimal, dates=dates, status=status, columns=tuple(columns))


def _check_column(
    one: MappedColumn, meanings: Counter[str], *, has_titles: bool, errors: FieldErrors
) -> None:
    field = f"column_{one.place}"
    if not 0 <= one.place < MAX_COLUMNS or len(one.title) > MAX_TITLE:
        errors.add("columns", NOT_AN_OPTION)
        return
    if has_titles and not folded(one.title):
        errors.add(field, TITLE_MISSING)
    if meanings[one.meaning] > 1:
        errors.add(field, MEANING_TWICE)
    if not one.is_value:
        return
    attribute = ATTRIBUTES.get(one.meaning)
    if attribute is None:
        errors.add(field, NOT_AN_OPTION)
        return
    if one.unit not in {None, attribute.unit, *attribute.units}:
        errors.add(field, NOT_AN_OPTION)
    if attribute.bases and one.basis not in attribute.bases:
        errors.add(field, BASIS_NEEDED)


def read_mapping(record: MappingABC[str, Any] | None) -> Mapping | None:
    """Return a kept mapping; None when there is none."""
    if not record:
        return None
    columns = tuple(MappedColumn(**one) for one in record["columns"])
    return Mapping(**{**record, "columns": columns})


# --- Opening a file ---------------------------------------------------------------------------------------------------


def clean_cells(row: Sequence[object]) -> int:
    """Count the cells of a row that hold something and no other separator: how well a separator fits."""
    return sum(
        1
        for cell in row
        if cell not in {None, ""} and not _SCORE_SIGNS.search(str(cell)) and str(cell).strip()
    )


def _everything(rows: Sequence[Sequence[object]]) -> Header:
    width = min(max((len(row) for row in rows), default=1), MAX_COLUMNS)
    return Header(-1, max(width, 1), (), ())


#: Shows a file as it is, before anybody said what its columns mean.
RAW = Finder(TOP_LINES, clean_cells, _everything)


def guess_header(rows: Sequence[tuple[int, Sequence[object]]]) -> int:
    """Return the number of the row that looks most like titles: words only, above a row with numbers; 0 if none does."""
    best, found = 1, 0
    for (number, cells), (_, below) in pairwise(rows):
        words = [str(cell) for cell in cells if cell not in {None, ""}]
        is_words = words and not any(_looks_number(word) for word in words)
        if is_words and len(words) > best and any(_looks_number(str(cell)) for cell in below):
            best, found = len(words), number
    return found


def _looks_number(text: str) -> bool:
    return re.fullmatch(r"\s*[+-]?[0-9]+([.,][0-9]+)?\s*", text) is not None


def finder_for(mapping: Mapping) -> Finder:
    """Return how a file is opened by a mapping: by its titles, wherever they stand, or by the places of its columns."""
    if mapping.header_row == 0:
        return Finder(TOP_LINES, clean_cells, lambda rows: _by_place(mapping, rows))
    wanted = {folded(one.title) for one in mapping.columns}

    def score(row: Sequence[object]) -> int:
        return sum(1 for cell in row if cell not in {None, ""} and folded(str(cell)[:200]) in wanted)

    return Finder(TOP_LINES, score, lambda rows: _by_title(mapping, rows, score))


def _by_place(mapping: Mapping, rows: Sequence[Sequence[object]]) -> Header:
    width = max((len(row) for row in rows), default=1)
    return Header(
        -1, min(width, MAX_COLUMNS), _columns(mapping, {one.place: one.place for one in mapping.columns}), ()
    )


def _by_title(mapping: Mapping, rows: Sequence[Sequence[object]], score: Any) -> Header:
    top = rows[:TOP_LINES]
    scores = [score(row) for row in top]
    place = scores.index(max(scores)) if any(scores) else 0
    titles = ["" if cell is None else str(cell).strip() for cell in (top[place] if top else ())]
    while titles and not titles[-1]:
        titles.pop()
    at: dict[int, int] = {}
    missing = []
    for one in mapping.columns:
        places = [index for index, title in enumerate(titles) if folded(title[:200]) == folded(one.title)]
        if len(places) > 1 and one.place not in places:
            raise UnusableFile(COLUMN_TWICE, column=one.title)
        if places:
            at[one.place] = one.place if one.place in places else places[0]
        else:
            missing.append(one.title)
    if missing:
        raise UnusableFile(COLUMNS_MISSING, columns=", ".join(missing))
    known = set(at.values())
    ignored = tuple(title[:MAX_TITLE] for index, title in enumerate(titles) if title and index not in known)
    return Header(place, len(titles), _columns(mapping, at), ignored)


def _columns(mapping: Mapping, at: MappingABC[int, int]) -> tuple[Column, ...]:
    return tuple(
        Column(at[one.place], one.title or f"#{one.place + 1}", one.meaning, one.unit)
        for one in mapping.columns
    )
