"""JSON shapes of what surrounds a registration: corrections, goods not taken, weighings in several goes, notes, route sheets."""

from typing import Any

from marshmallow import fields, validate

from chain.lots.attributes import SPECS
from chain.lots.bags import Bag
from chain.lots.reject_rules import CAUSE_LABELS, FIRST, LATER, MAX_NOTE, Disposition
from chain.lots.rules import MAX_WORD, Delivery
from chain.lots.schemas import MAX_ATTRIBUTES, MAX_INTEGER, BagSchema, DeliverySchema, LotSchema
from chain.lots.services.goods_notes import Paper
from chain.web.api import ClientId, Moment, PageArgs, Schema

_SAME_ID = {"description": "Made by the client; the same id may be sent again."}


def bag_from(args: dict[str, Any]) -> Bag:
    """Return the bag of a parsed body."""
    return Bag(**{name: args[name] for name in BagSchema().fields})


def delivery_from(args: dict[str, Any]) -> Delivery:
    """Return the delivery of a parsed body."""
    return Delivery(**{**args, "bags": tuple(Bag(**one) for one in args["bags"])})


class LotCorrectSchema(Schema):
    """The right delivery, with an id of its own, and why the old one was wrong."""

    reason = fields.String(required=True, validate=validate.Length(max=MAX_NOTE))
    delivery = fields.Nested(DeliverySchema, required=True)


class LotChangeSchema(Schema):
    """One thing that a correction changed."""

    field = fields.String()
    before = fields.Raw(allow_none=True)
    after = fields.Raw(allow_none=True)


class LotCorrectedSchema(Schema):
    """Both versions, and what differs."""

    old = fields.Nested(LotSchema)
    new = fields.Nested(LotSchema)
    changes = fields.List(fields.Nested(LotChangeSchema))


class PhotoArgs(Schema):
    """What stands under a photo."""

    caption = fields.String(load_default=None, validate=validate.Length(max=120))


class NewPrintSchema(Schema):
    """A printing."""

    id = ClientId(required=True, metadata=_SAME_ID)
    paper = fields.String(required=True, validate=validate.OneOf([one.value for one in Paper]))


class GoodsNotePrintSchema(Schema):
    """A printing that was counted; copy 0 is the original."""

    copy_number = fields.Integer()
    paper = fields.String()
    printed_at = fields.AwareDateTime()
    printed_by = fields.String(allow_none=True)


class GoodsNoteSchema(Schema):
    """A goods-received note. `content` and its hash never change; `sentences` read it aloud in the caller's language."""

    content = fields.Dict(keys=fields.String(), values=fields.Raw(allow_none=True))
    content_hash = fields.String()
    check_code = fields.String()
    issued_at = fields.AwareDateTime()
    sentences = fields.List(fields.String())
    prints = fields.List(fields.Nested(GoodsNotePrintSchema))


class RejectionArgs(PageArgs):
    """Which goods that were not taken are listed."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(list(SPECS)))
    cause = fields.String(load_default=None, validate=validate.OneOf(list(CAUSE_LABELS)))
    disposition = fields.String(
        load_default=None, validate=validate.OneOf([one.value for one in Disposition])
    )
    producer_id = fields.UUID(load_default=None)
    text = fields.String(load_default=None, validate=validate.Length(max=100))


class NewRejectionSchema(Schema):
    """Goods that were brought and not taken; grams or millilitres, by the product."""

    id = ClientId(required=True, metadata=_SAME_ID)
    producer_id = fields.UUID(required=True)
    commodity = fields.String(required=True, validate=validate.OneOf(list(SPECS)))
    quantity = fields.Integer(
        strict=True, required=True, validate=validate.Range(min=-MAX_INTEGER, max=MAX_INTEGER)
    )
    cause = fields.String(required=True, validate=validate.Length(max=MAX_WORD))
    disposition = fields.String(required=True, validate=validate.OneOf([one.value for one in FIRST]))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))
    collect_by = fields.Date(load_default=None, allow_none=True)
    lot_id = fields.UUID(
        load_default=None,
        allow_none=True,
        metadata={"description": "What was taken of the same delivery."},
    )


class RejectionSchema(Schema):
    """Goods that were not taken."""

    id = fields.UUID()
    producer_id = fields.UUID()
    producer_name = fields.String()
    member_code = fields.String(allow_none=True)
    lot_id = fields.UUID(allow_none=True)
    lot_number = fields.String(allow_none=True)
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    cause = fields.String()
    note = fields.String(allow_none=True)
    disposition = fields.String()
    collect_by = fields.Date(allow_none=True)
    collected_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()
    created_by = fields.UUID(allow_none=True)


class CloseRejectionSchema(Schema):
    """What became of kept goods."""

    disposition = fields.String(required=True, validate=validate.OneOf([one.value for one in LATER]))


class RepeatedCauseSchema(Schema):
    """A cause that came again for one producer within a year."""

    producer_id = fields.UUID()
    producer_name = fields.String()
    member_code = fields.String(allow_none=True)
    commodity = fields.String()
    cause = fields.String()
    times = fields.Integer()
    quantity = fields.Integer()
    last_at = fields.AwareDateTime()


class NewWeighingSchema(Schema):
    """Who brings what; the lot will have the same id."""

    id = ClientId(required=True, metadata=_SAME_ID)
    producer_id = fields.UUID(required=True)
    commodity = fields.String(required=True, validate=validate.OneOf(list(SPECS)))


class NewBagSchema(BagSchema):
    """A bag of an open weighing."""

    id = ClientId(required=True, metadata=_SAME_ID)


class WeighingSchema(Schema):
    """A delivery that is being weighed."""

    id = fields.UUID()
    producer_id = fields.UUID()
    commodity = fields.String()
    state = fields.String()
    bags = fields.List(fields.Nested(BagSchema))
    net = fields.Integer()
    started_at = fields.AwareDateTime()
    changed_at = fields.AwareDateTime()


class CloseWeighingSchema(Schema):
    """What a delivery says beside its bags."""

    delivered_at = Moment(required=True, metadata={"description": "ISO 8601 with offset."})
    attributes = fields.Dict(
        keys=fields.String(validate=validate.Length(max=MAX_WORD)),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        validate=validate.Length(max=MAX_ATTRIBUTES),
    )
    chosen_key = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_WORD))
    route_id = fields.UUID(load_default=None, allow_none=True)


class DiscardWeighingSchema(Schema):
    """Why a weighing is given up."""

    reason = fields.String(required=True, validate=validate.Length(max=MAX_NOTE))


class SheetArgs(Schema):
    """Which day of a route."""

    day = fields.Date(required=True)


class RouteCanSchema(Schema):
    """A can, or a delivery without cans."""

    lot_id = fields.UUID()
    number = fields.String()
    producer_name = fields.String(allow_none=True)
    member_code = fields.String(allow_none=True)
    delivered_at = fields.AwareDateTime()
    position = fields.Integer(allow_none=True)
    code = fields.String(allow_none=True)
    quantity = fields.Integer()
    unit = fields.String()
    shift = fields.String(allow_none=True)
    temperature_c = fields.Decimal(as_string=True, allow_none=True)
    is_late = fields.Boolean()
    is_warm = fields.Boolean()


class RouteSheetSchema(Schema):
    """Who poured what on a day, can by can."""

    route_id = fields.UUID(attribute="route.id")
    code = fields.String(attribute="route.code")
    name = fields.String(attribute="route.name")
    day = fields.Date()
    due_at = fields.AwareDateTime(allow_none=True)
    warmest_c = fields.Decimal(as_string=True, allow_none=True)
    totals = fields.Dict(keys=fields.String(), values=fields.Integer())
    flagged = fields.Integer()
    cans = fields.List(fields.Nested(RouteCanSchema))
