"""Days and quotas of milk: which of the four prices each part of a delivery gets. Pure.

Source: facts F2 and F5 to F8 of docs/pricing.md. The day decides, Sundays are under the same quota, what is over it is found per
producer and day over all deliveries of that day, never per delivery.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from chain.pricing.rules.content import PriceContent
from chain.pricing.rules.facts import Block, DeliveryFacts, Quota
from chain.pricing.rules.results import order_in_time
from chain.pricing.rules.spans import SUNDAY


class Piece(NamedTuple):
    """A part of a delivery that gets one price."""

    #: of the delivery in its list
    place: int
    facts: DeliveryFacts
    quantity: int
    block: Block | None
    #: a price of the producer's own in minor units, 0 for none
    own_minor: int


Quotas = Mapping[tuple[UUID, date], Quota]


def is_sunday(day: date, holidays: Collection[date] = ()) -> bool:
    """Tell whether a day is paid as a Sunday; holidays are where the association decided so."""
    return day.weekday() == SUNDAY or day in holidays


def pieces_of(
    content: PriceContent,
    deliveries: Sequence[DeliveryFacts],
    quotas: Quotas | None,
    holidays: Collection[date] = (),
) -> Iterable[tuple[int, DeliveryFacts, int, Block | None, int]]:
    """Return the pieces of deliveries; as bare tuples of `Piece`, because there are many."""
    if content.days is None and not quotas:
        return ((place, one, one.quantity, None, 0) for place, one in enumerate(deliveries))
    blocks = {
        day: Block.SUNDAY if is_sunday(day, holidays) else Block.WEEKDAY
        for day in {one.delivered_on for one in deliveries}
    }
    if not quotas:
        return (
            (place, one, one.quantity, blocks[one.delivered_on], 0) for place, one in enumerate(deliveries)
        )
    return _over_quota(deliveries, blocks, quotas)


def _over_quota(
    deliveries: Sequence[DeliveryFacts], blocks: Mapping[date, Block], quotas: Quotas
) -> list[tuple[int, DeliveryFacts, int, Block | None, int]]:
    """Fill each day's quota in the order of the day; what is left of a delivery then is over the quota."""
    pieces: list[tuple[int, DeliveryFacts, int, Block | None, int]] = []
    of_day: defaultdict[tuple[UUID, date], list[int]] = defaultdict(list)
    for place, one in enumerate(deliveries):
        at = (one.producer_id, one.delivered_on)
        if at in quotas:
            of_day[at].append(place)
        else:
            pieces.append((place, one, one.quantity, blocks[one.delivered_on], 0))
    for at, places in of_day.items():
        quota, block = quotas[at], blocks[at[1]]
        left = quota.quantity_per_day
        if block is Block.SUNDAY:
            excess, own_minor = Block.EXCESS_SUNDAY, quota.excess_sunday_minor
        else:
            excess, own_minor = Block.EXCESS_WEEKDAY, quota.excess_weekday_minor
        for place in sorted(places, key=lambda here: order_in_time(deliveries[here])):
            one = deliveries[place]
            normal = min(one.quantity, left)
            left -= normal
            if normal:
                pieces.append((place, one, normal, block, 0))
            if one.quantity > normal:
                pieces.append((place, one, one.quantity - normal, excess, own_minor))
    return pieces
