"""Gains and losses on exchange. Pure.

A contract in a foreign currency freezes its rate, so what the buyer owes stands in the currency of the books and never
moves. The money comes at the rate of its day; the difference is a gain or a loss of that day. docs/ledger.md has the
worked table.
"""

from decimal import Decimal
from uuid import UUID

from chain.core.money import round_half_up
from chain.ledger.rules import AccountCode, LedgerLine

#: Rates are kept in millionths of the books' currency for one of the foreign currency.
MILLIONTHS = 1_000_000


def book_value(foreign_minor: int, rate_millionths: int) -> int:
    """Return an amount in the currency of the books, rounded half up once: 100,000 cents at 3.715 → 371,500."""
    return round_half_up(Decimal(foreign_minor) * rate_millionths / MILLIONTHS)


def exchange_difference_lines(
    *,
    settled_minor: int,
    received_minor: int,
    money_account: str,
    party_id: UUID,
    currency: str | None = None,
    receivable: str = AccountCode.RECEIVABLE_BUYERS,
) -> list[LedgerLine]:
    """Return the lines of a payment: what it settles at the contract's rate, what it brought at the day's, the difference.

    `settled_minor` and `received_minor` are in the currency of the books (`currency`; None: that of the organisation):
    the part of the receivable that the payment settles, and what the money is worth on the day it came.
    Both are above zero, or both below for a payment that goes back.
    """
    if settled_minor * received_minor <= 0:
        message = "a payment settles and brings amounts of the same sign"
        raise ValueError(message)
    lines = [
        LedgerLine(money_account, received_minor, None, currency),
        LedgerLine(receivable, -settled_minor, party_id, currency),
    ]
    difference = received_minor - settled_minor
    if difference > 0:
        lines.append(LedgerLine(AccountCode.EXCHANGE_GAIN, -difference, None, currency))
    elif difference < 0:
        lines.append(LedgerLine(AccountCode.EXCHANGE_LOSS, -difference, None, currency))
    return lines
