"""What a delivery pays: the content of a price scheme's version, and the amounts that it gives. Pure."""

from chain.pricing.rules.content import PriceContent, SchemeSpan
from chain.pricing.rules.engine import price_deliveries
from chain.pricing.rules.facts import (
    Block,
    Component,
    ComponentKind,
    DeliveryFacts,
    Part,
    PricedGroup,
    Quota,
    Result,
)
from chain.pricing.rules.spans import FourPrices, four_prices, has_four_prices, spans_by_day

__all__ = [
    "Block",
    "Component",
    "ComponentKind",
    "DeliveryFacts",
    "FourPrices",
    "Part",
    "PriceContent",
    "PricedGroup",
    "Quota",
    "Result",
    "SchemeSpan",
    "four_prices",
    "has_four_prices",
    "price_deliveries",
    "spans_by_day",
]
