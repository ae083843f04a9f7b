"""The list of norms and lists, and the page of one with its values, what the organisation vouches for, and a box to try it."""

from typing import Any

from flask import g, render_template, request

from chain.accounts.models import Organisation
from chain.accounts.rules import Permission
from chain.core.db import db
from chain.core.i18n import N_
from chain.core.paging import PageRequest
from chain.grading import queries
from chain.grading.attribute_reader import read_attributes, read_fleece
from chain.grading.attributes import MILK_NUMBERS, SARCOCYSTIS, AttributesRefused
from chain.grading.describe import describe
from chain.grading.own_documents import OWN_KINDS
from chain.grading.result import GradeResult
from chain.grading.rules import classify
from chain.grading.scheme import (
    COMMODITIES,
    CarcassScheme,
    FleeceScheme,
    LimitScheme,
    MicronScheme,
    Names,
    Scheme,
)
from chain.grading.scheme_files import all_schemes, get_scheme, is_by_analogy
from chain.grading.unconfirmed import unconfirmed_values
from chain.grading.views import blueprint, local_today
from chain.web.access import sign_in_required
from chain.web.lists import page_wanted

#: Words that mean one thing in one norm and another thing in another.
AMBIGUOUS = ("extrafina", "fina", "semifina", "gruesa", "superfina", "baby", "huarizo")
SARCOCYSTIS_WORDS = {
    "absent": N_("Sarcocystis not found"),
    "present": N_("Sarcocystis found"),
    "not_inspected": N_("not inspected"),
}


@blueprint.get("/schemes")
@sign_in_required
def scheme_list() -> str:
    """Show which norms are in use today, the history of choices, what organisations wrote, and all norms."""
    in_force, history, colours = None, None, None
    if g.actor.organisation_id is not None and g.actor.may(Permission.LOTS_READ):
        in_force = queries.schemes_in_force(db.session, g.actor.org, local_today())
        history = queries.list_choices(db.session, g.actor, page_wanted())
        colours = queries.colour_list_in_force(db.session, g.actor.org, local_today())
    groups = [
        (commodity, [one for one in all_schemes() if one.commodity == commodity]) for commodity in COMMODITIES
    ]
    return render_template(
        "grading/schemes.html",
        in_force=in_force,
        history=history,
        colours=colours,
        scheme_of=get_scheme,
        is_by_analogy=is_by_analogy,
        groups=[(commodity, schemes) for commodity, schemes in groups if schemes],
        own=queries.list_own_schemes(
            db.session, g.actor, PageRequest(request.args.get("own", 1, int), queries.MAX_LISTED)
        ).items,
        may_choose=g.actor.may(Permission.SCHEMES_CHOOSE),
        may_write=g.actor.may(Permission.SCHEMES_WRITE),
    )


@blueprint.get("/schemes/<key>/<edition>")
@sign_in_required
def scheme_detail(key: str, edition: str) -> str:
    """Show every value with its strength, sources and who vouches for it; the address may hold values to try."""
    scheme, row = queries.get_scheme_for(db.session, g.actor, key, edition)
    confirmations = (
        queries.confirmations_of(db.session, g.actor.org, key, edition) if g.actor.organisation_id else ()
    )
    confirmed = {one.value_key: one for one in confirmations if one.withdrawn_at is None}
    result, problems = _tried(scheme, frozenset(confirmed))
    return render_template(
        "grading/scheme.html",
        scheme=scheme,
        rows=describe(scheme, set(confirmed)),
        unconfirmed=unconfirmed_values(scheme),
        confirmed=confirmed,
        withdrawn=[one for one in confirmations if one.withdrawn_at is not None],
        own=row,
        owner=db.session.get(Organisation, row.organisation_id) if row is not None else None,
        is_mine=row is not None and row.organisation_id == g.actor.organisation_id,
        inputs=_inputs(scheme),
        typed=request.args,
        result=result,
        problems=problems,
        twins=_twins(scheme),
        may_choose=g.actor.may(Permission.SCHEMES_CHOOSE),
        may_write=g.actor.may(Permission.SCHEMES_WRITE),
        is_copyable=scheme.kind in OWN_KINDS,
    )


Input = tuple[str, str, dict[str, str] | None]


def _inputs(scheme: Scheme) -> list[Input]:
    """Return name, label and options of what may be typed to try a scheme."""
    language = "en" if g.language == "en" else "es"
    match scheme:
        case MicronScheme():
            return [("micron", N_("Mean micron, µm"), None), ("length_mm", N_("Staple length, mm"), None)]
        case FleeceScheme():
            kilograms: list[Input] = [
                (f"{one}_kg", f"{one.replace('_', ' ').capitalize()}, kg", None) for one in scheme.qualities
            ]
            terms = {one.key: one.names[language] for one in scheme.colour_terms}
            return [
                *kilograms,
                ("length_mm", N_("Staple length, mm"), None),
                ("colour_term", N_("Colour"), terms),
            ]
        case LimitScheme():
            named = {"storage_temperature": "temperature"}
            return [
                (
                    named.get(one.key, one.key),
                    f"{one.names[language]}{', ' + one.unit.replace('C', '°C') if one.unit else ''}",
                    None,
                )
                for one in scheme.parameters
                if one.kind == "numeric" and (one.key in MILK_NUMBERS or one.key in _MILK_HEAD)
            ]
        case CarcassScheme():
            classes = {one.key: one.names[language] for one in scheme.classes}
            words = {one: SARCOCYSTIS_WORDS[one] for one in SARCOCYSTIS}
            return [
                ("weight_g", N_("Carcass weight, g"), None),
                ("sarcocystis", N_("Sarcocystis"), words),
                ("grade_class", N_("Class that a person chose"), classes),
            ]
        case _:
            return []


_MILK_HEAD = frozenset({"fat", "density", "storage_temperature", "freezing_point"})


def _tried(scheme: Scheme, confirmed: frozenset[str]) -> tuple[GradeResult | None, dict[str, Any]]:
    """Class what stands in the address; None when nothing does."""
    names = {name for name, _, _ in _inputs(scheme)}
    values = {name: value[:40] for name, value in request.args.items() if name in names and value.strip()}
    if not values:
        return None, {}
    try:
        attributes = (
            read_fleece(scheme, values)
            if isinstance(scheme, FleeceScheme)
            else read_attributes(scheme.commodity, values)
        )
    except AttributesRefused as refused:
        return None, dict(refused.errors)
    return classify(scheme, attributes, commodity=scheme.commodity, confirmed=confirmed), {}


def _twins(scheme: Scheme) -> list[tuple[str, list[Scheme]]]:
    """Return the words of this scheme that mean something else in another norm, with those norms."""
    found = []
    mine = {_word(one.names): one.names["es"] for one in describe(scheme)}
    for word, shown in mine.items():
        others = [
            other
            for other in all_schemes()
            if other.key != scheme.key
            and other.commodity == scheme.commodity
            and any(_word(one.names) == word for one in describe(other))
        ]
        if word in AMBIGUOUS and others:
            found.append((shown, others))
    return found


def _word(names: Names) -> str:
    return names["es"].casefold().strip()
