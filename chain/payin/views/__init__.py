"""Pages of payin."""

from flask import Blueprint

from chain.web.navigation import NavigationItem

blueprint = Blueprint("payin", __name__)

NAVIGATION: list[NavigationItem] = []
