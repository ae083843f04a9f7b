"""Pages of lots."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("lots", __name__)

NAVIGATION: list[NavigationItem] = []
