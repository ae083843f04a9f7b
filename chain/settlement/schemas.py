"""JSON shapes of settlement: amounts in minor units, quantities in grams or millilitres."""

from marshmallow import fields, validate

from chain.lots.products import DELIVERED
from chain.settlement.rules import MAX_AMOUNT_MINOR, MAX_NAME, MAX_PRICE_MINOR, RunKind, RunState
from chain.web.api import ClientId, PageArgs, Schema

ID_TEXT = "Made by the client; the same id may be sent again."


class RunArgs(PageArgs):
    """Which runs are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf([state.value for state in RunState]))


class RunSchema(Schema):
    """A settlement run."""

    id = fields.UUID()
    number = fields.Integer()
    kind = fields.String()
    state = fields.String()
    commodity = fields.String()
    sale_id = fields.UUID(allow_none=True)
    period_from = fields.Date(allow_none=True)
    period_to = fields.Date(allow_none=True)
    currency = fields.String()
    quantity = fields.Integer(metadata={"description": "Grams or millilitres; see unit."})
    unit = fields.String()
    gross_minor = fields.Integer()
    deductions_minor = fields.Integer()
    net_minor = fields.Integer()
    own_quantity = fields.Integer(
        metadata={"description": "Of a sale: made of deliveries that the organisation had paid before."}
    )
    own_minor = fields.Integer(
        metadata={"description": "What the sale brought for that; the organisation's own."}
    )
    prepared_at = fields.AwareDateTime()
    prepared_by = fields.UUID(allow_none=True)
    approved_at = fields.AwareDateTime(allow_none=True)
    approved_by = fields.UUID(allow_none=True)
    paid_at = fields.AwareDateTime(allow_none=True)
    paid_by = fields.UUID(allow_none=True)
    discard_reason = fields.String(allow_none=True)
    approval_entry_id = fields.UUID(allow_none=True)
    payment_entry_id = fields.UUID(allow_none=True)


class LineSchema(Schema):
    """One producer of a run."""

    id = fields.UUID()
    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String()
    quantity = fields.Integer()
    lots = fields.Integer()
    gross_minor = fields.Integer()
    fees_minor = fields.Integer()
    advances_minor = fields.Integer()
    net_minor = fields.Integer()
    receipt_id = fields.UUID(allow_none=True)


class NewRunSchema(Schema):
    """A run to prepare: of a sale, or of a commodity's deliveries in a period."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in RunKind]))
    sale_id = fields.UUID(load_default=None, allow_none=True)
    commodity = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(DELIVERED))
    period_from = fields.Date(load_default=None, allow_none=True)
    period_to = fields.Date(load_default=None, allow_none=True)


class DiscardSchema(Schema):
    """Why a run is discarded."""

    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class ReceiptArgs(PageArgs):
    """Which receipts are listed."""

    q = fields.String(load_default="", validate=validate.Length(max=100))
    run_id = fields.UUID(load_default=None)


class ReceiptSchema(Schema):
    """A receipt in a list."""

    id = fields.UUID()
    serial = fields.String()
    producer_id = fields.UUID()
    producer_name = fields.String()
    member_code = fields.String(allow_none=True)
    run_id = fields.UUID()
    issued_at = fields.AwareDateTime()
    currency = fields.String()
    net_minor = fields.Integer()
    printed = fields.Integer()


class ReceiptDetailSchema(ReceiptSchema):
    """A receipt with everything that is printed, as it was frozen at issue."""

    content = fields.Dict()
    content_hash = fields.String()
    check_code = fields.String()


class AdvanceSchema(Schema):
    """Money given before a payment."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    producer_id = fields.UUID(required=True)
    amount_minor = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MAX_AMOUNT_MINOR)
    )
    given_on = fields.Date(required=True)
    note = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    recovered_minor = fields.Integer(dump_only=True)
    currency = fields.String(dump_only=True)
    entry_id = fields.UUID(dump_only=True, allow_none=True)


class AdvanceArgs(PageArgs):
    """Which advances are listed."""

    open = fields.Boolean(load_default=False)


class FeeSchema(Schema):
    """A fee on every payment, in hundredths of a percent."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    name = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    basis_points = fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=10_000))
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    decided_by = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))


class PriceSchema(Schema):
    """A price per kilogram or litre for a span of days."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    commodity = fields.String(required=True, validate=validate.OneOf(DELIVERED))
    price_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MAX_PRICE_MINOR)
    )
    currency = fields.String(dump_only=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(required=True)
    decided_by = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))


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
