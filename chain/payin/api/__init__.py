"""JSON resources of payin."""

from chain.payin.api import records, webhooks

blueprints = [records.blueprint, webhooks.blueprint]
