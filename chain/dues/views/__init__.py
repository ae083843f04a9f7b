"""Pages of dues."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("dues", __name__)

NAVIGATION: list[NavigationItem] = []
