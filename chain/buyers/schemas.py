"""JSON shapes of standing demands."""

from marshmallow import fields, validate

from chain.buyers.pricing import MAX_PREMIUMS, MAX_ROWS, PremiumKind
from chain.buyers.rules import CLAIMS, COLOURS, COMMODITY_LABELS, MAX_GRADES, Freight, Period
from chain.web.api import ClientId, PageArgs, Schema

MAX_TEXT = 3000
#: Organisations that a demand may name.
MAX_NAMED = 200
COMMODITIES = tuple(COMMODITY_LABELS)


class DemandArgs(PageArgs):
    """Which demands are listed."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(COMMODITIES))


class DemandPriceSchema(Schema):
    """A base price for a kilogram or litre. Null: any class, any colour; the row that says more counts."""

    grade = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    colour = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(tuple(COLOURS)))
    price_minor = fields.Integer(strict=True, required=True)


class DemandPremiumSchema(Schema):
    """What is added to the base price, or taken away when negative."""

    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in PremiumKind]))
    minor = fields.Integer(
        strict=True,
        required=True,
        metadata={"description": "Minor units for a kilogram or litre; of micron_step for each tenth."},
    )
    low_tenths = fields.Integer(strict=True, load_default=None, allow_none=True)
    high_tenths = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "The upper end of a range, or where micron_step counts from."},
    )
    claim = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(CLAIMS))
    from_quantity = fields.Integer(strict=True, load_default=None, allow_none=True)
    limit_minor = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        metadata={"description": "The most that micron_step may add or take away."},
    )


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
    period = fields.String(
        load_default=Period.VALIDITY.value, validate=validate.OneOf([one.value for one in Period])
    )
    freight = fields.String(
        load_default=Freight.SELLER.value, validate=validate.OneOf([one.value for one in Freight])
    )
    centres = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=MAX_NAMED),
        metadata={"description": "Organisations whose goods are wanted; empty: any."},
    )
    private_to = fields.List(
        fields.UUID(),
        load_default=list,
        validate=validate.Length(max=MAX_NAMED),
        metadata={"description": "Organisations that may see it; empty: every seller."},
    )
    price_grid = fields.List(
        fields.Nested(DemandPriceSchema), load_default=list, validate=validate.Length(max=MAX_ROWS)
    )
    premiums = fields.List(
        fields.Nested(DemandPremiumSchema), load_default=list, validate=validate.Length(max=MAX_PREMIUMS)
    )
    version = fields.Integer(dump_only=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True, metadata={"description": "The last day, included."})
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    state = fields.String(dump_only=True)
    organisation_id = fields.UUID(dump_only=True)
    created_at = fields.AwareDateTime(dump_only=True)


class DemandChangeSchema(DemandSchema):
    """New terms of a demand, with the version that was seen."""

    class Meta(Schema.Meta):
        """Fields that do not change."""

        exclude = ("id",)

    version = fields.Integer(strict=True, required=True, validate=validate.Range(min=1))


class DemandGapSchema(Schema):
    """What a period of a demand asks and lacks, in grams or millilitres."""

    first_day = fields.Date()
    last_day = fields.Date()
    least = fields.Integer()
    most = fields.Integer(allow_none=True)
    covered = fields.Integer()
    missing = fields.Integer(metadata={"description": "What the least quantity still lacks."})
    room = fields.Integer(
        allow_none=True, metadata={"description": "What may still be sold; null: no upper limit."}
    )


class DemandGapRowSchema(DemandGapSchema):
    """The gap of a demand in the period of today."""

    demand_id = fields.UUID()
    title = fields.String()
    buyer = fields.String()
    commodity = fields.String()
    unit = fields.String()


class DemandGapListSchema(Schema):
    """Every period of a demand."""

    items = fields.List(fields.Nested(DemandGapSchema))
