"""The table of certificates."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HasId, Model, Name, Word


class Certificate(HasId, Model):
    """A dated certificate of a producer; `issuer_id` keeps it."""

    __tablename__ = "certificate"
    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="dates"),
        CheckConstraint("level IN ('transition', 'full')", name="level"),
        UniqueConstraint("issuer_id", "number"),
        Index("ix_certificate_producer_id_valid_from", "producer_id", "valid_from"),
    )

    producer_id: Mapped[UUID] = mapped_column(ForeignKey("producer.id"))
    #: the organisation that registered it: a guarantee committee or the association itself
    issuer_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"))
    #: spg-peru, spg-bolivia or third-party-organic
    scheme: Mapped[str] = mapped_column(Word)
    #: transition or full
    level: Mapped[str] = mapped_column(Word)
    number: Mapped[str] = mapped_column(String(60))
    #: the certifier or committee as printed on the paper
    issued_by: Mapped[str] = mapped_column(Name)
    valid_from: Mapped[date]
    #: last day, included
    valid_to: Mapped[date]
    #: from this day on it says nothing; null while it stands
    suspended_from: Mapped[date | None]
    suspension_reason: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime]
    created_by: Mapped[UUID | None]
