"""A price grid as it is copied from a spreadsheet: a line for each price, with class, colour and price. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from chain.buyers.class_options import SchemeClasses
from chain.buyers.pricing import PriceRow
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.quantity import NotANumber, parse_decimal

#: What stands for any class or any colour.
ANY = frozenset({"", "*", "any", "cualquiera", "todas", "todos"})
COLUMNS = 3


@dataclass(frozen=True, slots=True)
class Words:
    """Which words name classes and colours."""

    schemes: Sequence[SchemeClasses]
    #: words for each colour
    colours: Mapping[str, Iterable[str]]
    _grades: dict[str, str] = field(default_factory=dict)

    def grade(self, word: str) -> str | None:
        """Return the class that a word names; of several schemes with the same word the one that is offered first."""
        if not self._grades:
            for one in self.schemes:
                for key, name in one.classes:
                    full = f"{one.scheme}/{key}"
                    for known in (full, f"{name} ({one.name})", key, name):
                        self._grades.setdefault(known.casefold(), full)
        return self._grades.get(word.casefold())

    def colour(self, word: str) -> str | None:
        """Return the colour that a word names."""
        wanted = word.casefold()
        return next(
            (key for key, words in self.colours.items() if wanted in {one.casefold() for one in words}), None
        )


def read_grid_text(text: str, words: Words) -> list[PriceRow]:
    """Return the rows of a pasted grid; empty lines and a first line of headings are passed over.

    Columns are parted by a tab or a semicolon, else by a comma: "baby;white;45,50".

    Raises:
        ValidationFailed: naming each line that cannot be read.
    """
    rows: list[PriceRow] = []
    errors = FieldErrors()
    for place, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        parts = [part.strip().strip('"') for part in line.split(_separator(line), COLUMNS - 1)]
        if len(parts) < COLUMNS:
            errors.add("grid_text", N_("Line %(row)s: write class, colour and price."), row=place)
            continue
        try:
            price = parse_decimal(parts[2]).scaleb(2)
        except NotANumber:
            if place > 1 or any(letter.isdigit() for letter in parts[2]):  # else the line of headings
                errors.add("grid_text", N_("Line %(row)s: the price cannot be read."), row=place)
            continue
        grade = None if parts[0].casefold() in ANY else words.grade(parts[0])
        colour = None if parts[1].casefold() in ANY else words.colour(parts[1])
        if grade is None and parts[0].casefold() not in ANY:
            errors.add("grid_text", N_("Line %(row)s: the class is not known."), row=place)
        elif colour is None and parts[1].casefold() not in ANY:
            errors.add("grid_text", N_("Line %(row)s: the colour is not known."), row=place)
        elif price != price.to_integral_value():
            errors.add("grid_text", N_("Line %(row)s: the price cannot be read."), row=place)
        else:
            rows.append(PriceRow(int(price), grade, colour))
    errors.raise_any()
    return rows


def _separator(line: str) -> str:
    return next((one for one in ("\t", ";") if one in line), ",")
