"""What typical values would give by a scheme that is not saved yet. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from decimal import Decimal

from chain.core.i18n import Message
from chain.grading.attributes import FibreAttributes, MilkAttributes
from chain.grading.result import GradeResult
from chain.grading.rules import classify
from chain.grading.scheme import LimitScheme, MicronScheme, Scheme

TENTH = Decimal("0.1")
#: Typical means of alpaca fibre beside the limits of the list itself.
TYPICAL_MICRONS = tuple(Decimal(one) for one in ("17", "21", "25", "28", "33"))
#: Fat in percent, density in g/ml, temperature in °C.
TYPICAL_MILK = tuple(
    (Decimal(fat), Decimal(density), Decimal(degrees))
    for fat, density, degrees in (("3.6", "1.030", "6"), ("3.0", "1.028", "9"), ("2.5", "1.025", "14"))
)


@dataclass(frozen=True, slots=True)
class Tried:
    """What was put in and what came out."""

    given: str
    result: GradeResult

    @property
    def sentence(self) -> Message | None:
        """Why, in one sentence."""
        return self.result.sentence or next(iter(self.result.reasons), None)


def preview(scheme: Scheme, confirmed: AbstractSet[str] = frozenset()) -> list[Tried]:
    """Return what typical values give, with each limit and the tenth above it; nothing where a person decides."""
    if isinstance(scheme, MicronScheme):
        limits = [one.upper_micron for one in scheme.classes if one.upper_micron is not None]
        wanted = sorted({*TYPICAL_MICRONS, *limits, *(limit + TENTH for limit in limits)})
        return [
            Tried(f"{micron} µm", classify(scheme, FibreAttributes(micron=micron), confirmed=confirmed))
            for micron in wanted
        ]
    if isinstance(scheme, LimitScheme):
        return [
            Tried(
                f"{fat} % · {density} g/ml · {degrees} °C",
                classify(
                    scheme, MilkAttributes(fat=fat, density=density, temperature=degrees), confirmed=confirmed
                ),
            )
            for fat, density, degrees in TYPICAL_MILK
        ]
    return []
