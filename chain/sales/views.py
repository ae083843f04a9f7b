"""Pages of sales."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("sales", __name__)

NAVIGATION: list[NavigationItem] = []
