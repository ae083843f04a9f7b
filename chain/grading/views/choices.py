"""Pages on which an organisation chooses its norm of a product and its colour list."""

from flask import flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.grading import queries, services
from chain.grading.forms import ChoiceForm, ColourListForm
from chain.grading.scheme import COMMODITIES, ColourScheme
from chain.grading.scheme_files import colour_lists
from chain.grading.views import blueprint, local_today
from chain.web.access import permission_required
from chain.web.forms import option
from chain.web.i18n import current_language


@blueprint.get("/choices/new")
@permission_required(Permission.SCHEMES_CHOOSE)
def choice_form() -> str:
    """Show the form; `?commodity=` narrows the list of norms."""
    form = ChoiceForm()
    commodity = request.args.get("commodity")
    form.offer(commodity, g.actor.org)
    if commodity in COMMODITIES:
        form.commodity.data = commodity
        form.scheme.data = queries.scheme_in_force(db.session, g.actor.org, commodity, local_today()).id
    form.valid_from.data = local_today()
    return render_template("grading/choose.html", form=form)


@blueprint.post("/choices/new")
@permission_required(Permission.SCHEMES_CHOOSE)
def choice_submit() -> Response | tuple[str, int]:
    """Keep the choice."""
    form = ChoiceForm()
    form.offer(organisation_id=g.actor.org)
    if form.validate_on_submit() and form.valid_from.data is not None:
        key, _, edition = form.scheme.data.partition("@")
        try:
            with atomic() as session:
                services.choose_scheme(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    choice_id=form.id.value,
                    commodity=form.commodity.data,
                    scheme=key,
                    edition=edition,
                    valid_from=form.valid_from.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The norm was chosen. Lots graded before keep their class."), "success")
            return redirect(url_for("grading.scheme_list"))
    return render_template("grading/choose.html", form=form), 422


def _offer_lists(form: ColourListForm) -> None:
    language = "en" if current_language() == "en" else "es"
    own = (one for one in queries.offered_schemes(db.session, g.actor.org) if isinstance(one, ColourScheme))
    form.scheme.choices = [option(one.id, one.label[language]) for one in (*colour_lists(), *own)]


@blueprint.get("/colours/choose")
@permission_required(Permission.SCHEMES_CHOOSE)
def colour_list_form() -> str:
    """Show which colour lists may be chosen."""
    form = ColourListForm()
    _offer_lists(form)
    in_force = queries.colour_list_in_force(db.session, g.actor.org, local_today())
    form.scheme.data = (in_force or colour_lists()[0]).id
    form.valid_from.data = local_today()
    return render_template("grading/choose_colours.html", form=form)


@blueprint.post("/colours/choose")
@permission_required(Permission.SCHEMES_CHOOSE)
def colour_list_submit() -> Response | tuple[str, int]:
    """Keep the choice of a colour list."""
    form = ColourListForm()
    _offer_lists(form)
    if form.validate_on_submit() and form.valid_from.data is not None:
        key, _, edition = form.scheme.data.partition("@")
        try:
            with atomic() as session:
                services.choose_colour_list(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    choice_id=form.id.value,
                    scheme=key,
                    edition=edition,
                    valid_from=form.valid_from.data,
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The colour list was chosen."), "success")
            return redirect(url_for("grading.scheme_list"))
    return render_template("grading/choose_colours.html", form=form), 422
