"""JSON shapes of the ledger: amounts in minor units, debit positive."""

from marshmallow import fields

from chain.web.api import Schema


class AccountSchema(Schema):
    """An account of the books; debit positive."""

    id = fields.UUID()
    code = fields.String()
    kind = fields.String()
    currency = fields.String()
    balance_minor = fields.Integer()


class AccountListSchema(Schema):
    """All accounts; there are few."""

    items = fields.List(fields.Nested(AccountSchema), required=True)


class EntrySchema(Schema):
    """An entry of the journal."""

    id = fields.UUID()
    sequence = fields.Integer()
    posted_at = fields.AwareDateTime()
    occurred_on = fields.Date()
    kind = fields.String()
    description = fields.String()
    total_minor = fields.Integer()
    currency = fields.String()
    hash = fields.String()


class PostingSchema(Schema):
    """One side of an entry; debit positive."""

    line = fields.Integer()
    account = fields.String()
    party_id = fields.UUID(allow_none=True)
    amount_minor = fields.Integer()
    currency = fields.String()


class EntryDetailSchema(Schema):
    """An entry with its postings."""

    id = fields.UUID()
    sequence = fields.Integer()
    posted_at = fields.AwareDateTime()
    occurred_on = fields.Date()
    kind = fields.String()
    description = fields.String()
    reverses_id = fields.UUID(allow_none=True)
    previous_hash = fields.String()
    hash = fields.String()
    postings = fields.List(fields.Nested(PostingSchema))
