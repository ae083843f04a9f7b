"""Pages of the genealogy."""

from flask import Blueprint

from chain.genealogy.queries.behind import count_producers
from chain.lots.behind import register_counter
from chain.web.navigation import NavigationItem

blueprint = Blueprint("genealogy", __name__, url_prefix="/genealogy")

NAVIGATION: list[NavigationItem] = []

# The board of lots says how many producers a lot comes from.
register_counter(count_producers)
