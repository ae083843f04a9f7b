"""Pages of lent containers: who owes what, a movement, one producer's account."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.custody import services
from chain.custody.forms import MovementForm
from chain.custody.queries.containers import container_balances, list_debts, list_movements, totals_out
from chain.custody.queries.places import list_container_types
from chain.custody.services import NewMovement
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer, asked_id, choice, local_today, pass_on_or_take
from chain.producers.queries import find_membership, get_producer_for, producers_by_member_code
from chain.web.access import permission_required
from chain.web.i18n import gettext
from chain.web.lists import page_wanted


@blueprint.get("/stock/containers")
@permission_required(Permission.PRODUCERS_READ)
def container_list() -> str:
    """Show who has containers of the organisation: `?type=` one kind."""
    type_id = asked_id("type")
    types = list_container_types(db.session, g.actor, archived=True, lent_only=True)
    return render_template(
        "custody/containers.html",
        page=list_debts(db.session, g.actor, page_wanted(sortable=True), type_id=type_id),
        totals=totals_out(db.session, g.actor),
        type_value=str(type_id or ""),
        types=[("", gettext(N_("All"))), *((str(one.id), one.name) for one in types)],
        may_write=g.actor.may(Permission.STOCK_WRITE),
    )


@blueprint.get("/stock/containers/producers/<uuid:producer_id>")
@permission_required(Permission.PRODUCERS_READ)
def container_account(producer_id: UUID) -> str:
    """Show what a producer has, and how it came to that."""
    producer = get_producer_for(db.session, g.actor, producer_id)
    return render_template(
        "custody/container_account.html",
        producer=producer,
        balances=container_balances(db.session, g.actor.org, [producer.id]).get(producer.id, []),
        page=list_movements(db.session, g.actor, page_wanted(sortable=True), producer_id=producer.id),
        may_write=g.actor.may(Permission.STOCK_WRITE),
    )


def _offered() -> MovementForm:
    form = MovementForm()
    form.offer(list_container_types(db.session, g.actor, archived=True))
    return form


@blueprint.get("/stock/containers/new")
@permission_required(Permission.STOCK_WRITE)
def movement_form() -> str:
    """Show the form: `?producer=` fills in whose containers they are."""
    form = _offered()
    producer_id = asked_id("producer")
    membership = find_membership(db.session, g.actor.org, producer_id) if producer_id else None
    form.member_code.data = membership.member_code if membership else request.args.get("code")
    form.happened_on.data = local_today()
    return render_template("custody/movement_new.html", form=form)


@blueprint.post("/stock/containers/new")
@permission_required(Permission.STOCK_WRITE)
def movement_submit() -> Answer:
    """Record the movement."""
    form = _offered()
    if form.validate_on_submit():
        code = (form.member_code.data or "").strip().upper()
        producer_id = producers_by_member_code(db.session, g.actor.org, [code]).get(code)
        type_id = choice(form, "container_type_id")
        if producer_id is None or type_id is None or form.happened_on.data is None:
            form.member_code.errors = [gettext(N_("Nobody here has this member code."))]
            return render_template("custody/movement_new.html", form=form), 422
        try:
            wanted = NewMovement(
                id=form.id.value,
                producer_id=producer_id,
                container_type_id=type_id,
                kind=form.kind.data or "",
                count=form.count.data or 0,
                happened_on=form.happened_on.data,
                note=form.note.data or None,
            )
            with atomic() as session:
                services.move_containers(session, actor=g.actor, now=utc_now(), movement=wanted)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The containers are recorded."), "success")
            return redirect(url_for("custody.container_account", producer_id=producer_id))
    return render_template("custody/movement_new.html", form=form), 422
