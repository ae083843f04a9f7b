"""JSON shapes of income. Amounts are minor units, quantities grams or millilitres, prices minor units per kg or litre."""

from marshmallow import fields, validate

from chain.core.money import CURRENCIES
from chain.income.rules import (
    FIRST_SEASON,
    MAX_AMOUNT_MINOR,
    MAX_EARLIER_ROWS,
    MAX_PRICE_MINOR,
    MAX_QUANTITY,
    METHOD_LENGTH,
    SOURCE_LENGTH,
    Strength,
)
from chain.income.services.earlier import EarlierStatus
from chain.lots.products import PRODUCTS
from chain.web.api import ClientId, PageArgs, Schema

LAST_SEASON = 9999
MAX_TEXT = 200


def _season() -> fields.Integer:
    return fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(FIRST_SEASON, LAST_SEASON),
        metadata={"description": "Calendar year."},
    )


def _amount(**settings: object) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(0, MAX_AMOUNT_MINOR), **settings)  # type: ignore[arg-type]  # marshmallow's own settings


class IncomeAmountsSchema(Schema):
    """Sums over producers; without a baseline no gain is claimed."""

    producers = fields.Integer()
    quantity = fields.Integer()
    gross_minor = fields.Integer()
    deductions_minor = fields.Integer()
    net_minor = fields.Integer()
    baseline_minor = fields.Integer(allow_none=True)
    gain_minor = fields.Integer(allow_none=True)


class IncomeSeasonSchema(Schema):
    """A season of an organisation."""

    season = fields.Integer(attribute="key.season")
    commodity = fields.String(attribute="key.commodity")
    unit = fields.String(attribute="key.unit")
    currency = fields.String(attribute="key.currency")
    total = fields.Nested(IncomeAmountsSchema, attribute="all")
    by_sex = fields.Dict(keys=fields.String(), values=fields.Nested(IncomeAmountsSchema))


class SeasonArgs(PageArgs):
    """Which producers are listed."""

    season = fields.Integer(required=True, strict=False, validate=validate.Range(FIRST_SEASON, LAST_SEASON))
    q = fields.String(load_default=None, validate=validate.Length(max=MAX_TEXT))


class ProducerSeasonSchema(Schema):
    """A producer's season of one product."""

    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String(allow_none=True)
    sex = fields.String()
    community = fields.String(allow_none=True)
    season = fields.Integer()
    commodity = fields.String()
    unit = fields.String()
    currency = fields.String()
    quantity = fields.Integer()
    gross_minor = fields.Integer()
    deductions_minor = fields.Integer()
    net_minor = fields.Integer()
    baseline_minor = fields.Integer(allow_none=True)
    gain_minor = fields.Integer(allow_none=True)


class PassbookHouseSchema(Schema):
    """An organisation that paid."""

    id = fields.UUID()
    name = fields.String()


class BaselineSchema(Schema):
    """What intermediaries paid in a season."""

    id = ClientId(required=True, metadata={"description": "Made by the client; it may be sent again."})
    commodity = fields.String(required=True, validate=validate.OneOf(list(PRODUCTS)))
    season = _season()
    price_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, MAX_PRICE_MINOR)
    )
    currency = fields.String(dump_only=True)
    source = fields.String(required=True, validate=validate.Length(*SOURCE_LENGTH))
    method = fields.String(required=True, validate=validate.Length(*METHOD_LENGTH))
    strength = fields.String(required=True, validate=validate.OneOf([one.value for one in Strength]))
    created_at = fields.AwareDateTime(dump_only=True)
    replaced_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class PassbookRowSchema(Schema):
    """A season of one product with one organisation."""

    organisation = fields.Nested(PassbookHouseSchema)
    commodity = fields.String()
    unit = fields.String()
    currency = fields.String()
    quantity = fields.Integer()
    gross_minor = fields.Integer()
    deductions_minor = fields.Integer()
    net_minor = fields.Integer()
    baseline = fields.Nested(BaselineSchema, allow_none=True)
    baseline_minor = fields.Integer(allow_none=True)
    gain_minor = fields.Integer(allow_none=True)
    earlier_source = fields.String(allow_none=True)


class PassbookPaymentSchema(Schema):
    """A paid settlement."""

    run_id = fields.UUID()
    organisation = fields.Nested(PassbookHouseSchema)
    kind = fields.String()
    commodity = fields.String()
    unit = fields.String()
    currency = fields.String()
    quantity = fields.Integer()
    gross_minor = fields.Integer()
    deductions_minor = fields.Integer()
    net_minor = fields.Integer()
    paid_at = fields.AwareDateTime()
    receipt_id = fields.UUID(allow_none=True)
    receipt_number = fields.String(allow_none=True)


class PassbookDeductionSchema(Schema):
    """What was taken off in a season; earlier books name no label."""

    kind = fields.String()
    label = fields.String()
    currency = fields.String()
    amount_minor = fields.Integer()


class PassbookSeasonSchema(Schema):
    """A calendar year of a producer."""

    season = fields.Integer(attribute="year")
    rows = fields.List(fields.Nested(PassbookRowSchema))
    payments = fields.List(fields.Nested(PassbookPaymentSchema))
    deductions = fields.List(fields.Nested(PassbookDeductionSchema))
    net_minor = fields.Dict(
        attribute="net",
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "By currency."},
    )
    change_minor = fields.Dict(attribute="change", keys=fields.String(), values=fields.Integer())


class PassbookSchema(Schema):
    """What a producer earned, newest season first."""

    producer_id = fields.UUID()
    full_name = fields.String()
    seasons = fields.List(fields.Nested(PassbookSeasonSchema))


class EarlierSeasonSchema(Schema):
    """A producer's season from earlier books; name the producer by id or by member code."""

    producer_id = fields.UUID(load_default=None, allow_none=True)
    member_code = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_TEXT))
    season = _season()
    commodity = fields.String(required=True, validate=validate.OneOf(list(PRODUCTS)))
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1, MAX_QUANTITY))
    gross_minor = _amount(required=True)
    deductions_minor = _amount(load_default=0)
    currency = fields.String(load_default=None, allow_none=True, validate=validate.OneOf([*CURRENCIES, None]))
    source = fields.String(required=True, validate=validate.Length(*SOURCE_LENGTH))


class EarlierBatchSchema(Schema):
    """Seasons from earlier books."""

    items = fields.List(
        fields.Nested(EarlierSeasonSchema),
        required=True,
        validate=validate.Length(min=1, max=MAX_EARLIER_ROWS),
    )


class EarlierResultSchema(Schema):
    """What became of one row."""

    status = fields.String(validate=validate.OneOf([one.value for one in EarlierStatus]))
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class EarlierResultsSchema(Schema):
    """One result per row, in their order."""

    items = fields.List(fields.Nested(EarlierResultSchema))


class OwnNoticeReadSchema(Schema):
    """A notice that was read."""

    id = fields.UUID()
    read_at = fields.AwareDateTime()


class OwnNoticeSchema(OwnNoticeReadSchema):
    """What a producer was told; amounts where one number changed."""

    organisation = fields.String()
    text = fields.String()
    created_at = fields.AwareDateTime()
    read_at = fields.AwareDateTime(allow_none=True)
    currency = fields.String(allow_none=True)
    before_minor = fields.Integer(allow_none=True)
    after_minor = fields.Integer(allow_none=True)
