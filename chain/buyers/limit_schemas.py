"""JSON shapes of vetting, limits and deposits."""

from marshmallow import fields, validate

from chain.buyers.limit_rules import DepositKind, Means, Tier, VettingStatus
from chain.core.money import CURRENCIES
from chain.web.api import ClientId, Schema

MAX_TEXT = 3000
MADE_BY_CLIENT = {"description": "Made by the client; may be sent again."}


class VettingSchema(Schema):
    """A buying organisation and how it stands."""

    buyer_id = fields.UUID()
    name = fields.String()
    standing = fields.String(metadata={"description": "pending, vetted, suspended or expired"})
    tier = fields.String(allow_none=True)
    valid_until = fields.Date(allow_none=True)


class VettingDecisionSchema(Schema):
    """A decision about a buyer."""

    id = ClientId(required=True, metadata=MADE_BY_CLIENT)
    status = fields.String(required=True, validate=validate.OneOf([one.value for one in VettingStatus]))
    tier = fields.String(
        load_default=Tier.FULL.value,
        validate=validate.OneOf([one.value for one in Tier]),
        metadata={
            "description": "deposit: up to deposit and credit; full: freely where no limit is asked for"
        },
    )
    documents = fields.List(
        fields.String(validate=validate.Length(max=MAX_TEXT)),
        load_default=list,
        validate=validate.Length(max=20),
    )
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    valid_until = fields.Date(load_default=None, allow_none=True)
    decided_at = fields.AwareDateTime(dump_only=True)


class BuyerLimitSchema(Schema):
    """What a buyer may commit with a seller."""

    organisation_id = fields.UUID(metadata={"description": "The buyer, or in one's own list the seller."})
    name = fields.String()
    standing = fields.String()
    currency = fields.String()
    credit_minor = fields.Integer()
    deposit_minor = fields.Integer()
    held_minor = fields.Integer(metadata={"description": "Committed by awards and bids."})
    free_minor = fields.Integer(allow_none=True, metadata={"description": "Null: no limit binds."})
    is_required = fields.Boolean()


class LimitRuleSchema(Schema):
    """Whether every buyer needs a limit."""

    limit_required = fields.Boolean(required=True)


class BuyerCreditSchema(Schema):
    """Credit that a seller grants."""

    id = ClientId(required=True, metadata=MADE_BY_CLIENT)
    amount_minor = fields.Integer(strict=True, required=True)
    currency = fields.String(dump_only=True)
    until = fields.Date(required=True)
    reason = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
    granted_at = fields.AwareDateTime(dump_only=True)


class BuyerDepositSchema(Schema):
    """A movement of a deposit."""

    id = ClientId(required=True, metadata=MADE_BY_CLIENT)
    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in DepositKind]))
    amount_minor = fields.Integer(strict=True, required=True)
    currency = fields.String(dump_only=True)
    means = fields.String(required=True, validate=validate.OneOf([one.value for one in Means]))
    reference = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    happened_on = fields.Date(required=True)
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    recorded_at = fields.AwareDateTime(dump_only=True)


class DepositReturnSchema(Schema):
    """A buyer's wish to have its deposit back."""

    id = ClientId(required=True, metadata=MADE_BY_CLIENT)
    organisation_id = fields.UUID(required=True, metadata={"description": "The seller."})
    buyer_id = fields.UUID(dump_only=True)
    currency = fields.String(required=True, validate=validate.OneOf(tuple(CURRENCIES)))
    pay_to = fields.String(required=True, validate=validate.Length(max=200))
    state = fields.String(dump_only=True)
    amount_minor = fields.Integer(dump_only=True, allow_none=True)
    asked_at = fields.AwareDateTime(dump_only=True)
    due_at = fields.AwareDateTime(dump_only=True, allow_none=True)
    paid_at = fields.AwareDateTime(dump_only=True, allow_none=True)
    reference = fields.String(dump_only=True, allow_none=True)


class DepositPaidSchema(Schema):
    """How a deposit was paid back."""

    reference = fields.String(required=True, validate=validate.Length(max=200))
