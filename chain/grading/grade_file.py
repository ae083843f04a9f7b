"""Grades a table of any commodity: any usual CSV or workbook in, the same rows and columns with their class out.

No database, no web. A column is known by its title; `columns_of` lists the titles of a scheme.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from chain.core.i18n import N_, Message
from chain.core.tables import CELL_BLANK, COLUMN_TWICE, ROW_TOO_LONG, UnusableFile, safe_cell
from chain.grading.attribute_reader import plain, read_attributes, read_fleece, read_observation
from chain.grading.attributes import (
    MILK_COUNTS,
    MILK_NUMBERS,
    MILK_RESULTS,
    AttributesRefused,
    FibreAttributes,
)
from chain.grading.fibre import FibreClassifier
from chain.grading.result import GradeResult
from chain.grading.rules import classify
from chain.grading.scheme import (
    CarcassScheme,
    ColourRuleScheme,
    ColourScheme,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    Scheme,
    class_names_of,
)
from chain.grading.scheme_files import colour_lists

ADDED_COLUMNS = ("grade", "grade_name", "reasons", "sentence", "missing", "length_class", "scheme")
MAX_RESULTS_KEPT = 20_000

FIBRE_COLUMNS = (
    "micron",
    "length_mm",
    "colour",
    "short",
    "uncertainty",
    "appraised_grade",
    "moisture_pct",
    "mineral_solids_pct",
    "grease_pct",
)
FLEECE_COLUMNS = (
    "total_kg",
    "superior_pct",
    "inferior_pct",
    "baby_pct",
    "length_mm",
    "colour_term",
    "moisture_pct",
    "mineral_solids_pct",
    "estimate",
    "uncertainty",
)
CARCASS_COLUMNS = (
    "weight_kg",
    "weight_g",
    "sarcocystis",
    "sites",
    "age_class",
    "sex",
    "grade_class",
    "conformation",
    "finish",
)
MILK_COLUMNS = (
    "fat",
    "density",
    "temperature",
    "freezing_point",
    *MILK_NUMBERS,
    *MILK_COUNTS,
    *MILK_RESULTS,
)
#: Titles that mean a known column, as lots and norms call it.
ALIASES = {
    "storage_temperature": "temperature",
    "temperature_c": "temperature",
    "fat_pct": "fat",
    "density_g_ml": "density",
}

COLUMN_MISSING = N_("The file has no column called “%(column)s”.")
COLUMNS_MISSING = N_("The file has none of the columns that this scheme needs: %(columns)s.")
COLUMN_TAKEN = N_("The file already has a column called “%(column)s”. Rename it first.")
COLOUR_NOT_LISTED = N_(
    "The colour “%(colour)s” is not in the list of colours. The class does not depend on it."
)


@dataclass(frozen=True, slots=True)
class BadCell:
    """Why a row got no class; rows count from 1, the titles being row 1, as a spreadsheet shows them."""

    row: int
    column: str
    reason: Message


@dataclass(frozen=True, slots=True)
class GradedRow:
    """The cells of one row as they came, with its class or with what is wrong."""

    cells: Sequence[str]
    result: GradeResult | None
    problems: tuple[BadCell, ...] = ()
    #: what is to be said of this row beside its class
    notes: tuple[Message, ...] = ()


class _Answer(Protocol):
    """Reads the known cells of a row and classes them; raises AttributesRefused."""

    def __call__(self, values: Mapping[str, str]) -> tuple[GradeResult, tuple[Message, ...]]: ...


COLUMNS_OF: Mapping[type[Scheme], tuple[str, ...]] = {
    MicronScheme: FIBRE_COLUMNS,
    ColourScheme: ("colour",),
    ColourRuleScheme: ("colour", "findings", "chosen_colour"),
    LimitScheme: MILK_COLUMNS,
    CarcassScheme: CARCASS_COLUMNS,
}


def columns_of(scheme: Scheme) -> tuple[str, ...]:
    """Return the titles that mean something for a scheme; the first one, or one of several, must be there."""
    if isinstance(scheme, FleeceScheme):
        return (*(f"{quality}_kg" for quality in scheme.qualities), *FLEECE_COLUMNS)
    return COLUMNS_OF[type(scheme)]


def _deciding(scheme: Scheme) -> tuple[str, ...]:
    """Return the titles of which one at least must be there: without it no row could get a class."""
    match scheme:
        case MicronScheme() | ColourScheme() | ColourRuleScheme():
            return columns_of(scheme)[:1]
        case FleeceScheme():
            return (*(f"{quality}_kg" for quality in scheme.qualities), "superior_pct")
        case CarcassScheme():
            return ("weight_kg", "weight_g", "sarcocystis", "grade_class")
        case _:
            return columns_of(scheme)


class TableGrader:
    """Finds the columns of a table once, then grades its rows one by one. Equal cells share one result.

    Raises:
        UnusableFile: a needed column is missing or stands twice, or an added one is there already.
    """

    def __init__(
        self,
        titles: Sequence[str],
        scheme: Scheme,
        *,
        commodity: str | None = None,
        confirmed: AbstractSet[str] = frozenset(),
        added: Sequence[str] = ADDED_COLUMNS,
    ) -> None:
        self.scheme = scheme
        self._width = len(titles)
        self._at = find_columns(titles, columns_of(scheme), added)
        wanted = _deciding(scheme)
        if not any(name in self._at for name in wanted):
            if len(wanted) == 1:
                raise UnusableFile(COLUMN_MISSING, column=wanted[0])
            raise UnusableFile(COLUMNS_MISSING, columns=", ".join(wanted))
        self._answer = _answer_for(scheme, commodity or scheme.commodity, confirmed)
        self._kept: dict[tuple[str, ...], GradedRow] = {}

    def grade_rows(self, rows: Iterable[Sequence[str]]) -> Iterator[GradedRow]:
        """Grade every row; blank lines keep their place and are no problem."""
        for number, cells in enumerate(rows, start=2):
            if any(cell.strip() for cell in cells):
                yield self.grade(number, cells)
            else:
                yield GradedRow(cells, None)

    def grade(self, number: int, cells: Sequence[str]) -> GradedRow:
        """Grade one row."""
        typed = tuple(cells[at].strip() if at < len(cells) else "" for at in self._at.values())
        kept = self._kept.get(typed)
        if kept is not None and len(cells) <= self._width:
            return GradedRow(cells, kept.result, (), kept.notes)
        problems = []
        if len(cells) > self._width:
            problems.append(BadCell(number, str(self._width + 1), Message(ROW_TOO_LONG)))
        try:
            result, notes = self._answer(dict(zip(self._at, typed, strict=True)))
        except AttributesRefused as refused:
            problems += [BadCell(number, name, reason) for name, reason in refused.errors.items()]
        if problems:
            return GradedRow(cells, None, tuple(problems))
        if len(self._kept) >= MAX_RESULTS_KEPT:
            self._kept.clear()
        row = self._kept[typed] = GradedRow(cells, result, (), notes)
        return row


def find_columns(titles: Sequence[str], known: Sequence[str], added: Sequence[str]) -> dict[str, int]:
    """Return where each known column stands, by its own name.

    Raises:
        UnusableFile: a known column stands twice, or an added one is there already.
    """
    named = [title.strip().lower() for title in titles]
    named = [ALIASES.get(name, name) if ALIASES.get(name) in known else name for name in named]
    for column in known:
        if named.count(column) > 1:
            raise UnusableFile(COLUMN_TWICE, column=column)
    for column in added:
        if column in named:
            raise UnusableFile(COLUMN_TAKEN, column=column)
    return {column: named.index(column) for column in known if column in named}


# --- what each kind of scheme reads -----------------------------------------------------------------------------------


def _answer_for(scheme: Scheme, commodity: str, confirmed: AbstractSet[str]) -> _Answer:
    if isinstance(scheme, MicronScheme):
        return _FibreAnswer(scheme, commodity, confirmed)
    reads: Callable[[Mapping[str, str]], GradeResult]
    if isinstance(scheme, FleeceScheme):
        fleeces = scheme
        reads = lambda values: classify(fleeces, read_fleece(fleeces, values), confirmed=confirmed)  # noqa: E731
    elif isinstance(scheme, ColourScheme | ColourRuleScheme):
        reads = _ColourReader(scheme)
    else:
        reads = lambda values: classify(scheme, read_attributes(commodity, values), confirmed=confirmed)  # noqa: E731
    return lambda values: (reads(values), ())


class _FibreAnswer:
    """Fibre: one classifier for all rows; a colour that is in no list is told beside the class."""

    def __init__(self, scheme: MicronScheme, commodity: str, confirmed: AbstractSet[str]) -> None:
        self._scheme = scheme
        self._commodity = commodity
        self._confirmed = confirmed
        self._classifier = FibreClassifier(scheme, commodity, confirmed)

    def __call__(self, values: Mapping[str, str]) -> tuple[GradeResult, tuple[Message, ...]]:
        read = read_attributes(self._commodity, values)
        if not isinstance(read, FibreAttributes):
            raise TypeError(self._commodity)
        if read.micron is None and not read.is_short and not read.appraised:
            raise AttributesRefused({"micron": Message(CELL_BLANK)})
        notes = _colour_notes(read.colour)
        if (read.moisture_pct, read.mineral_solids_pct, read.grease_pct) != (None, None, None):
            return (
                classify(self._scheme, read, commodity=self._commodity, confirmed=self._confirmed),
                notes,
            )
        result = self._classifier.classify(
            read.micron,
            read.length_mm,
            is_short=read.is_short,
            uncertainty=read.uncertainty,
            appraised=read.appraised,
        )
        return result, notes


class _ColourReader:
    """Colours by their key, letters, number or name, as people write them."""

    def __init__(self, scheme: ColourScheme | ColourRuleScheme) -> None:
        self._scheme = scheme
        self._words = {
            plain(word): key
            for key, names in class_names_of(scheme).items()
            for word in (key, *names.values())
        }
        if isinstance(scheme, ColourScheme):
            for one in scheme.colours:
                self._words |= {plain(one.letters): one.key, str(one.number): one.key}

    def __call__(self, values: Mapping[str, str]) -> GradeResult:
        known = {
            **values,
            "colour": self._key(values.get("colour", "")),
            "chosen_colour": self._key(values.get("chosen_colour", "")),
        }
        rules = self._scheme if isinstance(self._scheme, ColourRuleScheme) else None
        return classify(self._scheme, read_observation(rules, known))

    def _key(self, typed: str) -> str:
        return self._words.get(plain(typed), typed)


@cache
def _colours() -> frozenset[str]:
    return frozenset(
        plain(word)
        for scheme in colour_lists()
        for one in scheme.colours
        for word in (one.key, one.letters, str(one.number), *one.names.values())
    )


def _colour_notes(typed: str | None) -> tuple[Message, ...]:
    if not typed or plain(typed) in _colours():
        return ()
    return (Message(COLOUR_NOT_LISTED, {"colour": typed[:40]}),)


def padded(cells: Sequence[str], width: int, added: Sequence[str]) -> list[str]:
    """Return a row for the output: the cells as they came, then the added ones in their columns, then any surplus."""
    kept = [safe_cell(cell) for cell in cells]
    return [*kept[:width], *[""] * (width - len(kept)), *added, *kept[width:]]
