"""Pages of producers."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("producers", __name__)

NAVIGATION: list[NavigationItem] = []
