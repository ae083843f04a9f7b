"""Versions and deliveries for tests of prices."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.pricing.rules import DeliveryFacts, PriceContent, SchemeSpan
from chain.pricing.rules.content import PayUnit, SchemeKind
from tests.support.cast import CENTRE, SINCE, House
from tests.support.settling import Member

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


def add_milk(
    session: Session,
    member: Member,
    on: date,
    *,
    litres: int = 10,
    results: Mapping[str, str] | None = None,
    measured: Mapping[str, str] | None = None,
    house: House = CENTRE,
) -> Lot:
    """Add a delivery of milk with results at delivery, and with those that a decision put in their place."""
    lot_id = new_id()
    lot = Lot(
        id=lot_id,
        organisation_id=house.id,
        number=f"{house.code}-{lot_id.hex[-10:]}",
        commodity="raw-milk",
        producer_id=member.id,
        delivered_at=datetime.combine(on, time(14), UTC),
        delivered_on=on,
        quantity=litres * 1000,
        unit="ml",
        attributes=dict(results or {}),
        measured=dict(measured) if measured else None,
        state="registered",
        registered_at=SINCE,
        content_hash="0" * 64,
    )
    session.add(lot)
    session.flush()
    return lot
