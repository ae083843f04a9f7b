"""JSON shapes of payout: amounts in minor units."""

from marshmallow import fields, validate

from chain.payout.rules import (
    BATCH_STATE_LABELS,
    MAX_NAME,
    PAYOUT_STATE_LABELS,
    RAIL_LABELS,
    REMOTE,
    ConfirmationKind,
    LimitKind,
)
from chain.settlement.rules import MAX_AMOUNT_MINOR
from chain.web.api import ClientId, PageArgs, Schema

RAILS = validate.OneOf([rail.value for rail in RAIL_LABELS])


class PayoutBatchArgs(PageArgs):
    """Which batches are listed."""

    state = fields.String(
        load_default=None, validate=validate.OneOf([state.value for state in BATCH_STATE_LABELS])
    )


class PayoutBatchSchema(Schema):
    """A batch of payments."""

    id = fields.UUID()
    number = fields.Integer()
    rail = fields.String()
    currency = fields.String()
    run_id = fields.UUID(allow_none=True)
    collector_id = fields.UUID(allow_none=True)
    payments = fields.Integer()
    total_minor = fields.Integer()
    left_minor = fields.Integer(metadata={"description": "Stays owed: no coin is that small."})
    pay_on = fields.Date()
    state = fields.String()
    prepared_by = fields.UUID(allow_none=True)
    approved_by = fields.UUID(allow_none=True)
    sent_at = fields.AwareDateTime(allow_none=True)
    discard_reason = fields.String(allow_none=True)


class PayoutBatchRowSchema(Schema):
    """A batch in a list, with what became of its payments."""

    id = fields.UUID()
    number = fields.Integer()
    rail = fields.String()
    currency = fields.String()
    payments = fields.Integer()
    total_minor = fields.Integer()
    pay_on = fields.Date()
    state = fields.String()
    paid_minor = fields.Integer()
    returned_minor = fields.Integer()


class NewPayoutBatchSchema(Schema):
    """Payments to prepare: a run's, chosen lines', or everything that is open."""

    id = ClientId(required=True)
    rail = fields.String(required=True, validate=RAILS)
    pay_on = fields.Date(required=True)
    run_id = fields.UUID(load_default=None, allow_none=True)
    line_ids = fields.List(
        fields.UUID(), load_default=None, allow_none=True, validate=validate.Length(min=1, max=2_000)
    )
    collector_id = fields.UUID(load_default=None, allow_none=True)


class PaymentArgs(PageArgs):
    """Which payments are listed."""

    state = fields.String(
        load_default=None, validate=validate.OneOf([state.value for state in PAYOUT_STATE_LABELS])
    )


class PayoutPaymentSchema(Schema):
    """A payment to a producer."""

    id = fields.UUID()
    position = fields.Integer()
    line_id = fields.UUID()
    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String()
    amount_minor = fields.Integer()
    destination = fields.Dict()
    state = fields.String()
    reference = fields.String(allow_none=True)
    paid_at = fields.AwareDateTime(allow_none=True)
    return_reason = fields.String(allow_none=True)
    replaces_id = fields.UUID(allow_none=True)
    confirmed_by = fields.String(allow_none=True)


class PaidSchema(Schema):
    """Payments that reached their receivers."""

    payment_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=2_000))
    reference = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))


class PaidCountSchema(Schema):
    """How many payments were noted anew."""

    noted = fields.Integer()


class PayoutReasonSchema(Schema):
    """Why."""

    reason = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))


class CancelPaymentsSchema(PayoutReasonSchema):
    """Payments in cash that nobody came for."""

    payment_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=2_000))


class PaymentConfirmationSchema(Schema):
    """The receiver's word."""

    id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in ConfirmationKind]))
    card = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=80))
    witness_name = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))
    witness_document = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    received_by = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))


class CashCountSchema(Schema):
    """Counted notes and coins: pieces by their worth in minor units."""

    id = ClientId(required=True)
    purpose = fields.String(required=True, validate=validate.OneOf(["drawn", "returned"]))
    counts = fields.Dict(
        keys=fields.Integer(validate=validate.Range(min=1, max=100_000)),
        values=fields.Integer(validate=validate.Range(min=0, max=1_000_000)),
        required=True,
        validate=validate.Length(max=20),
    )


class CashCountedSchema(Schema):
    """A count that was kept."""

    id = fields.UUID()
    purpose = fields.String()
    counts = fields.Dict()
    total_minor = fields.Integer()
    currency = fields.String()


class PaymentDetailSchema(Schema):
    """Where a producer wants the money."""

    id = ClientId(required=True)
    producer_id = fields.UUID(required=True)
    rail = fields.String(required=True, validate=validate.OneOf([rail.value for rail in sorted(REMOTE)]))
    provider = fields.String(required=True, validate=validate.Length(max=MAX_NAME))
    account = fields.String(required=True, validate=validate.Length(max=600))
    holder = fields.String(required=True, validate=validate.Length(max=MAX_NAME))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NAME))
    confirmed_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class PayoutLimitSchema(Schema):
    """What a rail takes at most."""

    id = ClientId(required=True)
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in LimitKind]))
    amount_minor = fields.Integer(required=True, validate=validate.Range(min=1, max=MAX_AMOUNT_MINOR))
    valid_from = fields.Date(required=True)
    source = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    confirmed_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class PayoutFileArgs(Schema):
    """The file of a batch."""

    id = ClientId(required=True)
    layout_id = fields.UUID(load_default=None, allow_none=True)
    own_account = fields.String(load_default="", validate=validate.Length(max=34))


class PayoutFileSchema(Schema):
    """A file that was made; its text is UTF-8."""

    id = fields.UUID()
    kind = fields.String()
    name = fields.String()
    content = fields.Function(lambda one: one.content.decode())
    content_hash = fields.String()
