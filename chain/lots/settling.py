"""Which lots a settlement pays that is approved or in the books: they are not corrected, cancelled or taken back.

Settlement, above this area, knows it from its runs and hands the question in when the program starts: a dairy's month has
120,000 deliveries, and to mark each of them at the approval would write every index of the table anew.
"""

from collections.abc import Callable, Collection
from uuid import UUID

from sqlalchemy.orm import Session

#: Returns those among lots that a standing settlement pays.
Settling = Callable[[Session, Collection[UUID]], set[UUID]]

_known: list[Settling] = []


class SettlementNotWired(RuntimeError):
    """The program forgot to say who knows what is being settled; nothing may pass unasked."""


def use_settling(settling: Settling) -> None:
    """Set who knows which lots are being settled."""
    _known[:] = [settling]


def settling_among(session: Session, lot_ids: Collection[UUID]) -> set[UUID]:
    """Return those among lots that a settlement pays; ask after they were locked.

    Raises:
        SettlementNotWired: `use_settling` was not called.
    """
    if not lot_ids:
        return set()
    if not _known:
        raise SettlementNotWired
    return _known[0](session, lot_ids)


def is_settling(session: Session, lot_id: UUID) -> bool:
    """Tell whether a settlement pays a lot."""
    return bool(settling_among(session, [lot_id]))
