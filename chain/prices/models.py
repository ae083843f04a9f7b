"""Tables of published prices."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from chain.core.orm import Model


class PriceConsent(Model):
    """Whether a seller lets published prices name it; without a row it does not. The audit trail keeps each change."""

    __tablename__ = "price_consent"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisation.id"), primary_key=True)
    is_named: Mapped[bool]
    changed_at: Mapped[datetime]
    changed_by: Mapped[UUID | None]
