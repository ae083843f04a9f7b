"""Whose is what: the kept share tables of lots."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a lot that comes from one delivery, in the unit of the lot."""

    primary_id: UUID
    producer_id: UUID
    #: of the delivery
    number: str
    delivered_on: date
    quantity: int


def shares_of(session: Session, lot_ids: Collection[UUID]) -> dict[UUID, list[Share]]:
    """Return the shares of lots, by the id of the delivery; a delivery answers with itself. They sum to the lot."""
    raise RuntimeError  # being built
