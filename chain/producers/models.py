"""Tables of communities, producers and memberships."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HasId, Model, Name, Word


class Community(HasId, Model):
    """A community where producers live."""

    __tablename__ = "community"
    __table_args__ = (UniqueConstraint("country", "district", "name"),)

    name: Mapped[str] = mapped_column(Name)
    district: Mapped[str] = mapped_column(Name)
    region: Mapped[str] = mapped_column(Name)
    country: Mapped[str] = mapped_column(String(2))


class Producer(HasId, Model):
    """A person who delivers; one id across commodities and associations."""

    __tablename__ = "producer"
    __table_args__ = (
        CheckConstraint("sex IN ('female', 'male', 'not_stated')", name="sex"),
        # PostgreSQL and SQLite both let null repeat: a producer without papers is welcome
        UniqueConstraint("country", "document_kind", "document_number"),
        Index("ix_producer_search_name", "search_name"),
    )

    full_name: Mapped[str] = mapped_column(Name)
    #: lower case without accents, for finding
    search_name: Mapped[str] = mapped_column(Name)
    sex: Mapped[str] = mapped_column(Word)
    birth_year: Mapped[int | None]
    country: Mapped[str] = mapped_column(String(2))
    #: dni, ci, foreigner_card or passport; null with the number when none was shown
    document_kind: Mapped[str | None] = mapped_column(Word)
    document_number: Mapped[str | None] = mapped_column(Word)
    phone: Mapped[str | None] = mapped_column(Word)
    community_id: Mapped[UUID | None] = mapped_column(ForeignKey("community.id"), index=True)
    #: the producer's own sign-in, if there is one
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("app_user.id"), unique=True)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]


class Membership(HasId, Model):
    """A producer in an organisation; what makes the producer visible there."""

    __tablename__ = "membership"
    __table_args__ = (
        UniqueConstraint("producer_id", "organisation_id"),
        UniqueConstraint("organisation_id", "member_code"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), index=True)
    #: the number in the organisation's own roll, printed on cards and receipts
    member_code: Mapped[str] = mapped_column(Word)
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    #: what the QR of the valid member card holds beside the code; another card replaces it, null: no card yet
    card_token: Mapped[str | None] = mapped_column(Word)
