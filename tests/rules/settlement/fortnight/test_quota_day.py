from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from chain.settlement.fortnight.facts import (
    DayMilk,
    FortnightInput,
    Member,
    Prices,
    Quota,
    Rates,
    ScaleReading,
    Zone,
)
from chain.settlement.fortnight.period import fortnight_of
from chain.settlement.fortnight.results import Payroll, summary_of
from chain.settlement.fortnight.rules import calculate

CASES = yaml.safe_load(Path("tests/data/cases/milk/quota-day.yaml").read_text())


def minor(text: str) -> int:
    return int(Decimal(text) * 100)


def millilitres(text: str) -> int:
    return int(Decimal(text) * 1000)


def facts(case: dict[str, Any]) -> FortnightInput:
    day = date.fromisoformat(case["date"])
    prices = CASES["prices"]
    span = date.fromisoformat(prices["from"]), date.fromisoformat(prices["to"])
    return FortnightInput(
        period=fortnight_of(day),
        members={code: Member(code, code) for code in ("P-B", "P-A")},
        zones={"Z": Zone("Z", "Z")},
        milk=[DayMilk("Z", one["producer"], day, millilitres(one["litres"])) for one in case["deliveries"]],
        readings=[ScaleReading("Z", day, millilitres(case["scale_litres"]))],
        prices=[
            Prices(
                *(minor(prices[word]) for word in ("weekday", "sunday", "excess_weekday", "excess_sunday")),
                *span,
            )
        ],
        quotas=[Quota(one["producer"], millilitres(one["litres_per_day"]), *span) for one in CASES["quotas"]],
        rates=[Rates(0, 0, span[0])],
    )


@pytest.mark.parametrize("case", CASES["cases"], ids=lambda case: case["case"])
def test_the_plants_own_day_comes_out_as_written(case: dict[str, Any]) -> None:
    found = calculate(facts(case))
    expected = case["expected"]
    lists = {
        "normal_weekday": Payroll.WEEKDAY,
        "normal_sunday": Payroll.SUNDAY,
        "excess_weekday": Payroll.EXCESS_WEEKDAY,
        "excess_sunday": Payroll.EXCESS_SUNDAY,
    }
    for name, payroll in lists.items():
        rows = expected.get(name, [])
        records = found.of(payroll)
        assert [record.producer for record in records] == [row["producer"] for row in rows]
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
