"""Pages of the genealogy."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("genealogy", __name__, url_prefix="/genealogy")

NAVIGATION: list[NavigationItem] = []
