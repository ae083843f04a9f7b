"""JSON resources of payin."""

from chain.payin.api import invoices, records, statements, webhooks

blueprints = [
    invoices.invoices,
    invoices.own,
    invoices.payments,
    statements.blueprint,
    records.blueprint,
    webhooks.blueprint,
]
