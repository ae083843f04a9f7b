"""Pages of settlement."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("settlement", __name__)

NAVIGATION: list[NavigationItem] = []
