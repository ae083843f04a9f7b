"""What a content may say, checked as a whole: every refusal at its field, rows by number ("adjustments.2.low"). Pure."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from decimal import Decimal

from chain.certification.rules import Claim
from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS
from chain.core.quantity import Unit
from chain.grading.attributes import DENSITY_G_ML
from chain.grading.own_documents import standard_colours
from chain.laboratory.attributes import ATTRIBUTES, attributes_of
from chain.lots.products import DELIVERED, PRODUCTS
from chain.pricing.rules.content import (
    Adjustment,
    Basis,
    Composition,
    PayUnit,
    PriceContent,
    SchemeKind,
)

MAX_CLASSES, MAX_ADJUSTMENTS, MAX_LABEL = 200, 60, 60
#: Nothing of ours costs more per kilogram or litre than 1,000 of any currency.
MAX_PRICE_MINOR = 100_000
#: A kilogram of fat or protein.
MAX_CONTENT_MINOR = 10_000_000
MAX_VOLUME = 10_000_000_000
#: The constituents of milk that are paid.
CONSTITUENTS = ("fat_pct", "protein_pct", "snf_pct", "total_solids_pct")
LEAP_YEAR = 2024
MONTHS = 12

PRICE_RANGE = N_("The price must be above zero and at most %(most)s.")
NO_PRODUCT = N_("Choose one of the products.")
UNIT_MISMATCH = N_("This product is weighed: its price is for a kilogram.")
DENSITY_NEEDED = N_(
    "Write the kilograms that a litre weighs when it was not measured, from %(low)s to %(high)s."
)
CLASSES_NEEDED = N_("Write at least one class with its price.")
CLASS_TWICE = N_("This class and colour stand here twice.")
CLASS_UNKNOWN = N_("“%(grade)s” is no class of the grading scheme that was chosen.")
COLOUR_UNKNOWN = N_("“%(colour)s” is not in the colour list.")
SCHEME_NEEDED = N_("Choose the grading scheme that the classes belong to.")
ONLY_MILK = N_("Only milk is paid by day, quota or composition.")
REFERENCE_NEEDED = N_("Write the percentage that the base price is for.")
TYPICAL_NEEDED = N_(
    "Without a base price, write the percentage that counts for a producer who has no analysis yet."
)
NOT_PAID = N_("Choose fat, protein, solids-not-fat or total solids, each once.")
OUT_OF_RANGE = N_("Write a value from %(low)s to %(high)s.")
BAND_TURNED = N_("The lower end lies above the upper one.")
BAND_EMPTY = N_("Write the lower end, the upper one, or both.")
BAND_WITHOUT_PARAMETER = N_("Choose the result that these ends are for.")
NOT_MEASURED = N_("This is not measured of this product.")
NAME_NEEDED = N_("Write the name that stands on the receipt, at most %(limit)s characters.")
ONE_AMOUNT = N_("Write an amount or a percentage, one of the two.")
PERCENT_RANGE = N_("Write a percentage above 0 and at most 100.")
SEASON_WHOLE = N_("Write the first and the last day of the season, as month and day.")
NO_SUCH_CLAIM = N_("Choose transition or organic.")
TOO_MANY_ROWS = N_("At most %(limit)s rows fit in.")
SHARE_NEEDED = N_("Write the percentage of the sale that the producers get.")
NOT_FOR_SHARES = N_("A share of the sale has no premiums, penalties or composition: the sale decides.")


def check_content(content: PriceContent, commodity: str, known_classes: Collection[str] | None) -> None:
    """Refuse a content that no price list can mean; `known_classes` are those of its grading scheme, None when it has none.

    Raises:
        ValidationFailed: every field that cannot be used.
    """
    errors = FieldErrors()
    if commodity not in DELIVERED:
        errors.add("commodity", NO_PRODUCT)
        errors.raise_any()
    is_liquid = PRODUCTS[commodity].unit is Unit.MILLILITRE
    _check_unit(errors, content, is_liquid=is_liquid)
    _check_base(errors, content)
    _check_classes(errors, content, known_classes)
    if (content.days or content.composition or content.kind is SchemeKind.MILK) and not is_liquid:
        errors.add("kind", ONLY_MILK)
    _check_days(errors, content)
    _check_composition(errors, content)
    if len(content.adjustments) > MAX_ADJUSTMENTS:
        errors.add("adjustments", TOO_MANY_ROWS, limit=MAX_ADJUSTMENTS)
    measured = {one.key for one in attributes_of(commodity) if one.is_number}
    for place, one in enumerate(content.adjustments[:MAX_ADJUSTMENTS]):
        _check_adjustment(errors, f"adjustments.{place}", one, measured)
    _check_advance(errors, content)
    _check_share(errors, content)
    errors.raise_any()


def _check_unit(errors: FieldErrors, content: PriceContent, *, is_liquid: bool) -> None:
    if content.unit is PayUnit.LITRE and not is_liquid:
        errors.add("unit", UNIT_MISMATCH)
    needs_density = is_liquid and content.unit is PayUnit.KILOGRAM
    if (needs_density and content.density is None) or (
        content.density is not None and not DENSITY_G_ML.hold(content.density)
    ):
        errors.add("density", DENSITY_NEEDED, low=DENSITY_G_ML.low, high=DENSITY_G_ML.high)


def _check_price(errors: FieldErrors, field: str, price: int | None, *, least: int = 1) -> None:
    if price is not None and not least <= price <= MAX_PRICE_MINOR:
        errors.add(field, PRICE_RANGE, most=MAX_PRICE_MINOR // 100)


def _check_base(errors: FieldErrors, content: PriceContent) -> None:
    by_content = any(one.basis is Basis.GRAM for one in content.composition)
    if content.base_minor is None:
        if content.kind in {SchemeKind.FLAT, SchemeKind.MILK}:
            errors.add("base", PRICE_RANGE, most=MAX_PRICE_MINOR // 100)
        return
    _check_price(errors, "base", content.base_minor, least=0 if by_content else 1)


def _check_classes(errors: FieldErrors, content: PriceContent, known: Collection[str] | None) -> None:
    if content.kind is SchemeKind.CLASSES and not content.classes:
        errors.add("classes", CLASSES_NEEDED)
    if content.classes and content.grades_from is None:
        errors.add("grades_from", SCHEME_NEEDED)
    if len(content.classes) > MAX_CLASSES:
        errors.add("classes", TOO_MANY_ROWS, limit=MAX_CLASSES)
    colours = {*standard_colours(), *content.colour_groups}
    seen: set[tuple[str, str | None]] = set()
    for place, row in enumerate(content.classes[:MAX_CLASSES]):
        at = f"classes.{place}"
        if not row.grade or (known is not None and row.grade not in known):
            errors.add(f"{at}.grade", CLASS_UNKNOWN, grade=row.grade[:40])
        if row.colour is not None and row.colour not in colours:
            errors.add(f"{at}.colour", COLOUR_UNKNOWN, colour=row.colour[:40])
        if (row.grade, row.colour) in seen:
            errors.add(f"{at}.grade", CLASS_TWICE)
        seen.add((row.grade, row.colour))
        _check_price(errors, f"{at}.price", row.price_minor)


def _check_days(errors: FieldErrors, content: PriceContent) -> None:
    if content.days is not None:
        _check_price(errors, "sunday", content.days.sunday_minor)
        _check_price(errors, "excess_weekday", content.days.excess_weekday_minor)
        _check_price(errors, "excess_sunday", content.days.excess_sunday_minor)


def _check_composition(errors: FieldErrors, content: PriceContent) -> None:
    seen: set[str] = set()
    for place, one in enumerate(content.composition):
        at = f"composition.{place}"
        if one.parameter not in CONSTITUENTS or one.parameter in seen:
            errors.add(f"{at}.parameter", NOT_PAID)
            continue
        seen.add(one.parameter)
        if not 0 < one.rate_minor <= MAX_CONTENT_MINOR:
            errors.add(f"{at}.rate", PRICE_RANGE, most=MAX_CONTENT_MINOR // 100)
        if one.basis is Basis.POINT and one.reference is None:
            errors.add(f"{at}.reference", REFERENCE_NEEDED)
        if one.basis is Basis.GRAM and not content.base_minor and one.typical is None:
            errors.add(f"{at}.typical", TYPICAL_NEEDED)
        _check_percentages(errors, at, one)


def _check_percentages(errors: FieldErrors, at: str, one: Composition) -> None:
    bounds = ATTRIBUTES[one.parameter].bounds
    fields: Mapping[str, Decimal | None] = {
        "reference": one.reference,
        "low": one.low,
        "high": one.high,
        "typical": one.typical,
    }
    for name, value in fields.items():
        if value is not None and bounds is not None and not bounds.hold(value):
            errors.add(f"{at}.{name}", OUT_OF_RANGE, low=bounds.low, high=bounds.high)
    if one.low is not None and one.high is not None and one.low > one.high:
        errors.add(f"{at}.low", BAND_TURNED)


def _check_adjustment(errors: FieldErrors, at: str, one: Adjustment, measured: Collection[str]) -> None:
    if not 0 < len(one.name.strip()) <= MAX_LABEL:
        errors.add(f"{at}.name", NAME_NEEDED, limit=MAX_LABEL)
    if (one.per_unit_minor != 0) == (one.basis_points != 0):
        errors.add(f"{at}.amount", ONE_AMOUNT)
    elif one.per_unit_minor:
        _check_price(errors, f"{at}.amount", one.per_unit_minor)
    elif not 0 < one.basis_points <= BASIS_POINTS:
        errors.add(f"{at}.percent", PERCENT_RANGE)
    _check_band(errors, at, one, measured)
    if one.claim is not None and one.claim not in {Claim.TRANSITION.value, Claim.ORGANIC.value}:
        errors.add(f"{at}.claim", NO_SUCH_CLAIM)
    if one.volume_low is not None and one.volume_high is not None and one.volume_low > one.volume_high:
        errors.add(f"{at}.volume_low", BAND_TURNED)
    for name, volume in (("volume_low", one.volume_low), ("volume_high", one.volume_high)):
        if volume is not None and not 0 <= volume <= MAX_VOLUME:
            errors.add(f"{at}.{name}", OUT_OF_RANGE, low=0, high=MAX_VOLUME // 1000)
    if (one.season_from is None) != (one.season_to is None) or not all(
        _is_day(day) for day in (one.season_from, one.season_to) if day
    ):
        errors.add(f"{at}.season_from", SEASON_WHOLE)


def _check_band(errors: FieldErrors, at: str, one: Adjustment, measured: Collection[str]) -> None:
    is_open = one.low is None and one.high is None
    if one.parameter is None:
        if not is_open:
            errors.add(f"{at}.parameter", BAND_WITHOUT_PARAMETER)
        return
    if one.parameter not in measured:
        errors.add(f"{at}.parameter", NOT_MEASURED)
    if is_open:
        errors.add(f"{at}.low", BAND_EMPTY)
    elif one.low is not None and one.high is not None and one.low > one.high:
        errors.add(f"{at}.low", BAND_TURNED)


def _is_day(day: tuple[int, int]) -> bool:
    month, number = day
    return 1 <= month <= MONTHS and 1 <= number <= monthrange(LEAP_YEAR, month)[1]


def _check_advance(errors: FieldErrors, content: PriceContent) -> None:
    rule = content.advance
    if rule is None:
        return
    if (rule.basis_points != 0) == (rule.per_unit_minor != 0):
        errors.add("advance_amount", ONE_AMOUNT)
    elif rule.per_unit_minor:
        _check_price(errors, "advance_amount", rule.per_unit_minor)
    elif not 0 < rule.basis_points <= BASIS_POINTS:
        errors.add("advance_percent", PERCENT_RANGE)


def _check_share(errors: FieldErrors, content: PriceContent) -> None:
    if content.kind is not SchemeKind.SHARE:
        return
    if content.share_basis_points is None or not 0 < content.share_basis_points <= BASIS_POINTS:
        errors.add("share", SHARE_NEEDED)
    if content.adjustments or content.composition or content.days:
        errors.add("kind", NOT_FOR_SHARES)
