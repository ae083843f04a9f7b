"""Pages of portal."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("portal", __name__)

NAVIGATION: list[NavigationItem] = []
