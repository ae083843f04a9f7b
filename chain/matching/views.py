"""Pages of matching."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("matching", __name__)

NAVIGATION: list[NavigationItem] = []
