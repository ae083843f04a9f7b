"""What holds for every fortnight, however it is drawn."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import groupby
from random import Random
from typing import Any

from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from chain.core.errors import DomainError
from chain.settlement.fortnight.facts import DayMilk, FortnightInput
from chain.settlement.fortnight.results import Fortnight, Payroll, summary_of
from chain.settlement.fortnight.rules import calculate
from tests.support.drawn_fortnights import fortnights


def settled(facts: FortnightInput) -> Fortnight | None:
    try:
        return calculate(facts)
    except DomainError:
        return None


@settings(max_examples=60)
@drawn(fortnights())
def test_blocks_reconcile_and_nobody_goes_below_zero(facts: FortnightInput) -> None:
    found = settled(facts)
    if found is None:
        return
    assert summary_of(found.records).is_reconciled
    for record in found.records:
        assert record.net_minor >= 0
        assert record.earned_minor >= 0
        assert all(one.taking.amount_minor >= 0 for one in record.taken)
        if record.payroll is not Payroll.WEEKDAY:
            assert record.weighing_minor == record.reserve_minor == record.income_minor == 0
    brought = sum(one.quantity_ml for one in facts.milk if one.day in facts.period)
    assert sum(record.quantity_ml for record in found.records) == brought


@settings(max_examples=60)
@drawn(fortnights())
def test_what_is_shared_over_a_zone_sums_to_the_cent(facts: FortnightInput) -> None:
    found = settled(facts)
    if found is None:
        return
    weekday = found.of(Payroll.WEEKDAY)
    for zone in found.zones:
        own = [record for record in weekday if record.zone == zone.zone]
        if own:
            assert sum(record.weighing_minor for record in own) == zone.weighing_minor
            assert sum(record.reserve_minor for record in own) == zone.reserve_minor
    taken: dict[object, int] = {}
    for record in found.records:
        for one in record.taken:
            if one.taking.movement_id:
                taken[one.taking.movement_id] = taken.get(one.taking.movement_id, 0) + one.taking.amount_minor
    assert taken == {one.movement: one.taken_minor for one in found.balances if one.taken_minor}
    assert all(one.after_minor >= 0 for one in found.balances)


@settings(max_examples=40)
@drawn(fortnights(), st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(facts: FortnightInput, random: Random) -> None:
    def mixed(rows: Iterable[Any]) -> list[Any]:
        shuffled = list(rows)
        random.shuffle(shuffled)
        return shuffled

    names = ("milk", "readings", "quotas", "movements", "rules", "licences", "incomes", "bank_fees")
    more: dict[str, Any] = {name: mixed(getattr(facts, name)) for name in names}
    more |= {"members": dict(mixed(facts.members.items())), "zones": dict(mixed(facts.zones.items()))}
    other = replace(facts, **more)
    one, two = settled(facts), settled(other)
    assert (one is None) == (two is None)
    if one and two:
        assert one.records == two.records
        assert one.zones == two.zones
        assert sorted(one.balances, key=str) == sorted(two.balances, key=str)


@settings(max_examples=60)
@drawn(fortnights())
def test_sums_per_day_give_what_single_deliveries_give(facts: FortnightInput) -> None:
    def place(one: DayMilk) -> tuple[str, str, date]:
        return str(one.zone), str(one.producer), one.day

    summed = []
    for _, rows in groupby(sorted(facts.milk, key=place), key=place):
        same = list(rows)
        summed.append(
            replace(same[0], quantity_ml=sum(one.quantity_ml for one in same), deliveries=len(same))
        )
    one, two = settled(facts), settled(replace(facts, milk=summed))
    assert (one is None) == (two is None)
    if one and two:
        assert one == two
