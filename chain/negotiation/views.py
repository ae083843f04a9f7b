"""Pages of negotiation."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("negotiation", __name__)

NAVIGATION: list[NavigationItem] = []
