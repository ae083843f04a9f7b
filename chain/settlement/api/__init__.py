"""JSON resources of settlement."""

from chain.settlement.api import gate_rules, print_jobs, receipts, runs
from chain.settlement.fortnight.api import dairy
from chain.settlement.legal.api import blueprint as tax

blueprints = [
    runs.blueprint,
    gate_rules.blueprint,
    receipts.blueprint,
    print_jobs.blueprint,
    dairy,
    tax,
]
