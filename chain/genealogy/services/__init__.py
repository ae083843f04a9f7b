"""The writers of the genealogy; the public functions are named here for other areas.

Each event function takes the session, the actor, `now` and the event, and returns the stored event. The same id with the
same content answers the stored event; other content raises IdempotencyConflict.
"""

from chain.genealogy.services.changing import record_gain, record_loss, take_back
from chain.genealogy.services.combining import merge_lots, split_lot
from chain.genealogy.services.moving import transfer_lots
from chain.genealogy.services.processing import process_lots
from chain.genealogy.services.recipes import archive_recipe, write_recipe
from chain.genealogy.services.sorting import sort_lot
from chain.genealogy.services.undoing import undo_event

__all__ = [
    "archive_recipe",
    "merge_lots",
    "process_lots",
    "record_gain",
    "record_loss",
    "sort_lot",
    "split_lot",
    "take_back",
    "transfer_lots",
    "undo_event",
    "write_recipe",
]
