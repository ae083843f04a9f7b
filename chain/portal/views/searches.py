"""Pages of saved searches."""

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from sqlalchemy import select
from werkzeug.wrappers import Response

from chain.accounts.models import Organisation
from chain.accounts.rules import Permission
from chain.buyers.queries import seller_names
from chain.certification.rules import CLAIM_LABELS, Claim
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.core.quantity import thousandths
from chain.grading.scheme_files import all_schemes
from chain.lots.attributes import COLOURS
from chain.lots.grades import class_names, class_with_norm
from chain.lots.products import PRODUCT_LABELS
from chain.portal.forms import SearchForm
from chain.portal.models import BoardSearch
from chain.portal.queries.alerts import own_searches
from chain.portal.services.searches import delete_search, save_search
from chain.portal.views import blueprint
from chain.web.access import permission_required
from chain.web.forms import option
from chain.web.i18n import current_language, gettext

#: Larger numbers cannot be meant and would not fit a column.
MAX_NUMBER = 10**9


@blueprint.get("/portal/searches")
@permission_required(Permission.BIDS_PLACE)
def search_list() -> str:
    """Show the own searches and the form of a new one."""
    return _page(_form(formdata=None, data=_wanted()))


def _wanted() -> dict[str, str]:
    """Return the filters of the address: the board leads here with its own."""
    return {name: request.args.get(name, "") for name in ("commodity", "grade", "colour", "claim", "centre")}


def _form(**kwargs: Any) -> SearchForm:
    form = SearchForm(**kwargs)
    language = "en" if current_language() == "en" else "es"
    anything = option("", gettext(N_("Any")))
    form.commodity.choices = [anything, *(option(key, gettext(text)) for key, text in PRODUCT_LABELS.items())]
    form.grade.choices = [anything, *(option(key, name) for key, name in _grades(language))]
    form.colour.choices = [anything, *(option(key, one.names[language]) for key, one in COLOURS.items())]
    form.claim.choices = [
        anything,
        *(option(one.value, gettext(CLAIM_LABELS[one])) for one in (Claim.TRANSITION, Claim.ORGANIC)),
    ]
    ids = dict(seller_names(db.session))
    codes = db.session.execute(select(Organisation.code, Organisation.id).where(Organisation.id.in_(ids)))
    named = sorted((ids[row.id], row.code) for row in codes)
    form.centre.choices = [anything, *(option(code, name) for name, code in named)]
    return form


def _grades(language: str) -> list[tuple[str, str]]:
    found = []
    for scheme in all_schemes():
        for key in class_names(scheme.key, scheme.edition):
            name = class_with_norm(scheme.key, scheme.edition, key, language)
            found.append((f"{scheme.key}/{scheme.edition}/{key}", name))
    return sorted(found, key=lambda one: one[1])


def _page(form: SearchForm) -> str:
    language = "en" if current_language() == "en" else "es"
    searches = [(one, _words(one, language)) for one in own_searches(db.session, g.actor)]
    return render_template("portal/searches.html", form=form, searches=searches)


def _words(search: BoardSearch, language: str) -> list[str]:
    """Return what a search asks for, in words."""
    kept, words = search.filters, []
    if kept.get("commodity"):
        words.append(gettext(PRODUCT_LABELS.get(kept["commodity"], kept["commodity"])))
    if kept.get("grade"):
        scheme, _, rest = kept["grade"].partition("/")
        edition, _, key = rest.partition("/")
        words.append(class_with_norm(scheme, edition, key, language))
    if kept.get("colour") in COLOURS:
        words.append(COLOURS[kept["colour"]].names[language])
    if kept.get("claim"):
        words.append(gettext(CLAIM_LABELS[Claim(kept["claim"])]))
    for name, mark in (("micron_min_tenths", "≥"), ("micron_max_tenths", "≤")):
        if kept.get(name) is not None:
            words.append(f"{mark} {kept[name] / 10} µm")
    if kept.get("min_quantity"):
        words.append(f"≥ {kept['min_quantity'] / 1000:g} kg")
    if kept.get("centre"):
        words.append(kept["centre"])
    return words


@blueprint.post("/portal/searches")
@permission_required(Permission.BIDS_PLACE)
def search_submit() -> Response | tuple[str, int]:
    """Keep a search."""
    form = _form()
    if form.validate_on_submit():
        try:
            with atomic() as session:
                save_search(
                    session,
                    actor=g.actor,
                    now=utc_now(),
                    id=form.id.value,
                    name=form.name.data or "",
                    filters=_filters(form),
                )
        except DomainError as refused:
            form.take_refusal(refused)
        else:
            flash(N_("The search was saved. You are told when something fits."), "success")
            return redirect(url_for("portal.search_list"))
    return _page(form), 422


def _filters(form: SearchForm) -> dict[str, Any]:
    values: dict[str, Any] = {
        name: form[name].data or None for name in ("commodity", "grade", "colour", "claim", "centre")
    }
    for name in ("micron_min", "micron_max"):
        number = form[name].data
        values[f"{name}_tenths"] = (
            int(number * 10) if number is not None and 0 <= number <= MAX_NUMBER else None
        )
    number = form.kilograms.data
    values["min_quantity"] = thousandths(number) if number is not None and 0 <= number <= MAX_NUMBER else None
    return values


@blueprint.post("/portal/searches/<uuid:search_id>/delete")
@permission_required(Permission.BIDS_PLACE)
def search_delete(search_id: UUID) -> Response:
    """Forget a search."""
    with atomic() as session:
        delete_search(session, actor=g.actor, search_id=search_id)
    flash(N_("The search was deleted."), "success")
    return redirect(url_for("portal.search_list"))
