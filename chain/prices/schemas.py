"""JSON shapes of published prices."""

from marshmallow import fields, validate

from chain.buyers.rules import COLOURS, COMMODITY_LABELS
from chain.web.api import PageArgs, Schema

MAX_WORD = 130


class PriceArgs(PageArgs):
    """Which prices are wanted; weeks as 2026-W12, both included, at most 53. Without weeks: the last 13."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(tuple(COMMODITY_LABELS)))
    grade = fields.String(
        load_default=None,
        validate=validate.Length(max=MAX_WORD),
        metadata={"description": "Norm/edition/class, such as ntp-231.301/2014/baby."},
    )
    colour = fields.String(load_default=None, validate=validate.OneOf(tuple(COLOURS)))
    centre = fields.String(
        load_default=None,
        validate=validate.Length(max=MAX_WORD),
        metadata={"description": "Code of a seller; only those that consented to be named are found."},
    )
    first_week = fields.String(load_default=None, data_key="from", validate=validate.Length(max=MAX_WORD))
    last_week = fields.String(load_default=None, data_key="to", validate=validate.Length(max=MAX_WORD))


class PublishedPriceSchema(Schema):
    """Prices of a class and colour in a week, in minor units for a kilogram or litre."""

    week = fields.String()
    first_day = fields.Date()
    last_day = fields.Date()
    commodity = fields.String()
    grade = fields.String(allow_none=True)
    colour = fields.String(allow_none=True)
    centre = fields.String(allow_none=True, metadata={"description": "Null: the sellers are not told."})
    currency = fields.String()
    unit = fields.String(metadata={"description": "g or ml: the unit of quantity"})
    mean_minor_per_unit = fields.Integer(metadata={"description": "Weighted by quantity."})
    median_minor_per_unit = fields.Integer()
    least_minor_per_unit = fields.Integer()
    most_minor_per_unit = fields.Integer()
    producer_minor_per_unit = fields.Integer(
        allow_none=True,
        metadata={"description": "What producers got after fees, of what was paid; null: nothing yet."},
    )
    quantity = fields.Integer()
    producer_quantity = fields.Integer(metadata={"description": "Of which producers were paid."})
    sales = fields.Integer()
    sellers = fields.Integer()


class PriceConsentSchema(Schema):
    """Whether published prices may name the organisation."""

    is_named = fields.Boolean(required=True)
    changed_at = fields.AwareDateTime(dump_only=True)
