"""What is already sold, or reserved, into standing demands.

Awards and sales stand above this area; they register a query (`register_coverage`) in a module that the program imports at
its start. What several of them tell is added up: each tells its own only.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Covered:
    """Goods that count for a demand on the day on which they were promised or sold."""

    demand_id: UUID
    day: date
    #: grams or millilitres
    quantity: int


#: Answers for many demands in one statement.
Source = Callable[[Session, Collection[UUID]], Iterable[Covered]]

_sources: dict[str, Source] = {}


def register_coverage(name: str, source: Source) -> None:
    """Say who else knows what covers a demand; the same name again takes the place of the one before."""
    _sources[name] = source


def coverage_of(session: Session, demand_ids: Collection[UUID]) -> Mapping[UUID, list[tuple[date, int]]]:
    """Return (day, quantity) of everything that covers demands."""
    found: dict[UUID, list[tuple[date, int]]] = {demand_id: [] for demand_id in demand_ids}
    if found:
        for source in _sources.values():
            for one in source(session, list(found)):
                found[one.demand_id].append((one.day, one.quantity))
    return found
