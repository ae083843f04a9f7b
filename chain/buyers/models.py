"""Tables of standing demands."""

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
    #: open or withdrawn
    state: Mapped[str] = mapped_column(Word, default="open")
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
