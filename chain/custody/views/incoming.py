"""Pages of the receiver: loads that are addressed to the own organisation, and nothing else."""

from uuid import UUID

from flask import g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.errors import NotFound
from chain.core.i18n import N_
from chain.custody.forms import ArrivalForm
from chain.custody.queries.dispatches import get_dispatch_for, list_dispatches
from chain.custody.rules.words import DISPATCH_STATE_LABELS, DispatchState
from chain.custody.views import blueprint
from chain.custody.views.dispatches import arrive, dispatch_page
from chain.custody.views.parts import Answer, local_today
from chain.web.access import permission_required
from chain.web.lists import page_wanted


@blueprint.get("/arrivals")
@permission_required(Permission.ARRIVALS_CONFIRM)
def incoming_list() -> str:
    """Show the loads that others sent to the organisation."""
    state = request.args.get("state", "")
    return render_template(
        "custody/incoming.html",
        page=list_dispatches(
            db.session,
            g.actor,
            page_wanted(sortable=True),
            incoming=True,
            state=state if state in set(DispatchState) else None,
        ),
        state=state,
        today=local_today(),
        states=[("", N_("All")), *((one.value, DISPATCH_STATE_LABELS[one]) for one in DispatchState)],
    )


@blueprint.get("/arrivals/<uuid:dispatch_id>")
@permission_required(Permission.ARRIVALS_CONFIRM)
def incoming_detail(dispatch_id: UUID) -> str:
    """Show a load with the form for its weights."""
    _refuse_others(dispatch_id)
    return dispatch_page(dispatch_id, ArrivalForm(formdata=None), is_receiver=True)


@blueprint.post("/arrivals/<uuid:dispatch_id>")
@permission_required(Permission.ARRIVALS_CONFIRM)
def incoming_submit(dispatch_id: UUID) -> Answer:
    """Record what arrived."""
    _refuse_others(dispatch_id)
    form = ArrivalForm()
    if form.validate_on_submit() and arrive(dispatch_id, form):
        return redirect(url_for("custody.incoming_detail", dispatch_id=dispatch_id))
    return dispatch_page(dispatch_id, form, is_receiver=True), 422


def _refuse_others(dispatch_id: UUID) -> None:
    """Refuse a load that is not addressed to the organisation.

    Raises:
        NotFound.
    """
    if get_dispatch_for(db.session, g.actor, dispatch_id).to_organisation_id != g.actor.organisation_id:
        raise NotFound
