"""Lots by the thousand, straight into the table, for tests and measurements of lists."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from tests.support.cast import CENTRE, House

SEED = 20251205
CHUNK = 5000
START = datetime(2020, 1, 1, 12, tzinfo=UTC)
COLOURS = (
    ("white",) * 60
    + ("light_fawn",) * 20
    + ("dark_brown",) * 15
    + ("true_black",) * 4
    + ("dark_silver_grey",)
)
CLASSES = ((200, "royal"), (230, "baby"), (265, "fleece"), (290, "medium_fleece"), (315, "huarizo"))


def insert_many_lots(
    session: Session, count: int, producers: Sequence[UUID], house: House = CENTRE, first: int = 0
) -> None:
    """Store `count` lots over five years: fibre, milk, carcasses and a little cheese; the older half sold or used up.

    `first` is the number after which theirs begin.
    """
    random = Random(SEED)
    event = new_id()
    step = timedelta(days=5 * 365) / count
    connection = session.connection()
    for start in range(0, count, CHUNK):
        rows = [
            _lot(random, number + first, count + first, START + step * number, producers, event, house)
            for number in range(start, min(start + CHUNK, count))
        ]
        connection.execute(insert(Lot.__table__), rows)  # type: ignore[arg-type]  # a table, to the type checker any selectable


def _lot(
    random: Random,
    number: int,
    count: int,
    moment: datetime,
    producers: Sequence[UUID],
    event: UUID,
    house: House,
) -> dict[str, Any]:
    commodity, unit = _product(random)
    is_fibre = commodity.endswith("fibre")
    is_derived = commodity == "cheese"
    micron = max(150, min(400, round(random.gauss(250, 30)))) if is_fibre and random.random() < 0.9 else None
    gone = random.random() < (0.9 if number < count // 2 else 0.1)
    is_used = gone and unit == "ml"
    is_sold = gone and not is_used
    claim = random.random()
    return {
        "id": new_id(),
        "organisation_id": house.id,
        "number": f"{house.code}-{number + 1:06d}",
        "commodity": commodity,
        "origin": "derived" if is_derived else "delivery",
        "producer_id": None if is_derived else random.choice(producers),
        "delivered_at": moment,
        "delivered_on": moment.date(),
        "quantity": random.randint(500, 60_000),
        "unit": unit,
        "attributes": {"micron": f"{micron / 10:.1f}"} if micron else {},
        "micron_tenths": micron,
        "colour": random.choice(COLOURS) if is_fibre else None,
        "grade_scheme": "ntp-231.301" if micron else None,
        "grade_edition": "2014" if micron else None,
        "grade_key": next((key for limit, key in CLASSES if micron <= limit), "coarse") if micron else None,
        "grade_confirmed": gone,
        "claim": "organic" if claim < 0.02 else "transition" if claim < 0.03 else "conventional",
        "state": "cancelled" if random.random() < 0.01 else "sold" if is_sold else "graded",
        "registered_at": moment,
        "registered_by": None,
        "content_hash": "0" * 64,
        "used_by_event_id": event if is_used else None,
        "sold_at": moment if is_sold else None,
        "is_held": random.random() < 0.002,
    }


def _product(random: Random) -> tuple[str, str]:
    drawn = random.random()
    if drawn < 0.6:
        return "alpaca-fibre", "g"
    if drawn < 0.65:
        return "llama-fibre", "g"
    if drawn < 0.95:
        return "raw-milk", "ml"
    return ("llama-carcass", "g") if drawn < 0.999 else ("cheese", "g")
