"""Forms of many equal rows that work without script: named columns, as many rows as were sent, blank ones left out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chain.core.i18n import N_
from chain.grading.own_documents import MAX_ROWS, known_parameters, standard_colours
from chain.grading.scheme import Kind

FIRST_ROWS, MORE_ROWS = 6, 6
MAX_TYPED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One input of every row. `options` gives value and name by language for a list to choose from."""

    name: str
    label: str
    width: int = 10
    is_number: bool = False
    is_check: bool = False
    options: Callable[[str], Mapping[str, str]] | None = None
    #: path of the value in the document, for refusals of the reader
    paths: tuple[str, ...] = field(default=())


def _parameter_names(language: str) -> Mapping[str, str]:
    return {
        key: f"{one['names'][language]}{' (' + one['unit'] + ')' if one['unit'] else ''}"
        for key, one in known_parameters().items()
    }


def _colour_names(language: str) -> Mapping[str, str]:
    return {key: names[language] for key, names in standard_colours().items()}


_NAME_ES = Column(name="name_es", label=N_("Name in Spanish"), width=20, paths=("names.es", "names"))
_NAME_EN = Column(name="name_en", label=N_("Name in English"), width=20, paths=("names.en",))
_KEY = Column(name="key", label=N_("Key (blank: from the name)"), paths=("key",))

COLUMNS: Mapping[Kind, tuple[Column, ...]] = {
    Kind.MICRON: (
        _NAME_ES,
        _NAME_EN,
        Column(name="upper", label=N_("Up to, µm"), width=5, is_number=True, paths=("upper_micron",)),
        Column(name="length", label=N_("Length from, mm"), width=5, is_number=True, paths=("min_length_mm",)),
        _KEY,
    ),
    Kind.LIMITS: (
        Column(name="key", label=N_("Parameter"), options=_parameter_names, paths=("key",)),
        Column(name="minimum", label=N_("At least"), width=5, is_number=True, paths=("min",)),
        Column(name="maximum", label=N_("At most"), width=5, is_number=True, paths=("max",)),
        Column(name="exclusive", label=N_("the maximum itself is too much"), is_check=True),
        Column(name="needed", label=N_("always needed"), is_check=True),
    ),
    Kind.CARCASS: (_NAME_ES, _NAME_EN, _KEY),
    Kind.COLOURS: (
        Column(name="code", label=N_("Own code"), width=5, paths=("letters", "key")),
        _NAME_ES,
        _NAME_EN,
        Column(
            name="stands_for",
            label=N_("Standard colour"),
            options=_colour_names,
            paths=("stands_for", "family"),
        ),
    ),
}


def read_rows(columns: Sequence[Column], sent: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the rows that hold anything, in their order; a row's number stands in the names `row-<number>-<column>`."""
    rows = []
    for number in range(MAX_ROWS):
        row = {one.name: (sent.get(f"row-{number}-{one.name}") or "").strip()[:MAX_TYPED] for one in columns}
        if any(row[one.name] for one in columns if not one.is_check):
            rows.append(row)
    return rows


def padded(rows: Sequence[Mapping[str, str]], wanted: int) -> list[Mapping[str, str]]:
    """Return the rows with blank ones after them: at least two, and as many as the page showed."""
    count = min(max(wanted, FIRST_ROWS, len(rows) + 2), MAX_ROWS)
    return [*rows, *({} for _ in range(count - len(rows)))]


def row_and_column(path: str, where: str, columns: Sequence[Column]) -> tuple[int | None, str | None]:
    """Return the row and the column to which a path of the reader belongs: `document.classes[2].upper_micron` → 2, upper."""
    rest = path.removeprefix("document.")
    if not rest.startswith(f"{where}["):
        return None, None
    number, _, inner = rest.removeprefix(f"{where}[").partition("]")
    inner = inner.lstrip(".")
    names = (
        one.name for one in columns for known in one.paths if inner == known or inner.startswith(f"{known}.")
    )
    return (int(number) if number.isdigit() else None), next(names, None)
