"""JSON shapes of payin: amounts in minor units."""

from marshmallow import fields

from chain.web.api import Schema


class BuyerRecordSchema(Schema):
    """How a buyer keeps its contracts, over all sellers."""

    buyer_id = fields.UUID()
    name = fields.String()
    payments = fields.Integer()
    median_days = fields.String(
        allow_none=True,
        metadata={
            "description": "Days from the last arrival to the payment; null with fewer than three payments."
        },
    )
    sales = fields.Integer()
    cancelled = fields.Integer()
    buyer_defaults = fields.Integer()
    seller_defaults = fields.Integer()


class NoticeTakenSchema(Schema):
    """What became of a notice."""

    outcome = fields.String(
        metadata={"description": "applied, nothing (none of ours) or known (it came before)"}
    )
