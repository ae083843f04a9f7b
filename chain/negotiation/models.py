"""Tables of offers between one seller and one buyer, of lots that are open to offers, and of samples."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class OpenLot(Model):
    """A lot that its owner shows to buyers outside of an event, so that they may make an offer for it."""

    __tablename__ = "open_lot"
    __table_args__ = (
        CheckConstraint("asking_minor_per_unit IS NULL OR asking_minor_per_unit > 0", name="asking"),
        Index("ix_open_lot_organisation_id", "organisation_id"),
    )

    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: minor units per kilogram or litre that the seller asks; null: none is named
    asking_minor_per_unit: Mapped[int | None]
    shown_at: Mapped[datetime]
    shown_by: Mapped[UUID | None]


class Offer(HasId, Model):
    """A negotiation about lots of one seller with one buyer; what was said stands in its steps."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("started_by IN ('seller', 'buyer')", name="started_by"),
        CheckConstraint("turn IS NULL OR turn IN ('seller', 'buyer')", name="turn"),
        CheckConstraint("amount_minor >= 0", name="amount"),
        Index("ix_offer_organisation_state", "organisation_id", "state"),
        Index("ix_offer_buyer_state", "buyer_id", "state"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    started_by: Mapped[str] = mapped_column(Word)
    #: the event that ended without a sale and led here; tables of events are no business of this area
    source_id: Mapped[UUID | None]
    commodity: Mapped[str] = mapped_column(Word)
    unit: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: open, countered, accepted, sold, declined, refused, withdrawn, expired or gone (rules.py)
    state: Mapped[str] = mapped_column(Word)
    #: who must answer; null once it has ended
    turn: Mapped[str | None] = mapped_column(Word)
    #: number of the last step; whoever answers names the one that was read
    last_step: Mapped[int]
    #: of the last terms
    quantity: Mapped[int]
    amount_minor: Mapped[int]
    expires_at: Mapped[datetime]
    #: the seller's user who named or agreed the last price, who may not confirm the award
    priced_by: Mapped[UUID | None]
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"))
    started_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class OfferStep(HasId, Model):
    """One thing that a side said or that happened to an offer. Append-only."""

    __tablename__ = "offer_step"
    __table_args__ = (
        UniqueConstraint("offer_id", "sequence"),
        CheckConstraint("side IS NULL OR side IN ('seller', 'buyer')", name="side"),
    )

    offer_id: Mapped[UUID] = mapped_column(ForeignKey("offer.id"))
    sequence: Mapped[int]
    #: offered, countered, accepted, refused, withdrawn, expired or gone
    kind: Mapped[str] = mapped_column(Word)
    #: null: the clock
    side: Mapped[str | None] = mapped_column(Word)
    user_id: Mapped[UUID | None]
    at: Mapped[datetime]
    #: freight, payment_days, is_firm, expires_at, note; null where nothing was proposed
    terms: Mapped[dict[str, Any] | None]
    reason: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(HashHex)


class OfferLine(Model):
    """A lot, or a part of one, in the terms of a step. Append-only."""

    __tablename__ = "offer_line"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("price_minor_per_unit > 0", name="price"),
    )

    step_id: Mapped[UUID] = mapped_column(ForeignKey("offer_step.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    #: of the lot, or less: then the lot is split when the offer is accepted
    quantity: Mapped[int]
    price_minor_per_unit: Mapped[int]


class SampleRequest(HasId, Model):
    """A buyer's wish for a sample of a lot, what became of it, and what the buyer found."""

    __tablename__ = "sample_request"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("asked_g > 0", name="asked"),
        CheckConstraint("sent_g IS NULL OR sent_g > 0", name="sent"),
        Index("ix_sample_request_organisation_state", "organisation_id", "state"),
        Index("ix_sample_request_buyer_state", "buyer_id", "state"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    number: Mapped[int]
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), index=True)
    #: asked, agreed, refused, withdrawn, sent, received or judged (sample_rules.py)
    state: Mapped[str] = mapped_column(Word)
    asked_g: Mapped[int]
    #: where to send it, and what the buyer wants to look at
    address: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    asked_at: Mapped[datetime]
    asked_by: Mapped[UUID | None]
    #: why it was refused or withdrawn
    reason: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[UUID | None]
    #: the laboratory's sample, with its code
    sample_id: Mapped[UUID | None] = mapped_column(ForeignKey("sample.id"))
    sent_g: Mapped[int | None]
    carrier: Mapped[str | None] = mapped_column(Name)
    tracking: Mapped[str | None] = mapped_column(Name)
    sent_at: Mapped[datetime | None]
    received_at: Mapped[datetime | None]
    received_by: Mapped[UUID | None]
    #: what the buyer found: a key of the lot's norm, microns in tenths, a colour, and words
    found_grade: Mapped[str | None] = mapped_column(Word)
    found_micron_tenths: Mapped[int | None]
    found_colour: Mapped[str | None] = mapped_column(Word)
    comment: Mapped[str | None] = mapped_column(Text)
    #: yes, no or at_price
    would_buy: Mapped[str | None] = mapped_column(Word)
    would_pay_minor_per_unit: Mapped[int | None]
    judged_at: Mapped[datetime | None]
    judged_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)
