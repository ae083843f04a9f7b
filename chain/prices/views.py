"""Pages of prices."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("prices", __name__)

NAVIGATION: list[NavigationItem] = []
