"""Member cards as a resource: make, replace, look up."""

from typing import Any
from uuid import UUID

from flask import g
from marshmallow import fields, validate

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.producers import queries, services
from chain.producers.card_rules import card_in
from chain.producers.cards import card_address
from chain.producers.errors import UnknownCard
from chain.producers.services import IssuedCard
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, Schema
from chain.web.pdf import own_address

blueprint = ApiBlueprint("cards", __name__, url="/producers", description="Member cards.")


class CardNewSchema(Schema):
    """Which card is wanted."""

    replace = fields.Boolean(
        load_default=False, metadata={"description": "The old card was lost: make it void."}
    )


class CardSchema(Schema):
    """The valid card of a member."""

    producer_id = fields.UUID()
    code = fields.String(metadata={"description": "Member code and random token; nothing of the person."})
    address = fields.String(metadata={"description": "What the QR code holds."})
    is_new = fields.Boolean()


class ScannedArgs(Schema):
    """What a scanner read."""

    code = fields.String(
        required=True,
        validate=validate.Length(max=300),
        metadata={"description": "The code of a card, or the address in its QR."},
    )


class MemberSchema(Schema):
    """Whose card it is."""

    producer_id = fields.UUID()
    full_name = fields.String()
    member_code = fields.String()


@blueprint.post("/<uuid:producer_id>/card")
@blueprint.arguments(CardNewSchema)
@blueprint.response(200, CardSchema)
@permission_required(Permission.PRODUCERS_WRITE)
def card_issue(data: dict[str, Any], producer_id: UUID) -> dict[str, Any]:
    """Return the member's valid card; whoever has none gets one. With `replace` the old one becomes void."""
    with atomic() as session:
        if data["replace"]:
            issued = services.replace_card(session, actor=g.actor, now=utc_now(), producer_id=producer_id)
        else:
            (issued,) = services.issue_cards(
                session, actor=g.actor, now=utc_now(), producer_ids=[producer_id]
            )
    return _answer(issued)


def _answer(issued: IssuedCard) -> dict[str, Any]:
    return {
        "producer_id": issued.producer_id,
        "code": str(issued.code),
        "address": card_address(own_address(), issued.code),
        "is_new": issued.is_new,
    }


@blueprint.get("/card")
@blueprint.arguments(ScannedArgs, location="query")
@blueprint.response(200, MemberSchema)
@permission_required(Permission.PRODUCERS_READ)
def card_member(args: dict[str, Any]) -> dict[str, Any]:
    """Return the member whose valid card was scanned."""
    card = card_in(args["code"])
    if card is None:
        raise UnknownCard
    producer_id = queries.producer_of_card(db.session, g.actor.org, card)
    name = queries.names_of(db.session, g.actor.org, [producer_id])[producer_id]
    return {"producer_id": producer_id, "full_name": name.full_name, "member_code": name.member_code}
