"""JSON resources of lots."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import marshmallow as ma
import msgspec
from flask import Response, g, request
from sqlalchemy import Row
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import ValidationFailed
from chain.core.i18n import N_, Message
from chain.core.paging import Page
from chain.lots import queries, services
from chain.lots.board_api import blueprint as board_blueprint
from chain.lots.errors import BatchTooLarge
from chain.lots.grades import reason_message
from chain.lots.import_api import blueprint as import_blueprint
from chain.lots.intake import take_in
from chain.lots.models import Lot
from chain.lots.queries import GradeRow, LotFilters, LotRow
from chain.lots.queries.equipment import bags_of
from chain.lots.queries.notices import successor_of
from chain.lots.queries.photos import photos_of
from chain.lots.registration_api import blueprints as registration_blueprints
from chain.lots.rules import MAX_BATCH, Delivery
from chain.lots.schemas import (
    Batch,
    DeliveryItem,
    DeliverySchema,
    LooseBatch,
    LotArgs,
    LotBatchResultSchema,
    LotBatchSchema,
    LotCancelSchema,
    LotConfirmSchema,
    LotDetailSchema,
    LotSchema,
)
from chain.lots.services import ItemResult, ItemStatus
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema
from chain.web.errors import flatten
from chain.web.i18n import gettext

blueprint = ApiBlueprint("lots", __name__, url="/lots", description="Deliveries, their classes and states.")
blueprints = [blueprint, board_blueprint, import_blueprint, *registration_blueprints]

PAGE_ARGS = ("page", "page_size", "sort")
NOT_A_BATCH = N_("Send an object with a list “items”.")
NOT_A_DELIVERY = N_("Send an object with the fields of one delivery.")
LOT_FIELDS = tuple(LotSchema().fields)
DETAIL_FIELDS = tuple(
    name for name in LotDetailSchema().fields if name not in ("grades", "bags", "photos", "replaced_by_id")
)

# A number with a decimal point is read as Decimal, so that no digit is lost.
_strict = msgspec.json.Decoder(Batch, float_hook=Decimal)
_loose = msgspec.json.Decoder(LooseBatch, float_hook=Decimal)
_single = msgspec.json.Decoder(DeliveryItem, float_hook=Decimal)
_anything = msgspec.json.Decoder(float_hook=Decimal)
_encode = msgspec.json.Encoder().encode


@blueprint.route("", methods=["GET"])
@blueprint.arguments(LotArgs, location="query")
@blueprint.response(200, page_schema(LotSchema))
@permission_required(Permission.LOTS_READ)
def list_lots(args: dict[str, Any]) -> dict[str, Any]:
    """List the lots of the acting organisation; sort: number, delivered_at, quantity, micron, producer, state."""
    filters = LotFilters(**{name: value for name, value in args.items() if name not in PAGE_ARGS})
    page: Page[LotRow] = queries.list_lots(db.session, g.actor, filters, page_request(args))
    return page_answer(page)


@blueprint.route("", methods=["POST"])
@blueprint.doc(requestBody={"required": True, "content": {"application/json": {"schema": DeliverySchema}}})
@blueprint.alt_response(201, schema=LotSchema, description="Stored.")
@blueprint.alt_response(200, schema=LotSchema, description="The same id with the same content came before.")
@permission_required(Permission.LOTS_REGISTER)
def register_lot() -> Response:
    """Register one delivery. The same id with other content answers 409."""
    done = take_in(g.actor, _read_delivery())
    status = 200 if done.result.status is ItemStatus.DUPLICATE else 201
    return Response(_encode(lot_answer(done.lot)), status, content_type="application/json")


@blueprint.route("/batch", methods=["POST"])
@blueprint.doc(
    requestBody={"required": True, "content": {"application/json": {"schema": LotBatchSchema}}},
)
@blueprint.alt_response(
    200, schema=LotBatchResultSchema, description="One result per delivery, in their order."
)
@permission_required(Permission.LOTS_REGISTER)
def register_batch() -> Response:
    """Register up to 1,000 deliveries: stored, duplicate, rejected (with reasons) or conflict, one result each."""
    deliveries, malformed = _read_batch()
    with atomic() as session:
        results = services.register_lots(session, actor=g.actor, now=utc_now(), deliveries=deliveries)
    answers = [_item_answer(result) for result in results]
    for place, answer in malformed:  # in ascending order, so that each lands at its own place
        answers.insert(place, answer)
    return Response(_encode({"items": answers}), content_type="application/json")


@blueprint.route("/<uuid:lot_id>", methods=["GET"])
@blueprint.response(200, LotDetailSchema)
@permission_required(Permission.LOTS_READ)
def show_lot(lot_id: UUID) -> dict[str, Any]:
    """Show one lot with its gradings."""
    return _detail(queries.get_lot_for(db.session, g.actor, lot_id))


@blueprint.route("/<uuid:lot_id>/grade", methods=["POST"])
@blueprint.arguments(LotConfirmSchema)
@blueprint.response(200, LotDetailSchema)
@permission_required(Permission.GRADES_CONFIRM)
def confirm_grade(args: dict[str, Any], lot_id: UUID) -> dict[str, Any]:
    """Confirm the class that another person registered, or set another one with a note."""
    with atomic() as session:
        lot = services.confirm_grade(session, actor=g.actor, now=utc_now(), lot_id=lot_id, **args)
    return _detail(lot)


@blueprint.route("/<uuid:lot_id>/cancel", methods=["POST"])
@blueprint.arguments(LotCancelSchema)
@blueprint.response(200, LotSchema)
@permission_required(Permission.LOTS_REGISTER)
def cancel_lot(args: dict[str, Any], lot_id: UUID) -> Lot:
    """Cancel a lot that is registered or graded; it stays visible with the reason."""
    with atomic() as session:
        return services.cancel_lot(session, actor=g.actor, now=utc_now(), lot_id=lot_id, **args)


def _detail(lot: Lot) -> dict[str, Any]:
    shown = {name: getattr(lot, name) for name in DETAIL_FIELDS}
    later = successor_of(db.session, lot.id)
    return {
        **shown,
        "grades": [_grade(one) for one in queries.grades_of(db.session, lot.id)],
        "bags": bags_of(db.session, lot.id),
        "photos": photos_of(db.session, lot.id),
        "replaced_by_id": later.id if later else None,
    }


def _grade(row: GradeRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "scheme": row.scheme,
        "edition": row.edition,
        "key": row.key,
        "reasons": [gettext(reason_message(one)) for one in row.reasons],
        "graded_at": row.graded_at,
        "graded_by": row.graded_by,
    }


Malformed = list[tuple[int, dict[str, Any]]]


def _read_delivery() -> Delivery:
    """Read a body with one delivery: msgspec when it is well-formed, marshmallow for the texts when it is not."""
    body = _json_body()
    try:
        return _single.decode(body).delivery()
    except msgspec.ValidationError as problem:
        errors = _problems_of(body, str(problem))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest from error
    raise ValidationFailed({name: [Message(one) for one in texts] for name, texts in errors.items()})


def _problems_of(body: bytes, problem: str) -> Mapping[str, list[str]]:
    """Return what marshmallow says of a body that msgspec refused, or msgspec's own words."""
    item = _decode(body)
    if not isinstance(item, Mapping):
        return {"body": [NOT_A_DELIVERY]}
    return flatten(DeliverySchema().validate(item)) or {"body": [problem]}


def _decode(body: bytes) -> Any:
    """Read any JSON. A typed decoder may find a wrong field before it comes to where the text is broken.

    Raises:
        BadRequest: it is no JSON.
    """
    try:
        return _anything.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest from error


def lot_answer(row: Row[Any]) -> dict[str, Any]:
    """Return the columns of a lot as `LotSchema` gives them; the schema itself costs more than the registration."""
    answer = {}
    for name in LOT_FIELDS:
        value = getattr(row, name)
        answer[name] = value.isoformat() if isinstance(value, date) else value
    return answer


def _json_body() -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedMediaType
    return request.get_data()


def _read_batch() -> tuple[list[Delivery], Malformed]:
    """Read the body: deliveries, and answers to the items that are not even well-formed, by their place."""
    body = _json_body()
    try:
        items: Sequence[Any] = _strict.decode(body).items
    except msgspec.ValidationError:
        items = _read_loosely(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadRequest from error
    if len(items) > MAX_BATCH:
        raise BatchTooLarge(limit=MAX_BATCH)
    return _sort_out(items)


def _read_loosely(body: bytes) -> list[Any]:
    _decode(body)
    try:
        return _loose.decode(body).items
    except msgspec.ValidationError:
        raise ValidationFailed({"items": [Message(NOT_A_BATCH)]}) from None


def _sort_out(items: Sequence[Any]) -> tuple[list[Delivery], Malformed]:
    deliveries: list[Delivery] = []
    malformed: Malformed = []
    schema = DeliverySchema()
    for place, item in enumerate(items):
        if isinstance(item, DeliveryItem):
            deliveries.append(item.delivery())
            continue
        try:
            deliveries.append(msgspec.convert(item, DeliveryItem).delivery())
        except msgspec.ValidationError as problem:
            malformed.append((place, _refused(item, schema, str(problem))))
    return deliveries, malformed


def _refused(item: object, schema: ma.Schema, problem: str) -> dict[str, Any]:
    """Return the answer to an item that is not well-formed, with the same texts as for a single delivery."""
    errors: Mapping[str, list[str]] = {"item": [gettext(NOT_A_DELIVERY)]}
    sent_id = None
    if isinstance(item, Mapping):
        errors = flatten(schema.validate(item)) or {"item": [problem]}
        sent_id = str(item.get("id"))[:60] if item.get("id") is not None else None
    return {"id": sent_id, "status": ItemStatus.REJECTED, "number": None, "grade_key": None, "errors": errors}


def _item_answer(result: ItemResult) -> dict[str, Any]:
    return {
        "id": str(result.id),
        "status": result.status,
        "number": result.number,
        "grade_key": result.grade_key,
        "errors": {name: [gettext(one) for one in found] for name, found in result.errors.items()}
        if result.errors
        else {},
    }
