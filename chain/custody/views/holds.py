"""Pages of holds: what stands, a new hold, a release."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.custody import services
from chain.custody.forms import HoldForm, NoteForm
from chain.custody.queries.holds import get_hold_for, holds_of_lot, list_holds
from chain.custody.rules.words import HOLD_LABELS, HoldReason
from chain.custody.services import NewHold
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer, chosen_lots, pass_on_or_take, shown_lots
from chain.web.access import permission_required
from chain.web.lists import page_wanted


@blueprint.get("/stock/holds")
@permission_required(Permission.LOTS_READ)
def hold_list() -> str:
    """Show the holds: `?all=1` those that were released too, `?reason=` one kind."""
    everything = request.args.get("all") == "1"
    reason = request.args.get("reason")
    page = list_holds(
        db.session,
        g.actor,
        page_wanted(sortable=True),
        standing=not everything,
        reason=reason if reason in set(HoldReason) else None,
    )
    return render_template(
        "custody/holds.html",
        page=page,
        everything=everything,
        reason=reason,
        reasons=[("", N_("All")), *((one.value, HOLD_LABELS[one]) for one in HoldReason)],
    )


@blueprint.get("/stock/holds/new")
@permission_required(Permission.HOLDS_WRITE)
def hold_form() -> str:
    """Show the form: `?lot=` (several) are the lots."""
    form = HoldForm()
    form.offer()
    return render_template("custody/hold_new.html", form=form, lots=shown_lots())


@blueprint.post("/stock/holds/new")
@permission_required(Permission.HOLDS_WRITE)
def hold_submit() -> Answer:
    """Hold the lots; a pledge leads to its receipt."""
    form = HoldForm()
    form.offer()
    if form.validate_on_submit():
        try:
            wanted = NewHold(
                id=form.id.value,
                lot_ids=chosen_lots(form.numbers.data),
                reason=form.reason.data or "",
                note=form.note.data or "",
                holder=form.holder.data,
            )
            with atomic() as session:
                holds = services.hold_lots(session, actor=g.actor, now=utc_now(), hold=wanted)
                group_id = holds[0].group_id
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            if wanted.reason == HoldReason.PLEDGED:
                flash(N_("The lots are pledged. Print the receipt for whoever lends on them."), "success")
                return redirect(url_for("custody.receipt_detail", receipt_id=group_id))
            flash(N_("The lots are on hold. They cannot be moved, used or sold."), "success")
            return redirect(url_for("custody.hold_list"))
    return render_template("custody/hold_new.html", form=form, lots=shown_lots()), 422


@blueprint.get("/stock/holds/<uuid:hold_id>/release")
@permission_required(Permission.HOLDS_WRITE)
def release_form(hold_id: UUID) -> str:
    """Show what is released."""
    return _release_page(hold_id, NoteForm())


def _release_page(hold_id: UUID, form: NoteForm) -> str:
    hold = get_hold_for(db.session, g.actor, hold_id)
    rows = holds_of_lot(db.session, g.actor, hold.lot_id)
    return render_template(
        "custody/hold_release.html",
        form=form,
        row=next(row for row in rows if row.hold.id == hold.id),
        others=[row for row in rows if row.hold.id != hold.id and row.hold.released_at is None],
    )


@blueprint.post("/stock/holds/<uuid:hold_id>/release")
@permission_required(Permission.HOLDS_WRITE)
def release_submit(hold_id: UUID) -> Answer:
    """Release one hold of a lot."""
    form = NoteForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.release_lot(
                    session, actor=g.actor, now=utc_now(), hold_id=hold_id, note=form.note.data or ""
                )
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The hold is released."), "success")
            return redirect(url_for("custody.hold_list"))
    return _release_page(hold_id, form), 422
