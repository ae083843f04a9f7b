"""The goods-received note: the page that reads it aloud and prints it, the papers, and the photos of a lot."""

from typing import Any
from uuid import UUID

from flask import Response, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.files import FileEmpty
from chain.core.i18n import N_
from chain.lots import queries
from chain.lots.errors import NoNote
from chain.lots.models import GoodsNote, Lot
from chain.lots.note_papers import check_code, note_pdf, note_sentences, note_view
from chain.lots.paper_forms import PAPER_LABELS, PhotoForm, PrintForm
from chain.lots.photo_files import read_photo
from chain.lots.queries.goods_notes import get_note_for, get_print, note_of, prints_of
from chain.lots.queries.notices import Cancellation, cancellation_of
from chain.lots.queries.photos import photo_file, photos_of
from chain.lots.registration_api import photo_answer
from chain.lots.rules import LotState
from chain.lots.services.goods_notes import Paper, print_goods_note
from chain.lots.services.photos import MAX_PHOTOS, attach_photo
from chain.lots.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext, using_language
from chain.web.pdf import pdf_answer


@blueprint.get("/lots/<uuid:lot_id>/note")
@permission_required(Permission.LOTS_READ)
def note_show(lot_id: UUID) -> str:
    """Show the note of a lot: read aloud, printed, and how often."""
    return _note_page(queries.get_lot_for(db.session, g.actor, lot_id), PrintForm())


@blueprint.post("/lots/<uuid:lot_id>/note")
@permission_required(Permission.LOTS_REGISTER)
def note_print(lot_id: UUID) -> BaseResponse | tuple[str, int]:
    """Count a printing and show the sheet."""
    form = PrintForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                printed = print_goods_note(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    lot_id=lot_id,
                    print_id=form.id.value,
                    paper=form.paper.data or "",
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            return redirect(url_for("lots.note_sheet", lot_id=lot_id, copy=printed.copy))
    return _note_page(queries.get_lot_for(db.session, g.actor, lot_id), form), 422


@blueprint.get("/lots/<uuid:lot_id>/note/<int:copy>")
@permission_required(Permission.LOTS_READ)
def note_sheet(lot_id: UUID, copy: int) -> str | Response:
    """Show a sheet that was counted: on a roll as a page to print, on A5 as PDF."""
    note = get_note_for(db.session, g.actor, lot_id)
    printed = get_print(db.session, note, copy)
    if printed.paper == Paper.A5:
        return pdf_answer(note_pdf(note, copy, _cancelled(note)), note.content["number"])
    with using_language("es"):  # the producer's paper
        return render_template(
            "lots/note_roll.html",
            note=note_view(note, copy, _cancelled(note)),
            paper=printed.paper,
            lot_id=lot_id,
        )


@blueprint.get("/lots/<uuid:lot_id>/note.pdf")
@permission_required(Permission.LOTS_READ)
def note_file(lot_id: UUID) -> Response:
    """Give the note on A5 for reading; it counts as no printing."""
    note = get_note_for(db.session, g.actor, lot_id)
    return pdf_answer(note_pdf(note, None, _cancelled(note)), note.content["number"])


def _note_page(lot: Lot, form: PrintForm) -> str:
    note = note_of(db.session, lot.id)
    if note is None and (lot.state == LotState.CANCELLED or lot.producer_id is None):
        raise NoNote(number=lot.number)
    return render_template(
        "lots/note.html",
        lot=lot,
        form=form,
        note=note,
        sentences=note_sentences(note.content) if note else [],
        check_code=check_code(note.content_hash) if note else None,
        prints=prints_of(db.session, note.id) if note else [],
        paper_labels=PAPER_LABELS,
        cancelled=_cancelled(note) if note else None,
        may_print=g.actor.may(Permission.LOTS_REGISTER),
    )


def _cancelled(note: GoodsNote) -> Cancellation | None:
    return cancellation_of(db.session, note.lot_id)


@blueprint.get("/lots/<uuid:lot_id>/photos")
@permission_required(Permission.LOTS_READ)
def photo_form(lot_id: UUID) -> str:
    """Show the photos of a lot and the form for one more."""
    return _photo_page(queries.get_lot_for(db.session, g.actor, lot_id), PhotoForm())


@blueprint.post("/lots/<uuid:lot_id>/photos")
@permission_required(Permission.LOTS_REGISTER)
def photo_submit(lot_id: UUID) -> BaseResponse | tuple[str, int]:
    """Add a photo."""
    form = PhotoForm()
    lot = queries.get_lot_for(db.session, g.actor, lot_id)
    if form.validate_on_submit():
        try:
            photo = read_photo(sent_file())
            with atomic() as session:
                attach_photo(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    photo_id=form.id.value,
                    lot_id=lot_id,
                    photo=photo,
                    caption=form.caption.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The photo is kept.")), "success")
            return redirect(url_for("lots.photo_form", lot_id=lot_id))
    return _photo_page(lot, form), 422


@blueprint.get("/lots/<uuid:lot_id>/photos/<uuid:photo_id>")
@permission_required(Permission.LOTS_READ)
def photo(lot_id: UUID, photo_id: UUID) -> Any:
    """Give a photo of a lot."""
    return photo_answer(photo_file(db.session, g.actor, lot_id, photo_id))


def sent_file() -> bytes:
    """Return the file that the form carries.

    Raises:
        FileEmpty: there is none.
    """
    file = request.files.get("file")
    content = file.read() if file else b""
    if not content:
        raise FileEmpty
    return content


def _photo_page(lot: Lot, form: PhotoForm) -> str:
    photos = photos_of(db.session, lot.id)
    may_add = g.actor.may(Permission.LOTS_REGISTER) and len(photos) < MAX_PHOTOS
    return render_template(
        "lots/photos.html", lot=lot, form=form, photos=photos, limit=MAX_PHOTOS, may_add=may_add
    )
