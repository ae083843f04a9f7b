"""Reads of pricing."""

from chain.pricing.queries.results import Basis, basis_of, is_same_basis, look_at, price_with_results
from chain.pricing.queries.spans import class_values, schemes_between

__all__ = [
    "Basis",
    "basis_of",
    "class_values",
    "is_same_basis",
    "look_at",
    "price_with_results",
    "schemes_between",
]
