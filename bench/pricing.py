"""Prices of a dairy's month: 2,000 producers × 60 deliveries, by ways of paying; rates against bare sums in the same run."""

import random
from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from bench.common import SEED, print_table, timed
from chain.core.ids import new_id
from chain.core.money import amount_for
from chain.pricing.rules import DeliveryFacts, PriceContent, Quota, price_deliveries
from chain.pricing.rules.content import (
    Adjustment,
    Basis,
    Composition,
    DayPrices,
    Effect,
    PayUnit,
    SchemeKind,
)
from tests.support.pricing import JULY, delivery, flat, milk, span

PRODUCERS, DELIVERIES, REPEATS = 2_000, 60, 3
DAYS = DayPrices(sunday_minor=450, excess_weekday_minor=400, excess_sunday_minor=400)
FAT = Composition(parameter="fat_pct", basis=Basis.POINT, rate_minor=20, reference=Decimal("3.5"))
WAYS: Mapping[str, PriceContent] = {
    "one price": flat(500),
    "premiums for women and organic": PriceContent(
        kind=SchemeKind.FLAT,
        unit=PayUnit.LITRE,
        base_minor=500,
        adjustments=(
            Adjustment(name="Mujer", effect=Effect.PREMIUM, per_unit_minor=10, is_for_women=True),
            Adjustment(name="Ecológica", effect=Effect.PREMIUM, basis_points=500, claim="organic"),
        ),
    ),
    "weekday and Sunday": milk(500, days=DAYS),
    "the same with a quota per day": milk(500, days=DAYS),
    "composition": milk(450, composition=(FAT,)),
}


def month() -> list[DeliveryFacts]:
    """Draw the month's deliveries, two a day."""
    drawn = random.Random(SEED)
    return [
        delivery(
            producer,
            drawn.randint(10_000, 90_000),
            JULY[0] + timedelta(days=place // 2),
            attributes={"fat_pct": f"3.{drawn.randint(1, 9)}"},
            shift="pm" if place % 2 else "am",
            is_woman=drawn.random() < 0.5,
        )
        for producer in (new_id() for _ in range(PRODUCERS))
        for place in range(DELIVERIES)
    ]


def bare(deliveries: list[DeliveryFacts]) -> dict[UUID, int]:
    """Sum litres by producer and multiply: no class, no day, no explanation, no lot gets its part."""
    sums: defaultdict[UUID, int] = defaultdict(int)
    for one in deliveries:
        sums[one.producer_id] += one.quantity
    return {producer: amount_for(quantity, 500) for producer, quantity in sums.items()}


def main() -> None:
    """Print a rate for each way of paying and its ratio to bare sums."""
    deliveries = month()
    quotas = {(one.producer_id, one.delivered_on): Quota(80_000) for one in deliveries}
    reference = min(timed(lambda: bare(deliveries)) for _ in range(REPEATS))
    rows = [["bare sums and products", f"{len(deliveries) / reference:,.0f}", "1"]]
    for name, content in WAYS.items():
        version = span(content)
        used = quotas if "quota" in name else None

        def price(version: Any = version, used: Any = used) -> object:
            return price_deliveries([version], deliveries, quotas=used)

        seconds = min(timed(price) for _ in range(REPEATS))
        rows.append([name, f"{len(deliveries) / seconds:,.0f}", f"1/{seconds / reference:,.1f}"])
    print_table(
        f"Prices of {len(deliveries):,} deliveries",
        ["way of paying", "deliveries/s", "of the reference"],
        rows,
    )


if __name__ == "__main__":
    main()
