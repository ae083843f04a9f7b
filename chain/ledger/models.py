"""Tables of the ledger: double entry per organisation, integer minor units, append-only, hash-chained."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class LedgerAccount(HasId, Model):
    """An account of an organisation's books."""

    __tablename__ = "ledger_account"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code", "currency"),
        CheckConstraint("kind IN ('asset', 'liability', 'equity', 'income', 'expense')", name="kind"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: rules.AccountCode: cash, receivable_buyers, payable_producers, …
    code: Mapped[str] = mapped_column(Word)
    kind: Mapped[str] = mapped_column(Word)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: read model, kept by the transaction that posts; `chain ledger verify` compares it with the postings
    balance_minor: Mapped[int] = mapped_column(default=0)


class LedgerHead(Model):
    """The end of an organisation's hash chain; its row is the lock of whoever posts."""

    __tablename__ = "ledger_head"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    sequence: Mapped[int] = mapped_column(default=0)
    hash: Mapped[str] = mapped_column(HashHex)
    #: the calendar day of the organisation on which the last entry was posted
    last_day: Mapped[date | None]


class JournalEntry(HasId, Model):
    """A balanced set of postings. Append-only by trigger; a correction is a reversing entry."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        UniqueConstraint("organisation_id", "sequence"),
        UniqueConstraint("organisation_id", "idempotency_key"),
        UniqueConstraint("reverses_id"),
        Index("ix_journal_entry_organisation_id_occurred_on", "organisation_id", "occurred_on"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: 1, 2, 3 … without a gap
    sequence: Mapped[int]
    posted_at: Mapped[datetime]
    occurred_on: Mapped[date]
    #: what caused it: sale, run_approval, run_payment, advance, reversal, opening
    kind: Mapped[str] = mapped_column(Word)
    description: Mapped[str] = mapped_column(Name)
    idempotency_key: Mapped[str] = mapped_column(String(255))
    reverses_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    posted_by: Mapped[UUID | None]
    previous_hash: Mapped[str] = mapped_column(HashHex)
    hash: Mapped[str] = mapped_column(HashHex)


class Posting(Model):
    """One side of an entry: debit positive, credit negative; the sum per currency is zero. Append-only by trigger."""

    __tablename__ = "posting"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index("ix_posting_account_id", "account_id"),
        Index("ix_posting_party_id", "party_id"),
    )

    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entry.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[UUID] = mapped_column(ForeignKey("ledger_account.id"))
    #: the producer or buyer of a sub-ledger
    party_id: Mapped[UUID | None]
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)


class LedgerDay(Model):
    """Where the chain of an organisation stood at the end of a day on which something was posted. Append-only by trigger."""

    __tablename__ = "ledger_day"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    #: the last entry of the day
    sequence: Mapped[int]
    chain_hash: Mapped[str] = mapped_column(HashHex)
    #: what papers of the day print: sha256 over organisation, day, sequence and chain hash
    hash: Mapped[str] = mapped_column(HashHex)


class LedgerPeriod(HasId, Model):
    """A month that was closed, and perhaps opened again; closing it once more is another row."""

    __tablename__ = "ledger_period"
    __table_args__ = (
        Index(
            "uq_ledger_period_closed",
            "organisation_id",
            "first_day",
            unique=True,
            sqlite_where=text("reopened_at IS NULL"),
            postgresql_where=text("reopened_at IS NULL"),
        ),
        CheckConstraint(
            "(reopened_at IS NULL) = (reopen_reason IS NULL)",
            name="reopened",
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: of the month
    first_day: Mapped[date]
    #: the last entry of the books when it was closed
    last_sequence: Mapped[int]
    closed_at: Mapped[datetime]
    closed_by: Mapped[UUID | None]
    reopened_at: Mapped[datetime | None]
    reopened_by: Mapped[UUID | None]
    reopen_reason: Mapped[str | None] = mapped_column(Text)


class ChartAccount(HasId, Model):
    """The number and name that an organisation gave an account, or an account of its own."""

    __tablename__ = "chart_account"
    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("kind IN ('asset', 'liability', 'equity', 'income', 'expense')", name="kind"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: rules.AccountCode, or own_1, own_2, …
    code: Mapped[str] = mapped_column(Word)
    number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(Name)
    kind: Mapped[str] = mapped_column(Word)
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]
