"""Tables of what an organisation adds to the norms: which one it uses from when, its own ones, and what it confirmed."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HashHex, HasId, Model, Name, Word


class SchemeChoice(HasId, Model):
    """From `valid_from` on, an organisation grades a commodity by this scheme and edition."""

    __tablename__ = "scheme_choice"
    __table_args__ = (UniqueConstraint("organisation_id", "commodity", "valid_from"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    commodity: Mapped[str] = mapped_column(Word)
    scheme: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date]
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[UUID | None]


class OwnScheme(HasId, Model):
    """A scheme or colour list that an organisation wrote itself. Its document never changes; a change is a new edition."""

    __tablename__ = "own_scheme"
    __table_args__ = (
        UniqueConstraint("key", "edition"),
        Index("ix_own_scheme_organisation_id", "organisation_id"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: code of the organisation, a short word and a few random digits: unique on its own
    key: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    #: as in the files of the norms: micron-classes, colours, quality-limits …
    kind: Mapped[str] = mapped_column(Word)
    commodity: Mapped[str] = mapped_column(Word)
    #: the same words as a file of `grading/schemes`
    document: Mapped[dict[str, Any]]
    #: others may choose it too, such as centres that sort for this mill
    is_shared: Mapped[bool] = mapped_column(default=False, server_default=false())
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)


class LimitConfirmation(HasId, Model):
    """A named person of an organisation vouches for an unconfirmed value of a scheme; from then on it counts there."""

    __tablename__ = "limit_confirmation"
    __table_args__ = (
        Index("ix_limit_confirmation_organisation_id_scheme", "organisation_id", "scheme", "edition"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    scheme: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    #: which value, such as fat, category:fina or length:baby
    value_key: Mapped[str] = mapped_column(String(80))
    #: what stood there when it was confirmed, as text
    value: Mapped[str] = mapped_column(String(200))
    #: who vouches, and on what ground (which copy of the norm, which page)
    person: Mapped[str] = mapped_column(Name)
    basis: Mapped[str] = mapped_column(Text)
    confirmed_at: Mapped[datetime]
    confirmed_by: Mapped[UUID | None]
    withdrawn_at: Mapped[datetime | None]
    withdrawn_by: Mapped[UUID | None]


class ColourListChoice(HasId, Model):
    """From `valid_from` on, an organisation records colours by this list."""

    __tablename__ = "colour_list_choice"
    __table_args__ = (UniqueConstraint("organisation_id", "valid_from"),)

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    scheme: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    valid_from: Mapped[date]
    chosen_at: Mapped[datetime]
    chosen_by: Mapped[UUID | None]


class OwnPriceGrid(HasId, Model):
    """A price grid of an organisation. Its document never changes; a change is a new edition."""

    __tablename__ = "own_price_grid"
    __table_args__ = (
        UniqueConstraint("key", "edition"),
        Index("ix_own_price_grid_organisation_id", "organisation_id"),
        CheckConstraint("length(currency) = 3", name="currency"),
    )

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    key: Mapped[str] = mapped_column(Word)
    edition: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    document: Mapped[dict[str, Any]]
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
    content_hash: Mapped[str] = mapped_column(HashHex)
