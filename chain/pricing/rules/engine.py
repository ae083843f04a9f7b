"""The amounts of deliveries by the versions in force: grouped first, rounded once per line, shared out to the lots. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from operator import itemgetter
from typing import Any
from uuid import UUID

from chain.certification.rules import Claim
from chain.core.i18n import N_
from chain.core.money import amount_for, share_of
from chain.laboratory.attributes import plain_number
from chain.pricing.errors import NoPriceForClass, PricedAfterSale
from chain.pricing.rules.arithmetic import EXACT, divided, split
from chain.pricing.rules.classes import ClassTable
from chain.pricing.rules.content import Advance, PayUnit, PriceContent, SchemeKind, SchemeSpan
from chain.pricing.rules.days import Quotas, pieces_of
from chain.pricing.rules.facts import (
    Block,
    Component,
    ComponentKind,
    DeliveryFacts,
    Part,
    PricedGroup,
    Result,
)
from chain.pricing.rules.results import DENSITY, SCALE, Found, needed, results_of
from chain.pricing.rules.spans import prices_of, spans_by_day
from chain.pricing.rules.tariff import Case, Tariff
from chain.pricing.rules.tariff import Part as PricePart

ADVANCE = N_("Advance at delivery")
MAX_CLASSES_NAMED = 10
#: Places of fields in a tuple of facts.
_PRODUCER, _DAY, _LABEL, _SCHEME, _GRADE, _COLOUR, _CLAIM, _WOMAN = (
    DeliveryFacts._fields.index(name)
    for name in (
        "producer_id",
        "delivered_on",
        "label",
        "grade_scheme",
        "grade_key",
        "colour",
        "claim",
        "is_woman",
    )
)
#: Fields of a part that two parts share when they are one component.
_IDENTITY = PricePart._fields.index("exact")

#: A bundle of pieces with one price: the lots' keys, their quantities as delivered, their quantities as paid.
Bundle = tuple[list[tuple[UUID, UUID]], list[int], list[int]]
_Priced = tuple[tuple[PricePart, ...], Bundle]


def price_deliveries(
    spans: Sequence[SchemeSpan],
    deliveries: Iterable[DeliveryFacts],
    *,
    period: tuple[date, date] | None = None,
    history: Iterable[Result] = (),
    quotas: Quotas | None = None,
    holidays: Collection[date] = (),
    part: Part = Part.WHOLE,
) -> list[PricedGroup]:
    """Return a group per producer, version, label and block: its explained components, and an amount for each lot.

    Each component is its exact amount rounded half up, once; a group is the sum of its components; the lots of a group share its
    amount by largest remainder over their exact amounts. The order of the deliveries does not matter.

    `period` is asked for by versions that serve whole periods only. `history` holds analyses before the deliveries, for the rule on
    missing ones. `quotas` divides what a producer brings on a day into normal and over-quota milk (F6); `holidays` are paid like
    Sundays. Volume bands see all that a producer has among `deliveries`.

    | delivered            | price                     | component              | amount |
    |----------------------|---------------------------|------------------------|--------|
    | 40.5 l               | 1.75 per litre            | 40.5 × 1.75 = 70.875   | 70.88  |
    | 12 kg baby, 3 kg fine| 22.00, 15.50              | 264.00 + 46.50         | 310.50 |
    | 30 l, fat 3.8 %      | 4.50, 0.20 per point > 3.5| 135.00 + 30×0.3×0.20   | 136.80 |

    Raises:
        NoPriceInForce: deliveries lie on days without a price; the days are named.
        NoPriceForClass: a class that the version does not list; the classes are named.
        PricedAfterSale: the version pays a share of the sale, and more than the advance was asked for.
    """
    listed = list(deliveries)
    span_on = spans_by_day(spans, {one.delivered_on for one in listed}, period)
    used = {span.version_id: span for span in span_on.values()}
    volumes = _volumes(listed) if any(Tariff(one.content).has_volumes for one in used.values()) else {}
    past = list(history)
    groups: list[PricedGroup] = []
    for version_id, span in sorted(used.items()):
        mine = (
            listed
            if len(used) == 1
            else [one for one in listed if span_on[one.delivered_on].version_id == version_id]
        )
        found = _price_by(span, mine, listed, volumes, past, quotas, holidays, part)
        groups += found if part is Part.WHOLE else _advances(span, found)
    groups.sort(
        key=lambda one: (one.producer_id, one.label, one.block or "", one.version_id or one.producer_id)
    )
    return groups


def _volumes(deliveries: Sequence[DeliveryFacts]) -> Mapping[UUID, int]:
    totals: defaultdict[UUID, int] = defaultdict(int)
    for one in deliveries:
        totals[one.producer_id] += one.quantity
    return totals


def _price_by(  # noqa: PLR0917 - private; one call
    span: SchemeSpan,
    deliveries: Sequence[DeliveryFacts],
    everything: Sequence[DeliveryFacts],
    volumes: Mapping[UUID, int],
    history: Sequence[Result],
    quotas: Quotas | None,
    holidays: Collection[date],
    part: Part,
) -> list[PricedGroup]:
    content = span.content
    if content.kind is SchemeKind.SHARE and part is Part.WHOLE:
        raise PricedAfterSale(name=span.name)
    tariff = Tariff(content)
    rates = _Rates(content)
    results = _results(content, deliveries, everything, history)
    bundles, axes = _bundles(content, tariff, deliveries, results, quotas, holidays)
    groups: dict[tuple[UUID, str, Block | None], list[_Priced]] = {}
    known: dict[Case, tuple[PricePart, ...]] = {}
    for (block, own_minor, found, values), bundle in bundles.items():
        at = dict(zip(axes, values, strict=True))
        rate = own_minor or rates.rate(block, at)
        if rate is None:
            continue
        day: date | None = at.get(_DAY)
        case = Case(
            rate,
            block,
            at.get(_CLAIM, Claim.CONVENTIONAL.value),
            at.get(_WOMAN, False),
            (day.month, day.day) if day else (1, 1),
            volumes.get(at[_PRODUCER], 0),
            found,
        )
        parts = known.get(case)
        if parts is None:
            parts = known[case] = tariff.parts(case)
        groups.setdefault((at[_PRODUCER], at[_LABEL], block), []).append((parts, bundle))
    rates.refuse_unlisted()
    return [_group(span, *key, priced) for key, priced in groups.items()]


def _results(
    content: PriceContent,
    deliveries: Sequence[DeliveryFacts],
    everything: Sequence[DeliveryFacts],
    history: Sequence[Result],
) -> list[tuple[Found, ...]]:
    """Return the results of deliveries; those that other versions price come before and after them in time."""
    if not needed(content):
        return []
    if len(deliveries) == len(everything):
        return results_of(content, deliveries, history)
    by_place = dict(zip(map(id, everything), results_of(content, everything, history), strict=True))
    return [by_place[id(one)] for one in deliveries]


def _bundles(  # noqa: PLR0917 - private; one call
    content: PriceContent,
    tariff: Tariff,
    deliveries: Sequence[DeliveryFacts],
    results: Sequence[tuple[Found, ...]],
    quotas: Quotas | None,
    holidays: Collection[date],
) -> tuple[dict[tuple[Any, ...], Bundle], tuple[int, ...]]:
    """Put deliveries with one price together; only what this content looks at keeps them apart."""
    axes = _axes(content, tariff)
    values_of, lot_of = itemgetter(*axes), itemgetter(0, 1)
    density_at = needed(content).index(DENSITY) if content.density is not None else None
    bundles: dict[tuple[Any, ...], Bundle] = {}
    for place, facts, quantity, block, own_minor in pieces_of(content, deliveries, quotas, holidays):
        found = results[place] if results else ()
        key = (block, own_minor, found, values_of(facts))
        bundle = bundles.get(key)
        if bundle is None:
            bundle = bundles[key] = ([], [], [])
        bundle[0].append(lot_of(facts))
        bundle[1].append(quantity)
        if density_at is not None:
            bundle[2].append(divided(quantity * (found[density_at].value or SCALE), SCALE))
    return bundles, axes


def _axes(content: PriceContent, tariff: Tariff) -> tuple[int, ...]:
    axes = [_PRODUCER, _LABEL]
    if content.classes:
        axes += [_SCHEME, _GRADE, _COLOUR]
    if tariff.has_claims:
        axes.append(_CLAIM)
    if tariff.has_women:
        axes.append(_WOMAN)
    if tariff.has_seasons:
        axes.append(_DAY)
    return tuple(axes)


class _Rates:
    """The base price of each bundle; classes without one are gathered, to be named together."""

    def __init__(self, content: PriceContent) -> None:
        self._classes = ClassTable(content) if content.classes else None
        self._four = prices_of(content)
        self._unlisted: set[str] = set()

    def rate(self, block: Block | None, at: Mapping[int, Any]) -> int | None:
        """Return minor units per kilogram or litre; None when the class is not listed."""
        if self._classes is None:
            return self._four.weekday if block is None else int(getattr(self._four, block.value))
        found = self._classes.price(at[_SCHEME], at[_GRADE], at[_COLOUR])
        if found is None:
            words = [one for one in (at[_GRADE] or at[_LABEL], at[_COLOUR]) if one]
            self._unlisted.add(" · ".join(words))
        return found

    def refuse_unlisted(self) -> None:
        """Refuse when a class had no price.

        Raises:
            NoPriceForClass: the classes are named.
        """
        if self._unlisted:
            listed = sorted(self._unlisted)
            more = " …" if len(listed) > MAX_CLASSES_NAMED else ""
            raise NoPriceForClass(classes=", ".join(listed[:MAX_CLASSES_NAMED]) + more)


@dataclass(slots=True)
class _Sum:
    """What one component of a group adds up to, exactly."""

    quantity: int = 0
    exact: int = 0
    #: results times quantities
    measured: int = 0


def _group(
    span: SchemeSpan, producer_id: UUID, label: str, block: Block | None, priced: Sequence[_Priced]
) -> PricedGroup:
    sums: dict[tuple[Any, ...], _Sum] = {}
    keys: list[tuple[UUID, UUID]] = []
    weights: list[int] = []
    quantity = 0
    for parts, (lots, delivered, converted) in priced:
        paid = converted or delivered
        total, each = sum(paid), sum(part.exact for part in parts)
        quantity += sum(delivered)
        keys += lots
        weights += paid if len(priced) == 1 else [each * one for one in paid]
        for part in parts:
            found = sums.setdefault(part[:_IDENTITY], _Sum())
            found.quantity += total
            found.exact += part.exact * total
            found.measured += (part.value or 0) * total
    components = _components(span.content.unit, sums)
    amount = sum(one.amount_minor for one in components)
    group = PricedGroup(
        producer_id, label, quantity, amount, components, block=block, version_id=span.version_id
    )
    if not any(weights):
        weights = [one for _, bundle in priced for one in bundle[1]]
    _share_out(group, keys, weights)
    return group


def _share_out(group: PricedGroup, keys: list[tuple[UUID, UUID]], weights: list[int]) -> None:
    lots = group.lots
    for key, part in zip(keys, split(group.amount_minor, weights, keys), strict=True):
        lots[key] = lots.get(key, 0) + part


def _components(unit: PayUnit, sums: Mapping[tuple[Any, ...], _Sum]) -> list[Component]:
    """Round each sum once. A group is never below zero, not even by the rounding of many small penalties."""
    components = []
    for identity, one in sorted(sums.items(), key=_place):
        kind, label, rate, basis_points, note, parameter, is_content = identity
        quantity, amount = one.quantity, divided(one.exact, EXACT)
        measured = None
        if parameter is not None and kind is not ComponentKind.MISSING and one.quantity:
            measured = plain_number(Decimal(divided(one.measured * 100, one.quantity * SCALE)) / 100)
        if is_content:
            quantity = divided(one.measured, SCALE * 100)
        components.append(
            Component(
                kind,
                label,
                quantity,
                rate,
                basis_points,
                amount,
                note=note,
                unit=PayUnit.KILOGRAM.value if is_content else unit.value,
                parameter=parameter,
                measured=measured,
            )
        )
    below = sum(one.amount_minor for one in components)
    if below < 0:
        place = min(range(len(components)), key=lambda at: components[at].amount_minor)
        largest = components[place]
        components[place] = replace(largest, amount_minor=largest.amount_minor - below)
    return components


_ORDER = {kind: place for place, kind in enumerate(ComponentKind)}


def _place(item: tuple[tuple[Any, ...], _Sum]) -> tuple[Any, ...]:
    """Return what puts components in order: base, premiums, penalties, what is missing; then by name."""
    kind, label, rate, basis_points, note, parameter, is_content = item[0]
    return _ORDER[kind], is_content, label, rate or 0, basis_points or 0, note or "", parameter or ""


def _advances(span: SchemeSpan, groups: Iterable[PricedGroup]) -> list[PricedGroup]:
    """Return what is paid at the gate instead of the whole; nothing where the version has no advance."""
    rule = span.content.advance
    if rule is None:
        return []
    return [_advance(span.content.unit, rule, group) for group in groups]


def _advance(unit: PayUnit, rule: Advance, group: PricedGroup) -> PricedGroup:
    if rule.basis_points:
        amount, rate, points = share_of(group.amount_minor, rule.basis_points), None, rule.basis_points
    else:
        amount, rate, points = amount_for(group.quantity, rule.per_unit_minor), rule.per_unit_minor, None
    component = Component(ComponentKind.BASE, ADVANCE, group.quantity, rate, points, amount, unit=unit.value)
    advance = replace(group, amount_minor=amount, components=[component], lots={})
    weights = list(group.lots.values())
    _share_out(advance, list(group.lots), weights if any(weights) else [1] * len(weights))
    return advance
