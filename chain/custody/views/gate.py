"""Pages of the gate: tickets, the queue, the board that is read from afar, the ticket on paper."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.custody import services
from chain.custody.forms import VisitForm
from chain.custody.queries.gate import get_visit_for, last_called, visits_of
from chain.custody.services import NewVisit
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer, local_today, pass_on_or_take
from chain.producers.queries import producers_by_member_code
from chain.web.access import permission_required
from chain.web.i18n import gettext

ROLLS = ("w58", "w80")


@blueprint.get("/stock/gate")
@permission_required(Permission.LOTS_READ)
def gate() -> str:
    """Show today's queue and the form for the next ticket."""
    form = VisitForm(formdata=None)
    form.offer()
    return _gate_page(form)


def _gate_page(form: VisitForm) -> str:
    today = local_today()
    visits = visits_of(db.session, g.actor, today)
    return render_template(
        "custody/gate.html",
        form=form,
        today=today,
        waiting=[one for one in visits if one.served_at is None and one.left_at is None],
        inside=[one for one in visits if one.served_at is not None and one.left_at is None],
        gone=[one for one in visits if one.left_at is not None],
        may_write=g.actor.may(Permission.STOCK_WRITE),
    )


@blueprint.post("/stock/gate")
@permission_required(Permission.STOCK_WRITE)
def gate_submit() -> Answer:
    """Give the next ticket."""
    form = VisitForm()
    form.offer()
    if form.validate_on_submit():
        code = (form.member_code.data or "").strip().upper()
        producer_id = producers_by_member_code(db.session, g.actor.org, [code]).get(code) if code else None
        if code and producer_id is None:
            form.member_code.errors = [gettext(N_("Nobody here has this member code."))]
            return _gate_page(form), 422
        try:
            wanted = NewVisit(
                id=form.id.value,
                purpose=form.purpose.data or "",
                visitor=form.visitor.data,
                producer_id=producer_id,
                vehicle=form.vehicle.data,
            )
            with atomic() as session:
                visit = services.register_arrival_at_gate(session, actor=g.actor, now=utc_now(), visit=wanted)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            return redirect(url_for("custody.ticket", visit_id=visit.id))
    return _gate_page(form), 422


@blueprint.post("/stock/gate/<uuid:visit_id>/serve")
@permission_required(Permission.STOCK_WRITE)
def visit_serve(visit_id: UUID) -> Answer:
    """Call a ticket."""
    with atomic() as session:
        services.serve_visit(session, actor=g.actor, now=utc_now(), visit_id=visit_id)
    return redirect(url_for("custody.gate"))


@blueprint.post("/stock/gate/<uuid:visit_id>/leave")
@permission_required(Permission.STOCK_WRITE)
def visit_leave(visit_id: UUID) -> Answer:
    """Record that a visitor left."""
    with atomic() as session:
        services.leave_gate(session, actor=g.actor, now=utc_now(), visit_id=visit_id)
    flash(N_("The visitor has left."), "success")
    return redirect(url_for("custody.gate"))


@blueprint.get("/stock/gate/board")
@permission_required(Permission.LOTS_READ)
def gate_board() -> str:
    """Show the queue in large letters, to be read from afar; it loads itself anew."""
    today = local_today()
    return render_template(
        "custody/gate_board.html",
        called=last_called(db.session, g.actor, today),
        waiting=visits_of(db.session, g.actor, today, waiting=True),
        now=utc_now(),
    )


@blueprint.get("/stock/gate/<uuid:visit_id>/ticket")
@permission_required(Permission.LOTS_READ)
def ticket(visit_id: UUID) -> str:
    """Print a ticket on a roll: `?paper=w58` or w80."""
    paper = request.args.get("paper", "w58")
    return render_template(
        "custody/ticket.html",
        visit=get_visit_for(db.session, g.actor, visit_id),
        paper=paper if paper in ROLLS else "w58",
    )
