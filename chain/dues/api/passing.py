"""The pass-on in kind as resources."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.dues.models import PassingEntry, PassingObligation, PassingProgramme
from chain.dues.pages import local_today
from chain.dues.passing_rules import DEFAULT_MONTHS, Goods, Standing
from chain.dues.queries import passing as queries
from chain.dues.queries.passing import PassingFilter
from chain.dues.schemas import (
    DueReasonSchema,
    PassingArgs,
    PassingDetailSchema,
    PassingEntrySchema,
    PassingLossSchema,
    PassingObligationSchema,
    PassingProgrammeSchema,
)
from chain.dues.services.passing import (
    NewObligation,
    NewPassing,
    correct_entry,
    lose_goods,
    pass_on,
    receive_goods,
)
from chain.dues.services.programmes import NewProgramme, set_programme
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

programmes = ApiBlueprint(
    "passing_programmes", __name__, url="/pass-on/programmes", description="Who gave animals or seed."
)
blueprint = ApiBlueprint(
    "passing", __name__, url="/pass-on", description="Animals and seed that families pass on."
)

KNOWN = "The same id with the same content came before."


@programmes.get("")
@programmes.arguments(PageArgs, location="query")
@programmes.response(200, page_schema(PassingProgrammeSchema))
@permission_required(Permission.PRODUCERS_READ)
def programme_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the programmes by name."""
    return page_answer(queries.page_of_programmes(db.session, g.actor, page_request(args)))


@programmes.post("")
@programmes.arguments(PassingProgrammeSchema)
@programmes.response(201, PassingProgrammeSchema)
@programmes.alt_response(200, schema=PassingProgrammeSchema, description=KNOWN)
@permission_required(Permission.PASSING_ON_WRITE)
def programme_set(data: dict[str, Any]) -> tuple[PassingProgramme, int]:
    """Set a programme; without months, 36 for animals and 12 for seed."""
    goods = Goods(data["goods"])
    months = data["due_months"] or DEFAULT_MONTHS[goods]
    new = NewProgramme(**data | {"goods": goods, "due_months": months})
    with atomic() as session:
        is_known = session.get(PassingProgramme, new.id) is not None
        programme = set_programme(session, actor=g.actor, now=utc_now(), new=new)
    return programme, 200 if is_known else 201


@blueprint.get("")
@blueprint.arguments(PassingArgs, location="query")
@blueprint.response(200, page_schema(PassingObligationSchema))
@permission_required(Permission.PRODUCERS_READ)
def passing_list(args: dict[str, Any]) -> dict[str, Any]:
    """List what families must pass on, the earliest day first."""
    wanted = PassingFilter(
        standing=Standing(args["standing"]) if args["standing"] else None,
        producer_id=args["producer_id"],
        programme_id=args["programme_id"],
    )
    request = page_request(args)
    page = queries.list_obligations(db.session, g.actor, request, today=local_today(), wanted=wanted)
    return page_answer(page, lambda row: row.obligation)


@blueprint.post("")
@blueprint.arguments(PassingObligationSchema)
@blueprint.response(201, PassingObligationSchema)
@blueprint.alt_response(200, schema=PassingObligationSchema, description=KNOWN)
@permission_required(Permission.PASSING_ON_WRITE)
def passing_receive(data: dict[str, Any]) -> tuple[PassingObligation, int]:
    """Record what a family received."""
    new = NewObligation(**data)
    with atomic() as session:
        is_known = session.get(PassingObligation, new.id) is not None
        obligation = receive_goods(session, actor=g.actor, now=utc_now(), new=new)
    return obligation, 200 if is_known else 201


@blueprint.get("/<uuid:obligation_id>")
@blueprint.response(200, PassingDetailSchema)
@permission_required(Permission.PRODUCERS_READ)
def passing_show(obligation_id: UUID) -> dict[str, Any]:
    """Show an obligation with its entries."""
    one = queries.get_obligation_for(db.session, g.actor, obligation_id).obligation
    values = {name: getattr(one, name) for name in PassingObligationSchema._declared_fields}  # noqa: SLF001 - marshmallow's own table
    return values | {"entries": queries.entries_of(db.session, obligation_id)}


@blueprint.post("/<uuid:obligation_id>/passed")
@blueprint.arguments(PassingEntrySchema)
@blueprint.response(201, PassingEntrySchema)
@blueprint.alt_response(200, schema=PassingEntrySchema, description=KNOWN)
@permission_required(Permission.PASSING_ON_WRITE)
def passing_pass(data: dict[str, Any], obligation_id: UUID) -> tuple[PassingEntry, int]:
    """Record what was passed on to the next family."""
    with atomic() as session:
        is_known = session.get(PassingEntry, data["id"]) is not None
        entry = pass_on(
            session, actor=g.actor, now=utc_now(), new=NewPassing(obligation_id=obligation_id, **data)
        )
    return entry, 200 if is_known else 201


@blueprint.post("/<uuid:obligation_id>/lost")
@blueprint.arguments(PassingLossSchema)
@blueprint.response(201, PassingEntrySchema)
@blueprint.alt_response(200, schema=PassingEntrySchema, description=KNOWN)
@permission_required(Permission.PASSING_ON_WRITE)
def passing_lose(data: dict[str, Any], obligation_id: UUID) -> tuple[PassingEntry, int]:
    """Record what need not be passed on."""
    with atomic() as session:
        is_known = session.get(PassingEntry, data["id"]) is not None
        entry = lose_goods(
            session,
            actor=g.actor,
            now=utc_now(),
            entry_id=data.pop("id"),
            obligation_id=obligation_id,
            **data,
        )
    return entry, 200 if is_known else 201


@blueprint.post("/entries/<uuid:entry_id>/correct")
@blueprint.arguments(DueReasonSchema)
@blueprint.response(201, PassingEntrySchema)
@permission_required(Permission.PASSING_ON_WRITE)
def passing_correct(data: dict[str, Any], entry_id: UUID) -> PassingEntry:
    """Take back an entry that was written down by mistake."""
    with atomic() as session:
        return correct_entry(session, actor=g.actor, now=utc_now(), entry_id=entry_id, reason=data["reason"])
