"""Why a lot goes where it goes, and why it stays: sentences for people, to be translated at the edge."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from chain.buyers.rules import COLOURS, UNITS
from chain.core.i18n import N_, Message, name_in
from chain.core.money import Money
from chain.matching.rules.instance import CLAIMS, DemandAsk, LotOffer
from chain.matching.rules.misses import Miss
from chain.matching.rules.pairs import Condition, Unmet, floor_of
from chain.matching.rules.solution import THOUSAND, Flow

CLAIM_NAMES = {
    "conventional": N_("conventional product"),
    "transition": N_("product in transition"),
    "organic": N_("organic product"),
}

#: Decimals with which amounts are shown at least.
CENTS = 2


def _colour_name(key: str) -> object:
    return Message(COLOURS[key]) if key in COLOURS else key


@dataclass(frozen=True, slots=True)
class Names:
    """How sentences write what they name. Without a currency amounts are bare numbers with two decimals."""

    currency: str | None = None
    #: a text, or texts by language
    grade: Callable[[str], object] = str
    colour: Callable[[str], object] = _colour_name
    centre: Callable[[str], object] = str
    #: decimals of prices and microns in the instance
    price_decimals: int = 2
    micron_decimals: int = 1

    def microns(self, value: int | None) -> Decimal | None:
        """Write a micron value as it was typed."""
        return None if value is None else _plain(Decimal(value).scaleb(-self.micron_decimals))

    def by(self, one: Unmet) -> Decimal | None:
        """Write by how much a condition is not met; None where it has no measure."""
        if one.condition in {Condition.MICRON_ABOVE, Condition.MICRON_BELOW}:
            return self.microns(one.by)
        if one.condition in {Condition.WHOLE, Condition.LEAST}:
            return kilograms(one.by)
        if one.condition in {Condition.ROOM, Condition.RESERVE}:
            return amount(one.by, self.price_decimals)
        return Decimal(one.by) if one.condition is Condition.CLAIM else None

    def money(self, minor: int) -> object:
        """Write an amount for a kilogram or litre."""
        return Money(minor, self.currency) if self.currency else amount(minor, self.price_decimals)


PLAIN = Names(colour=str)


def explain_match(flow: Flow, lot: LotOffer, demand: DemandAsk, names: Names = PLAIN) -> tuple[Message, ...]:
    """Say which of the demand's conditions a lot meets, how its price comes to what the producers receive, and how much goes."""
    return (*_met(lot, demand, names), *_paid(flow, lot, names), *_part(flow, lot))


def _met(lot: LotOffer, demand: DemandAsk, names: Names) -> list[Message]:
    found = []
    if demand.grades and lot.grade is not None:
        found.append(Message(N_("The class %(given)s is asked for."), {"given": names.grade(lot.grade)}))
    if demand.colours and lot.colour is not None:
        found.append(Message(N_("The colour %(given)s is asked for."), {"given": names.colour(lot.colour)}))
    low, high = demand.micron_min_tenths, demand.micron_max_tenths
    if lot.micron_tenths is not None and (low is not None or high is not None):
        params = {
            "given": names.microns(lot.micron_tenths),
            "low": names.microns(low),
            "high": names.microns(high),
        }
        if low is None:
            text = N_("%(given)s µm is not over the upper limit of %(high)s µm.")
        elif high is None:
            text = N_("%(given)s µm is not under the lower limit of %(low)s µm.")
        else:
            text = N_("%(given)s µm lies within %(low)s and %(high)s µm.")
        found.append(Message(text, {name: value for name, value in params.items() if f"%({name})" in text}))
    if demand.claim != CLAIMS[0]:
        claims = {"given": Message(CLAIM_NAMES[lot.claim]), "asked": Message(CLAIM_NAMES[demand.claim])}
        found.append(Message(N_("It is %(given)s; at least %(asked)s is asked for."), claims))
    if demand.centres:
        found.append(Message(N_("The buyer collects at %(centre)s."), {"centre": names.centre(lot.centre)}))
    return found


def _paid(flow: Flow, lot: LotOffer, names: Names) -> list[Message]:
    params = {"price": names.money(flow.price)}
    if flow.freight:
        params |= {"freight": names.money(flow.freight), "net": names.money(flow.net)}
        found = [Message(N_("The price is %(price)s; less %(freight)s of freight, %(net)s is left."), params)]
    else:
        found = [Message(N_("The price is %(price)s, without freight."), params)]
    if lot.reserve_minor:
        reserve: dict[str, object] = {
            "by": names.money(flow.net - lot.reserve_minor),
            "reserve": names.money(lot.reserve_minor),
        }
        found.append(Message(N_("That is %(by)s over the reserve of %(reserve)s."), reserve))
    return found


def _part(flow: Flow, lot: LotOffer) -> list[Message]:
    if flow.quantity == lot.quantity:
        return []
    params = {"part": kilograms(flow.quantity), "whole": kilograms(lot.quantity)}
    text = (
        N_("%(part)s of %(whole)s litres go here.")
        if _is_volume(lot)
        else N_("%(part)s of %(whole)s kg go here.")
    )
    return [Message(text, params)]


def explain_miss(miss: Miss, lot: LotOffer, demand: DemandAsk, names: Names = PLAIN) -> tuple[Message, ...]:
    """Say what kept a lot from the demand that it missed most narrowly, by how much, and at what price it would go."""
    found = [_unmet(one, miss, lot, demand, names) for one in miss.unmet]
    if miss.price is not None:
        text = (
            N_("It would go from %(price)s a litre.")
            if _is_volume(lot)
            else N_("It would go from %(price)s a kilogram.")
        )
        found.append(Message(text, {"price": names.money(miss.price)}))
    return tuple(found)


def _unmet(one: Unmet, miss: Miss, lot: LotOffer, demand: DemandAsk, names: Names) -> Message:
    if one.condition in _FIXED:
        return Message(_FIXED[one.condition])
    if one.condition in _MEASURED:
        return _measured(one, lot, demand, names)
    if one.condition in {Condition.GRADE, Condition.COLOUR, Condition.CLAIM, Condition.CENTRE}:
        return _attribute(one, lot, demand, names)
    return _priced(one, miss, lot, names)


_FIXED = {
    Condition.MICRON_UNKNOWN: N_("The microns were not measured."),
    Condition.SELLER: N_("The demand is private to other associations."),
    Condition.NO_PRICE: N_("The price grid has no line for such a lot."),
    Condition.COMMODITY: N_("Another product is asked for."),
}
_MEASURED = {
    Condition.MICRON_BELOW,
    Condition.MICRON_ABOVE,
    Condition.WHOLE,
    Condition.LEAST,
}


def _measured(one: Unmet, lot: LotOffer, demand: DemandAsk, names: Names) -> Message:
    given = names.microns(lot.micron_tenths)
    if one.condition is Condition.MICRON_BELOW:
        params = {
            "given": given,
            "by": names.microns(one.by),
            "limit": names.microns(demand.micron_min_tenths),
        }
        return Message(N_("%(given)s µm is %(by)s µm under the lower limit of %(limit)s µm."), params)
    if one.condition is Condition.MICRON_ABOVE:
        params = {
            "given": given,
            "by": names.microns(one.by),
            "limit": names.microns(demand.micron_max_tenths),
        }
        return Message(N_("%(given)s µm is %(by)s µm over the upper limit of %(limit)s µm."), params)
    by: dict[str, object] = {"by": kilograms(one.by)}
    if one.condition is Condition.WHOLE:
        if _is_volume(lot):
            return Message(N_("The lot is sold whole and is %(by)s litres larger than the room left."), by)
        return Message(N_("The lot is sold whole and is %(by)s kg larger than the room left."), by)
    if _is_volume(lot):
        return Message(N_("The demand's least quantity is not reached: %(by)s litres are missing."), by)
    return Message(N_("The demand's least quantity is not reached: %(by)s kg are missing."), by)


def _attribute(one: Unmet, lot: LotOffer, demand: DemandAsk, names: Names) -> Message:
    if one.condition is Condition.GRADE:
        labels = [names.grade(grade) for grade in demand.grades]
        asked = {code: ", ".join(str(name_in(one, code)) for one in labels) for code in ("es", "en")}
        if lot.grade is None:
            return Message(N_("The lot has no class yet; asked for: %(asked)s."), {"asked": asked})
        params = {"given": names.grade(lot.grade), "asked": asked}
        return Message(N_("The class is %(given)s; asked for: %(asked)s."), params)
    if one.condition is Condition.COLOUR:
        if lot.colour is None:
            return Message(N_("The colour is not recorded."))
        colour = {"given": names.colour(lot.colour)}
        return Message(N_("The colour %(given)s is not among those asked for."), colour)
    if one.condition is Condition.CENTRE:
        centre = {"centre": names.centre(lot.centre)}
        return Message(N_("The buyer does not collect at %(centre)s."), centre)
    claims = {"given": Message(CLAIM_NAMES[lot.claim]), "asked": Message(CLAIM_NAMES[demand.claim])}
    return Message(N_("It is %(given)s; %(asked)s is asked for."), claims)


def _priced(one: Unmet, miss: Miss, lot: LotOffer, names: Names) -> Message:
    if one.condition is Condition.RESERVE and lot.reserve_minor:
        params: dict[str, object] = {
            "net": names.money((miss.offered or 0) - miss.freight),
            "by": names.money(one.by),
            "floor": names.money(floor_of(lot)),
        }
        return Message(N_("%(net)s would be left: %(by)s under the reserve of %(floor)s."), params)
    if one.condition is Condition.RESERVE:
        return Message(N_("Nothing would be left after the freight."))
    if miss.price is None or miss.offered is None:
        return Message(N_("The demand has no room left."))
    by = {"by": names.money(one.by)}
    return Message(
        N_("The room goes to lots that bring as much or more: %(by)s is missing in the price."), by
    )


def kilograms(thousandths: int) -> Decimal:
    """Return kilograms of grams, or litres of millilitres."""
    return Decimal(thousandths) / THOUSAND


def amount(minor: int, decimals: int) -> Decimal:
    """Return a price in main units: two decimals, or more where they are not zero."""
    found = Decimal(minor).scaleb(-decimals).normalize()
    places = -int(found.as_tuple().exponent)
    return found if places > CENTS else found.quantize(Decimal(1).scaleb(-CENTS))


def _plain(value: Decimal) -> Decimal:
    """Return a number with one decimal, or more where they are not zero."""
    found = value.normalize()
    return found if -int(found.as_tuple().exponent) > 1 else found.quantize(Decimal("0.1"))


def _is_volume(lot: LotOffer) -> bool:
    return UNITS.get(lot.commodity) == "ml"
