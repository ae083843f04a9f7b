"""JSON shapes of tenders, bids, sales and matches. Weights in grams, volumes in millilitres, prices in minor units per
kilogram or litre.
"""

from marshmallow import fields, validate

from chain.certification.rules import Claim
from chain.core.idempotency import MAX_KEY_LENGTH
from chain.lots.products import PRODUCTS
from chain.market.rules import MAX_LOTS, MAX_TITLE, TenderState
from chain.sales.rules import MAX_NOTE, SaleState
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_WORD = 100
#: Prices are checked by the rules, which know the currency; this only keeps the number in a column.
BIGGEST = 10**15


class BoardArgs(PageArgs):
    """Which tenders are listed: the seller's own by state, or for buyers those on the board by their lots."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(TenderState)))
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
    min_quantity = fields.Integer(load_default=None, validate=validate.Range(min=0, max=BIGGEST))


class TenderSchema(Schema):
    """A tender. The reserve, the number of bidders and the winner are null for everybody but the seller."""

    id = fields.UUID(required=True)
    number = fields.Integer()
    seller_id = fields.UUID(attribute="organisation_id")
    seller_code = fields.String()
    seller_name = fields.String()
    title = fields.String()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    currency = fields.String()
    lots = fields.Integer()
    opens_at = fields.AwareDateTime()
    closes_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    state = fields.String()
    note = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    reserve_minor_per_unit = fields.Integer(allow_none=True)
    bidders = fields.Integer(allow_none=True)
    winning_bid_id = fields.UUID(allow_none=True)


class NewTenderSchema(Schema):
    """A tender to be opened, in the currency of the organisation."""

    id = ClientId(required=True)
    title = fields.String(required=True, validate=validate.Length(min=1, max=MAX_TITLE))
    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_LOTS))
    reserve_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST)
    )
    opens_at = Moment(load_default=None)
    closes_at = Moment(required=True)
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))


class ReasonSchema(Schema):
    """Why a tender ends without a sale."""

    reason = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))


class TenderLotSchema(Schema):
    """A lot of a tender as bidders see it."""

    id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    micron_tenths = fields.Integer(allow_none=True)
    colour = fields.String(allow_none=True)
    attributes = fields.Dict()
    claim = fields.String()
    certificate_number = fields.String(allow_none=True)
    certificate_level = fields.String(allow_none=True)
    certificate_issued_by = fields.String(allow_none=True)


class NewBidSchema(Schema):
    """A bid for a whole tender. Without a header Idempotency-Key the id is the key."""

    id = ClientId(required=True)
    price_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST)
    )
    currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(equal=3))


class BidHeaders(Schema):
    """Headers of a bid."""

    class Meta(Schema.Meta):
        """Other headers are none of ours."""

        unknown = "exclude"

    idempotency_key = fields.String(
        data_key="Idempotency-Key", load_default=None, validate=validate.Length(min=1, max=MAX_KEY_LENGTH)
    )


class BidSchema(Schema):
    """A bid."""

    id = fields.UUID()
    tender_id = fields.UUID()
    buyer_id = fields.UUID(attribute="organisation_id")
    sequence = fields.Integer(
        allow_none=True,
        metadata={
            "description": "Place in the opened log; null for bidders: it would tell how many others bid."
        },
    )
    price_minor_per_unit = fields.Integer()
    currency = fields.String()
    placed_at = fields.AwareDateTime()


class OwnBidArgs(PageArgs):
    """Which of the own bids are listed."""

    state = fields.String(
        load_default=None,
        validate=validate.OneOf([state.value for state in TenderState]),
        metadata={"description": "State of the tender."},
    )


class OwnBidSchema(Schema):
    """The last own bid in a tender."""

    id = fields.UUID()
    tender_id = fields.UUID()
    tender_title = fields.String()
    seller_name = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    price_minor_per_unit = fields.Integer()
    currency = fields.String()
    closes_at = fields.AwareDateTime()
    placed_at = fields.AwareDateTime()
    result = fields.String()
    sale_id = fields.UUID(allow_none=True)


class SaleArgs(PageArgs):
    """Which sales are listed."""

    state = fields.String(load_default=None, validate=validate.OneOf(list(SaleState)))


class SaleSchema(Schema):
    """A sale."""

    id = fields.UUID()
    number = fields.Integer()
    seller_id = fields.UUID(attribute="organisation_id")
    buyer_id = fields.UUID()
    tender_id = fields.UUID(allow_none=True)
    bid_id = fields.UUID(allow_none=True)
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    price_minor_per_unit = fields.Integer()
    currency = fields.String()
    proceeds_minor = fields.Integer()
    state = fields.String()
    agreed_at = fields.AwareDateTime()


class ShownMeasurementSchema(Schema):
    """A value that counts for a lot, as a buyer sees it."""

    attribute = fields.String()
    value = fields.String(metadata={"description": "A decimal as text, or a word of the attribute."})
    unit = fields.String()
    basis = fields.String(allow_none=True)
    method = fields.String()
    status = fields.String(metadata={"description": "estimate, report or certificate"})
    uncertainty = fields.String(allow_none=True)
    instrument = fields.String(allow_none=True)
    document = fields.String(allow_none=True)
    measured_at = fields.AwareDateTime()
    at_delivery = fields.Boolean()


class ShownLotSchema(TenderLotSchema):
    """A lot with what was measured of it and, when it was made of several, its mixture."""

    label = fields.String(allow_none=True)
    mix = fields.Dict(allow_none=True)
    measurements = fields.List(fields.Nested(ShownMeasurementSchema))


class AskOpinionSchema(Schema):
    """Why a buyer doubts the class of a bought lot."""

    id = ClientId(required=True)
    reason = fields.String(required=True, validate=validate.Length(max=500))


class AskedOpinionSchema(Schema):
    """A second opinion that a buyer asked for; `found_key` once it is decided."""

    id = fields.UUID()
    lot_id = fields.UUID()
    state = fields.String()
    asked_at = fields.AwareDateTime()
    deadline = fields.AwareDateTime()
    scheme = fields.String()
    edition = fields.String()
    previous_key = fields.String(allow_none=True)
    found_key = fields.String(allow_none=True)
    note = fields.String(allow_none=True)


class SaleLotSchema(Schema):
    """A lot of a sale; the producer is null for the buyer."""

    lot_id = fields.UUID()
    number = fields.String()
    quantity = fields.Integer()
    amount_minor = fields.Integer()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    claim = fields.String()
    producer_name = fields.String(allow_none=True)
    member_code = fields.String(allow_none=True)


class MatchSchema(Schema):
    """Equal lots of an open tender, compared with a demand; `unmet` is empty when they meet it."""

    tender_id = fields.UUID()
    tender_title = fields.String()
    seller_name = fields.String()
    closes_at = fields.AwareDateTime()
    commodity = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    colour = fields.String(allow_none=True)
    micron_tenths = fields.Integer(allow_none=True)
    claim = fields.String()
    lots = fields.Integer()
    quantity = fields.Integer()
    unit = fields.String()
    unmet = fields.List(fields.String())
