"""What a demand pays for an offer: a base price by class and colour, then premiums and penalties. Pure, in minor units.

Worked example: baby white at 45.00, 0.20 more for each tenth of a micrometre below 22.0, 3.00 more for organic. An organic
white baby of 21.5 µm: 45.00 + 5 × 0.20 + 3.00 = 49.00 for a kilogram.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from chain.core.errors import FieldErrors
from chain.core.i18n import N_, Message
from chain.core.money import Money

MAX_ROWS = 200
MAX_PREMIUMS = 30
MAX_PRICE_MINOR = 10**9
#: From the weakest to the strongest.
CLAIM_ORDER = ("conventional", "transition", "organic")


class PremiumKind(StrEnum):
    """What a premium looks at."""

    #: so much for each tenth of a micrometre below `high_tenths`, and so much less for each one above
    MICRON_STEP = "micron_step"
    #: within a range of micrometres, both ends included
    MICRON_RANGE = "micron_range"
    #: for a claim or a better one; of several that apply, the one of the best claim
    CLAIM = "claim"
    #: from a quantity on; of several that apply, the one of the greatest quantity
    VOLUME = "volume"


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A base price. None: any class, any colour; the row that says more counts, class before colour."""

    price_minor: int
    #: "scheme/edition/key"
    grade: str | None = None
    colour: str | None = None


@dataclass(frozen=True, slots=True)
class Premium:
    """What is added to the base price, or taken away when negative, in minor units for a kilogram or litre."""

    kind: str
    minor: int
    low_tenths: int | None = None
    high_tenths: int | None = None
    claim: str | None = None
    #: grams or millilitres
    from_quantity: int | None = None
    #: the most that a step by tenths may add or take away
    limit_minor: int | None = None


class Pays(Protocol):
    """What `price_for` needs to know of a demand; the model and `Terms` are such."""

    @property
    def price_minor_per_unit(self) -> int | None: ...
    @property
    def currency(self) -> str: ...
    @property
    def price_grid(self) -> Sequence[Any]: ...
    @property
    def premiums(self) -> Sequence[Any]: ...


class Offered(Protocol):
    """What `price_for` needs to know of an offer."""

    @property
    def quantity(self) -> int: ...
    @property
    def claim(self) -> str: ...
    @property
    def grade(self) -> str | None: ...
    @property
    def colour(self) -> str | None: ...
    @property
    def micron_tenths(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Quote:
    """The price for a kilogram or litre and how it came about, a line each."""

    minor: int
    lines: tuple[Message, ...]


def price_for(demand: Pays, offer: Offered) -> int | None:
    """Return what a demand pays for a kilogram or litre of an offer; None: the price is open, or penalties eat it up."""
    quote = quote_for(demand, offer)
    return None if quote is None else quote.minor


def quote_for(demand: Pays, offer: Offered) -> Quote | None:
    """Return the price with its explanation; None as in `price_for`."""
    base = base_price(read_rows(demand.price_grid), offer)
    if base is None:
        base = demand.price_minor_per_unit
    if base is None:
        return None
    lines = [Message(N_("Base price: %(price)s"), {"price": Money(base, demand.currency)})]
    total = base
    for minor, line in _premiums(read_premiums(demand.premiums), offer, demand.currency):
        total += minor
        lines.append(line)
    if total <= 0:
        return None
    return Quote(total, (*lines, Message(N_("Price: %(price)s"), {"price": Money(total, demand.currency)})))


def base_price(rows: Iterable[PriceRow], offer: Offered) -> int | None:
    """Return the base price of the row that says most of an offer; None when no row covers it."""
    fitting = [row for row in rows if row.grade in {None, offer.grade} and row.colour in {None, offer.colour}]
    best = max(fitting, key=lambda row: (row.grade is not None, row.colour is not None), default=None)
    return None if best is None else best.price_minor


def read_rows(rows: Iterable[Any]) -> list[PriceRow]:
    """Return kept rows of a price grid as values; values stay as they are."""
    return [row if isinstance(row, PriceRow) else PriceRow(**row) for row in rows]


def read_premiums(rows: Iterable[Any]) -> list[Premium]:
    """Return kept premiums as values; values stay as they are."""
    return [row if isinstance(row, Premium) else Premium(**row) for row in rows]


def _premiums(premiums: Sequence[Premium], offer: Offered, currency: str) -> Iterable[tuple[int, Message]]:
    by_kind: dict[str, list[Premium]] = {}
    for one in premiums:
        by_kind.setdefault(one.kind, []).append(one)
    steps, ranges = by_kind.get(PremiumKind.MICRON_STEP, []), by_kind.get(PremiumKind.MICRON_RANGE, [])
    if offer.micron_tenths is None:
        if steps or ranges:
            yield 0, Message(N_("The microns were not measured: no premium for them."))
    else:
        for one in steps:
            yield _step(one, offer.micron_tenths, currency)
        for one in ranges:
            if (one.low_tenths or 0) <= offer.micron_tenths <= (one.high_tenths or offer.micron_tenths):
                params = {"amount": Money(one.minor, currency), "microns": _microns(offer.micron_tenths)}
                yield one.minor, Message(N_("For %(microns)s µm: %(amount)s"), params)
    claims = [one for one in by_kind.get(PremiumKind.CLAIM, []) if _rank(one.claim) <= _rank(offer.claim)]
    if claims:
        best = max(claims, key=lambda one: _rank(one.claim))
        yield (
            best.minor,
            Message(N_("For the certification: %(amount)s"), {"amount": Money(best.minor, currency)}),
        )
    volumes = [
        one for one in by_kind.get(PremiumKind.VOLUME, []) if (one.from_quantity or 0) <= offer.quantity
    ]
    if volumes:
        best = max(volumes, key=lambda one: one.from_quantity or 0)
        yield best.minor, Message(N_("For the quantity: %(amount)s"), {"amount": Money(best.minor, currency)})


def _step(one: Premium, micron_tenths: int, currency: str) -> tuple[int, Message]:
    tenths = (one.high_tenths or micron_tenths) - micron_tenths
    minor = tenths * one.minor
    if one.limit_minor is not None:
        minor = max(-one.limit_minor, min(one.limit_minor, minor))
    text = N_("%(by)s µm finer than %(base)s µm: %(amount)s")
    if tenths < 0:
        text = N_("%(by)s µm coarser than %(base)s µm: %(amount)s")
    params = {
        "by": _microns(abs(tenths)),
        "base": _microns(one.high_tenths or micron_tenths),
        "amount": Money(minor, currency),
    }
    return minor, Message(text, params)


def _rank(claim: str | None) -> int:
    return CLAIM_ORDER.index(claim) if claim in CLAIM_ORDER else 0


def _microns(tenths: int) -> Decimal:
    return Decimal(tenths) / 10


# --- What cannot be right ---------------------------------------------------------------------------------------------


def check_grid(
    errors: FieldErrors,
    rows: Sequence[PriceRow],
    *,
    grades: Sequence[str],
    colours: Sequence[str],
    is_colour: Iterable[str],
) -> None:
    """Note what is wrong with the rows of a grid: each class and colour is among those asked for and priced once."""
    if len(rows) > MAX_ROWS:
        errors.add("price_grid", N_("At most %(limit)s rows."), limit=MAX_ROWS)
        return
    known = frozenset(is_colour)
    seen: set[tuple[str | None, str | None]] = set()
    for place, row in enumerate(rows, 1):
        if not 0 < row.price_minor <= MAX_PRICE_MINOR:
            errors.add(
                "price_grid", N_("Row %(row)s: the price must be above zero and believable."), row=place
            )
        if row.grade is not None and grades and row.grade not in grades:
            errors.add("price_grid", N_("Row %(row)s: the class is not among those asked for."), row=place)
        wrong = row.colour is not None and (
            row.colour not in known or (colours and row.colour not in colours)
        )
        if wrong:
            errors.add("price_grid", N_("Row %(row)s: the colour is not among those asked for."), row=place)
        if (row.grade, row.colour) in seen:
            errors.add("price_grid", N_("Row %(row)s: this class and colour has a price already."), row=place)
        seen.add((row.grade, row.colour))


def check_premiums(errors: FieldErrors, premiums: Sequence[Premium]) -> None:
    """Note what is wrong with the premiums."""
    if len(premiums) > MAX_PREMIUMS:
        errors.add("premiums", N_("At most %(limit)s rows."), limit=MAX_PREMIUMS)
        return
    for place, one in enumerate(premiums, 1):
        if abs(one.minor) > MAX_PRICE_MINOR or not _is_whole(one):
            errors.add("premiums", N_("Premium %(row)s is not complete or not believable."), row=place)


def _is_whole(one: Premium) -> bool:
    low, high = one.low_tenths, one.high_tenths
    match one.kind:
        case PremiumKind.MICRON_STEP:
            return high is not None and 0 < high <= 10_000 and (one.limit_minor or 0) >= 0  # noqa: PLR2004 - 1 mm
        case PremiumKind.MICRON_RANGE:
            return (low is not None or high is not None) and (low or 0) <= (
                high if high is not None else 10_000
            )
        case PremiumKind.CLAIM:
            return one.claim in CLAIM_ORDER
        case PremiumKind.VOLUME:
            return one.from_quantity is not None and one.from_quantity > 0
    return False
