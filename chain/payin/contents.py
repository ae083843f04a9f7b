"""What invoices and credit notes say, as it is frozen at issue. Pure.

Amounts are integers in minor units of `currency`; quantities in grams or millilitres (`unit`); days in ISO form.
`issue_papers` adds kind, series, number, serial, issued_on and issued_at.
"""

from collections.abc import Mapping
from typing import Any, Final, NotRequired, TypedDict

VERSION: Final = 1


class InvoiceHouse(TypedDict):
    """The seller."""

    name: str
    country: str
    code: str
    tax_id: str | None
    address: str | None


class InvoiceParty(TypedDict):
    """The buyer."""

    name: str
    tax_id: str | None
    address: str | None
    country: str


class InvoiceSale(TypedDict):
    """The contract that it follows from."""

    number: int
    agreed_on: str
    payment_days: int
    #: only of a sale that is paid before the goods leave
    secured: NotRequired[bool]


class InvoiceContentLine(TypedDict):
    """One lot, as agreed."""

    lot: str
    label: str
    quantity: int
    #: None when the lot's amount follows from no single price
    price_minor_per_unit: int | None
    amount_minor: int


class InvoiceAdjustment(TypedDict):
    """A change of what is due for a lot by the contract's rules: weight, class, fineness, agreed by claim."""

    lot: str
    label: str
    amount_minor: int


class InvoiceBank(TypedDict):
    """Where to pay."""

    bank: str
    number: str
    interbank: str | None
    currency: str


class InvoiceRate(TypedDict):
    """The exchange rate that was frozen on the contract."""

    currency: str
    book_currency: str
    rate_millionths: int
    on: str | None
    source: str | None


class InvoiceContent(TypedDict):
    """The content of an invoice."""

    version: int
    organisation: InvoiceHouse
    party: InvoiceParty
    sale: InvoiceSale
    unit: str
    currency: str
    lines: list[InvoiceContentLine]
    adjustments: list[InvoiceAdjustment]
    quantity: int
    #: lines plus adjustments
    amount_minor: int
    amount_in_words: str
    book_currency: str
    book_minor: int
    rate: InvoiceRate | None
    due_on: str
    bank: InvoiceBank | None
    #: numbers of the voided invoices that it takes the place of; papers from before this was kept lack it
    replaces: NotRequired[list[str]]
    notes: list[str]


class CreditNoteContentLine(TypedDict):
    """What of a credit note concerns a lot, or all of the invoice."""

    label: str
    amount_minor: int


class CreditNoteContent(TypedDict):
    """The content of a credit note: positive amounts that lower the invoice."""

    version: int
    organisation: InvoiceHouse
    party: InvoiceParty
    sale: InvoiceSale
    #: the invoice that it lowers
    invoice: dict[str, Any]
    currency: str
    lines: list[CreditNoteContentLine]
    amount_minor: int
    amount_in_words: str
    reason: str
    #: invoice, all credit notes so far with this one, and what remains
    invoice_minor: int
    credited_minor: int
    due_minor: int
    notes: list[str]


def check_invoice(content: Mapping[str, Any]) -> None:
    """See that the parts of an invoice sum to the whole; one that does not is a mistake of the program.

    Raises:
        ValueError: names the difference.
    """
    parts = sum(one["amount_minor"] for one in (*content["lines"], *content["adjustments"]))
    if parts != content["amount_minor"]:
        message = f"the lines of an invoice sum to {parts}, not to {content['amount_minor']}"
        raise ValueError(message)


def check_credit_note(content: Mapping[str, Any]) -> None:
    """See that the parts of a credit note sum to the whole, and that invoice - credits = due.

    Raises:
        ValueError: names the difference.
    """
    parts = sum(one["amount_minor"] for one in content["lines"])
    if parts != content["amount_minor"]:
        message = f"the lines of a credit note sum to {parts}, not to {content['amount_minor']}"
        raise ValueError(message)
    if content["invoice_minor"] - content["credited_minor"] != content["due_minor"]:
        message = "invoice minus credit notes is not what remains due"
        raise ValueError(message)
