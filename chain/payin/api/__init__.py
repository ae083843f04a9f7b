"""JSON resources of payin."""

from chain.payin.api import records

blueprints = [records.blueprint]
