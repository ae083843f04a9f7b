"""Lots that found no place, and what they missed by least, in words for their owner. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.matching.rules.instance import Instance
from chain.matching.rules.misses import Miss, Misses
from chain.matching.rules.pairs import Condition, Unmet
from chain.matching.rules.solution import Solution


@dataclass(frozen=True, slots=True)
class Missed:
    """A lot, or a part of it, that stayed over. Prices are minor units for a kilogram or litre."""

    lot_id: UUID
    quantity: int
    #: None: nobody asks for the product
    demand_id: UUID | None = None
    condition: str | None = None
    reasons: Sequence[Message] = ()
    offered_minor_per_unit: int | None = None
    needed_minor_per_unit: int | None = None
    freight_minor_per_unit: int = 0


PLAIN: Mapping[Condition, str] = {
    Condition.MICRON_UNKNOWN: N_("Its microns were not measured."),
    Condition.CENTRE: N_("The buyer does not take goods of this centre."),
    Condition.COLOUR: N_("Its colour is not among those asked for."),
    Condition.GRADE: N_("Its class is not among those asked for."),
    Condition.CLAIM: N_("It lacks the certification that is asked for."),
    Condition.ROOM: N_("It meets everything, but the demand is filled with lots that bring more."),
    Condition.NO_PRICE: N_("The demand has no price for its class and colour."),
}
QUANTITIES: Mapping[Condition, str] = {
    Condition.WHOLE: N_("It is sold whole and is %(by)s %(unit)s more than the demand still takes."),
    Condition.LEAST: N_("The least quantity of the demand lacks %(by)s %(unit)s."),
}
MICRONS: Mapping[Condition, str] = {
    Condition.MICRON_ABOVE: N_("It is %(by)s µm too coarse."),
    Condition.MICRON_BELOW: N_("It is %(by)s µm too fine."),
}
RESERVE = N_("The price less freight lies %(by)s under the reserve. It would go at a reserve of %(net)s.")
ALSO_FULL = N_("Besides, the demand is filled with lots that bring more.")
FULL_BUT = N_(
    "It meets everything, but the demand is filled with lots that bring more. It would go if the demand paid %(price)s."
)


def missed_of(instance: Instance, solution: Solution, currency: str) -> list[Missed]:
    """Return every lot that stayed over with its nearest miss. What is private to others is not told."""
    misses = Misses(instance, solution)
    lots = {one.id: one for one in instance.lots}
    units = {one.id: "l" if one.commodity == "raw-milk" else "kg" for one in instance.lots}
    found = []
    for rest in solution.unmatched:
        miss = misses.nearest(lots[rest.lot_id])
        if miss is None or any(one.condition is Condition.SELLER for one in miss.unmet):
            found.append(Missed(UUID(rest.lot_id), rest.quantity))
        else:
            found.append(_missed(miss, rest.quantity, currency, units[rest.lot_id]))
    return found


def _missed(miss: Miss, quantity: int, currency: str, unit: str) -> Missed:
    return Missed(
        lot_id=UUID(miss.lot_id),
        quantity=quantity,
        demand_id=UUID(miss.demand_id),
        condition=miss.condition.value,
        reasons=[_sentence(one, miss, currency, unit) for one in sorted(miss.unmet, key=_is_room)],
        offered_minor_per_unit=miss.offered,
        needed_minor_per_unit=miss.price,
        freight_minor_per_unit=miss.freight,
    )


def _is_room(one: Unmet) -> bool:
    """Tell what stands last: that the demand is full counts besides what the lot itself lacks."""
    return one.condition is Condition.ROOM


def _sentence(one: Unmet, miss: Miss, currency: str, unit: str) -> Message:
    if one.condition in QUANTITIES:
        params = {"by": Decimal(one.by).scaleb(-3), "unit": unit}
        return Message(QUANTITIES[one.condition], params)
    if one.condition in MICRONS:
        return Message(MICRONS[one.condition], {"by": Decimal(one.by) / 10})
    if one.condition is Condition.RESERVE:
        net = (miss.offered or 0) - miss.freight
        return Message(RESERVE, {"by": Money(one.by, currency), "net": Money(max(net, 0), currency)})
    if one.condition is Condition.ROOM and len(miss.unmet) > 1:
        return Message(ALSO_FULL)
    if one.condition is Condition.ROOM and miss.price is not None:
        return Message(FULL_BUT, {"price": Money(miss.price, currency)})
    return Message(PLAIN[one.condition])
