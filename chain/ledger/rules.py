"""The ledger's pure part: accounts, balance, and the bytes that the hash chain is made of."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from chain.core.i18n import N_
from chain.core.money import Money
from chain.ledger.errors import EntryDoesNotBalance

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
    """The accounts that the program posts to; an organisation's chart gives each a number of its country."""

    CASH = "cash"
    CASH_COLLECTORS = "cash_collectors"
    BANK = "bank"
    CARD_CLEARING = "card_clearing"
    RECEIVABLE_BUYERS = "receivable_buyers"
    ADVANCES_TO_PRODUCERS = "advances_to_producers"
    LOANS_TO_PRODUCERS = "loans_to_producers"
    RECEIVABLE_PRODUCERS = "receivable_producers"
    DISPUTED_PAYMENTS = "disputed_payments"
    PAYABLE_PRODUCERS = "payable_producers"
    PAYOUTS_IN_TRANSIT = "payouts_in_transit"
    BUYER_PREPAYMENTS = "buyer_prepayments"
    TAX_WITHHELD = "tax_withheld"
    FUNDS_IN_CUSTODY = "funds_in_custody"
    RESERVE = "reserve"
    VILLAGE_BANK = "village_bank"
    OPENING_EQUITY = "opening_equity"
    ACCUMULATED_RESULT = "accumulated_result"
    FEE_INCOME = "fee_income"
    OWN_SALES = "own_sales"
    OTHER_INCOME = "other_income"
    EXCHANGE_GAIN = "exchange_gain"
    PURCHASES = "purchases"
    CARD_FEES = "card_fees"
    BANK_CHARGES = "bank_charges"
    EXCHANGE_LOSS = "exchange_loss"
    OTHER_EXPENSE = "other_expense"


ACCOUNT_KINDS = {
    AccountCode.CASH: AccountKind.ASSET,
    AccountCode.CASH_COLLECTORS: AccountKind.ASSET,
    AccountCode.BANK: AccountKind.ASSET,
    AccountCode.CARD_CLEARING: AccountKind.ASSET,
    AccountCode.RECEIVABLE_BUYERS: AccountKind.ASSET,
    AccountCode.ADVANCES_TO_PRODUCERS: AccountKind.ASSET,
    AccountCode.LOANS_TO_PRODUCERS: AccountKind.ASSET,
    AccountCode.RECEIVABLE_PRODUCERS: AccountKind.ASSET,
    AccountCode.DISPUTED_PAYMENTS: AccountKind.ASSET,
    AccountCode.PAYABLE_PRODUCERS: AccountKind.LIABILITY,
    AccountCode.PAYOUTS_IN_TRANSIT: AccountKind.LIABILITY,
    AccountCode.BUYER_PREPAYMENTS: AccountKind.LIABILITY,
    AccountCode.TAX_WITHHELD: AccountKind.LIABILITY,
    AccountCode.FUNDS_IN_CUSTODY: AccountKind.LIABILITY,
    AccountCode.RESERVE: AccountKind.LIABILITY,
    AccountCode.VILLAGE_BANK: AccountKind.LIABILITY,
    AccountCode.OPENING_EQUITY: AccountKind.EQUITY,
    AccountCode.ACCUMULATED_RESULT: AccountKind.EQUITY,
    AccountCode.FEE_INCOME: AccountKind.INCOME,
    AccountCode.OWN_SALES: AccountKind.INCOME,
    AccountCode.OTHER_INCOME: AccountKind.INCOME,
    AccountCode.EXCHANGE_GAIN: AccountKind.INCOME,
    AccountCode.PURCHASES: AccountKind.EXPENSE,
    AccountCode.CARD_FEES: AccountKind.EXPENSE,
    AccountCode.BANK_CHARGES: AccountKind.EXPENSE,
    AccountCode.EXCHANGE_LOSS: AccountKind.EXPENSE,
    AccountCode.OTHER_EXPENSE: AccountKind.EXPENSE,
}

ACCOUNT_LABELS = {
    AccountCode.CASH: N_("Cash"),
    AccountCode.CASH_COLLECTORS: N_("Cash in the hands of collectors"),
    AccountCode.BANK: N_("Bank"),
    AccountCode.CARD_CLEARING: N_("Card payments on their way"),
    AccountCode.RECEIVABLE_BUYERS: N_("Owed by buyers"),
    AccountCode.ADVANCES_TO_PRODUCERS: N_("Advances to producers"),
    AccountCode.LOANS_TO_PRODUCERS: N_("Loans to producers"),
    AccountCode.RECEIVABLE_PRODUCERS: N_("Owed by producers for goods and services"),
    AccountCode.DISPUTED_PAYMENTS: N_("Card payments in dispute"),
    AccountCode.PAYABLE_PRODUCERS: N_("Owed to producers"),
    AccountCode.PAYOUTS_IN_TRANSIT: N_("Payments to producers on their way"),
    AccountCode.BUYER_PREPAYMENTS: N_("Paid ahead by buyers"),
    AccountCode.TAX_WITHHELD: N_("Taxes withheld"),
    AccountCode.FUNDS_IN_CUSTODY: N_("Funds in custody"),
    AccountCode.RESERVE: N_("Reserve of the producers"),
    AccountCode.VILLAGE_BANK: N_("Owed to village banks"),
    AccountCode.OPENING_EQUITY: N_("Opening balance"),
    AccountCode.ACCUMULATED_RESULT: N_("Accumulated result"),
    AccountCode.FEE_INCOME: N_("Fees kept"),
    AccountCode.OWN_SALES: N_("Sales of own goods"),
    AccountCode.OTHER_INCOME: N_("Other income"),
    AccountCode.EXCHANGE_GAIN: N_("Gains on exchange"),
    AccountCode.PURCHASES: N_("Purchases from producers"),
    AccountCode.CARD_FEES: N_("Fees of card payments"),
    AccountCode.BANK_CHARGES: N_("Bank charges"),
    AccountCode.EXCHANGE_LOSS: N_("Losses on exchange"),
    AccountCode.OTHER_EXPENSE: N_("Other expenses"),
}

KIND_LABELS = {
    AccountKind.ASSET: N_("What the organisation has"),
    AccountKind.LIABILITY: N_("What it owes"),
    AccountKind.EQUITY: N_("Own funds"),
    AccountKind.INCOME: N_("Income of the organisation"),
    AccountKind.EXPENSE: N_("Expenses"),
}


#: Control accounts: each posting names the producer or buyer it concerns, and the sub-ledger sums to the account.
PARTY_ACCOUNTS = frozenset(
    {
        AccountCode.RECEIVABLE_BUYERS,
        AccountCode.BUYER_PREPAYMENTS,
        AccountCode.ADVANCES_TO_PRODUCERS,
        AccountCode.LOANS_TO_PRODUCERS,
        AccountCode.RECEIVABLE_PRODUCERS,
        AccountCode.PAYABLE_PRODUCERS,
    }
)
#: Codes of an organisation's own accounts: own_1, own_2, …
OWN_PREFIX = "own_"


class EntryKind(StrEnum):
    """What caused an entry."""

    OPENING = "opening"
    ADVANCE = "advance"
    LOAN = "loan"
    CHARGE = "charge"
    RUN_APPROVAL = "run_approval"
    RUN_ACCOUNT = "run_account"
    RUN_PAYMENT = "run_payment"
    PAYOUT = "payout"
    PAYOUT_RETURNED = "payout_returned"
    FLOAT = "float"
    BUYER_PAYMENT = "buyer_payment"
    CARD_PAYMENT = "card_payment"
    CARD_FEE = "card_fee"
    CARD_PAYOUT = "card_payout"
    REFUND = "refund"
    DISPUTE = "dispute"
    CREDIT_NOTE = "credit_note"
    EXCHANGE = "exchange"
    MANUAL = "manual"
    CLOSING = "closing"
    REVERSAL = "reversal"


ENTRY_KIND_LABELS = {
    EntryKind.OPENING: N_("Opening balance"),
    EntryKind.ADVANCE: N_("Advance"),
    EntryKind.LOAN: N_("Loan"),
    EntryKind.CHARGE: N_("Goods or services to a producer"),
    EntryKind.RUN_APPROVAL: N_("Settlement approved"),
    EntryKind.RUN_ACCOUNT: N_("Settlement accounted"),
    EntryKind.RUN_PAYMENT: N_("Settlement paid"),
    EntryKind.PAYOUT: N_("Payment to producers"),
    EntryKind.PAYOUT_RETURNED: N_("Payment that came back"),
    EntryKind.FLOAT: N_("Float of a collector"),
    EntryKind.BUYER_PAYMENT: N_("Payment from a buyer"),
    EntryKind.CARD_PAYMENT: N_("Payment by card"),
    EntryKind.CARD_FEE: N_("Fee of a card payment"),
    EntryKind.CARD_PAYOUT: N_("Card money arrived at the bank"),
    EntryKind.REFUND: N_("Refund to a buyer"),
    EntryKind.DISPUTE: N_("Dispute of a card payment"),
    EntryKind.CREDIT_NOTE: N_("Credit note"),
    EntryKind.EXCHANGE: N_("Difference on exchange"),
    EntryKind.MANUAL: N_("Entry by hand"),
    EntryKind.CLOSING: N_("Close of the year"),
    EntryKind.REVERSAL: N_("Reversal"),
}


#: Entries that nothing but the books knows of; the others are undone where they came from: a run, a payment, an advance.
REVERSIBLE_BY_HAND = frozenset({EntryKind.MANUAL, EntryKind.OPENING})


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One posting to make: debit positive, credit negative. Without a currency it is in that of the books."""

    #: an AccountCode, or the code of an account of the organisation's own
    account: str
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
            raise EntryDoesNotBalance(difference=Money(abs(total), currency))
    if len(amounts) < 2:  # noqa: PLR2004 - a debit and a credit
        raise EntryDoesNotBalance(difference=0)


def reversal_of(lines: Sequence[LedgerLine]) -> list[LedgerLine]:
    """Return the lines that undo an entry."""
    return [LedgerLine(one.account, -one.amount_minor, one.party_id, one.currency) for one in lines]
