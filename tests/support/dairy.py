"""A dairy for tests and measurements: milk of many producers straight into the tables, and the terms of its fortnights."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.lots.models import CollectionRoute, Lot
from chain.pricing.models import PriceScheme, PriceVersion
from chain.producers.models import Membership, Producer
from chain.settlement.fortnight.models import FortnightSetting, ScaleReadingRow
from chain.settlement.fortnight.period import Period, fortnight_of
from chain.settlement.fortnight.services.zones import ensure_default_zone
from tests.support.cast import CENTRE, SINCE, House

#: the first half of March 2026: the 1st, 8th and 15th are Sundays
MARCH = fortnight_of(date(2026, 3, 1))
CHUNK = 5_000


def set_four_prices(
    session: Session, house: House = CENTRE, prices: Sequence[int] = (500, 450, 400, 400), **more: Any
) -> None:
    """Let four milk prices be in force from 2026 on, with what else the price list says."""
    weekday, sunday, excess_weekday, excess_sunday = prices
    scheme_id = new_id()
    session.add(
        PriceScheme(
            id=scheme_id,
            organisation_id=house.id,
            key="milk",
            name="Milk",
            commodity="raw-milk",
            currency=house.currency,
            created_at=SINCE,
        )
    )
    session.flush()
    content = {
        "kind": "milk",
        "unit": "l",
        "base_minor": weekday,
        "days": {
            "sunday_minor": sunday,
            "excess_weekday_minor": excess_weekday,
            "excess_sunday_minor": excess_sunday,
        },
        **more,
    }
    session.add(
        PriceVersion(
            id=new_id(),
            scheme_id=scheme_id,
            organisation_id=house.id,
            commodity="raw-milk",
            lane="price",
            number=1,
            currency=house.currency,
            content=content,
            valid_from=date(2026, 1, 1),
            decided_by="Assembly of 2 January 2026",
            state="in_force",
            activated_at=SINCE,
            created_at=SINCE,
            content_hash="0" * 64,
        )
    )
    session.flush()


def withhold_nothing(session: Session, house: House = CENTRE) -> None:
    """Let an accountant have said that nothing is withheld."""
    session.add(
        FortnightSetting(
            organisation_id=house.id,
            no_withholding_from=date(2026, 1, 1),
            no_withholding_by="Ana Quispe, accountant",
            decided_by="",
            changed_at=SINCE,
        )
    )
    session.flush()


def add_producers(session: Session, count: int, house: House = CENTRE) -> list[UUID]:
    """Add members with codes M-00001 and so on."""
    ids = [new_id() for _ in range(count)]
    session.execute(
        insert(Producer),
        [
            {
                "id": key,
                "full_name": f"Lechera {number:05}",
                "search_name": f"lechera {number:05}",
                "sex": "female",
                "country": house.country.value,
                "created_at": SINCE,
            }
            for number, key in enumerate(ids, 1)
        ],
    )
    session.execute(
        insert(Membership),
        [
            {
                "producer_id": key,
                "organisation_id": house.id,
                "member_code": f"M-{number:05}",
                "joined_on": date(2020, 1, 1),
            }
            for number, key in enumerate(ids, 1)
        ],
    )
    return ids


def lot_values(
    producer: UUID, day: date, quantity: int, house: House = CENTRE, route: UUID | None = None
) -> dict[str, Any]:
    """Return a delivery of milk as a row."""
    key = new_id()
    return {
        "id": key,
        "organisation_id": house.id,
        "number": f"{house.code}-{key.hex[-12:]}",
        "commodity": "raw-milk",
        "producer_id": producer,
        "delivered_at": datetime.combine(day, time(11), UTC),
        "delivered_on": day,
        "quantity": quantity,
        "unit": "ml",
        "attributes": {},
        "state": "registered",
        "registered_at": SINCE,
        "content_hash": "0" * 64,
        "route_id": route,
    }


def bring(
    session: Session,
    producer: UUID,
    day: date,
    litres: float,
    house: House = CENTRE,
    route: UUID | None = None,
    **results: str,
) -> UUID:
    """Store one delivery, with what was measured of it."""
    values = lot_values(producer, day, round(litres * 1000), house, route) | {"attributes": results}
    session.execute(insert(Lot), [values])
    return UUID(str(values["id"]))


def fill_fortnight(
    session: Session, producers: Sequence[UUID], period: Period, per_day: int, house: House = CENTRE
) -> dict[date, int]:
    """Store deliveries of every producer on every day; return the sums of the days."""
    random = Random(5)
    sums: dict[date, int] = {}
    rows: list[dict[str, Any]] = []
    for day in period.days:
        for producer in producers:
            for _ in range(per_day):
                quantity = random.randint(50, 300) * 100
                sums[day] = sums.get(day, 0) + quantity
                rows.append(lot_values(producer, day, quantity, house))
        for start in range(0, len(rows), CHUNK):
            session.execute(insert(Lot), rows[start : start + CHUNK])
        rows.clear()
    return sums


def weigh(
    session: Session,
    actor: Actor,
    now: datetime,
    readings: dict[date, int],
    zone_id: UUID | None = None,
) -> UUID:
    """Store what the scale of a zone showed, the default one unless another is named; return its id."""
    zone = zone_id or ensure_default_zone(session, actor=actor, now=now).id
    session.execute(
        insert(ScaleReadingRow),
        [
            {
                "id": new_id(),
                "organisation_id": actor.org,
                "zone_id": zone,
                "day": day,
                "quantity_ml": quantity,
                "recorded_at": now,
            }
            for day, quantity in readings.items()
        ],
    )
    return zone


def add_route(session: Session, code: str, house: House = CENTRE) -> UUID:
    """Add a collection route."""
    route = CollectionRoute(id=new_id(), organisation_id=house.id, code=code, name=f"Ruta {code}")
    session.add(route)
    session.flush()
    return route.id
