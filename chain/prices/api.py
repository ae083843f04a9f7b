"""JSON resources of published prices. Everybody may read them, without a token."""

from collections.abc import Callable
from typing import Any

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.prices.models import PriceConsent
from chain.prices.queries import published_prices
from chain.prices.reading import read_filters
from chain.prices.rules import PriceLine
from chain.prices.schemas import PriceArgs, PriceConsentSchema, PublishedPriceSchema
from chain.prices.services import set_consent
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema

prices = ApiBlueprint("published_prices", __name__, url="/prices", description="What was paid in past weeks.")
blueprints = [prices]

SORT_KEYS: dict[str, Callable[[PriceLine], Any]] = {
    "week": lambda line: (line.week.year, line.week.number),
    "commodity": lambda line: line.commodity,
    "mean": lambda line: line.mean_minor,
    "quantity": lambda line: line.quantity,
    "sales": lambda line: line.sales,
}


@prices.get("")
@prices.arguments(PriceArgs, location="query")
@prices.response(200, page_schema(PublishedPriceSchema))
@prices.doc(security=[])
def price_list(args: dict[str, Any]) -> dict[str, Any]:
    """List past prices per class, colour and week, the newest first. No token is needed."""
    words = {name: args[name] for name in ("commodity", "grade", "colour", "centre")}
    filters = read_filters({**words, "from": args["first_week"], "to": args["last_week"]})
    page = slice_rows(published_prices(db.session, filters), page_request(args), SORT_KEYS)
    return page_answer(page, _answer)


@prices.put("/consent")
@prices.arguments(PriceConsentSchema)
@prices.response(200, PriceConsentSchema)
@permission_required(Permission.ORGANISATION_MANAGE)
def consent_set(data: dict[str, Any]) -> PriceConsent:
    """Say whether published prices may name the own organisation."""
    with atomic() as session:
        return set_consent(session, actor=g.actor, now=utc_now(), is_named=data["is_named"])


def _answer(line: PriceLine) -> dict[str, Any]:
    same = (
        "commodity",
        "grade",
        "colour",
        "currency",
        "unit",
        "quantity",
        "producer_quantity",
        "sales",
        "sellers",
    )
    minor = ("mean", "median", "least", "most", "producer")
    return {
        "week": str(line.week),
        "first_day": line.week.first,
        "last_day": line.week.last,
        "centre": line.seller,
        **{name: getattr(line, name) for name in same},
        **{f"{name}_minor_per_unit": getattr(line, f"{name}_minor") for name in minor},
    }
