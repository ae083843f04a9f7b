"""Into force, to its end, withdrawn, thrown away."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.pricing.forms import EndVersionForm, WithdrawForm
from chain.pricing.pages import local_today
from chain.pricing.queries.schemes import get_version_for
from chain.pricing.services.schemes import discard_draft
from chain.pricing.services.states import activate_version, end_version, require_withdrawer, withdraw_version
from chain.pricing.views import blueprint
from chain.web.access import permission_required
from chain.web.i18n import gettext


@blueprint.post("/price-versions/<uuid:version_id>/activate")
@permission_required(Permission.PRICES_WRITE)
def version_activate(version_id: UUID) -> Response:
    """Put a draft into force."""
    try:
        with atomic() as session:
            activate_version(
                session,
                actor=g.actor,
                now=utc_now(),
                version_id=version_id,
                ends_previous="ends_previous" in request.form,
            )
    except NotFound:
        raise
    except DomainError as refused:
        told = [one for messages in refused.errors.values() for one in messages] or [refused.message]
        for one in told:
            flash(gettext(one), "error")
    else:
        flash(gettext(N_("The version is in force. What it says does not change any more.")), "success")
    return redirect(url_for("pricing.version_detail", version_id=version_id))


@blueprint.get("/price-versions/<uuid:version_id>/end")
@permission_required(Permission.PRICES_WRITE)
def version_end_form(version_id: UUID) -> str:
    """Ask for the last day."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    form = EndVersionForm()
    form.last_day.data = version.valid_to or local_today()
    return render_template("pricing/version_end.html", form=form, scheme=scheme, version=version)


@blueprint.post("/price-versions/<uuid:version_id>/end")
@permission_required(Permission.PRICES_WRITE)
def version_end_submit(version_id: UUID) -> Response | tuple[str, int]:
    """Let a version end."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    form = EndVersionForm()
    if form.validate_on_submit() and form.last_day.data:
        try:
            with atomic() as session:
                end_version(
                    session, actor=g.actor, now=utc_now(), version_id=version_id, last_day=form.last_day.data
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The last day of the version is set.")), "success")
            return redirect(url_for("pricing.version_detail", version_id=version_id))
    return render_template("pricing/version_end.html", form=form, scheme=scheme, version=version), 422


@blueprint.get("/price-versions/<uuid:version_id>/withdraw")
@permission_required(Permission.RUNS_READ)
def version_withdraw_form(version_id: UUID) -> str:
    """Ask why."""
    require_withdrawer(g.actor)
    scheme, version = get_version_for(db.session, g.actor, version_id)
    return render_template(
        "pricing/version_withdraw.html", form=WithdrawForm(), scheme=scheme, version=version
    )


@blueprint.post("/price-versions/<uuid:version_id>/withdraw")
@permission_required(Permission.RUNS_READ)
def version_withdraw_submit(version_id: UUID) -> Response | tuple[str, int]:
    """Take a wrong version back."""
    scheme, version = get_version_for(db.session, g.actor, version_id)
    form = WithdrawForm()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                withdraw_version(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    version_id=version_id,
                    reason=form.reason.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(gettext(N_("The version is withdrawn and pays nothing any more.")), "success")
            return redirect(url_for("pricing.version_detail", version_id=version_id))
    page = render_template("pricing/version_withdraw.html", form=form, scheme=scheme, version=version)
    return page, 422


@blueprint.post("/price-versions/<uuid:version_id>/discard")
@permission_required(Permission.PRICES_WRITE)
def version_discard(version_id: UUID) -> Response:
    """Throw a draft away."""
    scheme, _ = get_version_for(db.session, g.actor, version_id)
    scheme_id = scheme.id
    with atomic() as session:
        discard_draft(session, actor=g.actor, now=utc_now(), version_id=version_id)
    flash(gettext(N_("The draft is thrown away.")), "success")
    return redirect(url_for("pricing.scheme_detail", scheme_id=scheme_id))
