"""Pages of payout."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("payout", __name__)

NAVIGATION: list[NavigationItem] = []
