"""Tables of tenders, bids and sales."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class Tender(HasId, Model):
    """Sealed bids on a set of lots, one price per kilogram or litre for all of them, until a deadline."""

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
    #: minor units for a kilogram or litre; buyers never see it
    reserve_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    #: open, awarded, passed_in, accepted, declined or cancelled (rules.py)
    state: Mapped[str] = mapped_column(Word, default="open")
    #: the bid that won; no foreign key, because bids point at tenders and the two would wait for each other
    winning_bid_id: Mapped[UUID | None]
    closed_at: Mapped[datetime | None]
    #: for the bidders: where the lots lie, how they are packed
    note: Mapped[str | None] = mapped_column(Text)
    #: why it was cancelled, or the award declined
    reason: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class TenderLot(Model):
    """A lot on offer. A lot is in one open tender at a time: `lot.state` is the lock."""

    __tablename__ = "tender_lot"

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)


class Bid(HasId, Model):
    """A buyer's price for a whole tender. Append-only; a buyer's last valid bid counts, with its time."""

    __tablename__ = "bid"
    __table_args__ = (
        UniqueConstraint("tender_id", "sequence"),
        UniqueConstraint("organisation_id", "idempotency_key"),
        CheckConstraint("price_minor_per_unit > 0", name="price"),
    )

    tender_id: Mapped[UUID] = mapped_column(ForeignKey("tender.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: order of arrival within the tender: the log's order is the database's
    sequence: Mapped[int]
    price_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID | None]
    #: made by the client; the same key with another price is refused
    idempotency_key: Mapped[str] = mapped_column(String(255))
    content_hash: Mapped[str] = mapped_column(HashHex)
