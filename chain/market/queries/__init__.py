"""Reads of the market. Nobody learns a price before the bids are opened, and buyers never learn a reserve."""

from chain.market.queries.tenders import get_tender_for

__all__ = ["get_tender_for"]
