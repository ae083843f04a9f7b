"""The writers of lots, one module per group of use cases; the public functions are named here for other areas."""

from chain.lots.services.grading import confirm_grade, confirm_proposals
from chain.lots.services.registration import (
    Ask,
    ItemResult,
    ItemStatus,
    Registered,
    refuse_unstored,
    register_asked,
    register_lot,
    register_lots,
)
from chain.lots.services.searches import delete_search, rename_search, save_search
from chain.lots.services.states import LotAudit, cancel_lot, change_lot_states

__all__ = [
    "Ask",
    "ItemResult",
    "ItemStatus",
    "LotAudit",
    "Registered",
    "cancel_lot",
    "change_lot_states",
    "confirm_grade",
    "confirm_proposals",
    "delete_search",
    "refuse_unstored",
    "register_asked",
    "register_lot",
    "register_lots",
    "rename_search",
    "save_search",
]
