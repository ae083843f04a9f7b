"""What forms of auctions and clocks share: the groups in stock, with a typed price at each that is offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import g, request

from chain.auctions.forms import minor_from
from chain.auctions.queries.stock import StockGroup, offerable_commodities, offerable_groups
from chain.core.db import db
from chain.core.i18n import N_
from chain.web.i18n import gettext


@dataclass(slots=True)
class Offer:
    """A group with what was typed for it."""

    group: StockGroup
    typed: Mapping[str, str]
    price_minor: int | None = None
    reserve_minor: int | None = None
    errors: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Catalogue:
    """The groups of a product."""

    commodities: Sequence[str]
    commodity: str
    offers: list[Offer]

    @property
    def chosen(self) -> list[Offer]:
        """The groups that got a price."""
        return [offer for offer in self.offers if offer.price_minor is not None]

    @property
    def has_errors(self) -> bool:
        """Whether something typed cannot be read."""
        return any(offer.errors for offer in self.offers)

    @property
    def seen(self) -> str:
        """What the page showed, to be compared when the form comes back."""
        return ",".join(str(offer.group.quantity) for offer in self.offers)


def read_catalogue() -> Catalogue:
    """Return the groups in stock with what the request typed for them."""
    commodities = list(offerable_commodities(db.session, g.actor))
    wanted = request.values.get("commodity", "")
    commodity = wanted if wanted in commodities else (commodities[0] if commodities else "")
    groups = offerable_groups(db.session, g.actor, commodity) if commodity else []
    return Catalogue(commodities, commodity, [_offer(group) for group in groups])


def _offer(group: StockGroup) -> Offer:
    typed = {name: request.form.get(f"{name}-{group.name}", "").strip() for name in ("price", "reserve")}
    offer = Offer(group, typed)
    try:
        offer.price_minor = minor_from(typed["price"])
        offer.reserve_minor = minor_from(typed["reserve"])
    except ValueError as error:
        offer.errors.append(str(error))
    if offer.price_minor is not None and offer.price_minor <= 0:
        offer.errors.append(gettext(N_("The price must be above zero.")))
    if offer.reserve_minor is not None and offer.price_minor is None:
        offer.errors.append(gettext(N_("Write a starting price too.")))
    return offer
