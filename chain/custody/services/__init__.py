"""The writers of custody, one module per group of use cases; the public functions are named here for other areas."""

from chain.custody.services.arrivals import Arrival, record_arrival, resolve_dispute
from chain.custody.services.containers import NewMovement, move_containers
from chain.custody.services.counts import (
    NewCount,
    NewEntry,
    close_count,
    discard_count,
    open_count,
    record_count,
)
from chain.custody.services.dispatches import NewDispatch, cancel_dispatch, dispatch_lots
from chain.custody.services.gate import NewVisit, leave_gate, register_arrival_at_gate, serve_visit
from chain.custody.services.holds import NewHold, hold_lots, release_lot
from chain.custody.services.printing import print_paper
from chain.custody.services.settings import change_settings
from chain.custody.services.tanks import NewReading, read_tank

__all__ = [
    "Arrival",
    "NewCount",
    "NewDispatch",
    "NewEntry",
    "NewHold",
    "NewMovement",
    "NewReading",
    "NewVisit",
    "cancel_dispatch",
    "change_settings",
    "close_count",
    "discard_count",
    "dispatch_lots",
    "hold_lots",
    "leave_gate",
    "move_containers",
    "open_count",
    "print_paper",
    "read_tank",
    "record_arrival",
    "record_count",
    "register_arrival_at_gate",
    "release_lot",
    "resolve_dispute",
    "serve_visit",
]
