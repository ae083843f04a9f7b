"""What a bid says: prices for all lots, for each lot or by class and colour, and on what condition; how it is written down. Pure."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from chain.core.errors import FieldErrors
from chain.core.i18n import N_
from chain.core.money import Money
from chain.market.errors import PriceOutOfBounds, WrongCurrency

#: Prices in minor units per kilogram or litre. No fibre, milk or carcass costs 1,000 of any of our currencies.
PRICE_LOW = 1
PRICE_HIGH = 100_000
#: Sealed texts are filled up to a multiple of this, so that their length tells neither a price nor how many there are.
BLOCK = 512
MAX_GRID = 500


class OfferKind(StrEnum):
    """How a bid names its prices."""

    ALL = "all"
    GRID = "grid"
    LOTS = "lots"


OFFER_KIND_LABELS = {
    OfferKind.ALL: N_("One price for all the lots"),
    OfferKind.GRID: N_("A price for each class"),
    OfferKind.LOTS: N_("A price for each lot"),
}


class LotFacts(Protocol):
    """What of a lot decides its price in a bid."""

    @property
    def id(self) -> UUID: ...
    @property
    def quantity(self) -> int: ...
    @property
    def grade(self) -> str | None: ...
    @property
    def colour(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class GridPrice:
    """The price of a class ("scheme/edition/key"; None: lots without a class), of one colour or of any."""

    grade: str | None
    colour: str | None
    price_minor: int


@dataclass(frozen=True, slots=True)
class Offer:
    """What a buyer bids. One of `price_minor`, `lots` and `grid` is filled; quantities in grams or millilitres."""

    currency: str
    price_minor: int | None = None
    lots: Mapping[UUID, int] = field(default_factory=dict)
    grid: Sequence[GridPrice] = ()
    #: all the lots that it names, or none
    whole: bool = False
    #: nothing, unless at least so much
    least: int | None = None
    most: int | None = None

    @property
    def kind(self) -> OfferKind:
        """How it names its prices."""
        if self.price_minor is not None:
            return OfferKind.ALL
        return OfferKind.LOTS if self.lots else OfferKind.GRID

    def prices(self, lots: Sequence[LotFacts]) -> dict[UUID, int]:
        """Return the price of each lot that it names. A price for class and colour goes before one for the class alone."""
        if self.price_minor is not None:
            return dict.fromkeys((lot.id for lot in lots), self.price_minor)
        if self.lots:
            return {lot.id: self.lots[lot.id] for lot in lots if lot.id in self.lots}
        grid = {(one.grade, one.colour): one.price_minor for one in self.grid}
        found = {}
        for lot in lots:
            price = grid.get((lot.grade, lot.colour), grid.get((lot.grade, None)))
            if price is not None:
                found[lot.id] = price
        return found


def named_prices(offer: Offer) -> list[int]:
    """Return every price that an offer names."""
    single = [] if offer.price_minor is None else [offer.price_minor]
    return [*single, *offer.lots.values(), *(one.price_minor for one in offer.grid)]


def check_price(price_minor_per_unit: int, currency: str) -> None:
    """Refuse a price that cannot be meant.

    Raises:
        PriceOutOfBounds: it is zero, negative or absurd.
    """
    if not PRICE_LOW <= price_minor_per_unit <= PRICE_HIGH:
        raise PriceOutOfBounds(low=Money(PRICE_LOW, currency), high=Money(PRICE_HIGH, currency))


def check_offer(offer: Offer, lots: Sequence[LotFacts], currency: str) -> None:
    """Refuse a bid that cannot be meant. The reserve takes no part: trying bids must not find it.

    Raises:
        WrongCurrency: not the tender's currency.
        PriceOutOfBounds: a price is absurd.
        ValidationFailed: it names no price, a stranger's lot, or a condition that can never be met.
    """
    if offer.currency != currency:
        raise WrongCurrency(currency=currency)
    for price in named_prices(offer):
        check_price(price, currency)
    errors = FieldErrors()
    kinds = (offer.price_minor is not None, bool(offer.lots), bool(offer.grid))
    if sum(kinds) != 1:
        errors.add(
            "price", N_("Write a price: one for all the lots, one for each class, or one for each lot.")
        )
    errors.raise_any()
    _check_names(offer, lots, errors)
    errors.raise_any()
    _check_condition(offer, lots, errors)
    errors.raise_any()


def _check_names(offer: Offer, lots: Sequence[LotFacts], errors: FieldErrors) -> None:
    if not set(offer.lots) <= {lot.id for lot in lots}:
        errors.add("lots", N_("The bid names a lot that is not in this tender."))
    keys = [(one.grade, one.colour) for one in offer.grid]
    if len(set(keys)) != len(keys) or len(keys) > MAX_GRID:
        errors.add("grid", N_("The bid names a class and colour twice."))
    offered = {(lot.grade, lot.colour) for lot in lots} | {(lot.grade, None) for lot in lots}
    if not set(keys) <= offered:
        errors.add("grid", N_("The bid names a class or colour that is not in this tender."))


def _check_condition(offer: Offer, lots: Sequence[LotFacts], errors: FieldErrors) -> None:
    prices = offer.prices(lots)
    named = sum(lot.quantity for lot in lots if lot.id in prices)
    if offer.least is not None and not 0 < offer.least <= named:
        errors.add("least", N_("The least quantity is more than all the lots that you name."))
    if offer.most is not None and offer.most <= 0:
        errors.add("most", N_("The quantity must be above zero."))
    elif offer.most is not None and offer.least is not None and offer.most < offer.least:
        errors.add("most", N_("The greatest quantity is below the least."))
    elif offer.most is not None and offer.whole and offer.most < named:
        errors.add(
            "most", N_("All or nothing does not go with a quantity below that of the lots that you name.")
        )
    elif offer.most is not None and all(lot.quantity > offer.most for lot in lots if lot.id in prices):
        errors.add("most", N_("Every lot that you name is heavier than that. Lots are sold whole."))


def most_value(offer: Offer, lots: Sequence[LotFacts]) -> int:
    """Return the most, in minor units, that a bid may cost its buyer: what is checked against the buyer's limit."""
    prices = offer.prices(lots)
    quantity = {lot.id: lot.quantity for lot in lots}
    left = offer.most
    total = 0
    for lot_id in sorted(prices, key=lambda one: (-prices[one], one)):
        taken = quantity[lot_id] if left is None else min(quantity[lot_id], left)
        total += taken * prices[lot_id]
        left = None if left is None else left - taken
    return -(-total // 1000)


def offer_text(offer: Offer, *, bid_id: UUID, tender_id: UUID, buyer_id: UUID) -> str:
    """Return a bid as it is sealed and, after the opening, published with its nonce: JSON, filled up with blanks."""
    said: dict[str, object] = {
        "bid": str(bid_id),
        "tender": str(tender_id),
        "buyer": str(buyer_id),
        "currency": offer.currency,
    }
    if offer.price_minor is not None:
        said["price"] = offer.price_minor
    if offer.lots:
        said["lots"] = {str(lot_id): price for lot_id, price in sorted(offer.lots.items())}
    if offer.grid:
        said["grid"] = sorted(
            ([one.grade, one.colour, one.price_minor] for one in offer.grid),
            key=lambda line: (line[0] or "", line[1] or ""),
        )
    said |= {"whole": offer.whole, "least": offer.least, "most": offer.most}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return text.ljust(-(-len(text) // BLOCK) * BLOCK)


def read_offer(text: str) -> Offer:
    """Return the offer that a text says; the other way round of `offer_text`."""
    said = json.loads(text)
    return Offer(
        currency=said["currency"],
        price_minor=said.get("price"),
        lots={UUID(lot_id): price for lot_id, price in said.get("lots", {}).items()},
        grid=tuple(GridPrice(*line) for line in said.get("grid", ())),
        whole=said["whole"],
        least=said["least"],
        most=said["most"],
    )
