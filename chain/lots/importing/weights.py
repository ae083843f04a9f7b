"""Weights in kilograms, pounds and quintals, to whole grams: exact, rounded once."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from chain.core.errors import DomainError, Kind
from chain.core.i18n import N_, Message
from chain.core.quantity import GRAMS_PER_POUND, THOUSAND, WeightUnit, grams

#: A quintal is 46 kg or 100 lb in some places and 50 or 100 kg in others; beyond lies a slip.
LEAST_GRAMS_PER_QUINTAL, MOST_GRAMS_PER_QUINTAL = Decimal(40_000), Decimal(110_000)
GRAMS_PER_UNIT: Mapping[str, Decimal] = {
    "g": Decimal(1),
    WeightUnit.KILOGRAM: Decimal(THOUSAND),
    WeightUnit.POUND: GRAMS_PER_POUND,
}

UNIT_MISSING = N_(
    "The unit of the weights is not said. Name it in the title (bruto_kg, bruto_lb), in a column “unidad” or choose it."
)
UNIT_CELL_MISSING = N_("The unit of the weight is not said: write kg, lb or qq.")
UNIT_CONTRADICTS = N_("The title says %(title)s, but this row says %(row)s.")
QUINTAL_NOT_SAID = N_(
    "The file has quintals. Say how many grams one of them has: 46 kg are 46000, 100 lb are 45359.237."
)


class QuintalOutOfBounds(DomainError):
    """A quintal's factor that no quintal has: it must lie from 40,000 to 110,000 grams."""

    code = "quintal_factor"
    kind = Kind.INVALID
    text = N_("A quintal has from %(low)s to %(high)s grams. Write 46000 for 46 kg.")
    field = "grams_per_quintal"


@dataclass(frozen=True, slots=True)
class WeightScale:
    """How weights of a file become grams: the unit chosen for the file, and the factor of a quintal if one was said.

    Raises:
        QuintalOutOfBounds: the factor is no quintal's.
    """

    unit: str | None = None
    grams_per_quintal: Decimal | None = None

    def __post_init__(self) -> None:
        factor = self.grams_per_quintal
        if factor is not None and not LEAST_GRAMS_PER_QUINTAL <= factor <= MOST_GRAMS_PER_QUINTAL:
            raise QuintalOutOfBounds(low=LEAST_GRAMS_PER_QUINTAL, high=MOST_GRAMS_PER_QUINTAL)

    def factor(self, unit: str) -> Decimal | Message:
        """Return the grams of a unit; quintals only when their factor was said."""
        if unit == WeightUnit.QUINTAL:
            return self.grams_per_quintal or Message(QUINTAL_NOT_SAID)
        return GRAMS_PER_UNIT[unit]

    def grams(self, value: Decimal, unit: str) -> int | Message:
        """Return whole grams, rounded half up once."""
        factor = self.factor(unit)
        return factor if isinstance(factor, Message) else grams(value, factor)


def choose_unit(*, title: str | None, row: str | None, whole_file: str | None) -> str | Message:
    """Return the unit of a weight: the title's, else the row's, else the one for the whole file; a contradiction is refused."""
    if title is not None and row is not None and title != row:
        return Message(UNIT_CONTRADICTS, {"title": title, "row": row})
    return title or row or whole_file or Message(UNIT_CELL_MISSING)
