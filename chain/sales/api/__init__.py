"""JSON resources of sales."""

from chain.sales.api import awards, events, fulfilment, sales, terms

blueprints = [
    awards.blueprint,
    sales.blueprint,
    fulfilment.claims,
    fulfilment.endings,
    terms.blueprint,
    events.events,
    events.exclusions,
]
