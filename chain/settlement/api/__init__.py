"""JSON resources of settlement."""

from chain.settlement.api import receipts, records, runs, terms

blueprints = [
    runs.blueprint,
    receipts.blueprint,
    terms.prices,
    terms.deductions,
    terms.advances,
    records.blueprint,
]
