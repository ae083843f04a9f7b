"""What prices rest on besides quantity, day and class: the results that count, and whose delivery it is. Pure."""

from collections.abc import Sequence
from typing import Any

from chain.pricing.rules.content import SchemeSpan
from chain.pricing.rules.facts import DeliveryFacts, Result
from chain.pricing.rules.results import results_of


def price_basis(
    spans: Sequence[SchemeSpan], deliveries: Sequence[DeliveryFacts], history: Sequence[Result]
) -> list[list[Any]]:
    """Return a row per delivery that a version with composition, premiums or penalties prices, in the order of lots.

    Each has the lot, its shift (it decides which delivery of a day lies over the quota), whether a woman brought it where that is
    paid, and every result in ten-thousandths with its origin: measured, a mean of earlier ones, typical, none.
    """
    rows: list[list[Any]] = []
    for span in spans:
        content = span.content
        is_measured = bool(content.parameters) or content.density is not None
        if not (is_measured or content.adjustments):
            continue
        asks_for_women = any(one.is_for_women for one in content.adjustments)
        found = results_of(content, deliveries, history) if is_measured else None
        for place, one in enumerate(deliveries):
            if not span.holds(one.delivered_on):
                continue
            results = [[value, int(origin)] for value, origin in found[place]] if found else []
            woman = int(one.is_woman) if asks_for_women else None
            rows.append([str(one.source_id), str(one.lot_id), one.shift or "", woman, results])
    return sorted(rows, key=lambda row: (row[0], row[1]))
