"""Goods that were not taken: writing them down, the list with its filters, causes that come again, the right of return."""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import DEFAULT_PAGE_SIZE, PageRequest
from chain.lots import queries
from chain.lots.attributes import SPECS
from chain.lots.paper_forms import CloseRejectionForm, RejectionForm
from chain.lots.photo_files import read_photo
from chain.lots.products import PRODUCT_LABELS
from chain.lots.queries.notices import notices_of
from chain.lots.queries.photos import rejection_photo
from chain.lots.queries.rejections import (
    RejectionFilters,
    count_to_collect,
    get_rejection_row,
    list_rejections,
    repeated_causes,
)
from chain.lots.registration_api import photo_answer
from chain.lots.reject_rules import CAUSE_LABELS, DISPOSITION_LABELS, Disposition, NewRejection
from chain.lots.services.rejections import collect_rejected, reject_goods
from chain.lots.views import blueprint
from chain.lots.views.registration_form import known_producer, producer_label, search
from chain.producers.panels import ProducerPanel, register_producer_panel
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.waiting import register_waiting

#: Notices on a producer's page.
MAX_TOLD = 5


def _producer_panel(session: Session, actor: Actor, producer_id: UUID) -> dict[str, Any] | None:
    """Return causes that came again for a producer, and what was told lately."""
    repeated = repeated_causes(session, actor, utc_now(), producer_id)
    told = notices_of(session, producer_id, MAX_TOLD, actor.org)
    if not repeated and not told:
        return None
    return {
        "repeated": repeated,
        "notices": told,
        "cause_labels": CAUSE_LABELS,
        "product_labels": PRODUCT_LABELS,
    }


register_producer_panel(
    ProducerPanel(Permission.LOTS_READ, "lots/_producer_panel.html", _producer_panel, order=30)
)
register_waiting(
    Permission.LOTS_REGISTER,
    N_("Goods that wait for their producers"),
    "lots.rejection_list",
    count_to_collect,
)


@blueprint.get("/rejections")
@permission_required(Permission.LOTS_READ)
def rejection_list() -> str:
    """List goods that were not taken, with filters in the address."""
    filters = RejectionFilters(
        commodity=_known("commodity", SPECS),
        cause=_known("cause", CAUSE_LABELS),
        disposition=_known("disposition", {one.value for one in Disposition}),
        text=(request.args.get("text") or "")[:100].replace("\x00", "") or None,
    )
    page_number = min(max(request.args.get("page", 1, int), 1), 1_000_000)
    return render_template(
        "lots/rejections.html",
        page=list_rejections(db.session, g.actor, filters, PageRequest(page_number, DEFAULT_PAGE_SIZE)),
        filters=filters,
        repeated=repeated_causes(db.session, g.actor, utc_now()),
        choices=_choices(),
        cause_labels=CAUSE_LABELS,
        disposition_labels=DISPOSITION_LABELS,
    )


@blueprint.get("/rejections/new")
@permission_required(Permission.LOTS_REGISTER)
def rejection_form() -> str:
    """Show the form, for a lot of which part was not taken, or for a producer and a product."""
    return _page(RejectionForm(), *_subject())


@blueprint.post("/rejections/new")
@permission_required(Permission.LOTS_REGISTER)
def rejection_submit() -> Response | tuple[str, int]:
    """Write down what was not taken."""
    form = RejectionForm()
    commodity, producer_id, lot_id = _subject()
    form.for_product(commodity)
    if form.validate_on_submit() and producer_id is not None:
        try:
            sent = request.files.get("file")
            content = sent.read() if sent else b""
            photo = read_photo(content) if content else None
            rejection = NewRejection(
                producer_id=producer_id, commodity=commodity, lot_id=lot_id, **form.values()
            )
            with atomic() as session:
                row = reject_goods(session, actor=g.actor, now=utc_now(), rejection=rejection, photo=photo)
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("It is written down.")), "success")
            return redirect(url_for("lots.rejection_show", rejection_id=row.id))
    return _page(form, commodity, producer_id, lot_id), 422


@blueprint.get("/rejections/<uuid:rejection_id>")
@permission_required(Permission.LOTS_READ)
def rejection_show(rejection_id: UUID) -> str:
    """Show one record."""
    return _show(rejection_id, CloseRejectionForm())


@blueprint.post("/rejections/<uuid:rejection_id>")
@permission_required(Permission.LOTS_REGISTER)
def rejection_close(rejection_id: UUID) -> Response | tuple[str, int]:
    """Note what became of kept goods."""
    form = CloseRejectionForm()
    if form.validate_on_submit() and form.disposition.data in {one.value for one in Disposition}:
        try:
            with atomic() as session:
                collect_rejected(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    rejection_id=rejection_id,
                    disposition=Disposition(form.disposition.data),
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("It is written down.")), "success")
            return redirect(url_for("lots.rejection_show", rejection_id=rejection_id))
    return _show(rejection_id, form), 422


@blueprint.get("/rejections/<uuid:rejection_id>/photo")
@permission_required(Permission.LOTS_READ)
def rejection_picture(rejection_id: UUID) -> Any:
    """Give the photo of goods that were not taken."""
    return photo_answer(rejection_photo(db.session, g.actor, rejection_id))


def _subject() -> tuple[str, UUID | None, UUID | None]:
    """Return product, producer and lot that the page is about: of `?lot=`, or of `?commodity=` and `&producer=`."""
    try:
        lot_id = UUID(request.values["lot"])
    except (KeyError, ValueError):
        known = known_producer(request.values.get("producer"))
        commodity = request.values.get("commodity", "")
        return (
            commodity if commodity in SPECS else next(iter(SPECS)),
            UUID(known) if known else None,
            None,
        )
    lot = queries.get_lot_for(db.session, g.actor, lot_id)
    if lot.commodity not in SPECS or lot.producer_id is None:
        raise NotFound
    return lot.commodity, lot.producer_id, lot.id


def _page(form: RejectionForm, commodity: str, producer_id: UUID | None, lot_id: UUID | None) -> str:
    form.for_product(commodity)
    names = names_of(db.session, g.actor.org, {producer_id}) if producer_id else {}
    text = (request.args.get("q") or "")[:100]
    return render_template(
        "lots/rejection_new.html",
        form=form,
        spec=SPECS[commodity],
        producer_id=producer_id,
        producer=names.get(producer_id) if producer_id else None,
        lot=queries.get_lot_for(db.session, g.actor, lot_id) if lot_id else None,
        q=text,
        found=[(one.id, producer_label(one)) for one in search(text)],
        today=local_date(utc_now(), timezone_name()),
    )


def _show(rejection_id: UUID, form: CloseRejectionForm) -> str:
    row = get_rejection_row(db.session, g.actor, rejection_id)
    repeated = repeated_causes(db.session, g.actor, utc_now(), row.producer_id)
    return render_template(
        "lots/rejection.html",
        row=row,
        form=form,
        repeated=[one for one in repeated if one.cause == row.cause and one.commodity == row.commodity],
        cause_labels=CAUSE_LABELS,
        disposition_labels=DISPOSITION_LABELS,
        may_close=row.disposition == Disposition.TO_COLLECT and g.actor.may(Permission.LOTS_REGISTER),
    )


def _known(name: str, values: Any) -> str | None:
    found = request.args.get(name)
    return found if found in values else None


def _choices() -> dict[str, list[tuple[str, str]]]:
    every = ("", gettext(N_("All")))
    return {
        "commodity": [every, *((one.key, gettext(one.label)) for one in SPECS.values())],
        "cause": [every, *((key, gettext(label)) for key, label in CAUSE_LABELS.items())],
        "disposition": [every, *((key.value, gettext(label)) for key, label in DISPOSITION_LABELS.items())],
    }
