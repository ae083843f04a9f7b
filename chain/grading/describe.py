"""A scheme as rows to show: the same for the page and the API. Pure."""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from chain.core.i18n import N_, Message
from chain.grading.scheme import (
    CarcassClass,
    CarcassScheme,
    Colour,
    ColourRule,
    ColourRuleScheme,
    ColourScheme,
    FleeceCategory,
    FleeceScheme,
    LengthClass,
    LimitScheme,
    MicronClass,
    MicronScheme,
    Names,
    Parameter,
    Requirement,
    Scheme,
    SorterClass,
    Strength,
    class_names_of,
)
from chain.grading.unconfirmed import REQUIREMENT_LABELS, carcass_text, counts
from chain.grading.wording import OR, joined, phrase

TENTH = Decimal("0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueRow:
    """One class, parameter or colour. A limit of None is open-ended or not known; `strength` tells which."""

    key: str
    names: Names
    strength: Strength
    minimum: Decimal | None = None
    maximum: Decimal | None = None
    maximum_is_inclusive: bool = True
    unit: str | None = None
    minimum_length_mm: int | None = None
    minimum_length_strength: Strength | None = None
    required_result: str | None = None
    method: str | None = None
    #: letters and number of a colour
    code: str | None = None
    #: False: listed, but it takes part in nothing until a person confirms it
    is_in_force: bool = True
    #: a sorter or appraiser decides, no measurement
    is_decided_by_person: bool = False
    note: str | None = None
    #: False: the minimum length takes part in nothing until a person confirms it
    is_length_in_force: bool = True
    #: what else it asks for or says, as sentences
    conditions: tuple[Message, ...] = ()
    #: the key under which an organisation may vouch for it (`unconfirmed`); None where nothing is unconfirmed
    value_key: str | None = None


ASKS_SUPERIOR = N_("superior fibre from %(limit)s %%")
ASKS_BABY = N_("baby from %(limit)s %%")
ASKS_LENGTH = N_("length from %(limit)s mm")
ASKS_COLOURS = N_("colour: %(colours)s")
ASKS_MOISTURE = N_("moisture up to %(limit)s %%")
ASKS_SOLIDS = N_("mineral solids up to %(limit)s %%")
TAKES_LENGTHS = N_("lengths: %(lengths)s")
REFUSES_LENGTHS = N_("refused in length %(lengths)s")
ALSO_ASKS = N_("a person checks more beside it")
PLAN = N_("of %(n)s samples at most %(c)s above %(m)s, none above %(most)s")
COUNTS_TOGETHER = N_("counts: %(qualities)s")
APPLIES_TO = N_("for: %(colours)s")
LEADS_TO = N_("becomes: %(colours)s")
MAY_LEAD_TO = N_("may become: %(colours)s")
CARCASS_ASKS = N_("asks for: %(limits)s")
SHARE_NAMES = {
    "superior": N_("Superior fibre"),
    "inferior": N_("Inferior fibre"),
    "undecided": N_("Side not known"),
    "baby": N_("Counts as baby"),
}


def describe(scheme: Scheme, confirmed: AbstractSet[str] = frozenset()) -> tuple[ValueRow, ...]:
    """Return every class, parameter or colour of a scheme with its limits and their strength.

    `confirmed` holds the keys of values for which the organisation vouches: they are shown as in force.
    """
    rows: Iterator[ValueRow]
    match scheme:
        case MicronScheme():
            rows = _ladder_rows(scheme, confirmed)
        case LimitScheme():
            rows = (_parameter_row(one, confirmed) for one in scheme.parameters)
        case CarcassScheme():
            rows = _carcass_rows(scheme, confirmed)
        case FleeceScheme():
            rows = _fleece_rows(scheme, confirmed)
        case ColourScheme():
            rows = (_colour_row(one) for one in scheme.colours)
        case ColourRuleScheme():
            rows = (_rule_row(one, scheme) for one in scheme.rules)
        case _:
            rows = iter(())
    return tuple(rows)


def _key_if(strength: Strength, key: str) -> str | None:
    return key if strength is Strength.UNCONFIRMED else None


def _ladder_rows(scheme: MicronScheme, confirmed: AbstractSet[str]) -> Iterator[ValueRow]:
    below: Decimal | None = None
    for one in scheme.classes:
        yield _micron_row(one, below, confirmed)
        below = one.upper_micron
    for grade in scheme.length_grades:
        lengths = Message(TAKES_LENGTHS, {"lengths": ", ".join(grade.lengths)})
        yield ValueRow(
            key=grade.key,
            names=grade.names,
            strength=grade.status,
            maximum=grade.upper_micron,
            unit="µm",
            conditions=(lengths,),
        )
    yield from (_sorter_row(one, confirmed) for one in scheme.sorter_classes)
    yield from (_length_row(one) for one in scheme.length_classes)
    yield from (_requirement_row(one, confirmed) for one in scheme.requirements if one.maximum is not None)


def _micron_row(one: MicronClass, below: Decimal | None, confirmed: AbstractSet[str]) -> ValueRow:
    length = one.minimum_length
    conditions = []
    if one.lengths:
        conditions.append(Message(TAKES_LENGTHS, {"lengths": ", ".join(one.lengths)}))
    if one.refused_lengths:
        conditions.append(Message(REFUSES_LENGTHS, {"lengths": ", ".join(one.refused_lengths)}))
    if one.also_requires:
        conditions.append(Message(ALSO_ASKS))
    return ValueRow(
        key=one.key,
        names=one.names,
        strength=one.status,
        minimum=None if below is None else below + TENTH,
        maximum=one.upper_micron,
        unit="µm",
        minimum_length_mm=length.value_mm,
        minimum_length_strength=None if length.value_mm is None else length.status,
        is_in_force=counts(one.status, f"class:{one.key}", confirmed),
        is_length_in_force=counts(length.status, f"length:{one.key}", confirmed),
        note=one.note,
        conditions=tuple(conditions),
        value_key=_key_if(one.status, f"class:{one.key}"),
    )


def _sorter_row(one: SorterClass, confirmed: AbstractSet[str]) -> ValueRow:
    return ValueRow(
        key=one.key,
        names=one.names,
        strength=one.status,
        is_in_force=one.is_active or f"sorter:{one.key}" in confirmed,
        is_decided_by_person=True,
        note=one.note,
        value_key=None if one.is_active else _key_if(one.status, f"sorter:{one.key}"),
    )


def _length_row(one: LengthClass) -> ValueRow:
    """Show whole millimetres, so that the class below 80 mm ends at 79."""
    most = one.max_mm if one.below_mm is None else one.below_mm - 1
    return ValueRow(
        key=f"length_class:{one.key}",
        names=phrase(N_("Staple length: %(name)s"), name=one.names),
        strength=one.status,
        minimum=None if one.min_mm is None else Decimal(one.min_mm),
        maximum=None if most is None else Decimal(most),
        unit="mm",
    )


def _requirement_row(one: Requirement, confirmed: AbstractSet[str]) -> ValueRow:
    return ValueRow(
        key=one.key,
        names=phrase(REQUIREMENT_LABELS.get(one.key, one.key)),
        strength=one.status,
        maximum=one.maximum,
        unit="%",
        is_in_force=counts(one.status, f"requirement:{one.key}", confirmed),
        value_key=_key_if(one.status, f"requirement:{one.key}"),
    )


def _fleece_rows(scheme: FleeceScheme, confirmed: AbstractSet[str]) -> Iterator[ValueRow]:
    for category in scheme.categories:
        key = f"category:{category.key}"
        yield ValueRow(
            key=category.key,
            names=category.names,
            strength=category.status,
            is_in_force=counts(category.status, key, confirmed),
            conditions=tuple(_asked(category)),
            value_key=_key_if(category.status, key),
        )
    for name, share in (
        ("superior", scheme.superior),
        ("inferior", scheme.inferior),
        ("baby", scheme.baby),
        ("undecided", scheme.undecided),
    ):
        qualities = ", ".join(one.replace("_", " ") for one in share.qualities)
        key = f"proportion:{name}"
        yield ValueRow(
            key=key,
            names=phrase(SHARE_NAMES[name]),
            strength=Strength.NOT_KNOWN if name == "undecided" else share.status,
            is_in_force=name != "undecided" and counts(share.status, key, confirmed),
            conditions=(Message(COUNTS_TOGETHER, {"qualities": qualities}),),
            value_key=None if name == "undecided" else _key_if(share.status, key),
        )


def _asked(category: FleeceCategory) -> Iterator[Message]:
    for text, limit in (
        (ASKS_SUPERIOR, category.superior_min_pct),
        (ASKS_BABY, category.baby_min_pct),
        (ASKS_LENGTH, category.min_length_mm),
        (ASKS_MOISTURE, category.moisture_max_pct),
        (ASKS_SOLIDS, category.mineral_solids_max_pct),
    ):
        if limit:
            yield Message(text, {"limit": limit})
    if category.colours:
        yield Message(ASKS_COLOURS, {"colours": ", ".join(category.colours)})


def _carcass_rows(scheme: CarcassScheme, confirmed: AbstractSet[str]) -> Iterator[ValueRow]:
    yield from (_carcass_row(one, confirmed) for one in scheme.classes)
    yield from (_parameter_row(one, confirmed) for one in scheme.parameters)


def _carcass_row(one: CarcassClass, confirmed: AbstractSet[str]) -> ValueRow:
    key = f"class:{one.key}"
    asks = (Message(CARCASS_ASKS, {"limits": carcass_text(one.limits)}),) if one.limits else ()
    return ValueRow(
        key=one.key,
        names=one.names,
        strength=one.status,
        is_in_force=counts(one.status, key, confirmed),
        is_decided_by_person=one.limits is None,
        conditions=asks,
        value_key=_key_if(one.status, key) if one.limits else None,
    )


def _parameter_row(one: Parameter, confirmed: AbstractSet[str]) -> ValueRow:
    strength = one.limit_strength
    plan = (
        {"n": one.plan["n"], "c": one.plan["c"], "m": one.plan["m"], "most": one.plan["M"]}
        if one.plan
        else {}
    )
    return ValueRow(
        key=one.key,
        names=one.names,
        strength=strength,
        minimum=one.minimum,
        maximum=one.plan.get("M", one.maximum),
        maximum_is_inclusive=one.maximum_is_inclusive,
        unit=one.unit,
        required_result=one.required_result,
        method=one.method,
        is_in_force=strength is not Strength.NOT_KNOWN and counts(strength, one.key, confirmed),
        conditions=(Message(PLAN, plan),) if plan else (),
        value_key=_key_if(strength, one.key),
    )


def _colour_row(one: Colour) -> ValueRow:
    return ValueRow(key=one.key, names=one.names, strength=one.status, code=f"{one.letters} {one.number}")


def _rule_row(rule: ColourRule, scheme: ColourRuleScheme) -> ValueRow:
    names = class_names_of(scheme)
    return ValueRow(
        key=rule.key,
        names=rule.text,
        strength=rule.status,
        conditions=(
            Message(APPLIES_TO, {"colours": joined([names[one] for one in rule.colours])}),
            Message(
                LEADS_TO if rule.is_certain else MAY_LEAD_TO,
                {"colours": rule.options_text or joined([names[one] for one in rule.options], OR)},
            ),
        ),
    )
