"""The price of a class in a colour. Pure."""

from collections.abc import Mapping

from chain.pricing.rules.content import PriceContent


class ClassTable:
    """The rows of a content by class and colour: a colour by its own, then by a group that holds it, then any."""

    def __init__(self, content: PriceContent) -> None:
        self._scheme = content.grades_from[0] if content.grades_from else None
        self._base = content.base_minor
        self._values = class_values_of(content)

    def price(self, scheme: str | None, grade: str | None, colour: str | None) -> int | None:
        """Return minor units per kilogram or litre; None for what is not listed.

        A class of another grading scheme is another class, whatever its key.
        """
        if grade is None or (scheme is not None and self._scheme is not None and scheme != self._scheme):
            return self._base
        found = value_of(self._values, grade, colour)
        return self._base if found is None else found


def class_values_of(content: PriceContent) -> Mapping[tuple[str, str | None], int]:
    """Return minor units per unit by class and colour; colour None holds for any that is not named."""
    values: dict[tuple[str, str | None], int] = {}
    for row in content.classes:
        if row.colour is not None and row.colour in content.colour_groups:
            for colour in content.colour_groups[row.colour]:
                values.setdefault((row.grade, colour), row.price_minor)
    for row in content.classes:
        if row.colour not in content.colour_groups:
            values[row.grade, row.colour] = row.price_minor
    return values


def value_of(
    values: Mapping[tuple[str, str | None], int], grade: str | None, colour: str | None
) -> int | None:
    """Return the value of a class in a colour, or in any colour; None when it is not listed."""
    if grade is None:
        return None
    found = values.get((grade, colour))
    return values.get((grade, None)) if found is None else found
