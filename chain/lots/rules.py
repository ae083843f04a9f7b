"""Lots as values: their states, what a delivery is, and which deliveries are believed. Pure."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.quantity import Unit
from chain.lots.attributes import NOT_A_CHOICE, SPECS, CommoditySpec, NotBelievable, read_value
from chain.lots.bags import Bag, Containers, check_bags, check_sums, content_of
from chain.lots.errors import LotStateRefused


class LotState(StrEnum):
    """Where a lot stands."""

    REGISTERED = "registered"
    GRADED = "graded"
    OFFERED = "offered"
    SOLD = "sold"
    SETTLED = "settled"
    CANCELLED = "cancelled"


STATE_LABELS = {
    LotState.REGISTERED: N_("to be graded"),
    LotState.GRADED: N_("graded"),
    LotState.OFFERED: N_("on offer"),
    LotState.SOLD: N_("sold"),
    LotState.SETTLED: N_("settled"),
    LotState.CANCELLED: N_("cancelled"),
}

#: From a state to those that may follow. An offer that ends without a sale leads back; milk and meat that the
#: organisation buys itself are settled without a tender. A class that another measurement changes is confirmed again.
TRANSITIONS: Mapping[LotState, frozenset[LotState]] = {
    LotState.REGISTERED: frozenset({LotState.GRADED, LotState.SETTLED, LotState.CANCELLED}),
    LotState.GRADED: frozenset({LotState.REGISTERED, LotState.OFFERED, LotState.SETTLED, LotState.CANCELLED}),
    LotState.OFFERED: frozenset({LotState.GRADED, LotState.SOLD}),
    LotState.SOLD: frozenset({LotState.SETTLED, LotState.GRADED}),  # back when its sale ends before it left
    LotState.SETTLED: frozenset(),
    LotState.CANCELLED: frozenset(),
}

MAX_BATCH = 1000
#: How far a scale's or telephone's clock may run ahead.
CLOCK_SKEW = timedelta(minutes=5)
#: Older deliveries are a slip in the year; earlier books are kept by income.
MAX_AGE_YEARS = 10
MAX_AGE = timedelta(days=MAX_AGE_YEARS * 366)
MAX_WORD = 40
ID_VERSION = 7
MAX_SOURCE_KEY = 80

UNKNOWN_COMMODITY = N_("“%(value)s” is not one of the products.")
NOT_AN_ID = N_("The id must be a UUID of version 7.")
WRONG_UNIT = N_("This product is recorded in %(unit)s.")
NOT_POSITIVE = N_("The amount must be above zero.")
TOO_LITTLE = N_("That is too little for one delivery: at least %(least)s %(unit)s.")
TOO_MUCH = N_("That is too much for one delivery: at most %(most)s %(unit)s.")
NOT_WHOLE = N_("Write a whole number.")
TARE_NEGATIVE = N_("The tare cannot be below zero.")
TARE_ABOVE_GROSS = N_("The tare is above the gross weight.")
TARE_EQUALS_GROSS = N_("The tare equals the gross weight: nothing is left.")
TARE_WITHOUT_GROSS = N_("Without a gross weight there is no tare.")
NO_TARE_HERE = N_("This product is measured in litres: leave gross and tare empty.")
NET_DIFFERS = N_("Gross minus tare is %(net)s g, but the net weight says %(quantity)s g.")
AMOUNT_MISSING = N_("Write how much was delivered.")
NO_ZONE = N_("The time needs its offset from UTC, such as 2026-11-22T14:30:00-05:00.")
IN_THE_FUTURE = N_("The delivery lies in the future. Check date and time.")
TOO_OLD = N_("The delivery is more than %(years)s years old. Check the year.")
UNKNOWN_ROUTE = N_("We do not know this route.")
UNKNOWN_PRODUCER = N_("We do not know this producer in your organisation.")
CLASS_NOT_CHOSEN_HERE = N_("The class of this product is computed: leave it empty.")


def check_transition(number: str, state: str, to: LotState) -> None:
    """Refuse a change of state that the table does not list.

    Raises:
        LotStateRefused: the lot cannot become that now.
    """
    now = LotState(state)
    if to not in TRANSITIONS[now]:
        raise LotStateRefused(number=number, state=Message(STATE_LABELS[now]), to=Message(STATE_LABELS[to]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one producer brought at one time, as a form, a file or a program says it.

    Weights in grams, volumes in millilitres. `quantity` is net; with a gross weight it may be left out. `attributes`
    hold what was typed (text, int or Decimal) by the keys of `attributes.SPECS`.
    """

    id: UUID
    commodity: str
    producer_id: UUID
    delivered_at: datetime
    gross_g: int | None = None
    tare_g: int | None = None
    quantity: int | None = None
    unit: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    #: the class that a person chose, for products whose norm has no limits (carcasses)
    chosen_key: str | None = None
    source_key: str | None = None
    import_batch_id: UUID | None = None
    #: one line per bag or can; the whole is their sum and may be left out
    bags: tuple[Bag, ...] = ()
    route_id: UUID | None = None
    #: the lot that this one corrects; only `correct_lot` sets it
    replaces_id: UUID | None = None


NO_CONTAINERS: Containers = {}
Errors = Mapping[str, Sequence[Message]]


@dataclass(frozen=True, slots=True)
class Checked:
    """A believed delivery: net amount, canonical attributes, and the hash of its content."""

    delivery: Delivery
    quantity: int
    unit: str
    gross_g: int | None
    tare_g: int | None
    attributes: dict[str, str]
    content_hash: str
    #: with every tare filled in
    bags: tuple[Bag, ...] = ()


def check_delivery(
    delivery: Delivery, now: datetime, containers: Containers = NO_CONTAINERS
) -> Checked | Errors:
    """Return the delivery as it will be kept, or every refusal per field at once.

    `containers` are the kinds of containers of the organisation, for bags that name one.
    """
    errors: dict[str, list[Message]] = {}
    spec = SPECS.get(delivery.commodity)
    if spec is None:
        return {"commodity": [Message(UNKNOWN_COMMODITY, {"value": str(delivery.commodity)[:MAX_WORD]})]}
    if delivery.id.version != ID_VERSION:
        errors["id"] = [Message(NOT_AN_ID)]
    bags = check_bags(spec, delivery.bags, containers, errors) if delivery.bags else ()
    amounts: Amounts | None = None
    if bags:
        amounts = _sum_bags(spec, delivery, bags, errors)
    elif bags is not None:
        amounts = _check_amounts(spec, delivery, errors)
    _check_moment(delivery.delivered_at, now, errors)
    attributes = _check_attributes(delivery, errors)
    chosen = delivery.chosen_key
    if chosen and not spec.is_class_chosen:
        errors.setdefault("chosen_key", []).append(Message(CLASS_NOT_CHOSEN_HERE))
    elif chosen and (len(chosen) > MAX_WORD or not chosen.isprintable()):
        errors["chosen_key"] = [Message(NOT_A_CHOICE, {"value": chosen[:MAX_WORD]})]
    if errors or amounts is None:
        return errors
    quantity, gross, tare = amounts
    digest = _digest(delivery, amounts, attributes)
    return Checked(delivery, quantity, spec.unit.value, gross, tare, attributes, digest, bags or ())


def _digest(delivery: Delivery, amounts: "Amounts", attributes: Mapping[str, str]) -> str:
    """Return the hash of what was sent. Bags, route and corrected lot come in only when there are any: repeats of what
    older clients sent are still known.

    With bags, their sums stay out: they change with the tare of a kind of container, and a repeat must not.
    """
    quantity, gross, tare = (None, None, None) if delivery.bags else amounts
    content: tuple[object, ...] = (
        delivery.commodity,
        delivery.producer_id.hex,
        delivery.delivered_at.astimezone(UTC).isoformat(),
        gross,
        tare,
        quantity,
        delivery.chosen_key or None,
        sorted(attributes.items()),
    )
    if delivery.bags:
        content += ("bags", content_of(delivery.bags))
    if delivery.route_id is not None:
        content += ("route", delivery.route_id.hex)
    if delivery.replaces_id is not None:
        content += ("replaces", delivery.replaces_id.hex)
    return hashlib.sha256(repr(content).encode()).hexdigest()


def _check_moment(moment: datetime, now: datetime, errors: dict[str, list[Message]]) -> None:
    if moment.tzinfo is None:
        errors["delivered_at"] = [Message(NO_ZONE)]
    elif moment > now + CLOCK_SKEW:
        errors["delivered_at"] = [Message(IN_THE_FUTURE)]
    elif moment < now - MAX_AGE:
        errors["delivered_at"] = [Message(TOO_OLD, {"years": MAX_AGE_YEARS})]


def _check_attributes(delivery: Delivery, errors: dict[str, list[Message]]) -> dict[str, str]:
    kept: dict[str, str] = {}
    commodity = delivery.commodity
    for key, typed in delivery.attributes.items():
        try:
            value = read_value(commodity, key, typed)
        except NotBelievable as refused:
            errors.setdefault(str(key)[:MAX_WORD], []).append(refused.message)
        else:
            if value is not None:
                kept[key] = value
    return kept


Amounts = tuple[int, int | None, int | None]


def _sum_bags(
    spec: CommoditySpec, delivery: Delivery, bags: Sequence[Bag], errors: dict[str, list[Message]]
) -> Amounts:
    """Return the sums of the bags as net, gross and tare."""
    if delivery.unit is not None and delivery.unit != spec.unit:
        errors["unit"] = [Message(WRONG_UNIT, {"unit": spec.unit.value})]
    check_sums(bags, delivery.gross_g, delivery.tare_g, delivery.quantity, errors)
    net = sum(bag.net for bag in bags)
    _check_plausible(spec, net, "gross_g" if spec.is_tared else "quantity", errors)
    if not spec.is_tared:
        return net, None, None
    return net, sum(bag.gross_g or 0 for bag in bags), sum(bag.tare_g or 0 for bag in bags)


def _check_amounts(
    spec: CommoditySpec, delivery: Delivery, errors: dict[str, list[Message]]
) -> Amounts | None:
    """Return net, gross and tare; None when something is wrong with them."""
    if delivery.unit is not None and delivery.unit != spec.unit:
        errors["unit"] = [Message(WRONG_UNIT, {"unit": spec.unit.value})]
    gross, tare, quantity = delivery.gross_g, delivery.tare_g, delivery.quantity
    for name, value in (("gross_g", gross), ("tare_g", tare), ("quantity", quantity)):
        if value is not None and (type(value) is not int):
            errors[name] = [Message(NOT_WHOLE)]
            return None
    if not spec.is_tared and (gross is not None or tare):
        errors["gross_g"] = [Message(NO_TARE_HERE)]
        return None
    if gross is not None:
        return _check_weighed(spec, gross, tare or 0, quantity, errors)
    if tare:
        errors["tare_g"] = [Message(TARE_WITHOUT_GROSS)]
        return None
    if quantity is None:
        errors["quantity"] = [Message(AMOUNT_MISSING)]
        return None
    _check_plausible(spec, quantity, "quantity", errors)
    return quantity, None, None


def _check_weighed(
    spec: CommoditySpec, gross: int, tare: int, quantity: int | None, errors: dict[str, list[Message]]
) -> Amounts:
    _check_plausible(spec, gross, "gross_g", errors)
    net = gross - tare
    if tare < 0:
        errors["tare_g"] = [Message(TARE_NEGATIVE)]
    elif gross > 0 and net < 0:
        errors["tare_g"] = [Message(TARE_ABOVE_GROSS)]
    elif gross > 0 and net == 0:
        errors["tare_g"] = [Message(TARE_EQUALS_GROSS)]
    elif quantity is not None and quantity != net:
        errors["quantity"] = [Message(NET_DIFFERS, {"net": net, "quantity": quantity})]
    elif "gross_g" not in errors and net < spec.least:
        errors["gross_g"] = [_limit(TOO_LITTLE, spec, "least")]
    return net, gross, tare


def _check_plausible(spec: CommoditySpec, value: int, name: str, errors: dict[str, list[Message]]) -> None:
    if value <= 0:
        errors[name] = [Message(NOT_POSITIVE)]
    elif value < spec.least:
        errors[name] = [_limit(TOO_LITTLE, spec, "least")]
    elif value > spec.most:
        errors[name] = [_limit(TOO_MUCH, spec, "most")]


def _limit(text: str, spec: CommoditySpec, which: str) -> Message:
    value = spec.least if which == "least" else spec.most
    shown: int | str = value // 1000 if value % 1000 == 0 else f"0.{value:03d}".rstrip("0")
    return Message(text, {which: shown, "unit": "kg" if spec.unit is Unit.GRAM else "l"})
