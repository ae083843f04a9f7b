"""Schemas of the two-round clock's resources."""

from marshmallow import fields, validate

from chain.auctions.clock.rules import MAX_KILOGRAMS, MAX_LOTS, MAX_PRODUCTS, MAX_TITLE, ClockState
from chain.sales.rules import MAX_NOTE
from chain.web.api import ClientId, Moment, PageArgs, Schema

STATES = [one.value for one in ClockState]


class ClockArgs(PageArgs):
    """Which clocks."""

    state = fields.String(load_default=None, validate=validate.OneOf(STATES))


class NewClockProductSchema(Schema):
    """Lots of one class and colour, and their price in round 1."""

    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(1, MAX_LOTS))
    price_minor = fields.Integer(required=True, strict=True, validate=validate.Range(1, 10**9))


class NewClockSchema(Schema):
    """A new clock."""

    id = ClientId(required=True)
    title = fields.String(required=True, validate=validate.Length(1, MAX_TITLE))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))
    products = fields.List(
        fields.Nested(NewClockProductSchema), required=True, validate=validate.Length(1, MAX_PRODUCTS)
    )
    first_closes_at = Moment(required=True)
    second_minutes = fields.Integer(load_default=60, strict=True)
    raise_limit_bp = fields.Integer(
        load_default=2_000, strict=True, metadata={"description": "Hundredths of a percent: 2000 is 20 %."}
    )
    step_minor = fields.Integer(load_default=50, strict=True)


class ClockProductSchema(Schema):
    """A product of a clock."""

    id = fields.UUID()
    position = fields.Integer()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    colour = fields.String(allow_none=True)
    kilograms = fields.Integer(metadata={"description": "Whole kilograms or litres on offer."})
    price_minor = fields.Integer()
    second_price_minor = fields.Integer(allow_none=True)
    first_demand = fields.Integer(allow_none=True)
    second_demand = fields.Integer(allow_none=True)


class ClockAllotmentSchema(Schema):
    """What a buyer got of a product; the buyer is told to the seller, and to the buyer itself."""

    product_id = fields.UUID()
    bidder = fields.Integer(metadata={"description": "The number by which rivals know the buyer."})
    buyer_id = fields.UUID(allow_none=True)
    round = fields.Integer()
    kilograms = fields.Integer()
    price_minor = fields.Integer()


class ClockSchema(Schema):
    """A clock."""

    id = fields.UUID()
    organisation_id = fields.UUID()
    seller_name = fields.String()
    number = fields.Integer()
    title = fields.String()
    note = fields.String(allow_none=True)
    commodity = fields.String()
    unit = fields.String()
    currency = fields.String()
    state = fields.String()
    opened_at = fields.AwareDateTime()
    first_closes_at = fields.AwareDateTime()
    second_minutes = fields.Integer()
    second_closes_at = fields.AwareDateTime(allow_none=True)
    raise_limit_bp = fields.Integer()
    step_minor = fields.Integer()
    closed_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String(allow_none=True)
    kilograms = fields.Integer()


class WholeClockSchema(ClockSchema):
    """A clock with its products and, after the end, who got what."""

    products = fields.List(fields.Nested(ClockProductSchema))
    allotments = fields.List(fields.Nested(ClockAllotmentSchema))


class ClockWishSchema(Schema):
    """What a buyer asks of one product."""

    product_id = fields.UUID(required=True)
    kilograms = fields.Integer(required=True, strict=True, validate=validate.Range(0, MAX_KILOGRAMS))
    least = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, MAX_KILOGRAMS))
    best_minor = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(1, 10**9)
    )


class NewClockRequestSchema(Schema):
    """A buyer's sealed request in the round that is open."""

    id = ClientId(required=True)
    round = fields.Integer(required=True, strict=True, validate=validate.OneOf([1, 2]))
    wishes = fields.List(
        fields.Nested(ClockWishSchema), required=True, validate=validate.Length(1, MAX_PRODUCTS)
    )


class ClockRequestSchema(Schema):
    """A sealed request as its buyer sees it: never its place in the log, which would tell how many others ask."""

    id = fields.UUID()
    round = fields.Integer()
    placed_at = fields.AwareDateTime()
    commitment = fields.String()
    wishes = fields.List(fields.Nested(ClockWishSchema))


class ClockReasonSchema(Schema):
    """Why a clock is cancelled."""

    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))


class ClockLineSchema(Schema):
    """A line of the public log."""

    sequence = fields.Integer(
        allow_none=True,
        metadata={"description": "null for lines of an open round: it would tell how many others ask."},
    )
    at = fields.AwareDateTime()
    kind = fields.String()
    bidder = fields.Integer(attribute="alias", allow_none=True)
    is_own = fields.Boolean()
    data = fields.Dict()
    hash = fields.String()


class ClockReplaySchema(Schema):
    """What the rules give when they are run over the log again."""

    agrees = fields.Boolean()
    entries = fields.Integer()
    lines = fields.List(fields.String())
