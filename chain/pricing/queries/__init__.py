"""Reads of pricing."""

from chain.pricing.queries.results import price_with_results
from chain.pricing.queries.spans import class_values, schemes_between

__all__ = ["class_values", "price_with_results", "schemes_between"]
