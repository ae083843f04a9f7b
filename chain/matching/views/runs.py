"""Pages of runs: the preview, the list, a run with its sums and near misses."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.models import Organisation
from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import MAX_PAGE_SIZE, PageRequest
from chain.matching.forms import RunForm
from chain.matching.kept import to_messages
from chain.matching.queries.proposals import list_proposals
from chain.matching.queries.runs import get_run_for, list_runs, run_misses, run_sellers
from chain.matching.services.runs import Calculated, calculate, make_run
from chain.matching.views import UNIT_WORDS, blueprint
from chain.web.access import permission_required, sign_in_required
from chain.web.csv_out import csv_response
from chain.web.i18n import gettext
from chain.web.lists import every_row, page_wanted


@blueprint.get("/matching/runs")
@permission_required(Permission.TENDERS_READ)
def run_list() -> str:
    """Show the runs of the own lots."""
    return render_template(
        "matching/runs.html",
        page=list_runs(db.session, g.actor, page_wanted(sortable=True)),
        may_write=g.actor.may(Permission.TENDERS_WRITE),
    )


def _pool_id() -> UUID | None:
    text = request.values.get("pool", "")
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


def _with_proposed() -> bool:
    return request.values.get("with_proposed") in {"y", "1", "on", "true"}


@blueprint.get("/matching/runs/new")
@sign_in_required
def run_form() -> str | tuple[str, int]:
    """Calculate a match and show what it would give; nothing is kept."""
    form = RunForm(formdata=None)
    form.with_proposed.data = _with_proposed()
    try:
        found = _calculated()
    except NotFound:
        raise
    except DomainError as refused:
        form.take_refusal(refused)
        return _form_page(form, None), 422 if refused.code == "forbidden" else 200
    return _form_page(form, found)


def _calculated() -> Calculated:
    return calculate(
        db.session, actor=g.actor, now=utc_now(), pool_id=_pool_id(), with_proposed=_with_proposed()
    )


def _form_page(form: RunForm, found: Calculated | None) -> str:
    names = {}
    if found is not None:
        names = {one.id: one.name for one in found.collected.sellers.values()}
        buyers = {one.organisation_id for one in found.collected.demands.values()}
        names |= {one: db.session.get_one(Organisation, one).name for one in buyers}
    return render_template(
        "matching/run_new.html",
        form=form,
        found=found,
        names=names,
        pool=request.values.get("pool", ""),
        with_proposed=_with_proposed(),
        currency=g.currency,
    )


@blueprint.post("/matching/runs/new")
@sign_in_required
def run_submit() -> str | Response | tuple[str, int]:
    """Keep the match that the preview showed and send its proposals."""
    form = RunForm()
    if form.validate_on_submit():
        try:
            run_id = form.id.value
            with atomic() as session:
                make_run(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=run_id,
                    pool_id=_pool_id(),
                    with_proposed=_with_proposed(),
                    answer_hours=form.answer_hours.data or 0,
                    seen=request.form.get("seen"),
                )
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The proposals are made. Both sides can answer them now."), "success")
            return redirect(url_for("matching.run_detail", run_id=run_id))
    return _form_page(form, _preview()), 422


def _preview() -> Calculated | None:
    try:
        return _calculated()
    except NotFound:
        raise
    except DomainError:
        return None


@blueprint.get("/matching/runs/<uuid:run_id>")
@permission_required(Permission.TENDERS_READ)
def run_detail(run_id: UUID) -> str:
    """Show a run: value and bound, what each seller gets, the own proposals and near misses."""
    run = get_run_for(db.session, g.actor, run_id)
    return render_template(
        "matching/run.html",
        run=run,
        sellers=run_sellers(db.session, g.actor, run),
        proposals=list_proposals(db.session, g.actor, PageRequest(1, MAX_PAGE_SIZE), run_id=run_id),
        page=run_misses(db.session, g.actor, run_id, page_wanted(sortable=True)),
    )


@blueprint.get("/matching/runs/<uuid:run_id>/misses.csv")
@permission_required(Permission.TENDERS_READ)
def miss_export(run_id: UUID) -> Response:
    """Send the own lots that found no place as a table."""
    get_run_for(db.session, g.actor, run_id)
    rows = [
        [
            one.lot.number,
            f"{one.quantity / 1000:.3f}",
            UNIT_WORDS[one.lot.unit],
            one.demand_title or "",
            one.buyer_name or "",
            " ".join(gettext(message) for message in to_messages(one.reasons)),
            "" if one.offered_minor_per_unit is None else f"{one.offered_minor_per_unit / 100:.2f}",
            "" if one.needed_minor_per_unit is None else f"{one.needed_minor_per_unit / 100:.2f}",
        ]
        for one in every_row(lambda request_: run_misses(db.session, g.actor, run_id, request_))
    ]
    header = (
        N_("Lot"), N_("Quantity"), N_("Unit"), N_("Nearest demand"), N_("Buyer"), N_("What it missed"), N_("It pays"),
        N_("It would go at"),
    )  # fmt: skip
    return csv_response("near-misses.csv", [gettext(one) for one in header], rows)
