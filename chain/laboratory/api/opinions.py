"""JSON resources of second opinions, the blind queue, the days and the figures of agreement."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.laboratory import services
from chain.laboratory.models import SecondOpinion
from chain.laboratory.queries.agreement import agreement_of
from chain.laboratory.queries.opinions import blind_queue, list_opinions, terms_of
from chain.laboratory.rules import Terms
from chain.laboratory.schemas import (
    AgreementArgs,
    AgreementSchema,
    AskedSchema,
    BlindSchema,
    DecidedSchema,
    DecisionSchema,
    LotClassSchema,
    OpinionArgs,
    OpinionCreate,
    OpinionSchema,
    OwnOpinionCreate,
    TermsSchema,
)
from chain.laboratory.services.opinions import apply_finding, ask_own_opinion
from chain.lots.models import Lot
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "laboratory_opinions",
    __name__,
    url="/laboratory",
    description="Second opinions, graded blind, and how often graders agree.",
)
AGAIN = "The same command came before."


def lot_class_answer(lot: Lot) -> dict[str, Any]:
    """Return the class of a lot after a decision."""
    names = ("state", "grade_scheme", "grade_edition", "grade_key", "grade_confirmed", "measured")
    return {"lot_id": lot.id, **{name: getattr(lot, name) for name in names}}


@blueprint.get("/opinions")
@blueprint.arguments(OpinionArgs, location="query")
@blueprint.response(200, page_schema(OpinionSchema))
@permission_required(Permission.LOTS_READ)
def opinion_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the second opinions on the lots of the house; who may grade blind sees only those that are closed."""
    page = list_opinions(db.session, g.actor, page_request(args), now=utc_now(), state=args["state"])
    return page_answer(page)


@blueprint.post("/opinions")
@blueprint.arguments(OpinionCreate)
@blueprint.response(201, AskedSchema)
@blueprint.alt_response(200, schema=AskedSchema, description=AGAIN, success=True)
@permission_required(Permission.OPINIONS_ASK)
def opinion_ask(data: dict[str, Any]) -> tuple[SecondOpinion, int]:
    """Ask for a second opinion on a lot of the house, for its producer or the house."""
    with atomic() as session:
        row, is_new = services.ask_second_opinion(session, actor=g.actor, now=utc_now(), **data)
    return row, 201 if is_new else 200


@blueprint.post("/own-opinions")
@blueprint.arguments(OwnOpinionCreate)
@blueprint.response(201, AskedSchema)
@blueprint.alt_response(200, schema=AskedSchema, description=AGAIN, success=True)
@permission_required(Permission.OWN_OPINIONS_ASK)
def opinion_ask_own(data: dict[str, Any]) -> tuple[SecondOpinion, int]:
    """Ask, as the producer, for a second opinion on an own delivery."""
    with atomic() as session:
        row, is_new = ask_own_opinion(session, actor=g.actor, now=utc_now(), **data)
    return row, 201 if is_new else 200


@blueprint.post("/opinions/<uuid:opinion_id>/withdraw")
@blueprint.response(200, AskedSchema)
@permission_required(Permission.OPINIONS_ASK)
def opinion_withdraw(opinion_id: UUID) -> SecondOpinion:
    """Withdraw a second opinion that one asked for."""
    with atomic() as session:
        return services.withdraw_second_opinion(session, actor=g.actor, now=utc_now(), opinion_id=opinion_id)


@blueprint.post("/opinions/<uuid:opinion_id>/apply")
@blueprint.response(200, LotClassSchema)
@permission_required(Permission.GRADES_CONFIRM)
def opinion_apply(opinion_id: UUID) -> dict[str, Any]:
    """Let a finding count that stood on record only while the lot was on offer."""
    with atomic() as session:
        lot = apply_finding(session, actor=g.actor, now=utc_now(), opinion_id=opinion_id)
        return lot_class_answer(lot)


@blueprint.get("/blind")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(BlindSchema))
@permission_required(Permission.GRADES_CONFIRM)
def blind_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the samples that wait to be graded blind by this person; nothing of lot, producer or earlier class."""
    return page_answer(blind_queue(db.session, g.actor, page_request(args), now=utc_now()))


@blueprint.post("/blind/<uuid:opinion_id>/decide")
@blueprint.arguments(DecisionSchema)
@blueprint.response(200, DecidedSchema)
@permission_required(Permission.GRADES_CONFIRM)
def blind_decide(data: dict[str, Any], opinion_id: UUID) -> SecondOpinion:
    """Say which class a sample has."""
    with atomic() as session:
        return services.decide_second_opinion(
            session, actor=g.actor, now=utc_now(), opinion_id=opinion_id, **data
        )


@blueprint.get("/terms")
@blueprint.response(200, TermsSchema)
@permission_required(Permission.LOTS_READ)
def terms_detail() -> Terms:
    """Return the days to ask and to decide."""
    return terms_of(db.session, g.actor.org)


@blueprint.put("/terms")
@blueprint.arguments(TermsSchema)
@blueprint.response(200, TermsSchema)
@permission_required(Permission.INSTRUMENTS_MANAGE)
def terms_set(data: dict[str, Any]) -> Terms:
    """Set the days to ask and to decide."""
    with atomic() as session:
        return services.set_terms(session, actor=g.actor, now=utc_now(), **data)


@blueprint.get("/agreement")
@blueprint.arguments(AgreementArgs, location="query")
@blueprint.response(200, AgreementSchema)
@permission_required(Permission.LOTS_READ)
def agreement(args: dict[str, Any]) -> dict[str, Any]:
    """Return how often the graders of the organisation agree, with Cohen's kappa and n."""
    report = agreement_of(db.session, g.actor.org, utc_now() - timedelta(days=args["days"]))
    return {
        "since": report.since,
        "without_proposal": report.without_proposal,
        "lapsed": report.lapsed,
        "rows": [
            {
                "kind": row.kind,
                "scheme": row.scheme,
                "edition": row.edition,
                "n": row.agreement.n,
                "equal": row.agreement.equal,
                "kappa": None if row.agreement.kappa is None else str(row.agreement.kappa),
                "is_small": row.agreement.is_small,
                "pairs": [
                    {"first": first, "second": second, "count": count}
                    for first, second, count in row.agreement.pairs
                ],
            }
            for row in report.rows
        ],
    }
