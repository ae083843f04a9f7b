"""Days inside a sentence: pages write them as their reader does, logs and commands as 2026-03-14."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

#: A sentence names so many days; of others it says how many there are.
MAX_DAYS = 10


@dataclass(frozen=True, slots=True)
class Days:
    """Days in their order, at most `MAX_DAYS` of them, and how many more there are."""

    named: Sequence[date]
    more: int = 0

    def __str__(self) -> str:
        return self.text([day.isoformat() for day in self.named])

    def text(self, names: Sequence[str]) -> str:
        """Return the names of the days as one text: `A, B, … (+3)`."""
        return ", ".join(names) + (f", … (+{self.more})" if self.more else "")


def days_of(days: Iterable[date]) -> Days:
    """Return days as a parameter of a sentence, the first ones by name."""
    listed = sorted(set(days))
    return Days(tuple(listed[:MAX_DAYS]), max(0, len(listed) - MAX_DAYS))
