"""States of invoices, refunds and card payments, and how payments are spread over what is open. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chain.core.i18n import N_
from chain.core.money import round_half_up

MAX_AMOUNT_MINOR = 100_000_000_000
MAX_NAME = 200
MIN_REASON = 3


class Means(StrEnum):
    """How money came."""

    CASH = "cash"
    BANK = "bank"
    CARD = "card"


MEANS_LABELS = {
    Means.CASH: N_("Cash"),
    Means.BANK: N_("Bank transfer"),
    Means.CARD: N_("Card"),
}


class InvoiceState(StrEnum):
    """How far an invoice is paid."""

    OPEN = "open"
    PARTLY_PAID = "partly_paid"
    PAID = "paid"
    OVERPAID = "overpaid"
    VOID = "void"


INVOICE_STATE_LABELS = {
    InvoiceState.OPEN: N_("To be paid"),
    InvoiceState.PARTLY_PAID: N_("Partly paid"),
    InvoiceState.PAID: N_("Paid"),
    InvoiceState.OVERPAID: N_("Overpaid"),
    InvoiceState.VOID: N_("Void"),
}


class RefundState(StrEnum):
    """Where a refund stands."""

    ASKED = "asked"
    APPROVED = "approved"
    DONE = "done"
    FAILED = "failed"
    DECLINED = "declined"


REFUND_STATE_LABELS = {
    RefundState.ASKED: N_("Waits for another person"),
    RefundState.APPROVED: N_("Approved, on its way"),
    RefundState.DONE: N_("Paid back"),
    RefundState.FAILED: N_("Failed"),
    RefundState.DECLINED: N_("Declined"),
}


class LineState(StrEnum):
    """What became of a line of a statement."""

    OPEN = "open"
    MATCHED = "matched"
    SET_ASIDE = "set_aside"


LINE_STATE_LABELS = {
    LineState.OPEN: N_("To be matched"),
    LineState.MATCHED: N_("Matched"),
    LineState.SET_ASIDE: N_("Set aside"),
}


class CheckoutState(StrEnum):
    """Where a try to pay by card stands."""

    ASKED = "asked"
    OPEN = "open"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    EXPIRED = "expired"


CHECKOUT_STATE_LABELS = {
    CheckoutState.ASKED: N_("Begun"),
    CheckoutState.OPEN: N_("On the provider's page"),
    CheckoutState.PROCESSING: N_("The bank is checking it"),
    CheckoutState.PAID: N_("Paid"),
    CheckoutState.FAILED: N_("Failed"),
    CheckoutState.EXPIRED: N_("Expired"),
}
#: A try only goes forward; a late notice of an earlier step changes nothing.
CHECKOUT_RANK = {
    CheckoutState.ASKED: 0,
    CheckoutState.OPEN: 1,
    CheckoutState.PROCESSING: 2,
    CheckoutState.EXPIRED: 3,
    CheckoutState.FAILED: 3,
    CheckoutState.PAID: 4,
}


class DisputeState(StrEnum):
    """Where a dispute stands."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


DISPUTE_STATE_LABELS = {
    DisputeState.OPEN: N_("Open"),
    DisputeState.WON: N_("Won"),
    DisputeState.LOST: N_("Lost"),
}


def invoice_state(amount: int, credited: int, paid: int, *, voided: bool = False) -> InvoiceState:
    """Return the state that follows from the figures of an invoice; a credit note alone pays nothing of it."""
    if voided:
        return InvoiceState.VOID
    rest = amount - credited - paid
    if rest < 0:
        return InvoiceState.OVERPAID
    if rest == 0:
        return InvoiceState.PAID
    return InvoiceState.PARTLY_PAID if paid else InvoiceState.OPEN


@dataclass(frozen=True, slots=True)
class Debt:
    """What is open of an invoice, or of a sale without one: in its own currency and in the books."""

    currency: str
    book_currency: str
    open_minor: int
    open_book_minor: int
    #: the whole, to share the books' amount by
    amount_minor: int
    book_minor: int


@dataclass(frozen=True, slots=True)
class Part:
    """What of some money settles a debt."""

    #: in the currency of the money
    amount_minor: int
    #: in the currency of the debt
    own_minor: int
    #: what it settles in the books
    settled_minor: int


def part_for(debt: Debt, money_minor: int, currency: str) -> Part | None:
    """Return what of an amount settles a debt; None when the currencies do not fit or nothing is open.

    Money in the debt's currency settles its share of the books' amount, the last payment all that is left of it. Money
    in the currency of the books settles a debt in another currency at the contract's rate.
    """
    if debt.open_minor <= 0 or money_minor <= 0:
        return None
    if currency == debt.currency:
        taken = min(money_minor, debt.open_minor)
        if taken == debt.open_minor:
            return Part(taken, taken, debt.open_book_minor)
        share = round_half_up(Decimal(debt.book_minor) * taken / debt.amount_minor)
        return Part(taken, taken, min(share, debt.open_book_minor))
    taken = min(money_minor, debt.open_book_minor)
    if currency != debt.book_currency or taken <= 0:
        return None
    if taken == debt.open_book_minor:
        return Part(taken, debt.open_minor, taken)
    own = round_half_up(Decimal(debt.amount_minor) * taken / debt.book_minor)
    return Part(taken, min(own, debt.open_minor), taken)


def worth_of(book_minor: int, amount_minor: int, used_minor: int) -> int:
    """Return what the first part of some money is worth in the books; the whole is worth the whole."""
    return round_half_up(Decimal(book_minor) * used_minor / amount_minor)


#: Decimals of the currencies that the card provider counts otherwise than in hundredths.
ZERO_DECIMAL = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
THREE_DECIMAL = frozenset(["BHD", "JOD", "KWD", "OMR", "TND"])
HUNDREDTHS = 2


def exponent(currency: str) -> int:
    """Return the decimals of a currency's minor unit: PEN 2, CLP 0, KWD 3."""
    code = currency.upper()
    if code in ZERO_DECIMAL:
        return 0
    return 3 if code in THREE_DECIMAL else HUNDREDTHS


def provider_amount(minor: int, places: int, currency: str) -> int:
    """Return an amount of ours, with `places` decimals, in the provider's unit of a currency.

    Three-decimal currencies must end in zero there. Raises ValueError for an amount that has no such unit.
    """
    wanted = exponent(currency)
    if wanted >= places:
        return minor * int(10 ** (wanted - places))
    whole, rest = divmod(minor, int(10 ** (places - wanted)))
    if rest:
        message = f"{currency} has no such fraction"
        raise ValueError(message)
    return whole


def from_provider(amount: int, places: int, currency: str) -> int:
    """Return an amount of the provider in minor units of ours with `places` decimals."""
    known = exponent(currency)
    if places >= known:
        return amount * int(10 ** (places - known))
    return round_half_up(Decimal(amount) / 10 ** (known - places))


# --- Matching the lines of a bank statement ---------------------------------------------------------------------------

#: Points of each reason; a proposal needs at least `LEAST_SCORE`, and is sure from `SURE_SCORE` on.
SERIAL_POINTS, AMOUNT_POINTS, NAME_POINTS, SALE_POINTS, SUM_POINTS = 60, 30, 20, 15, 25
LEAST_SCORE, SURE_SCORE = 30, 90
MAX_PROPOSALS = 3
MIN_WORD = 4


class Reason(StrEnum):
    """Why a line may be the payment of an invoice."""

    SERIAL = "serial"
    AMOUNT = "amount"
    PART = "part"
    NAME = "name"
    SALE = "sale"
    SUM = "sum"


REASON_LABELS = {
    Reason.SERIAL: N_("the text names the invoice"),
    Reason.AMOUNT: N_("the amount is what is open"),
    Reason.PART: N_("the amount is a part of what is open"),
    Reason.NAME: N_("the payer's name fits"),
    Reason.SALE: N_("the text names the sale"),
    Reason.SUM: N_("the amount is the sum of several invoices"),
}


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """An invoice that a line may pay."""

    key: object
    buyer: object
    buyer_name: str
    serial: str
    sale_number: int
    open_minor: int
    currency: str
    due_on: date


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a line may be, with how sure that is (0 to 100) and why."""

    invoices: tuple[OpenInvoice, ...]
    score: int
    reasons: tuple[Reason, ...]

    @property
    def is_sure(self) -> bool:
        """Whether number or amount and name fit: what a treasurer can confirm at a glance."""
        return self.score >= SURE_SCORE


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Z0-9]+", " ", folded.upper()).strip()


def names_serial(text: str, serial: str) -> bool:
    """Tell whether a text names an invoice: F001-00000012, F001-12, F001 12 or f00100000012."""
    series, number = serial.split("-")
    wanted = rf"(?<![A-Z0-9]){series}\s*0*{int(number)}(?![0-9])"
    return re.search(wanted, _plain(text)) is not None


def _names_sale(text: str, number: int) -> bool:
    return (
        re.search(rf"\b(?:VENTA|CONTRATO|SALE)\s+(?:N|NO|NRO|NUM)?\s*0*{number}\b", _plain(text)) is not None
    )


#: Words that say nothing of who pays.
FILLERS = frozenset(
    [
        "SOCIEDAD",
        "ANONIMA",
        "CERRADA",
        "EMPRESA",
        "COMPANIA",
        "INDUSTRIAS",
        "TRANSFERENCIA",
        "PAGO",
        "FACTURA",
        "BANCO",
    ]
)


def _names_buyer(text: str, name: str) -> bool:
    words = {word for word in _plain(name).split() if len(word) >= MIN_WORD} - FILLERS
    return bool(words) and len(words & set(_plain(text).split())) * 2 >= len(words)


def propose(
    text: str, counterparty: str, amount_minor: int, invoices: Sequence[OpenInvoice]
) -> list[Proposal]:
    """Return what a line of a statement may pay, the likeliest first; `invoices` are open and in its currency."""
    both = f"{text} {counterparty}"
    found = []
    for one in invoices:
        points = [
            (Reason.SERIAL, SERIAL_POINTS, names_serial(both, one.serial)),
            (Reason.AMOUNT, AMOUNT_POINTS, amount_minor == one.open_minor),
            (Reason.NAME, NAME_POINTS, _names_buyer(both, one.buyer_name)),
            (Reason.SALE, SALE_POINTS, _names_sale(both, one.sale_number)),
        ]
        reasons = [reason for reason, _, holds in points if holds]
        score = sum(worth for _, worth, holds in points if holds)
        if score >= LEAST_SCORE and Reason.AMOUNT not in reasons and amount_minor < one.open_minor:
            reasons.append(Reason.PART)
        if score >= LEAST_SCORE:
            found.append(Proposal((one,), min(score, 100), tuple(reasons)))
    found += _sums(both, amount_minor, invoices)
    return sorted(found, key=lambda one: (-one.score, one.invoices[0].due_on, one.invoices[0].serial))[
        :MAX_PROPOSALS
    ]


def _sums(text: str, amount_minor: int, invoices: Sequence[OpenInvoice]) -> list[Proposal]:
    """Find buyers of whom the line pays the oldest two or more invoices exactly, or those that the text names."""
    found = []
    for buyer in {one.buyer: None for one in invoices}:
        theirs = sorted(
            (one for one in invoices if one.buyer == buyer), key=lambda one: (one.due_on, one.serial)
        )
        named = [one for one in theirs if names_serial(text, one.serial)]
        name_fits = _names_buyer(text, theirs[0].buyer_name)
        if len(named) > 1 and sum(one.open_minor for one in named) == amount_minor:
            found.append(Proposal(tuple(named), 100, (Reason.SERIAL, Reason.SUM)))
            continue
        total = 0
        for count, one in enumerate(theirs, 1):
            total += one.open_minor
            if total == amount_minor and count > 1:
                reasons = (Reason.SUM, Reason.NAME) if name_fits else (Reason.SUM,)
                points = SUM_POINTS + AMOUNT_POINTS + (NAME_POINTS if name_fits else 0)
                found.append(Proposal(tuple(theirs[:count]), points, reasons))
    return found
