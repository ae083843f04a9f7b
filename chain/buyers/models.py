"""Tables of standing demands, the vetting of buyers, their limits and deposits."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HasId, Model, Name, Word


class Demand(HasId, Model):
    """What a buyer stands ready to buy; empty lists mean any."""

    __tablename__ = "demand"
    __table_args__ = (
        CheckConstraint("min_quantity >= 0", name="min_quantity"),
        CheckConstraint("max_quantity IS NULL OR max_quantity >= min_quantity", name="quantities"),
        CheckConstraint("price_minor_per_unit IS NULL OR price_minor_per_unit > 0", name="price"),
        Index("ix_demand_state_commodity", "state", "commodity"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    title: Mapped[str] = mapped_column(Name)
    commodity: Mapped[str] = mapped_column(Word)
    #: class keys as "scheme/edition/key"
    grades: Mapped[list[Any]]
    colours: Mapped[list[Any]]
    #: tenths of a micrometre, inclusive
    micron_min_tenths: Mapped[int | None]
    micron_max_tenths: Mapped[int | None]
    #: conventional (any), transition (transition or better) or organic
    claim: Mapped[str] = mapped_column(Word, default="conventional")
    #: grams or millilitres
    min_quantity: Mapped[int] = mapped_column(default=0)
    max_quantity: Mapped[int | None]
    #: minor units for a kilogram or litre
    price_minor_per_unit: Mapped[int | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    valid_from: Mapped[date]
    valid_to: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    #: month, fortnight or validity: what `min_quantity` and `max_quantity` are for
    period: Mapped[str] = mapped_column(Word, default="validity")
    #: seller: delivers; buyer: collects
    freight: Mapped[str] = mapped_column(Word, default="seller")
    #: ids of the organisations whose goods are wanted
    centres: Mapped[list[Any]] = mapped_column(default=list)
    #: ids of the organisations that may see it, with those that belong to them; empty: every seller
    private_to: Mapped[list[Any]] = mapped_column(default=list)
    #: rows of `pricing.PriceRow`
    price_grid: Mapped[list[Any]] = mapped_column(default=list)
    #: rows of `pricing.Premium`
    premiums: Mapped[list[Any]] = mapped_column(default=list)
    #: counted up at each change of the terms
    version: Mapped[int] = mapped_column(default=1)
    #: open or withdrawn
    state: Mapped[str] = mapped_column(Word, default="open")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class DemandVersion(Model):
    """The terms of a demand as they stood until they were changed. Append-only; the terms of today stand in `demand`."""

    __tablename__ = "demand_version"

    demand_id: Mapped[UUID] = mapped_column(ForeignKey("demand.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    #: what `Terms.as_mapping` gives, days as text
    terms: Mapped[dict[str, Any]]
    replaced_at: Mapped[datetime]
    replaced_by: Mapped[UUID | None]


class BuyerVetting(HasId, Model):
    """A decision of the platform about a buying organisation; the last one holds. Append-only. None: pending."""

    __tablename__ = "buyer_vetting"
    __table_args__ = (
        CheckConstraint("status IN ('pending', 'vetted', 'suspended')", name="status"),
        CheckConstraint("tier IN ('deposit', 'full')", name="tier"),
        Index("ix_buyer_vetting_buyer_decided", "buyer_id", "decided_at"),
    )

    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: pending, vetted or suspended
    status: Mapped[str] = mapped_column(Word)
    #: deposit: trades up to what it paid in and was granted; full: trades freely where the seller asks for no limit
    tier: Mapped[str] = mapped_column(Word)
    #: papers that were seen, one text each
    documents: Mapped[list[Any]]
    note: Mapped[str | None] = mapped_column(Text)
    #: last day, included; None: until somebody decides again
    valid_until: Mapped[date | None]
    decided_at: Mapped[datetime]
    #: None: it traded here before buyers were vetted
    decided_by: Mapped[UUID | None]


class SellerLimitRule(Model):
    """Whether a seller asks every buyer for a limit; without a row it asks nobody but those of the tier `deposit`."""

    __tablename__ = "seller_limit_rule"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    limit_required: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class TradingLimit(Model):
    """What a buyer may commit with a seller in a currency: the row that is locked, with the sums of the tables below."""

    __tablename__ = "trading_limit"
    __table_args__ = (
        CheckConstraint("credit_minor >= 0", name="credit"),
        CheckConstraint("deposit_minor >= 0", name="deposit"),
        CheckConstraint("held_minor >= 0", name="held"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    currency: Mapped[str] = mapped_column(CurrencyCode, primary_key=True)
    #: the last credit granted
    credit_minor: Mapped[int] = mapped_column(default=0)
    #: last day of the credit, included
    credit_until: Mapped[date | None]
    #: received minus returned and kept
    deposit_minor: Mapped[int] = mapped_column(default=0)
    #: the sum of the holds that were not released
    held_minor: Mapped[int] = mapped_column(default=0)


class BuyerCredit(HasId, Model):
    """A credit that a seller granted to a buyer; it takes the place of the one before. Append-only."""

    __tablename__ = "buyer_credit"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("ix_buyer_credit_organisation_buyer", "organisation_id", "buyer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: 0: the credit ends
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: last day, included
    until: Mapped[date]
    reason: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[datetime]
    granted_by: Mapped[UUID | None]


class BuyerDeposit(HasId, Model):
    """A movement of a buyer's deposit with a seller. Append-only: a mistake is put right by another movement."""

    __tablename__ = "buyer_deposit"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("kind IN ('received', 'returned', 'kept')", name="kind"),
        Index("ix_buyer_deposit_organisation_buyer", "organisation_id", "buyer_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: received, returned, or kept after a default
    kind: Mapped[str] = mapped_column(Word)
    amount_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: qr, transfer or cash
    means: Mapped[str] = mapped_column(Word)
    #: number of the transfer or of the receipt
    reference: Mapped[str | None] = mapped_column(Name)
    happened_on: Mapped[date]
    note: Mapped[str | None] = mapped_column(Text)
    recorded_at: Mapped[datetime]
    #: None: the program returned it
    recorded_by: Mapped[UUID | None]


class LimitHold(Model):
    """What a buyer has committed with a seller for one thing: an award, a standing bid of an auction."""

    __tablename__ = "limit_hold"
    __table_args__ = (
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("ix_limit_hold_organisation_buyer", "organisation_id", "buyer_id"),
    )

    #: the award or bid
    ref_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: award, bid …: what `ref_id` names
    kind: Mapped[str] = mapped_column(Word)
    amount_minor: Mapped[int]
    held_at: Mapped[datetime]
    released_at: Mapped[datetime | None]


class DepositReturn(HasId, Model):
    """A buyer's wish to have its deposit back: waits until nothing is committed, then is to be paid, then is paid."""

    __tablename__ = "deposit_return"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'to_pay', 'paid', 'withdrawn')", name="state"),
        Index("ix_deposit_return_organisation_state", "organisation_id", "state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: where the money shall go: number of the account or of the QR wallet
    pay_to: Mapped[str] = mapped_column(Name)
    state: Mapped[str] = mapped_column(Word, default="waiting")
    #: known once nothing is committed
    amount_minor: Mapped[int | None]
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    due_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    paid_by: Mapped[UUID | None]
    #: number of the transfer
    reference: Mapped[str | None] = mapped_column(Name)
