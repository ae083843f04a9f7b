"""JSON shapes of events, recipes, shares and traces. Weights in grams (…_g by `unit`), volumes in millilitres."""

from typing import Any

from marshmallow import fields, post_load, validate

from chain.genealogy.checks import MAX_INPUTS, MAX_LABEL, MAX_LOSSES, MAX_OUTPUTS, MAX_QUANTITY, MAX_REASON
from chain.genealogy.recipes import MAX_BANDS, MAX_BP, MAX_NAME, MAX_SOURCE, STRENGTHS
from chain.genealogy.rules import (
    Added,
    Event,
    Gain,
    Loss,
    Lost,
    Made,
    Merge,
    NewRecipe,
    Part,
    ProcessRun,
    Sort,
    SortedPart,
    Split,
    TakeBack,
    Transfer,
    Undo,
    YieldBand,
)
from chain.genealogy.words import EventKind, GainCause, LossCause, Process
from chain.lots.products import PRODUCTS
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_WORD = 40
MAX_DENSITY = 20


def _text(limit: int) -> fields.String:
    return fields.String(load_default=None, allow_none=True, validate=validate.Length(max=limit))


def _quantity() -> fields.Integer:
    return fields.Integer(required=True, strict=True, validate=validate.Range(min=1, max=MAX_QUANTITY))


def _optional_id() -> fields.UUID:
    return fields.UUID(load_default=None, allow_none=True)


def _basis_points() -> fields.Integer:
    return fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(min=0, max=MAX_BP)
    )


def _as_tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}


class _Made(Schema):
    """A shape that becomes a frozen value."""

    kind: type[Any]

    @post_load
    def make(self, data: dict[str, Any], **_: Any) -> Any:
        """Return the value."""
        return self.kind(**_as_tuples(data))


class LostSchema(_Made):
    """A part that is no more; the quantity in millilitres when everything in the event is milk, else in grams."""

    kind = Lost
    cause = fields.String(required=True, validate=validate.OneOf(list(LossCause)))
    quantity = _quantity()
    note = _text(MAX_REASON)


class AddedSchema(_Made):
    """Something that came in and is no lot; the quantity as with losses."""

    kind = Added
    cause = fields.String(required=True, validate=validate.OneOf(list(GainCause)))
    quantity = _quantity()
    note = _text(MAX_REASON)


class _EventSchema(_Made):
    kind: type[Event]
    id = ClientId(required=True)
    happened_at = Moment(required=True)
    reason = _text(MAX_REASON)


def _lots() -> fields.List[Any]:
    return fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_INPUTS))


def _losses() -> fields.List[Any]:
    return fields.List(fields.Nested(LostSchema), load_default=list, validate=validate.Length(max=MAX_LOSSES))


def _gains() -> fields.List[Any]:
    return fields.List(
        fields.Nested(AddedSchema), load_default=list, validate=validate.Length(max=MAX_LOSSES)
    )


def _drop_claim() -> fields.Boolean:
    return fields.Boolean(
        load_default=False,
        metadata={"description": "Give up organic or transition, so that a gain is allowed."},
    )


class MergeSchema(_EventSchema):
    """Lots of one product that become one."""

    kind = Merge
    lot_ids = _lots()
    output_id = ClientId(required=True)
    label = _text(MAX_LABEL)
    site_id = _optional_id()
    losses = _losses()
    gains = _gains()
    drop_claim = _drop_claim()


class PartSchema(_Made):
    """One part of a split."""

    kind: type[Any] = Part
    id = ClientId(required=True)
    quantity = _quantity()
    label = _text(MAX_LABEL)
    site_id = _optional_id()


def _many(schema: type[Schema]) -> fields.List[Any]:
    return fields.List(fields.Nested(schema), required=True, validate=validate.Length(min=1, max=MAX_OUTPUTS))


class SplitSchema(_EventSchema):
    """A lot that becomes several of the same kind."""

    kind = Split
    lot_id = fields.UUID(required=True)
    parts = _many(PartSchema)
    losses = _losses()


class SortedPartSchema(PartSchema):
    """One class of a sorting; `class_key` of the norm in force on the day, null: left open."""

    kind = SortedPart
    class_key = _text(MAX_WORD)
    colour = _text(MAX_WORD)


class SortSchema(_EventSchema):
    """A lot that is sorted into classes by weight."""

    kind = Sort
    lot_id = fields.UUID(required=True)
    parts = _many(SortedPartSchema)
    losses = _losses()
    gains = _gains()
    drop_claim = _drop_claim()


class MadeSchema(PartSchema):
    """One product of a process."""

    kind = Made
    commodity = fields.String(required=True, validate=validate.OneOf(list(PRODUCTS)))
    best_before = fields.Date(load_default=None, allow_none=True)


class ProcessSchema(_EventSchema):
    """Lots that become other products."""

    kind = ProcessRun
    process = fields.String(required=True, validate=validate.OneOf(list(Process)))
    lot_ids = _lots()
    outputs = _many(MadeSchema)
    losses = _losses()
    gains = _gains()
    recipe_id = _optional_id()
    density = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_DENSITY),
        metadata={"description": "g/ml as text, such as 1.030; needed where milk is weighed."},
    )
    site_id = _optional_id()
    drop_claim = _drop_claim()


class TransferSchema(_EventSchema):
    """Lots that go to another site."""

    kind = Transfer
    lot_ids = _lots()
    to_site_id = fields.UUID(required=True)


class TakeBackSchema(_EventSchema):
    """What a producer takes back; less than the whole lot needs an id for what is left."""

    kind = TakeBack
    lot_id = fields.UUID(required=True)
    producer_id = fields.UUID(required=True)
    quantity = _quantity()
    remainder_id = ClientId(load_default=None, allow_none=True)


class LossSchema(_EventSchema):
    """What is written off; less than the whole lot needs an id for what is left."""

    kind = Loss
    lot_id = fields.UUID(required=True)
    quantity = _quantity()
    cause = fields.String(required=True, validate=validate.OneOf(list(LossCause)))
    remainder_id = ClientId(load_default=None, allow_none=True)


class GainSchema(_EventSchema):
    """What a lot is written up by."""

    kind = Gain
    lot_id = fields.UUID(required=True)
    quantity = _quantity()
    cause = fields.String(required=True, validate=validate.OneOf(list(GainCause)))
    output_id = ClientId(required=True)
    drop_claim = _drop_claim()


class UndoBodySchema(Schema):
    """Why and when an event is undone."""

    id = ClientId(required=True)
    happened_at = Moment(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=1, max=MAX_REASON))


def undo_of(event_id: Any, data: dict[str, Any]) -> Undo:
    """Return the order to undo an event."""
    return Undo(event_id=event_id, **data)


class EventArgs(PageArgs):
    """Which events are listed."""

    kind = fields.String(load_default=None, validate=validate.OneOf(list(EventKind)))
    process = fields.String(load_default=None, validate=validate.OneOf(list(Process)))
    from_day = fields.Date(load_default=None)
    to_day = fields.Date(load_default=None)
    site_id = fields.UUID(load_default=None)


class EventSchema(Schema):
    """An event. Totals in `balance_unit`: input + gain = output + loss + taken."""

    id = fields.UUID(required=True)
    number = fields.Integer()
    kind = fields.String()
    process = fields.String(allow_none=True)
    happened_at = fields.AwareDateTime()
    happened_on = fields.Date()
    balance_unit = fields.String()
    input_total = fields.Integer()
    output_total = fields.Integer()
    loss_total = fields.Integer()
    gain_total = fields.Integer()
    taken_total = fields.Integer()
    reason = fields.String(allow_none=True)
    recipe_id = fields.UUID(allow_none=True)
    density = fields.String(allow_none=True)
    site_id = fields.UUID(allow_none=True)
    reverses_id = fields.UUID(allow_none=True)
    reversed_by_id = fields.UUID(allow_none=True)
    recorded_at = fields.AwareDateTime()
    recorded_by = fields.String(allow_none=True)


class EventLineSchema(Schema):
    """A line of an event; `quantity` in its unit, `balance` in the event's."""

    role = fields.String(required=True)
    lot_id = fields.UUID(allow_none=True)
    lot_number = fields.String(allow_none=True)
    commodity = fields.String(allow_none=True)
    label = fields.String(allow_none=True)
    quantity = fields.Integer()
    unit = fields.String()
    balance = fields.Integer()
    cause = fields.String(allow_none=True)
    note = fields.String(allow_none=True)
    producer_id = fields.UUID(allow_none=True)
    from_site_id = fields.UUID(allow_none=True)
    to_site_id = fields.UUID(allow_none=True)


class ShareSchema(Schema):
    """The part of a lot that comes from one delivery, in the lot's unit."""

    primary_id = fields.UUID(required=True)
    producer_id = fields.UUID()
    number = fields.String()
    delivered_on = fields.Date()
    quantity = fields.Integer()


class BandSchema(_Made):
    """What a recipe expects of a product, in hundredths of a percent of the input's mass; null: not known."""

    kind = YieldBand
    commodity = fields.String(required=True, validate=validate.OneOf(list(PRODUCTS)))
    label = _text(MAX_NAME)
    low_bp = _basis_points()
    expected_bp = _basis_points()
    high_bp = _basis_points()


class NewRecipeSchema(_Made):
    """A recipe to be stored; with `replaces_id` the new version of another one."""

    kind = NewRecipe
    id = ClientId(required=True)
    name = fields.String(required=True, validate=validate.Length(min=1, max=MAX_NAME))
    process = fields.String(required=True, validate=validate.OneOf(list(Process)))
    input_commodity = fields.String(required=True, validate=validate.OneOf(list(PRODUCTS)))
    outputs = fields.List(
        fields.Nested(BandSchema), required=True, validate=validate.Length(min=1, max=MAX_BANDS)
    )
    source = _text(MAX_SOURCE)
    strength = fields.String(load_default="unconfirmed", validate=validate.OneOf(list(STRENGTHS)))
    replaces_id = _optional_id()


class RecipeSchema(Schema):
    """A recipe."""

    id = fields.UUID(required=True)
    name = fields.String()
    process = fields.String()
    input_commodity = fields.String()
    outputs = fields.List(fields.Dict())
    source = fields.String(allow_none=True)
    strength = fields.String()
    archived_at = fields.AwareDateTime(allow_none=True)
    created_at = fields.AwareDateTime()


class RecipeArgs(PageArgs):
    """Which recipes are listed."""

    with_archived = fields.Boolean(load_default=False)


class TraceArgs(Schema):
    """Which way a trace goes."""

    direction = fields.String(load_default="back", validate=validate.OneOf(["back", "forward"]))


class TraceLotSchema(Schema):
    """A lot of a trace."""

    id = fields.UUID(required=True)
    number = fields.String()
    commodity = fields.String()
    label = fields.String(allow_none=True)
    origin = fields.String()
    producer_id = fields.UUID(allow_none=True)
    delivered_on = fields.Date()
    quantity = fields.Integer()
    unit = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    claim = fields.String()
    state = fields.String()
    site_id = fields.UUID(allow_none=True)
    is_held = fields.Boolean()
    used_by_event_id = fields.UUID(allow_none=True)
    sold_at = fields.AwareDateTime(allow_none=True)
    left_at = fields.AwareDateTime(allow_none=True)
    depth = fields.Integer()


class TraceEventSchema(Schema):
    """An event of a trace."""

    id = fields.UUID(required=True)
    number = fields.Integer()
    kind = fields.String()
    process = fields.String(allow_none=True)
    happened_at = fields.AwareDateTime()
    happened_on = fields.Date()


class TraceEdgeSchema(Schema):
    """A lot that an event used (input) or made (output)."""

    event_id = fields.UUID(required=True)
    lot_id = fields.UUID(required=True)
    role = fields.String()
    quantity = fields.Integer()


class TraceSchema(Schema):
    """Lots and the events between them."""

    lot_id = fields.UUID(required=True)
    nodes = fields.List(fields.Nested(TraceLotSchema))
    events = fields.List(fields.Nested(TraceEventSchema))
    edges = fields.List(fields.Nested(TraceEdgeSchema))


class DeliveredBySchema(Schema):
    """A delivery that is in the lot, with its producer."""

    lot_id = fields.UUID(required=True)
    number = fields.String()
    producer_id = fields.UUID()
    producer_name = fields.String()
    member_code = fields.String(allow_none=True)
    community = fields.String(allow_none=True)
    delivered_on = fields.Date()
    quantity = fields.Integer()


class ReceivedBySchema(Schema):
    """A lot that is not in the house any more."""

    lot_id = fields.UUID(required=True)
    number = fields.String()
    commodity = fields.String()
    quantity = fields.Integer()
    unit = fields.String()
    how = fields.String()
    at = fields.AwareDateTime()
    receiver = fields.String(allow_none=True)
    reference = fields.String(allow_none=True)


class RecallSchema(Schema):
    """Who delivered, which lots are touched, who received."""

    lot_id = fields.UUID(required=True)
    delivered_by = fields.List(fields.Nested(DeliveredBySchema))
    lots = fields.List(fields.Nested(TraceLotSchema))
    received_by = fields.List(fields.Nested(ReceivedBySchema))


class ExampleBandSchema(Schema):
    """A band of an example."""

    commodity = fields.String()
    label = fields.String(allow_none=True)
    low_bp = fields.Integer(allow_none=True)
    expected_bp = fields.Integer(allow_none=True)
    high_bp = fields.Integer(allow_none=True)


class ExampleSchema(Schema):
    """A recipe to copy and correct; nobody has confirmed its figures."""

    key = fields.String(required=True)
    name = fields.String()
    process = fields.String()
    input_commodity = fields.String()
    outputs = fields.List(fields.Nested(ExampleBandSchema))
    source = fields.String()


class ExamplesSchema(Schema):
    """All examples."""

    items: fields.List[Any] = fields.List(fields.Nested(ExampleSchema))
