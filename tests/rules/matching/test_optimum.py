"""The value equals that of a plain formulation in another solver, and every condition is kept."""

from dataclasses import replace
from random import Random

import pytest

from chain.matching.rules.engine import solve
from chain.matching.rules.instance import Instance
from chain.matching.rules.solution import Status
from tests.support.drawn_markets import assert_keeps_every_condition, draw, optimum


def assert_optimal(instance: Instance) -> None:
    found = solve(instance)
    assert_keeps_every_condition(instance, found)
    assert found.value == pytest.approx(optimum(instance), rel=1e-6, abs=0.5)
    assert found.status == Status.OPTIMAL
    assert found.gap == 0


@pytest.mark.parametrize("block", range(10))
def test_divisible_lots_bring_what_linprog_says(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        assert_optimal(draw(seed))


@pytest.mark.parametrize("block", range(10))
def test_least_quantities_bring_what_milp_says(block: int) -> None:
    for seed in range(block * 25, block * 25 + 25):
        assert_optimal(draw(seed, least=0.7))


@pytest.mark.parametrize("block", range(10))
def test_whole_lots_bring_what_milp_says(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        assert_optimal(draw(seed, whole=1.0))


@pytest.mark.parametrize("block", range(10))
def test_whole_and_divisible_lots_with_least_quantities_bring_what_milp_says(block: int) -> None:
    for seed in range(block * 20, block * 20 + 20):
        assert_optimal(draw(seed, whole=0.5, least=0.5))


@pytest.mark.parametrize("seed", range(6))
def test_many_lots_of_few_kinds_bring_what_linprog_says(seed: int) -> None:
    assert_optimal(draw(seed, lots=300, demands=12))


@pytest.mark.parametrize(("whole", "least"), [(0.0, 0.0), (0.0, 0.6), (0.6, 0.0), (0.5, 0.5)])
def test_the_order_of_the_input_changes_nothing(whole: float, least: float) -> None:
    for seed in range(15):
        instance = draw(seed, whole=whole, least=least, lots=20)
        first = solve(instance)
        shuffled = [list(part) for part in (instance.lots, instance.demands, instance.freight)]
        for part in shuffled:
            Random(seed).shuffle(part)
        again = solve(Instance(*shuffled))  # type: ignore[arg-type]  # three lists of their own kinds
        assert replace(again, seconds=first.seconds) == first
