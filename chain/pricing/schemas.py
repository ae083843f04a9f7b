"""JSON shapes of pricing: amounts in minor units, quantities in grams or millilitres, percentages in basis points."""

from marshmallow import fields, validate

from chain.lots.products import DELIVERED
from chain.pricing.rules.checks import MAX_PRICE_MINOR
from chain.pricing.rules.content import Basis, Effect, MissingRule, PayUnit, SchemeKind
from chain.pricing.services.checks import MAX_NAME
from chain.web.api import ClientId, Schema

ID_TEXT = "Made by the client; the same id may be sent again."
MOST = 10_000_000_000
DECIMAL = validate.Regexp(r"^-?[0-9]{1,10}(\.[0-9]{1,4})?$")
MONTH_DAY = validate.Regexp(r"^(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$")


def _minor(**options: object) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=0, max=MOST), allow_none=True, **options)  # type: ignore[arg-type]  # options of a field


def _decimal() -> fields.String:
    return fields.String(
        load_default=None,
        allow_none=True,
        validate=DECIMAL,
        metadata={"description": 'A number as text, such as "3.5".'},
    )


class PriceSchema(Schema):
    """A price per kilogram or litre for a span of days: a version of a flat scheme."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    commodity = fields.String(required=True, validate=validate.OneOf(DELIVERED))
    price_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MAX_PRICE_MINOR)
    )
    currency = fields.String(dump_only=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)
    decided_by = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))


class PriceSchemeSchema(Schema):
    """A price list of one product."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    key = fields.String(required=True, validate=validate.Length(min=3, max=40))
    name = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    commodity = fields.String(required=True, validate=validate.OneOf(DELIVERED))
    currency = fields.String(dump_only=True)


class ClassPriceSchema(Schema):
    """The price of a class in one colour, a group of colours, or any."""

    grade = fields.String(required=True, validate=validate.Length(min=1, max=40))
    colour = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    price_minor = fields.Integer(required=True, strict=True, validate=validate.Range(min=0, max=MOST))


class PriceAdjustmentSchema(Schema):
    """A premium or penalty: every condition that is given must hold; rows of one name are a ladder."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=60))
    effect = fields.String(required=True, validate=validate.OneOf([one.value for one in Effect]))
    per_unit_minor = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0, max=MOST))
    basis_points = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0, max=10_000))
    parameter = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    low = _decimal()
    high = _decimal()
    claim = fields.String(
        load_default=None, allow_none=True, validate=validate.OneOf(["transition", "organic"])
    )
    volume_low = _minor(load_default=None)
    volume_high = _minor(load_default=None)
    season_from = fields.String(load_default=None, allow_none=True, validate=MONTH_DAY)
    season_to = fields.String(load_default=None, allow_none=True, validate=MONTH_DAY)
    is_for_women = fields.Boolean(load_default=False)


class PriceCompositionSchema(Schema):
    """A constituent of milk that is paid by the gram or by the point."""

    parameter = fields.String(required=True, validate=validate.Length(min=1, max=40))
    basis = fields.String(required=True, validate=validate.OneOf([one.value for one in Basis]))
    rate_minor = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=1, max=MOST),
        metadata={
            "description": "gram: per kilogram of it; point: per litre or kilogram of milk and point of percent."
        },
    )
    reference = _decimal()
    low = _decimal()
    high = _decimal()
    typical = _decimal()


class DayPricesSchema(Schema):
    """The prices beside that of the weekday."""

    sunday_minor = _minor(load_default=None)
    excess_weekday_minor = _minor(load_default=None)
    excess_sunday_minor = _minor(load_default=None)


class PriceAdvanceSchema(Schema):
    """What is paid at the gate, as a percentage or an amount per unit."""

    basis_points = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0, max=10_000))
    per_unit_minor = fields.Integer(load_default=0, strict=True, validate=validate.Range(min=0, max=MOST))


class PriceContentSchema(Schema):
    """Everything that a version says about the price."""

    kind = fields.String(required=True, validate=validate.OneOf([one.value for one in SchemeKind]))
    unit = fields.String(required=True, validate=validate.OneOf([one.value for one in PayUnit]))
    base_minor = _minor(load_default=None)
    grades_from = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(min=3, max=81),
        metadata={"description": "Grading scheme and edition, such as ntp-231.301@2014."},
    )
    classes = fields.List(
        fields.Nested(ClassPriceSchema), load_default=list, validate=validate.Length(max=200)
    )
    colour_groups = fields.Dict(
        keys=fields.String(validate=validate.Length(min=1, max=40)),
        values=fields.List(
            fields.String(validate=validate.Length(min=1, max=40)), validate=validate.Length(max=40)
        ),
        load_default=dict,
        validate=validate.Length(max=20),
    )
    days = fields.Nested(DayPricesSchema, load_default=None, allow_none=True)
    composition = fields.List(
        fields.Nested(PriceCompositionSchema), load_default=list, validate=validate.Length(max=4)
    )
    adjustments = fields.List(
        fields.Nested(PriceAdjustmentSchema), load_default=list, validate=validate.Length(max=60)
    )
    missing = fields.String(
        load_default=MissingRule.MEAN_OF_LAST_THREE.value,
        validate=validate.OneOf([one.value for one in MissingRule]),
    )
    density = _decimal()
    advance = fields.Nested(PriceAdvanceSchema, load_default=None, allow_none=True)
    share_basis_points = _minor(load_default=None)
    is_for_whole_periods = fields.Boolean(load_default=False)


class PriceVersionSchema(Schema):
    """A version of a price list."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    scheme_id = fields.UUID(dump_only=True)
    commodity = fields.String(dump_only=True)
    currency = fields.String(dump_only=True)
    number = fields.Integer(dump_only=True)
    state = fields.String(dump_only=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    decided_by = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    content = fields.Nested(PriceContentSchema, required=True)
    end_reason = fields.String(dump_only=True, allow_none=True)


class ChangedVersionSchema(PriceVersionSchema):
    """A draft, written anew."""

    id = fields.UUID(dump_only=True)  # type: ignore[assignment]  # it stands in the address


class ActivationSchema(Schema):
    """Whether the version that still runs ends the day before."""

    ends_previous = fields.Boolean(load_default=False)


class EndOfVersionSchema(Schema):
    """The last day of a version."""

    last_day = fields.Date(required=True)


class WithdrawalSchema(Schema):
    """Why a version is taken back."""

    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class PricePreviewSchema(Schema):
    """What the last deliveries of a producer paid, and what they would pay by the version."""

    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String()
    deliveries = fields.Integer()
    quantity = fields.Integer()
    unit = fields.String()
    before_minor = fields.Integer(allow_none=True)
    after_minor = fields.Integer()
    difference_minor = fields.Integer(allow_none=True)
