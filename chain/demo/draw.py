"""Draws the demonstration's people and deliveries: pure, with a fixed seed; totals are exact, spreads are drawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chain.core.money import split_largest_remainder
from chain.core.quantity import GRAMS_PER_POUND
from chain.demo import figures, names

#: The day before which ids of the demonstration pretend to have been made; their order is that of drawing.
_EPOCH = datetime(2025, 10, 1, tzinfo=UTC)
TARE_G = 400


class IdMaker:
    """UUIDv7s that are the same on every load: time from a counter, the rest from the seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._count = 0

    def make(self) -> UUID:
        """Return the next id."""
        self._count += 1
        milliseconds = int(_EPOCH.timestamp() * 1000) + self._count
        value = (milliseconds << 80) | (7 << 76) | (self._random.getrandbits(12) << 64)
        return UUID(int=value | (2 << 62) | self._random.getrandbits(62))


@dataclass(frozen=True, slots=True)
class Person:
    """A drawn producer."""

    id: UUID
    full_name: str
    sex: str
    birth_year: int
    community: str
    member_code: str


@dataclass(frozen=True, slots=True)
class DrawnDelivery:
    """A drawn delivery, whatever the commodity."""

    id: UUID
    person: Person
    commodity: str
    delivered_at: datetime
    quantity: int
    tare_g: int
    attributes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fleece:
    """One drawn fleece; only its weight relative to the others counts until the season's grams are shared out."""

    weight: int
    colour: str
    micron: float
    length_mm: int
    breed: str


def draw_people(  # noqa: PLR0917 - the ingredients of a draw
    random: Random, ids: IdMaker, maker: names.NameMaker, communities: Sequence[str], count: int, prefix: str
) -> list[Person]:
    """Draw people, half women and half men by turns of chance, shared evenly over communities."""
    people: list[Person] = []
    per_community = split_largest_remainder(count, [1] * len(communities), list(communities))
    for community, size in zip(communities, per_community, strict=True):
        for _ in range(size):
            sex = "female" if random.random() < figures.WOMEN_SHARE else "male"
            number = len(people) + 1
            people.append(
                Person(
                    ids.make(),
                    maker.make(sex),
                    sex,
                    random.randint(1950, 2003),
                    community,
                    f"{prefix}{number:03d}",
                )
            )
    return people


def draw_fleeces(random: Random, count: int) -> list[Fleece]:
    """Draw fleeces by the published herd weights, colours and micron spread."""
    colours, colour_weights = zip(*figures.COLOUR_SHARES.items(), strict=True)
    ages, age_weights = zip(*figures.FLEECE_SHARES.items(), strict=True)
    low, high = figures.MICRON_BOUNDS
    fleeces = []
    for _ in range(count):
        age = random.choices(ages, [float(weight) for weight in age_weights])[0]
        grams = float(figures.FLEECE_POUNDS[age] * GRAMS_PER_POUND) * max(0.45, random.gauss(1, 0.18))
        colour = random.choices(colours, [float(weight) for weight in colour_weights])[0]
        micron = min(high, max(low, random.gauss(figures.MICRON_MEAN, figures.MICRON_SD)))
        length = max(45, round(random.gauss(figures.LENGTH_MEAN_MM, figures.LENGTH_SD_MM)))
        solid = colour != "multicolour"
        breed = "suri" if solid and random.random() < float(figures.SURI_SHARE) else "huacaya"
        fleeces.append(Fleece(round(grams), colour, micron, length, breed))
    return fleeces


def _fineness(micron: float) -> int:
    """Return the bag that a herder would put a fleece into by touch: fine, medium or coarse."""
    return sum(micron > limit for limit in figures.BAG_LIMITS_MICRON)


def _local(day: date, hour: float, zone: str) -> datetime:
    moment = datetime.combine(day, time(), ZoneInfo(zone)) + timedelta(seconds=round(hour * 3600))
    return moment.astimezone(UTC)


def bag_fleeces(fleeces: Sequence[Fleece]) -> list[list[Fleece]]:
    """Put a producer's fleeces into bags by colour, breed and fineness; a bag is what becomes a lot."""
    bags: dict[tuple[str, str, int], list[Fleece]] = {}
    for fleece in fleeces:
        bags.setdefault((fleece.colour, fleece.breed, _fineness(fleece.micron)), []).append(fleece)
    return [bags[key] for key in sorted(bags)]


def fibre_attributes(bag: Sequence[Fleece]) -> dict[str, Any]:
    """Return what is written of a bag: weighted mean micron with one decimal, mean length, fleeces."""
    weight = sum(fleece.weight for fleece in bag)
    micron = sum(fleece.micron * fleece.weight for fleece in bag) / weight
    length = sum(fleece.length_mm * fleece.weight for fleece in bag) / weight
    return {
        "breed": bag[0].breed,
        "colour": bag[0].colour,
        "micron": str(Decimal(str(round(micron, 1)))),
        "length_mm": round(length),
        "fleeces": len(bag),
    }


def draw_fibre(
    random: Random, ids: IdMaker, people: Sequence[Person], total_grams: int, days: Sequence[date]
) -> list[DrawnDelivery]:
    """Draw a season of fibre whose net grams sum exactly to `total_grams`."""
    herds = [max(0.15, random.lognormvariate(0, 0.45)) for _ in people]
    fleece_total = round(total_grams / float(figures.MEAN_FLEECE_POUNDS * GRAMS_PER_POUND))
    counts = split_largest_remainder(
        fleece_total, [round(herd * 1000) for herd in herds], [p.id for p in people]
    )
    drawn: list[tuple[Person, date, list[Fleece]]] = []
    for person, count in zip(people, counts, strict=True):
        day = random.choice(days)
        drawn += [(person, day, bag) for bag in bag_fleeces(draw_fleeces(random, max(count, 1)))]
    delivery_ids = [ids.make() for _ in drawn]
    weights = [sum(fleece.weight for fleece in bag) for _, _, bag in drawn]
    quantities = split_largest_remainder(total_grams, weights, delivery_ids)
    return [
        DrawnDelivery(
            delivery_id,
            person,
            "alpaca-fibre",
            _local(day, random.uniform(8, 17), "America/Lima"),
            quantity,
            TARE_G,
            fibre_attributes(bag),
        )
        for delivery_id, (person, day, bag), quantity in zip(delivery_ids, drawn, quantities, strict=True)
    ]


def draw_milk(
    random: Random, ids: IdMaker, people: Sequence[Person], first: date, last: date
) -> list[DrawnDelivery]:
    """Draw milk so that every day sums exactly to the published millilitres."""
    herds = [round(1000 * max(0.3, random.lognormvariate(0, 0.35))) for _ in people]
    deliveries = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        turns = [(person, shift) for person in people for shift in ("am", "pm")]
        parts = [0.62 if shift == "am" else 0.38 for _, shift in turns]
        weights = [
            max(1, round(herd * part * random.gauss(1, 0.08)))
            for herd, part in zip([herd for herd in herds for _ in range(2)], parts, strict=True)
        ]
        quantities = split_largest_remainder(figures.MILK_ML_PER_DAY, weights, list(range(len(turns))))
        for (person, shift), quantity in zip(turns, quantities, strict=True):
            hour = random.uniform(5.5, 7.5) if shift == "am" else random.uniform(15.5, 17.0)
            attributes = {
                "shift": shift,
                "temperature_c": str(round(random.gauss(8.2 if shift == "am" else 9.0, 0.6), 1)),
                "fat_pct": str(round(random.gauss(3.7, 0.2), 2)),
                "density_g_ml": str(round(random.gauss(1.0305, 0.0008), 4)),
            }
            deliveries.append(
                DrawnDelivery(
                    ids.make(), person, "raw-milk", _local(day, hour, "America/Lima"), quantity, 0, attributes
                )
            )
    return deliveries


def draw_meat(
    random: Random, ids: IdMaker, people: Sequence[Person], first: date, weeks: int
) -> list[DrawnDelivery]:
    """Draw llama carcasses, 2 to 10 a week, with published weights and share of sarcocystis."""
    deliveries = []
    for week in range(weeks):
        day = first + timedelta(days=7 * week + 3)
        for _ in range(random.randint(*figures.ANIMALS_PER_WEEK)):
            weight_g = round(1000 * max(18.0, random.gauss(figures.CARCASS_MEAN_KG, figures.CARCASS_SD_KG)))
            attributes = {
                "age_class": random.choice(["DL", "2D", "4D", "BLL", "BLL"]),
                "sarcocystis": "present" if random.random() < float(figures.SARCOCYSTIS_SHARE) else "absent",
                "sex": random.choice(["female", "male"]),
            }
            deliveries.append(
                DrawnDelivery(
                    ids.make(),
                    random.choice(people),
                    "llama-carcass",
                    _local(day, random.uniform(7, 11), "America/La_Paz"),
                    weight_g,
                    0,
                    attributes,
                )
            )
    return deliveries
