"""The price lists of an organisation."""

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.grading.queries import list_own_grids
from chain.pricing.forms import SchemeForm
from chain.pricing.pages import local_today, page_wanted
from chain.pricing.queries.schemes import get_scheme_for, list_schemes, versions_of
from chain.pricing.rules.content import KIND_LABELS, SchemeKind
from chain.pricing.services.schemes import create_scheme
from chain.pricing.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.get("/price-schemes")
@permission_required(Permission.RUNS_READ)
def scheme_list() -> str:
    """List the price lists, each with its version of today."""
    today = local_today()
    return render_template(
        "pricing/schemes.html",
        page=list_schemes(db.session, g.actor, page_wanted(), today),
        today=today,
        may_write=g.actor.may(Permission.PRICES_WRITE),
    )


@blueprint.get("/price-schemes/new")
@permission_required(Permission.PRICES_WRITE)
def scheme_form() -> str:
    """Ask for name, product and way of paying."""
    form = SchemeForm()
    form.offer()
    return render_template("pricing/scheme_new.html", form=form)


@blueprint.post("/price-schemes/new")
@permission_required(Permission.PRICES_WRITE)
def scheme_submit() -> Response | tuple[str, int]:
    """Open a price list and go on to its first version."""
    form = SchemeForm()
    form.offer()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                scheme = create_scheme(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    scheme_id=form.id.value,
                    key=form.key.data or "",
                    name=form.name.data or "",
                    commodity=form.commodity.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The price list is open. Write its first version now.")), "success")
            return redirect(url_for("pricing.version_form", scheme_id=scheme.id, kind=form.kind.data))
    return render_template("pricing/scheme_new.html", form=form), 422


@blueprint.get("/price-schemes/<uuid:scheme_id>")
@permission_required(Permission.RUNS_READ)
def scheme_detail(scheme_id: UUID) -> str:
    """Show the versions of a price list."""
    scheme = get_scheme_for(db.session, g.actor, scheme_id)
    return render_template(
        "pricing/scheme.html",
        scheme=scheme,
        versions=versions_of(db.session, scheme.id),
        grids=[
            one
            for one in list_own_grids(db.session, g.actor)
            if one.currency == scheme.currency and one.document.get("commodity") == scheme.commodity
        ],
        kinds={one.value: KIND_LABELS[one] for one in SchemeKind},
        today=local_today(),
        may_write=g.actor.may(Permission.PRICES_WRITE),
    )
