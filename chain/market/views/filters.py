"""The filters of lots as they stand in the address bar. What cannot be read counts as not filtered."""

from collections.abc import Mapping
from decimal import Decimal

from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.i18n import N_
from chain.core.quantity import NotANumber, parse_decimal, thousandths
from chain.lots.grades import class_with_norm
from chain.lots.products import PRODUCT_LABELS
from chain.market.labels import colour_name
from chain.market.queries.lots import LotFilter, Mix
from chain.market.queries.tenders import BoardOptions
from chain.web.i18n import current_language, gettext

MAX_WORD = 100
#: Larger numbers cannot be meant and would not fit a column.
MAX_NUMBER = Decimal(10**9)

Choices = list[tuple[str, str]]


def _number(text: str | None) -> Decimal | None:
    try:
        value = parse_decimal(text)
    except NotANumber:
        return None
    return value if 0 <= value <= MAX_NUMBER else None


def _tenths(text: str | None) -> int | None:
    value = _number(text)
    return None if value is None else int(value * 10)


def read_filters(values: Mapping[str, str]) -> LotFilter:
    """Return the filters of an address or form."""
    words = {
        name: (values.get(name) or "")[:MAX_WORD] or None
        for name in ("commodity", "grade", "colour", "claim", "centre")
    }
    if words["commodity"] not in PRODUCT_LABELS:
        words["commodity"] = None
    if words["claim"] not in list(Claim):
        words["claim"] = None
    kilograms = _number(values.get("kg"))
    return LotFilter(
        **words,
        micron_min_tenths=_tenths(values.get("micron_min")),
        micron_max_tenths=_tenths(values.get("micron_max")),
        min_quantity=None if kilograms is None else thousandths(kilograms),
    )


def commodity_choices(commodities: list[str] | tuple[str, ...], *, with_any: bool) -> Choices:
    """Return products to choose from."""
    found = [(one, PRODUCT_LABELS[one]) for one in commodities]
    return [("", N_("All")), *found] if with_any else found


def grade_choices(grades: list[tuple[str, str, str]]) -> Choices:
    """Return classes to choose from, by name; the edition is told where one name has several."""
    language = current_language()
    names = [class_with_norm(*grade, language) for grade in grades]
    found = []
    for (scheme, edition, key), name in zip(grades, names, strict=True):
        label = f"{name} ({edition})" if names.count(name) > 1 else name
        found.append((f"{scheme}/{edition}/{key}", label))
    return [("", gettext(N_("All"))), *sorted(found, key=lambda item: item[1])]


def colour_choices(colours: list[str]) -> Choices:
    """Return colours to choose from."""
    language = current_language()
    return [("", gettext(N_("All"))), *((one, colour_name(one, language)) for one in colours)]


def claim_choices() -> Choices:
    """Return claims; each includes the better ones."""
    better = [(claim.value, CLAIM_LABELS[claim]) for claim in (Claim.TRANSITION, Claim.ORGANIC)]
    return [("", N_("All")), *better]


def centre_choices(options: BoardOptions) -> Choices:
    """Return selling organisations."""
    return [("", gettext(N_("All"))), *options.centres]


def grades_of(mix: Mix) -> list[tuple[str, str, str]]:
    """Return the classes in a mix."""
    return [
        (line.scheme, line.edition, line.key)
        for line in mix.classes
        if line.scheme is not None and line.edition is not None and line.key is not None
    ]
