"""JSON resources of settlement."""

from chain.settlement.api import gate_rules, receipts, runs

blueprints = [
    runs.blueprint,
    gate_rules.blueprint,
    receipts.blueprint,
]
