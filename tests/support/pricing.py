"""Versions and deliveries for tests of prices."""

from datetime import date
from typing import Any
from uuid import UUID

from chain.core.ids import new_id
from chain.pricing.rules import DeliveryFacts, PriceContent, SchemeSpan
from chain.pricing.rules.content import PayUnit, SchemeKind

JULY = (date(2026, 7, 1), date(2026, 7, 31))
#: A Wednesday and a Sunday.
WEDNESDAY, SUNDAY = date(2026, 7, 8), date(2026, 7, 12)


def flat(minor: int, unit: PayUnit = PayUnit.LITRE, **more: Any) -> PriceContent:
    """Return one price for everything."""
    return PriceContent(kind=SchemeKind.FLAT, unit=unit, base_minor=minor, **more)


def milk(minor: int, **more: Any) -> PriceContent:
    """Return a price of milk per litre."""
    return PriceContent(**{"kind": SchemeKind.MILK, "unit": PayUnit.LITRE, "base_minor": minor, **more})


def span(content: PriceContent, first: date = JULY[0], last: date | None = JULY[1]) -> SchemeSpan:
    """Return a content in force in July 2026."""
    return SchemeSpan(
        version_id=new_id(),
        scheme_id=new_id(),
        key="leche",
        name="Leche",
        number=1,
        currency="BOB",
        valid_from=first,
        valid_to=last,
        content=content,
    )


def delivery(
    producer: UUID, quantity: int, on: date = WEDNESDAY, *, lot: UUID | None = None, **more: Any
) -> DeliveryFacts:
    """Return a delivery of milk, in millilitres, unless `more` says otherwise."""
    lot_id = lot or new_id()
    facts = {"unit": "ml", "label": "raw-milk", "commodity": "raw-milk", **more}
    return DeliveryFacts(lot_id, lot_id, producer, on, quantity, **facts)
