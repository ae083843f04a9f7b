"""One lot with its history, and cancelling."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response as BaseResponse

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.grading.queries import own_colour_codes
from chain.lots import queries, services
from chain.lots.behind import producers_behind
from chain.lots.forms import CancelForm
from chain.lots.grades import scheme_label
from chain.lots.labels import (
    name_language,
    state_words,
)
from chain.lots.models import Lot
from chain.lots.panels import actions_for, panels_for
from chain.lots.rules import LotState
from chain.lots.services.corrections import may_be_corrected
from chain.lots.views import blueprint
from chain.lots.words import amount_in_words
from chain.producers.queries import names_of
from chain.web.access import permission_required
from chain.web.i18n import current_language


@blueprint.get("/lots/<uuid:lot_id>")
@permission_required(Permission.LOTS_READ)
def show(lot_id: UUID) -> str:
    """Show everything that is known of a lot."""
    return _show(queries.get_lot_for(db.session, g.actor, lot_id), CancelForm())


@blueprint.post("/lots/<uuid:lot_id>/cancel")
@permission_required(Permission.LOTS_REGISTER)
def cancel_submit(lot_id: UUID) -> BaseResponse | tuple[str, int]:
    """Cancel a lot with its reason."""
    form = CancelForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.cancel_lot(
                    session, actor=g.actor, now=utc_now(), lot_id=lot_id, reason=form.reason.data or ""
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The lot was cancelled. It stays visible with the reason."), "success")
            return redirect(url_for("lots.show", lot_id=lot_id))
    return _show(queries.get_lot_for(db.session, g.actor, lot_id), form), 422


def _show(lot: Lot, form: CancelForm) -> str:
    names = names_of(db.session, g.actor.org, {lot.producer_id} if lot.producer_id else set())
    return render_template(
        "lots/show.html",
        lot=lot,
        form=form,
        producer=names.get(lot.producer_id) if lot.producer_id else None,
        grades=queries.grades_of(db.session, lot.id),
        history=queries.history_of(db.session, lot.id, lot.made_by_event_id, lot.used_by_event_id),
        certificate=queries.certificate_of(db.session, lot),
        in_words=amount_in_words(lot.quantity, lot.unit, current_language()),
        scheme_name=scheme_label(lot.grade_scheme, lot.grade_edition, name_language()),
        own_colour=own_colour_codes(db.session, g.actor.org, lot.delivered_on).get(lot.colour)
        if lot.colour
        else None,
        state_words=state_words,
        panels=panels_for(db.session, g.actor, lot),
        lot_actions=actions_for(g.actor, lot),
        behind=producers_behind(db.session, [lot.id]).get(lot.id) if lot.producer_id is None else None,
        may_cancel=g.actor.may(Permission.LOTS_REGISTER) and may_be_corrected(db.session, lot),
        may_grade=lot.state == LotState.REGISTERED
        and g.actor.may(Permission.GRADES_CONFIRM)
        and g.actor.user_id != lot.registered_by,
    )
