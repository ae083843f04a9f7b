"""JSON resources of payin."""

from chain.payin.api import accounts, cards, invoices, records, refunds, secured, statements, webhooks

blueprints = [
    invoices.invoices,
    invoices.own,
    invoices.payments,
    refunds.blueprint,
    accounts.blueprint,
    cards.blueprint,
    statements.blueprint,
    records.blueprint,
    secured.blueprint,
    webhooks.blueprint,
]
