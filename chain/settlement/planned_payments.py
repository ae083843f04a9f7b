"""Whether payments of a run wait to be handed over or sent: nobody pays it in another way meanwhile, and nobody takes it back.

Payout, above this area, knows its batches and hands the question in when the program starts.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy.orm import Session

#: Returns the number of a batch in which payments of a run wait, or None.
Planned = Callable[[Session, UUID], int | None]

_known: list[Planned] = []


class PayoutNotWired(RuntimeError):
    """The program forgot to say who knows which payments wait; nothing may pass unasked."""


def use_planned_payments(planned: Planned) -> None:
    """Set who knows which payments wait."""
    _known[:] = [planned]


def waiting_batch(session: Session, run_id: UUID) -> int | None:
    """Return the number of a batch in which payments of a run wait; the books are locked.

    Raises:
        PayoutNotWired: `use_planned_payments` was not called.
    """
    if not _known:
        raise PayoutNotWired
    return _known[0](session, run_id)
