"""The nearest miss is true: with the change that it names the lot goes, and without it, it does not."""

from dataclasses import replace

import pytest

from chain.matching.rules.engine import solve
from chain.matching.rules.instance import Instance
from chain.matching.rules.misses import Misses
from tests.support.drawn_markets import draw, nets_of, optimum


@pytest.mark.parametrize("block", range(8))
def test_the_lot_goes_at_the_price_that_is_named_and_not_for_a_cent_less(block: int) -> None:
    asked = 0
    for seed in range(block * 15, block * 15 + 15):
        instance = draw(seed)
        solution = solve(instance)
        misses = Misses(instance, solution)
        nets = nets_of(instance)
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
        assert nets is not None
    assert asked > 10
