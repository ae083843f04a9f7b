"""What is collected while the files of a folder are read, one after another."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chain.settlement.fortnight.facts import Member, Zone
from chain.settlement.fortnight.folder_cells import Cells, Problems
from chain.settlement.fortnight.period import Period

#: The zone of rows that name none.
ONE_ZONE = "1"


@dataclass(slots=True)
class FolderReading:
    """What is collected while the files are read."""

    period: Period
    problems: Problems = field(default_factory=Problems)
    members: dict[str, Member] = field(default_factory=dict)
    zones: dict[str, Zone] = field(default_factory=dict)
    facts: dict[str, list[Any]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    outside: int = 0

    def keep(self, name: str, fact: Any) -> None:
        """Collect a fact."""
        self.facts.setdefault(name, []).append(fact)

    def member(self, code: str, name: str = "") -> UUID:
        """Return the id that a producer has for the time of the calculation."""
        found = self.members.get(code)
        if found is None or (name and not found.name):
            key = found.key if found else UUID(int=len(self.members) + 1)
            found = self.members[code] = Member(key, code, name)
        return found.key

    def zone(self, row: Cells) -> UUID:
        """Return the id of a row's zone."""
        code = row.text("zone") or ONE_ZONE
        if code not in self.zones:
            self.zones[code] = Zone(UUID(int=(1 << 64) + len(self.zones)), code, code)
        return self.zones[code].key
