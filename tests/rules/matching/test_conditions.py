"""Whatever comes in: no gram is lost, no limit is passed, and numbers that cannot be are refused."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.matching.rules.checks import InstanceRefused
from chain.matching.rules.engine import solve
from chain.matching.rules.grouping import make_network
from chain.matching.rules.instance import (
    MAX_PRICE_MINOR,
    MAX_TOTAL_QUANTITY,
    DemandAsk,
    Freight,
    Instance,
    LotOffer,
    PriceStep,
)
from chain.matching.rules.pairs import FreightTable, floor_of, price_for, unmet
from chain.matching.rules.solution import Status
from tests.support.drawn_markets import assert_keeps_every_condition, draw, net_price, optimum

FIBRE = "alpaca-fibre"
shares = st.sampled_from((0.0, 0.4, 1.0))


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 10**9), whole=shares, least=shares, lots=st.integers(1, 40), demands=st.integers(1, 9)
)
def test_every_condition_is_kept(seed: int, whole: float, least: float, lots: int, demands: int) -> None:
    instance = draw(seed, whole=whole, least=least, lots=lots, demands=demands)
    assert_keeps_every_condition(instance, solve(instance))


@settings(max_examples=60, deadline=None)
@given(
    quantities=st.lists(st.integers(1, 10**6), min_size=1, max_size=12),
    most=st.integers(0, 4 * 10**6),
    whole=st.booleans(),
)
def test_a_single_demand_is_filled_as_far_as_it_can_be(quantities: list[int], most: int, whole: bool) -> None:
    lots = [LotOffer(f"L{at}", FIBRE, grams, divisible=not whole) for at, grams in enumerate(quantities)]
    found = solve(Instance(lots, [DemandAsk("D", "M", FIBRE, 100, max_quantity=most)]))
    if not whole:
        assert found.value == min(sum(quantities), most) * 100
    sums = {0}
    for grams in quantities:
        sums |= {one + grams for one in sums}
    if whole:
        assert found.value == max(one for one in sums if one <= most) * 100


def test_the_table_of_ways_is_that_of_the_plain_rules() -> None:
    for seed in range(150):
        instance = draw(seed)
        table = FreightTable(instance)
        network = make_network(instance)
        seen = {
            (network.lots[lot].id, network.demands[demand].id): net
            for lot in range(len(network.lots))
            for group, demand, net in zip(
                network.ways.group.tolist(),
                network.ways.demand.tolist(),
                network.ways.net.tolist(),
                strict=True,
            )
            if group == network.group[lot]
        }
        plain = {}
        for lot in instance.lots:
            for demand in instance.demands:
                price = None if unmet(lot, demand) else price_for(lot, demand)
                net = None if price is None else price - table.cost(lot, demand)
                if net is not None and net >= floor_of(lot):
                    plain[lot.id, demand.id] = net
                assert plain.get((lot.id, demand.id)) == net_price(instance, lot, demand)
        assert seen == plain


def test_lots_of_several_associations_fill_one_demand_together() -> None:
    lots = [LotOffer(f"L{seller}", FIBRE, 40_000, seller=seller) for seller in ("S1", "S2", "S3")]
    demand = DemandAsk("D", "M", FIBRE, 50, min_quantity=100_000, max_quantity=120_000)
    found = solve(Instance(lots, [demand]))
    assert found.quantity_by_demand == {"D": 120_000}
    private = replace(demand, sellers=("S1", "S2"))
    alone = solve(Instance(lots, [private]))
    assert (alone.quantity_by_demand, alone.dropped) == ({}, ("D",))


def test_organic_satisfies_transition_and_not_the_other_way_round() -> None:
    lots = [LotOffer(claim, FIBRE, 1_000, claim=claim) for claim in ("conventional", "transition", "organic")]
    demand = DemandAsk("D", "M", FIBRE, 50, claim="transition")
    assert [flow.lot_id for flow in solve(Instance(lots, [demand])).flows] == ["organic", "transition"]


def test_nothing_is_sold_under_its_reserve_after_freight() -> None:
    lots = [
        LotOffer(f"{reserve}", FIBRE, 1_000, centre="C", reserve_minor=reserve) for reserve in (89, 90, 91)
    ]
    found = solve(Instance(lots, [DemandAsk("D", "M", FIBRE, 100)], [Freight("C", "M", 10)]))
    assert [flow.lot_id for flow in found.flows] == ["89", "90"]


def test_a_lot_never_goes_for_nothing() -> None:
    demand = DemandAsk("D", "M", FIBRE, 10, min_quantity=2_000)
    lots = [LotOffer("near", FIBRE, 1_500), LotOffer("far", FIBRE, 1_500, centre="C")]
    found = solve(Instance(lots, [demand], [Freight("C", "M", 10)]))
    assert (found.flows, found.dropped) == ([], ("D",))


def test_the_largest_numbers_are_exact() -> None:
    lots = [LotOffer(f"L{at}", FIBRE, MAX_TOTAL_QUANTITY // 10) for at in range(10)]
    demands = [
        DemandAsk(f"D{at}", "M", FIBRE, MAX_PRICE_MINOR - at, max_quantity=10**14 + 1) for at in range(12)
    ]
    found = solve(Instance(lots, demands))
    assert found.value == sum((10**14 + 1) * (MAX_PRICE_MINOR - at) for at in range(9)) + (10**14 - 9) * (
        MAX_PRICE_MINOR - 9
    )
    assert found.status == Status.OPTIMAL


def test_an_empty_market_is_an_answer() -> None:
    lot, demand = LotOffer("L", FIBRE, 1), DemandAsk("D", "M", "raw-milk", 1, min_quantity=1)
    for instance in (
        Instance([], []),
        Instance([lot], []),
        Instance([], [demand]),
        Instance([lot], [demand]),
    ):
        found = solve(instance)
        assert (found.value, found.gap, found.status) == (0, 0.0, Status.OPTIMAL)
        assert [rest.lot_id for rest in found.unmatched] == [one.id for one in instance.lots]


@pytest.mark.parametrize(
    "wrong",
    [
        Instance([LotOffer("L", FIBRE, 1), LotOffer("L", FIBRE, 1)], []),
        Instance([LotOffer("L", FIBRE, 0)], []),
        Instance([LotOffer("L", FIBRE, 1, claim="green")], []),
        Instance([LotOffer("L", FIBRE, 1, reserve_minor=-1)], []),
        Instance([LotOffer("L", FIBRE, 1, micron_tenths=-1)], []),
        Instance([LotOffer("L", FIBRE, MAX_TOTAL_QUANTITY + 1)], []),
        Instance([], [DemandAsk("D", "M", FIBRE, -1)]),
        Instance([], [DemandAsk("D", "M", FIBRE, MAX_PRICE_MINOR, premiums=(PriceStep(1),))]),
        Instance([], [DemandAsk("D", "M", FIBRE, 1, min_quantity=-1)]),
        Instance([], [DemandAsk("D", "M", FIBRE, 1, grid=(PriceStep(1, claim="green"),))]),
        Instance([], [], [Freight("C", "M", -1)]),
    ],
)
def test_numbers_that_cannot_be_are_refused(wrong: Instance) -> None:
    with pytest.raises(InstanceRefused):
        solve(wrong)


def test_a_time_limit_still_gives_an_answer_that_keeps_every_condition() -> None:
    instance = draw(3, whole=0.7, least=0.7, lots=120, demands=12)
    found = solve(instance, time_limit=1e-9)
    assert_keeps_every_condition(instance, found)
    divisible = [replace(one, divisible=True) for one in instance.lots]
    open_ended = [replace(one, min_quantity=0) for one in instance.demands]
    relaxed = optimum(Instance(divisible, open_ended, instance.freight))
    assert found.value <= found.bound <= relaxed * (1 + 1e-9)
