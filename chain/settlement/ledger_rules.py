"""The ledger's pure part: accounts, balance, and the bytes that the hash chain is made of."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from chain.core.i18n import N_
from chain.settlement.errors import EntryDoesNotBalance

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
#: The hash before the first entry of every organisation.
GENESIS = "0" * 64


class AccountKind(StrEnum):
    """The five kinds of double entry."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class AccountCode(StrEnum):
    """The accounts of an organisation's books."""

    CASH = "cash"
    RECEIVABLE_BUYERS = "receivable_buyers"
    ADVANCES_TO_PRODUCERS = "advances_to_producers"
    PAYABLE_PRODUCERS = "payable_producers"
    OPENING_EQUITY = "opening_equity"
    FEE_INCOME = "fee_income"
    OWN_SALES = "own_sales"
    PURCHASES = "purchases"


ACCOUNT_KINDS = {
    AccountCode.CASH: AccountKind.ASSET,
    AccountCode.RECEIVABLE_BUYERS: AccountKind.ASSET,
    AccountCode.ADVANCES_TO_PRODUCERS: AccountKind.ASSET,
    AccountCode.PAYABLE_PRODUCERS: AccountKind.LIABILITY,
    AccountCode.OPENING_EQUITY: AccountKind.EQUITY,
    AccountCode.FEE_INCOME: AccountKind.INCOME,
    AccountCode.OWN_SALES: AccountKind.INCOME,
    AccountCode.PURCHASES: AccountKind.EXPENSE,
}

ACCOUNT_LABELS = {
    AccountCode.CASH: N_("Cash"),
    AccountCode.RECEIVABLE_BUYERS: N_("Owed by buyers"),
    AccountCode.ADVANCES_TO_PRODUCERS: N_("Advances to producers"),
    AccountCode.PAYABLE_PRODUCERS: N_("Owed to producers"),
    AccountCode.OPENING_EQUITY: N_("Opening balance"),
    AccountCode.FEE_INCOME: N_("Fees kept"),
    AccountCode.OWN_SALES: N_("Sales of own goods"),
    AccountCode.PURCHASES: N_("Purchases from producers"),
}

KIND_LABELS = {
    AccountKind.ASSET: N_("What the organisation has"),
    AccountKind.LIABILITY: N_("What it owes"),
    AccountKind.EQUITY: N_("Own funds"),
    AccountKind.INCOME: N_("Income of the organisation"),
    AccountKind.EXPENSE: N_("Expenses"),
}


class EntryKind(StrEnum):
    """What caused an entry."""

    OPENING = "opening"
    ADVANCE = "advance"
    RUN_APPROVAL = "run_approval"
    RUN_PAYMENT = "run_payment"
    BUYER_PAYMENT = "buyer_payment"
    REVERSAL = "reversal"


ENTRY_KIND_LABELS = {
    EntryKind.OPENING: N_("Opening balance"),
    EntryKind.ADVANCE: N_("Advance"),
    EntryKind.RUN_APPROVAL: N_("Settlement approved"),
    EntryKind.RUN_PAYMENT: N_("Settlement paid"),
    EntryKind.BUYER_PAYMENT: N_("Payment from a buyer"),
    EntryKind.REVERSAL: N_("Reversal"),
}


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One posting to make: debit positive, credit negative. Without a currency it is in that of the books."""

    account: AccountCode
    amount_minor: int
    #: the producer or buyer of a sub-ledger
    party_id: UUID | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class EntryHead:
    """The fields of an entry that its hash covers; ids are 32 hexadecimal digits."""

    id: str
    organisation_id: str
    sequence: int
    posted_us: int
    occurred_on: str
    kind: str
    description: str
    idempotency_key: str
    reverses_id: str | None
    posted_by: str | None


#: A posting as the hash covers it: line, account id, party id, amount, currency.
PostingRow = tuple[int, str, str | None, int, str]

_encode = msgspec.json.Encoder().encode


def hex_id(value: UUID | None) -> str | None:
    """Return an id as 32 hexadecimal digits."""
    return None if value is None else value.hex


def microseconds(moment: datetime) -> int:
    """Return whole microseconds since 1970 UTC."""
    return (moment - EPOCH) // MICROSECOND


def day_text(day: date) -> str:
    """Return a day as YYYY-MM-DD."""
    return day.isoformat()


def entry_hash(previous: str, head: EntryHead, postings: Sequence[PostingRow]) -> str:
    """Return the sha256 that chains an entry to the one before.

    The canonical bytes are compact JSON in UTF-8 of [previous hash, id, organisation, sequence, microseconds since 1970,
    day, kind, description, idempotency key, reversed entry, person, postings]; a posting is [line, account, party,
    amount, currency], in the order of lines.
    """
    content = [
        previous,
        head.id,
        head.organisation_id,
        head.sequence,
        head.posted_us,
        head.occurred_on,
        head.kind,
        head.description,
        head.idempotency_key,
        head.reverses_id,
        head.posted_by,
        postings,
    ]
    return hashlib.sha256(_encode(content)).hexdigest()


def totals_by_currency(amounts: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Sum amounts per currency."""
    totals: dict[str, int] = {}
    for currency, amount in amounts:
        totals[currency] = totals.get(currency, 0) + amount
    return totals


def check_balance(amounts: Sequence[tuple[str, int]]) -> None:
    """Refuse postings that do not sum to zero per currency.

    Raises:
        EntryDoesNotBalance: they do not, or there are fewer than two.
    """
    totals = totals_by_currency(amounts)
    for currency, total in sorted(totals.items()):
        if total != 0:
            raise EntryDoesNotBalance(currency=currency, difference=abs(total))
    if len(amounts) < 2:  # noqa: PLR2004 - a debit and a credit
        raise EntryDoesNotBalance(currency="-", difference=0)


def reversal_of(lines: Sequence[LedgerLine]) -> list[LedgerLine]:
    """Return the lines that undo an entry."""
    return [LedgerLine(one.account, -one.amount_minor, one.party_id, one.currency) for one in lines]
