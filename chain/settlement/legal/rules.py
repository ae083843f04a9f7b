"""What tax papers come to, and what is checked before one is issued. Pure.

Sources: the tax office's checks of document type 04 (field list of 12 February 2026) and the usual purchase receipt of Bolivia.
Rates are given by settings; none is written here.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from chain.core.i18n import N_, Message
from chain.core.money import split_largest_remainder

WHOLE = 10_000
ADULT = 18
UBIGEO = re.compile(r"[0-9]{6}")
RUC = re.compile(r"[0-9]{11}")
DNI = re.compile(r"[0-9]{8}")
#: Catalogue 06 of the tax office: the documents that a seller may show, and nothing else.
DOCUMENT_TYPES = {"dni": "1", "foreigner_card": "4", "passport": "7"}
MIN_ADDRESS = 3
MAX_ADDRESS = 250
MIN_REASON = 3


class TaxKind(StrEnum):
    """What a setting says."""

    UIT = "uit"
    UIT_LIMIT = "uit_limit"
    IGV = "igv"
    INCOME = "income_retention"
    PLACE = "place"
    OPERATION = "operation_type"
    AFFECTATION = "igv_affectation"
    IUE = "iue"
    IT = "it"
    GROSS_UP = "gross_up"


TAX_KIND_LABELS = {
    TaxKind.UIT: N_("Tax unit (UIT), amount"),
    TaxKind.UIT_LIMIT: N_("Limit per seller and year, in tax units"),
    TaxKind.IGV: N_("Sales tax (IGV), %"),
    TaxKind.INCOME: N_("Income tax withheld, %"),
    TaxKind.PLACE: N_("Place of the purchase: ubigeo and address"),
    TaxKind.OPERATION: N_("Operation type (catalogue 51), code of four digits"),
    TaxKind.AFFECTATION: N_("IGV affectation (catalogue 07), code of two digits"),
    TaxKind.IUE: N_("Retention IUE, %"),
    TaxKind.IT: N_("Retention IT, %"),
    TaxKind.GROSS_UP: N_("The organisation carries the tax: 1 yes, 0 no"),
}
#: Settings without which a country's paper is off.
NEEDED = {
    "PE": (TaxKind.UIT, TaxKind.UIT_LIMIT, TaxKind.IGV, TaxKind.INCOME, TaxKind.PLACE),
    "BO": (TaxKind.IUE, TaxKind.IT, TaxKind.GROSS_UP),
}
#: Settings that only the file for the tax office needs; without one its field stays empty.
FOR_FILES = {"PE": (TaxKind.OPERATION, TaxKind.AFFECTATION), "BO": ()}
#: Settings that are codes of a catalogue, and their digits.
CODES = {TaxKind.OPERATION: 4, TaxKind.AFFECTATION: 2}
#: Settings that are percentages, kept in basis points.
PERCENTAGES = frozenset({TaxKind.IGV, TaxKind.INCOME, TaxKind.IUE, TaxKind.IT})
#: Settings that are amounts, kept in minor units.
AMOUNTS = frozenset({TaxKind.UIT})
#: What an amount must be written in.
CURRENCIES = {"PE": "PEN", "BO": "BOB"}


class AddressKind(StrEnum):
    """Catalogue 60 of the tax office: what the address of the seller is."""

    SALE = "01"
    PRODUCTION = "02"
    EXTRACTION = "03"
    NONE = "04"


ADDRESS_KIND_LABELS = {
    AddressKind.SALE: N_("Point of sale"),
    AddressKind.PRODUCTION: N_("Place of production"),
    AddressKind.EXTRACTION: N_("Place of extraction"),
    AddressKind.NONE: N_("None of these"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A confirmed setting in force."""

    kind: TaxKind
    value: int
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Seller:
    """What is known of a producer on a day."""

    full_name: str
    document_kind: str | None
    document_number: str | None
    birth_year: int | None
    address: str | None = None
    ubigeo: str | None = None
    address_kind: str | None = None
    #: None: nobody looked
    has_tax_number: bool | None = None
    rau_number: str | None = None
    rau_valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Amounts:
    """A tax paper in minor units: net = subtotal - taxes - advances.

    The form's "other taxes" (9999) and rounding are not here: every amount is exact, and no rule adds a tax on top of the value.
    """

    value_minor: int
    subtotal_minor: int
    #: (name, basis points, amount) of each tax that is held back
    taxes: tuple[tuple[str, int, int], ...]
    net_minor: int
    #: what earlier papers of the same goods say was paid
    advances_minor: int = 0


@dataclass(frozen=True, slots=True)
class Advance:
    """An earlier tax paper over a floor price of the same goods, as far as this settlement counts it."""

    serial: str
    issued_on: date
    #: of the gross amount, what was paid before
    taken_minor: int
    #: the same without what the earlier paper held back
    amount_minor: int


def advance_of(
    serial: str, issued_on: date, taken_minor: int, *, gross_minor: int, net_minor: int
) -> Advance:
    """Return an earlier paper as an advance: of its net, the part that this settlement takes off, half up.

    An earlier paper of 300.00 with 4.50 held back, of which 150.00 are taken off, is an advance of 147.75.
    """
    amount = (2 * taken_minor * net_minor + gross_minor) // (2 * gross_minor)
    return Advance(serial, issued_on, taken_minor, min(amount, taken_minor))


def trimmed(advances: Sequence[Advance], counted_minor: int) -> list[Advance]:
    """Return advances as far as a paper counts them, the first ones first; they sum to it."""
    found: list[Advance] = []
    for one in advances:
        amount = min(one.amount_minor, counted_minor)
        counted_minor -= amount
        found.append(replace(one, amount_minor=amount))
    return found


def part_of(minor: int, basis_points: int) -> int:
    """Return a percentage of an amount, half up."""
    return (minor * basis_points + WHOLE // 2) // WHOLE


def liquidation(value_minor: int, *, igv: int, income: int, advances: int = 0) -> Amounts:
    """Return the amounts of a liquidación de compra: the buyer holds back the sales tax and the income tax.

    Advances are counted up to what is left: the net is never below zero.
    """
    igv_minor, income_minor = part_of(value_minor, igv), part_of(value_minor, income)
    subtotal = value_minor + igv_minor
    counted = min(advances, value_minor - income_minor)
    taxes = (("IGV", igv, igv_minor), ("Renta", income, income_minor))
    return Amounts(value_minor, subtotal, taxes, value_minor - income_minor - counted, counted)


def purchase_receipt(value_minor: int, *, iue: int, it: int, gross_up: bool, has_rau: bool) -> Amounts:
    """Return the amounts of a Bolivian purchase receipt.

    With `gross_up` the value is what the seller gets, and gross = net / (1 - rates): 1,000.00 gives 1,086.96 at 8 %. With a valid
    RAU certificate nothing is held back.
    """
    if has_rau:
        return Amounts(value_minor, value_minor, (("IUE", 0, 0), ("IT", 0, 0)), value_minor)
    rate = iue + it
    if gross_up:
        left = WHOLE - rate
        gross = (2 * value_minor * WHOLE + left) // (2 * left)
        held = gross - value_minor
        shares = split_largest_remainder(held, [iue, it], ["IUE", "IT"]) if rate else [0, 0]
        return Amounts(gross, gross, (("IUE", iue, shares[0]), ("IT", it, shares[1])), value_minor)
    taxes = (("IUE", iue, part_of(value_minor, iue)), ("IT", it, part_of(value_minor, it)))
    return Amounts(value_minor, value_minor, taxes, value_minor - taxes[0][2] - taxes[1][2])


def held_of(amounts: Amounts) -> int:
    """Return the taxes that a paper holds back from the income of the seller; the tax on the value comes on top of it."""
    return sum(minor for name, _, minor in amounts.taxes if name != "IGV")


def as_withheld(amounts: Amounts, taken_minor: int, *, at_our_cost: bool) -> Amounts | None:
    """Return a paper's amounts with the taxes that settlements took off, which the seller was paid without; None: they do not agree.

    A settlement rounds the sum of its taxes once and a paper each of them, so a difference of a cent per tax is the rounding: the
    paper then says what was taken, shared by the rates. `at_our_cost`: the organisation pays the taxes, so none may be taken off.
    """
    held = held_of(amounts)
    if at_our_cost:
        return None if taken_minor else amounts
    if held == taken_minor:
        return amounts
    rates = [(name, rate) for name, rate, _ in amounts.taxes if rate and name != "IGV"]
    if abs(held - taken_minor) > len(rates):
        return None
    shares = dict(
        zip(
            (name for name, _ in rates),
            split_largest_remainder(taken_minor, [rate for _, rate in rates], [name for name, _ in rates]),
            strict=True,
        )
    )
    return replace(
        amounts,
        taxes=tuple((name, rate, shares.get(name, minor)) for name, rate, minor in amounts.taxes),
        net_minor=amounts.net_minor + held - taken_minor,
    )


def house_problem(country: str, tax_id: str | None) -> Message | None:
    """Return what the buyer lacks to issue tax papers: in Peru the RUC is on each of them."""
    if country != "PE" or RUC.fullmatch(tax_id or ""):
        return None
    return Message(N_("RUC of the organisation, 11 digits"))


def has_valid_rau(seller: Seller, day: date) -> bool:
    """Tell whether a seller's RAU certificate is valid on a day."""
    return bool(seller.rau_number and seller.rau_valid_to and seller.rau_valid_to >= day)


def seller_problems(country: str, seller: Seller, day: date) -> list[Message]:
    """Return why no tax paper can be made out to a seller; empty when it can."""
    if country == "BO":
        return [] if seller.document_number else [Message(N_("The identity card is missing."))]
    found: list[Message] = []
    is_shown = bool((seller.document_number or "").strip())
    if seller.document_kind == "dni":
        is_shown = bool(DNI.fullmatch(seller.document_number or ""))
    if not is_shown or seller.document_kind not in DOCUMENT_TYPES:
        found.append(Message(N_("A DNI of eight digits, a foreigner's card or a passport is needed.")))
    if seller.birth_year is None:
        found.append(Message(N_("The year of birth is missing.")))
    elif (
        day.year - seller.birth_year <= ADULT
    ):  # only the year is known: who turns 18 this year may still be 17
        found.append(Message(N_("The seller must be of age; the year of birth does not show it.")))
    if not MIN_ADDRESS <= len(seller.address or "") <= MAX_ADDRESS:
        found.append(Message(N_("The address is missing.")))
    if not UBIGEO.fullmatch(seller.ubigeo or ""):
        found.append(Message(N_("The ubigeo of six digits is missing.")))
    if seller.has_tax_number is None:
        found.append(Message(N_("Nobody noted whether there is an active RUC.")))
    elif seller.has_tax_number:
        found.append(Message(N_("The seller has an active RUC and must give an invoice.")))
    return found


def limit_problem(
    settings: Mapping[TaxKind, Setting], sold_before_minor: int, value_minor: int
) -> Message | None:
    """Return a refusal when a seller's year passes the limit."""
    limit = settings[TaxKind.UIT].value * settings[TaxKind.UIT_LIMIT].value
    if sold_before_minor + value_minor <= limit:
        return None
    return Message(N_("With this paper the year of the seller passes the limit of tax units."))
