"""Whether payments of a run wait to be handed over or sent: nobody pays it in another way meanwhile, and nobody takes it back.

Also from which amount on nobody is paid in cash. Payout, above this area, knows batches and limits and hands the questions in when the
program starts.
"""

from collections.abc import Callable
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

#: Returns the number of a batch in which payments of a run wait, or None.
Planned = Callable[[Session, UUID], int | None]

#: Returns the amount from which on an organisation's payments go through a bank on a day, or None.
CashLimit = Callable[[Session, UUID, date], int | None]

_known: list[tuple[Planned, CashLimit]] = []


class PayoutNotWired(RuntimeError):
    """The program forgot to say who knows which payments wait; nothing may pass unasked."""


def use_planned_payments(planned: Planned, cash_limit: CashLimit) -> None:
    """Set who knows which payments wait, and what cash may pay."""
    _known[:] = [(planned, cash_limit)]


def waiting_batch(session: Session, run_id: UUID) -> int | None:
    """Return the number of a batch in which payments of a run wait; the books are locked.

    Raises:
        PayoutNotWired: `use_planned_payments` was not called.
    """
    if not _known:
        raise PayoutNotWired
    return _known[0][0](session, run_id)


def cash_limit_on(session: Session, organisation_id: UUID, day: date) -> int | None:
    """Return the amount from which on a payment goes through a bank, by a rule that somebody confirmed; None: there is none.

    Raises:
        PayoutNotWired: `use_planned_payments` was not called.
    """
    if not _known:
        raise PayoutNotWired
    return _known[0][1](session, organisation_id, day)
