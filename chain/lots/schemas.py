"""JSON shapes of lots: marshmallow for one, msgspec for batches, with the same refusals."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from marshmallow import fields, validate

from chain.certification.rules import Claim
from chain.lots.attributes import SPECS
from chain.lots.bags import MAX_BAGS, MAX_CODE, Bag, BagSource
from chain.lots.rules import MAX_BATCH, MAX_WORD, Delivery, LotState
from chain.lots.services import ItemStatus
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_TEXT = 100
MAX_ATTRIBUTES = 30
MAX_NOTE = 500
#: Beyond every limit, and still an integer that both databases take.
MAX_INTEGER = 10**15
_WORD = validate.Regexp(r"^[A-Za-z0-9_-]{1,40}$", error="Not a valid word.")
_AMOUNT = validate.Range(min=-MAX_INTEGER, max=MAX_INTEGER)


class LotArgs(PageArgs):
    """Which lots are listed."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(list(SPECS)))
    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in LotState]))
    producer_id = fields.UUID(load_default=None)
    colour = fields.String(load_default=None, validate=_WORD)
    grade_key = fields.String(
        load_default=None, validate=_WORD, metadata={"description": "A class, or undetermined."}
    )
    claim = fields.String(load_default=None, validate=validate.OneOf([one.value for one in Claim]))
    from_day = fields.Date(load_default=None, metadata={"description": "First day of delivery, included."})
    to_day = fields.Date(load_default=None, metadata={"description": "Last day of delivery, included."})
    text = fields.String(
        load_default=None,
        validate=validate.Length(max=MAX_TEXT),
        metadata={"description": "Number of the lot, name or code of the producer."},
    )


class BagSchema(Schema):
    """One bag or can: grams for what is weighed, millilitres for milk. Without a tare, that of its container counts."""

    gross_g = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_AMOUNT)
    tare_g = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_AMOUNT)
    volume_ml = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_AMOUNT)
    container_type_id = fields.UUID(load_default=None, allow_none=True)
    code = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_CODE),
        metadata={"description": "What is written on it."},
    )
    source = fields.String(
        load_default=BagSource.TYPED.value,
        validate=validate.OneOf([one.value for one in BagSource]),
        metadata={"description": "Typed by a person or read from a device."},
    )


class DeliverySchema(Schema):
    """A delivery. Weights are grams, volumes millilitres; with a gross weight the net quantity may be left out."""

    id = ClientId(
        required=True, metadata={"description": "Made by the client; the same id may be sent again."}
    )
    commodity = fields.String(required=True, validate=validate.OneOf(list(SPECS)))
    producer_id = fields.UUID(required=True)
    delivered_at = Moment(required=True, metadata={"description": "ISO 8601 with offset."})
    gross_g = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_AMOUNT)
    tare_g = fields.Integer(strict=True, load_default=None, allow_none=True, validate=_AMOUNT)
    quantity = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=_AMOUNT,
        metadata={"description": "Net, in grams or millilitres, by the product."},
    )
    unit = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(["g", "ml"]))
    attributes = fields.Dict(
        keys=fields.String(validate=validate.Length(max=MAX_WORD)),
        values=fields.Raw(allow_none=True),
        load_default=dict,
        validate=validate.Length(max=MAX_ATTRIBUTES),
        metadata={"description": "By product: docs/lots.md. Decimals as text or numbers."},
    )
    chosen_key = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_WORD),
        metadata={"description": "The class of a carcass, which a person chooses."},
    )
    bags = fields.List(
        fields.Nested(BagSchema),
        load_default=list,
        validate=validate.Length(max=MAX_BAGS),
        metadata={"description": "Bag by bag; the whole is their sum and may be left out."},
    )
    route_id = fields.UUID(load_default=None, allow_none=True)


class BagItem(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The same as `BagSchema`, for batches."""

    gross_g: int | None = None
    tare_g: int | None = None
    volume_ml: int | None = None
    container_type_id: UUID | None = None
    code: str | None = None
    source: str = BagSource.TYPED.value

    def bag(self) -> Bag:
        """Return what the service takes."""
        return Bag(
            gross_g=self.gross_g,
            tare_g=self.tare_g,
            volume_ml=self.volume_ml,
            container_type_id=self.container_type_id,
            code=self.code,
            source=self.source,
        )


class DeliveryItem(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """The same as `DeliverySchema`, for batches."""

    id: UUID
    commodity: str
    producer_id: UUID
    delivered_at: datetime
    gross_g: int | None = None
    tare_g: int | None = None
    quantity: int | None = None
    unit: str | None = None
    attributes: dict[str, Any] = {}
    chosen_key: str | None = None
    bags: tuple[BagItem, ...] = ()
    route_id: UUID | None = None

    def delivery(self) -> Delivery:
        """Return what the service takes."""
        return Delivery(
            id=self.id,
            commodity=self.commodity,
            producer_id=self.producer_id,
            delivered_at=self.delivered_at,
            gross_g=self.gross_g,
            tare_g=self.tare_g,
            quantity=self.quantity,
            unit=self.unit,
            attributes=self.attributes,
            chosen_key=self.chosen_key,
            bags=tuple(one.bag() for one in self.bags),
            route_id=self.route_id,
        )


class Batch(msgspec.Struct, forbid_unknown_fields=True):
    """A batch whose items are all well-formed."""

    items: list[DeliveryItem]


class LooseBatch(msgspec.Struct, forbid_unknown_fields=True):
    """A batch in which some item is not well-formed: it is read item by item."""

    items: list[Any]


class LotBatchSchema(Schema):
    """Up to 1,000 deliveries."""

    items = fields.List(fields.Nested(DeliverySchema), required=True, validate=validate.Length(max=MAX_BATCH))


class LotItemResultSchema(Schema):
    """What became of one delivery."""

    id = fields.String(allow_none=True)
    status = fields.String(validate=validate.OneOf([one.value for one in ItemStatus]))
    number = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


class LotBatchResultSchema(Schema):
    """One result per delivery, in their order."""

    items = fields.List(fields.Nested(LotItemResultSchema))


class LotSchema(Schema):
    """A lot."""

    id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    state = fields.String()
    producer_id = fields.UUID()
    delivered_at = fields.AwareDateTime()
    delivered_on = fields.Date()
    quantity = fields.Integer()
    unit = fields.String()
    gross_g = fields.Integer(allow_none=True)
    tare_g = fields.Integer(allow_none=True)
    attributes = fields.Dict(keys=fields.String(), values=fields.String())
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    grade_confirmed = fields.Boolean()
    claim = fields.String()
    certificate_id = fields.UUID(allow_none=True)
    registered_at = fields.AwareDateTime()
    registered_by = fields.UUID(allow_none=True)
    bag_count = fields.Integer(
        allow_none=True, metadata={"description": "Null when it was weighed in one go."}
    )
    route_id = fields.UUID(allow_none=True)
    replaces_id = fields.UUID(allow_none=True, metadata={"description": "The cancelled lot it corrects."})


class LotGradeSchema(Schema):
    """One grading; reasons are sentences in the caller's language."""

    kind = fields.String()
    scheme = fields.String()
    edition = fields.String()
    key = fields.String(allow_none=True)
    reasons = fields.List(fields.String())
    graded_at = fields.AwareDateTime()
    graded_by = fields.String(allow_none=True, metadata={"description": "The person's name."})


class LotBagSchema(BagSchema):
    """A bag of a stored lot."""

    position = fields.Integer()
    container = fields.String(allow_none=True, metadata={"description": "The kind's name."})
    net = fields.Integer()


class LotPhotoSchema(Schema):
    """A photo of a lot; its content is under /lots/<lot>/photos/<id>."""

    id = fields.UUID()
    caption = fields.String(allow_none=True)
    added_at = fields.AwareDateTime()
    added_by = fields.String(allow_none=True)
    size = fields.Integer()
    sha256 = fields.String()


class LotDetailSchema(LotSchema):
    """A lot with its gradings, bags and photos, what it is made of, what counts as measured and where it lies."""

    label = fields.String(allow_none=True)
    origin = fields.String(metadata={"description": "delivery, or derived: made of other lots."})
    mix = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        metadata={"description": "Of a derived lot: quantities by colour, class and claim; mean micron."},
    )
    measured = fields.Dict(
        keys=fields.String(),
        allow_none=True,
        metadata={"description": "Values that count by decision in the place of those of the delivery."},
    )
    colour = fields.String(allow_none=True)
    micron_tenths = fields.Integer(allow_none=True)
    site_id = fields.UUID(allow_none=True)
    is_held = fields.Boolean()
    used_by_event_id = fields.UUID(allow_none=True)
    sold_at = fields.AwareDateTime(allow_none=True)
    left_at = fields.AwareDateTime(allow_none=True)
    grades = fields.List(fields.Nested(LotGradeSchema))
    bags = fields.List(fields.Nested(LotBagSchema))
    photos = fields.List(fields.Nested(LotPhotoSchema))
    replaced_by_id = fields.UUID(allow_none=True, metadata={"description": "The lot that corrects it."})


class LotConfirmSchema(Schema):
    """Nothing: the proposed class is confirmed. A key: that class is set, with a note why."""

    key = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_WORD))
    note = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=MAX_NOTE))


class LotCancelSchema(Schema):
    """Why a lot is cancelled."""

    reason = fields.String(required=True, validate=validate.Length(max=MAX_NOTE))
