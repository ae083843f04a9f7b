"""What a lot is a mixture of: colours, classes, claims, and the mean micron. Pure.

Quantities sum to the lot, in its unit; `None` as a key stands for what was not recorded. The mean micron is weighed by
mass, and says on how much of the lot it rests. What may be claimed of a lot is never read off its mixture, where a gram
may have been rounded away: it is the worst claim of the lots that went in.
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeVar

from chain.certification.rules import Claim
from chain.genealogy.shares import proportion
from chain.lots.products import Family

K = TypeVar("K", bound=Hashable)
#: Decimals of a mean micron that is carried from event to event; people see one.
MICRON_STEP = Decimal("0.0001")

Parts = Mapping[K, int]


@dataclass(frozen=True, slots=True, order=True)
class ClassKey:
    """A class as it stands on a lot; `key` None is undetermined."""

    scheme: str
    edition: str
    key: str | None
    is_confirmed: bool


@dataclass(frozen=True, slots=True)
class MeanMicron:
    """A mean fibre diameter and the quantity that it rests on."""

    mean: Decimal
    quantity: int


@dataclass(frozen=True, slots=True)
class Mix:
    """A lot as a mixture."""

    family: Family | None
    quantity: int
    colours: Parts[str | None]
    classes: Parts[ClassKey | None]
    claims: Parts[str]
    micron: MeanMicron | None = None

    @property
    def only_colour(self) -> str | None:
        """The colour of the whole, if it has one."""
        return next(iter(self.colours)) if len(self.colours) == 1 else None

    @property
    def only_class(self) -> ClassKey | None:
        """The class of the whole, if it has one."""
        return next(iter(self.classes)) if len(self.classes) == 1 else None

    @property
    def micron_of_all(self) -> Decimal | None:
        """The mean micron, if it rests on the whole lot."""
        return self.micron.mean if self.micron and self.micron.quantity == self.quantity else None

    def as_record(self) -> dict[str, Any]:
        """Return plain values that JSON can keep beside the lot."""
        return {
            "family": self.family.value if self.family else None,
            "colour": [{"key": key, "quantity": part} for key, part in _ordered(self.colours)],
            "class": [
                {
                    "scheme": key.scheme if key else None,
                    "edition": key.edition if key else None,
                    "key": key.key if key else None,
                    "confirmed": key.is_confirmed if key else False,
                    "quantity": part,
                }
                for key, part in _ordered(self.classes)
            ],
            "claim": [{"key": key, "quantity": part} for key, part in _ordered(self.claims)],
            "micron": None
            if self.micron is None
            else {"mean": f"{self.micron.mean.normalize():f}", "quantity": self.micron.quantity},
        }


def mix_from_record(record: Mapping[str, Any], quantity: int) -> Mix:
    """Return what `as_record` kept."""
    micron = record["micron"]
    return Mix(
        family=Family(record["family"]) if record["family"] else None,
        quantity=quantity,
        colours={one["key"]: one["quantity"] for one in record["colour"]},
        classes={
            ClassKey(one["scheme"], one["edition"], one["key"], one["confirmed"])
            if one["scheme"]
            else None: one["quantity"]
            for one in record["class"]
        },
        claims={one["key"]: one["quantity"] for one in record["claim"]},
        micron=None if micron is None else MeanMicron(Decimal(micron["mean"]), micron["quantity"]),
    )


def scaled_mix(mix: Mix, quantity: int) -> Mix:
    """Return the same mixture of another quantity: a part of the lot, or the lot in another unit."""
    if quantity == mix.quantity:
        return mix
    micron = mix.micron
    if micron is not None:
        known = proportion(quantity, [micron.quantity, mix.quantity - micron.quantity])[0]
        micron = replace(micron, quantity=known) if known else None
    return Mix(
        family=mix.family,
        quantity=quantity,
        colours=_scaled(mix.colours, quantity),
        classes=_scaled(mix.classes, quantity),
        claims=_scaled(mix.claims, quantity),
        micron=micron,
    )


def mixed(mixes: Sequence[Mix]) -> Mix:
    """Return the mixture of several, all in one unit and of one family."""
    known = [one.micron for one in mixes if one.micron is not None]
    return Mix(
        family=mixes[0].family,
        quantity=sum(one.quantity for one in mixes),
        colours=_summed([one.colours for one in mixes]),
        classes=_summed([one.classes for one in mixes]),
        claims=_summed([one.claims for one in mixes]),
        micron=mean_micron(known),
    )


def mean_micron(known: Sequence[MeanMicron]) -> MeanMicron | None:
    """Return the mean of means, weighed by mass: 20 µm on 30 kg and 26 µm on 10 kg → 21.5 µm on 40 kg."""
    quantity = sum(one.quantity for one in known)
    if not quantity:
        return None
    mean = sum((one.mean * one.quantity for one in known), Decimal(0)) / quantity
    return MeanMicron(mean.quantize(MICRON_STEP, rounding=ROUND_HALF_UP), quantity)


def without_fineness(mix: Mix) -> Mix:
    """Return the mixture of a product that has no classes and another fineness than what it is made of."""
    return replace(mix, classes={None: mix.quantity}, micron=None)


def of_class(mix: Mix, found: ClassKey | None, colour: str | None) -> Mix:
    """Return the mixture of a class that was sorted out: that class alone, its micron to be measured."""
    colours: Parts[str | None] = mix.colours if colour is None else {colour: mix.quantity}
    return replace(mix, classes={found: mix.quantity}, colours=colours, micron=None)


def without_claim(mix: Mix) -> Mix:
    """Return the mixture after its claim was given up."""
    return replace(mix, claims={Claim.CONVENTIONAL.value: mix.quantity})


def _scaled(parts: Parts[K], quantity: int) -> dict[K, int]:
    ordered = _ordered(parts)
    found = proportion(quantity, [part for _, part in ordered])
    return {key: part for (key, _), part in zip(ordered, found, strict=True) if part}


def _summed(tables: Sequence[Parts[K]]) -> dict[K, int]:
    total: dict[K, int] = {}
    for table in tables:
        for key, part in table.items():
            total[key] = total.get(key, 0) + part
    return total


def _ordered(parts: Parts[K]) -> list[tuple[K, int]]:
    """Return the largest part first; of equal ones the first by its words."""
    return sorted(parts.items(), key=lambda one: (-one[1], repr(one[0])))
