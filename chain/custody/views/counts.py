"""Pages of counting: sheets, what was found, the differences, the sheet on paper."""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, url_for

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.paging import PageRequest, slice_rows
from chain.custody import services
from chain.custody.forms import CountForm, EntryForm, small_unit
from chain.custody.queries.counts import count_lines, get_count_for, list_counts, looks_of
from chain.custody.queries.places import get_site_for, list_sites
from chain.custody.queries.stock import commodities_here
from chain.custody.rules.words import CountState
from chain.custody.services import NewCount, NewEntry
from chain.custody.views import blueprint
from chain.custody.views.parts import Answer, choice, pass_on_or_take
from chain.web.access import permission_required
from chain.web.lists import page_wanted

#: Differences that a page lists at most.
MAX_DIFFERENCES = 200


@blueprint.get("/stock/counts")
@permission_required(Permission.LOTS_READ)
def count_list() -> str:
    """Show the count sheets, the newest first."""
    return render_template(
        "custody/counts.html", page=list_counts(db.session, g.actor, page_wanted(sortable=True))
    )


@blueprint.get("/stock/counts/new")
@permission_required(Permission.STOCK_WRITE)
def count_form() -> str:
    """Ask what is counted."""
    return render_template("custody/count_new.html", form=_offered())


def _offered() -> CountForm:
    form = CountForm()
    form.offer(list_sites(db.session, g.actor), commodities_here(db.session, g.actor))
    return form


@blueprint.post("/stock/counts/new")
@permission_required(Permission.STOCK_WRITE)
def count_submit() -> Answer:
    """Open a sheet."""
    form = _offered()
    if form.validate_on_submit():
        try:
            wanted = NewCount(
                id=form.id.value,
                site_id=choice(form, "site_id"),
                commodity=form.commodity.data or None,
                note=form.note.data,
            )
            with atomic() as session:
                count = services.open_count(session, actor=g.actor, now=utc_now(), count=wanted)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The sheet is open. Weigh or scan what you find."), "success")
            return redirect(url_for("custody.count_detail", count_id=count.id))
    return render_template("custody/count_new.html", form=form), 422


@blueprint.get("/stock/counts/<uuid:count_id>")
@permission_required(Permission.LOTS_READ)
def count_detail(count_id: UUID) -> str:
    """Show a sheet with what was found so far and where it differs."""
    return _count_page(count_id, EntryForm(formdata=None))


def _count_page(count_id: UUID, form: EntryForm) -> str:
    sheet = _sheet(count_id)
    page = slice_rows(sheet["lines"], PageRequest(page=page_wanted(sortable=True).page))
    return render_template("custody/count.html", form=form, page=page, **sheet)


def _sheet(count_id: UUID) -> dict[str, Any]:
    count = get_count_for(db.session, g.actor, count_id)
    lines = count_lines(db.session, count.id)
    differing = [line for line in lines if line.difference]
    return {
        "count": count,
        "site": get_site_for(db.session, g.actor, count.site_id) if count.site_id else None,
        "lines": lines,
        "differing": differing[:MAX_DIFFERENCES],
        "differences": len(differing),
        "missing": [line for line in lines if line.counted is None],
        "looks": looks_of(db.session, count.id),
        "is_open": count.state == CountState.OPEN,
        "may_write": g.actor.may(Permission.STOCK_WRITE),
    }


@blueprint.post("/stock/counts/<uuid:count_id>/entries")
@permission_required(Permission.STOCK_WRITE)
def entry_submit(count_id: UUID) -> Answer:
    """Add one look at a lot, by its typed or scanned number."""
    form = EntryForm()
    if form.validate_on_submit():
        try:
            wanted = NewEntry(
                id=form.id.value,
                count_id=count_id,
                number=form.number.data,
                counted=small_unit(form.counted.data),
                note=form.note.data,
            )
            with atomic() as session:
                services.record_count(session, actor=g.actor, now=utc_now(), entry=wanted)
        except DomainError as refused:
            pass_on_or_take(form, refused)
        else:
            flash(N_("The lot is counted."), "success")
            return redirect(url_for("custody.count_detail", count_id=count_id))
    return _count_page(count_id, form), 422


@blueprint.post("/stock/counts/<uuid:count_id>/close")
@permission_required(Permission.STOCK_WRITE)
def count_close(count_id: UUID) -> Answer:
    """Close a sheet."""
    with atomic() as session:
        services.close_count(session, actor=g.actor, now=utc_now(), count_id=count_id)
    flash(
        N_("The sheet is closed. The stock has not changed: record losses and gains where it differs."),
        "success",
    )
    return redirect(url_for("custody.count_detail", count_id=count_id))


@blueprint.post("/stock/counts/<uuid:count_id>/discard")
@permission_required(Permission.STOCK_WRITE)
def count_discard(count_id: UUID) -> Answer:
    """Give a sheet up."""
    with atomic() as session:
        services.discard_count(session, actor=g.actor, now=utc_now(), count_id=count_id)
    flash(N_("The sheet is discarded."), "success")
    return redirect(url_for("custody.count_list"))


@blueprint.get("/stock/counts/<uuid:count_id>/sheet")
@permission_required(Permission.LOTS_READ)
def count_sheet(count_id: UUID) -> str:
    """Print the sheet, with room for the weights."""
    return render_template("custody/count_sheet.html", **_sheet(count_id))
