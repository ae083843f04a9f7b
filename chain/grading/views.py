"""Pages of grading."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("grading", __name__)

NAVIGATION: list[NavigationItem] = []
