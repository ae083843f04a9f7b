"""Shapes of the JSON resources of sales."""

from typing import Any

from marshmallow import fields, post_load, validate

from chain.sales.adjusting import ClaimState
from chain.sales.rules import MAX_NOTE, AwardState, SaleState, Silence
from chain.sales.terms import (
    MAX_PERIODS,
    MAX_QUANTITY,
    MAX_SOURCE,
    NUMBERS,
    FreightBy,
    Period,
    Rate,
    Regrade,
    Terms,
)
from chain.web.api import ClientId, PageArgs, Schema

MAX_MINOR = 10**12
TEXT = validate.Length(max=MAX_NOTE)


class SaleArgs(PageArgs):
    """Which sales are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(SaleState)))


class AwardArgs(PageArgs):
    """Which awards are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(AwardState)))


class ClaimArgs(PageArgs):
    """Which findings are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(ClaimState)))


class SaleSchema(Schema):
    """A sale."""

    id = fields.UUID()
    number = fields.Integer()
    seller_id = fields.UUID(attribute="organisation_id")
    buyer_id = fields.UUID()
    method = fields.String()
    event_id = fields.UUID(allow_none=True)
    award_id = fields.UUID(allow_none=True)
    bid_id = fields.UUID(allow_none=True)
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    price_minor_per_unit = fields.Integer(
        allow_none=True, metadata={"description": "Null: the lots have different prices."}
    )
    currency = fields.String()
    proceeds_minor = fields.Integer()
    book_currency = fields.String()
    book_minor = fields.Integer()
    rate_millionths = fields.Integer()
    rate_on = fields.Date(allow_none=True)
    rate_source = fields.String(allow_none=True)
    terms = fields.Dict()
    state = fields.String()
    ended = fields.String(allow_none=True)
    agreed_at = fields.AwareDateTime()


class ListedSaleSchema(SaleSchema):
    """A sale in a list, with how far it is fulfilled."""

    fulfilment = fields.String()


class SaleAdjustmentSchema(Schema):
    """A change of what is due for a lot."""

    id = fields.UUID()
    lot_id = fields.UUID()
    kind = fields.String()
    source_id = fields.UUID()
    amount_minor = fields.Integer()
    basis = fields.Dict()
    made_at = fields.AwareDateTime()


class SalePeriodStateSchema(Schema):
    """A delivery period with what was sent, arrived and accepted in it, in grams or millilitres."""

    first = fields.Date()
    last = fields.Date()
    least = fields.Integer()
    most = fields.Integer()
    sent = fields.Integer()
    arrived = fields.Integer()
    accepted = fields.Integer()
    is_short = fields.Boolean()
    is_above = fields.Boolean()


class SaleDueSchema(Schema):
    """What is due for a sale, and why it changed."""

    currency = fields.String()
    agreed_minor = fields.Integer()
    change_minor = fields.Integer()
    due_minor = fields.Integer()
    book_currency = fields.String()
    book_minor = fields.Integer()
    fulfilment = fields.String()
    ordered = fields.Integer()
    sent = fields.Integer()
    arrived = fields.Integer()
    accepted = fields.Integer()
    periods = fields.List(fields.Nested(SalePeriodStateSchema))
    adjustments = fields.List(fields.Nested(SaleAdjustmentSchema))


class SaleLotSchema(Schema):
    """A lot of a sale; the producer is null for the buyer."""

    lot_id = fields.UUID()
    number = fields.String()
    quantity = fields.Integer()
    price_minor_per_unit = fields.Integer()
    amount_minor = fields.Integer()
    is_released = fields.Boolean()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    claim = fields.String()
    producer_name = fields.String(allow_none=True)
    member_code = fields.String(allow_none=True)


class SaleContractSchema(Schema):
    """What a contract says, with the hash that its paper shows."""

    sale_id = fields.UUID()
    content = fields.Dict()
    content_hash = fields.String()
    made_at = fields.AwareDateTime()


class AwardSchema(Schema):
    """An award."""

    id = fields.UUID()
    seller_id = fields.UUID(attribute="organisation_id")
    buyer_id = fields.UUID()
    method = fields.String()
    event_id = fields.UUID()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    currency = fields.String()
    proceeds_minor = fields.Integer()
    state = fields.String()
    confirmations_needed = fields.Integer()
    confirm_by = fields.AwareDateTime()
    silence = fields.String()
    terms = fields.Dict()
    made_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)


class AwardLotSchema(Schema):
    """A lot of an award."""

    lot_id = fields.UUID()
    number = fields.String()
    quantity = fields.Integer()
    price_minor_per_unit = fields.Integer()
    amount_minor = fields.Integer()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    claim = fields.String()


class AwardReasonSchema(Schema):
    """Why."""

    reason = fields.String(required=True, validate=TEXT)


class EndingReasonSchema(AwardReasonSchema):
    """Why a sale should end, under an id of the client."""

    id = ClientId(required=True)


class MarketRuleSchema(Schema):
    """How an association answers awards."""

    confirmations_needed = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))
    confirm_hours = fields.Integer(required=True, strict=True, validate=validate.Range(1, 720))
    silence = fields.String(required=True, validate=validate.OneOf(list(Silence)))


class SalePeriodSchema(Schema):
    """A delivery period. Quantities in grams or millilitres; both days included."""

    first = fields.Date(required=True)
    last = fields.Date(required=True)
    least = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_QUANTITY))
    most = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_QUANTITY))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Period:
        """Return a value."""
        return Period(**data)


class ExchangeRateSchema(Schema):
    """An exchange rate in millionths of the book currency for one unit."""

    millionths = fields.Integer(required=True, strict=True, validate=validate.Range(1, MAX_MINOR))
    on = fields.Date(required=True)
    source = fields.String(required=True, validate=validate.Length(min=1, max=MAX_SOURCE))

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Rate:
        """Return a value."""
        return Rate(**data)


def _number(name: str) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(*NUMBERS[name]))


class SaleTermsSchema(Schema):
    """Terms of sale; what is left out has its default. `…_bp` are hundredths of a percent."""

    freight = fields.Enum(FreightBy, by_value=True)
    payment_days = _number("payment_days")
    secured = fields.Boolean(
        metadata={"description": "The buyer pays before the goods leave; loads that are not paid stay."}
    )
    producer_days = fields.Integer(
        strict=True,
        validate=validate.Range(*NUMBERS["producer_days"]),
        metadata={
            "description": "Days from acceptance until the producers have their money; only with `secured`. 0: no promise."
        },
    )
    tolerance_bp = _number("tolerance_bp")
    claim_days = _number("claim_days")
    regrade = fields.Enum(Regrade, by_value=True)
    micron_bp = _number("micron_bp")
    class_prices = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.Integer(strict=True, validate=validate.Range(1, MAX_QUANTITY)),
    )
    periods = fields.List(fields.Nested(SalePeriodSchema), validate=validate.Length(max=MAX_PERIODS))
    buyer_default_bp = _number("buyer_default_bp")
    seller_default_bp = _number("seller_default_bp")
    interest_bp = _number("interest_bp")
    rates = fields.Dict(
        keys=fields.String(validate=validate.Length(equal=3)), values=fields.Nested(ExchangeRateSchema)
    )
    note = fields.String(validate=TEXT)

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Terms:
        """Return a value."""
        return Terms(**data)


class NewMillFindingSchema(Schema):
    """What the mill found of a lot. `amount_minor`: the change asked for where the contract has no rule."""

    id = ClientId(required=True)
    found_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    found_micron_tenths = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 1000)
    )
    amount_minor = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(-MAX_MINOR, MAX_MINOR)
    )
    reason = fields.String(load_default="", validate=TEXT)


class MillFindingSchema(Schema):
    """What the mill found of a lot, and the seller's answer."""

    id = fields.UUID()
    sale_id = fields.UUID()
    lot_id = fields.UUID()
    kind = fields.String()
    state = fields.String()
    found_key = fields.String(allow_none=True)
    found_micron_tenths = fields.Integer(allow_none=True)
    accepted_quantity = fields.Integer(allow_none=True)
    amount_minor = fields.Integer()
    basis = fields.Dict()
    reason = fields.String()
    made_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime(allow_none=True)
    answer = fields.String(allow_none=True)


class SaleAnswerSchema(Schema):
    """Yes or no, with words."""

    accept = fields.Boolean(required=True)
    answer = fields.String(load_default="", validate=TEXT)


class SaleEndingSchema(Schema):
    """The early end of a sale, asked for, done or refused."""

    id = fields.UUID()
    sale_id = fields.UUID()
    kind = fields.String()
    state = fields.String()
    reason = fields.String()
    asked_by_organisation = fields.UUID()
    asked_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime(allow_none=True)
    answer = fields.String(allow_none=True)
    consequences = fields.Dict(allow_none=True)
