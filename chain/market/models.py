"""Tables of tenders, their lots and invitations, sealed bids and opened ones."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class Tender(HasId, Model):
    """Sealed bids on a set of lots until a deadline."""

    __tablename__ = "tender"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("reserve_minor_per_unit > 0", name="reserve"),
        CheckConstraint("closes_at > opens_at", name="times"),
        CheckConstraint("quantity > 0", name="quantity"),
        Index("ix_tender_state_closes_at", "state", "closes_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: counted per organisation
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Name)
    commodity: Mapped[str] = mapped_column(Word)
    #: sum of its lots, grams or millilitres
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    #: minor units for a kilogram or litre, for every lot without one of its own; only the seller's committee sees it
    reserve_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    #: open, awarded, passed_in, accepted, declined or cancelled (rules.py)
    state: Mapped[str] = mapped_column(Word, default="open")
    #: the bid that won, of several the one with the greatest amount; no foreign key, because bids point at tenders and the two would wait for each other
    winning_bid_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    #: for the bidders: where the lots lie, how they are packed
    note: Mapped[str | None] = mapped_column(Text)
    #: why it was cancelled, or the award declined
    reason: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    #: seen by invited buyers only
    is_private: Mapped[bool] = mapped_column(default=False)
    #: the seed of the lottery between equal bids; its hash stands in the log from the start. None: opened before there were seeds
    seed_sealed: Mapped[str | None] = mapped_column(Text)
    #: with it anyone who knows the reserves can check that they are those of the log's first line
    terms_nonce: Mapped[str | None] = mapped_column(String(64))
    #: optimal or feasible: how sure it is that no other award brings more; and by how much, in millionths
    award_status: Mapped[str | None] = mapped_column(Word)
    award_gap_millionths: Mapped[int | None]


class TenderLot(Model):
    """A lot on offer, as bidders saw it. A lot is in one open tender at a time: `lot.state` is the lock."""

    __tablename__ = "tender_lot"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    #: its own reserve; None: the tender's
    reserve_minor_per_unit: Mapped[int | None]
    #: class ("scheme/edition/key") and colour when it was offered: a bid by classes is read by them
    grade: Mapped[str | None] = mapped_column(String(200))
    colour: Mapped[str | None] = mapped_column(Word)


class TenderInvitation(Model):
    """A buyer who may see a private tender and bid in it. Append-only."""

    __tablename__ = "tender_invitation"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    #: the buyer
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)


class Bid(HasId, Model):
    """A buyer's sealed bid. Append-only; a buyer's last bid counts, with its time."""

    __tablename__ = "bid"
    __table_args__ = (
        UniqueConstraint("tender_id", "sequence"),
        UniqueConstraint("organisation_id", "idempotency_key"),
        CheckConstraint("price_minor_per_unit > 0", name="price"),
        CheckConstraint("sealed IS NOT NULL OR price_minor_per_unit IS NOT NULL", name="says_something"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: order of arrival within the tender: the log's order is the database's
    sequence: Mapped[int]
    #: nonce and text of the bid, sealed with a key that the database does not hold. None: a bid of before there were seals
    sealed: Mapped[str | None] = mapped_column(Text)
    #: sha256 of nonce and text; published in the log at once
    commitment: Mapped[str | None] = mapped_column(HashHex)
    #: bids that were placed before there were seals have their price here, and no other bid ever has
    price_minor_per_unit: Mapped[int | None]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID | None]
    #: made by the client; the same key with another content is refused
    idempotency_key: Mapped[str] = mapped_column(String(255))
    #: of bids that were placed before there were seals; the hash of a price would tell it to whoever tries all prices
    content_hash: Mapped[str | None] = mapped_column(HashHex)


class OpenedBid(Model):
    """What a bid said, written at the opening: with text and nonce anyone can check its commitment. Append-only."""

    __tablename__ = "opened_bid"

    bid_id: Mapped[UUID] = mapped_column(ForeignKey("bid.id"), primary_key=True)
    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), index=True)
    #: the buyer
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    text: Mapped[str] = mapped_column(Text)
    #: None: a bid of before there were seals
    nonce: Mapped[str | None] = mapped_column(String(64))
    #: counts, replaced, excluded or below_reserve
    standing: Mapped[str] = mapped_column(Word)
    opened_at: Mapped[datetime]
