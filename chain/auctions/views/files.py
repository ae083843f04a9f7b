"""Lists of auctions and clocks as files."""

from collections.abc import Iterator

from flask import Response, g

from chain.accounts.rules import Permission
from chain.auctions import intake
from chain.auctions.clock.queries import list_clocks
from chain.auctions.clock.rules import CLOCK_STATE_LABELS, ClockState
from chain.auctions.queries.lists import list_auctions
from chain.auctions.rules import AUCTION_STATE_LABELS, AuctionState
from chain.auctions.views import blueprint
from chain.core.db import db
from chain.core.i18n import N_
from chain.lots.products import PRODUCT_LABELS
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import every_row

AUCTION_HEADER = (
    N_("Number"), N_("Title"), N_("Seller"), N_("Product"), N_("Kilograms"), N_("Lots"), N_("Open lots"), N_("Bidders"),
    N_("Starts"), N_("Ends"), N_("State"), N_("Currency"),
)  # fmt: skip
CLOCK_HEADER = (
    N_("Number"), N_("Title"), N_("Seller"), N_("Product"), N_("Kilograms"), N_("Products"),
    N_("First round until"), N_("Second round until"), N_("State"), N_("Currency"),
)  # fmt: skip


@blueprint.get("/auctions.csv")
@permission_required(Permission.TENDERS_READ)
def auction_list_file() -> Response:
    """Send the own auctions as a table."""
    intake.close_what_is_due()
    return csv_response("auctions.csv", [gettext(one) for one in AUCTION_HEADER], list(_auction_rows()))


@blueprint.get("/live.csv")
@permission_required(Permission.BOARD_READ)
def live_list_file() -> Response:
    """Send the auctions that the reader may see as a table."""
    intake.close_what_is_due()
    return csv_response("auctions.csv", [gettext(one) for one in AUCTION_HEADER], list(_auction_rows()))


def _auction_rows() -> Iterator[list[object]]:
    for row in every_row(lambda request: list_auctions(db.session, g.actor, request)):
        one = row.auction
        yield [
            one.number,
            one.title,
            row.seller_name,
            gettext(PRODUCT_LABELS[one.commodity]),
            f"{one.quantity / 1000:.3f}",
            one.lots,
            row.open_lots,
            row.bidders,
            one.starts_at.isoformat(),
            one.ends_at.isoformat(),
            gettext(AUCTION_STATE_LABELS[AuctionState(one.state)]),
            one.currency,
        ]


@blueprint.get("/clocks.csv")
@sign_in_required
def clock_list_file() -> Response:
    """Send the clocks that the reader may see as a table."""
    rows = [
        [
            one.number,
            one.title,
            one.seller_name,
            gettext(PRODUCT_LABELS[one.commodity]),
            one.kilograms,
            one.products,
            one.first_closes_at.isoformat(),
            one.second_closes_at.isoformat() if one.second_closes_at else "",
            gettext(CLOCK_STATE_LABELS[ClockState(one.state)]),
            one.currency,
        ]
        for one in every_row(lambda request: list_clocks(db.session, g.actor, request))
    ]
    return csv_response("clocks.csv", [gettext(one) for one in CLOCK_HEADER], rows)
