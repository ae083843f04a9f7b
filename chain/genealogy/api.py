"""JSON resources of genealogy: events, recipes, shares, traces."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import msgspec
from flask import Response, g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import db, run_atomic
from chain.genealogy import services
from chain.genealogy.models import LotEvent, Recipe
from chain.genealogy.queries.events import (
    EventFilters,
    EventRow,
    events_of,
    get_event_row,
    lines_of,
    list_events,
)
from chain.genealogy.queries.recall import recall
from chain.genealogy.queries.recipes import get_recipe_for, list_recipes
from chain.genealogy.queries.shares import share_page
from chain.genealogy.queries.trace import trace_back, trace_forward
from chain.genealogy.recipes import EXAMPLES
from chain.genealogy.rules import Event, NewRecipe
from chain.genealogy.schemas import (
    EventArgs,
    EventLineSchema,
    EventSchema,
    ExamplesSchema,
    GainSchema,
    LossSchema,
    MergeSchema,
    NewRecipeSchema,
    ProcessSchema,
    RecallSchema,
    RecipeArgs,
    RecipeSchema,
    ShareSchema,
    SortSchema,
    SplitSchema,
    TakeBackSchema,
    TraceArgs,
    TraceSchema,
    TransferSchema,
    UndoBodySchema,
    undo_of,
)
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

blueprint = ApiBlueprint(
    "genealogy",
    __name__,
    url="/genealogy",
    description="Merging, splitting, sorting and processing lots; recipes; trace.",
)
blueprints = [blueprint]
SAME = "The same event came before."

#: Traces hold tens of thousands of lots: written straight from the values, not field by field.
_encode = msgspec.json.Encoder().encode


def _carry_out(service: Callable[..., LotEvent], event: Event) -> tuple[EventRow, int]:
    """Call a service, again from the start when the database asks for it; 201 for what is new."""
    now = utc_now()

    def unit(session: Any) -> int:
        is_known = session.get(LotEvent, event.id) is not None
        service(session, actor=g.actor, now=now, event=event)
        return 200 if is_known else 201

    status = run_atomic(unit)
    return get_event_row(db.session, g.actor, event.id), status


@blueprint.post("/merges")
@blueprint.arguments(MergeSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def merge(event: Event) -> tuple[EventRow, int]:
    """Merge lots of one product into one."""
    return _carry_out(services.merge_lots, event)


@blueprint.post("/splits")
@blueprint.arguments(SplitSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def split(event: Event) -> tuple[EventRow, int]:
    """Split a lot into parts of the same kind."""
    return _carry_out(services.split_lot, event)


@blueprint.post("/sorts")
@blueprint.arguments(SortSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def sort(event: Event) -> tuple[EventRow, int]:
    """Sort a lot into classes by weight; another person confirms each class."""
    return _carry_out(services.sort_lot, event)


@blueprint.post("/processes")
@blueprint.arguments(ProcessSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def process(event: Event) -> tuple[EventRow, int]:
    """Make other products of lots."""
    return _carry_out(services.process_lots, event)


@blueprint.post("/transfers")
@blueprint.arguments(TransferSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def transfer(event: Event) -> tuple[EventRow, int]:
    """Bring lots to another site."""
    return _carry_out(services.transfer_lots, event)


@blueprint.post("/take-backs")
@blueprint.arguments(TakeBackSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def take_back(event: Event) -> tuple[EventRow, int]:
    """Give a producer goods back, at most the own share."""
    return _carry_out(services.take_back, event)


@blueprint.post("/losses")
@blueprint.arguments(LossSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def loss(event: Event) -> tuple[EventRow, int]:
    """Write off a lot or a part of it."""
    return _carry_out(services.record_loss, event)


@blueprint.post("/gains")
@blueprint.arguments(GainSchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def gain(event: Event) -> tuple[EventRow, int]:
    """Write a lot up; refused for certified goods unless the claim is given up."""
    return _carry_out(services.record_gain, event)


@blueprint.get("/events")
@blueprint.arguments(EventArgs, location="query")
@blueprint.response(200, page_schema(EventSchema))
@permission_required(Permission.LOTS_READ)
def event_list(args: dict[str, Any]) -> dict[str, Any]:
    """List events, the latest first."""
    filters = EventFilters(**{name: args[name] for name in EventFilters.__dataclass_fields__})
    return page_answer(list_events(db.session, g.actor, filters, page_request(args)))


@blueprint.get("/events/<uuid:event_id>")
@blueprint.response(200, EventSchema)
@permission_required(Permission.LOTS_READ)
def event_detail(event_id: UUID) -> EventRow:
    """Show one event."""
    return get_event_row(db.session, g.actor, event_id)


@blueprint.get("/events/<uuid:event_id>/lines")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(EventLineSchema))
@permission_required(Permission.LOTS_READ)
def event_lines(args: dict[str, Any], event_id: UUID) -> dict[str, Any]:
    """List what an event used, made, lost, gained, gave back or moved."""
    return page_answer(lines_of(db.session, g.actor, event_id, page_request(args)))


@blueprint.post("/events/<uuid:event_id>/undo")
@blueprint.arguments(UndoBodySchema)
@blueprint.response(201, EventSchema)
@blueprint.alt_response(200, schema=EventSchema, description=SAME)
@permission_required(Permission.LOTS_TRANSFORM)
def event_undo(data: dict[str, Any], event_id: UUID) -> tuple[EventRow, int]:
    """Undo an event, while nothing later rests on it; answers the undoing."""
    return _carry_out(services.undo_event, undo_of(event_id, data))


@blueprint.get("/lots/<uuid:lot_id>/events")
@blueprint.response(200, EventSchema(many=True))
@permission_required(Permission.LOTS_READ)
def lot_events(lot_id: UUID) -> list[EventRow]:
    """List the events in which a lot took part, the first one first."""
    return list(events_of(db.session, g.actor, lot_id))


@blueprint.get("/lots/<uuid:lot_id>/shares")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(ShareSchema))
@permission_required(Permission.LOTS_READ)
def lot_shares(args: dict[str, Any], lot_id: UUID) -> dict[str, Any]:
    """List which deliveries a lot comes from and how much of it each is, the largest first; the parts sum to the lot."""
    return page_answer(share_page(db.session, g.actor, lot_id, page_request(args)))


@blueprint.get("/lots/<uuid:lot_id>/trace")
@blueprint.arguments(TraceArgs, location="query")
@blueprint.alt_response(200, schema=TraceSchema, description="The whole trace.")
@permission_required(Permission.LOTS_READ)
def lot_trace(args: dict[str, Any], lot_id: UUID) -> Response:
    """Trace a lot back to its deliveries, or forward to what became of it."""
    find = trace_back if args["direction"] == "back" else trace_forward
    return _json(find(db.session, g.actor, lot_id))


@blueprint.get("/lots/<uuid:lot_id>/recall")
@blueprint.alt_response(200, schema=RecallSchema, description="The recall list.")
@permission_required(Permission.LOTS_READ)
def lot_recall(lot_id: UUID) -> Response:
    """Return who delivered what is in a lot, which lots hold something of the same deliveries, and who received those."""
    return _json(recall(db.session, g.actor, lot_id))


def _json(value: object) -> Response:
    return Response(_encode(value), content_type="application/json")


@blueprint.get("/recipes")
@blueprint.arguments(RecipeArgs, location="query")
@blueprint.response(200, page_schema(RecipeSchema))
@permission_required(Permission.LOTS_READ)
def recipe_list(args: dict[str, Any]) -> dict[str, Any]:
    """List recipes, by process and name."""
    request = page_request(args)
    return page_answer(list_recipes(db.session, g.actor, request, with_archived=args["with_archived"]))


@blueprint.post("/recipes")
@blueprint.arguments(NewRecipeSchema)
@blueprint.response(201, RecipeSchema)
@blueprint.alt_response(200, schema=RecipeSchema, description="The same recipe came before.")
@permission_required(Permission.RECIPES_WRITE)
def recipe_write(recipe: NewRecipe) -> tuple[Recipe, int]:
    """Store a recipe, and archive the one that it replaces."""
    now = utc_now()

    def unit(session: Any) -> tuple[Recipe, int]:
        is_known = session.get(Recipe, recipe.id) is not None
        row = services.write_recipe(session, actor=g.actor, now=now, recipe=recipe)
        return row, 200 if is_known else 201

    return run_atomic(unit)


@blueprint.get("/recipes/examples")
@blueprint.response(200, ExamplesSchema)
@permission_required(Permission.LOTS_READ)
def recipe_examples() -> dict[str, Any]:
    """List recipes to copy and correct. Nobody has confirmed their figures, and they do nothing by themselves."""
    return {
        "items": [
            {
                "key": one.key,
                "name": gettext(one.name),
                "process": one.process,
                "input_commodity": one.input_commodity,
                "outputs": one.outputs,
                "source": gettext(one.source),
            }
            for one in EXAMPLES
        ]
    }


@blueprint.get("/recipes/<uuid:recipe_id>")
@blueprint.response(200, RecipeSchema)
@permission_required(Permission.LOTS_READ)
def recipe_detail(recipe_id: UUID) -> Recipe:
    """Show a recipe."""
    return get_recipe_for(db.session, g.actor, recipe_id)


@blueprint.post("/recipes/<uuid:recipe_id>/archive")
@blueprint.response(200, RecipeSchema)
@permission_required(Permission.RECIPES_WRITE)
def recipe_archive(recipe_id: UUID) -> Recipe:
    """Take a recipe out of use."""
    now = utc_now()
    return run_atomic(
        lambda session: services.archive_recipe(session, actor=g.actor, now=now, recipe_id=recipe_id)
    )
