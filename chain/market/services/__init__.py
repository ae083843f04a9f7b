"""The writers of the market: open a tender, bid, open the bids, accept or decline the award, cancel."""

from chain.market.services.awards import accept_award, decline_award
from chain.market.services.bids import place_bid
from chain.market.services.opening import close_tender
from chain.market.services.tenders import cancel_tender, open_tender

__all__ = ["accept_award", "cancel_tender", "close_tender", "decline_award", "open_tender", "place_bid"]
