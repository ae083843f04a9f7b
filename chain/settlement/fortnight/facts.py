"""What a fortnight is calculated from. Quantities are millilitres, amounts minor units, prices minor units per litre.

A producer or zone is known by an id; files without ids get some for the time of the calculation. The code decides ties.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from chain.dues.rules import Cap, DueRule, OpenMovement
from chain.settlement.fortnight.period import Period
from chain.settlement.lines import Item

#: A producer or zone.
Key = UUID
PPM = 1_000_000


class Withholding(StrEnum):
    """What is known about the tax that is withheld (C7); an accountant sets the rates, or says that there are none."""

    MISSING = "missing"
    UNCONFIRMED = "unconfirmed"
    SET = "set"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Member:
    """A producer."""

    key: Key
    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Zone:
    """Producers whose milk goes over one scale."""

    key: Key
    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class DayMilk:
    """A delivery, or the sum of some deliveries of one producer on one day in one zone."""

    zone: Key
    producer: Key
    day: date
    quantity_ml: int
    deliveries: int = 1


@dataclass(frozen=True, slots=True)
class ScaleReading:
    """What the scale of a zone showed on a day."""

    zone: Key
    day: date
    quantity_ml: int


@dataclass(frozen=True, slots=True)
class Prices:
    """A price row (F3): serves a fortnight only when it covers it wholly."""

    weekday_minor: int
    sunday_minor: int
    excess_weekday_minor: int
    excess_sunday_minor: int
    first: date
    last: date
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Quota:
    """Millilitres per day of one producer (F5); an override of zero means the general price."""

    producer: Key
    per_day_ml: int
    first: date
    last: date
    weekday_minor: int = 0
    sunday_minor: int = 0
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class Licence:
    """A tax licence (C6): frees from withholding when its number is given and it covers the whole fortnight."""

    producer: Key
    number: str
    first: date | None
    last: date | None

    def covers(self, period: Period) -> bool:
        """Tell whether it frees from withholding."""
        if not self.number.strip() or self.first is None or self.last is None or self.first > self.last:
            return False
        return self.first <= period.first and period.last <= self.last


@dataclass(frozen=True, slots=True)
class Reserve:
    """A fraction of the weighed milk that the producers keep back together, in millionths."""

    fraction_ppm: int
    first: date
    last: date | None = None


@dataclass(frozen=True, slots=True)
class BankFee:
    """What paying a producer costs; counts in the fortnight of its date and is never carried."""

    producer: Key
    dated_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class OtherIncome:
    """Money for a producer that is no milk; added after the deductions."""

    key: Key
    producer: Key
    dated_on: date
    amount_minor: int
    name: str
    #: no earlier fortnight paid it: it counts though it is dated before this one
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Quality:
    """What a price scheme adds to the plain price of a payroll's litres or takes off: composition, hygiene, cold, volume.

    `chain.pricing` calculates it of the same litres; the item holds its formula in words.
    """

    zone: Key
    producer: Key
    #: one of the four, by its value
    payroll: str
    item: Item


@dataclass(frozen=True, slots=True)
class Choices:
    """What an association may decide differently from the practice that the rules were taken from."""

    #: days that are paid like Sundays
    holidays: frozenset[date] = frozenset()
    #: unpaid debts also take from Sunday and over-quota money
    debts_reach_pure: bool = False
    #: debts may also take the other income
    debts_reach_income: bool = False


@dataclass(frozen=True, slots=True)
class FortnightInput:
    """Everything that a fortnight is calculated from; the order of rows never matters."""

    period: Period
    members: Mapping[Key, Member]
    zones: Mapping[Key, Zone]
    milk: Sequence[DayMilk]
    readings: Sequence[ScaleReading]
    prices: Sequence[Prices]
    #: milk that is no payroll's here: another settlement pays it, or it is sold. It lay on the scale, and used the quota
    elsewhere: Sequence[DayMilk] = ()
    quotas: Sequence[Quota] = ()
    licences: Sequence[Licence] = ()
    reserves: Sequence[Reserve] = ()
    #: charges in force in the fortnight: withholding, GA, what a zone owes together, fees; none of them carries
    rules: Sequence[DueRule] = ()
    withholding: Withholding = Withholding.SET
    #: debts, however old
    movements: Sequence[OpenMovement] = ()
    bank_fees: Sequence[BankFee] = ()
    incomes: Sequence[OtherIncome] = ()
    #: premiums and penalties of the price scheme in force; a scheme of four plain prices has none
    quality: Sequence[Quality] = ()
    #: what each household keeps of a payment; none: it may be taken wholly
    cap: Cap | None = None
    choices: Choices = field(default_factory=Choices)


#: What made an amount, in words (chain.settlement.lines.explain): names of parameters end in their unit.
Explanation = dict[str, Any]
