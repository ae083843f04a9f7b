"""Money that buyers paid for goods which are not shared out yet: nobody else is paid with it.

Payin, above this area, knows it and hands the question in when the program starts.
"""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.money import Money
from chain.ledger.errors import MoneyHeld
from chain.ledger.models import LedgerAccount
from chain.ledger.rules import AccountCode
from chain.ledger.services.posting import lock_books

#: Returns what is held for the sales of an organisation in a currency.
Held = Callable[[Session, UUID, str], int]
#: Where the organisation's money lies, less what is on its way out already.
MONEY = (
    AccountCode.CASH,
    AccountCode.CASH_COLLECTORS,
    AccountCode.BANK,
    AccountCode.CARD_CLEARING,
    AccountCode.PAYOUTS_IN_TRANSIT,
)

_known: list[Held] = []


class HeldMoneyNotWired(RuntimeError):
    """The program forgot to say who knows which money is held; nothing is paid unasked."""


def use_held_money(held: Held) -> None:
    """Set who knows which money is held."""
    _known[:] = [held]


def money_in_books(session: Session, organisation_id: UUID, currency: str) -> int:
    """Return what an organisation has in cash, at the bank and with the card provider, by its books."""
    total = session.scalar(
        select(func.sum(LedgerAccount.balance_minor)).where(
            LedgerAccount.organisation_id == organisation_id,
            LedgerAccount.currency == currency,
            LedgerAccount.code.in_([code.value for code in MONEY]),
        )
    )
    return int(total or 0)


def check_free_money(
    session: Session, organisation_id: UUID, currency: str, amount_minor: int, *, bound_minor: int = 0
) -> None:
    """Refuse a payment that what is held for sales would have to serve. It locks the books.

    An organisation for which nothing is held is not asked what it has: its books may begin in the middle of its life.
    `bound_minor`: what other payments will still take.

    Raises:
        MoneyHeld: the rest is smaller than the payment.
        HeldMoneyNotWired: `use_held_money` was not called.
    """
    if not _known:
        raise HeldMoneyNotWired
    lock_books(session, organisation_id)
    held = _known[0](session, organisation_id, currency)
    if held <= 0:
        return
    free = money_in_books(session, organisation_id, currency) - held - bound_minor
    if amount_minor > free:
        raise MoneyHeld(held=Money(held, currency), free=Money(max(free, 0), currency))
