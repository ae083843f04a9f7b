"""Pages on which a named person vouches for an unconfirmed value, and takes it back."""

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.grading import queries, services
from chain.grading.forms import ConfirmationForm
from chain.grading.scheme import Scheme
from chain.grading.unconfirmed import UnconfirmedValue, unconfirmed_values
from chain.grading.views import blueprint
from chain.web.access import permission_required


def _value(key: str, edition: str, value_key: str) -> tuple[Scheme, UnconfirmedValue]:
    scheme, _ = queries.get_scheme_for(db.session, g.actor, key, edition)
    found = next((one for one in unconfirmed_values(scheme) if one.key == value_key), None)
    if found is None:
        raise NotFound
    return scheme, found


@blueprint.get("/schemes/<key>/<edition>/confirm")
@permission_required(Permission.SCHEMES_CHOOSE)
def confirm_form(key: str, edition: str) -> str:
    """Show one unconfirmed value as it stands (`?value=` is its key) and ask who vouches for it."""
    scheme, value = _value(key, edition, request.args.get("value", ""))
    form = ConfirmationForm()
    form.value_key.data, form.value.data = value.key, value.value
    form.person.data = g.user.display_name
    return render_template("grading/confirm.html", form=form, scheme=scheme, value=value)


@blueprint.post("/schemes/<key>/<edition>/confirm")
@permission_required(Permission.SCHEMES_CHOOSE)
def confirm_submit(key: str, edition: str) -> Response | tuple[str, int]:
    """Keep the confirmation."""
    form = ConfirmationForm()
    scheme, value = _value(key, edition, form.value_key.data or "")
    if form.validate_on_submit():
        try:
            with atomic() as session:
                services.confirm_value(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    confirmation_id=form.id.value,
                    scheme=key,
                    edition=edition,
                    value_key=value.key,
                    value=form.value.data or "",
                    person=form.person.data or "",
                    basis=form.basis.data or "",
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The value counts from now on in this organisation."), "success")
            return redirect(url_for("grading.scheme_detail", key=key, edition=edition))
    return render_template("grading/confirm.html", form=form, scheme=scheme, value=value), 422


@blueprint.post("/confirmations/<uuid:confirmation_id>/withdraw")
@permission_required(Permission.SCHEMES_CHOOSE)
def confirmation_withdraw(confirmation_id: UUID) -> Response:
    """No longer vouch for a value."""
    with atomic() as session:
        row = services.withdraw_confirmation(
            session, actor=g.actor, now=utc_now(), confirmation_id=confirmation_id
        )
        target = url_for("grading.scheme_detail", key=row.scheme, edition=row.edition)
    flash(N_("The confirmation was withdrawn. Lots keep their classes."), "success")
    return redirect(target)
