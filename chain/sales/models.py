"""Tables of awards, sales, their terms, contracts and deliveries, the market's log, its rules and exclusions."""

from datetime import date, datetime
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
    #: the contract beside price and lots, frozen: freight, periods, tolerance, payment days, consequences
    terms: Mapped[dict[str, Any]]
    #: the seller's books: the proceeds at the frozen rate (millionths of the book currency for one of the price currency)
    book_currency: Mapped[str] = mapped_column(CurrencyCode)
    book_minor: Mapped[int]
    rate_millionths: Mapped[int]
    rate_on: Mapped[date | None]
    rate_source: Mapped[str | None] = mapped_column(Text)
    #: rules.SaleState: agreed, settling, settled
    state: Mapped[str] = mapped_column(Word, default="agreed")
    #: cancelled, buyer_default or seller_default; None: it goes on. Lots that had left stay sold
    ended: Mapped[str | None] = mapped_column(Word)
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


class SaleTerms(Model):
    """The terms that a seller's sales have unless an event says otherwise."""

    __tablename__ = "sale_terms"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    terms: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class EventTerms(Model):
    """The terms of one event (tender, auction, offer …), told to bidders; they end in its awards."""

    __tablename__ = "event_terms"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    event_kind: Mapped[str] = mapped_column(Word)
    terms: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]


class SaleContract(Model):
    """What the contract of a sale says, for ever, with its hash. Append-only."""

    __tablename__ = "sale_contract"

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), primary_key=True)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(HashHex)
    made_at: Mapped[datetime]


class SaleEnding(HasId, Model):
    """The end of a sale before it was fulfilled: asked for by one side, agreed by the other; or a default declared."""

    __tablename__ = "sale_ending"
    __table_args__ = (
        CheckConstraint("kind IN ('cancelled', 'buyer_default', 'seller_default')", name="kind"),
        CheckConstraint("state IN ('asked', 'done', 'refused')", name="state"),
    )

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), index=True)
    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(Word)
    state: Mapped[str] = mapped_column(Word)
    reason: Mapped[str] = mapped_column(Text)
    #: the organisation that asked or declared
    asked_by_organisation: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answer: Mapped[str | None] = mapped_column(Text)
    #: what followed by the contract: lots released, what of the sale stays, deposit forfeited, compensation
    consequences: Mapped[dict[str, Any] | None]


class SaleRelease(Model):
    """A lot that a sale let go because it ended before the lot left. Append-only."""

    __tablename__ = "sale_release"

    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    ending_id: Mapped[UUID] = mapped_column(ForeignKey("sale_ending.id"))
    quantity: Mapped[int]
    amount_minor: Mapped[int]
    released_at: Mapped[datetime]


class SaleClaim(HasId, Model):
    """What the mill found of a lot after arrival: the class confirmed, or a claim that the seller accepts or rejects."""

    __tablename__ = "sale_claim"
    __table_args__ = (
        CheckConstraint("kind IN ('class', 'micron', 'amount')", name="kind"),
        CheckConstraint("state IN ('agrees', 'open', 'accepted', 'rejected')", name="state"),
        CheckConstraint("accepted_quantity IS NULL OR accepted_quantity >= 0", name="quantity"),
        Index("ix_sale_claim_sale_lot", "sale_id", "lot_id"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"))
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"))
    #: how the amount came about: difference of the classes' prices, percent per micron, or as the buyer asks
    kind: Mapped[str] = mapped_column(Word)
    state: Mapped[str] = mapped_column(Word)
    found_key: Mapped[str | None] = mapped_column(Word)
    found_micron_tenths: Mapped[int | None]
    accepted_quantity: Mapped[int | None]
    #: change of the amount that is due, signed, in the price currency
    amount_minor: Mapped[int]
    #: the figures of the calculation
    basis: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    answer: Mapped[str | None] = mapped_column(Text)


class SaleAdjustment(HasId, Model):
    """A change of what is due for a lot of a sale, by the written rule. Append-only: a correction is another line."""

    __tablename__ = "sale_adjustment"
    __table_args__ = (
        CheckConstraint("kind IN ('weight', 'class', 'micron', 'amount')", name="kind"),
        UniqueConstraint("sale_id", "lot_id", "kind", "source_id"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    sale_id: Mapped[UUID] = mapped_column(ForeignKey("sale.id"), index=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    kind: Mapped[str] = mapped_column(Word)
    #: the dispatch or the claim that it follows from
    source_id: Mapped[UUID]
    amount_minor: Mapped[int]
    basis: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    made_by: Mapped[UUID | None]
