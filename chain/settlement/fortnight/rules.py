"""A fortnight from its facts, pure: four payrolls per zone, explained, to the cent.

The rules are those that a Bolivian dairy plant works by; their letters (F, C, D, S) are explained with worked tables in
docs/settlement.md. Everything is an integer: millilitres, minor units, millionths.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.money import GRAMS_PER_KILOGRAM
from chain.settlement.fortnight import errors
from chain.settlement.fortnight.arithmetic import litres, plain, prorated, reserve_ml, rounded, value_minor
from chain.settlement.fortnight.checks import Terms, code_of, raise_all, terms_of
from chain.settlement.fortnight.deducting import deduct, records_in_order
from chain.settlement.fortnight.facts import Explanation, FortnightInput, Key
from chain.settlement.fortnight.milk import Milk, MilkOfAll, sort_milk
from chain.settlement.fortnight.period import DayType, day_type
from chain.settlement.fortnight.quality import add_quality
from chain.settlement.fortnight.results import Fortnight, Payroll, Record, ZoneFacts
from chain.settlement.lines import explain

WHY_NORMAL = N_("%(own_ml)s at %(price_minor)s.")
WHY_EXCESS = N_("%(own_ml)s over the daily quota of %(quotas)s, at %(price_minor)s.")
WHY_EXCESS_MIXED = N_("%(own_ml)s over the daily quota of %(quotas)s, at prices that changed: %(parts)s.")
WHY_WEIGHING = N_(
    "The scale showed %(scale_ml)s and the deliveries %(book_ml)s: %(total_minor)s for the zone at %(price_minor)s, shared by litres: %(own_ml)s of %(all_ml)s."
)
WHY_WEIGHING_ELSEWHERE = N_(
    "The scale showed %(scale_ml)s and the deliveries %(book_ml)s, %(elsewhere_ml)s of them in other settlements: %(total_minor)s for the zone at %(price_minor)s, shared by litres: %(own_ml)s of %(all_ml)s."
)
WHY_RESERVE = N_(
    "%(share_ppm)s of the weighed milk of all zones, %(reserve_ml)s at %(price_minor)s: %(total_minor)s for this zone, shared by litres: %(own_ml)s of %(all_ml)s."
)


def calculate(given: FortnightInput) -> Fortnight:
    """Return what each producer is owed; the same facts in any order give the same result.

    Raises:
        NoPriceForFortnight, TwoReservesInForce, ScaleReadingMissing, RowsOverlap, RatesMissing, RatesNotConfirmed:
            what is missing or contradicts itself; several of them come as `FortnightWaits`.
        NobodyToBear, ScaleBelowExcess: a zone's difference or reserve cannot be shared.
        EarnedBelowZero: weighing difference and reserve take more than a producer's milk is worth.
    """
    terms = terms_of(given)
    milk = sort_milk(given, terms.prices)
    records, zones, reserved = _weekday_payrolls(given, terms, milk)
    records += _normal_records(milk, DayType.SUNDAY, Payroll.SUNDAY, terms.prices.sunday_minor)
    records += _excess_records(milk, DayType.WEEKDAY, Payroll.EXCESS_WEEKDAY)
    records += _excess_records(milk, DayType.SUNDAY, Payroll.EXCESS_SUNDAY)
    add_quality(records, given.quality)
    _refuse_below_zero(given, records)
    records = records_in_order(given, records)
    found = deduct(given, records)
    return Fortnight(
        period=given.period,
        records=records,
        zones=[_with_groups(zone, found.groups.get(zone.zone, {})) for zone in zones],
        balances=found.balances,
        deliveries=milk.deliveries,
        waiting_incomes=found.waiting_incomes,
        reserve_ml=reserved,
        taxes_minor=found.taxes_minor,
    )


def weighed(given: FortnightInput) -> dict[Key, int]:
    """Return what weighing difference and reserve give to or take from each producer; debts and premiums do not matter to it.

    Raises:
        DomainError: as `calculate`, of what prices, quotas, readings and reserve lack.
    """
    terms = terms_of(given)
    records, _, _ = _weekday_payrolls(given, terms, sort_milk(given, terms.prices))
    found: dict[Key, int] = {}
    for one in records:
        found[one.producer] = found.get(one.producer, 0) + one.weighing_minor - one.reserve_minor
    return found


def _with_groups(zone: ZoneFacts, groups: dict[str, tuple[int, int]]) -> ZoneFacts:
    return replace(zone, group_minor=groups)


def _normal_records(milk: MilkOfAll, kind: DayType, payroll: Payroll, price: int) -> list[Record]:
    """C1: litres within the quota at one price, rounded once per producer and payroll."""
    found = []
    for zone, of_zone in milk.by_zone.items():
        for producer, own in of_zone.items():
            quantity = own.normal_ml[kind]
            if quantity:
                why = explain(WHY_NORMAL, own_ml=quantity, price_minor=price)
                amount = value_minor(quantity, price)
                found.append(Record(zone, producer, payroll, quantity, price, amount, why))
    return found


def _excess_records(milk: MilkOfAll, kind: DayType, payroll: Payroll) -> list[Record]:
    found = []
    for zone, of_zone in milk.by_zone.items():
        for producer, own in of_zone.items():
            if own.excess_ml[kind]:
                found.append(_excess_record(zone, producer, payroll, own, own.excess_ml[kind]))
    return found


def _excess_record(zone: Key, producer: Key, payroll: Payroll, own: Milk, parts: Mapping[int, int]) -> Record:
    """Return litres over the quota at the price or prices of the fortnight, rounded once."""
    quantity = sum(parts.values())
    exact = sum(price * part for price, part in parts.items())
    price = next(iter(parts)) if len(parts) == 1 else None
    return Record(
        zone,
        producer,
        payroll,
        quantity,
        price,
        rounded(exact, GRAMS_PER_KILOGRAM),
        _why_excess(own, quantity, price, parts),
    )


def _why_excess(own: Milk, quantity: int, price: int | None, parts: Mapping[int, int]) -> Explanation:
    quotas = ", ".join(litres(ml) for ml in sorted(own.quotas_ml))
    if price is not None:
        return explain(WHY_EXCESS, own_ml=quantity, quotas=quotas, price_minor=price)
    told = "; ".join(f"{litres(ml)} × {plain(at, 2)}" for at, ml in sorted(parts.items()))
    return explain(WHY_EXCESS_MIXED, own_ml=quantity, quotas=quotas, parts=told)


def _weekday_payrolls(
    given: FortnightInput, terms: Terms, milk: MilkOfAll
) -> tuple[list[Record], list[ZoneFacts], int]:
    """Return the weekday records with weighing difference and reserve (C1 to C5), and what each zone shared out."""
    records = _normal_records(milk, DayType.WEEKDAY, Payroll.WEEKDAY, terms.prices.weekday_minor)
    bearers: dict[Key, list[Record]] = {zone: [] for zone in milk.zones}
    rank = {producer: place for place, producer in enumerate(milk.producers)}
    for record in sorted(records, key=lambda one: rank[one.producer]):
        bearers[record.zone].append(record)
    scale = _scale_by_zone(given, milk.zones)
    normal = {zone: sum(one.quantity_ml for one in found) for zone, found in bearers.items()}
    excess = {zone: sum(own.excess_weekday_ml for own in milk.by_zone[zone].values()) for zone in milk.zones}
    elsewhere = milk.elsewhere_ml
    not_here = {zone: excess[zone] + elsewhere[zone] for zone in milk.zones}
    # where all of the milk was bought otherwise, the difference stays with the buyer
    not_here |= {zone: scale[zone] for zone in milk.zones if elsewhere[zone] and not bearers[zone]}
    reserved, reserves = _reserve_by_zone(given, terms, milk.zones, scale, not_here)
    facts = []
    problems: list[DomainError] = []
    for zone in milk.zones:
        difference = scale[zone] - normal[zone] - not_here[zone]
        price = terms.prices.weekday_minor
        one = ZoneFacts(
            zone,
            scale[zone],
            normal[zone],
            excess[zone],
            value_minor(difference, price),
            reserves[zone],
            elsewhere_ml=elsewhere[zone],
        )
        facts.append(one)
        if not bearers[zone] and (one.weighing_minor or one.reserve_minor):
            problems.append(errors.NobodyToBear(zone=given.zones[zone].code))
        elif bearers[zone]:
            _share_weighing(one, bearers[zone], price)
            _share_reserve(one, bearers[zone], terms, reserved)
    raise_all(problems)
    return records, facts, reserved


def _scale_by_zone(given: FortnightInput, zones: Sequence[Key]) -> dict[Key, int]:
    """Return the sum of weekday readings; a Sunday's reading does not matter."""
    found = dict.fromkeys(zones, 0)
    for reading in given.readings:
        if reading.day in given.period:
            is_weekday = day_type(reading.day, given.choices.holidays) is DayType.WEEKDAY
            found[reading.zone] += reading.quantity_ml if is_weekday else 0
    return found


def _reserve_by_zone(
    given: FortnightInput,
    terms: Terms,
    zones: Sequence[Key],
    scale: Mapping[Key, int],
    not_here: Mapping[Key, int],
) -> tuple[int, dict[Key, int]]:
    """C4: a fraction of what was weighed, without the milk over the quota or paid elsewhere, shared over the zones by the same base."""
    if terms.reserve is None:
        return 0, dict.fromkeys(zones, 0)
    base = [scale[zone] - not_here[zone] for zone in zones]
    below = [
        errors.ScaleBelowExcess(zone=given.zones[zone].code)
        for zone, own in zip(zones, base, strict=True)
        if own < 0
    ]
    raise_all(below)
    litres = reserve_ml(sum(base), terms.reserve.fraction_ppm)
    total = value_minor(litres, terms.prices.weekday_minor)
    return litres, dict(zip(zones, prorated(total, base), strict=True))


def _share_weighing(zone: ZoneFacts, bearers: Sequence[Record], price: int) -> None:
    """C3: by weekday litres within the quota, which is the same as by value and free of rounding."""
    if not zone.weighing_minor:
        return
    parts = prorated(zone.weighing_minor, [one.quantity_ml for one in bearers])
    other = {"elsewhere_ml": zone.elsewhere_ml} if zone.elsewhere_ml else {}
    for record, part in zip(bearers, parts, strict=True):
        record.weighing_minor = part
        record.weighing_explanation = explain(
            WHY_WEIGHING_ELSEWHERE if other else WHY_WEIGHING,
            scale_ml=zone.scale_ml,
            book_ml=zone.book_ml,
            **other,
            total_minor=zone.weighing_minor,
            price_minor=price,
            own_ml=record.quantity_ml,
            all_ml=zone.normal_ml,
        )


def _share_reserve(zone: ZoneFacts, bearers: Sequence[Record], terms: Terms, reserved: int) -> None:
    if not zone.reserve_minor or terms.reserve is None:
        return
    parts = prorated(zone.reserve_minor, [one.quantity_ml for one in bearers])
    for record, part in zip(bearers, parts, strict=True):
        record.reserve_minor = part
        record.reserve_explanation = explain(
            WHY_RESERVE,
            share_ppm=terms.reserve.fraction_ppm,
            reserve_ml=reserved,
            price_minor=terms.prices.weekday_minor,
            total_minor=zone.reserve_minor,
            own_ml=record.quantity_ml,
            all_ml=zone.normal_ml,
        )


def _refuse_below_zero(given: FortnightInput, records: Sequence[Record]) -> None:
    """C5: nobody earns less than nothing; the fault is in a reading."""
    below = sorted(code_of(given, one.producer) for one in records if one.earned_minor < 0)
    if below:
        raise errors.EarnedBelowZero(producers=errors.named(below))
