"""Pages of pricing."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("pricing", __name__)

NAVIGATION: list[NavigationItem] = []
