"""Pages of market."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("market", __name__)

NAVIGATION: list[NavigationItem] = []
