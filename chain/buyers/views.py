"""Pages of buyers."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("buyers", __name__)

NAVIGATION: list[NavigationItem] = []
