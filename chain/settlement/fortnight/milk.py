"""Quota per producer and day (F5 to F8): what of each day's milk is paid in full, and what lies over the quota."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import attrgetter

from chain.settlement.fortnight.facts import FortnightInput, Key, Prices, Quota
from chain.settlement.fortnight.period import DayType, day_type

by_code = attrgetter("code")


@dataclass(slots=True)
class Milk:
    """What one producer brought to one zone in the fortnight."""

    normal_ml: dict[DayType, int] = field(default_factory=lambda: dict.fromkeys(DayType, 0))
    #: over the quota: millilitres by price
    excess_ml: dict[DayType, dict[int, int]] = field(default_factory=lambda: {one: {} for one in DayType})
    #: the quotas that left milk over, for the explanation
    quotas_ml: set[int] = field(default_factory=set)

    @property
    def excess_weekday_ml(self) -> int:
        """Weekday milk over the quota."""
        return sum(self.excess_ml[DayType.WEEKDAY].values())


@dataclass(frozen=True, slots=True)
class MilkOfAll:
    """Every producer's milk by zone, and their keys in the order of codes."""

    by_zone: Mapping[Key, Mapping[Key, Milk]]
    zones: Sequence[Key]
    producers: Sequence[Key]
    deliveries: dict[Key, int]
    #: days with deliveries, by zone
    days: Mapping[Key, set[date]]
    #: weekday milk on the scale that other settlements pay, by zone
    elsewhere_ml: Mapping[Key, int]


def sort_milk(given: FortnightInput, prices: Prices) -> MilkOfAll:
    """Add the deliveries of each producer and day, and part them at the quota.

    The quota is per producer and day over all deliveries of the day. Where somebody brings milk to two zones on a day, the
    quota serves the zone with the lower code first.
    """
    zones = [zone.key for zone in sorted(given.zones.values(), key=by_code)]
    producers = [member.key for member in sorted(given.members.values(), key=by_code)]
    zone_rank = {key: rank for rank, key in enumerate(zones)}
    totals: dict[Key, dict[date, dict[int, int]]] = {}
    deliveries: dict[Key, int] = {}
    days: dict[Key, set[date]] = {key: set() for key in zones}
    period = given.period
    for one in given.milk:
        if one.day not in period:
            continue
        of_day = totals.setdefault(one.producer, {}).setdefault(one.day, {})
        rank = zone_rank[one.zone]
        of_day[rank] = of_day.get(rank, 0) + one.quantity_ml
        deliveries[one.producer] = deliveries.get(one.producer, 0) + one.deliveries
        days[one.zone].add(one.day)
    types = {day: day_type(day, given.choices.holidays) for day in period.days}
    quotas = _quotas_by_producer(given.quotas)
    used = _used_elsewhere(given)
    by_zone: dict[Key, dict[Key, Milk]] = {key: {} for key in zones}
    for producer in producers:
        for day, of_day in sorted(totals.get(producer, {}).items()):
            quota = next((one for one in quotas.get(producer, ()) if one.first <= day <= one.last), None)
            left = None if quota is None else max(quota.per_day_ml - used.get((producer, day), 0), 0)
            _part(by_zone, zones, producer, types[day], of_day, quota, left, prices)
    known = [one for one in producers if one in totals]
    return MilkOfAll(by_zone, zones, known, deliveries, days, _elsewhere(given, zones, days, types))


def _used_elsewhere(given: FortnightInput) -> dict[tuple[Key, date], int]:
    """F6: the day's total is of all deliveries; those that are paid elsewhere used the quota first."""
    used: dict[tuple[Key, date], int] = {}
    for one in given.elsewhere:
        place = (one.producer, one.day)
        used[place] = used.get(place, 0) + one.quantity_ml
    return used


def _elsewhere(
    given: FortnightInput,
    zones: Sequence[Key],
    days: Mapping[Key, set[date]],
    types: Mapping[date, DayType],
) -> dict[Key, int]:
    """C2: the weekday milk that was weighed with the others. A day of such milk only needs no reading, and counts with one."""
    found = dict.fromkeys(zones, 0)
    read = {(one.zone, one.day) for one in given.readings}
    for one in given.elsewhere:
        is_weighed = (one.zone, one.day) in read or one.day in days[one.zone]
        if one.day in given.period and types[one.day] is DayType.WEEKDAY and is_weighed:
            found[one.zone] += one.quantity_ml
    return found


def _quotas_by_producer(quotas: Sequence[Quota]) -> dict[Key, list[Quota]]:
    found: dict[Key, list[Quota]] = {}
    for quota in quotas:
        if quota.is_enabled:
            found.setdefault(quota.producer, []).append(quota)
    return found


def _part(  # noqa: PLR0917 - private; the innermost loop
    by_zone: Mapping[Key, dict[Key, Milk]],
    zones: Sequence[Key],
    producer: Key,
    kind: DayType,
    of_day: Mapping[int, int],
    quota: Quota | None,
    left: int | None,
    prices: Prices,
) -> None:
    """Put a day's milk into a producer's sums: what the quota leaves, and the rest at its price."""
    for rank in sorted(of_day):
        quantity = of_day[rank]
        of_zone = by_zone[zones[rank]]
        milk = of_zone.get(producer)
        if milk is None:
            milk = of_zone[producer] = Milk()
        normal = quantity if left is None else min(quantity, left)
        milk.normal_ml[kind] += normal
        if quota is None or left is None:
            continue
        left -= normal
        if quantity > normal:
            parts = milk.excess_ml[kind]
            price = excess_price(prices, quota, kind)
            parts[price] = parts.get(price, 0) + quantity - normal
            milk.quotas_ml.add(quota.per_day_ml)


def excess_price(prices: Prices, quota: Quota, kind: DayType) -> int:
    """F8: the producer's own price over the quota when there is one, else the general one of that type of day."""
    if kind is DayType.SUNDAY:
        return quota.sunday_minor or prices.excess_sunday_minor
    return quota.weekday_minor or prices.excess_weekday_minor
