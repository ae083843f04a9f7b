"""Tables of awards, sales, the market's log, its rules and exclusions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Word


class MarketRule(Model):
    """How a seller's association answers awards; without a row the defaults of `rules.DEFAULT_RULE` hold."""

    __tablename__ = "market_rule"
    __table_args__ = (
        CheckConstraint("confirmations_needed BETWEEN 1 AND 5", name="confirmations"),
        CheckConstraint("confirm_hours BETWEEN 1 AND 720", name="hours"),
        CheckConstraint("silence IN ('accepted', 'declined')", name="silence"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    #: officers, other than the one who opened the event, who must confirm
    confirmations_needed: Mapped[int]
    confirm_hours: Mapped[int]
    #: what it means when nobody answers in time: accepted or declined
    silence: Mapped[str] = mapped_column(Word)
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class MarketEntry(HasId, Model):
    """A line of the public log of an event (tender, auction, clock, match run, offer). Append-only, chained by hashes."""

    __tablename__ = "market_entry"
    __table_args__ = (
        UniqueConstraint("event_id", "sequence"),
        Index("ix_market_entry_organisation_id", "organisation_id"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: tender, auction, clock, match or offer
    event_kind: Mapped[str] = mapped_column(Word)
    event_id: Mapped[UUID]
    sequence: Mapped[int]
    #: opened, bid, opening, seed, excluded, awarded, confirmed …
    kind: Mapped[str] = mapped_column(Word)
    at: Mapped[datetime]
    #: who acted; None: the clock
    user_id: Mapped[UUID | None]
    #: the buyer whom it is about; readers other than the market manager see an alias
    buyer_id: Mapped[UUID | None]
    data: Mapped[dict[str, Any]]
    previous_hash: Mapped[str] = mapped_column(HashHex)
    hash: Mapped[str] = mapped_column(HashHex)


class BidderExclusion(HasId, Model):
    """A buyer shut out from a seller's market, or from one event of it, with a reason; lifted, never deleted."""

    __tablename__ = "bidder_exclusion"
    __table_args__ = (Index("ix_bidder_exclusion_organisation_buyer", "organisation_id", "buyer_id"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: None: every event of the seller
    event_kind: Mapped[str | None] = mapped_column(Word)
    event_id: Mapped[UUID | None]
    reason: Mapped[str] = mapped_column(Text)
    excluded_at: Mapped[datetime]
    excluded_by: Mapped[UUID | None]
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[UUID | None]
    lift_reason: Mapped[str | None] = mapped_column(Text)


class Award(HasId, Model):
    """A proposed sale: its lots are reserved (`offered`) until the seller's officers confirm or decline it, or time runs out."""

    __tablename__ = "award"
    __table_args__ = (
        CheckConstraint("proceeds_minor >= 0", name="proceeds"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("confirmations_needed BETWEEN 1 AND 5", name="confirmations"),
        Index("ix_award_event_id", "event_id"),
        Index("ix_award_organisation_state", "organisation_id", "state"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: tender, auction, clock, match or offer
    method: Mapped[str] = mapped_column(Word)
    #: the tender, auction, proposal … that ended in it
    event_id: Mapped[UUID]
    #: the bid that won, where the method has bids
    bid_id: Mapped[UUID | None]
    commodity: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(CurrencyCode)
    proceeds_minor: Mapped[int]
    #: waiting, confirmed, declined or lapsed
    state: Mapped[str] = mapped_column(Word, default="waiting")
    #: the association's rule as it stood when the award was made
    confirmations_needed: Mapped[int]
    confirm_by: Mapped[datetime]
    silence: Mapped[str] = mapped_column(Word)
    #: who opened the event; may not confirm
    opened_by: Mapped[UUID | None]
    #: what the contract says beside price and lots: freight, periods, tolerance, payment days
    terms: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(Text)


class AwardLine(Model):
    """A lot of an award, whole, with its price for a kilogram or litre and its part of the proceeds."""

    __tablename__ = "award_line"

    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    price_minor_per_unit: Mapped[int]
    amount_minor: Mapped[int]


class AwardAnswer(Model):
    """What one officer answered. Append-only."""

    __tablename__ = "award_answer"

    award_id: Mapped[UUID] = mapped_column(ForeignKey("award.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    #: confirm or decline
    answer: Mapped[str] = mapped_column(Word)
    answered_at: Mapped[datetime]
    reason: Mapped[str | None] = mapped_column(Text)


class NumberSeries(Model):
    """The last number that an organisation gave to its tenders or sales; one statement counts up and reads."""

    __tablename__ = "number_series"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    #: tender or sale
    kind: Mapped[str] = mapped_column(Word, primary_key=True)
    last: Mapped[int]


class Sale(HasId, Model):
    """A confirmed award: what was sold to whom for how much."""

    __tablename__ = "sale"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        UniqueConstraint("award_id"),
        CheckConstraint("proceeds_minor >= 0", name="proceeds"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    number: Mapped[int]
    #: tender, auction, clock, match or offer
    method: Mapped[str] = mapped_column(Word)
    #: the tender, auction, proposal … ; tables of the ways of selling stand above this one
    event_id: Mapped[UUID | None] = mapped_column(index=True)
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    bid_id: Mapped[UUID | None]
    commodity: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    #: None: the lots have different prices (`SaleLine`)
    price_minor_per_unit: Mapped[int | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    proceeds_minor: Mapped[int]
    #: agreed or settled
    state: Mapped[str] = mapped_column(Word, default="agreed")
    agreed_at: Mapped[datetime]
    agreed_by: Mapped[UUID | None]


class SaleLine(Model):
    """A lot of a sale and its part of the proceeds; the parts sum to the sale."""

    __tablename__ = "sale_line"

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    quantity: Mapped[int]
    price_minor_per_unit: Mapped[int]
    amount_minor: Mapped[int]
