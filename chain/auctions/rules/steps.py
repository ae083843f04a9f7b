"""The table of steps: by how much a bid must lie over the price, depending on the price."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Lines of a table at most.
MAX_STEPS = 20


@dataclass(frozen=True, slots=True)
class Step:
    """From a price on, bids rise by at least this much; minor units for a kilogram or litre."""

    from_minor: int
    step_minor: int


Steps = tuple[Step, ...]

#: 0.10 below 10.00, 0.20 from there, 0.50 from 50.00, 1.00 from 100.00.
DEFAULT_STEPS: Steps = (Step(0, 10), Step(1_000, 20), Step(5_000, 50), Step(10_000, 100))


def step_at(steps: Steps, price: int) -> int:
    """Return the step at a price: that of the last line whose price is not above it.

    10.00 with the default table → 0.20; 9.99 → 0.10.
    """
    return steps[bisect_right(steps, price, key=lambda step: step.from_minor) - 1].step_minor


def is_table(steps: Sequence[Step]) -> bool:
    """Tell whether these lines are a table: the first from zero, rising prices, positive steps."""
    prices = [step.from_minor for step in steps]
    return (
        0 < len(steps) <= MAX_STEPS
        and prices[0] == 0
        and all(low < high for low, high in pairwise(prices))
        and all(step.step_minor > 0 for step in steps)
    )


def as_plain(steps: Sequence[Step]) -> list[dict[str, int]]:
    """Return a table as JSON keeps it."""
    return [{"from_minor": step.from_minor, "step_minor": step.step_minor} for step in steps]


def from_plain(lines: Sequence[Mapping[str, int]]) -> Steps:
    """Return a table as it was kept."""
    return tuple(Step(line["from_minor"], line["step_minor"]) for line in lines)
