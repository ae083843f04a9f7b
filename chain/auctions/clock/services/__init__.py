"""The writers of the two-round clock."""

from chain.auctions.clock.services.closing import after_answer, close_round
from chain.auctions.clock.services.opening import NewProduct, cancel_clock, open_clock
from chain.auctions.clock.services.replay import replay_clock
from chain.auctions.clock.services.requests import place_request

__all__ = [
    "NewProduct",
    "after_answer",
    "cancel_clock",
    "close_round",
    "open_clock",
    "place_request",
    "replay_clock",
]
