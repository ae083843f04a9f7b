"""Calling a lot back: who delivered it, what else it touched, who received it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.genealogy.queries.trace import TraceLot


@dataclass(frozen=True, slots=True)
class DeliveredBy:
    """A delivery that the lot comes from; `quantity` of it is in the lot, in the lot's unit (0: less than one gram)."""

    lot_id: UUID
    number: str
    producer_id: UUID
    producer_name: str
    member_code: str | None
    community: str | None
    delivered_on: date
    quantity: int


@dataclass(frozen=True, slots=True)
class ReceivedBy:
    """A lot that is not in the house any more. `receiver` and `reference` are told by the areas above, if they know."""

    lot_id: UUID
    number: str
    commodity: str
    quantity: int
    unit: str
    #: sold, dispatched or taken_back
    how: str
    at: datetime
    receiver: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class Recall:
    """What must be known when something is wrong with a lot."""

    lot_id: UUID
    delivered_by: Sequence[DeliveredBy]
    #: every lot in which something of these deliveries may be, the deliveries and the lot itself included
    lots: Sequence[TraceLot]
    received_by: Sequence[ReceivedBy]


def recall(session: Session, actor: Actor, lot_id: UUID) -> Recall:
    """Return who delivered what is in a lot, which lots hold something of the same deliveries, and who received those.

    Raises:
        NotFound: there is no such lot, or it is somebody else's.
        TraceTooLarge: more lots than one answer takes.
    """
    raise RuntimeError  # being built
