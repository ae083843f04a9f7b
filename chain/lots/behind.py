"""How many producers stand behind a lot that was made of others. The area that keeps the shares says it here.

Lots know nothing of genealogy above them; the board asks whoever registered.
"""

from collections.abc import Callable, Collection, Mapping
from uuid import UUID

from sqlalchemy.orm import Session

#: Given ids of derived lots, returns the number of producers of each; one cheap statement.
Counter = Callable[[Session, Collection[UUID]], Mapping[UUID, int]]

_counters: list[Counter] = []


def register_counter(counter: Counter) -> None:
    """Let the board say how many producers a derived lot comes from."""
    _counters[:] = [counter]


def producers_behind(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of producers behind each lot; lots that nobody can tell about are missing."""
    found: dict[UUID, int] = {}
    if lot_ids:
        for counter in _counters:
            found.update(counter(session, lot_ids))
    return found
