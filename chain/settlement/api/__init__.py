"""JSON resources of settlement."""

from chain.settlement.api import ledger, receipts, records, runs, terms

blueprints = [
    runs.blueprint,
    receipts.blueprint,
    ledger.blueprint,
    terms.prices,
    terms.deductions,
    terms.advances,
    records.blueprint,
]
