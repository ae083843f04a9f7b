"""JSON shapes of tenders, bids, sales and matches. Weights in grams, volumes in millilitres, prices in minor units per
kilogram or litre.
"""

from typing import Any
from uuid import UUID

from marshmallow import fields, validate

from chain.certification.rules import Claim
from chain.core.idempotency import MAX_KEY_LENGTH
from chain.lots.products import PRODUCTS
from chain.market.rules import MAX_LOTS, MAX_TITLE, STANDING_LABELS, GridPrice, Offer, TenderState
from chain.sales.rules import MAX_NOTE
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_WORD = 100
#: Prices are checked by the rules, which know the currency; this only keeps the number in a column.
BIGGEST = 10**15
MAX_INVITED = 500
MAX_GRID = 500


def _price(**more: Any) -> fields.Integer:
    return fields.Integer(strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST), **more)


def _quantity(description: str) -> fields.Integer:
    return fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(min=0, max=BIGGEST),
        metadata={"description": description},
    )


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
    """A tender. The number of bidders, the winner and how sure the award is are null for everybody but the seller's people,
    the reserve for everybody but the seller's committee.
    """

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
    winning_bid_id = fields.UUID(
        allow_none=True, metadata={"description": "Of several winners the one with the greatest amount."}
    )
    is_private = fields.Boolean(metadata={"description": "Only invited buyers see it."})
    award_status = fields.String(
        allow_none=True,
        metadata={"description": "optimal: no other award brings more; feasible: at most the gap more."},
    )
    award_gap_millionths = fields.Integer(allow_none=True)


class LotReserveSchema(Schema):
    """The lowest price for one lot."""

    lot_id = fields.UUID(required=True)
    reserve_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST)
    )


class NewTenderSchema(Schema):
    """A tender to be opened, in the currency of the organisation."""

    id = ClientId(required=True)
    title = fields.String(required=True, validate=validate.Length(min=1, max=MAX_TITLE))
    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_LOTS))
    reserve_minor_per_unit = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-BIGGEST, max=BIGGEST)
    )
    lot_reserves = fields.List(
        fields.Nested(LotReserveSchema),
        load_default=list,
        validate=validate.Length(max=MAX_LOTS),
        metadata={"description": "Lots with a lowest price of their own; it goes before the one for all."},
    )
    invited = fields.List(
        fields.UUID(),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_INVITED),
        metadata={"description": "Buyers who may see and bid; null: every buyer."},
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


class GridPriceSchema(Schema):
    """The price of a class, of one colour or of any."""

    grade = fields.String(
        required=True,
        allow_none=True,
        validate=validate.Length(max=MAX_WORD * 2),
        metadata={
            "description": "scheme/edition/class, such as ntp-231.301/2014/baby; null: lots without a class"
        },
    )
    colour = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_WORD))
    price_minor_per_unit = _price(required=True)


class LotPriceSchema(Schema):
    """The price of one lot."""

    lot_id = fields.UUID(required=True)
    price_minor_per_unit = _price(required=True)


class NewBidSchema(Schema):
    """A sealed bid: one price for all the lots, or prices by class and colour, or a price for each lot that is wanted.
    Without a header Idempotency-Key the id is the key.
    """

    id = ClientId(required=True)
    price_minor_per_unit = _price(load_default=None, allow_none=True)
    grid = fields.List(
        fields.Nested(GridPriceSchema), load_default=list, validate=validate.Length(max=MAX_GRID)
    )
    lots = fields.List(
        fields.Nested(LotPriceSchema), load_default=list, validate=validate.Length(max=MAX_LOTS)
    )
    all_or_nothing = fields.Boolean(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "All the lots that the bid names, or none. Null: true for one price for all the lots, else false."
        },
    )
    min_quantity = _quantity("Nothing, unless at least so much (grams or millilitres).")
    max_quantity = _quantity("At most so much (grams or millilitres).")
    currency = fields.String(load_default=None, allow_none=True, validate=validate.Length(equal=3))


def offer_from(data: dict[str, Any]) -> Offer:
    """Return what a bid of the API says; without a currency the tender's."""
    price = data["price_minor_per_unit"]
    whole = data["all_or_nothing"]
    return Offer(
        currency=data["currency"] or "",
        price_minor=price,
        lots={one["lot_id"]: one["price_minor_per_unit"] for one in data["lots"]},
        grid=tuple(
            GridPrice(one["grade"], one["colour"], one["price_minor_per_unit"]) for one in data["grid"]
        ),
        whole=price is not None if whole is None else whole,
        least=data["min_quantity"],
        most=data["max_quantity"],
    )


def offer_data(offer: Offer) -> dict[str, Any]:
    """Return an offer as the API shows it."""

    def of_lot(lot_id: UUID) -> dict[str, Any]:
        return {"lot_id": lot_id, "price_minor_per_unit": offer.lots[lot_id]}

    return {
        "price_minor_per_unit": offer.price_minor,
        "currency": offer.currency,
        "grid": [
            {"grade": one.grade, "colour": one.colour, "price_minor_per_unit": one.price_minor}
            for one in offer.grid
        ],
        "lots": [of_lot(lot_id) for lot_id in sorted(offer.lots)],
        "all_or_nothing": offer.whole,
        "min_quantity": offer.least,
        "max_quantity": offer.most,
    }


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
    price_minor_per_unit = fields.Integer(allow_none=True)
    grid = fields.List(fields.Nested(GridPriceSchema))
    lots = fields.List(fields.Nested(LotPriceSchema))
    all_or_nothing = fields.Boolean()
    min_quantity = fields.Integer(allow_none=True)
    max_quantity = fields.Integer(allow_none=True)
    currency = fields.String()
    placed_at = fields.AwareDateTime()
    commitment = fields.String(
        allow_none=True,
        metadata={
            "description": "sha256 of nonce, line feed and text of the bid; in the public log at once."
        },
    )
    standing = fields.String(
        allow_none=True,
        validate=validate.OneOf([one.value for one in STANDING_LABELS]),
        metadata={"description": "How the bid stood at the opening; null for bidders."},
    )


class TenderAwardSchema(Schema):
    """What one buyer gets of a tender, and how far the officers' answer is."""

    id = fields.UUID(attribute="award.id")
    buyer_id = fields.UUID(attribute="award.buyer_id")
    buyer_name = fields.String()
    bid_id = fields.UUID(attribute="award.bid_id", allow_none=True)
    lots = fields.Integer()
    quantity = fields.Integer(attribute="award.quantity")
    unit = fields.String(attribute="award.unit")
    price_minor_per_unit = fields.Integer(allow_none=True)
    proceeds_minor = fields.Integer(attribute="award.proceeds_minor")
    currency = fields.String(attribute="award.currency")
    state = fields.String(attribute="award.state")
    confirmations = fields.Integer()
    confirmations_needed = fields.Integer(attribute="award.confirmations_needed")
    confirm_by = fields.AwareDateTime(attribute="award.confirm_by")
    sale_id = fields.UUID(allow_none=True)


class TenderAwardsSchema(Schema):
    """The awards of a tender that wait for more officers."""

    state = fields.String()
    awards = fields.List(fields.Nested(TenderAwardSchema))


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
    price_minor_per_unit = fields.Integer(
        allow_none=True, metadata={"description": "Null: prices by class or by lot, see the bid."}
    )
    currency = fields.String()
    closes_at = fields.AwareDateTime()
    placed_at = fields.AwareDateTime()
    result = fields.String()
    sale_id = fields.UUID(allow_none=True)


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
