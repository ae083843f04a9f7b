"""Pages of custody."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("custody", __name__, url_prefix="/custody")

NAVIGATION: list[NavigationItem] = []
