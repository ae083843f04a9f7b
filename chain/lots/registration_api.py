"""JSON resources around a registration: corrections, photos, notes, goods not taken, weighings in several goes, route sheets."""

from typing import Any
from uuid import UUID

from flask import Response, g, request
from werkzeug.exceptions import UnsupportedMediaType
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.hashing import plain
from chain.core.models import StoredFile
from chain.lots import queries
from chain.lots.models import OpenWeighing
from chain.lots.note_papers import check_code, note_pdf, note_sentences
from chain.lots.photo_files import read_photo
from chain.lots.queries.equipment import get_route_for
from chain.lots.queries.goods_notes import get_note_for, prints_of
from chain.lots.queries.photos import photo_file, photos_of, rejection_photo
from chain.lots.queries.rejections import (
    RejectionFilters,
    RejectionRow,
    RepeatedCause,
    get_rejection_row,
    list_rejections,
    repeated_causes,
)
from chain.lots.queries.weighings import RouteSheet, get_weighing_for, open_weighings, route_sheet
from chain.lots.registration_schemas import (
    CloseRejectionSchema,
    CloseWeighingSchema,
    DiscardWeighingSchema,
    GoodsNotePrintSchema,
    GoodsNoteSchema,
    LotCorrectedSchema,
    LotCorrectSchema,
    NewBagSchema,
    NewPrintSchema,
    NewRejectionSchema,
    NewWeighingSchema,
    PhotoArgs,
    RejectionArgs,
    RejectionSchema,
    RepeatedCauseSchema,
    RouteSheetSchema,
    SheetArgs,
    WeighingSchema,
    bag_from,
    delivery_from,
)
from chain.lots.reject_rules import Disposition, NewRejection
from chain.lots.rules import Delivery
from chain.lots.schemas import LotPhotoSchema, LotSchema
from chain.lots.services.corrections import changes_between, correct_lot
from chain.lots.services.goods_notes import print_goods_note
from chain.lots.services.photos import attach_photo
from chain.lots.services.rejections import attach_rejection_photo, collect_rejected, reject_goods
from chain.lots.services.weighings import (
    NewWeighing,
    add_bag,
    close_weighing,
    discard_weighing,
    start_weighing,
    weighed_bags,
)
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, page_answer, page_request, page_schema
from chain.web.pdf import pdf_answer

papers = ApiBlueprint(
    "lot_papers", __name__, url="/lots", description="Corrections, photos and goods-received notes of lots."
)
rejections = ApiBlueprint(
    "rejections", __name__, url="/rejections", description="Goods that were brought and not taken."
)
weighings = ApiBlueprint(
    "weighings", __name__, url="/weighings", description="Deliveries that are weighed in several goes."
)
sheets = ApiBlueprint(
    "route_sheets", __name__, url="/route-sheets", description="What a route brought in a day."
)
blueprints = [papers, rejections, weighings, sheets]

PAGE_ARGS = ("page", "page_size", "sort")
PHOTO_TYPES = ("image/jpeg", "image/png", "image/webp")
_PHOTO_BODY = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in PHOTO_TYPES},
    }
}
_PHOTO_ANSWER = {
    "responses": {
        "200": {
            "description": "The photo.",
            "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}
_PDF_ANSWER = {
    "responses": {
        "200": {
            "description": "The note on A5, for reading: it counts as no printing.",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


@papers.route("/<uuid:lot_id>/correct", methods=["POST"])
@papers.arguments(LotCorrectSchema)
@papers.response(201, LotCorrectedSchema)
@papers.alt_response(200, schema=LotCorrectedSchema, description="It was corrected so before.")
@permission_required(Permission.LOTS_REGISTER)
def correct(args: dict[str, Any], lot_id: UUID) -> tuple[dict[str, Any], int]:
    """Cancel a wrong lot and register the right delivery in its place; both stay visible and the producer is told."""
    delivery = delivery_from(args["delivery"])
    with atomic() as session:
        done = correct_lot(
            session, actor=g.actor, now=utc_now(), lot_id=lot_id, delivery=delivery, reason=args["reason"]
        )
    changes = [
        {"field": name, "before": plain(before), "after": plain(after)}
        for name, (before, after) in changes_between(done.old, done.new).items()
    ]
    return {"old": done.old, "new": done.new, "changes": changes}, 200 if done.duplicate else 201


@papers.route("/<uuid:lot_id>/photos", methods=["GET"])
@papers.response(200, LotPhotoSchema(many=True))
@permission_required(Permission.LOTS_READ)
def photo_list(lot_id: UUID) -> Any:
    """List the photos of a lot."""
    return photos_of(db.session, queries.get_lot_for(db.session, g.actor, lot_id).id)


@papers.route("/<uuid:lot_id>/photos/<uuid:photo_id>", methods=["PUT"])
@papers.doc(**_PHOTO_BODY)
@papers.arguments(PhotoArgs, location="query")
@papers.response(200, LotPhotoSchema)
@permission_required(Permission.LOTS_REGISTER)
def put_photo(args: dict[str, Any], lot_id: UUID, photo_id: UUID) -> Any:
    """Add a photo under an id made by the client (UUIDv7); it is scaled to 1,280 pixels and loses the place it was taken."""
    photo = read_photo(_photo_body())
    with atomic() as session:
        attach_photo(
            session, actor=g.actor, now=utc_now(), photo_id=photo_id, lot_id=lot_id, photo=photo, **args
        )
    return next(one for one in photos_of(db.session, lot_id) if one.id == photo_id)


@papers.route("/<uuid:lot_id>/photos/<uuid:photo_id>", methods=["GET"])
@papers.doc(**_PHOTO_ANSWER)
@permission_required(Permission.LOTS_READ)
def get_photo(lot_id: UUID, photo_id: UUID) -> BaseResponse:
    """Give a photo."""
    return photo_answer(photo_file(db.session, g.actor, lot_id, photo_id))


@papers.route("/<uuid:lot_id>/note", methods=["GET"])
@papers.response(200, GoodsNoteSchema)
@permission_required(Permission.LOTS_READ)
def show_note(lot_id: UUID) -> dict[str, Any]:
    """Show the goods-received note that was issued for a lot."""
    note = get_note_for(db.session, g.actor, lot_id)
    return {
        "content": note.content,
        "content_hash": note.content_hash,
        "check_code": check_code(note.content_hash),
        "issued_at": note.issued_at,
        "sentences": note_sentences(note.content),
        "prints": prints_of(db.session, note.id),
    }


@papers.route("/<uuid:lot_id>/note/prints", methods=["POST"])
@papers.arguments(NewPrintSchema)
@papers.response(201, GoodsNotePrintSchema)
@permission_required(Permission.LOTS_REGISTER)
def print_note(args: dict[str, Any], lot_id: UUID) -> Any:
    """Count a printing; the first one issues the note. The same id again is the same sheet."""
    with atomic() as session:
        printed = print_goods_note(
            session, actor=g.actor, now=utc_now(), lot_id=lot_id, print_id=args["id"], paper=args["paper"]
        )
    return prints_of(db.session, printed.note.id)[printed.copy]


@papers.route("/<uuid:lot_id>/note.pdf", methods=["GET"])
@papers.doc(**_PDF_ANSWER)
@permission_required(Permission.LOTS_READ)
def note_file(lot_id: UUID) -> Response:
    """Give the note on A5 for reading."""
    note = get_note_for(db.session, g.actor, lot_id)
    return pdf_answer(note_pdf(note, None), note.content["number"])


@rejections.route("", methods=["GET"])
@rejections.arguments(RejectionArgs, location="query")
@rejections.response(200, page_schema(RejectionSchema))
@permission_required(Permission.LOTS_READ)
def list_all(args: dict[str, Any]) -> dict[str, Any]:
    """List goods that were not taken, the latest first."""
    filters = RejectionFilters(**{name: value for name, value in args.items() if name not in PAGE_ARGS})
    return page_answer(list_rejections(db.session, g.actor, filters, page_request(args)))


@rejections.route("", methods=["POST"])
@rejections.arguments(NewRejectionSchema)
@rejections.response(201, RejectionSchema)
@permission_required(Permission.LOTS_REGISTER)
def reject(args: dict[str, Any]) -> RejectionRow:
    """Record goods that were not taken."""
    with atomic() as session:
        row = reject_goods(session, actor=g.actor, now=utc_now(), rejection=NewRejection(**args))
    return get_rejection_row(db.session, g.actor, row.id)


@rejections.route("/repeated", methods=["GET"])
@rejections.response(200, RepeatedCauseSchema(many=True))
@permission_required(Permission.LOTS_READ)
def list_repeated() -> list[RepeatedCause]:
    """List causes that came twice or more for one producer within a year: advice helps more than another refusal."""
    return list(repeated_causes(db.session, g.actor, utc_now()))


@rejections.route("/<uuid:rejection_id>", methods=["GET"])
@rejections.response(200, RejectionSchema)
@permission_required(Permission.LOTS_READ)
def show_rejection(rejection_id: UUID) -> RejectionRow:
    """Show one record."""
    return get_rejection_row(db.session, g.actor, rejection_id)


@rejections.route("/<uuid:rejection_id>/close", methods=["POST"])
@rejections.arguments(CloseRejectionSchema)
@rejections.response(200, RejectionSchema)
@permission_required(Permission.LOTS_REGISTER)
def close_rejection(args: dict[str, Any], rejection_id: UUID) -> RejectionRow:
    """Note that kept goods were collected, or thrown away with the producer's consent."""
    with atomic() as session:
        collect_rejected(
            session,
            actor=g.actor,
            now=utc_now(),
            rejection_id=rejection_id,
            disposition=Disposition(args["disposition"]),
        )
    return get_rejection_row(db.session, g.actor, rejection_id)


@rejections.route("/<uuid:rejection_id>/photo", methods=["PUT"])
@rejections.doc(**_PHOTO_BODY)
@rejections.response(200, RejectionSchema)
@permission_required(Permission.LOTS_REGISTER)
def put_rejection_photo(rejection_id: UUID) -> RejectionRow:
    """Keep the photo of goods that were not taken; a later one takes its place."""
    photo = read_photo(_photo_body())
    with atomic() as session:
        attach_rejection_photo(session, actor=g.actor, now=utc_now(), rejection_id=rejection_id, photo=photo)
    return get_rejection_row(db.session, g.actor, rejection_id)


@rejections.route("/<uuid:rejection_id>/photo", methods=["GET"])
@rejections.doc(**_PHOTO_ANSWER)
@permission_required(Permission.LOTS_READ)
def get_rejection_photo(rejection_id: UUID) -> BaseResponse:
    """Give the photo of goods that were not taken."""
    return photo_answer(rejection_photo(db.session, g.actor, rejection_id))


@weighings.route("", methods=["GET"])
@weighings.response(200, WeighingSchema(many=True))
@permission_required(Permission.LOTS_REGISTER)
def list_weighings() -> Any:
    """List what is being weighed."""
    return open_weighings(db.session, g.actor)


@weighings.route("", methods=["POST"])
@weighings.arguments(NewWeighingSchema)
@weighings.response(201, WeighingSchema)
@permission_required(Permission.LOTS_REGISTER)
def start(args: dict[str, Any]) -> dict[str, Any]:
    """Begin to weigh a delivery in several goes."""
    with atomic() as session:
        row = start_weighing(session, actor=g.actor, now=utc_now(), weighing=NewWeighing(**args))
    return _weighing(row)


@weighings.route("/<uuid:weighing_id>", methods=["GET"])
@weighings.response(200, WeighingSchema)
@permission_required(Permission.LOTS_REGISTER)
def show_weighing(weighing_id: UUID) -> dict[str, Any]:
    """Show a weighing with its bags."""
    return _weighing(get_weighing_for(db.session, g.actor, weighing_id))


@weighings.route("/<uuid:weighing_id>/bags", methods=["POST"])
@weighings.arguments(NewBagSchema)
@weighings.response(201, WeighingSchema)
@permission_required(Permission.LOTS_REGISTER)
def add(args: dict[str, Any], weighing_id: UUID) -> dict[str, Any]:
    """Add a bag."""
    with atomic() as session:
        row = add_bag(
            session,
            actor=g.actor,
            now=utc_now(),
            weighing_id=weighing_id,
            bag_id=args["id"],
            bag=bag_from(args),
        )
    return _weighing(row)


@weighings.route("/<uuid:weighing_id>/close", methods=["POST"])
@weighings.arguments(CloseWeighingSchema)
@weighings.response(201, LotSchema)
@weighings.alt_response(200, schema=LotSchema, description="It was closed so before.")
@permission_required(Permission.LOTS_REGISTER)
def close(args: dict[str, Any], weighing_id: UUID) -> tuple[Any, int]:
    """Make the lot, with the weighing's id, of its bags."""
    row = get_weighing_for(db.session, g.actor, weighing_id)
    delivery = Delivery(id=row.id, commodity=row.commodity, producer_id=row.producer_id, **args)
    with atomic() as session:
        closed = close_weighing(
            session, actor=g.actor, now=utc_now(), weighing_id=weighing_id, delivery=delivery
        )
    return closed.lot, 200 if closed.duplicate else 201


@weighings.route("/<uuid:weighing_id>/discard", methods=["POST"])
@weighings.arguments(DiscardWeighingSchema)
@weighings.response(200, WeighingSchema)
@permission_required(Permission.LOTS_REGISTER)
def discard(args: dict[str, Any], weighing_id: UUID) -> dict[str, Any]:
    """Give a weighing up."""
    with atomic() as session:
        row = discard_weighing(session, actor=g.actor, now=utc_now(), weighing_id=weighing_id, **args)
    return _weighing(row)


@sheets.route("/<uuid:route_id>", methods=["GET"])
@sheets.arguments(SheetArgs, location="query")
@sheets.response(200, RouteSheetSchema)
@permission_required(Permission.LOTS_READ)
def show_sheet(args: dict[str, Any], route_id: UUID) -> RouteSheet:
    """Show who poured what on a day of a route, can by can; late and warm cans are flagged."""
    route = get_route_for(db.session, g.actor, route_id)
    zone = get_organisation(db.session, g.actor.org).timezone
    return route_sheet(db.session, route, args["day"], zone)


def _weighing(row: OpenWeighing) -> dict[str, Any]:
    bags = weighed_bags(row)
    return {
        "id": row.id,
        "producer_id": row.producer_id,
        "commodity": row.commodity,
        "state": row.state,
        "bags": bags,
        "net": sum(bag.net for bag in bags),
        "started_at": row.started_at,
        "changed_at": row.changed_at,
    }


def _photo_body() -> bytes:
    if request.mimetype not in PHOTO_TYPES:
        raise UnsupportedMediaType
    return request.get_data(cache=False)


def photo_answer(file: StoredFile) -> BaseResponse:
    """Answer with a photo: its own type and no other, kept by the reader's browser alone."""
    answer = Response(file.content, mimetype=file.media_type)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = "default-src 'none'"
    answer.set_etag(file.sha256)
    answer.cache_control.private = True
    answer.cache_control.max_age = 86_400
    return answer.make_conditional(request)
