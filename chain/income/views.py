"""Pages of income."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("income", __name__)

NAVIGATION: list[NavigationItem] = []
