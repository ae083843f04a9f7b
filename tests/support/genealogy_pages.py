"""What tests of the genealogy's pages share: lots in the house, filled forms, what a page links to."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from tests.support.lots import carcass, fibre, make_lot, make_producer, milk

#: The clock of the centre at `now`.
LOCAL = "2026-03-16T10:00"


def fibre_lots(session: Session, now: datetime, count: int = 3) -> list[Lot]:
    """Deliveries of 12.5 kg of fibre, each of another producer."""
    return [
        make_lot(session, now, fibre(make_producer(session, now, name=f"Productora {number}"), now))
        for number in range(count)
    ]


def milk_lot(session: Session, now: datetime) -> Lot:
    """A delivery of 23.5 litres."""
    return make_lot(session, now, milk(make_producer(session, now), now))


def carcass_lot(session: Session, now: datetime) -> Lot:
    """A carcass of 58 kg."""
    return make_lot(session, now, carcass(make_producer(session, now), now))


def form(**values: Any) -> dict[str, Any]:
    """Return what a form of an operation sends: a fresh id, the moment, and the button that saves."""
    return {"id": str(new_id()), "happened_at": LOCAL, "step": "save", **values}


def hidden(page: str, name: str) -> list[str]:
    """Return the values of a page's hidden fields of a name."""
    return re.findall(rf'type="hidden" name="{name}" value="([^"]*)"', page)
