"""What else moves in the books when the settlement of a sale charges its buyer: what credit notes lowered before.

Pay-in, above this area, knows invoices and credit notes and hands in what it posts when the program starts.
"""

from datetime import date, datetime
from typing import Protocol

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.settlement.models import SettlementRun


class Charged(Protocol):
    """Called in the transaction in which the run of a sale was brought into the books, or is taken out of them."""

    def __call__(
        self,
        session: Session,
        *,
        actor: Actor,
        now: datetime,
        day: date,
        run: SettlementRun,
        is_reversed: bool,
    ) -> None:
        """Post what follows; the books are locked, and the run stands in them."""


_known: list[Charged] = []


class PayinNotWired(RuntimeError):
    """The program forgot to say who keeps the credit notes; nothing may pass unasked."""


def use_charged(charged: Charged) -> None:
    """Set who keeps the credit notes."""
    _known[:] = [charged]


def tell_charged(
    session: Session, *, actor: Actor, now: datetime, day: date, run: SettlementRun, is_reversed: bool = False
) -> None:
    """Let credit notes follow the run of a sale.

    Raises:
        PayinNotWired: `use_charged` was not called.
    """
    if not _known:
        raise PayinNotWired
    _known[0](session, actor=actor, now=now, day=day, run=run, is_reversed=is_reversed)
