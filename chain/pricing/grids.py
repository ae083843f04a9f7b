"""A price grid of grading as the content of a version, for copying. Pure."""

from chain.core.money import round_half_up
from chain.grading.pricing import DECIMALS, UNITS, CellOutcome, PriceGrid
from chain.pricing.rules.content import ClassPrice, PayUnit, PriceContent, SchemeKind

GRAMS = 1000


def content_of_grid(grid: PriceGrid) -> tuple[PriceContent, int]:
    """Return classes, colours and prices of a grid, and how many cells were left out because they depend on the length.

    A price per pound becomes one per kilogram, rounded half up to the minor unit. Classes that the grid refuses or pays nothing for
    are not listed; a version refuses to price them.
    """
    priced = [
        one for one in grid.cells.values() if one.outcome is CellOutcome.PRICED and one.price is not None
    ]
    taken = [one for one in priced if one.length_class is None]
    classes = tuple(
        ClassPrice(
            one.grade,
            one.colour_group,
            round_half_up((one.price or 0) * 10 ** DECIMALS[grid.currency] * GRAMS / UNITS[grid.unit]),
        )
        for one in taken
    )
    content = PriceContent(
        kind=SchemeKind.CLASSES,
        unit=PayUnit.LITRE if grid.unit == "l" else PayUnit.KILOGRAM,
        grades_from=grid.grades_from,
        classes=classes,
        colour_groups={group.key: group.colours for group in grid.colour_groups},
    )
    return content, len(priced) - len(taken)
