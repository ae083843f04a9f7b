"""The dairy's own example of a quota day, and variants: facts of docs/pricing.md, cases in tests/data/cases/milk/quota-day.yaml."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml

from chain.core.ids import new_id
from chain.pricing.rules import Block, Quota, price_deliveries
from chain.pricing.rules.content import DayPrices
from tests.support.pricing import delivery, milk, span

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "data/cases/milk/quota-day.yaml").read_text(encoding="utf-8")
)
CASES = DOCUMENT["cases"]


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def thousandths(text: str) -> int:
    return int(Decimal(text) * 1000)


def content() -> Any:
    prices = DOCUMENT["prices"]
    return milk(
        minor(prices["weekday"]),
        days=DayPrices(
            sunday_minor=minor(prices["sunday"]),
            excess_weekday_minor=minor(prices["excess_weekday"]),
            excess_sunday_minor=minor(prices["excess_sunday"]),
        ),
        is_for_whole_periods=True,
    )


def quotas(case: dict[str, Any], producers: dict[str, UUID], day: date) -> dict[tuple[UUID, date], Quota]:
    return {
        (producers[row["producer"]], day): Quota(
            thousandths(row["litres_per_day"]),
            minor(row["override_weekday"]),
            minor(row["override_sunday"]),
        )
        for row in case.get("quotas", DOCUMENT["quotas"])
    }


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_a_quota_day_pays_what_the_dairy_pays(case: dict[str, Any]) -> None:
    producers = {"P-A": new_id(), "P-B": new_id()}
    names = {value: key for key, value in producers.items()}
    day = date.fromisoformat(case["date"])
    deliveries = [
        delivery(producers[one["producer"]], thousandths(one["litres"]), day, shift=one["shift"].lower())
        for one in case["deliveries"]
    ]
    groups = price_deliveries([span(content())], deliveries, quotas=quotas(case, producers, day))
    found = {
        (names[one.producer_id], one.block.value if one.block else ""): (one.quantity, one.amount_minor)
        for one in groups
    }
    blocks = {
        "normal_weekday": Block.WEEKDAY,
        "normal_sunday": Block.SUNDAY,
        "excess_weekday": Block.EXCESS_WEEKDAY,
        "excess_sunday": Block.EXCESS_SUNDAY,
    }
    expected = {
        (row["producer"], block.value): (
            thousandths(row["litres"]),
            minor(row.get("milk_value", row.get("net"))),
        )
        for name, block in blocks.items()
        for row in case["expected"].get(name, ())
    }
    assert found == expected


def test_the_order_of_the_day_fills_the_quota_morning_first() -> None:
    producer, morning, afternoon = new_id(), new_id(), new_id()
    day = date(2026, 7, 8)
    deliveries = [
        delivery(producer, 50_000, day, lot=afternoon, shift="pm"),
        delivery(producer, 70_000, day, lot=morning, shift="am"),
    ]
    normal, excess = price_deliveries([span(content())], deliveries, quotas={(producer, day): Quota(80_000)})[
        ::-1
    ]
    assert normal.block is Block.WEEKDAY
    assert normal.lots == {(morning, morning): 35_000, (afternoon, afternoon): 5_000}
    assert excess.lots == {(afternoon, afternoon): 16_000}


def test_an_override_of_zero_means_the_general_price() -> None:
    producer, day = new_id(), date(2026, 7, 12)
    (excess,) = [
        one
        for one in price_deliveries(
            [span(content())],
            [delivery(producer, 100_000, day)],
            quotas={(producer, day): Quota(80_000, 350, 0)},
        )
        if one.block is Block.EXCESS_SUNDAY
    ]
    assert (excess.quantity, excess.amount_minor) == (20_000, 8_000)
