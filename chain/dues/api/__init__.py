"""JSON resources of dues."""

from chain.dues.api import debts, passing, terms

blueprints = [
    terms.deductions,
    terms.charges,
    terms.caps,
    debts.advances,
    debts.debts,
    debts.loans,
    passing.programmes,
    passing.blueprint,
]
