"""The mark of a day: where the chain stood when the day ended, as papers print it. Pure."""

import hashlib
from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True, slots=True)
class DayMark:
    """Where the books of an organisation stood at the end of a day."""

    organisation_id: UUID
    day: date
    #: the last entry posted on or before the day; 0: there was none
    sequence: int
    #: the hash of that entry
    chain_hash: str

    @property
    def hash(self) -> str:
        """What papers print."""
        return day_hash(self.organisation_id, self.day, self.sequence, self.chain_hash)


def day_hash(organisation_id: UUID, day: date, sequence: int, chain_hash: str) -> str:
    """Return the sha256 of "organisation:day:sequence:chain hash"; the organisation as 32 hexadecimal digits.

    An entry of the day, or of any day before, that is changed, left out or added later gives another chain hash, and
    so another mark than the one on the papers that people hold.
    """
    content = f"{organisation_id.hex}:{day.isoformat()}:{sequence}:{chain_hash}"
    return hashlib.sha256(content.encode("ascii")).hexdigest()
