"""Pages of auctions."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("auctions", __name__)

NAVIGATION: list[NavigationItem] = []
