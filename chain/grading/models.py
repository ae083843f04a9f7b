"""The table of which norm and edition a centre uses from when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import HasId, Model, Word


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
