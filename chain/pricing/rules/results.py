"""The results that a price looks at: a delivery's own, or the mean of the producer's last three, or what is typical. Pure."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import IntEnum
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from chain.core.money import round_half_up
from chain.pricing.rules.arithmetic import divided
from chain.pricing.rules.content import MissingRule, PriceContent
from chain.pricing.rules.facts import DeliveryFacts, Result

#: Results are whole ten-thousandths, so that no calculation needs a fraction.
SCALE = 10_000
LAST = 3
#: Days back that an analysis still says something about the milk of today.
MAX_DAYS_BACK = 366
MICRON = "micron"
DENSITY = "density_g_ml"


class Origin(IntEnum):
    """Where a result comes from."""

    OWN = 0
    MEAN = 1
    TYPICAL = 2
    NONE = 3


class Found(NamedTuple):
    """A result in ten-thousandths and where it comes from."""

    value: int | None
    origin: Origin


NOTHING = Found(None, Origin.NONE)


@lru_cache(maxsize=16_384)
def _scaled(text: str) -> int | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return round_half_up(value * SCALE) if value.is_finite() else None


def scaled(value: Any) -> int | None:
    """Return ten-thousandths of a number as text or Decimal; None for a blank or a word."""
    if value is None or value == "":
        return None
    return _scaled(str(value)[:40])


def own_result(facts: DeliveryFacts, parameter: str) -> int | None:
    """Return what was measured of a delivery itself."""
    found = scaled(facts.attributes.get(parameter))
    if found is None and parameter == MICRON and facts.micron_tenths is not None:
        return facts.micron_tenths * (SCALE // 10)
    return found


def results_of(
    content: PriceContent, deliveries: Sequence[DeliveryFacts], history: Iterable[Result]
) -> list[tuple[Found, ...]]:
    """Return, per delivery, a result for each of the content's parameters, and for the density last where one is needed.

    A producer's results are put in order of day, shift and lot, so that the order of the list does not matter. The mean of the
    last three before the delivery (two or one while there are no more) is rounded to four decimals, half up.
    """
    parameters = needed(content)
    typical = {one.parameter: scaled(one.typical) for one in content.composition}
    if content.density is not None:
        typical.setdefault(DENSITY, scaled(content.density))
    is_mean = content.missing is MissingRule.MEAN_OF_LAST_THREE
    own = [[own_result(one, key) for key in parameters] for one in deliveries]
    answer: list[tuple[Found, ...]] = [()] * len(deliveries)
    past = _past(parameters, history)
    for producer_id, places in _by_producer(deliveries).items():
        last = [past[producer_id, key] for key in parameters]
        for place in places:
            answer[place] = tuple(
                _found(own[place][at], last[at] if is_mean else (), typical.get(key))
                for at, key in enumerate(parameters)
            )
            for at, value in enumerate(own[place]):
                if value is not None:
                    last[at].append(value)
    return answer


def needed(content: PriceContent) -> tuple[str, ...]:
    """Return the parameters of a content, the density of milk paid by the kilogram among them."""
    if content.density is None or DENSITY in content.parameters:
        return content.parameters
    return (*content.parameters, DENSITY)


def _found(own: int | None, last: Collection[int], typical: int | None) -> Found:
    if own is not None:
        return Found(own, Origin.OWN)
    if last:
        return Found(divided(sum(last), len(last)), Origin.MEAN)
    return NOTHING if typical is None else Found(typical, Origin.TYPICAL)


def _past(parameters: Collection[str], history: Iterable[Result]) -> Mapping[tuple[UUID, str], deque[int]]:
    past: defaultdict[tuple[UUID, str], deque[int]] = defaultdict(lambda: deque(maxlen=LAST))
    for one in sorted(history, key=_when):
        value = scaled(one.value)
        if one.parameter in parameters and value is not None:
            past[one.producer_id, one.parameter].append(value)
    return past


def _when(one: Result) -> tuple[date, Decimal]:
    return one.measured_on, one.value


def _by_producer(deliveries: Sequence[DeliveryFacts]) -> Mapping[UUID, list[int]]:
    places: defaultdict[UUID, list[int]] = defaultdict(list)
    for place, one in enumerate(deliveries):
        places[one.producer_id].append(place)
    for listed in places.values():
        listed.sort(key=lambda place: order_in_time(deliveries[place]))
    return places


def order_in_time(facts: DeliveryFacts) -> tuple[date, str, UUID, UUID]:
    """Return what puts a producer's deliveries in order: day, morning before afternoon, lot."""
    return facts.delivered_on, facts.shift or "", facts.lot_id, facts.source_id
