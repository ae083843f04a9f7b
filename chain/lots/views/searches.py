"""Saved searches: keep the search that is shown, open, rename and delete it."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.lots import queries, services
from chain.lots.board_forms import RenameForm, SearchForm
from chain.lots.views import blueprint
from chain.web.access import permission_required

Answer = str | Response | tuple[str, int]


@blueprint.get("/lots/searches")
@permission_required(Permission.LOTS_READ)
def search_list() -> str:
    """List the searches that this person keeps."""
    return _page(RenameForm(), None)


def _page(form: RenameForm, renamed: UUID | None) -> str:
    return render_template(
        "lots/searches.html",
        searches=queries.saved_searches(db.session, g.actor),
        form=form,
        renamed=renamed,
    )


@blueprint.post("/lots/searches")
@permission_required(Permission.LOTS_READ)
def search_submit() -> Answer:
    """Keep a search; a refusal is shown beside what was written."""
    form = SearchForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                search, _ = services.save_search(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    name=form.name.data or "",
                    query=form.query.data or "",
                )
                query = search.query
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The search is saved. You find it above the lots."), "success")
            return redirect(_address(query))
    return render_template("lots/save_search.html", form=form), 422


@blueprint.get("/lots/searches/<uuid:search_id>")
@permission_required(Permission.LOTS_READ)
def search_open(search_id: UUID) -> Response:
    """Open the board with a saved search."""
    return redirect(_address(queries.get_search_for(db.session, g.actor, search_id).query))


@blueprint.post("/lots/searches/<uuid:search_id>/rename")
@permission_required(Permission.LOTS_READ)
def search_rename(search_id: UUID) -> Answer:
    """Give a search another name."""
    queries.get_search_for(db.session, g.actor, search_id)
    form = RenameForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.rename_search(session, actor=g.actor, search_id=search_id, name=form.name.data or "")
        except NotFound:
            raise
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The search has its new name."), "success")
            return redirect(url_for("lots.search_list"))
    return _page(form, search_id), 422


@blueprint.post("/lots/searches/<uuid:search_id>/delete")
@permission_required(Permission.LOTS_READ)
def search_delete(search_id: UUID) -> Response:
    """Forget a search."""
    with atomic() as session:
        services.delete_search(session, actor=g.actor, search_id=search_id)
    flash(N_("The search is deleted."), "success")
    return redirect(url_for("lots.search_list"))


def _address(query: str) -> str:
    base = url_for("lots.lot_list")
    return f"{base}?{query}" if query else base
