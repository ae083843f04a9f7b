"""JSON shapes of payments by card: amounts in minor units."""

from marshmallow import fields

from chain.payin.schemas import CardDisputeSchema
from chain.web.api import Schema


class CardCheckSchema(Schema):
    """One currency: the provider's balance, our movements, the books; each difference should be zero."""

    currency = fields.String()
    kept_minor = fields.Integer(metadata={"description": "Sum of the movements that are kept here."})
    provider_minor = fields.Integer(allow_none=True, metadata={"description": "null: it was not asked."})
    book_minor = fields.Integer(allow_none=True)
    difference_minor = fields.Integer(
        allow_none=True, metadata={"description": "Provider less kept: movements that were not seen yet."}
    )
    book_difference_minor = fields.Integer(
        allow_none=True, metadata={"description": "Books less kept: movements that no entry explains."}
    )


class CardMovementSchema(Schema):
    """A movement of the provider's balance."""

    id = fields.String(attribute="provider_id")
    kind = fields.String()
    source = fields.String()
    amount_minor = fields.Integer()
    fee_minor = fields.Integer()
    net_minor = fields.Integer()
    currency = fields.String()
    made_at = fields.AwareDateTime()
    entry_id = fields.UUID(allow_none=True)
    fee_entry_id = fields.UUID(allow_none=True)


class CardReconciliationSchema(Schema):
    """The books held against the provider's balance; `is_on` false: cards are not set up here."""

    is_on = fields.Boolean()
    is_away = fields.Boolean(metadata={"description": "The provider did not answer."})
    checks = fields.List(fields.Nested(CardCheckSchema))
    unbooked = fields.List(fields.Nested(CardMovementSchema))
    open_disputes = fields.List(fields.Nested(CardDisputeSchema))


class CaughtUpSchema(Schema):
    """What a catch-up found; asking again finds nothing twice."""

    events = fields.Integer()
    movements = fields.Integer()
    refunds = fields.Integer()
    expired = fields.Integer()
