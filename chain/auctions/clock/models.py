"""Tables of the two-round clock."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class Clock(HasId, Model):
    """A campaign's products on offer in at most two rounds."""

    __tablename__ = "clock"
    __table_args__ = (
        UniqueConstraint("organisation_id", "number"),
        CheckConstraint("second_minutes BETWEEN 1 AND 10080", name="second_minutes"),
        CheckConstraint("raise_limit_bp BETWEEN 1 AND 10000", name="raise_limit"),
        CheckConstraint("step_minor > 0", name="step"),
        Index("ix_clock_state_first_closes_at", "state", "first_closes_at"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: counted per organisation
    number: Mapped[int]
    title: Mapped[str] = mapped_column(Name)
    note: Mapped[str | None] = mapped_column(Text)
    commodity: Mapped[str] = mapped_column(Word)
    unit: Mapped[str] = mapped_column(String(2))
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: first, second, awarded, sold, declined, passed_in or cancelled (rules.py)
    state: Mapped[str] = mapped_column(Word, default="first")
    opened_at: Mapped[datetime]
    opened_by: Mapped[UUID | None]
    first_closes_at: Mapped[datetime]
    second_minutes: Mapped[int]
    #: known when round 1 was opened; None: no second round
    second_closes_at: Mapped[datetime | None]
    raise_limit_bp: Mapped[int]
    step_minor: Mapped[int]
    #: the seed of the draw, sealed; its commitment stands in the log from the first line on
    sealed_seed: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None]
    #: why it was cancelled
    reason: Mapped[str | None] = mapped_column(Text)
    content_hash: Mapped[str] = mapped_column(HashHex)


class ClockProduct(HasId, Model):
    """The lots of one class and colour, with one price in each round."""

    __tablename__ = "clock_product"
    __table_args__ = (
        UniqueConstraint("clock_id", "position"),
        CheckConstraint("kilograms > 0", name="kilograms"),
        CheckConstraint("price_minor > 0", name="price"),
        CheckConstraint(
            "second_price_minor IS NULL OR second_price_minor > price_minor", name="second_price"
        ),
    )

    clock_id: Mapped[UUID] = mapped_column(ForeignKey("clock.id"))
    position: Mapped[int]
    grade_scheme: Mapped[str | None] = mapped_column(Word)
    grade_edition: Mapped[str | None] = mapped_column(String(20))
    grade_key: Mapped[str | None] = mapped_column(Word)
    colour: Mapped[str | None] = mapped_column(Word)
    #: whole kilograms or litres on offer
    kilograms: Mapped[int]
    #: of round 1, minor units for a kilogram or litre
    price_minor: Mapped[int]
    #: what was wanted in each round, once it was opened
    first_demand: Mapped[int | None]
    second_demand: Mapped[int | None]
    #: None: no second round for it
    second_price_minor: Mapped[int | None]


class ClockLot(Model):
    """A lot of a product. A lot is on offer in one place at a time: `lot.state` is the lock."""

    __tablename__ = "clock_lot"

    product_id: Mapped[UUID] = mapped_column(ForeignKey("clock_product.id"), primary_key=True)
    lot_id: Mapped[UUID] = mapped_column(ForeignKey("lot.id"), primary_key=True, index=True)
    clock_id: Mapped[UUID] = mapped_column(ForeignKey("clock.id"), index=True)


class ClockRequest(HasId, Model):
    """What a buyer asks for in a round, for all products at once, sealed until the round closes. Append-only."""

    __tablename__ = "clock_request"
    __table_args__ = (
        UniqueConstraint("clock_id", "sequence"),
        CheckConstraint("round IN (1, 2)", name="round"),
    )

    clock_id: Mapped[UUID] = mapped_column(ForeignKey("clock.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    round: Mapped[int]
    #: order of arrival within the clock
    sequence: Mapped[int]
    placed_at: Mapped[datetime]
    placed_by: Mapped[UUID | None]
    #: the wishes and the nonce of the commitment, sealed
    sealed: Mapped[str] = mapped_column(Text)
    #: sha256 of nonce and wishes; binds the bidder and tells nobody anything
    commitment: Mapped[str] = mapped_column(HashHex)


class ClockAllotment(Model):
    """What a buyer got of a product at one price. Append-only."""

    __tablename__ = "clock_allotment"
    __table_args__ = (CheckConstraint("kilograms > 0", name="kilograms"),)

    product_id: Mapped[UUID] = mapped_column(ForeignKey("clock_product.id"), primary_key=True)
    buyer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True, index=True)
    #: the round whose request it fills
    round: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[UUID] = mapped_column(ForeignKey("clock.id"), index=True)
    kilograms: Mapped[int]
    price_minor: Mapped[int]
