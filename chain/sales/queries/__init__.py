"""Reads of sales."""

from chain.sales.queries.sales import SaleDelivery, get_sale_for, sale_deliveries

__all__ = ["SaleDelivery", "get_sale_for", "sale_deliveries"]
