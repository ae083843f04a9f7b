"""Reads of pricing."""

from chain.pricing.queries.spans import class_values, schemes_between

__all__ = ["class_values", "schemes_between"]
