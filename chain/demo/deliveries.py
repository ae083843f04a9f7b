"""Brings drawn deliveries in through the batch service, and confirms their classes by a second person."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.demo.draw import DrawnDelivery
from chain.lots.attributes import SPECS
from chain.lots.rules import MAX_BATCH, Delivery
from chain.lots.services import register_lots

T = TypeVar("T")


def chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Return the items in slices of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def as_delivery(drawn: DrawnDelivery) -> Delivery:
    """Return a drawn delivery as a clerk would send it; what no scale or instrument says is left out."""
    known = {attribute.key for attribute in SPECS[drawn.commodity].attributes}
    attributes = {key: value for key, value in drawn.attributes.items() if key in known}
    if drawn.commodity == "raw-milk":
        return Delivery(
            id=drawn.id,
            commodity=drawn.commodity,
            producer_id=drawn.person.id,
            delivered_at=drawn.delivered_at,
            quantity=drawn.quantity,
            unit="ml",
            attributes=attributes,
        )
    return Delivery(
        id=drawn.id,
        commodity=drawn.commodity,
        producer_id=drawn.person.id,
        delivered_at=drawn.delivered_at,
        gross_g=drawn.quantity + drawn.tare_g,
        tare_g=drawn.tare_g,
        attributes=attributes,
    )


def add_deliveries(session: Session, drawn: Sequence[DrawnDelivery], *, actor: Actor, now: datetime) -> None:
    """Register deliveries; a refusal of any is a mistake of the demonstration and stops it."""
    for chunk in chunks(drawn, MAX_BATCH):
        results = register_lots(session, actor=actor, now=now, deliveries=[as_delivery(one) for one in chunk])
        refused = [result for result in results if result.status != "stored"]
        if refused:
            message = f"the demonstration drew a delivery that is refused: {refused[0]}"
            raise RuntimeError(message)
