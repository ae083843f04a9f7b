from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from chain.settlement.fortnight.facts import FortnightInput, Prices
from chain.settlement.fortnight.results import Payroll, summary_of
from chain.settlement.fortnight.rules import calculate
from tests.support.fortnights import given, key, milk, millilitres, minor, quota, scale

CASES = yaml.safe_load(Path("tests/data/cases/milk/quota-day.yaml").read_text())
LISTS = {
    "normal_weekday": Payroll.WEEKDAY,
    "normal_sunday": Payroll.SUNDAY,
    "excess_weekday": Payroll.EXCESS_WEEKDAY,
    "excess_sunday": Payroll.EXCESS_SUNDAY,
}


def facts(case: dict[str, Any]) -> FortnightInput:
    day = date.fromisoformat(case["date"])
    prices = CASES["prices"]
    row = Prices(
        minor(prices["weekday"]),
        minor(prices["sunday"]),
        minor(prices["excess_weekday"]),
        minor(prices["excess_sunday"]),
        date.fromisoformat(prices["from"]),
        date.fromisoformat(prices["to"]),
    )
    return given(
        [milk(one["producer"], day, one["litres"]) for one in case["deliveries"]],
        [scale(day, case["scale_litres"])],
        more={
            "prices": [row],
            "quotas": [quota(one["producer"], one["litres_per_day"]) for one in CASES["quotas"]],
        },
    )


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["case"])
def test_the_plants_own_day_comes_out_as_written(case: dict[str, Any]) -> None:
    found = calculate(facts(case))
    expected = case["expected"]
    for name, payroll in LISTS.items():
        rows = expected.get(name, [])
        records = found.of(payroll)
        assert [record.producer for record in records] == [key(row["producer"]) for row in rows]
        for record, row in zip(records, rows, strict=True):
            assert record.quantity_ml == millilitres(row["litres"])
            if "milk_value" in row:
                assert record.milk_minor == minor(row["milk_value"])
                assert record.weighing_minor == minor(row["weighing_part"])
            else:
                assert record.price_minor == minor(row["price"])
                assert record.net_minor == minor(row["net"])
    assert sum(zone.weighing_minor for zone in found.zones) == minor(expected["weighing_total"])
    assert found.net_minor == minor(expected["total"])
    assert summary_of(found.records).is_reconciled
    book = sum(millilitres(one["litres"]) for one in case["deliveries"])
    assert book == millilitres(expected["book_litres"])
    assert sum(record.quantity_ml for record in found.records) == book
