"""A producer's own deliveries: their class, and the second opinion one may ask for."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, Kind, NotFound
from chain.core.i18n import N_
from chain.laboratory.forms import AskForm
from chain.laboratory.queries.opinions import OwnDelivery
from chain.laboratory.queries.opinions import own_deliveries as deliveries_of
from chain.laboratory.services.opinions import ask_own_opinion
from chain.laboratory.views import blueprint
from chain.web.access import permission_required

Answer = str | Response | tuple[str, int]


@blueprint.get("/my/deliveries")
@permission_required(Permission.OWN_OPINIONS_ASK)
def own_deliveries() -> str:
    """Show the producer's own latest deliveries, at all organisations."""
    return render_template(
        "laboratory/own.html", deliveries=deliveries_of(db.session, g.actor, now=utc_now())
    )


@blueprint.get("/my/deliveries/<uuid:lot_id>/second-opinion")
@permission_required(Permission.OWN_OPINIONS_ASK)
def own_ask_form(lot_id: UUID) -> str:
    """Show the form to ask for a second opinion on an own delivery."""
    return _own_page(lot_id, AskForm())


def _own_page(lot_id: UUID, form: AskForm) -> str:
    return render_template("laboratory/own_ask.html", form=form, lot=_own(lot_id))


def _own(lot_id: UUID) -> OwnDelivery:
    found = next((one for one in deliveries_of(db.session, g.actor, now=utc_now()) if one.id == lot_id), None)
    if found is None:
        raise NotFound
    return found


@blueprint.post("/my/deliveries/<uuid:lot_id>/second-opinion")
@permission_required(Permission.OWN_OPINIONS_ASK)
def own_ask_submit(lot_id: UUID) -> Answer:
    """Ask for a second opinion on an own delivery."""
    form = AskForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                ask_own_opinion(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    lot_id=lot_id,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            if refused.kind in {Kind.NOT_FOUND, Kind.FORBIDDEN}:
                raise
            form.take_refusal(refused)
        else:
            flash(N_("You asked for a second opinion. You will find the answer here."), "success")
            return redirect(url_for("laboratory.own_deliveries"))
    return _own_page(lot_id, form), 422
