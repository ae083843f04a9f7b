"""Producers and deliveries for tests of lots."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.lots.rules import Delivery
from chain.lots.services import register_lot
from chain.producers.services import register_producer
from tests.support.cast import Cast

CAST = Cast()
FIBRE: dict[str, Any] = {"breed": "huacaya", "colour": "white", "micron": "22.4", "length_mm": "85"}
MILK: dict[str, Any] = {"shift": "am", "temperature_c": "12.5", "fat_pct": "3.6", "density_g_ml": "1.030"}
CARCASS: dict[str, Any] = {"age_class": "4D", "sarcocystis": "absent", "sex": "female"}


def make_producer(
    session: Session, now: datetime, *, name: str = "Rosa Quispe Mamani", actor: Actor | None = None
) -> UUID:
    """Register a member of the centre and return the id."""
    made = register_producer(
        session, actor=actor or CAST.clerk.actor, now=now, id=new_id(), full_name=name, sex="female"
    )
    return made.id


def fibre(producer_id: UUID, now: datetime, **changes: Any) -> Delivery:
    """A delivery of fibre: 12.5 kg net of white huacaya at 22.4 microns."""
    values: dict[str, Any] = {
        "id": new_id(),
        "commodity": "alpaca-fibre",
        "producer_id": producer_id,
        "delivered_at": now,
        "gross_g": 13_000,
        "tare_g": 500,
        "attributes": FIBRE,
    }
    return Delivery(**(values | changes))


def milk(producer_id: UUID, now: datetime, **changes: Any) -> Delivery:
    """A delivery of 23.5 litres of milk."""
    values: dict[str, Any] = {"gross_g": None, "tare_g": None, "quantity": 23_500, "attributes": MILK}
    return fibre(producer_id, now, **({"commodity": "raw-milk"} | values | changes))


def carcass(producer_id: UUID, now: datetime, **changes: Any) -> Delivery:
    """A llama carcass of 58 kg."""
    values: dict[str, Any] = {"gross_g": 58_000, "tare_g": 0, "attributes": CARCASS}
    return fibre(producer_id, now, **({"commodity": "llama-carcass"} | values | changes))


def make_lot(session: Session, now: datetime, delivery: Delivery, actor: Actor | None = None) -> Lot:
    """Register a delivery as the clerk and return its lot."""
    return register_lot(session, actor=actor or CAST.clerk.actor, now=now, delivery=delivery).lot
