"""Ties: the written rule, and that the value never changes by it."""

from dataclasses import replace

import pytest

from chain.matching.rules.engine import solve
from chain.matching.rules.instance import DemandAsk, Instance, LotOffer
from chain.matching.rules.solution import Solution
from tests.support.drawn_markets import Nets, draw, nets_of

FIBRE = "alpaca-fibre"


def lot(name: str, key: int = 0, **values: object) -> LotOffer:
    return LotOffer(name, FIBRE, 10_000, registered_at_key=key, **values)  # type: ignore[arg-type]  # drawn by the test


def test_of_equal_lots_the_earlier_goes_and_then_the_smaller_id() -> None:
    demand = DemandAsk("D", "M", FIBRE, 50, max_quantity=25_000)
    found = solve(Instance([lot("c", 2), lot("b", 2), lot("a", 3), lot("d", 1)], [demand]))
    assert [(flow.lot_id, flow.quantity) for flow in found.flows] == [
        ("d", 10_000),
        ("b", 10_000),
        ("c", 5_000),
    ]


def test_the_earlier_lot_gets_the_better_price() -> None:
    demands = [DemandAsk("low", "M", FIBRE, 40), DemandAsk("high", "M", FIBRE, 50, max_quantity=10_000)]
    found = solve(Instance([lot("late", 2), lot("early", 1)], demands))
    assert [(flow.lot_id, flow.demand_id) for flow in found.flows] == [("early", "high"), ("late", "low")]


def test_at_equal_prices_the_smaller_demand_id_is_filled_by_the_earlier_lot() -> None:
    demands = [DemandAsk(name, "M", FIBRE, 50, max_quantity=10_000) for name in ("B", "A")]
    found = solve(Instance([lot("late", 2), lot("early", 1)], demands))
    assert [(flow.lot_id, flow.demand_id) for flow in found.flows] == [("early", "A"), ("late", "B")]


def test_an_earlier_lot_of_another_kind_takes_the_place_of_a_later_one_at_the_same_price() -> None:
    shared = DemandAsk("shared", "M", FIBRE, 50, max_quantity=10_000)
    other = DemandAsk("other", "M", FIBRE, 60, grades=("baby",), max_quantity=10_000)
    lots = [lot("first", 1, grade="baby"), lot("second", 2, grade="fleece"), lot("third", 3, grade="baby")]
    found = solve(Instance(lots, [shared, other]))
    assert {flow.lot_id: flow.demand_id for flow in found.flows} == {"first": "other", "second": "shared"}


def test_of_whole_lots_of_one_weight_the_earlier_goes() -> None:
    demand = DemandAsk("D", "M", FIBRE, 50, max_quantity=25_000)
    lots = [lot(name, key, divisible=False) for name, key in (("z", 1), ("y", 3), ("x", 2))]
    assert [flow.lot_id for flow in solve(Instance(lots, [demand])).flows] == ["z", "x"]


@pytest.mark.parametrize("block", range(6))
def test_no_earlier_lot_is_left_over_for_a_later_one_at_the_same_net_price(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        instance = draw(seed, lots=25)
        assert_nobody_is_passed_over(instance, solve(instance), nets_of(instance))


def assert_nobody_is_passed_over(instance: Instance, solution: Solution, nets: Nets) -> None:
    """Wherever a lot is left over, no later lot stands at a demand at a net price that it would bring there itself."""
    lots = {one.id: at for at, one in enumerate(instance.lots)}
    demands = {one.id: at for at, one in enumerate(instance.demands)}
    for rest in solution.unmatched:
        left = instance.lots[lots[rest.lot_id]]
        for flow in solution.flows:
            other = instance.lots[lots[flow.lot_id]]
            if (left.registered_at_key, left.id) < (other.registered_at_key, other.id):
                assert nets.get((lots[left.id], demands[flow.demand_id])) != flow.net


def test_dealing_anew_keeps_the_value_of_every_demand() -> None:
    for seed in range(30):
        instance = draw(seed, lots=25)
        found = solve(instance)
        late_first = [replace(one, registered_at_key=-one.registered_at_key) for one in instance.lots]
        other = solve(replace(instance, lots=late_first))
        assert other.value == found.value
