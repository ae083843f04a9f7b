"""JSON resources of income."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from flask import g
from werkzeug.wrappers import Response

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.core.paging import slice_rows
from chain.income.models import Baseline
from chain.income.queries import baselines as baseline_queries
from chain.income.queries import overview as overview_queries
from chain.income.queries.passbook import passbook
from chain.income.rules import BaselineTerms, EarlierSeason
from chain.income.schemas import (
    BaselineSchema,
    EarlierBatchSchema,
    EarlierResultsSchema,
    IncomeSeasonSchema,
    OwnNoticeReadSchema,
    OwnNoticeSchema,
    PassbookSchema,
    ProducerSeasonSchema,
    SeasonArgs,
)
from chain.income.services.baselines import set_baseline
from chain.income.services.earlier import bring_in_earlier_seasons
from chain.lots.models import ProducerNotice
from chain.lots.queries.notices import NoticeRow, page_of_notices
from chain.lots.services.notices import mark_notice_read
from chain.producers.models import Producer
from chain.producers.queries import get_producer_for, producer_of_user
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema
from chain.web.i18n import gettext

blueprint = ApiBlueprint(
    "income", __name__, url="/income", description="What producers earned, against a stated baseline."
)
baselines = ApiBlueprint(
    "baselines", __name__, url="/baselines", description="What intermediaries paid, with source and method."
)
blueprints = [blueprint, baselines]


SEASON_SORT: Mapping[str, Callable[[Any], Any]] = {
    "season": lambda one: (one.key.season, one.key.commodity, one.key.currency),
    "commodity": lambda one: (one.key.commodity, one.key.season, one.key.currency),
}


@blueprint.get("")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(IncomeSeasonSchema))
@permission_required(Permission.INCOME_READ)
def season_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the seasons of the organisation, newest first, everybody together and by sex."""
    found = overview_queries.overview(db.session, g.actor)
    return page_answer(slice_rows(found, page_request(args), SEASON_SORT))


@blueprint.get("/producers")
@blueprint.arguments(SeasonArgs, location="query")
@blueprint.response(200, page_schema(ProducerSeasonSchema))
@permission_required(Permission.INCOME_READ)
def producer_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the producers of a season; sort by name, member_code, net or gain."""
    return page_answer(
        overview_queries.producers_of_season(
            db.session, g.actor, args["season"], page_request(args), text=args["q"]
        )
    )


@blueprint.get("/producers/<uuid:producer_id>")
@blueprint.response(200, PassbookSchema)
@permission_required(Permission.INCOME_READ)
def producer_passbook(producer_id: UUID) -> dict[str, Any]:
    """Return what a member earned with the organisation."""
    producer = get_producer_for(db.session, g.actor, producer_id)
    return _passbook_answer(producer, g.actor.org)


@blueprint.get("/me")
@blueprint.response(200, PassbookSchema)
@permission_required(Permission.OWN_INCOME_READ)
def own_passbook() -> dict[str, Any]:
    """Return what the signed-in producer earned, with all organisations."""
    producer = producer_of_user(db.session, g.actor.user_id)
    if producer is None:
        raise NotFound
    return _passbook_answer(producer, None)


@blueprint.get("/me/notices")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(OwnNoticeSchema))
@permission_required(Permission.OWN_INCOME_READ)
def own_notices(args: dict[str, Any]) -> dict[str, Any]:
    """List what the signed-in producer was told, in the reader's language: the unread first; sort by created_at."""
    producer = producer_of_user(db.session, g.actor.user_id)
    if producer is None:
        raise NotFound
    return page_answer(page_of_notices(db.session, producer.id, page_request(args)), _notice)


@blueprint.post("/me/notices/<uuid:notice_id>/read")
@blueprint.response(200, OwnNoticeReadSchema)
@permission_required(Permission.OWN_INCOME_READ)
def own_notice_read(notice_id: UUID) -> ProducerNotice:
    """Note that the producer has read a notice; the first time counts."""
    with atomic() as session:
        return mark_notice_read(session, actor=g.actor, now=utc_now(), notice_id=notice_id)


def _notice(row: NoticeRow) -> dict[str, Any]:
    amounts = {name: row.params.get(name) for name in ("currency", "before_minor", "after_minor")}
    return {
        "id": row.id,
        "organisation": row.organisation,
        "text": gettext(row.message),
        "created_at": row.created_at,
        "read_at": row.read_at,
        **amounts,
    }


def _passbook_answer(producer: Producer, organisation_id: UUID | None) -> dict[str, Any]:
    return {
        "producer_id": producer.id,
        "full_name": producer.full_name,
        "seasons": passbook(db.session, producer.id, organisation_id),
    }


@blueprint.post("/earlier")
@blueprint.arguments(EarlierBatchSchema)
@blueprint.response(200, EarlierResultsSchema)
@permission_required(Permission.INCOME_WRITE)
def earlier_bring_in(data: dict[str, Any]) -> dict[str, Any]:
    """Bring in seasons from earlier books: stored, duplicate, rejected with reasons, or conflict."""
    rows = [EarlierSeason(**item) for item in data["items"]]
    with atomic() as session:
        results = bring_in_earlier_seasons(session, actor=g.actor, now=utc_now(), rows=rows)
    return {
        "items": [
            {
                "status": result.status.value,
                "errors": {name: [gettext(text) for text in texts] for name, texts in result.errors.items()},
            }
            for result in results
        ]
    }


@baselines.get("")
@baselines.arguments(PageArgs, location="query")
@baselines.response(200, page_schema(BaselineSchema))
@permission_required(Permission.INCOME_READ)
def baseline_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the baselines of the organisation, those that were replaced included; sort by season, commodity, created_at."""
    return page_answer(baseline_queries.list_baselines(db.session, g.actor, page_request(args)))


@baselines.post("")
@baselines.arguments(BaselineSchema)
@baselines.response(201, BaselineSchema)
@baselines.alt_response(200, schema=BaselineSchema, description="The same baseline again.")
@permission_required(Permission.INCOME_WRITE)
def baseline_set(data: dict[str, Any]) -> Baseline | tuple[Baseline, int] | Response:
    """Set the baseline of a season and product; one that stood is replaced and remains to be read."""
    baseline_id = data.pop("id")
    with atomic() as session:
        made, is_new = set_baseline(
            session, actor=g.actor, now=utc_now(), baseline_id=baseline_id, terms=BaselineTerms(**data)
        )
    return made if is_new else (made, 200)


@baselines.get("/<uuid:baseline_id>")
@baselines.response(200, BaselineSchema)
@permission_required(Permission.INCOME_READ)
def baseline_detail(baseline_id: UUID) -> Baseline:
    """Return one baseline."""
    return baseline_queries.get_baseline_for(db.session, g.actor, baseline_id)
