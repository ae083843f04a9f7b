"""A scheme as rows to show: the same for the page and the API. Pure."""

from dataclasses import dataclass, replace
from decimal import Decimal

from chain.grading.scheme import (
    CarcassClass,
    CarcassScheme,
    Colour,
    ColourScheme,
    FleeceCategory,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    NamedClass,
    Names,
    Parameter,
    Scheme,
    SorterClass,
    Strength,
)

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


def describe(scheme: Scheme) -> tuple[ValueRow, ...]:
    """Return every class, parameter or colour of a scheme with its limits and their strength."""
    match scheme:
        case MicronScheme():
            return (*_micron_rows(scheme), *(_sorter_row(one) for one in scheme.sorter_classes))
        case LimitScheme():
            return tuple(_parameter_row(one) for one in scheme.parameters)
        case CarcassScheme():
            parameters = (_parameter_row(one) for one in scheme.parameters)
            return (
                *(replace(_named_row(one), is_decided_by_person=True) for one in scheme.classes),
                *parameters,
            )
        case FleeceScheme():
            return tuple(_named_row(one) for one in scheme.categories)
        case ColourScheme():
            return tuple(_colour_row(one) for one in scheme.colours)
        case _:
            return ()


def _micron_rows(scheme: MicronScheme) -> list[ValueRow]:
    rows = []
    below: Decimal | None = None
    for one in scheme.classes:
        length = one.minimum_length
        rows.append(
            ValueRow(
                key=one.key,
                names=one.names,
                strength=one.status,
                minimum=None if below is None else below + TENTH,
                maximum=one.upper_micron,
                unit="µm",
                minimum_length_mm=length.value_mm,
                minimum_length_strength=None if length.value_mm is None else length.status,
                note=one.note,
            )
        )
        below = one.upper_micron
    return rows


def _sorter_row(one: SorterClass) -> ValueRow:
    return ValueRow(
        key=one.key,
        names=one.names,
        strength=one.status,
        is_in_force=one.is_active,
        is_decided_by_person=True,
        note=one.note,
    )


def _parameter_row(one: Parameter) -> ValueRow:
    strength = one.limit_strength
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
        is_in_force=strength not in {Strength.UNCONFIRMED, Strength.NOT_KNOWN} and not one.plan,
    )


def _named_row(one: NamedClass | FleeceCategory | CarcassClass) -> ValueRow:
    return ValueRow(
        key=one.key, names=one.names, strength=one.status, is_in_force=one.status is not Strength.UNCONFIRMED
    )


def _colour_row(one: Colour) -> ValueRow:
    return ValueRow(key=one.key, names=one.names, strength=one.status, code=f"{one.letters} {one.number}")
