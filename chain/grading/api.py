"""JSON resources of grading: the schemes there are, and the ones an organisation has chosen."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.grading import own_api, queries, services
from chain.grading.describe import describe
from chain.grading.models import SchemeChoice
from chain.grading.schemas import ChoiceSchema, SchemeArgs, SchemeDetailSchema, SchemeSchema
from chain.grading.scheme import Scheme
from chain.grading.scheme_files import all_schemes, fits_commodity
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "grading", __name__, url="/grading", description="Norms, their classes, and which are in use."
)
blueprints = [blueprint, own_api.blueprint]


SCHEME_SORT: Mapping[str, Callable[[Scheme], Any]] = {
    "scheme": lambda one: (one.key, one.edition),
    "edition": lambda one: (one.edition, one.key),
    "commodity": lambda one: (one.commodity, one.key, one.edition),
}


@blueprint.get("/schemes")
@blueprint.arguments(SchemeArgs, location="query")
@blueprint.response(200, page_schema(SchemeSchema))
@sign_in_required
def scheme_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the schemes, all or those that fit a commodity."""
    wanted = page_request(args)
    commodity = args["commodity"]
    found = [one for one in all_schemes() if commodity is None or fits_commodity(one, commodity)]
    return page_answer(slice_rows(found, wanted, SCHEME_SORT))


@blueprint.get("/schemes/<key>/<edition>")
@blueprint.response(200, SchemeDetailSchema)
@sign_in_required
def scheme_detail(key: str, edition: str) -> dict[str, Any]:
    """Return a scheme with every value and its strength."""
    scheme, _ = queries.get_scheme_for(db.session, g.actor, key, edition)
    return scheme_answer(scheme)


@blueprint.get("/choices")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(ChoiceSchema))
@permission_required(Permission.LOTS_READ)
def choice_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the choices of the organisation; sort by valid_from or commodity."""
    return page_answer(queries.list_choices(db.session, g.actor, page_request(args)))


@blueprint.post("/choices")
@blueprint.arguments(ChoiceSchema)
@blueprint.response(201, ChoiceSchema)
@permission_required(Permission.SCHEMES_CHOOSE)
def choice_make(data: dict[str, Any]) -> SchemeChoice:
    """Grade a commodity by a scheme and edition from a day on."""
    with atomic() as session:
        return services.choose_scheme(
            session,
            actor=g.actor,
            now=utc_now(),
            choice_id=data.get("id"),
            commodity=data["commodity"],
            scheme=data["scheme"],
            edition=data["edition"],
            valid_from=data["valid_from"],
        )


def scheme_answer(scheme: Scheme) -> dict[str, Any]:
    """Return everything that is known of a scheme."""
    return {
        "key": scheme.key,
        "edition": scheme.edition,
        "commodity": scheme.commodity,
        "kind": scheme.kind,
        "status": scheme.status,
        "label": scheme.label,
        "enabled_by_default": scheme.enabled_by_default,
        "sources": scheme.sources,
        "values": describe(scheme),
    }
