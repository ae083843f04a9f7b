"""What a buyer stands ready to buy, and whether an offer meets it, with every unmet condition in words. Pure.

Buyers stand below grading and certification in the layers: commodities, classes and claims are plain words here. A test
compares them with the areas that own them.
"""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from chain.buyers.class_options import grade_label
from chain.buyers.pricing import (
    CLAIM_ORDER,
    MAX_PRICE_MINOR,
    Pays,
    Premium,
    PremiumKind,
    PriceRow,
    check_grid,
    check_premiums,
    price_for,
)
from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.money import Money

TITLE_LENGTH = (3, 200)
MAX_NOTE = 2000
MAX_GRADES = 50
MAX_DURATION = timedelta(days=3 * 366)
#: Grams or millilitres: a million tonnes is a slip of the pen.
MAX_QUANTITY = 10**12
#: Tenths of a micrometre that are believed of camelid fibre, as in docs/grading.md.
MICRON_TENTHS = (100, 600)

FIBRES = ("alpaca-fibre", "llama-fibre")
COMMODITY_LABELS = {
    "alpaca-fibre": N_("Alpaca fibre"),
    "llama-fibre": N_("Llama fibre"),
    "raw-milk": N_("Raw milk"),
    "llama-carcass": N_("Llama carcass"),
}
#: The unit in which a quantity of a commodity is kept.
UNITS = {"alpaca-fibre": "g", "llama-fibre": "g", "raw-milk": "ml", "llama-carcass": "g"}

#: From the weakest to the strongest.
CLAIMS = CLAIM_ORDER
CLAIM_LABELS = {
    "conventional": N_("Any, also conventional"),
    "transition": N_("In transition (white seal) or organic"),
    "organic": N_("Organic only (green seal)"),
}

COLOURS = {
    "white": N_("white"),
    "beige": N_("beige"),
    "light_fawn": N_("light fawn"),
    "medium_fawn": N_("medium fawn"),
    "dark_fawn": N_("dark fawn"),
    "light_brown": N_("light brown"),
    "medium_brown": N_("medium brown"),
    "dark_brown": N_("dark brown"),
    "bay_black": N_("bay black"),
    "true_black": N_("true black"),
    "light_rose_grey": N_("light rose grey"),
    "medium_rose_grey": N_("medium rose grey"),
    "dark_rose_grey": N_("dark rose grey"),
    "light_silver_grey": N_("light silver grey"),
    "medium_silver_grey": N_("medium silver grey"),
    "dark_silver_grey": N_("dark silver grey"),
    "multicolour": N_("multicolour"),
}

_GRADE = re.compile(r"[a-z0-9][a-z0-9.-]{0,59}/[a-z0-9-]{1,20}/[a-z0-9_]{1,60}")


class DemandState(StrEnum):
    """Open until it is withdrawn; validity dates stand beside it."""

    OPEN = "open"
    WITHDRAWN = "withdrawn"


class Period(StrEnum):
    """For how long the quantity is asked."""

    MONTH = "month"
    FORTNIGHT = "fortnight"
    VALIDITY = "validity"


PERIOD_LABELS: dict[str, str] = {
    Period.MONTH: N_("every month"),
    Period.FORTNIGHT: N_("every fortnight"),
    Period.VALIDITY: N_("in the whole validity"),
}


class Freight(StrEnum):
    """Who brings the goods."""

    SELLER = "seller"
    BUYER = "buyer"


FREIGHT_LABELS: dict[str, str] = {
    Freight.SELLER: N_("The seller delivers"),
    Freight.BUYER: N_("The buyer collects"),
}


@dataclass(frozen=True, slots=True)
class Terms:
    """What a buyer asks for; empty tuples and None mean any."""

    title: str
    commodity: str
    currency: str
    valid_from: date
    #: last day, included
    valid_to: date
    grades: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    #: tenths of a micrometre, both included
    micron_min_tenths: int | None = None
    micron_max_tenths: int | None = None
    claim: str = "conventional"
    #: grams or millilitres
    min_quantity: int = 0
    max_quantity: int | None = None
    #: minor units for a kilogram or litre
    #: for classes and colours that the grid does not name
    price_minor_per_unit: int | None = None
    note: str | None = None
    #: `min_quantity` and `max_quantity` are for each of these
    period: str = "validity"
    freight: str = "seller"
    #: organisations whose goods are wanted, as text ids
    centres: tuple[str, ...] = ()
    #: organisations that may see it, with those that belong to them, as text ids; empty: every seller
    private_to: tuple[str, ...] = ()
    price_grid: tuple[PriceRow, ...] = ()
    premiums: tuple[Premium, ...] = ()

    def as_mapping(self) -> dict[str, Any]:
        """Return the fields as columns hold them."""
        found = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in found.items()}


def check_terms(terms: Terms, today: date) -> FieldErrors:
    """Return everything that is wrong with the terms."""
    errors = FieldErrors()
    low, high = TITLE_LENGTH
    if not low <= len(terms.title) <= high:
        errors.add("title", N_("Write %(low)s to %(high)s letters."), low=low, high=high)
    if len(terms.note or "") > MAX_NOTE:
        errors.add("note", N_("Write at most %(high)s letters."), high=MAX_NOTE)
    if terms.commodity not in COMMODITY_LABELS:
        errors.add("commodity", N_("Choose one of the options."))
    if terms.claim not in CLAIMS:
        errors.add("claim", N_("Choose one of the options."))
    if any(colour not in COLOURS for colour in terms.colours):
        errors.add("colours", N_("Choose one of the options."))
    if len(terms.grades) > MAX_GRADES or any(not _GRADE.fullmatch(grade) for grade in terms.grades):
        errors.add("grades", N_("Write a class as norm/edition/class, such as ntp-231.301/2014/baby."))
    if terms.period not in PERIOD_LABELS:
        errors.add("period", N_("Choose one of the options."))
    if terms.freight not in FREIGHT_LABELS:
        errors.add("freight", N_("Choose one of the options."))
    _check_fibre(terms, errors)
    _check_numbers(terms, errors)
    check_grid(errors, terms.price_grid, grades=terms.grades, colours=terms.colours, is_colour=COLOURS)
    check_premiums(errors, terms.premiums)
    _check_days(terms, today, errors)
    return errors


def _check_fibre(terms: Terms, errors: FieldErrors) -> None:
    microns = (terms.micron_min_tenths, terms.micron_max_tenths)
    priced = any(row.colour for row in terms.price_grid) or any(
        one.kind in {PremiumKind.MICRON_STEP, PremiumKind.MICRON_RANGE} for one in terms.premiums
    )
    asked = terms.colours or any(one is not None for one in microns)
    if terms.commodity not in FIBRES and (asked or priced):
        errors.add("commodity", N_("Colour and microns belong to fibre only."))
        return
    low, high = MICRON_TENTHS
    for field, value in zip(("micron_min_tenths", "micron_max_tenths"), microns, strict=True):
        if value is not None and not low <= value <= high:
            text = N_("The microns must lie from %(low)s to %(high)s.")
            errors.add(field, text, low=_microns(low), high=_microns(high))
    if None not in microns and microns[0] > microns[1]:  # type: ignore[operator]  # neither is None here
        errors.add("micron_max_tenths", N_("The upper limit lies under the lower one."))


def _check_numbers(terms: Terms, errors: FieldErrors) -> None:
    if not 0 <= terms.min_quantity <= MAX_QUANTITY:
        errors.add("min_quantity", N_("This quantity is not believable."))
    elif terms.max_quantity is not None and not 0 < terms.max_quantity <= MAX_QUANTITY:
        errors.add("max_quantity", N_("This quantity is not believable."))
    elif terms.max_quantity is not None and terms.max_quantity < terms.min_quantity:
        errors.add("max_quantity", N_("The upper limit lies under the lower one."))
    if terms.price_minor_per_unit is not None and not 0 < terms.price_minor_per_unit <= MAX_PRICE_MINOR:
        errors.add("price_minor_per_unit", N_("The price must be above zero and believable."))


def _check_days(terms: Terms, today: date, errors: FieldErrors) -> None:
    if terms.valid_to < terms.valid_from:
        errors.add("valid_to", N_("The last day lies before the first one."))
    elif terms.valid_to < today:
        errors.add("valid_to", N_("The last day is already over."))
    elif terms.valid_to - terms.valid_from > MAX_DURATION:
        errors.add("valid_to", N_("A demand runs for at most 3 years. Check the year."))


# --- Does an offer meet it? -------------------------------------------------------------------------------------------


class Asks(Pays, Protocol):
    """What `meets` needs to know of a demand; the model and `Terms` are such."""

    @property
    def commodity(self) -> str: ...
    @property
    def grades(self) -> Sequence[str]: ...
    @property
    def colours(self) -> Sequence[str]: ...
    @property
    def micron_min_tenths(self) -> int | None: ...
    @property
    def micron_max_tenths(self) -> int | None: ...
    @property
    def claim(self) -> str: ...
    @property
    def min_quantity(self) -> int: ...
    @property
    def max_quantity(self) -> int | None: ...
    @property
    def centres(self) -> Sequence[str]: ...
    @property
    def private_to(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class OfferFacts:
    """What is offered: one lot, or several together with their worst claim. None: not known."""

    commodity: str
    #: grams or millilitres
    quantity: int
    claim: str = "conventional"
    #: "scheme/edition/key"
    grade: str | None = None
    colour: str | None = None
    micron_tenths: int | None = None
    #: the reserve, in minor units for a kilogram or litre; None: no reserve, or not told
    price_minor_per_unit: int | None = None
    currency: str | None = None
    #: whose goods they are, and the association that this organisation belongs to
    seller_id: UUID | None = None
    seller_parent_id: UUID | None = None


def meets(demand: Asks, offer: OfferFacts) -> list[Message]:
    """Return every condition of a demand that an offer does not meet, and by how much; empty when it meets all.

    What the demand leaves open is met by everything; what it asks for and the offer does not state is not met.
    """
    if offer.commodity != demand.commodity:
        asked = Message(COMMODITY_LABELS.get(demand.commodity, demand.commodity))
        given = Message(COMMODITY_LABELS.get(offer.commodity, offer.commodity))
        return [
            Message(N_("The product is %(given)s; %(asked)s is asked for."), {"given": given, "asked": asked})
        ]
    return [
        *_unmet_seller(demand, offer),
        *_unmet_grade(demand, offer),
        *_unmet_colour(demand, offer),
        *_unmet_micron(demand, offer),
        *_unmet_claim(demand, offer),
        *_unmet_quantity(demand, offer),
        *_unmet_price(demand, offer),
    ]


def _unmet_seller(demand: Asks, offer: OfferFacts) -> list[Message]:
    found = []
    parties = {str(one) for one in (offer.seller_id, offer.seller_parent_id) if one is not None}
    if demand.private_to and not parties & set(demand.private_to):
        found.append(Message(N_("The demand is private to other associations.")))
    if demand.centres and not parties & set(demand.centres):
        found.append(Message(N_("The centre is not among those asked for.")))
    return found


def _unmet_grade(demand: Asks, offer: OfferFacts) -> list[Message]:
    if not demand.grades or offer.grade in demand.grades:
        return []
    asked = ", ".join(grade_label(one) for one in demand.grades)
    if offer.grade is None:
        return [Message(N_("The lot has no class yet; asked for: %(asked)s."), {"asked": asked})]
    params = {"given": grade_label(offer.grade), "asked": asked}
    return [Message(N_("The class is %(given)s; asked for: %(asked)s."), params)]


def _unmet_colour(demand: Asks, offer: OfferFacts) -> list[Message]:
    if not demand.colours or offer.colour in demand.colours:
        return []
    if offer.colour is None:
        return [Message(N_("The colour is not recorded."))]
    given = Message(COLOURS.get(offer.colour, offer.colour))
    return [Message(N_("The colour %(given)s is not among those asked for."), {"given": given})]


def _unmet_micron(demand: Asks, offer: OfferFacts) -> list[Message]:
    low, high = demand.micron_min_tenths, demand.micron_max_tenths
    if low is None and high is None:
        return []
    given = offer.micron_tenths
    if given is None:
        return [Message(N_("The microns were not measured."))]
    if low is not None and given < low:
        params = {"given": _microns(given), "by": _microns(low - given), "limit": _microns(low)}
        return [Message(N_("%(given)s µm is %(by)s µm under the lower limit of %(limit)s µm."), params)]
    if high is not None and given > high:
        params = {"given": _microns(given), "by": _microns(given - high), "limit": _microns(high)}
        return [Message(N_("%(given)s µm is %(by)s µm over the upper limit of %(limit)s µm."), params)]
    return []


def _unmet_claim(demand: Asks, offer: OfferFacts) -> list[Message]:
    if CLAIMS.index(offer.claim) >= CLAIMS.index(demand.claim):
        return []
    if demand.claim == CLAIMS[-1]:
        if offer.claim == CLAIMS[0]:
            return [Message(N_("The lot is conventional; organic is asked for."))]
        return [Message(N_("The lot is in transition; organic is asked for."))]
    return [Message(N_("The lot is conventional; in transition or organic is asked for."))]


def _unmet_quantity(demand: Asks, offer: OfferFacts) -> list[Message]:
    is_volume = UNITS.get(demand.commodity) == "ml"
    if offer.quantity < demand.min_quantity:
        text = N_("%(by)s litres are missing.") if is_volume else N_("%(by)s kg are missing.")
        return [Message(text, {"by": _whole(demand.min_quantity - offer.quantity)})]
    if demand.max_quantity is not None and offer.quantity > demand.max_quantity:
        text = N_("%(by)s litres more than asked for.") if is_volume else N_("%(by)s kg more than asked for.")
        return [Message(text, {"by": _whole(offer.quantity - demand.max_quantity)})]
    return []


def _unmet_price(demand: Asks, offer: OfferFacts) -> list[Message]:
    ceiling, asked = price_for(demand, offer), offer.price_minor_per_unit
    if ceiling is None or asked is None:
        return []
    if offer.currency != demand.currency:
        params = {"given": offer.currency, "asked": demand.currency}
        return [Message(N_("The reserve is in %(given)s; the demand pays in %(asked)s."), params)]
    if asked <= ceiling:
        return []
    excess: dict[str, object] = {
        "by": Money(asked - ceiling, demand.currency),
        "limit": Money(ceiling, demand.currency),
    }
    return [Message(N_("The reserve is %(by)s over the price of %(limit)s."), excess)]


def _microns(tenths: int) -> Decimal:
    return Decimal(tenths) / 10


def _whole(thousandths: int) -> Decimal:
    return Decimal(thousandths) / 1000
