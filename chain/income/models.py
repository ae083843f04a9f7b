"""Tables of baselines and of income by producer and season."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HasId, Model, Name, Word


class Baseline(HasId, Model):
    """What intermediaries paid in a season; every gain names it, with its source and method."""

    __tablename__ = "baseline"
    __table_args__ = (
        UniqueConstraint("organisation_id", "commodity", "season"),
        CheckConstraint("price_minor_per_unit > 0", name="price"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    commodity: Mapped[str] = mapped_column(Word)
    #: calendar year
    season: Mapped[int]
    price_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    source: Mapped[str] = mapped_column(Name)
    method: Mapped[str] = mapped_column(Text)
    #: published, declared or drawn (demonstration)
    strength: Mapped[str] = mapped_column(Word)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class IncomeRecord(HasId, Model):
    """A producer's income of one season from one organisation and commodity.

    Read model over paid settlement lines (kind settled, rebuilt and compared by a test), or brought in from earlier
    books (kind earlier).
    """

    __tablename__ = "income_record"
    __table_args__ = (
        UniqueConstraint("producer_id", "organisation_id", "season", "commodity", "kind"),
        CheckConstraint("kind IN ('settled', 'earlier')", name="kind"),
        CheckConstraint("net_minor = gross_minor - deductions_minor", name="net"),
        Index("ix_income_record_organisation_id_season", "organisation_id", "season"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    season: Mapped[int]
    commodity: Mapped[str] = mapped_column(Word)
    kind: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    source: Mapped[str | None] = mapped_column(Name)
    updated_at: Mapped[datetime]
