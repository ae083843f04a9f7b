"""The price of one unit of one delivery, part by part: base, composition, premiums, penalties. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chain.certification.rules import Claim
from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS
from chain.laboratory.attributes import ATTRIBUTES
from chain.pricing.rules.arithmetic import PER_UNIT
from chain.pricing.rules.content import Adjustment, Basis, Composition, Effect, PriceContent
from chain.pricing.rules.facts import Block, ComponentKind
from chain.pricing.rules.results import DENSITY, SCALE, Found, Origin, needed, scaled

BASE = N_("Base price")
BLOCK_LABELS = {
    Block.WEEKDAY: N_("Monday to Saturday"),
    Block.SUNDAY: N_("Sunday"),
    Block.EXCESS_WEEKDAY: N_("Over the quota, Monday to Saturday"),
    Block.EXCESS_SUNDAY: N_("Over the quota, Sunday"),
}
NOTE_MEAN = N_("Without an analysis of its own: mean of the producer's last three results.")
NOTE_TYPICAL = N_("Without any analysis yet: the typical value of the price list.")
NOTE_NONE = N_("Without any analysis yet: paid without this part.")
NOTE_LIMITED = N_("Limited, because no delivery pays less than nothing.")
NOTE_DENSITY = N_("Density not measured: the mean of the last results, or that of the price list.")
NOTES = {Origin.OWN: None, Origin.MEAN: NOTE_MEAN, Origin.TYPICAL: NOTE_TYPICAL, Origin.NONE: NOTE_NONE}


class Part(NamedTuple):
    """One part of a price: everything but the quantity. `exact` is for a thousandth of the unit, at the exact scale."""

    kind: ComponentKind
    label: str
    rate_minor: int | None
    basis_points: int | None
    note: str | None
    parameter: str | None
    #: the rate is for a kilogram of the constituent
    is_content: bool
    exact: int
    #: of the result that decided, in ten-thousandths
    value: int | None


class Case(NamedTuple):
    """Everything of a delivery that its price may depend on; equal cases have equal prices."""

    #: the base rate in minor units, and what it is called
    rate_minor: int
    block: Block | None
    claim: str
    is_woman: bool
    month_day: tuple[int, int]
    #: of all that the producer brought
    volume: int
    results: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    adjustment: Adjustment
    #: place of its parameter among the results
    at: int | None
    low: int | None
    high: int | None
    claims: frozenset[str]


class Tariff:
    """A content made ready for many deliveries."""

    def __init__(self, content: PriceContent) -> None:
        parameters = needed(content)
        at = {key: place for place, key in enumerate(parameters)}
        self._compositions = [(one, at[one.parameter]) for one in content.composition]
        self._pays_content = any(one.basis is Basis.GRAM for one in content.composition)
        self._density_at = at.get(DENSITY) if content.density is not None else None
        ladders: dict[str, list[_Row]] = {}
        for one in content.adjustments:
            row = _Row(
                one,
                at[one.parameter] if one.parameter else None,
                scaled(one.low),
                scaled(one.high),
                _claims_from(one.claim),
            )
            ladders.setdefault(one.name, []).append(row)
        self._ladders = list(ladders.values())
        self.has_claims = any(one.claim for one in content.adjustments)
        self.has_women = any(one.is_for_women for one in content.adjustments)
        self.has_seasons = any(one.season_from for one in content.adjustments)
        self.has_volumes = any(
            one.volume_low is not None or one.volume_high is not None for one in content.adjustments
        )

    def parts(self, case: Case) -> tuple[Part, ...]:
        """Return the parts of a case; their exact amounts never sum to less than zero."""
        base = self._base(case)
        positive = [base] if base.exact or not self._pays_content else []
        off: list[Part] = []
        for rule, at in self._compositions:
            part = (
                _content(rule, case.results[at])
                if rule.basis is Basis.GRAM
                else _points(rule, case.results[at])
            )
            (off if part.exact < 0 else positive).append(part)
        of_percent = sum(one.exact for one in positive if one.kind is ComponentKind.BASE)
        for ladder in self._ladders:
            found = _first_fitting(ladder, case, of_percent)
            if found is not None:
                (off if found.exact < 0 else positive).append(found)
        return (*positive, *_limited(off, sum(one.exact for one in positive)))

    def _base(self, case: Case) -> Part:
        note = None
        if self._density_at is not None:
            found = case.results[self._density_at]
            note = None if found.origin is Origin.OWN else NOTE_DENSITY
        label = BASE if case.block is None else BLOCK_LABELS[case.block]
        return Part(
            ComponentKind.BASE,
            label,
            case.rate_minor,
            None,
            note,
            None,
            is_content=False,
            exact=case.rate_minor * PER_UNIT,
            value=None,
        )


def _claims_from(least: str | None) -> frozenset[str]:
    return frozenset(one.value for one in Claim if least is None or one.rank() >= Claim(least).rank())


def _missing(label: str, parameter: str | None) -> Part:
    return Part(
        ComponentKind.MISSING, label, None, None, NOTE_NONE, parameter, is_content=False, exact=0, value=None
    )


def _content(rule: Composition, found: Found) -> Part:
    label = ATTRIBUTES[rule.parameter].label
    if found.value is None:
        return _missing(label, rule.parameter)
    value = _within(rule, found.value)
    # a thousandth of the unit holds value / (SCALE × 100) thousandths of a kilogram of the constituent
    exact = rule.rate_minor * value * (PER_UNIT // (SCALE * 100))
    note = NOTES[found.origin]
    return Part(
        ComponentKind.BASE,
        label,
        rule.rate_minor,
        None,
        note,
        rule.parameter,
        is_content=True,
        exact=exact,
        value=value,
    )


def _points(rule: Composition, found: Found) -> Part:
    label = ATTRIBUTES[rule.parameter].label
    if found.value is None:
        return _missing(label, rule.parameter)
    value = _within(rule, found.value)
    exact = rule.rate_minor * (value - (scaled(rule.reference) or 0)) * (PER_UNIT // SCALE)
    kind = ComponentKind.PENALTY if exact < 0 else ComponentKind.PREMIUM
    return Part(
        kind,
        label,
        None,
        None,
        NOTES[found.origin],
        rule.parameter,
        is_content=False,
        exact=exact,
        value=value,
    )


def _within(rule: Composition, value: int) -> int:
    low, high = scaled(rule.low), scaled(rule.high)
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


def _first_fitting(ladder: Sequence[_Row], case: Case, of_percent: int) -> Part | None:
    """Return the first row that fits; a missing result when a row would need one that there is not."""
    for row in ladder:
        if not all(holds(row, case) for holds in _CONDITIONS):
            continue
        found = case.results[row.at] if row.at is not None else None
        if found is not None and found.value is None:
            return _missing(row.adjustment.name, row.adjustment.parameter)
        if found is None or _is_between(found.value, row.low, row.high):
            return _adjusted(row.adjustment, found, of_percent)
    return None


def _is_between(value: int | None, low: int | None, high: int | None) -> bool:
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def _adjusted(one: Adjustment, found: Found | None, of_percent: int) -> Part:
    is_penalty = one.effect is Effect.PENALTY
    sign = -1 if is_penalty else 1
    is_percent = one.basis_points > 0
    exact = of_percent * one.basis_points // BASIS_POINTS if is_percent else one.per_unit_minor * PER_UNIT
    return Part(
        ComponentKind.PENALTY if is_penalty else ComponentKind.PREMIUM,
        one.name,
        None if is_percent else sign * one.per_unit_minor,
        sign * one.basis_points if is_percent else None,
        None if found is None else NOTES[found.origin],
        one.parameter,
        is_content=False,
        exact=sign * exact,
        value=None if found is None else found.value,
    )


def _limited(off: Sequence[Part], available: int) -> list[Part]:
    """Return the penalties, in their order, each at most what is left of the price."""
    left, limited = available, []
    for one in off:
        if -one.exact > left:
            one = one._replace(exact=-left, rate_minor=None, basis_points=None, note=NOTE_LIMITED)  # noqa: PLW2901 - the part as it is taken
        left += one.exact
        limited.append(one)
    return limited


def _claim_holds(row: _Row, case: Case) -> bool:
    return case.claim in row.claims


def _woman_holds(row: _Row, case: Case) -> bool:
    return case.is_woman or not row.adjustment.is_for_women


def _volume_holds(row: _Row, case: Case) -> bool:
    return _is_between(case.volume, row.adjustment.volume_low, row.adjustment.volume_high)


def _season_holds(row: _Row, case: Case) -> bool:
    first, last = row.adjustment.season_from, row.adjustment.season_to
    if first is None or last is None:
        return True
    if first <= last:
        return first <= case.month_day <= last
    return case.month_day >= first or case.month_day <= last


_CONDITIONS: Sequence[Callable[[_Row, Case], bool]] = (
    _claim_holds,
    _woman_holds,
    _volume_holds,
    _season_holds,
)
