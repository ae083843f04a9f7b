"""Tables of pricing: schemes and their versions."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import CurrencyCode, HashHex, HasId, Model, Name, Word


class PriceScheme(HasId, Model):
    """What an organisation pays for one product under one name; what it pays from when stands in its versions."""

    __tablename__ = "price_scheme"
    __table_args__ = (UniqueConstraint("organisation_id", "key"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: a short word, unique in the organisation
    key: Mapped[str] = mapped_column(Word)
    name: Mapped[str] = mapped_column(Name)
    commodity: Mapped[str] = mapped_column(Word)
    currency: Mapped[str] = mapped_column(CurrencyCode)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class PriceVersion(HasId, Model):
    """A scheme's prices from a day on. What it says is frozen by a trigger once it is in force; a correction is a new version."""

    __tablename__ = "price_version"
    __table_args__ = (
        UniqueConstraint("scheme_id", "number"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
        CheckConstraint("state IN ('draft', 'in_force', 'ended', 'withdrawn')", name="state"),
        CheckConstraint("lane IN ('price', 'share')", name="lane"),
        CheckConstraint("(state = 'draft') = (activated_at IS NULL)", name="activated"),
        Index("ix_price_version_organisation_id_commodity", "organisation_id", "commodity", "valid_from"),
    )

    scheme_id: Mapped[UUID] = mapped_column(ForeignKey("price_scheme.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    commodity: Mapped[str] = mapped_column(Word)
    number: Mapped[int]
    #: price or share: on each day one version of each may be in force for a product
    lane: Mapped[str] = mapped_column(Word)
    #: draft, in_force, ended or withdrawn (rules/states.py)
    state: Mapped[str] = mapped_column(Word, default="draft")
    valid_from: Mapped[date]
    #: last day, included; null: open
    valid_to: Mapped[date | None]
    #: what decided it, in the organisation's words: minutes of an assembly, agreement with a plant
    decided_by: Mapped[str] = mapped_column(Name)
    #: the words of rules/documents.py
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[str] = mapped_column(HashHex)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    activated_at: Mapped[datetime | None]
    activated_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None]
    #: why it was withdrawn, in the person's words
    end_reason: Mapped[str | None] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(String(3))
