"""JSON resources of producers."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.errors import NotFound
from chain.producers import queries, services
from chain.producers.card_api import blueprint as cards
from chain.producers.models import Membership, Producer
from chain.producers.rules import Person
from chain.producers.schemas import (
    CommunitySchema,
    ProducerArgs,
    ProducerChangeSchema,
    ProducerNewSchema,
    ProducerRowSchema,
    ProducerSchema,
)
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

producers = ApiBlueprint(
    "producers", __name__, url="/producers", description="The members of the organisation."
)
communities = ApiBlueprint(
    "communities", __name__, url="/communities", description="Communities of the organisation's country."
)
blueprints = [producers, communities, cards]

PERSON_FIELDS = (
    "full_name",
    "sex",
    "birth_year",
    "document_kind",
    "document_number",
    "phone",
    "community_id",
)
DOCUMENT_FIELDS = ("document_kind", "document_number")


@producers.get("")
@producers.arguments(ProducerArgs, location="query")
@producers.response(200, page_schema(ProducerRowSchema))
@permission_required(Permission.PRODUCERS_READ)
def producer_list(args: dict[str, Any]) -> dict[str, Any]:
    """List members; sort by name, member_code, community or joined_on."""
    return page_answer(
        queries.search_producers(
            db.session,
            g.actor,
            args["q"],
            page_request(args),
            community_id=args["community_id"],
            former=args["former"],
        )
    )


@producers.post("")
@producers.arguments(ProducerNewSchema)
@producers.response(201, ProducerSchema)
@producers.alt_response(200, schema=ProducerSchema, description="The same command came before.", success=True)
@permission_required(Permission.PRODUCERS_WRITE)
def producer_register(data: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Register a member.

    A person who is on file elsewhere under the same document and name keeps their id, which is then the answer's id.
    """
    facts: dict[str, Any] = {name: data.get(name) for name in PERSON_FIELDS}
    with atomic() as session:
        done = services.register_member(
            session,
            actor=g.actor,
            now=utc_now(),
            id=data["id"],
            person=Person(**facts),
            member_code=data.get("member_code"),
            joined_on=data["joined_on"],
        )
        answer = producer_answer(done.producer, done.membership)
    return answer, 201 if done.is_new else 200


@producers.get("/<uuid:producer_id>")
@producers.response(200, ProducerSchema)
@permission_required(Permission.PRODUCERS_READ)
def producer_detail(producer_id: UUID) -> dict[str, Any]:
    """Return a member."""
    producer = queries.get_producer_for(db.session, g.actor, producer_id)
    return producer_answer(producer, _membership(producer.id))


@producers.patch("/<uuid:producer_id>")
@producers.arguments(ProducerChangeSchema)
@producers.response(200, ProducerSchema)
@permission_required(Permission.PRODUCERS_WRITE)
def producer_change(data: dict[str, Any], producer_id: UUID) -> dict[str, Any]:
    """Change a member; fields that are left out stay as they are."""
    with atomic() as session:
        producer = queries.get_producer_for(session, g.actor, producer_id)
        changes = {name: data[name] for name in PERSON_FIELDS if name in data}
        producer = services.update_producer(
            session,
            actor=g.actor,
            now=utc_now(),
            producer_id=producer_id,
            person=replace(services.person_of(producer), **changes),
            member_code=data.get("member_code"),
        )
        return producer_answer(producer, _membership(producer.id))


@communities.get("")
@communities.arguments(PageArgs, location="query")
@communities.response(200, page_schema(CommunitySchema))
@permission_required(Permission.PRODUCERS_READ)
def community_list(args: dict[str, Any]) -> dict[str, Any]:
    """List communities; sort by name, district or region."""
    return page_answer(queries.list_communities(db.session, g.actor, page_request(args)))


def _membership(producer_id: UUID) -> Membership:
    found = queries.find_membership(db.session, g.actor.org, producer_id)
    if found is None:
        raise NotFound
    return found


def producer_answer(producer: Producer, membership: Membership) -> dict[str, Any]:
    """Return a member as this actor may see them."""
    shown = [*PERSON_FIELDS, "id", "country"]
    if not g.actor.may(Permission.PRODUCERS_WRITE):
        shown = [name for name in shown if name not in DOCUMENT_FIELDS]
    return {
        **{name: getattr(producer, name) for name in shown},
        "member_code": membership.member_code,
        "joined_on": membership.joined_on,
        "left_on": membership.left_on,
    }
