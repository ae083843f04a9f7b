"""Pages of payin: invoices, payments of buyers, bank statements and cards."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("payin", __name__)

NAVIGATION: list[NavigationItem] = []

from chain.payin.views import records, sale_payment  # noqa: E402, F401 - register their routes on the blueprint above
