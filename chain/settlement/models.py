"""Tables of prices, deductions, advances, runs and receipts. The ledger's are in ledger_models.py."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class PeriodPrice(HasId, Model):
    """What an organisation pays per litre or kilogram for deliveries between two dates."""

    __tablename__ = "period_price"
    __table_args__ = (
        CheckConstraint("price_minor_per_unit > 0", name="price"),
        CheckConstraint("valid_to >= valid_from", name="dates"),
        Index("ix_period_price_organisation_id_commodity", "organisation_id", "commodity", "valid_from"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    commodity: Mapped[str] = mapped_column(Word)
    price_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    valid_from: Mapped[date]
    #: last day, included
    valid_to: Mapped[date]
    #: what decided it, in the organisation's words: minutes of an assembly, agreement with a plant
    decided_by: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class DeductionRule(HasId, Model):
    """A fee that is taken from every payment between two dates, and the decision that set it."""

    __tablename__ = "deduction_rule"
    __table_args__ = (
        CheckConstraint("basis_points > 0 AND basis_points <= 10000", name="basis_points"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
        Index("ix_deduction_rule_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: printed on the receipt
    name: Mapped[str] = mapped_column(Name)
    #: hundredths of a percent of the gross amount
    basis_points: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    decided_by: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class Advance(HasId, Model):
    """Money given before a payment and taken back from it."""

    __tablename__ = "advance"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("recovered_minor >= 0 AND recovered_minor <= amount_minor", name="recovered"),
        Index("ix_advance_organisation_id_producer_id", "organisation_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    amount_minor: Mapped[int]
    #: kept by the transactions that post; equals the sum of its recoveries in approved runs
    recovered_minor: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    given_on: Mapped[date]
    note: Mapped[str] = mapped_column(Name)
    #: the entry in the books
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class SettlementRun(HasId, Model):
    """What each producer is owed for one sale, or for the deliveries of one period."""

    __tablename__ = "settlement_run"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("kind IN ('sale', 'period')", name="kind"),
        CheckConstraint(
            "(kind = 'sale' AND sale_id IS NOT NULL) OR (kind = 'period' AND period_from IS NOT NULL "
            "AND period_to IS NOT NULL)",
            name="basis",
        ),
        CheckConstraint("net_minor = gross_minor - deductions_minor", name="net"),
        # a sale, or a period of a commodity, is settled by one run that stands
        Index(
            "uq_settlement_run_sale_id_standing",
            "sale_id",
            unique=True,
            sqlite_where=text("state <> 'discarded'"),
            postgresql_where=text("state <> 'discarded'"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    commodity: Mapped[str] = mapped_column(Word)
    sale_id: Mapped[UUID | None] = mapped_column(ForeignKey("sale.id"))
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    net_minor: Mapped[int]
    #: of a sale: what was made of deliveries that the organisation had bought itself before; nobody is paid twice
    own_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    own_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    #: prepared, approved, paid or discarded (rules.py)
    state: Mapped[str] = mapped_column(Word, default="prepared")
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[UUID | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[UUID | None]
    #: why it was discarded, in the person's words
    discard_reason: Mapped[str | None] = mapped_column(Name)
    approval_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    payment_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)


class SettlementLine(HasId, Model):
    """One producer in a run."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("run_id", "producer_id"),
        CheckConstraint("net_minor >= 0", name="net_not_negative"),
        CheckConstraint("net_minor = gross_minor - deductions_minor", name="net"),
        Index("ix_settlement_line_producer_id", "producer_id"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_run.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    quantity: Mapped[int]
    lots: Mapped[int]
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    net_minor: Mapped[int]


class SettlementItem(HasId, Model):
    """One named amount of a line: deliveries (positive), fee or advance (negative)."""

    __tablename__ = "settlement_item"
    __table_args__ = (
        UniqueConstraint("line_id", "position"),
        CheckConstraint("kind IN ('delivery', 'fee', 'advance')", name="kind"),
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_line.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    #: for deliveries the class key or commodity, for deductions their name
    label: Mapped[str] = mapped_column(Name)
    quantity: Mapped[int | None]
    #: minor units for a kilogram or litre, where one price made the amount
    price_minor_per_unit: Mapped[int | None]
    basis_points: Mapped[int | None]
    amount_minor: Mapped[int]
    deduction_rule_id: Mapped[UUID | None] = mapped_column(ForeignKey("deduction_rule.id"))
    advance_id: Mapped[UUID | None] = mapped_column(ForeignKey("advance.id"))


class RunLot(Model):
    """What a run pays for a lot, or for one delivery's part of a lot that was made of several.

    A primary lot is its own source. A source is paid by one standing period run, or by the runs of the sales that its parts went into.
    """

    __tablename__ = "run_lot"

    run_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_run.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    #: the primary lot whose part is paid
    source_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    line_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_line.id"), index=True)
    amount_minor: Mapped[int]


class ReceiptCounter(Model):
    """The last number given in a series; one short UPDATE takes the next, inside the transaction: no gaps."""

    __tablename__ = "receipt_counter"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(10), primary_key=True)
    last_number: Mapped[int] = mapped_column(default=0)


class Receipt(HasId, Model):
    """What the treasurer prints and the producer signs. Its content is frozen at issue."""

    __tablename__ = "receipt"
    __table_args__ = (
        UniqueConstraint("organisation_id", "series", "number"),
        UniqueConstraint("line_id"),
        UniqueConstraint("check_code"),
        Index("ix_receipt_producer_id", "producer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    series: Mapped[str] = mapped_column(String(10))
    number: Mapped[int]
    line_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_line.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    net_minor: Mapped[int]
    #: everything that is printed, frozen
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(HashHex)
    #: upper-case code of the public check page, printed as a QR
    check_code: Mapped[str] = mapped_column(String(32))
    #: prints after the first are marked COPIA
    printed: Mapped[int] = mapped_column(default=0)


class ReceiptPrint(HasId, Model):
    """When and by whom a receipt was printed."""

    __tablename__ = "receipt_print"
    __table_args__ = (UniqueConstraint("receipt_id", "copy"),)

    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipt.id"))
    #: 0 is the original
    copy: Mapped[int]
    printed_at: Mapped[datetime]
    printed_by: Mapped[UUID | None]


class BuyerPayment(HasId, Model):
    """Money that a buyer paid in for one sale; the ledger's entry moves it. Append-only."""

    __tablename__ = "buyer_payment"
    __table_args__ = (CheckConstraint("amount_minor > 0", name="amount"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    paid_on: Mapped[date]
    recorded_at: Mapped[datetime]
    entry_id: Mapped[UUID | None]
