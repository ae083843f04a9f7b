"""Schemas of the dairy's resources."""

from typing import Any

from marshmallow import fields, validate

from chain.settlement.fortnight.services.terms import MAX_NUMBER, MAX_QUOTA_ML, MAX_RESERVE_PPM
from chain.settlement.fortnight.services.zones import MAX_CODE, MAX_READING_ML
from chain.settlement.fortnight.tables import MAX_FILE_BYTES, Table
from chain.settlement.rules import MAX_AMOUNT_MINOR, MAX_NAME
from chain.web.api import ClientId, Schema

ID_TEXT = "Made by the client; the same id again changes nothing."


def _id() -> ClientId:
    return ClientId(required=True, metadata={"description": ID_TEXT})


def _whole(most: int, least: int = 0, **more: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=least, max=most), **more)


def _words(most: int = MAX_NAME) -> fields.String:
    return fields.String(required=True, validate=validate.Length(min=1, max=most))


class DairyFortnightSchema(Schema):
    """A fortnight to settle."""

    id = _id()
    first_day = fields.Date(required=True, metadata={"description": "The 1st or the 16th of a month."})
    number = fields.Integer(dump_only=True)
    state = fields.String(dump_only=True)
    net_minor = fields.Integer(dump_only=True)


class MilkZoneSchema(Schema):
    """A zone: producers whose milk goes over one scale."""

    id = _id()
    code = _words(MAX_CODE)
    name = _words()
    is_default = fields.Boolean(dump_only=True)


class ScaleReadingSchema(Schema):
    """What the scale of a zone showed on a day; a day that has a reading gets the new one."""

    zone_id = fields.UUID(required=True)
    day = fields.Date(required=True)
    quantity_ml = _whole(MAX_READING_ML, required=True)


class ScaleReadingsSchema(Schema):
    """Readings to record at once."""

    readings = fields.List(
        fields.Nested(ScaleReadingSchema), required=True, validate=validate.Length(min=1, max=5_000)
    )


class MilkQuotaSchema(Schema):
    """Millilitres a day that a producer is paid in full."""

    id = _id()
    producer_id = fields.UUID(required=True)
    per_day_ml = _whole(MAX_QUOTA_ML, required=True)
    weekday_minor = _whole(100_000, load_default=0)
    sunday_minor = _whole(100_000, load_default=0)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)
    is_enabled = fields.Boolean(dump_only=True)


class TaxLicenceSchema(Schema):
    """A producer's tax licence."""

    id = _id()
    producer_id = fields.UUID(required=True)
    number = _words(MAX_NUMBER)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)


class MilkReserveSchema(Schema):
    """The part of the weighed milk that is kept back, in millionths."""

    id = _id()
    fraction_ppm = _whole(MAX_RESERVE_PPM, 1, required=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    decided_by = _words()


class OneOffSchema(Schema):
    """An amount of one producer that counts in the fortnight of its date."""

    id = _id()
    producer_id = fields.UUID(required=True)
    amount_minor = _whole(MAX_AMOUNT_MINOR, 1, required=True)
    dated_on = fields.Date(required=True)
    name = _words()
    currency = fields.String(dump_only=True)
    withdrawn_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class OtherIncomeSchema(OneOffSchema):
    """Money for a producer that is no milk."""

    paid_run_id = fields.UUID(
        dump_only=True, allow_none=True, metadata={"description": "The settlement in the books that paid it."}
    )


class MilkBankFeeSchema(OneOffSchema):
    """What the bank took for paying a producer."""


class DairyImportSchema(Schema):
    """A file of one table (CSV or .xlsx) in base64; `dry_run` only tries it."""

    table = fields.String(required=True, validate=validate.OneOf([one.value for one in Table]))
    content = fields.String(
        required=True, load_only=True, validate=validate.Length(max=MAX_FILE_BYTES * 4 // 3 + 4)
    )
    dry_run = fields.Boolean(load_default=False)


class DairyImportReportSchema(Schema):
    """What a file brought, or would bring."""

    table = fields.String()
    rows = fields.Integer()
    added = fields.Integer()
    dry_run = fields.Boolean()
