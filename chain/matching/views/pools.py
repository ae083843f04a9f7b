"""Pages of pools."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from chain.accounts.models import Organisation
from chain.accounts.rules import SELLER_KINDS, Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.matching.forms import PoolForm
from chain.matching.proposing import MemberState
from chain.matching.queries.pools import OPEN, list_pools, pool_members, pool_row
from chain.matching.services.pools import close_pool, join_pool, leave_pool, open_pool, part_in_pool
from chain.matching.views import blueprint
from chain.web.access import permission_required, sign_in_required
from chain.web.lists import page_wanted

MAX_SELLERS = 500


@blueprint.get("/matching/pools")
@permission_required(Permission.TENDERS_READ)
def pool_list() -> str:
    """Show the pools that the own organisation leads or was asked into."""
    return _list_page(_form())


def _may_open() -> bool:
    return bool(g.actor.may(Permission.TENDERS_WRITE) or g.actor.may(Permission.MARKET_MANAGE))


def _form() -> PoolForm:
    form = PoolForm()
    rows = db.session.execute(
        select(Organisation.code, Organisation.name)
        .where(
            Organisation.kind.in_(sorted(SELLER_KINDS)),
            Organisation.currency == g.currency,
            Organisation.id != g.actor.org,
        )
        .order_by(Organisation.name)
        .limit(MAX_SELLERS)
    )
    form.offer([(row.code, row.name) for row in rows])
    return form


def _list_page(form: PoolForm) -> str:
    page = list_pools(db.session, g.actor, page_wanted(sortable=True))
    return render_template("matching/pools.html", page=page, form=form, may_open=_may_open())


@blueprint.post("/matching/pools")
@sign_in_required
def pool_submit() -> str | Response | tuple[str, int]:
    """Open a pool and ask associations into it."""
    form = _form()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                pool, _ = open_pool(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    title=form.title.data or "",
                    members=form.members.data or [],
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The pool is open. The associations can see their part and join."), "success")
            return redirect(url_for("matching.pool_detail", pool_id=pool.id))
    if not g.actor.may(Permission.TENDERS_READ):
        raise NotFound
    return _list_page(form), 422


@blueprint.get("/matching/pools/<uuid:pool_id>")
@permission_required(Permission.TENDERS_READ)
def pool_detail(pool_id: UUID) -> str:
    """Show a pool: who is in it, and the own part alone and together."""
    row = pool_row(db.session, g.actor, pool_id)
    is_open = row.pool.state == OPEN
    part = None
    if is_open and row.own_state is not None:
        part = part_in_pool(db.session, actor=g.actor, now=utc_now(), pool_id=pool_id)
    return render_template(
        "matching/pool.html",
        row=row,
        pool=row.pool,
        members=pool_members(db.session, pool_id),
        part=part,
        is_open=is_open,
        may_answer=is_open and not row.is_leader and g.actor.may(Permission.AWARDS_ACCEPT),
        may_run=is_open and row.is_leader and _may_open(),
        has_joined=row.own_state is MemberState.JOINED,
    )


def _step(pool_id: UUID, done: str, command: Callable[..., object], **inputs: Any) -> Response:
    with atomic() as session:
        command(session, actor=g.actor, now=utc_now(), pool_id=pool_id, **inputs)
    flash(done, "success")
    return redirect(url_for("matching.pool_detail", pool_id=pool_id))


@blueprint.post("/matching/pools/<uuid:pool_id>/join")
@permission_required(Permission.AWARDS_ACCEPT)
def pool_join(pool_id: UUID) -> Response:
    """Join after the own part was shown."""
    part = part_in_pool(db.session, actor=g.actor, now=utc_now(), pool_id=pool_id)
    return _step(pool_id, N_("Your association is in the pool."), join_pool, part=part)


@blueprint.post("/matching/pools/<uuid:pool_id>/leave")
@permission_required(Permission.AWARDS_ACCEPT)
def pool_leave(pool_id: UUID) -> Response:
    """Leave, or say no."""
    return _step(pool_id, N_("Your association is not in the pool."), leave_pool)


@blueprint.post("/matching/pools/<uuid:pool_id>/close")
@sign_in_required
def pool_close(pool_id: UUID) -> Response:
    """Close an own pool."""
    return _step(pool_id, N_("The pool is closed."), close_pool)
