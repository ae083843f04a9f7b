"""JSON shapes of standing demands."""

from marshmallow import fields, validate

from chain.buyers.rules import CLAIMS, COLOURS, COMMODITY_LABELS, MAX_GRADES
from chain.web.api import ClientId, PageArgs, Schema

MAX_TEXT = 3000
COMMODITIES = tuple(COMMODITY_LABELS)


class DemandArgs(PageArgs):
    """Which demands are listed."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(COMMODITIES))


class DemandSchema(Schema):
    """A standing demand. Empty lists and null mean any."""

    id = ClientId(required=True, metadata={"description": "Made by the client; may be sent again."})
    title = fields.String(required=True, validate=validate.Length(max=MAX_TEXT))
    commodity = fields.String(required=True, validate=validate.OneOf(COMMODITIES))
    grades = fields.List(
        fields.String(validate=validate.Length(max=MAX_TEXT)),
        load_default=list,
        validate=validate.Length(max=MAX_GRADES),
        metadata={"description": "Class keys as norm/edition/class, such as ntp-231.301/2014/baby."},
    )
    colours = fields.List(
        fields.String(validate=validate.OneOf(tuple(COLOURS))),
        load_default=list,
        validate=validate.Length(max=len(COLOURS)),
    )
    micron_min_tenths = fields.Integer(strict=True, load_default=None, allow_none=True)
    micron_max_tenths = fields.Integer(strict=True, load_default=None, allow_none=True)
    claim = fields.String(load_default=CLAIMS[0], validate=validate.OneOf(CLAIMS))
    min_quantity = fields.Integer(
        strict=True, load_default=0, metadata={"description": "Grams or millilitres, see unit."}
    )
    max_quantity = fields.Integer(strict=True, load_default=None, allow_none=True)
    unit = fields.String(dump_only=True, metadata={"description": "g or ml, as the commodity has it."})
    price_minor_per_unit = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "Minor units for a kilogram or litre; null: open."},
    )
    currency = fields.String(dump_only=True, metadata={"description": "The buyer's."})
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, metadata={"description": "The last day, included."})
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    state = fields.String(dump_only=True)
    organisation_id = fields.UUID(dump_only=True)
    created_at = fields.AwareDateTime(dump_only=True)
