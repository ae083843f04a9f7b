"""JSON shapes of offers, lots open to offers, and samples. Weights in grams, volumes in millilitres, prices in minor units
per kilogram or litre.
"""

from marshmallow import fields, validate

from chain.certification.rules import Claim
from chain.lots.products import PRODUCTS
from chain.negotiation.rules import MAX_LOTS, OfferState, Side
from chain.negotiation.sample_rules import MAX_ADDRESS, MAX_WORDS, SampleState, WouldBuy
from chain.sales.rules import MAX_NOTE
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_WORD = 100
BIGGEST = 10**15
_words = validate.Length(max=MAX_NOTE)
_number = validate.Range(min=-BIGGEST, max=BIGGEST)


class OfferArgs(PageArgs):
    """Which offers are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(OfferState)))
    mine_to_answer = fields.Boolean(load_default=False)


class OfferLineSchema(Schema):
    """A lot, or a part of one, with its price."""

    lot_id = fields.UUID(required=True)
    quantity = fields.Integer(required=True, strict=True, validate=_number)
    price_minor_per_unit = fields.Integer(required=True, strict=True, validate=_number)


class OfferTermsSchema(Schema):
    """What a side proposes."""

    lines = fields.List(
        fields.Nested(OfferLineSchema), required=True, validate=validate.Length(min=1, max=MAX_LOTS)
    )
    freight = fields.String(required=True, validate=validate.OneOf(list(Side)))
    payment_days = fields.Integer(required=True, strict=True, validate=_number)
    is_firm = fields.Boolean(load_default=False)
    expires_at = Moment(required=True)
    note = fields.String(load_default=None, allow_none=True, validate=_words)


class NewOfferSchema(OfferTermsSchema):
    """An offer to be made; `buyer_id` by a seller only."""

    id = ClientId(required=True)
    buyer_id = fields.UUID(load_default=None, allow_none=True)
    source_id = fields.UUID(load_default=None, allow_none=True)


class CounterOfferSchema(OfferTermsSchema):
    """A counter-offer to the step with the number `seen`."""

    id = ClientId(required=True)
    seen = fields.Integer(required=True, strict=True, validate=_number)
    reason = fields.String(required=True, validate=_words)


class AcceptOfferSchema(Schema):
    """An acceptance of the step with the number `seen`."""

    id = ClientId(required=True)
    seen = fields.Integer(required=True, strict=True, validate=_number)


class RefuseOfferSchema(AcceptOfferSchema):
    """A refusal of the step with the number `seen`."""

    reason = fields.String(required=True, validate=_words)


class WithdrawOfferSchema(Schema):
    """Taking the own proposal back."""

    id = ClientId(required=True)
    reason = fields.String(required=True, validate=_words)


class OfferSchema(Schema):
    """An offer; quantity, amount and expiry are those of the last terms."""

    id = fields.UUID(required=True)
    number = fields.Integer()
    seller_id = fields.UUID(attribute="organisation_id")
    buyer_id = fields.UUID()
    started_by = fields.String()
    source_id = fields.UUID(allow_none=True)
    commodity = fields.String()
    unit = fields.String()
    currency = fields.String()
    state = fields.String()
    turn = fields.String(allow_none=True)
    last_step = fields.Integer()
    quantity = fields.Integer()
    amount_minor = fields.Integer()
    expires_at = fields.AwareDateTime()
    award_id = fields.UUID(allow_none=True)
    started_at = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class OfferStepSchema(Schema):
    """One thing that was said; terms and lines are null where nothing was proposed."""

    id = fields.UUID(required=True)
    sequence = fields.Integer()
    kind = fields.String()
    side = fields.String(allow_none=True)
    user_name = fields.String(allow_none=True)
    at = fields.AwareDateTime()
    terms = fields.Dict(allow_none=True)
    reason = fields.String(allow_none=True)
    lines = fields.List(fields.Nested(OfferLineSchema))


class OfferLogEntrySchema(Schema):
    """A line of an offer's public log."""

    sequence = fields.Integer()
    kind = fields.String()
    at = fields.AwareDateTime()
    data = fields.Dict()
    hash = fields.String()
    previous_hash = fields.String()


class OpenLotArgs(PageArgs):
    """Which lots are listed."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(list(PRODUCTS)))
    grade = fields.String(
        load_default=None,
        validate=validate.Length(max=MAX_WORD),
        metadata={"description": "scheme/edition/class, such as ntp-231.301/2014/baby"},
    )
    colour = fields.String(load_default=None, validate=validate.Length(max=MAX_WORD))
    micron_min_tenths = fields.Integer(load_default=None, validate=validate.Range(min=0, max=1000))
    micron_max_tenths = fields.Integer(load_default=None, validate=validate.Range(min=0, max=1000))
    claim = fields.String(load_default=None, validate=validate.OneOf(list(Claim)))
    centre = fields.String(load_default=None, validate=validate.Length(max=MAX_WORD))


class OpenLotSchema(Schema):
    """A lot that can be negotiated."""

    id = fields.UUID(required=True)
    number = fields.String()
    seller_id = fields.UUID(attribute="organisation_id")
    seller_code = fields.String()
    seller_name = fields.String()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    micron_tenths = fields.Integer(allow_none=True)
    colour = fields.String(allow_none=True)
    claim = fields.String()
    certificate_number = fields.String(allow_none=True)
    currency = fields.String()
    asking_minor_per_unit = fields.Integer(allow_none=True)


class ShowLotsSchema(Schema):
    """Lots to be shown to buyers."""

    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_LOTS))
    asking_minor_per_unit = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_number)


class HideLotsSchema(Schema):
    """Lots to be hidden from buyers."""

    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_LOTS))


class ShownLotCountSchema(Schema):
    """How many lots it concerned."""

    lots = fields.Integer(required=True)


class SampleArgs(PageArgs):
    """Which samples are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(SampleState)))


class NewSampleSchema(Schema):
    """A wish for a sample."""

    id = ClientId(required=True)
    lot_id = fields.UUID(required=True)
    grams = fields.Integer(required=True, strict=True, validate=_number)
    address = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_ADDRESS))
    note = fields.String(load_default=None, allow_none=True, validate=_words)


class SampleReasonSchema(Schema):
    """Why a sample is refused or not wanted any more."""

    reason = fields.String(required=True, validate=_words)


class SendSampleSchema(Schema):
    """A sample that leaves."""

    grams = fields.Integer(required=True, strict=True, validate=_number)
    carrier = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_WORDS))
    tracking = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_WORDS))


class SampleJudgementSchema(Schema):
    """What a buyer found; `price_minor_per_unit` with `at_price`."""

    would_buy = fields.String(required=True, validate=validate.OneOf(list(WouldBuy)))
    grade = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    micron_tenths = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_number)
    colour = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=40))
    comment = fields.String(load_default=None, allow_none=True, validate=_words)
    price_minor_per_unit = fields.Integer(load_default=None, allow_none=True, strict=True, validate=_number)


class SentSampleSchema(Schema):
    """A sample."""

    id = fields.UUID(required=True)
    number = fields.Integer()
    seller_id = fields.UUID(attribute="organisation_id")
    buyer_id = fields.UUID()
    lot_id = fields.UUID()
    state = fields.String()
    asked_g = fields.Integer()
    address = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    asked_at = fields.AwareDateTime()
    sent_g = fields.Integer(allow_none=True)
    carrier = fields.String(allow_none=True)
    tracking = fields.String(allow_none=True)
    sent_at = fields.AwareDateTime(allow_none=True)
    received_at = fields.AwareDateTime(allow_none=True)
    found_grade = fields.String(allow_none=True)
    found_micron_tenths = fields.Integer(allow_none=True)
    found_colour = fields.String(allow_none=True)
    comment = fields.String(allow_none=True)
    would_buy = fields.String(allow_none=True)
    would_pay_minor_per_unit = fields.Integer(allow_none=True)
    judged_at = fields.AwareDateTime(allow_none=True)
