"""JSON resources of sales."""

from chain.sales.api import awards, fulfilment, sales, terms

blueprints = [awards.blueprint, sales.blueprint, fulfilment.claims, fulfilment.endings, terms.blueprint]
