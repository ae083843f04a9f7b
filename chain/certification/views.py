"""Pages of certification."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("certification", __name__)

NAVIGATION: list[NavigationItem] = []
