"""Tables of payout: how producers want their money, batches, payments, counted cash, floats and confirmations."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class PaymentDetail(HasId, Model):
    """Where a producer wants the money; a change is a new row, and counts once another person has confirmed it."""

    __tablename__ = "payment_detail"
    __table_args__ = (
        CheckConstraint("rail IN ('bank', 'wallet', 'qr')", name="rail"),
        Index("ix_payment_detail_organisation_producer", "organisation_id", "producer_id", "rail"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    rail: Mapped[str] = mapped_column(Word)
    #: bank or wallet, by its name
    provider: Mapped[str] = mapped_column(Name)
    #: account number, CCI, telephone number of the wallet, or the text of the producer's QR
    account: Mapped[str] = mapped_column(Text)
    #: in whose name the account is; a relative's account needs the producer's word, which the note tells
    holder: Mapped[str] = mapped_column(Name)
    note: Mapped[str | None] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)


class PayoutLimit(HasId, Model):
    """What a rail takes at most, from a day on; applied once an accountant has confirmed it."""

    __tablename__ = "payout_limit"
    __table_args__ = (
        CheckConstraint("kind IN ('cash_payment', 'wallet_operation', 'wallet_day')", name="kind"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("organisation_id", "kind", "valid_from"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    kind: Mapped[str] = mapped_column(Word)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    valid_from: Mapped[date]
    #: where the figure comes from, in words
    source: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[UUID | None]


class PayoutBatch(HasId, Model):
    """Payments that leave together on one rail; one person prepares, another approves."""

    __tablename__ = "payout_batch"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("rail IN ('cash', 'collector', 'bank', 'wallet', 'qr')", name="rail"),
        CheckConstraint(
            "state IN ('prepared', 'approved', 'sent', 'done', 'discarded')",
            name="state",
        ),
        CheckConstraint("rail <> 'collector' OR collector_id IS NOT NULL", name="collector"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    rail: Mapped[str] = mapped_column(Word)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: the run that it pays; null: open lines of several runs
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement_run.id"), index=True)
    #: the user who carries the money
    collector_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"))
    payments: Mapped[int]
    total_minor: Mapped[int]
    #: what coins cannot pay and stays owed
    left_minor: Mapped[int] = mapped_column(default=0)
    pay_on: Mapped[date]
    state: Mapped[str] = mapped_column(Word, default="prepared")
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    sent_by: Mapped[UUID | None]
    done_at: Mapped[datetime | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[UUID | None]
    discard_reason: Mapped[str | None] = mapped_column(Name)
    content_hash: Mapped[str] = mapped_column(HashHex)


class Payout(HasId, Model):
    """One payment to one producer; a line of a run may need several, and what came back is another payment."""

    __tablename__ = "payout"
    __table_args__ = (
        UniqueConstraint("batch_id", "position"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("state IN ('planned', 'sent', 'paid', 'returned', 'cancelled')", name="state"),
        Index("ix_payout_producer_id", "producer_id"),
        Index("ix_payout_line_id", "line_id"),
        # a payment that came back is followed by at most one other
        Index(
            "uq_payout_replaces_id",
            "replaces_id",
            unique=True,
            sqlite_where=text("replaces_id IS NOT NULL AND state <> 'cancelled'"),
            postgresql_where=text("replaces_id IS NOT NULL AND state <> 'cancelled'"),
        ),
    )

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payout_batch.id"))
    position: Mapped[int]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_line.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    amount_minor: Mapped[int]
    #: where it goes, as it was when the batch was prepared: rail, provider, account, holder
    destination: Mapped[dict[str, Any]]
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("payout.id"))
    state: Mapped[str] = mapped_column(Word, default="planned")
    #: number of the operation at the bank or wallet
    reference: Mapped[str | None] = mapped_column(Name)
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[UUID | None]
    returned_at: Mapped[datetime | None]
    returned_by: Mapped[UUID | None]
    return_reason: Mapped[str | None] = mapped_column(Name)


class PayoutFile(HasId, Model):
    """A file for a bank, as it was made; making or fetching it marks nothing as paid. Append-only."""

    __tablename__ = "payout_file"

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payout_batch.id"), index=True)
    #: pain.001 or csv
    kind: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(Name)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    #: the account that pays, as it was typed; empty where the columns need none
    own_account: Mapped[str] = mapped_column(Name)
    layout_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_layout.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]


class BankLayout(HasId, Model):
    """The columns of a bank's own file, kept by the organisation; a change is a new row."""

    __tablename__ = "bank_layout"
    __table_args__ = (Index("ix_bank_layout_organisation_id", "organisation_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    name: Mapped[str] = mapped_column(Name)
    #: {"delimiter": ";", "header": true, "decimal": ".", "columns": [{"title": …, "field": …}]}
    layout: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]


class CashCount(HasId, Model):
    """Counted notes and coins of a batch: what was drawn, what came back. Append-only."""

    __tablename__ = "cash_count"
    __table_args__ = (CheckConstraint("purpose IN ('drawn', 'returned')", name="purpose"),)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payout_batch.id"), index=True)
    purpose: Mapped[str] = mapped_column(Word)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: pieces by their worth in minor units
    counts: Mapped[dict[str, Any]]
    total_minor: Mapped[int]
    counted_at: Mapped[datetime]
    counted_by: Mapped[UUID | None]


class PayoutConfirmation(HasId, Model):
    """A receiver's word that the money was received. Append-only; one per payment."""

    __tablename__ = "payout_confirmation"
    __table_args__ = (
        UniqueConstraint("payout_id"),
        CheckConstraint("kind IN ('signature', 'card', 'fingerprint', 'mark')", name="kind"),
        CheckConstraint(
            "kind NOT IN ('fingerprint', 'mark') OR witness_name IS NOT NULL",
            name="witness",
        ),
    )

    payout_id: Mapped[UUID] = mapped_column(ForeignKey("payout.id"))
    kind: Mapped[str] = mapped_column(Word)
    witness_name: Mapped[str | None] = mapped_column(Name)
    witness_document: Mapped[str | None] = mapped_column(Word)
    #: who received it when it was not the producer: a relative with the producer's word
    received_by: Mapped[str | None] = mapped_column(Name)
    note: Mapped[str | None] = mapped_column(Name)
    confirmed_at: Mapped[datetime]
    recorded_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)
