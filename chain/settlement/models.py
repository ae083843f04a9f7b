"""Tables of settlement runs: their blocks, lines, items and lots, and what reverses them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class SettlementRun(HasId, Model):
    """What each producer is owed for one sale, for the deliveries of one period, or for deliveries paid at the gate."""

    __tablename__ = "settlement_run"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("kind IN ('sale', 'period', 'gate')", name="kind"),
        CheckConstraint(
            "(kind = 'sale' AND sale_id IS NOT NULL) OR (kind <> 'sale' AND period_from IS NOT NULL "
            "AND period_to IS NOT NULL)",
            name="basis",
        ),
        CheckConstraint("net_minor = gross_minor - deductions_minor + additions_minor", name="net"),
        CheckConstraint(
            "state IN ('prepared', 'approved', 'accounted', 'paid', 'discarded')",
            name="state",
        ),
        # a sale, or a period of a commodity, is settled by one run that stands
        Index(
            "uq_settlement_run_sale_id_standing",
            "sale_id",
            unique=True,
            sqlite_where=text("state <> 'discarded'"),
            postgresql_where=text("state <> 'discarded'"),
        ),
        # a fortnight's milk is settled by one run that stands (S3)
        Index(
            "uq_settlement_run_fortnight_standing",
            "organisation_id",
            "period_from",
            unique=True,
            sqlite_where=text("method = 'milk-fortnight' AND state <> 'discarded'"),
            postgresql_where=text("method = 'milk-fortnight' AND state <> 'discarded'"),
        ),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    #: how the amounts were calculated: proceeds, prices or milk-fortnight
    method: Mapped[str] = mapped_column(Word, default="prices")
    commodity: Mapped[str] = mapped_column(Word)
    sale_id: Mapped[UUID | None] = mapped_column(ForeignKey("sale.id"))
    period_from: Mapped[date | None]
    period_to: Mapped[date | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    #: worth of the deliveries, premiums and penalties included
    goods_minor: Mapped[int]
    #: total earned: goods, weighing difference and reserve
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    #: other income of the producers
    additions_minor: Mapped[int] = mapped_column(default=0)
    net_minor: Mapped[int]
    #: of a sale: what was made of deliveries that the organisation had bought itself before; nobody is paid twice
    own_quantity: Mapped[int] = mapped_column(default=0, server_default="0")
    own_minor: Mapped[int] = mapped_column(default=0, server_default="0")
    #: basis points of the final proceeds that are due for deliveries which this run pays a floor price; null: bought outright
    rest_basis_points: Mapped[int | None]
    #: the dated rule of the rest, in the organisation's words
    rest_decided_by: Mapped[str | None] = mapped_column(Name)
    #: what the run was calculated from: prices in force, their versions and decisions
    facts: Mapped[dict[str, Any]]
    #: prepared, approved, accounted, paid or discarded (rules.py)
    state: Mapped[str] = mapped_column(Word, default="prepared")
    #: 1, and one more with each reversal; in the idempotency keys of the entries
    round: Mapped[int] = mapped_column(default=1)
    prepared_at: Mapped[datetime]
    prepared_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[UUID | None]
    #: the decision that let one person prepare and approve a small payment at the gate
    alone_by: Mapped[str | None] = mapped_column(Name)
    accounted_at: Mapped[datetime | None]
    accounted_by: Mapped[UUID | None]
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[UUID | None]
    discarded_at: Mapped[datetime | None]
    discarded_by: Mapped[UUID | None]
    #: why it was discarded, in the person's words
    discard_reason: Mapped[str | None] = mapped_column(Name)
    account_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    #: of a payment in cash to everybody in one step
    payment_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    content_hash: Mapped[str] = mapped_column(HashHex)


class RunReversal(HasId, Model):
    """A run that was accounted and taken back out of the books. Append-only."""

    __tablename__ = "run_reversal"
    __table_args__ = (UniqueConstraint("run_id", "round"),)

    run_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_run.id"))
    #: the round that was reversed
    round: Mapped[int]
    reason: Mapped[str] = mapped_column(Name)
    #: what it undid, null when nothing had been posted
    entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    reversal_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entry.id"))
    reversed_at: Mapped[datetime]
    reversed_by: Mapped[UUID | None]


class SettlementBlock(HasId, Model):
    """The sums of one payroll of a run (of a zone, a kind of day), which must equal its items. Append-only."""

    __tablename__ = "settlement_block"
    __table_args__ = (
        UniqueConstraint("run_id", "position"),
        CheckConstraint("net_minor = gross_minor - deductions_minor + additions_minor", name="net"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_run.id"))
    position: Mapped[int]
    zone_id: Mapped[UUID | None]
    #: as it was called when the run was prepared
    zone_name: Mapped[str | None] = mapped_column(Name)
    #: weekday, sunday, excess_weekday, excess_sunday; null when the run has one block
    block: Mapped[str | None] = mapped_column(Word)
    producers: Mapped[int]
    quantity: Mapped[int]
    goods_minor: Mapped[int]
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    additions_minor: Mapped[int] = mapped_column(default=0)
    net_minor: Mapped[int]
    #: sum per kind of item
    kinds: Mapped[dict[str, Any]]
    #: the figures that the block was calculated from
    explanation: Mapped[dict[str, Any]]


class SettlementLine(HasId, Model):
    """One producer in a run. Only what was paid out changes."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("run_id", "producer_id"),
        CheckConstraint("net_minor >= 0", name="net_not_negative"),
        CheckConstraint("net_minor = gross_minor - deductions_minor + additions_minor", name="net"),
        CheckConstraint("paid_minor >= 0 AND paid_minor <= net_minor", name="paid"),
        Index("ix_settlement_line_producer_id", "producer_id"),
    )

    run_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_run.id"))
    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    zone_id: Mapped[UUID | None]
    quantity: Mapped[int]
    lots: Mapped[int]
    goods_minor: Mapped[int]
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    additions_minor: Mapped[int] = mapped_column(default=0)
    net_minor: Mapped[int]
    #: kept by the transactions that pay (services/paying.py)
    paid_minor: Mapped[int] = mapped_column(default=0)


class SettlementItem(HasId, Model):
    """One named amount of a line: what was earned positive, what is taken off negative, with what explains it."""

    __tablename__ = "settlement_item"
    __table_args__ = (
        UniqueConstraint("line_id", "position"),
        CheckConstraint(
            "kind IN ('delivery', 'premium', 'penalty', 'missing', 'weighing', 'reserve', 'withholding', 'fee', 'group', "
            "'movement', 'paid_before', 'other_income')",
            name="kind",
        ),
        Index(
            "ix_settlement_item_movement_id",
            "movement_id",
            sqlite_where=text("movement_id IS NOT NULL"),
            postgresql_where=text("movement_id IS NOT NULL"),
        ),
    )

    line_id: Mapped[UUID] = mapped_column(ForeignKey("settlement_line.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(Word)
    #: what sort of deduction: freight, levy, vet, feed, advance … (chain.dues); null for what was earned
    due_kind: Mapped[str | None] = mapped_column(Word)
    block: Mapped[str | None] = mapped_column(Word)
    zone_id: Mapped[UUID | None]
    #: for deliveries the class key or commodity, for the others their name
    label: Mapped[str] = mapped_column(Name)
    quantity: Mapped[int | None]
    #: minor units for a kilogram or litre, where one price made the amount
    price_minor_per_unit: Mapped[int | None]
    basis_points: Mapped[int | None]
    amount_minor: Mapped[int]
    #: what could not be taken and is not asked for again
    dropped_minor: Mapped[int] = mapped_column(default=0)
    #: what stays open of a movement afterwards
    carried_minor: Mapped[int] = mapped_column(default=0)
    #: the account that a deduction is credited to
    account: Mapped[str | None] = mapped_column(Word)
    #: the rule of dues that a deduction follows, and who decided it
    rule_id: Mapped[UUID | None]
    decided_by: Mapped[str | None] = mapped_column(Name)
    #: the advance, loan or charge that a deduction pays back
    movement_id: Mapped[UUID | None]
    #: the line of an earlier run that paid a floor price for the same deliveries
    earlier_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("settlement_line.id"))
    #: the inputs of the formula (explanations.py puts them into words)
    explanation: Mapped[dict[str, Any] | None]


class GateRule(HasId, Model):
    """The decision that lets one clerk pay deliveries at the gate up to a limit. Only its last day may change."""

    __tablename__ = "gate_rule"
    __table_args__ = (
        CheckConstraint("limit_minor > 0", name="limit"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
        Index("ix_gate_rule_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: the most that one person pays in one run
    limit_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    decided_by: Mapped[str] = mapped_column(Name)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class RunLot(Model):
    """What a run pays for a lot, or for one delivery's part of a lot that was made of several.

    A dairy's month has 120,000 of them, so it has no foreign keys. Runs, lines and lots cannot be deleted, their ids
    cannot change, and the services that write rows read the ids from those tables in the same transaction.

    A primary lot is its own source. A source is paid by one standing period run, or by the runs of the sales that its parts went into.
    """

    __tablename__ = "run_lot"

    __table_args__ = (
        # a delivery is its own source: only lots that were made of several need to be found by their own id
        Index(
            "ix_run_lot_lot_id_made",
            "lot_id",
            sqlite_where=text("lot_id <> source_id"),
            postgresql_where=text("lot_id <> source_id"),
        ),
        Index("ix_run_lot_source_id", "source_id"),
    )

    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: the primary lot whose part is paid
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    line_id: Mapped[UUID]
    amount_minor: Mapped[int]
