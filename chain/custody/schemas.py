"""JSON shapes of custody. Weights in grams, volumes in millilitres, temperatures in tenths of a degree."""

from marshmallow import fields, validate

from chain.custody.rules.words import (
    CHOOSABLE_REASONS,
    MAX_LOTS,
    ContainerKind,
    CountState,
    DispatchState,
    GatePurpose,
    HoldReason,
    MovementKind,
    SiteKind,
)
from chain.lots.products import PRODUCTS
from chain.web.api import ClientId, Moment, PageArgs, Schema

MAX_TEXT = 2000
MAX_ENTRIES = 500
MAX_INT = 2**53


def _text(*, required: bool = False, nullable: bool = True) -> fields.String:
    limit = validate.Length(max=MAX_TEXT)
    if required:
        return fields.String(required=True, validate=limit)
    return fields.String(load_default=None, allow_none=nullable, validate=limit)


def _whole(*, required: bool = False, least: int = 0) -> fields.Integer:
    limits = validate.Range(min=least, max=MAX_INT)
    if required:
        return fields.Integer(required=True, strict=True, validate=limits)
    return fields.Integer(load_default=None, allow_none=True, strict=True, validate=limits)


def _one_of(kind: type, *, required: bool = True) -> fields.String:
    known = validate.OneOf([str(one) for one in kind])  # type: ignore[attr-defined]  # an enumeration
    return (
        fields.String(required=True, validate=known)
        if required
        else fields.String(load_default=None, allow_none=True, validate=known)
    )


class StockArgs(Schema):
    """Which part of the stock."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(list(PRODUCTS)))
    site_id = fields.UUID(load_default=None)
    day = fields.Date(
        load_default=None,
        metadata={"description": "The stock at the end of an earlier day, without places."},
    )


class StockTotalSchema(Schema):
    """The stock of one product, class and place."""

    commodity = fields.String()
    unit = fields.String()
    grade_scheme = fields.String(allow_none=True)
    grade_edition = fields.String(allow_none=True)
    grade_key = fields.String(allow_none=True)
    site_id = fields.UUID(allow_none=True)
    site_code = fields.String(allow_none=True)
    lots = fields.Integer()
    quantity = fields.Integer()
    free = fields.Integer()
    held = fields.Integer()
    offered = fields.Integer()


class StockSchema(Schema):
    """The stock, summed up."""

    items = fields.List(fields.Nested(StockTotalSchema), required=True)


class StockLotArgs(PageArgs):
    """Which lots of the stock."""

    commodity = fields.String(load_default=None, validate=validate.OneOf(list(PRODUCTS)))
    site_id = fields.UUID(load_default=None)
    held = fields.Boolean(load_default=None)


class StockLotSchema(Schema):
    """A lot in stock."""

    id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    label = fields.String(allow_none=True)
    quantity = fields.Integer()
    unit = fields.String()
    state = fields.String()
    is_held = fields.Boolean()
    grade_key = fields.String(allow_none=True)
    site_id = fields.UUID(allow_none=True)
    site_code = fields.String(allow_none=True)


class SiteFactsSchema(Schema):
    """What is said of a place."""

    code = _text(required=True)
    name = _text(required=True)
    kind = _one_of(SiteKind)
    capacity = _whole(least=1)
    max_temperature_tenths = fields.Integer(load_default=None, allow_none=True, strict=True)
    max_hours = _whole(least=1)


class SiteSchema(SiteFactsSchema):
    """A place where lots lie. Capacity in millilitres for a tank, grams elsewhere."""

    id = ClientId(required=True, metadata={"description": "Made by the client; may be sent again."})
    archived_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class ContainerTypeFactsSchema(Schema):
    """What is said of a container type."""

    name = _text(required=True)
    kind = _one_of(ContainerKind)
    tare_g = _whole()
    is_lent = fields.Boolean(load_default=False)


class ContainerTypeSchema(ContainerTypeFactsSchema):
    """A kind of sack, can or crate."""

    id = ClientId(required=True, metadata={"description": "Made by the client; may be sent again."})
    archived_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class RouteFactsSchema(Schema):
    """What is said of a route."""

    code = _text(required=True)
    name = _text(required=True)
    due_minutes = _whole()


class RouteSchema(RouteFactsSchema):
    """A pick-up route; minutes after midnight by which its cans should be in."""

    id = ClientId(required=True, metadata={"description": "Made by the client; may be sent again."})
    archived_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class SettingsSchema(Schema):
    """What the organisation decided for its custody."""

    tolerance_bp = _whole(required=True)
    loss_rule = _text()
    is_own = fields.Boolean(dump_only=True)


class HoldArgs(PageArgs):
    """Which holds."""

    standing = fields.Boolean(load_default=True)
    reason = fields.String(load_default=None, validate=validate.OneOf([one.value for one in HoldReason]))


class NewHoldSchema(Schema):
    """Lots to be held together."""

    id = ClientId(required=True)
    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_LOTS))
    reason = fields.String(required=True, validate=validate.OneOf([one.value for one in CHOOSABLE_REASONS]))
    note = _text(required=True)
    holder = _text()


class HoldSchema(Schema):
    """A hold of one lot; `group_id` is the id of the command, and of a pledge's storage receipt."""

    id = fields.UUID()
    group_id = fields.UUID()
    lot_id = fields.UUID()
    reason = fields.String()
    note = fields.String()
    holder = fields.String(allow_none=True)
    placed_at = fields.AwareDateTime()
    released_at = fields.AwareDateTime(allow_none=True)
    release_note = fields.String(allow_none=True)


class HoldsSchema(Schema):
    """The holds of one command."""

    items = fields.List(fields.Nested(HoldSchema), required=True)


class NoteSchema(Schema):
    """A reason in words."""

    note = _text(required=True)


class NewCountSchema(Schema):
    """What is counted; null: everything."""

    id = ClientId(required=True)
    site_id = fields.UUID(load_default=None, allow_none=True)
    commodity = fields.String(load_default=None, allow_none=True, validate=validate.OneOf(list(PRODUCTS)))
    note = _text()


class CountLineSchema(Schema):
    """A lot on a sheet."""

    lot_id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    unit = fields.String()
    expected = fields.Integer()
    counted = fields.Integer(allow_none=True)
    difference = fields.Integer(allow_none=True)
    is_weighed = fields.Boolean(allow_none=True)
    looks = fields.Integer()
    note = fields.String(allow_none=True)


class CountSchema(Schema):
    """A count sheet."""

    id = fields.UUID()
    number = fields.Integer()
    site_id = fields.UUID(allow_none=True)
    commodity = fields.String(allow_none=True)
    state = _one_of(CountState)
    note = fields.String(allow_none=True)
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)


class CountDetailSchema(CountSchema):
    """A count sheet with its lines."""

    lines = fields.List(fields.Nested(CountLineSchema), required=True)


class CountEntrySchema(Schema):
    """One look at a lot, by id or by number; `counted` null: seen, not weighed."""

    id = ClientId(required=True)
    lot_id = fields.UUID(load_default=None, allow_none=True)
    number = _text()
    counted = _whole()
    note = _text()


class CountEntriesSchema(Schema):
    """Looks that a device kept until it had a signal."""

    items = fields.List(
        fields.Nested(CountEntrySchema), required=True, validate=validate.Length(min=1, max=MAX_ENTRIES)
    )


class CountEntryResultSchema(Schema):
    """What became of one look: stored, duplicate, rejected or conflict."""

    id = fields.UUID()
    status = fields.String()
    code = fields.String(allow_none=True)
    message = fields.String(allow_none=True)


class CountEntryResultsSchema(Schema):
    """One result per look, in their order."""

    items = fields.List(fields.Nested(CountEntryResultSchema), required=True)


class MovementArgs(PageArgs):
    """Which movements."""

    producer_id = fields.UUID(load_default=None)


class MovementSchema(Schema):
    """Containers that changed hands; of a correction `count` is what is added to the balance and may be negative."""

    id = ClientId(required=True)
    producer_id = fields.UUID(required=True)
    container_type_id = fields.UUID(required=True)
    kind = _one_of(MovementKind)
    count = fields.Integer(required=True, strict=True, validate=validate.Range(min=-MAX_INT, max=MAX_INT))
    happened_on = fields.Date(required=True)
    note = _text()
    recorded_at = fields.AwareDateTime(dump_only=True)


class DebtSchema(Schema):
    """A producer who has containers."""

    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String(allow_none=True)
    container_type_id = fields.UUID()
    container_name = fields.String()
    count = fields.Integer()
    since = fields.Date()


class AlertSchema(Schema):
    """What threatens a load."""

    kind = fields.String()
    level = fields.String()
    message = fields.String()


class TankSchema(Schema):
    """A tank or cold store with its contents and what threatens them."""

    site_id = fields.UUID()
    code = fields.String()
    name = fields.String()
    kind = fields.String()
    capacity = fields.Integer(allow_none=True)
    lots = fields.Integer()
    quantity = fields.Integer()
    oldest_at = fields.AwareDateTime(allow_none=True)
    celsius_tenths = fields.Integer(allow_none=True)
    measured_at = fields.AwareDateTime(allow_none=True)
    alerts = fields.List(fields.Nested(AlertSchema), required=True)


class TanksSchema(Schema):
    """Every place that is watched."""

    items = fields.List(fields.Nested(TankSchema), required=True)


class ReadingSchema(Schema):
    """A temperature. A thermometer sends source "device"."""

    id = ClientId(required=True)
    measured_at = Moment(required=True)
    celsius_tenths = fields.Integer(
        required=True, strict=True, validate=validate.Range(min=-MAX_INT, max=MAX_INT)
    )
    source = fields.String(load_default="device", validate=validate.OneOf(["typed", "device"]))
    site_id = fields.UUID(dump_only=True)
    recorded_at = fields.AwareDateTime(dump_only=True)


class VisitSchema(Schema):
    """An arrival at the gate."""

    id = ClientId(required=True)
    purpose = _one_of(GatePurpose)
    visitor = _text()
    producer_id = fields.UUID(load_default=None, allow_none=True)
    vehicle = _text()
    day = fields.Date(dump_only=True)
    ticket = fields.Integer(dump_only=True)
    arrived_at = fields.AwareDateTime(dump_only=True)
    served_at = fields.AwareDateTime(dump_only=True, allow_none=True)
    left_at = fields.AwareDateTime(dump_only=True, allow_none=True)


class VisitsSchema(Schema):
    """The visits of a day, by ticket."""

    items = fields.List(fields.Nested(VisitSchema), required=True)


class DayArgs(Schema):
    """A day; today when it is left out."""

    day = fields.Date(load_default=None)


class DispatchArgs(PageArgs):
    """Which dispatches."""

    state = fields.String(load_default=None, validate=validate.OneOf([one.value for one in DispatchState]))
    late = fields.Boolean(load_default=False)


class NewDispatchSchema(Schema):
    """Lots that leave: for an own place, another organisation, or a destination in words."""

    id = ClientId(required=True)
    lot_ids = fields.List(fields.UUID(), required=True, validate=validate.Length(min=1, max=MAX_LOTS))
    to_site_id = fields.UUID(load_default=None, allow_none=True)
    to_organisation_id = fields.UUID(load_default=None, allow_none=True)
    destination = _text()
    carrier = _text()
    vehicle = _text()
    driver = _text()
    expected_on = fields.Date(load_default=None, allow_none=True)
    tolerance_bp = _whole()
    sale_id = fields.UUID(load_default=None, allow_none=True)
    note = _text()


class DispatchSchema(Schema):
    """A dispatch."""

    id = fields.UUID()
    number = fields.Integer()
    organisation_id = fields.UUID()
    to_site_id = fields.UUID(allow_none=True)
    to_organisation_id = fields.UUID(allow_none=True)
    destination = fields.String()
    sale_id = fields.UUID(allow_none=True)
    carrier = fields.String(allow_none=True)
    vehicle = fields.String(allow_none=True)
    driver = fields.String(allow_none=True)
    expected_on = fields.Date(allow_none=True)
    state = fields.String()
    tolerance_bp = fields.Integer()
    content_hash = fields.String()
    dispatched_at = fields.AwareDateTime()
    arrived_at = fields.AwareDateTime(allow_none=True)
    arrival_source = fields.String(allow_none=True)
    arrival_basis = fields.String(allow_none=True)
    arrival_note = fields.String(allow_none=True)
    resolution = fields.String(allow_none=True)


class DispatchLineSchema(Schema):
    """A lot on a waybill with its weights."""

    lot_id = fields.UUID()
    number = fields.String()
    commodity = fields.String()
    unit = fields.String()
    quantity = fields.Integer()
    arrived_quantity = fields.Integer(allow_none=True)
    agreed_quantity = fields.Integer(allow_none=True)


class DispatchDetailSchema(DispatchSchema):
    """A dispatch with its lots."""

    lines = fields.List(fields.Nested(DispatchLineSchema), required=True)


class WeightSchema(Schema):
    """What one lot weighed."""

    lot_id = fields.UUID(required=True)
    quantity = _whole(required=True)


class TotalsSchema(Schema):
    """What a whole load weighed, per unit."""

    g = fields.Integer(strict=True, validate=validate.Range(min=0, max=MAX_INT))
    ml = fields.Integer(strict=True, validate=validate.Range(min=0, max=MAX_INT))


class ArrivalSchema(Schema):
    """What arrived: the weight of each lot, or of the whole load."""

    quantities = fields.List(
        fields.Nested(WeightSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_LOTS),
    )
    totals = fields.Nested(TotalsSchema, load_default=None, allow_none=True)
    note = _text()


class ResolutionSchema(Schema):
    """How a dispute ends; without weights those on arrival count."""

    note = _text(required=True)
    agreed = fields.List(
        fields.Nested(WeightSchema),
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=MAX_LOTS),
    )
