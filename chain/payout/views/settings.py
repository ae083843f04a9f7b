"""Pages of how producers want their money, of limits of rails, and of banks' layouts."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from chain.accounts.queries import who_may
from chain.accounts.rules import Permission
from chain.core.clock import local_date, utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, FieldErrors, NotFound
from chain.core.i18n import N_
from chain.payout.forms import LAYOUT_COLUMNS, DetailForm, LayoutForm, LimitForm, minor_of
from chain.payout.queries.details import list_details
from chain.payout.queries.limits import all_limits, open_layouts
from chain.payout.rules import LimitKind, Rail
from chain.payout.services.details import confirm_detail, end_detail, set_detail
from chain.payout.services.limits import confirm_limit, end_layout, set_layout, set_limit
from chain.payout.views import blueprint
from chain.producers.queries import producers_by_member_code
from chain.web.access import permission_required
from chain.web.formats import timezone_name
from chain.web.i18n import gettext
from chain.web.lists import page_wanted

Answer = str | Response | tuple[str, int]


@blueprint.get("/payouts/accounts")
@permission_required(Permission.PAYOUTS_WRITE)
def detail_list() -> str:
    """Show where producers want their money, and what another officer has to confirm."""
    is_waiting = request.args.get("waiting") == "1"
    return render_template(
        "payout/details.html",
        page=list_details(db.session, g.actor, page_wanted(), waiting=is_waiting),
        is_waiting=is_waiting,
        officers=who_may(db.session, g.actor.org, Permission.PAYOUTS_WRITE, besides=g.actor.user_id),
        me=g.actor.user_id,
    )


@blueprint.get("/payouts/accounts/new")
@permission_required(Permission.PAYOUTS_WRITE)
def detail_form() -> str:
    """Ask where a producer wants the money."""
    form = DetailForm(formdata=None)
    form.offer()
    form.member_code.data = request.args.get("member", "")
    return render_template("payout/detail_new.html", form=form)


@blueprint.post("/payouts/accounts/new")
@permission_required(Permission.PAYOUTS_WRITE)
def detail_submit() -> Answer:
    """Write it down."""
    form = DetailForm()
    form.offer()
    if form.validate_on_submit():
        code = (form.member_code.data or "").strip()
        try:
            with atomic() as session:
                known = producers_by_member_code(session, g.actor.org, [code])
                if code not in known:
                    errors = FieldErrors()
                    errors.add("member_code", N_("There is no member with this code."))
                    errors.raise_any()
                set_detail(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    detail_id=form.id.value,
                    producer_id=known[code],
                    rail=Rail(form.rail.data),
                    provider=form.provider.data or "",
                    account=form.account.data or "",
                    holder=form.holder.data or "",
                    note=form.note.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Written down. Another person must confirm it before money goes there."), "success")
            return redirect(url_for("payout.detail_list"))
    return render_template("payout/detail_new.html", form=form), 422


@blueprint.post("/payouts/accounts/<uuid:detail_id>/confirm")
@permission_required(Permission.PAYOUTS_WRITE)
def detail_confirm(detail_id: UUID) -> Answer:
    """Confirm what another officer wrote down."""
    return _step(lambda session: confirm_detail(session, actor=g.actor, now=utc_now(), detail_id=detail_id))


@blueprint.post("/payouts/accounts/<uuid:detail_id>/end")
@permission_required(Permission.PAYOUTS_WRITE)
def detail_end(detail_id: UUID) -> Answer:
    """Send no more money there."""
    return _step(lambda session: end_detail(session, actor=g.actor, now=utc_now(), detail_id=detail_id))


def _step(do: Callable[[Session], object]) -> Response:
    try:
        with atomic() as session:
            do(session)
    except NotFound:
        raise
    except DomainError as refused:
        flash(gettext(refused.message), "error")
    else:
        flash(N_("Done."), "success")
    return redirect(url_for("payout.detail_list"))


@blueprint.get("/payouts/limits")
@permission_required(Permission.RUNS_READ)
def limit_list() -> str:
    """Show what rails take at most, and the layouts of banks."""
    form = LimitForm(formdata=None)
    form.valid_from.data = local_date(utc_now(), timezone_name())
    return _limit_page(form, LayoutForm(formdata=None))


def _limit_page(form: LimitForm, layout: LayoutForm, columns: list[tuple[str, str]] | None = None) -> str:
    form.offer()
    layout.offer()
    typed = columns or []
    return render_template(
        "payout/limits.html",
        form=form,
        layout_form=layout,
        limits=all_limits(db.session, g.actor.org),
        layouts=open_layouts(db.session, g.actor.org),
        columns=[*typed, *([("", "")] * (LAYOUT_COLUMNS - len(typed)))],
        may_write=g.actor.may(Permission.PAYOUTS_WRITE),
        may_confirm=g.actor.may(Permission.TAXES_CONFIRM),
    )


@blueprint.post("/payouts/limits")
@permission_required(Permission.PAYOUTS_WRITE)
def limit_submit() -> Answer:
    """Write a limit down."""
    form = LimitForm()
    form.offer()
    is_valid = form.validate_on_submit()
    amount = minor_of(form.amount)
    if is_valid and amount is not None and form.valid_from.data is not None:
        try:
            with atomic() as session:
                set_limit(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    limit_id=form.id.value,
                    kind=LimitKind(form.kind.data),
                    amount_minor=amount,
                    valid_from=form.valid_from.data,
                    source=form.source.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("Written down. It is applied once an accountant has confirmed it."), "success")
            return redirect(url_for("payout.limit_list"))
    return _limit_page(form, LayoutForm(formdata=None)), 422


@blueprint.post("/payouts/limits/<uuid:limit_id>/confirm")
@permission_required(Permission.TAXES_CONFIRM)
def limit_confirm(limit_id: UUID) -> Answer:
    """Confirm a limit."""
    with atomic() as session:
        confirm_limit(session, actor=g.actor, now=utc_now(), limit_id=limit_id)
    flash(N_("Confirmed. Batches keep it from now on."), "success")
    return redirect(url_for("payout.limit_list"))


@blueprint.post("/payouts/layouts")
@permission_required(Permission.PAYOUTS_WRITE)
def layout_submit() -> Answer:
    """Keep the columns of a bank's file."""
    form = LayoutForm()
    form.offer()
    typed = [
        (request.form.get(f"title_{place}", "")[:100], request.form.get(f"field_{place}", "")[:40])
        for place in range(1, LAYOUT_COLUMNS + 1)
    ]
    filled = [one for one in typed if one[1] or one[0]]
    if form.validate_on_submit():
        layout = {
            "delimiter": form.delimiter.data,
            "decimal": form.decimal.data,
            "header": form.header.data == "yes",
            "columns": [{"title": title, "field": field} for title, field in filled],
        }
        try:
            with atomic() as session:
                set_layout(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    layout_id=form.id.value,
                    name=form.name.data or "",
                    layout=layout,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The layout is kept. Try it with the bank before it counts.")), "success")
            return redirect(url_for("payout.limit_list"))
    return _limit_page(LimitForm(formdata=None), form, filled), 422


@blueprint.post("/payouts/layouts/<uuid:layout_id>/end")
@permission_required(Permission.PAYOUTS_WRITE)
def layout_end(layout_id: UUID) -> Answer:
    """Take a layout out of use."""
    with atomic() as session:
        end_layout(session, actor=g.actor, now=utc_now(), layout_id=layout_id)
    flash(N_("Done."), "success")
    return redirect(url_for("payout.limit_list"))
