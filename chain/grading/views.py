"""Pages of grading: the norms, what is known of each value, and which ones the organisation uses."""

from datetime import date
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError, NotFound
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.grading import queries, services
from chain.grading.describe import describe
from chain.grading.forms import ChoiceForm
from chain.grading.scheme import COMMODITIES, COMMODITY_LABELS, STRENGTH_LABELS, Scheme, Strength
from chain.grading.scheme_files import UnknownSchemeError, all_schemes, get_scheme, is_by_analogy
from chain.web.access import permission_required, sign_in_required
from chain.web.formats import timezone_name
from chain.web.i18n import current_language
from chain.web.navigation import NavigationItem

blueprint = Blueprint("grading", __name__, url_prefix="/grading")

NAVIGATION = [
    NavigationItem(
        N_("Norms"),
        "grading.scheme_list",
        Permission.LOTS_READ,
        order=80,
        about=N_("Classes, their limits and sources"),
        covers=("/grading",),
    )
]

#: How the strength of a value is coloured; the word stands beside it.
TONES = {
    Strength.CONFIRMED: "success",
    Strength.SECONDARY: "info",
    Strength.THIRD_HAND: "info",
    Strength.UNCONFIRMED: "warning",
    Strength.NOT_KNOWN: "neutral",
}

#: Words that a norm asks of an inspection.
RESULT_WORDS = {
    "absent": N_("absent"),
    "negative": N_("negative"),
    "certified_free": N_("certified free"),
    "vaccinated": N_("vaccinated"),
    "yes": N_("yes"),
    "does_not_coagulate": N_("does not coagulate"),
    "below_mrl": N_("below the maximum residue limit"),
}


@blueprint.context_processor
def scheme_words() -> dict[str, object]:
    """Give the templates of this area the words for strengths and products."""
    return {
        "strength_labels": STRENGTH_LABELS,
        "strength_tones": TONES,
        "result_words": RESULT_WORDS,
        "commodity_labels": COMMODITY_LABELS,
        "name_language": "en" if current_language() == "en" else "es",
    }


@blueprint.get("/schemes")
@sign_in_required
def scheme_list() -> str:
    """Show which norms are in use today, the history of choices, and all norms."""
    in_force, history = None, None
    if g.actor.organisation_id is not None and g.actor.may(Permission.LOTS_READ):
        in_force = queries.schemes_in_force(db.session, g.actor.org, local_today())
        history = queries.list_choices(db.session, g.actor, PageRequest(request.args.get("page", 1, int)))
    groups = [
        (commodity, [one for one in all_schemes() if one.commodity == commodity]) for commodity in COMMODITIES
    ]
    return render_template(
        "grading/schemes.html",
        in_force=in_force,
        history=history,
        scheme_of=get_scheme,
        is_by_analogy=is_by_analogy,
        groups=[(commodity, schemes) for commodity, schemes in groups if schemes],
        may_choose=g.actor.may(Permission.SCHEMES_CHOOSE),
    )


@blueprint.get("/schemes/<key>/<edition>")
@sign_in_required
def scheme_detail(key: str, edition: str) -> str:
    """Show every value of a norm with its strength and sources."""
    scheme = _find(key, edition)
    return render_template("grading/scheme.html", scheme=scheme, rows=describe(scheme))


@blueprint.get("/choices/new")
@permission_required(Permission.SCHEMES_CHOOSE)
def choice_form() -> str:
    """Show the form; `?commodity=` narrows the list of norms."""
    form = ChoiceForm()
    commodity = request.args.get("commodity")
    form.offer(commodity)
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
    form.offer()
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


def local_today() -> date:
    """Return the day it is at the organisation."""
    return utc_now().astimezone(ZoneInfo(timezone_name())).date()


def _find(key: str, edition: str) -> Scheme:
    try:
        return get_scheme(key, edition)
    except UnknownSchemeError:
        raise NotFound from None
