"""The further bags of the registration screen: the first one is the weight itself, each other one is a line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from werkzeug.datastructures import MultiDict

from chain.core.i18n import Message
from chain.core.quantity import NotANumber, parse_decimal, thousandths
from chain.lots.bags import CODE_TOO_LONG, MAX_BAGS, MAX_CODE, Bag
from chain.web.i18n import gettext

#: The names of the inputs of a line.
GROSS, TARE, LITRES, CONTAINER, CODE = "bag_gross", "bag_tare", "bag_litres", "bag_container", "bag_code"
NAMES = (GROSS, TARE, LITRES, CONTAINER, CODE)
MAX_TYPED = 40
MAX_AMOUNT = 10**12


@dataclass(slots=True)
class BagLine:
    """A line as it was typed, with what is wrong with it."""

    position: int
    gross: str = ""
    tare: str = ""
    litres: str = ""
    container: str = ""
    code: str = ""
    errors: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was weighed; such a line is left out."""
        return not (self.gross or self.tare or self.litres)

    def bag(self) -> Bag:
        """Return the bag as typed; what cannot be read is an error of the line."""
        code = self.code
        if len(code) > MAX_CODE:
            self.errors.append(gettext(Message(CODE_TOO_LONG, {"limit": MAX_CODE})))
            code = code[:MAX_CODE]
        return Bag(
            gross_g=self._amount(self.gross),
            tare_g=self._amount(self.tare),
            volume_ml=self._amount(self.litres),
            container_type_id=container_id(self.container),
            code=code or None,
        )

    def _amount(self, typed: str) -> int | None:
        if not typed:
            return None
        try:
            value = thousandths(parse_decimal(typed))
        except NotANumber as error:
            self.errors.append(gettext(error.message))
            return None
        return max(min(value, MAX_AMOUNT), -MAX_AMOUNT)


def container_id(typed: str | None) -> UUID | None:
    """Return the id that a select sent; anything else is no container."""
    try:
        return UUID(typed) if typed else None
    except ValueError:
        return None


def read_lines(typed: MultiDict[str, str]) -> list[BagLine]:
    """Return the lines of a sent form without the empty ones, counted from two."""
    columns: dict[str, Sequence[str]] = {name: typed.getlist(name) for name in NAMES}
    count = min(max(len(values) for values in columns.values()), MAX_BAGS)
    lines: list[BagLine] = []
    for place in range(count):
        cells: dict[str, Any] = {
            name.removeprefix("bag_"): values[place].strip()[: MAX_TYPED + 1] if place < len(values) else ""
            for name, values in columns.items()
        }
        line = BagLine(position=len(lines) + 2, **cells)
        if not line.is_empty:
            lines.append(line)
    return lines
