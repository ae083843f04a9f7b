"""What a file brings into a table of the dairy, row by row. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from chain.core.i18n import N_
from chain.settlement.fortnight.tables import Table


class Fate(StrEnum):
    """What becomes of a row."""

    NEW = "new"
    #: a reading that takes the place of another one
    CHANGED = "changed"
    KNOWN = "known"
    #: nothing is to be stored: a quota that is not enabled, a debt of which nothing is owed
    LEFT_OUT = "left_out"


FATE_LABELS = {
    Fate.NEW: N_("new"),
    Fate.CHANGED: N_("replaces another one"),
    Fate.KNOWN: N_("known"),
    Fate.LEFT_OUT: N_("left out"),
}


@dataclass(frozen=True, slots=True)
class SeenRow:
    """A row of a file as it stands there, and what becomes of it."""

    line: int
    #: in the order of the sheet's columns
    cells: tuple[str, ...]
    fate: Fate


@dataclass(frozen=True, slots=True)
class Imported:
    """What a file brought."""

    table: Table
    seen: tuple[SeenRow, ...]

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return len(self.seen)

    @property
    def added(self) -> int:
        """How many of them were not known already."""
        return self.count(Fate.NEW) + self.count(Fate.CHANGED)

    def count(self, fate: Fate) -> int:
        """Count the rows of which something becomes."""
        return sum(one.fate is fate for one in self.seen)
