"""Tables of live auctions."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class Auction(HasId, Model):
    """A live ascending auction of a catalogue of lots. The terms are frozen; state, reason and times of the end change."""

    __tablename__ = "auction"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("soft_close_seconds >= 0 AND extension_seconds >= 0", name="seconds"),
        Index("ix_auction_state_ends_at", "state", "ends_at"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: counted per organisation
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Name)
    commodity: Mapped[str] = mapped_column(Word)
    #: sum of its lots, grams or millilitres
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: how many lots the catalogue has
    lots: Mapped[int]
    starts_at: Mapped[datetime]
    #: the announced end of the first lot; each lot has its own, which late bids move
    ends_at: Mapped[datetime]
    #: each or together (rules/terms.py)
    closing: Mapped[str] = mapped_column(Word)
    stagger_seconds: Mapped[int]
    soft_close_seconds: Mapped[int]
    extension_seconds: Mapped[int]
    #: lot or catalogue: what makes one award
    award_by: Mapped[str] = mapped_column(Word)
    #: lines {from_minor, step_minor}
    steps: Mapped[list[Any]]
    #: whether a bidder must name a ceiling, which is held from the trading limit
    ceiling_required: Mapped[bool]
    #: only for the invited (`AuctionInvitation`)
    is_private: Mapped[bool]
    note: Mapped[str | None] = mapped_column(Text)
    #: open, paused, closed or cancelled
    state: Mapped[str] = mapped_column(Word, default="open")
    paused_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    #: why it was paused or cancelled
    reason: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class AuctionInvitation(Model):
    """A buyer to whom a private auction is open."""

    __tablename__ = "auction_invitation"

    auction_id: Mapped[UUID] = mapped_column(ForeignKey("auction.id"), primary_key=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)


class AuctionLot(HasId, Model):
    """One lot of a catalogue: deliveries sold together at one price per kilogram or litre. Its row is the lock of its bids."""

    __tablename__ = "auction_lot"
    __table_args__ = (
        UniqueConstraint("auction_id", "position"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("start_minor > 0", name="start"),
        CheckConstraint("reserve_minor IS NULL OR reserve_minor >= start_minor", name="reserve"),
        CheckConstraint("price_minor IS NULL OR price_minor >= start_minor", name="price"),
        Index("ix_auction_lot_state_ends_at", "state", "ends_at"),
    )

    #: the seller
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    auction_id: Mapped[UUID] = mapped_column(ForeignKey("auction.id"))
    #: place in the catalogue, from 1
    position: Mapped[int]
    title: Mapped[str | None] = mapped_column(Name)
    #: sum of its deliveries
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    start_minor: Mapped[int]
    #: buyers never see it, only whether it is met
    reserve_minor: Mapped[int | None]
    #: open, paused, awarded, passed_in, sold, declined or cancelled
    state: Mapped[str] = mapped_column(Word, default="open")
    ends_at: Mapped[datetime]
    price_minor: Mapped[int | None]
    leader_id: Mapped[UUID | None]
    #: the line of the log that made the leader's maximum
    leader_bid_id: Mapped[UUID | None]
    #: the leader's maximum, sealed; None: the price is all that was bid
    leader_sealed: Mapped[str | None] = mapped_column(Text)
    reserve_met: Mapped[bool] = mapped_column(default=False)
    #: lines of its log; also the version of what pages show
    sequence: Mapped[int] = mapped_column(default=0)
    last_hash: Mapped[str] = mapped_column(HashHex)
    last_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    award_id: Mapped[UUID | None] = mapped_column(ForeignKey("award.id"), index=True)


class AuctionLotPart(Model):
    """A delivery in a lot of a catalogue. It is in one open event at a time: `lot.state` is the lock."""

    __tablename__ = "auction_lot_part"

    auction_lot_id: Mapped[UUID] = mapped_column(ForeignKey("auction_lot.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)


class AuctionBidder(HasId, Model):
    """A buyer registered for an auction, known to rivals by a number only. Append-only."""

    __tablename__ = "auction_bidder"
    __table_args__ = (
        UniqueConstraint("auction_id", "buyer_id"),
        UniqueConstraint("auction_id", "alias"),
        CheckConstraint("ceiling_minor IS NULL OR ceiling_minor > 0", name="ceiling"),
    )

    auction_id: Mapped[UUID] = mapped_column(ForeignKey("auction.id"))
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: “Postor 3”
    alias: Mapped[int]
    #: up to which amount the buyer may owe in this auction; held from the trading limit
    ceiling_minor: Mapped[int | None]
    registered_at: Mapped[datetime]
    registered_by: Mapped[UUID | None]


class AuctionBid(HasId, Model):
    """A line of a lot's public log: a bid, a maximum, a pause, the end. Append-only, numbered, chained by hashes."""

    __tablename__ = "auction_bid"
    __table_args__ = (
        UniqueConstraint("auction_lot_id", "sequence"),
        # the key first: bids that wait together are looked up by their keys, and a buyer has thousands of lines
        UniqueConstraint("idempotency_key", "buyer_id"),
    )

    auction_lot_id: Mapped[UUID] = mapped_column(ForeignKey("auction_lot.id"))
    #: order of the log = order of the database: numbered under the lock of the lot's row
    sequence: Mapped[int]
    #: bid, maximum, extended, paused, resumed, closed or cancelled
    kind: Mapped[str] = mapped_column(Word)
    #: when the server received it; never before the line before
    at: Mapped[datetime]
    buyer_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    #: the price of an open bid; a maximum's figure is in `sealed` only
    amount_minor: Mapped[int | None]
    sealed: Mapped[str | None] = mapped_column(Text)
    #: sha256 of nonce and figure: proves after the end what was sealed
    commitment: Mapped[str | None] = mapped_column(HashHex)
    #: the price that the bidder saw
    seen_minor: Mapped[int | None]
    #: winning or outbid; None: no bid
    outcome: Mapped[str | None] = mapped_column(Word)
    #: rivals see it after the end only: the leader moved the own maximum
    is_silent: Mapped[bool]
    #: what the line left behind
    price_minor: Mapped[int | None]
    leader_id: Mapped[UUID | None]
    ends_at: Mapped[datetime]
    #: made by the client; the same key with other content is refused
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    content_hash: Mapped[str | None] = mapped_column(HashHex)
    previous_hash: Mapped[str] = mapped_column(HashHex)
    hash: Mapped[str] = mapped_column(HashHex)
