"""The nearest miss is true: with the change that it names the lot goes, and without it, it does not."""

from dataclasses import replace

import pytest

from chain.matching.rules.engine import solve
from chain.matching.rules.instance import DemandAsk, Instance, LotOffer
from chain.matching.rules.misses import Miss, Misses, nearest_miss
from chain.matching.rules.pairs import Condition, Unmet
from tests.support.drawn_markets import draw, nets_of, optimum


@pytest.mark.parametrize("block", range(8))
def test_the_lot_goes_at_the_price_that_is_named_and_not_for_a_cent_less(block: int) -> None:
    asked = 0
    for seed in range(block * 15, block * 15 + 15):
        instance = draw(seed)
        solution = solve(instance)
        misses = Misses(instance, solution)
        at_demand = {one.id: at for at, one in enumerate(instance.demands)}
        lots = {one.id: at for at, one in enumerate(instance.lots)}
        for rest in solution.unmatched:
            miss = misses.nearest(instance.lots[lots[rest.lot_id]])
            if miss is None or miss.price is None:
                continue
            # What is left of the lot stands beside the rest of the market as a lot of its own, at the named net price.
            alone = replace(
                instance.lots[lots[rest.lot_id]], id="rest", quantity=rest.quantity, registered_at_key=0
            )
            bigger = Instance([*instance.lots, alone], instance.demands, instance.freight)
            shrunk = [
                replace(one, quantity=one.quantity - rest.quantity) if one.id == rest.lot_id else one
                for one in bigger.lots
            ]
            bigger = replace(bigger, lots=[one for one in shrunk if one.quantity])
            base = {k: v for k, v in nets_of(bigger).items() if k[0] != len(bigger.lots) - 1}
            pair = (len(bigger.lots) - 1, at_demand[miss.demand_id])
            without = optimum(bigger, base)
            assert without == pytest.approx(solution.value, rel=1e-9)
            net = miss.price - miss.freight
            assert optimum(bigger, {**base, pair: net}) > without + 0.5
            if net > max(alone.reserve_minor or 0, 1):
                assert optimum(bigger, {**base, pair: net - 1}) <= without + 0.5
            asked += 1
    assert asked > 10


def test_a_whole_lot_goes_once_the_demand_takes_as_much_more_as_is_named() -> None:
    seen = 0
    for seed in range(150):
        instance = draw(seed, whole=1.0)
        solution = solve(instance)
        misses = Misses(instance, solution)
        lots = {one.id: one for one in instance.lots}
        for rest in solution.unmatched:
            miss = misses.nearest(lots[rest.lot_id])
            if miss is None or miss.condition is not Condition.WHOLE or len(miss.unmet) > 1:
                continue
            wider = [
                replace(one, max_quantity=(one.max_quantity or 0) + miss.by)
                if one.id == miss.demand_id
                else one
                for one in instance.demands
            ]
            assert solve(replace(instance, demands=wider)).value > solution.value
            seen += 1
    assert seen > 20


def test_a_whole_lot_goes_at_the_price_that_is_named() -> None:
    seen = 0
    for seed in range(120):
        instance = draw(seed, whole=1.0, least=0.3)
        solution = solve(instance)
        misses = Misses(instance, solution)
        nets = nets_of(instance)
        lot_at = {one.id: at for at, one in enumerate(instance.lots)}
        demand_at = {one.id: at for at, one in enumerate(instance.demands)}
        for rest in solution.unmatched:
            miss = misses.nearest(instance.lots[lot_at[rest.lot_id]])
            if miss is None or miss.price is None:
                continue
            pair = (lot_at[miss.lot_id], demand_at[miss.demand_id])
            assert optimum(instance, {**nets, pair: miss.price - miss.freight}) > solution.value + 0.5
            seen += 1
    assert seen > 50


def missed(lot: LotOffer, *demands: DemandAsk) -> Miss | None:
    instance = Instance([lot], demands)
    return nearest_miss(lot, instance, solve(instance))


LOT = LotOffer("L", "alpaca-fibre", 10_000, grade="baby", colour="white", micron_tenths=232, centre="A")


def demand(name: str = "D", price: int | None = 50, **values: object) -> DemandAsk:
    return DemandAsk(name, "M", "alpaca-fibre", price, **values)  # type: ignore[arg-type]  # named by the test


@pytest.mark.parametrize(
    ("asked", "unmet"),
    [
        (demand(micron_max_tenths=230), Unmet(Condition.MICRON_ABOVE, 2)),
        (demand(micron_min_tenths=240), Unmet(Condition.MICRON_BELOW, 8)),
        (demand(claim="organic"), Unmet(Condition.CLAIM, 2)),
        (demand(grades=("fleece",)), Unmet(Condition.GRADE)),
        (demand(colours=("black",)), Unmet(Condition.COLOUR)),
        (demand(centres=("B",)), Unmet(Condition.CENTRE)),
        (demand(sellers=("S",)), Unmet(Condition.SELLER)),
        (demand(price=None), Unmet(Condition.NO_PRICE)),
        (demand(max_quantity=0), Unmet(Condition.ROOM)),
        (demand(min_quantity=25_000), Unmet(Condition.LEAST, 15_000)),
    ],
)
def test_the_condition_is_named_with_its_measure(asked: DemandAsk, unmet: Unmet) -> None:
    found = missed(LOT, asked)
    assert found is not None
    assert (found.unmet, found.condition, found.by) == ((unmet,), unmet.condition, unmet.by)


def test_the_reserve_is_named_with_the_price_that_meets_it() -> None:
    found = missed(replace(LOT, reserve_minor=65), demand())
    assert found is not None
    assert (found.condition, found.by, found.offered, found.price) == (Condition.RESERVE, 15, 50, 65)


def test_fewer_conditions_are_nearer_than_more_and_then_the_smaller_distance() -> None:
    two = demand("A", claim="organic", micron_max_tenths=231)
    far = demand("B", micron_max_tenths=220)
    near = demand("C", micron_max_tenths=229)
    found = missed(LOT, two, far, near)
    assert found is not None
    assert (found.demand_id, found.by) == ("C", 3)


def test_where_nobody_asks_for_the_product_there_is_no_miss() -> None:
    assert missed(LOT, replace(demand(), commodity="raw-milk")) is None
    assert missed(LOT) is None


def test_a_lot_that_goes_has_no_miss() -> None:
    assert missed(LOT, demand()) is None
