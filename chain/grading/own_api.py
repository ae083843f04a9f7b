"""JSON resources of what organisations add: own schemes, confirmations, colour lists and price grids."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import Page
from chain.grading import queries, services
from chain.grading.models import ColourListChoice, LimitConfirmation, OwnPriceGrid, OwnScheme
from chain.grading.schemas import (
    ColourListChoiceSchema,
    ConfirmationSchema,
    OwnGridSchema,
    OwnSchemeSchema,
    UnconfirmedSchema,
)
from chain.grading.unconfirmed import unconfirmed_values
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "own_grading", __name__, url="/grading", description="What organisations add to the norms."
)


@blueprint.get("/own-schemes")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(OwnSchemeSchema))
@permission_required(Permission.SCHEMES_WRITE)
def own_list(args: dict[str, Any]) -> dict[str, Any]:
    """List own schemes and those that others share."""
    found = queries.list_own_schemes(db.session, g.actor, page_request(args))
    return page_answer(Page([row[0] for row in found.items], found.page, found.page_size, found.total))


@blueprint.post("/own-schemes")
@blueprint.arguments(OwnSchemeSchema)
@blueprint.response(201, OwnSchemeSchema)
@permission_required(Permission.SCHEMES_WRITE)
def own_save(data: dict[str, Any]) -> OwnScheme:
    """Save a scheme, or a new edition of one. The document is checked like the files of the norms."""
    with atomic() as session:
        return services.save_own_scheme(
            session,
            actor=g.actor,
            now=utc_now(),
            scheme_id=data.get("id"),
            document=data["document"],
            word=data["word"],
            key=data["key"],
            is_shared=data["is_shared"],
        )


@blueprint.get("/own-schemes/<key>/<edition>")
@blueprint.response(200, OwnSchemeSchema)
@permission_required(Permission.SCHEMES_WRITE)
def own_detail(key: str, edition: str) -> OwnScheme:
    """Return an own or shared scheme with its document."""
    return queries.get_own_scheme_for(db.session, g.actor, key, edition)


@blueprint.post("/own-schemes/<key>/<edition>/withdrawal")
@blueprint.response(200, OwnSchemeSchema)
@permission_required(Permission.SCHEMES_WRITE)
def own_withdraw(key: str, edition: str) -> OwnScheme:
    """Take an own edition from the lists of what may be chosen."""
    with atomic() as session:
        return services.withdraw_own_scheme(session, actor=g.actor, now=utc_now(), key=key, edition=edition)


@blueprint.get("/schemes/<key>/<edition>/unconfirmed")
@blueprint.response(200, UnconfirmedSchema(many=True))
@permission_required(Permission.LOTS_READ)
def unconfirmed_list(key: str, edition: str) -> list[dict[str, Any]]:
    """List the values of a scheme that nobody but the organisation may have confirmed."""
    scheme, _ = queries.get_scheme_for(db.session, g.actor, key, edition)
    confirmed = queries.confirmed_values(db.session, g.actor.org, key, edition)
    return [
        {
            "key": one.key,
            "label": one.label,
            "value": one.value,
            "unit": one.unit,
            "strength": one.strength,
            "confirmed_by_organisation": one.key in confirmed,
        }
        for one in unconfirmed_values(scheme)
    ]


@blueprint.post("/confirmations")
@blueprint.arguments(ConfirmationSchema)
@blueprint.response(201, ConfirmationSchema)
@permission_required(Permission.SCHEMES_CHOOSE)
def confirmation_make(data: dict[str, Any]) -> LimitConfirmation:
    """Confirm an unconfirmed value as it stands."""
    with atomic() as session:
        return services.confirm_value(
            session, actor=g.actor, now=utc_now(), confirmation_id=data.pop("id", None), **data
        )


@blueprint.post("/confirmations/<uuid:confirmation_id>/withdrawal")
@blueprint.response(200, ConfirmationSchema)
@permission_required(Permission.SCHEMES_CHOOSE)
def confirmation_withdraw(confirmation_id: UUID) -> LimitConfirmation:
    """No longer vouch for a value."""
    with atomic() as session:
        return services.withdraw_confirmation(
            session, actor=g.actor, now=utc_now(), confirmation_id=confirmation_id
        )


@blueprint.post("/colour-list-choices")
@blueprint.arguments(ColourListChoiceSchema)
@blueprint.response(201, ColourListChoiceSchema)
@permission_required(Permission.SCHEMES_CHOOSE)
def colour_list_choose(data: dict[str, Any]) -> ColourListChoice:
    """Name colours by a list from a day on."""
    with atomic() as session:
        return services.choose_colour_list(
            session, actor=g.actor, now=utc_now(), choice_id=data.pop("id", None), **data
        )


@blueprint.get("/price-grids")
@blueprint.response(200, OwnGridSchema(many=True))
@permission_required(Permission.SCHEMES_WRITE)
def grid_list() -> list[OwnPriceGrid]:
    """List the organisation's own price grids."""
    return list(queries.list_own_grids(db.session, g.actor))


@blueprint.post("/price-grids")
@blueprint.arguments(OwnGridSchema)
@blueprint.response(201, OwnGridSchema)
@permission_required(Permission.SCHEMES_WRITE)
def grid_save(data: dict[str, Any]) -> OwnPriceGrid:
    """Save a price grid, or a new edition of one."""
    with atomic() as session:
        return services.save_own_grid(
            session,
            actor=g.actor,
            now=utc_now(),
            grid_id=data.get("id"),
            document=data["document"],
            word=data["word"],
            key=data["key"],
        )


@blueprint.post("/price-grids/<key>/<edition>/withdrawal")
@blueprint.response(200, OwnGridSchema)
@permission_required(Permission.SCHEMES_WRITE)
def grid_withdraw(key: str, edition: str) -> OwnPriceGrid:
    """Take an own price grid out of use."""
    with atomic() as session:
        return services.withdraw_own_grid(session, actor=g.actor, now=utc_now(), key=key, edition=edition)
