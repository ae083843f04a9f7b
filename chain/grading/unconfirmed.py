"""The values of a scheme that nobody has confirmed, each with a stable key under which an organisation may vouch for it. Pure.

Keys, by kind of scheme (docs/grading.md lists what each one switches on):

    class:<key>                      the upper limit of a micron class, or the limits of a carcass class
    length:<key>                     the minimum staple length of a micron class
    length:<key>:<mm>                another figure that is quoted for it; it takes the place of the first
    length_class:<key>               a class of the staple length
    sorter:<key>                     a class that a sorter decides (Corta), where the edition may not have it
    requirement:<name>               a limit beside the classes, such as moisture_max_pct
    proportion:superior, :inferior   which qualities count as superior and inferior fibre
    proportion:baby                  which qualities count for the baby share
    side:<quality>:superior, :inferior  on which side a quality counts whose side is not known: one of the two
    category:<key>                   shares, baby share, length and colours of a fleece category
    moisture:<key>, mineral_solids:<key>  its limits of moisture and mineral solids
    <parameter>                      the limits of a milk norm's parameter, such as fat
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from chain.core.i18n import N_
from chain.grading.scheme import (
    CarcassLimits,
    CarcassScheme,
    FleeceCategory,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    Names,
    Parameter,
    Scheme,
    Strength,
)
from chain.grading.wording import phrase

SIDES = ("superior", "inferior")

LABEL_CLASS = N_("%(name)s: limit of the class")
LABEL_LENGTH = N_("%(name)s: minimum staple length")
LABEL_OTHER_LENGTH = N_("%(name)s: another minimum staple length that is quoted")
LABEL_LENGTH_CLASS = N_("%(name)s: class of the staple length")
LABEL_SORTER = N_("%(name)s: a class that the sorter decides")
LABEL_CATEGORY = N_("%(name)s: shares, baby share, length and colours")
LABEL_MOISTURE = N_("%(name)s: moisture")
LABEL_SOLIDS = N_("%(name)s: mineral solids")
LABEL_SUPERIOR = N_("What counts as superior fibre")
LABEL_INFERIOR = N_("What counts as inferior fibre")
LABEL_BABY = N_("What counts for the baby share")
LABEL_SIDE = {
    "superior": N_("%(name)s counts as superior fibre"),
    "inferior": N_("%(name)s counts as inferior fibre"),
}
LABEL_PARAMETER = N_("%(name)s")
REQUIREMENT_LABELS = {
    "moisture_max_pct": N_("Moisture"),
    "mineral_solids_max_pct": N_("Mineral solids"),
    "grease_max_pct": N_("Grease"),
}


@dataclass(frozen=True, slots=True)
class UnconfirmedValue:
    """A value that counts only after a named person of the organisation has confirmed it."""

    key: str
    #: what it is, by language
    label: Names
    #: what stands there, as text, such as "≤ 23.0"
    value: str
    unit: str | None
    strength: Strength


def unconfirmed_values(scheme: Scheme) -> list[UnconfirmedValue]:
    """Return every value of a scheme that is off until somebody confirms it, in the order of the scheme."""
    match scheme:
        case MicronScheme():
            return list(_of_ladder(scheme))
        case FleeceScheme():
            return list(_of_fleeces(scheme))
        case LimitScheme():
            return [
                _value(one.key, LABEL_PARAMETER, one.names, limits_text(one), one.unit, one.limit_strength)
                for one in scheme.parameters
                if one.limit_strength is Strength.UNCONFIRMED
            ]
        case CarcassScheme():
            return [
                _value(f"class:{one.key}", LABEL_CLASS, one.names, carcass_text(one.limits), None, one.status)
                for one in scheme.classes
                if one.limits is not None and one.status is Strength.UNCONFIRMED
            ]
        case _:
            return []


def counts(strength: Strength, key: str, confirmed: AbstractSet[str]) -> bool:
    """Whether a value is in force: well enough known, or confirmed by a person under its key."""
    return strength not in {Strength.UNCONFIRMED, Strength.NOT_KNOWN} or key in confirmed


def _of_ladder(scheme: MicronScheme) -> Iterator[UnconfirmedValue]:
    for one in scheme.classes:
        if one.status is Strength.UNCONFIRMED:
            upper = "" if one.upper_micron is None else f"≤ {one.upper_micron}"
            yield _value(f"class:{one.key}", LABEL_CLASS, one.names, upper, "µm", one.status)
    yield from _lengths_of(scheme)
    for chosen in scheme.sorter_classes:
        if not chosen.is_active and chosen.status is Strength.UNCONFIRMED:
            yield _value(f"sorter:{chosen.key}", LABEL_SORTER, chosen.names, "", None, chosen.status)
    for need in scheme.requirements:
        if need.maximum is not None and need.status is Strength.UNCONFIRMED:
            label = REQUIREMENT_LABELS.get(need.key, LABEL_PARAMETER)
            names = {"es": need.key, "en": need.key}
            yield _value(f"requirement:{need.key}", label, names, f"≤ {need.maximum}", "%", need.status)


def _lengths_of(scheme: MicronScheme) -> Iterator[UnconfirmedValue]:
    for one in scheme.classes:
        length = one.minimum_length
        if length.value_mm is not None and length.status is Strength.UNCONFIRMED:
            text = f"≥ {length.value_mm}"
            yield _value(f"length:{one.key}", LABEL_LENGTH, one.names, text, "mm", length.status)
        if length.conflict_mm is not None:
            key, text = f"length:{one.key}:{length.conflict_mm}", f"≥ {length.conflict_mm}"
            yield _value(key, LABEL_OTHER_LENGTH, one.names, text, "mm", Strength.UNCONFIRMED)
    for by_length in scheme.length_classes:
        if by_length.status is Strength.UNCONFIRMED:
            ends = f"{by_length.min_mm or ''}–{by_length.max_mm or by_length.below_mm or ''}"
            key = f"length_class:{by_length.key}"
            yield _value(key, LABEL_LENGTH_CLASS, by_length.names, ends, "mm", by_length.status)


def _of_fleeces(scheme: FleeceScheme) -> Iterator[UnconfirmedValue]:
    nameless = {"es": "", "en": ""}
    for key, label, share in (
        ("superior", LABEL_SUPERIOR, scheme.superior),
        ("inferior", LABEL_INFERIOR, scheme.inferior),
        ("baby", LABEL_BABY, scheme.baby),
    ):
        if share.status is Strength.UNCONFIRMED:
            yield _value(
                f"proportion:{key}", label, nameless, " + ".join(share.qualities), None, share.status
            )
    for quality in scheme.undecided.qualities:
        shown = quality.replace("_", " ")
        for side in SIDES:
            names = {"es": shown, "en": shown}
            yield _value(f"side:{quality}:{side}", LABEL_SIDE[side], names, side, None, Strength.NOT_KNOWN)
    for one in scheme.categories:
        if one.status is Strength.UNCONFIRMED:
            yield _value(
                f"category:{one.key}", LABEL_CATEGORY, one.names, category_text(one), None, one.status
            )
            for name, label, limit in (
                ("moisture", LABEL_MOISTURE, one.moisture_max_pct),
                ("mineral_solids", LABEL_SOLIDS, one.mineral_solids_max_pct),
            ):
                if limit is not None:
                    yield _value(f"{name}:{one.key}", label, one.names, f"≤ {limit}", "%", one.status)


def category_text(one: FleeceCategory) -> str:
    """Return the shares, the length and the colours of a fleece category as short text."""
    parts = [f"superior ≥ {one.superior_min_pct} %"]
    if one.baby_min_pct is not None:
        parts.append(f"baby ≥ {one.baby_min_pct} %")
    if one.min_length_mm is not None:
        parts.append(f"≥ {one.min_length_mm} mm")
    if one.colours:
        parts.append("/".join(one.colours))
    return ", ".join(parts)


def carcass_text(limits: CarcassLimits | None) -> str:
    """Return what a carcass class asks for as short text."""
    if limits is None:
        return ""
    parts = [
        f"{sign} {Decimal(grams).scaleb(-3).normalize():f} kg"
        for sign, grams in (("≥", limits.weight_min_g), ("≤", limits.weight_max_g))
        if grams is not None
    ]
    return ", ".join(
        (
            *parts,
            *("/".join(words) for words in (limits.sarcocystis, limits.age_classes, limits.sexes) if words),
        )
    )


def limits_text(parameter: Parameter) -> str:
    """Return the limits of a parameter as short text: ≥ 3.2, 0.14–0.18, n=5 c=1 m=500000 M=1000000."""
    if parameter.plan:
        return " ".join(f"{name}={value}" for name, value in parameter.plan.items())
    if parameter.required_result is not None:
        return parameter.required_result
    below = "≤" if parameter.maximum_is_inclusive else "<"
    if parameter.minimum is not None and parameter.maximum is not None:
        return f"{parameter.minimum}–{parameter.maximum}"
    if parameter.minimum is not None:
        return f"≥ {parameter.minimum}"
    return "" if parameter.maximum is None else f"{below} {parameter.maximum}"


def _value(  # noqa: PLR0917 — the six things that a value is
    key: str, label: str, names: Names, value: str, unit: str | None, strength: Strength
) -> UnconfirmedValue:
    return UnconfirmedValue(key, phrase(label, name=names), value, unit, strength)
