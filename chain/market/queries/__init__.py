"""Reads of the market. Nobody learns a price before the bids are opened, and buyers never learn a reserve."""

from chain.market.queries.sales import SaleDelivery, get_sale_for, sale_deliveries
from chain.market.queries.tenders import get_tender_for

__all__ = ["SaleDelivery", "get_sale_for", "get_tender_for", "sale_deliveries"]
