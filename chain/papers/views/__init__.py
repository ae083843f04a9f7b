"""Pages of papers."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("papers", __name__)

NAVIGATION: list[NavigationItem] = []
