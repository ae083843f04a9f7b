"""Whether lots of a sale may leave: who knows what the buyer has paid is above this area and hands the question in at the start."""

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy.orm import Session

#: Refuses, with an error of its own, lots of a sale (session, sale, lots) that may not leave yet.
Departure = Callable[[Session, UUID, Collection[UUID]], None]

_known: list[Departure] = []


class DepartureNotWired(RuntimeError):
    """The program forgot to say who knows whether sold lots may leave; none may leave unasked."""


def use_departure(departure: Departure) -> None:
    """Set who knows whether lots of a sale may leave."""
    _known[:] = [departure]


def check_departure(session: Session, sale_id: UUID, lot_ids: Collection[UUID]) -> None:
    """Refuse lots of a sale that may not leave yet; the books are locked, so that no money goes meanwhile.

    Raises:
        DepartureNotWired: `use_departure` was not called.
        DomainError: why the lots stay.
    """
    if not _known:
        raise DepartureNotWired
    _known[0](session, sale_id, lot_ids)
