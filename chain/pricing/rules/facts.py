"""What goes into a calculation and what comes out of it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class DeliveryFacts(NamedTuple):
    """A delivery, or one delivery's part of a lot, as a price sees it. Quantity in grams or millilitres.

    A tuple, because a dairy's month makes 120,000 of them.
    """

    lot_id: UUID
    #: the primary lot, the same one when the lot was not made of others
    source_id: UUID
    producer_id: UUID
    delivered_on: date
    quantity: int
    unit: str
    #: what the line is called: the class or the product
    label: str
    commodity: str
    grade_scheme: str | None = None
    grade_key: str | None = None
    colour: str | None = None
    micron_tenths: int | None = None
    claim: str = "conventional"
    #: results by the keys of the laboratory, decimals as text
    attributes: Mapping[str, Any] = _NOTHING
    is_woman: bool = False
    #: am, pm or nothing
    shift: str | None = None


class Result(NamedTuple):
    """An analysis that a producer had before the deliveries that are priced."""

    producer_id: UUID
    parameter: str
    measured_on: date
    value: Decimal


class Quota(NamedTuple):
    """What a producer may bring per day at the normal price, in the unit of the deliveries; 0 means no price of its own."""

    quantity_per_day: int
    excess_weekday_minor: int = 0
    excess_sunday_minor: int = 0


class Block(StrEnum):
    """Which of a dairy's four prices a quantity gets."""

    WEEKDAY = "weekday"
    SUNDAY = "sunday"
    EXCESS_WEEKDAY = "excess_weekday"
    EXCESS_SUNDAY = "excess_sunday"


class Part(StrEnum):
    """What is paid: everything, or what the scheme pays at the gate before the rest is known."""

    WHOLE = "whole"
    ADVANCE = "advance"


class ComponentKind(StrEnum):
    """What an amount of a group is."""

    BASE = "base"
    PREMIUM = "premium"
    PENALTY = "penalty"
    #: a quality part that could not be paid, for want of an analysis; its amount is zero
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Component:
    """One explained amount: what for, how much of it, at which price, and a note where something was assumed.

    `label` and `note` are msgids or words of the scheme; translate both at the edge.
    """

    kind: ComponentKind
    label: str
    #: in thousandths of `unit`: grams or millilitres
    quantity: int
    #: minor units per kilogram or litre; None where a percentage or several rates made the amount
    rate_minor: int | None
    percent_basis_points: int | None
    amount_minor: int
    note: str | None = None
    unit: str = "kg"
    #: which result decided, and its mean weighted by quantity, as text
    parameter: str | None = None
    measured: str | None = None


@dataclass(slots=True)
class PricedGroup:
    """What one producer is owed for deliveries of one class at one version of a scheme; components and lots sum to it."""

    producer_id: UUID
    label: str
    quantity: int
    amount_minor: int
    components: list[Component]
    #: by lot and source
    lots: dict[tuple[UUID, UUID], int] = field(default_factory=dict)
    #: which of a dairy's four prices, where the scheme has them
    block: Block | None = None
    version_id: UUID | None = None
