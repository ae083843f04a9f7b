"""Bags, sacks and cans: a delivery weighed in several goes, each line as the scale showed it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.text import tidy
from chain.lots.attributes import CommoditySpec

#: A truck's load of sacks; more is a file, not a delivery.
MAX_BAGS = 200
MAX_CODE = 40

TOO_MANY_BAGS = N_("Write at most %(limit)s bags or cans.")
BAG = N_("Bag or can %(position)s: %(problem)s")
GROSS_MISSING = N_("Write the gross weight.")
LITRES_MISSING = N_("Write the litres.")
ONLY_LITRES = N_("This product is measured in litres: leave gross and tare empty.")
ONLY_WEIGHT = N_("This product is weighed: leave the litres empty.")
NOT_WHOLE = N_("Write a whole number.")
NOT_POSITIVE = N_("The amount must be above zero.")
TARE_NEGATIVE = N_("The tare cannot be below zero.")
TARE_ABOVE_GROSS = N_("The tare is above the gross weight.")
TARE_EQUALS_GROSS = N_("The tare equals the gross weight: nothing is left.")
UNKNOWN_CONTAINER = N_("We do not know this kind of container.")
UNKNOWN_SOURCE = N_("Say typed or device.")
CODE_TOO_LONG = N_("Write at most %(limit)s characters.")
SUMS_DIFFER = N_("The bags add up to %(sum)s, but %(said)s was written for the whole.")


class BagSource(StrEnum):
    """Who read the scale."""

    TYPED = "typed"
    DEVICE = "device"


SOURCE_LABELS = {BagSource.TYPED: N_("typed"), BagSource.DEVICE: N_("read from the device")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bag:
    """One bag or can: grams for what is weighed, millilitres for what is measured.

    Without a tare, that of the kind of container counts; without that either, nothing is taken off.
    """

    gross_g: int | None = None
    tare_g: int | None = None
    volume_ml: int | None = None
    container_type_id: UUID | None = None
    #: what is written on it
    code: str | None = None
    source: str = BagSource.TYPED.value

    @property
    def net(self) -> int:
        """Grams or millilitres of the goods."""
        return self.volume_ml if self.volume_ml is not None else (self.gross_g or 0) - (self.tare_g or 0)

    def as_record(self) -> dict[str, Any]:
        """Return the bag as JSON keeps it."""
        found = {
            "gross_g": self.gross_g,
            "tare_g": self.tare_g,
            "volume_ml": self.volume_ml,
            "container_type_id": self.container_type_id.hex if self.container_type_id else None,
            "code": self.code,
            "source": self.source,
        }
        return {name: value for name, value in found.items() if value is not None}


def bag_from_record(record: Mapping[str, Any]) -> Bag:
    """Return a bag that `as_record` wrote."""
    container = record.get("container_type_id")
    return Bag(
        gross_g=record.get("gross_g"),
        tare_g=record.get("tare_g"),
        volume_ml=record.get("volume_ml"),
        container_type_id=UUID(container) if container else None,
        code=record.get("code"),
        source=record.get("source", BagSource.TYPED.value),
    )


#: Tare in grams (None: not known) by the kinds of containers that the organisation has.
Containers = Mapping[UUID, int | None]
Errors = dict[str, list[Message]]


def check_bags(
    spec: CommoditySpec, bags: Sequence[Bag], containers: Containers, errors: Errors
) -> tuple[Bag, ...] | None:
    """Return the bags with their tares filled in; None when any of them is not believed.

    Refusals go to `errors` under `bags.<place>.<field>`, and name the place for people, counted from one.
    """
    if len(bags) > MAX_BAGS:
        errors["bags"] = [Message(TOO_MANY_BAGS, {"limit": MAX_BAGS})]
        return None
    kept = []
    is_believed = True
    for place, bag in enumerate(bags):
        filled, problem = _check_bag(spec, bag, containers)
        if problem is None:
            kept.append(filled)
            continue
        is_believed = False
        field, message = problem
        errors.setdefault(f"bags.{place}.{field}", []).append(
            Message(BAG, {"position": place + 1, "problem": message})
        )
    return tuple(kept) if is_believed else None


Problem = tuple[str, Message]


def _check_bag(spec: CommoditySpec, bag: Bag, containers: Containers) -> tuple[Bag, Problem | None]:
    if bag.container_type_id is not None and bag.container_type_id not in containers:
        return bag, ("container_type_id", Message(UNKNOWN_CONTAINER))
    if bag.source not in set(BagSource):
        return bag, ("source", Message(UNKNOWN_SOURCE))
    code = tidy(bag.code) or None
    if code is not None and len(code) > MAX_CODE:
        return bag, ("code", Message(CODE_TOO_LONG, {"limit": MAX_CODE}))
    for name in ("gross_g", "tare_g", "volume_ml"):
        value = getattr(bag, name)
        if value is not None and type(value) is not int:
            return bag, (name, Message(NOT_WHOLE))
    if not spec.is_tared:
        return replace(bag, code=code), _check_volume(bag)
    default = containers.get(bag.container_type_id) if bag.container_type_id else None
    tare = bag.tare_g if bag.tare_g is not None else default or 0
    filled = replace(bag, code=code, tare_g=tare)
    return filled, _check_weight(filled)


def _check_volume(bag: Bag) -> Problem | None:
    if bag.gross_g is not None or bag.tare_g:
        return "gross_g", Message(ONLY_LITRES)
    if bag.volume_ml is None:
        return "volume_ml", Message(LITRES_MISSING)
    return ("volume_ml", Message(NOT_POSITIVE)) if bag.volume_ml <= 0 else None


def _check_weight(bag: Bag) -> Problem | None:
    gross, tare = bag.gross_g, bag.tare_g or 0
    if bag.volume_ml is not None:
        return "volume_ml", Message(ONLY_WEIGHT)
    if gross is None:
        return "gross_g", Message(GROSS_MISSING)
    if gross <= 0:
        return "gross_g", Message(NOT_POSITIVE)
    if tare < 0:
        return "tare_g", Message(TARE_NEGATIVE)
    if tare > gross:
        return "tare_g", Message(TARE_ABOVE_GROSS)
    return ("tare_g", Message(TARE_EQUALS_GROSS)) if tare == gross else None


def check_sums(
    bags: Sequence[Bag], gross: int | None, tare: int | None, quantity: int | None, errors: Errors
) -> None:
    """Refuse what was said of the whole when the bags add up to something else."""
    sums = (
        ("gross_g", gross, sum(bag.gross_g or 0 for bag in bags)),
        ("tare_g", tare, sum(bag.tare_g or 0 for bag in bags)),
        ("quantity", quantity, sum(bag.net for bag in bags)),
    )
    for name, said, found in sums:
        if said is not None and said != found:
            errors.setdefault(name, []).append(Message(SUMS_DIFFER, {"sum": found, "said": said}))


def content_of(bags: Sequence[Bag]) -> tuple[tuple[object, ...], ...]:
    """Return what was sent of the bags, for the hash of a delivery's content."""
    return tuple(
        (
            bag.gross_g,
            bag.tare_g,
            bag.volume_ml,
            bag.container_type_id.hex if bag.container_type_id else None,
            tidy(bag.code) or None,
            bag.source,
        )
        for bag in bags
    )
