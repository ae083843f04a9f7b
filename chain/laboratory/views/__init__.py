"""Pages of the laboratory."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("laboratory", __name__, url_prefix="/laboratory")

NAVIGATION: list[NavigationItem] = []
