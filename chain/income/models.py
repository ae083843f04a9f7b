"""Tables of baselines and of the seasons brought in from earlier books. Settled income has no table of its own."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HasId, Model, Name, Word


class Baseline(HasId, Model):
    """What intermediaries paid in a season; every gain names it, with its source and method.

    Its terms never change: a correction is a new row that replaces it.
    """

    __tablename__ = "baseline"
    __table_args__ = (
        # one stands at a time; those it replaced remain to be read
        Index(
            "uq_baseline_standing",
            "organisation_id",
            "commodity",
            "season",
            unique=True,
            sqlite_where=text("replaced_at IS NULL"),
            postgresql_where=text("replaced_at IS NULL"),
        ),
        CheckConstraint("price_minor_per_unit > 0", name="price"),
        CheckConstraint("strength IN ('published', 'declared', 'drawn')", name="strength"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    commodity: Mapped[str] = mapped_column(Word)
    #: calendar year
    season: Mapped[int]
    #: minor units for a kilogram or litre
    price_minor_per_unit: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: who says so: a paper, a bulletin, an assembly
    source: Mapped[str] = mapped_column(Name)
    #: how the price was found
    method: Mapped[str] = mapped_column(Text)
    #: published, declared or drawn (rules.py)
    strength: Mapped[str] = mapped_column(Word)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    replaced_at: Mapped[datetime | None]
    replaced_by: Mapped[UUID | None]


class IncomeRecord(HasId, Model):
    """A producer's season with one organisation and commodity, brought in from earlier books.

    What this platform paid is not copied here: it is read from the paid settlement lines.
    """

    __tablename__ = "income_record"
    __table_args__ = (
        UniqueConstraint("producer_id", "organisation_id", "season", "commodity"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("gross_minor >= 0 AND deductions_minor >= 0 AND net_minor >= 0", name="not_negative"),
        CheckConstraint("net_minor = gross_minor - deductions_minor", name="net"),
        Index("ix_income_record_organisation_id_season", "organisation_id", "season"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: calendar year
    season: Mapped[int]
    commodity: Mapped[str] = mapped_column(Word)
    quantity: Mapped[int]
    unit: Mapped[str] = mapped_column(String(2))
    gross_minor: Mapped[int]
    deductions_minor: Mapped[int]
    net_minor: Mapped[int]
    currency: Mapped[str] = mapped_column(CurrencyCode)
    #: which book says so
    source: Mapped[str] = mapped_column(Name)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
