"""Pages of debts: who owes, a producer's card, one debt, and what can be done about it."""

from collections.abc import Iterator
from uuid import UUID

from flask import Response as FlaskResponse
from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.dues.forms import AdvanceForm, DecisionForm, MovementForm, ReasonForm, RepayForm, minor_of
from chain.dues.pages import decimal_text, local_today, page_wanted
from chain.dues.queries import debts as queries
from chain.dues.queries.debts import MovementFilter, MovementRow
from chain.dues.queries.dues import cap_on
from chain.dues.rules import DUE_KIND_LABELS, MOVEMENT_ACCOUNTS, DueKind, Source
from chain.dues.services.changes import (
    cancel_movement,
    repay_movement,
    restore_application,
    write_off_movement,
)
from chain.dues.services.movements import NewMovement, add_movement, give_advance
from chain.dues.views import blueprint
from chain.producers.queries import get_producer_for, names_of, producers_by_member_code
from chain.web.access import permission_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext

UNKNOWN_MEMBER = N_("We do not know this member code in your organisation.")


def member_id(code: str | None) -> UUID | None:
    """Return the member behind a typed code."""
    typed = (code or "").strip()
    return producers_by_member_code(db.session, g.actor.org, [typed]).get(typed)


@blueprint.get("/debts")
@permission_required(Permission.RUNS_READ)
def debtor_list() -> str:
    """List who owes something."""
    today = local_today()
    text = request.args.get("q", "")[:100]
    return render_template(
        "dues/debtors.html",
        page=queries.list_debtors(db.session, g.actor, page_wanted(), today=today, text=text),
        totals=queries.debt_totals(db.session, g.actor, today),
        cap=cap_on(db.session, g.actor.org, today),
        text=text,
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
    )


def _asked_filter() -> MovementFilter:
    kind = request.args.get("kind", "")
    return MovementFilter(
        kind=kind if kind in set(MOVEMENT_ACCOUNTS) else None,
        only_open=request.args.get("open") == "1",
        text=request.args.get("q", "")[:100],
    )


@blueprint.get("/debts/movements")
@permission_required(Permission.RUNS_READ)
def movement_list() -> str:
    """List the debts, all or of one kind."""
    return _movements_page(_asked_filter())


@blueprint.get("/advances")
@permission_required(Permission.RUNS_READ)
def advance_list() -> str:
    """List the advances in money, all or those still open."""
    return _movements_page(MovementFilter(kind=DueKind.ADVANCE, only_open=request.args.get("open") == "1"))


def _movements_page(wanted: MovementFilter) -> str:
    return render_template(
        "dues/movements.html",
        page=queries.list_movements(db.session, g.actor, page_wanted(), wanted),
        wanted=wanted,
        kinds=[(kind.value, DUE_KIND_LABELS[kind]) for kind in MOVEMENT_ACCOUNTS],
        totals=queries.debt_totals(db.session, g.actor, local_today(), kind=wanted.kind),
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
    )


@blueprint.get("/debts/movements.csv")
@permission_required(Permission.RUNS_READ)
def movement_csv() -> FlaskResponse:
    """Give the debts as a file that the import reads again."""
    rows = queries.all_movements(db.session, g.actor, _asked_filter())
    header = (
        "number", "member_code", "producer", "kind", "date", "amount", "balance", "currency", "note", "source",
        "decided_by", "id",
    )  # fmt: skip
    return csv_response(
        f"deudas-{local_today().isoformat()}.csv", header, (list(_csv_cells(row)) for row in rows)
    )


def _csv_cells(row: MovementRow) -> Iterator[object]:
    one = row.movement
    yield from (one.number, row.member_code, row.full_name, one.kind, one.dated_on.isoformat())
    yield from (decimal_text(one.amount_minor), decimal_text(one.balance_minor), one.currency)
    yield from (one.note, one.source, one.decided_by or "", one.id)


@blueprint.get("/debts/producers/<uuid:producer_id>")
@permission_required(Permission.RUNS_READ)
def producer_card(producer_id: UUID) -> str:
    """Show all debts of one producer and how each will be recovered."""
    producer = get_producer_for(db.session, g.actor, producer_id)
    today = local_today()
    return render_template(
        "dues/producer.html",
        producer=producer,
        name=names_of(db.session, g.actor.org, [producer_id]).get(producer_id),
        movements=queries.producer_movements(db.session, g.actor, producer_id),
        loans=queries.producer_loans(db.session, g.actor, producer_id),
        totals=queries.debt_totals(db.session, g.actor, today, producer_id=producer_id),
        cap=cap_on(db.session, g.actor.org, today),
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
    )


@blueprint.get("/advances/new")
@permission_required(Permission.ADVANCES_WRITE)
def advance_form() -> str:
    """Show the form; `?member=` fills in the producer."""
    form = AdvanceForm()
    form.given_on.data = local_today()
    form.member_code.data = request.args.get("member", "")[:40]
    return render_template("dues/advance_new.html", form=form)


@blueprint.post("/advances/new")
@permission_required(Permission.ADVANCES_WRITE)
def advance_submit() -> Response | tuple[str, int]:
    """Record an advance."""
    form = AdvanceForm()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.given_on.data:
        producer_id = member_id(form.member_code.data)
        if producer_id is None:
            form.member_code.errors = [gettext(UNKNOWN_MEMBER)]
            return render_template("dues/advance_new.html", form=form), 422
        try:
            with atomic() as session:
                give_advance(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    advance_id=form.id.value,
                    producer_id=producer_id,
                    amount_minor=amount,
                    given_on=form.given_on.data,
                    note=form.note.data or "",
                    decided_by=form.decided_by.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The advance is in the books.")), "success")
            return redirect(url_for("dues.advance_list"))
    return render_template("dues/advance_new.html", form=form), 422


@blueprint.get("/debts/new")
@permission_required(Permission.ADVANCES_WRITE)
def movement_form() -> str:
    """Show the form; `?member=` fills in the producer."""
    form = MovementForm()
    form.offer()
    form.dated_on.data = local_today()
    form.member_code.data = request.args.get("member", "")[:40]
    return render_template("dues/movement_new.html", form=form)


@blueprint.post("/debts/new")
@permission_required(Permission.ADVANCES_WRITE)
def movement_submit() -> Response | tuple[str, int]:
    """Record a debt."""
    form = MovementForm()
    form.offer()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.dated_on.data:
        producer_id = member_id(form.member_code.data)
        if producer_id is None:
            form.member_code.errors = [gettext(UNKNOWN_MEMBER)]
            return render_template("dues/movement_new.html", form=form), 422
        try:
            with atomic() as session:
                add_movement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    new=NewMovement(
                        id=form.id.value,
                        producer_id=producer_id,
                        kind=DueKind(form.kind.data),
                        amount_minor=amount,
                        dated_on=form.dated_on.data,
                        note=(form.note.data or "").strip(),
                        source=Source(form.source.data) if form.source.data else None,
                        decided_by=(form.decided_by.data or "").strip() or None,
                    ),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The debt is recorded.")), "success")
            return redirect(url_for("dues.producer_card", producer_id=producer_id))
    return render_template("dues/movement_new.html", form=form), 422


@blueprint.get("/debts/movements/<uuid:movement_id>")
@permission_required(Permission.RUNS_READ)
def movement_show(movement_id: UUID) -> str:
    """Show one debt with what was taken for it."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    applications = queries.applications_of(db.session, [movement.id])
    restored = {one.restores_id for one in applications if one.restores_id}
    return render_template(
        "dues/movement.html",
        movement=movement,
        name=names_of(db.session, g.actor.org, [movement.producer_id]).get(movement.producer_id),
        applications=applications,
        restored=restored,
        cap=cap_on(db.session, g.actor.org, local_today()),
        may_write=g.actor.may(Permission.ADVANCES_WRITE),
        may_decide=g.actor.may(Permission.DEDUCTIONS_WRITE),
    )


@blueprint.get("/debts/movements/<uuid:movement_id>/repay")
@permission_required(Permission.ADVANCES_WRITE)
def repay_form(movement_id: UUID) -> str:
    """Ask how much was paid back."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    form = RepayForm()
    form.offer()
    form.paid_on.data = local_today()
    return render_template("dues/repay.html", form=form, movement=movement)


@blueprint.post("/debts/movements/<uuid:movement_id>/repay")
@permission_required(Permission.ADVANCES_WRITE)
def repay_submit(movement_id: UUID) -> Response | tuple[str, int]:
    """Record what was paid back."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    form = RepayForm()
    form.offer()
    amount = minor_of(form.amount) if form.validate_on_submit() else None
    if amount is not None and form.paid_on.data:
        try:
            with atomic() as session:
                repay_movement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    application_id=form.id.value,
                    movement_id=movement_id,
                    amount_minor=amount,
                    paid_on=form.paid_on.data,
                    into=Source(form.into.data),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The payment is recorded; the producer is told.")), "success")
            return redirect(url_for("dues.movement_show", movement_id=movement_id))
    return render_template("dues/repay.html", form=form, movement=movement), 422


@blueprint.get("/debts/movements/<uuid:movement_id>/write-off")
@permission_required(Permission.DEDUCTIONS_WRITE)
def write_off_form(movement_id: UUID) -> str:
    """Ask for the decision."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    return render_template("dues/write_off.html", form=DecisionForm(), movement=movement)


@blueprint.post("/debts/movements/<uuid:movement_id>/write-off")
@permission_required(Permission.DEDUCTIONS_WRITE)
def write_off_submit(movement_id: UUID) -> Response | tuple[str, int]:
    """Write the rest off."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    form = DecisionForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                write_off_movement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    application_id=form.id.value,
                    movement_id=movement_id,
                    decision=form.decision.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The rest is written off; the producer is told.")), "success")
            return redirect(url_for("dues.movement_show", movement_id=movement_id))
    return render_template("dues/write_off.html", form=form, movement=movement), 422


@blueprint.get("/debts/movements/<uuid:movement_id>/cancel")
@permission_required(Permission.ADVANCES_WRITE)
def cancel_form(movement_id: UUID) -> str:
    """Ask why a debt is cancelled."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    return render_template("dues/cancel.html", form=ReasonForm(), movement=movement)


@blueprint.post("/debts/movements/<uuid:movement_id>/cancel")
@permission_required(Permission.ADVANCES_WRITE)
def cancel_submit(movement_id: UUID) -> Response | tuple[str, int]:
    """Cancel a debt that was written down by mistake."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                cancel_movement(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    movement_id=movement_id,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The debt is cancelled; the producer is told.")), "success")
            return redirect(url_for("dues.movement_show", movement_id=movement_id))
    return render_template("dues/cancel.html", form=form, movement=movement), 422


@blueprint.get("/debts/movements/<uuid:movement_id>/restore/<uuid:application_id>")
@permission_required(Permission.ADVANCES_WRITE)
def restore_form(movement_id: UUID, application_id: UUID) -> str:
    """Ask why an amount is given back to the debt."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    return render_template(
        "dues/restore.html", form=ReasonForm(), movement=movement, application_id=application_id
    )


@blueprint.post("/debts/movements/<uuid:movement_id>/restore/<uuid:application_id>")
@permission_required(Permission.ADVANCES_WRITE)
def restore_submit(movement_id: UUID, application_id: UUID) -> Response | tuple[str, int]:
    """Give back to the debt what was taken by mistake."""
    movement = queries.get_movement_for(db.session, g.actor, movement_id)
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                restore_application(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    application_id=application_id,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The amount is given back to the debt; the producer is told.")), "success")
            return redirect(url_for("dues.movement_show", movement_id=movement_id))
    page = render_template("dues/restore.html", form=form, movement=movement, application_id=application_id)
    return page, 422
