"""JSON shapes of settlement: amounts in minor units, quantities in grams or millilitres."""

from marshmallow import fields, validate

from chain.lots.products import DELIVERED
from chain.settlement.rules import MAX_AMOUNT_MINOR, MAX_GATE_LOTS, MAX_NAME, RunKind, RunState
from chain.web.api import ClientId, PageArgs, Schema

ID_TEXT = "Made by the client; the same id may be sent again."


class RunArgs(PageArgs):
    """Which runs are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf([state.value for state in RunState]))
    kind = fields.String(load_default=None, validate=validate.OneOf([kind.value for kind in RunKind]))


class RunLineArgs(PageArgs):
    """Which producers of a run are listed."""

    q = fields.String(load_default="", validate=validate.Length(max=100))


class RunSchema(Schema):
    """A settlement run."""

    id = fields.UUID()
    number = fields.Integer()
    kind = fields.String()
    method = fields.String(metadata={"description": "proceeds, prices or milk-fortnight."})
    state = fields.String()
    commodity = fields.String()
    sale_id = fields.UUID(allow_none=True)
    period_from = fields.Date(allow_none=True)
    period_to = fields.Date(allow_none=True)
    currency = fields.String()
    quantity = fields.Integer(metadata={"description": "Grams or millilitres; see unit."})
    unit = fields.String()
    goods_minor = fields.Integer(
        metadata={"description": "Worth of the deliveries, premiums and penalties included."}
    )
    gross_minor = fields.Integer(metadata={"description": "Earned: goods, weighing difference and reserve."})
    deductions_minor = fields.Integer()
    additions_minor = fields.Integer(metadata={"description": "Other income of the producers."})
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
    accounted_at = fields.AwareDateTime(allow_none=True)
    accounted_by = fields.UUID(allow_none=True)
    paid_at = fields.AwareDateTime(allow_none=True)
    paid_by = fields.UUID(allow_none=True)
    discard_reason = fields.String(allow_none=True)
    round = fields.Integer(metadata={"description": "1, and one more with each reversal."})
    rest_basis_points = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Of a floor price: the part of the final proceeds that is due after the sale."
        },
    )
    rest_decided_by = fields.String(allow_none=True)
    facts = fields.Dict(metadata={"description": "What the run was calculated from."})
    account_entry_id = fields.UUID(allow_none=True)
    payment_entry_id = fields.UUID(allow_none=True)


class LineSchema(Schema):
    """One producer of a run."""

    id = fields.UUID()
    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String()
    quantity = fields.Integer()
    lots = fields.Integer()
    goods_minor = fields.Integer()
    gross_minor = fields.Integer()
    fees_minor = fields.Integer(metadata={"description": "Taxes, fees, levies and group charges."})
    advances_minor = fields.Integer(metadata={"description": "Debts, and what was paid before."})
    additions_minor = fields.Integer()
    net_minor = fields.Integer()
    paid_minor = fields.Integer()
    receipt_id = fields.UUID(allow_none=True)


class ItemSchema(Schema):
    """One explained amount of a line; what is taken off is negative."""

    position = fields.Integer()
    kind = fields.String()
    due_kind = fields.String(allow_none=True)
    block = fields.String(allow_none=True)
    zone_id = fields.UUID(allow_none=True)
    label = fields.String()
    quantity = fields.Integer(allow_none=True)
    price_minor_per_unit = fields.Integer(allow_none=True)
    basis_points = fields.Integer(allow_none=True)
    amount_minor = fields.Integer()
    dropped_minor = fields.Integer(metadata={"description": "Not taken, and not asked for again."})
    carried_minor = fields.Integer(metadata={"description": "What stays open of a debt."})
    account = fields.String(allow_none=True)
    decided_by = fields.String(allow_none=True)
    movement_id = fields.UUID(allow_none=True)
    earlier_line_id = fields.UUID(allow_none=True)
    explanation = fields.Dict(allow_none=True)


class LineDetailSchema(LineSchema):
    """One producer of a run, with the items."""

    items = fields.List(fields.Nested(ItemSchema))


class BlockSchema(Schema):
    """A payroll of a run; it equals its items."""

    position = fields.Integer()
    zone_id = fields.UUID(allow_none=True)
    zone_name = fields.String(allow_none=True)
    block = fields.String(allow_none=True)
    producers = fields.Integer()
    quantity = fields.Integer()
    goods_minor = fields.Integer()
    gross_minor = fields.Integer()
    deductions_minor = fields.Integer()
    additions_minor = fields.Integer()
    net_minor = fields.Integer()
    kinds = fields.Dict(keys=fields.String(), values=fields.Integer())
    explanation = fields.Dict()


class DifferenceSchema(Schema):
    """Something that does not sum to the whole."""

    block = fields.String()
    zone_name = fields.String(allow_none=True)
    what = fields.String()
    difference_minor = fields.Integer()


class ReconciliationSchema(Schema):
    """A run counted anew: payrolls, and what differs."""

    blocks = fields.List(fields.Nested(BlockSchema))
    is_whole = fields.Boolean()
    lots_minor = fields.Integer()
    paid_minor = fields.Integer()
    differences = fields.List(fields.Nested(DifferenceSchema))


class NewRunSchema(Schema):
    """A run to prepare: of a sale, of a commodity's deliveries in a period, or of deliveries paid at the gate."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in RunKind]))
    sale_id = fields.UUID(load_default=None, allow_none=True)
    commodity = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(DELIVERED))
    period_from = fields.Date(load_default=None, allow_none=True)
    period_to = fields.Date(load_default=None, allow_none=True)
    lot_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(min=1, max=MAX_GATE_LOTS)
    )
    pay = fields.Boolean(
        load_default=False,
        metadata={
            "description": "Of the gate: prepare, approve, account and pay in one step, by the decision in force."
        },
    )


class DiscardSchema(Schema):
    """Why a run is discarded."""

    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class ReverseRunSchema(Schema):
    """Why a run is taken back out of the books."""

    reason = fields.String(required=True, validate=validate.Length(min=3, max=MAX_NAME))


class GateRuleSchema(Schema):
    """The decision that lets one person pay at the gate up to a limit."""

    id = ClientId(required=True, metadata={"description": ID_TEXT})
    limit_minor = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=1, max=MAX_AMOUNT_MINOR)
    )
    currency = fields.String(dump_only=True)
    valid_from = fields.Date(required=True)
    valid_to = fields.Date(load_default=None, allow_none=True)
    decided_by = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))


class GateRuleEndSchema(Schema):
    """The last day of a decision."""

    last_day = fields.Date(required=True)


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
    run_id = fields.UUID(allow_none=True)
    issued_at = fields.AwareDateTime()
    currency = fields.String()
    net_minor = fields.Integer()
    printed = fields.Integer()
    voided_at = fields.AwareDateTime(allow_none=True)


class ReceiptDetailSchema(ReceiptSchema):
    """A receipt with everything that is printed, as it was frozen at issue."""

    content = fields.Dict()
    content_hash = fields.String()
    check_code = fields.String()
    signed_code = fields.String(allow_none=True)
