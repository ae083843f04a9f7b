"""Pages of lots: the registration screen, lists, one lot, the second person's queue."""

from flask import Blueprint

from chain.accounts.rules import Permission
from chain.core.i18n import N_
from chain.lots.queries import count_to_confirm
from chain.web.navigation import COLLECTION, NavigationItem
from chain.web.waiting import register_waiting

blueprint = Blueprint("lots", __name__)

NAVIGATION = [
    NavigationItem(
        N_("Register a lot"), "lots.register_form", Permission.LOTS_REGISTER, order=10, group=COLLECTION
    ),
    NavigationItem(
        N_("To confirm"), "lots.grade_queue", Permission.GRADES_CONFIRM, order=15, group=COLLECTION
    ),
    NavigationItem(
        N_("Lots"),
        "lots.lot_list",
        Permission.LOTS_READ,
        order=20,
        about=N_("Find a lot, see where it stands"),
        group=COLLECTION,
    ),
]

register_waiting(
    Permission.GRADES_CONFIRM, N_("Lots whose class waits for you"), "lots.grade_queue", count_to_confirm
)

# These register their routes on the blueprint above.
from chain.lots.views import (  # noqa: E402, F401
    board,
    confirmation,
    corrections,
    imports,
    labels,
    lists,
    notes,
    registration,
    rejections,
    scanner,
    searches,
    weighings,
)
