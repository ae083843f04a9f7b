"""A version in plain words: sentences as messages, to be translated at the edge. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.grading.own_documents import standard_colours
from chain.laboratory.attributes import ATTRIBUTES
from chain.pricing.rules.content import (
    Adjustment,
    Basis,
    Composition,
    Effect,
    MissingRule,
    PayUnit,
    PriceContent,
    SchemeKind,
    SchemeSpan,
)
from chain.pricing.rules.spans import FourPrices, prices_of

EACH = {PayUnit.LITRE: N_("litre"), PayUnit.KILOGRAM: N_("kilogram")}
UNIT_SIGNS = {PayUnit.LITRE: "l", PayUnit.KILOGRAM: "kg"}

FLAT = N_("Each %(unit)s, whatever its class: %(price)s.")
FLAT_MILK = N_("Each %(unit)s: %(price)s.")
WEEKDAY = N_("Each %(unit)s from Monday to Saturday: %(price)s.")
SUNDAY = N_("Each %(unit)s on a Sunday: %(price)s.")
EXCESS = N_("Over the quota of the day: %(price)s from Monday to Saturday, %(sunday)s on a Sunday.")
EXCESS_SAME = N_("Over the quota of the day, on any day: %(price)s.")
OF_CLASS = N_("%(grade)s: %(price)s per %(unit)s.")
OF_CLASS_IN_COLOUR = N_("%(grade)s, %(colour)s: %(price)s per %(unit)s.")
OTHERS = N_("Any other class: %(price)s per %(unit)s.")
BY_WEIGHT = N_(
    "Litres are turned into kilograms by the measured density; without one, a litre counts as %(density)s kg."
)
CONTENT = N_("%(what)s: %(price)s for each kilogram of it in the milk.")
POINTS = N_(
    "%(what)s: each point of percent above %(reference)s %% adds %(price)s to each %(unit)s, each point below takes as much off."
)
CAPPED = N_("Results of %(what)s below %(low)s %% count as %(low)s, those above %(high)s %% as %(high)s.")
MEAN = N_(
    "Without an analysis, the mean of the producer's last three results counts; the receipt says so. Without any, the base price is paid without the quality part."
)
BASE_ONLY = N_("Without an analysis, the base price is paid without the quality part; the receipt says so.")
TYPICAL = N_("For a producer without any analysis yet, %(what)s counts as %(value)s %%.")
PREMIUM = N_("%(name)s: %(amount)s more%(conditions)s.")
PENALTY = N_("%(name)s: %(amount)s less%(conditions)s.")
PER_UNIT = N_("%(price)s per %(unit)s")
PERCENT = N_("%(percent)s %% of the base price")
BETWEEN = N_("%(what)s from %(low)s to %(high)s %(unit)s")
FROM = N_("%(what)s from %(low)s %(unit)s")
UP_TO = N_("%(what)s up to %(high)s %(unit)s")
CLAIMED = N_("with the claim: %(claim)s")
VOLUME_BETWEEN = N_("for those who bring from %(low)s to %(high)s %(unit)s in the period")
VOLUME_FROM = N_("for those who bring at least %(low)s %(unit)s in the period")
VOLUME_UP_TO = N_("for those who bring at most %(high)s %(unit)s in the period")
SEASON = N_("between %(first)s and %(last)s of each year")
WOMEN = N_("for women")
LADDER = N_("Of rows with the same name the first that fits counts; both ends of a range count.")
ADVANCE_PERCENT = N_("At delivery %(percent)s %% of it is paid; the rest follows after the sale.")
ADVANCE_AMOUNT = N_("At delivery %(price)s per %(unit)s is paid; the rest follows after the sale.")
SHARE = N_("The producers get %(percent)s %% of what the sale brings.")
SHARE_VALUES = N_("It is shared by quantity times these values of the classes:")
SHARE_QUANTITY = N_("It is shared by the class values in force, or by quantity where there are none.")
WHOLE = N_("A period is paid only if these prices are in force on all its days.")
NEVER_NEGATIVE = N_("Penalties end where a delivery would pay less than nothing.")


def explained(span: SchemeSpan, class_names: Mapping[str, Mapping[str, str]]) -> list[Message]:
    """Return everything that a version says, one sentence per rule, in the order in which it is calculated."""
    return list(_sentences(span.content, span.currency, class_names))


def _sentences(
    content: PriceContent, currency: str, names: Mapping[str, Mapping[str, str]]
) -> Iterator[Message]:
    unit = Message(EACH[content.unit])

    def money(minor: int) -> Money:
        return Money(minor, currency)

    if content.kind is SchemeKind.SHARE:
        yield Message(SHARE, {"percent": percent(content.share_basis_points or 0)})
        yield Message(SHARE_VALUES if content.classes else SHARE_QUANTITY)
    yield from _base(content, unit, currency)
    for row in content.classes:
        grade = names.get(row.grade, row.grade)
        params: dict[str, object] = {"grade": grade, "price": money(row.price_minor), "unit": unit}
        if row.colour is None:
            yield Message(OF_CLASS, params)
        else:
            yield Message(OF_CLASS_IN_COLOUR, {**params, "colour": colour_name(content, row.colour)})
    if content.classes and content.base_minor is not None:
        yield Message(OTHERS, {"price": money(content.base_minor), "unit": unit})
    if content.density is not None:
        yield Message(BY_WEIGHT, {"density": content.density})
    for one in content.composition:
        yield from _composition(one, unit, currency)
    for adjustment in content.adjustments:
        yield _adjustment(adjustment, content, currency)
    yield from _remarks(content, unit, currency)


def _base(content: PriceContent, unit: Message, currency: str) -> Iterator[Message]:
    if content.kind not in {SchemeKind.FLAT, SchemeKind.MILK} or content.base_minor is None:
        return
    four = prices_of(content)
    if content.days is None:
        if content.base_minor:
            text = FLAT_MILK if content.kind is SchemeKind.MILK else FLAT
            yield Message(text, {"unit": unit, "price": Money(content.base_minor, currency)})
        return
    yield Message(WEEKDAY, {"unit": unit, "price": Money(four.weekday, currency)})
    yield Message(SUNDAY, {"unit": unit, "price": Money(four.sunday, currency)})
    yield _excess(four, currency)


def _excess(four: FourPrices, currency: str) -> Message:
    price, sunday = Money(four.excess_weekday, currency), Money(four.excess_sunday, currency)
    if price == sunday:
        return Message(EXCESS_SAME, {"price": price})
    return Message(EXCESS, {"price": price, "sunday": sunday})


#: Groups that every price list may use, and what they are called.
WHITE, COLOURED = "white-only", "coloured"
GROUP_NAMES = {WHITE: N_("white"), COLOURED: N_("any colour but white")}


def colour_name(content: PriceContent, colour: str) -> object:
    """Return the name of a colour, or the names of those in a group."""
    if colour in GROUP_NAMES:
        return Message(GROUP_NAMES[colour])
    known = standard_colours()
    group = content.colour_groups.get(colour)
    if group is None:
        return known.get(colour, colour)
    return {
        language: " / ".join(known[one][language] for one in group if one in known) or colour
        for language in ("es", "en")
    }


def _composition(one: Composition, unit: Message, currency: str) -> Iterator[Message]:
    what = Message(ATTRIBUTES[one.parameter].label)
    price = Money(one.rate_minor, currency)
    if one.basis is Basis.GRAM:
        yield Message(CONTENT, {"what": what, "price": price})
    else:
        params = {"what": what, "reference": one.reference or Decimal(0), "price": price, "unit": unit}
        yield Message(POINTS, params)
    if one.low is not None and one.high is not None:
        yield Message(CAPPED, {"what": what, "low": one.low, "high": one.high})
    if one.typical is not None:
        yield Message(TYPICAL, {"what": what, "value": one.typical})


def _adjustment(one: Adjustment, content: PriceContent, currency: str) -> Message:
    unit = Message(EACH[content.unit])
    if one.basis_points:
        amount = Message(PERCENT, {"percent": percent(one.basis_points)})
    else:
        amount = Message(PER_UNIT, {"price": Money(one.per_unit_minor, currency), "unit": unit})
    text = PENALTY if one.effect is Effect.PENALTY else PREMIUM
    conditions = _joined(list(_conditions(one, content)))
    return Message(text, {"name": one.name, "amount": amount, "conditions": conditions})


#: Up to five conditions after a comma each; a message of messages, because each is translated on its own.
_LISTS = {
    0: "",
    1: N_(", %(a)s"),
    2: N_(", %(a)s, %(b)s"),
    3: N_(", %(a)s, %(b)s, %(c)s"),
    4: N_(", %(a)s, %(b)s, %(c)s, %(d)s"),
    5: N_(", %(a)s, %(b)s, %(c)s, %(d)s, %(e)s"),
}


def _joined(conditions: list[Message]) -> Message | str:
    if not conditions:
        return ""
    return Message(_LISTS[len(conditions)], dict(zip("abcde", conditions, strict=False)))


def _conditions(one: Adjustment, content: PriceContent) -> Iterator[Message]:
    if one.parameter is not None:
        attribute = ATTRIBUTES[one.parameter]
        params = {"what": Message(attribute.label), "low": one.low, "high": one.high, "unit": attribute.unit}
        yield Message(_range(one.low, one.high, BETWEEN, FROM, UP_TO), params)
    if one.claim is not None:
        yield Message(CLAIMED, {"claim": Message(CLAIM_LABELS[Claim(one.claim)])})
    if one.volume_low is not None or one.volume_high is not None:
        params = {
            "low": _whole(one.volume_low),
            "high": _whole(one.volume_high),
            "unit": UNIT_SIGNS[content.unit],
        }
        text = _range(one.volume_low, one.volume_high, VOLUME_BETWEEN, VOLUME_FROM, VOLUME_UP_TO)
        yield Message(text, params)
    if one.season_from and one.season_to:
        yield Message(SEASON, {"first": month_day(one.season_from), "last": month_day(one.season_to)})
    if one.is_for_women:
        yield Message(WOMEN)


def _range(low: object, high: object, between: str, above: str, below: str) -> str:
    if low is not None and high is not None:
        return between
    return above if low is not None else below


def _whole(thousandths: int | None) -> Decimal | None:
    return None if thousandths is None else Decimal(thousandths) / 1000


def _remarks(content: PriceContent, unit: Message, currency: str) -> Iterator[Message]:
    names = [one.name for one in content.adjustments]
    if len(names) != len(set(names)) or any(one.parameter for one in content.adjustments):
        yield Message(LADDER)
    if any(one.effect is Effect.PENALTY for one in content.adjustments):
        yield Message(NEVER_NEGATIVE)
    if content.parameters:
        yield Message(MEAN if content.missing is MissingRule.MEAN_OF_LAST_THREE else BASE_ONLY)
    if content.advance is not None and content.advance.basis_points:
        yield Message(ADVANCE_PERCENT, {"percent": percent(content.advance.basis_points)})
    elif content.advance is not None:
        price = Money(content.advance.per_unit_minor, currency)
        yield Message(ADVANCE_AMOUNT, {"price": price, "unit": unit})
    if content.is_for_whole_periods:
        yield Message(WHOLE)


def percent(basis_points: int) -> Decimal:
    """Return hundredths of a percent as a percentage."""
    return (Decimal(basis_points) / 100).normalize() + 0


def month_day(day: tuple[int, int]) -> str:
    """Return a day of any year as people here write it: 15/12."""
    return f"{day[1]:02d}/{day[0]:02d}"
