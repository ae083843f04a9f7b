"""Pages of the sender: dispatches, a new one, one with its weights, its end."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.custody import services
from chain.custody.forms import ArrivalForm, DispatchForm, NoteForm, ResolutionForm, basis_points
from chain.custody.queries.dispatches import (
    LineRow,
    dispatch_lines,
    get_dispatch_for,
    get_dispatch_row,
    is_late,
    list_dispatches,
    people_of,
    prints_of,
)
from chain.custody.queries.places import destinations, list_sites
from chain.custody.queries.settings import tolerance_of
from chain.custody.rules.arrivals import totals_by_unit
from chain.custody.rules.words import DISPATCH_STATE_LABELS, PAPERS, DispatchState
from chain.custody.services import Arrival, NewDispatch
from chain.custody.sold import buyers_of
from chain.custody.views import blueprint
from chain.custody.views.parts import (
    Answer,
    asked_id,
    choice,
    chosen_lots,
    local_today,
    pass_on_or_take,
    shown_lots,
    ticked_lots,
    typed_quantities,
)
from chain.web.access import permission_required
from chain.web.lists import page_wanted


@blueprint.get("/stock/dispatches")
@permission_required(Permission.LOTS_READ)
def dispatch_list() -> str:
    """Show the own dispatches: `?state=`, and `?late=1` those that should have arrived."""
    state, late = request.args.get("state", ""), request.args.get("late") == "1"
    now = utc_now()
    page = list_dispatches(
        db.session,
        g.actor,
        page_wanted(sortable=True),
        state=state if state in set(DispatchState) else None,
        late=is_late(now, local_today()) if late else None,
    )
    return render_template(
        "custody/dispatches.html",
        page=page,
        state=state,
        late=late,
        today=local_today(),
        states=[("", N_("All")), *((one.value, DISPATCH_STATE_LABELS[one]) for one in DispatchState)],
        may_write=g.actor.may(Permission.DISPATCHES_WRITE),
    )


def _offered() -> DispatchForm:
    form = DispatchForm()
    form.offer(list_sites(db.session, g.actor), destinations(db.session, g.actor))
    return form


@blueprint.get("/stock/dispatches/new")
@permission_required(Permission.DISPATCHES_WRITE)
def dispatch_form() -> str:
    """Show the form: `?lot=` (several) are the lots, `?to=` the organisation, `?sale=` the sale of sold lots."""
    form = _offered()
    form.to_organisation_id.data = str(asked_id("to") or "")
    lots = ticked_lots()
    sold = buyers_of(db.session, g.actor, lots)
    buyers = {one.buyer_id for one in sold.values()}
    if len(buyers) == 1 and not form.to_organisation_id.data:
        form.to_organisation_id.data = str(next(iter(buyers)))
    form.tolerance_bp.data = Decimal(tolerance_of(db.session, g.actor.org)) / 100
    return _new_page(form)


def _new_page(form: DispatchForm) -> str:
    return render_template(
        "custody/dispatch_new.html", form=form, lots=shown_lots(), sale_id=asked_id("sale")
    )


@blueprint.post("/stock/dispatches/new")
@permission_required(Permission.DISPATCHES_WRITE)
def dispatch_submit() -> Answer:
    """Let the lots leave."""
    form = _offered()
    if form.validate_on_submit():
        try:
            wanted = _wanted(form)
            with atomic() as session:
                sold_to = buyers_of(session, g.actor, wanted.lot_ids)
                row = services.dispatch_lots(
                    session, actor=g.actor, now=utc_now(), dispatch=wanted, sold_to=sold_to
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The load is on the way. Print its waybill."), "success")
            return redirect(url_for("custody.dispatch_detail", dispatch_id=row.id))
    return _new_page(form), 422


def _wanted(form: DispatchForm) -> NewDispatch:
    return NewDispatch(
        id=form.id.value,
        lot_ids=chosen_lots(form.numbers.data),
        to_site_id=choice(form, "to_site_id"),
        to_organisation_id=choice(form, "to_organisation_id"),
        destination=form.destination.data,
        carrier=form.carrier.data,
        vehicle=form.vehicle.data,
        driver=form.driver.data,
        expected_on=form.expected_on.data,
        tolerance_bp=basis_points(form.tolerance_bp.data),
        sale_id=asked_id("sale"),
        note=form.note.data,
    )


@blueprint.get("/stock/dispatches/<uuid:dispatch_id>")
@permission_required(Permission.LOTS_READ)
def dispatch_detail(dispatch_id: UUID) -> str:
    """Show a dispatch with both weights of each lot."""
    return dispatch_page(dispatch_id, ArrivalForm(formdata=None))


def dispatch_page(
    dispatch_id: UUID,
    arrival: ArrivalForm,
    *,
    resolution: ResolutionForm | None = None,
    cancel: NoteForm | None = None,
    is_receiver: bool = False,
) -> str:
    """Show a dispatch to its sender or its receiver, with the steps that each may take."""
    row = get_dispatch_row(db.session, g.actor, dispatch_id)
    dispatch, lines = row.dispatch, dispatch_lines(db.session, dispatch_id)
    is_sender = dispatch.organisation_id == g.actor.organisation_id and not is_receiver
    may_send = is_sender and g.actor.may(Permission.DISPATCHES_WRITE)
    may_receive = may_send or g.actor.may(Permission.ARRIVALS_CONFIRM)
    replaces = (
        not is_sender and dispatch.arrival_source == "sender" and dispatch.state in {"arrived", "disputed"}
    )
    return render_template(
        "custody/dispatch.html",
        row=row,
        dispatch=dispatch,
        lines=lines,
        sums=_sums(lines),
        people=people_of(db.session, dispatch) if is_sender else {},
        arrival=arrival,
        resolution=resolution or ResolutionForm(formdata=None),
        cancel=cancel or NoteForm(formdata=None),
        typed=request.form,
        is_sender=is_sender,
        may_arrive=may_receive and (dispatch.state == DispatchState.ON_THE_WAY or replaces),
        replaces=replaces,
        may_cancel=may_send and dispatch.state == DispatchState.ON_THE_WAY,
        may_resolve=may_send and dispatch.state == DispatchState.DISPUTED,
        may_print=may_send,
        prints=prints_of(db.session, dispatch.id) if is_sender else [],
        papers=PAPERS,
        print_id=new_id(),
    )


def _sums(lines: Any) -> list[tuple[str, int, int | None, int | None]]:
    """Return per unit what left, what arrived and what was agreed."""

    def total(column: str) -> dict[str, int]:
        pairs: list[tuple[str, int]] = []
        line: LineRow
        for line in lines:
            value = getattr(line, column)
            if value is not None:
                pairs.append((line.unit, value))
        return totals_by_unit(pairs)

    sent, arrived, agreed = total("quantity"), total("arrived_quantity"), total("agreed_quantity")
    return [(unit, sent[unit], arrived.get(unit), agreed.get(unit)) for unit in sent]


@blueprint.post("/stock/dispatches/<uuid:dispatch_id>/arrival")
@permission_required(Permission.LOTS_READ)
def arrival_submit(dispatch_id: UUID) -> Answer:
    """Record what arrived: at an own place, or typed by the sender from the signed paper."""
    form = ArrivalForm()
    if form.validate_on_submit() and arrive(dispatch_id, form):
        return redirect(url_for("custody.dispatch_detail", dispatch_id=dispatch_id))
    return dispatch_page(dispatch_id, form), 422


def arrive(dispatch_id: UUID, form: ArrivalForm) -> bool:
    """Record an arrival from a form; tell whether it was taken."""
    dispatch = get_dispatch_for(db.session, g.actor, dispatch_id)
    lines = dispatch_lines(db.session, dispatch.id)
    try:
        totals = typed_quantities({unit: unit for unit in {line.unit for line in lines}}, "total-")
        quantities = typed_quantities({str(line.lot_id): line.lot_id for line in lines}, "arrived-")
        wanted = Arrival(dispatch_id=dispatch.id, quantities=quantities, totals=totals, note=form.note.data)
        with atomic() as session:
            row = services.record_arrival(session, actor=g.actor, now=utc_now(), arrival=wanted)
    except DomainError as refused:
        pass_on_or_take(form, refused)
        return False
    if row.state == DispatchState.DISPUTED:
        flash(N_("The difference is beyond the tolerance: the dispatch is in dispute."), "error")
    else:
        flash(N_("The arrival is recorded. The weights agree."), "success")
    return True


@blueprint.post("/stock/dispatches/<uuid:dispatch_id>/resolve")
@permission_required(Permission.DISPATCHES_WRITE)
def resolve_submit(dispatch_id: UUID) -> Answer:
    """End a dispute with what was agreed."""
    form = ResolutionForm()
    if form.validate_on_submit():
        dispatch = get_dispatch_for(db.session, g.actor, dispatch_id)
        lines = dispatch_lines(db.session, dispatch.id)
        try:
            agreed = typed_quantities({str(line.lot_id): line.lot_id for line in lines}, "agreed-")
            with atomic() as session:
                services.resolve_dispute(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    dispatch_id=dispatch_id,
                    note=form.note.data or "",
                    agreed=agreed,
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The dispute is settled."), "success")
            return redirect(url_for("custody.dispatch_detail", dispatch_id=dispatch_id))
    return dispatch_page(dispatch_id, ArrivalForm(formdata=None), resolution=form), 422


@blueprint.post("/stock/dispatches/<uuid:dispatch_id>/cancel")
@permission_required(Permission.DISPATCHES_WRITE)
def cancel_submit(dispatch_id: UUID) -> Answer:
    """Call a dispatch back."""
    form = NoteForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.cancel_dispatch(
                    session, actor=g.actor, now=utc_now(), dispatch_id=dispatch_id, note=form.note.data or ""
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The dispatch is cancelled. Its lots are in the house again."), "success")
            return redirect(url_for("custody.dispatch_detail", dispatch_id=dispatch_id))
    return dispatch_page(dispatch_id, ArrivalForm(formdata=None), cancel=form), 422
