"""Tables of payin: invoices, credit notes, payments and what became of them, bank statements, and money by card."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word

#: Ids that others make: the bank's references, the card provider's objects.
ForeignWord = String(255)


class BankAccount(HasId, Model):
    """An account of the organisation at a bank: buyers pay to it, its statements are read."""

    __tablename__ = "bank_account"
    __table_args__ = (UniqueConstraint("organisation_id", "number"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    bank: Mapped[str] = mapped_column(Name)
    number: Mapped[str] = mapped_column(String(40))
    #: for transfers from other banks: CCI in Peru
    interbank: Mapped[str | None] = mapped_column(String(40))
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: how its CSV statements are read (statements.Mapping); None: not known yet
    mapping: Mapped[dict[str, Any] | None]
    added_at: Mapped[datetime]
    added_by: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]


class Invoice(HasId, Model):
    """What a buyer is asked to pay for lots of one sale. `amount - credited - paid` is open; below zero: overpaid."""

    __tablename__ = "invoice"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("paid_minor >= 0", name="paid"),
        CheckConstraint("credited_minor >= 0 AND credited_minor <= amount_minor", name="credited"),
        CheckConstraint("voided_at IS NULL OR (paid_minor = 0 AND credited_minor = 0)", name="void"),
        UniqueConstraint("organisation_id", "serial"),
        Index("ix_invoice_organisation_id_issued_on", "organisation_id", "issued_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), index=True)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id"))
    serial: Mapped[str] = mapped_column(String(20))
    #: of the contract
    currency: Mapped[str] = mapped_column(CurrencyCode)
    amount_minor: Mapped[int]
    #: the same in the seller's books, at the contract's rate
    book_currency: Mapped[str] = mapped_column(CurrencyCode)
    book_minor: Mapped[int]
    rate_millionths: Mapped[int]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    #: of what was asked for, so that its id with another wish is refused
    content_hash: Mapped[str] = mapped_column(HashHex)
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_account.id"))
    paid_minor: Mapped[int] = mapped_column(default=0)
    #: what of `book_minor` payments settled
    paid_book_minor: Mapped[int] = mapped_column(default=0)
    credited_minor: Mapped[int] = mapped_column(default=0)
    credited_book_minor: Mapped[int] = mapped_column(default=0)
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[UUID | None]
    void_reason: Mapped[str | None] = mapped_column(Name)


class InvoiceLine(Model):
    """A lot on an invoice. Append-only."""

    __tablename__ = "invoice_line"

    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    amount_minor: Mapped[int]


class CreditNote(HasId, Model):
    """What is no longer asked for of an invoice, with its reason. Append-only."""

    __tablename__ = "credit_note"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("organisation_id", "serial"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), index=True)
    paper_id: Mapped[UUID] = mapped_column(ForeignKey("paper.id"))
    serial: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int]
    book_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(Name)
    issued_on: Mapped[date]
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    #: None: the sale was not in the books yet, its settlement takes the lower amount
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))


class CreditNoteLine(Model):
    """What of a credit note concerns a lot. Append-only."""

    __tablename__ = "credit_note_line"

    credit_note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_note.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    amount_minor: Mapped[int]


class BuyerPayment(HasId, Model):
    """Money that a buyer paid in; the ledger's entry moves it, `PaymentUse` says what for. Append-only."""

    __tablename__ = "buyer_payment"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("book_minor > 0", name="book"),
        CheckConstraint("means IN ('cash', 'bank', 'card')", name="means"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: the sale that it was meant for; None: whatever is open
    sale_id: Mapped[UUID | None] = mapped_column(ForeignKey("sale.id"), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: what it was worth in the books on the day
    book_minor: Mapped[int]
    paid_on: Mapped[date]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    entry_id: Mapped[UUID | None]
    #: cash, bank or card
    means: Mapped[str] = mapped_column(Word)
    reference: Mapped[str | None] = mapped_column(Name)
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_account.id"))


class PaymentUse(HasId, Model):
    """What a part of a payment settled, or that it went back; a negative row undoes. Append-only.

    A payment minus its uses is what the buyer paid ahead.
    """

    __tablename__ = "payment_use"
    __table_args__ = (
        CheckConstraint("kind IN ('invoice', 'sale', 'refund', 'dispute')", name="kind"),
        Index("ix_payment_use_payment_id", "payment_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("buyer_payment.id"))
    #: invoice, sale (one without an invoice), refund or dispute
    kind: Mapped[str] = mapped_column(Word)
    sale_id: Mapped[UUID | None] = mapped_column(ForeignKey("sale.id"), index=True)
    invoice_id: Mapped[UUID | None] = mapped_column(ForeignKey("invoice.id"), index=True)
    #: in the payment's currency
    amount_minor: Mapped[int]
    #: what that money was worth in the books when it came
    received_minor: Mapped[int]
    #: what it settled of the buyer's debt in the books
    settled_minor: Mapped[int]
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]


class BuyerRefund(HasId, Model):
    """Money that goes back to a buyer: asked by one officer, approved by another one, then sent."""

    __tablename__ = "buyer_refund"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("state IN ('asked', 'approved', 'done', 'failed', 'declined')", name="state"),
        UniqueConstraint("provider_id"),
        UniqueConstraint("organisation_id", "number"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: in its house, from 1 without a gap; one that was declined keeps its own
    number: Mapped[int]
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("buyer_payment.id"), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    reason: Mapped[str] = mapped_column(Name)
    #: the payment never was (written down or matched by mistake): no money moves back
    is_mistake: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(Word)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    #: the card provider's refund; None: by bank or cash, or not sent yet
    provider_id: Mapped[str | None] = mapped_column(ForeignWord)
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))


class BankStatement(HasId, Model):
    """A statement file of a bank account; the same file is stored once."""

    __tablename__ = "bank_statement"
    __table_args__ = (
        UniqueConstraint("organisation_id", "file_hash"),
        CheckConstraint("format IN ('csv', 'camt.053')", name="format"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_account.id"), index=True)
    file_name: Mapped[str] = mapped_column(Name)
    file_hash: Mapped[str] = mapped_column(HashHex)
    format: Mapped[str] = mapped_column(Word)
    first_on: Mapped[date | None]
    last_on: Mapped[date | None]
    opening_minor: Mapped[int | None]
    closing_minor: Mapped[int | None]
    lines: Mapped[int]
    #: references of entries that an earlier file had brought
    duplicates: Mapped[list[Any]]
    imported_at: Mapped[datetime]
    imported_by: Mapped[UUID | None]


class StatementLine(HasId, Model):
    """An entry of a statement; stored once per account and reference."""

    __tablename__ = "statement_line"
    __table_args__ = (
        UniqueConstraint("bank_account_id", "reference"),
        CheckConstraint("state IN ('open', 'matched', 'set_aside')", name="state"),
        Index("ix_statement_line_organisation_id_state", "organisation_id", "state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statement.id"), index=True)
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_account.id"))
    position: Mapped[int]
    #: the bank's, or made of the line's content
    reference: Mapped[str] = mapped_column(ForeignWord)
    booked_on: Mapped[date]
    #: what came in is above zero
    amount_minor: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    counterparty: Mapped[str] = mapped_column(Name)
    #: open, matched or set_aside
    state: Mapped[str] = mapped_column(Word)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_payment.id"))
    note: Mapped[str | None] = mapped_column(Name)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]


class CardCheckout(HasId, Model):
    """One try of a buyer to pay an invoice by card on the provider's page."""

    __tablename__ = "card_checkout"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "state IN ('asked', 'open', 'processing', 'paid', 'failed', 'expired')", name="state"
        ),
        UniqueConstraint("provider_id"),
        UniqueConstraint("intent_id"),
        UniqueConstraint("payment_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    invoice_id: Mapped[UUID] = mapped_column(ForeignKey("invoice.id"), index=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    state: Mapped[str] = mapped_column(Word)
    #: the provider's session, payment and charge, once known
    provider_id: Mapped[str | None] = mapped_column(ForeignWord)
    intent_id: Mapped[str | None] = mapped_column(ForeignWord)
    charge_id: Mapped[str | None] = mapped_column(ForeignWord)
    url: Mapped[str | None] = mapped_column(Text)
    payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("buyer_payment.id"))
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    expires_at: Mapped[datetime]


class CardEvent(Model):
    """A notice of the card provider; stored once, together with its effect. Append-only."""

    __tablename__ = "card_event"

    provider_id: Mapped[str] = mapped_column(ForeignWord, primary_key=True)
    type: Mapped[str] = mapped_column(ForeignWord)
    object_id: Mapped[str] = mapped_column(ForeignWord)
    made_at: Mapped[datetime]
    received_at: Mapped[datetime]
    #: applied, or nothing when it concerns none of our payments
    outcome: Mapped[str] = mapped_column(Word)


class CardMovement(Model):
    """A movement of the balance at the card provider (its balance transactions), with its entry here. Append-only."""

    __tablename__ = "card_movement"

    provider_id: Mapped[str] = mapped_column(ForeignWord, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: charge, refund, dispute, payout, fee, other
    kind: Mapped[str] = mapped_column(Word)
    source: Mapped[str] = mapped_column(ForeignWord)
    amount_minor: Mapped[int]
    fee_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    made_at: Mapped[datetime]
    #: None: nothing of ours; the reconciliation lists it
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    fee_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))


class CardDispute(HasId, Model):
    """A payment by card that the holder of the card contests."""

    __tablename__ = "card_dispute"
    __table_args__ = (
        UniqueConstraint("provider_id"),
        CheckConstraint("state IN ('open', 'won', 'lost')", name="state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    payment_id: Mapped[UUID] = mapped_column(ForeignKey("buyer_payment.id"), index=True)
    provider_id: Mapped[str] = mapped_column(ForeignWord)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    reason: Mapped[str] = mapped_column(Name)
    state: Mapped[str] = mapped_column(Word)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    opened_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    closed_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
