"""JSON resources: awards and their answers."""

from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.sales.models import Award
from chain.sales.queries.awards import award_lots, get_award_for, list_awards
from chain.sales.rules import AwardState
from chain.sales.schemas import AwardArgs, AwardLotSchema, AwardReasonSchema, AwardSchema
from chain.sales.services import awards as services
from chain.web.access import permission_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

blueprint = ApiBlueprint(
    "awards", __name__, url="/awards", description="Awards that the seller's officers confirm."
)


@blueprint.get("")
@blueprint.arguments(AwardArgs, location="query")
@blueprint.response(200, page_schema(AwardSchema))
@permission_required(Permission.SALES_READ)
def award_list(args: dict[str, Any]) -> dict[str, Any]:
    """List the awards of the organisation, as seller or as buyer, those that wait first."""
    state = AwardState(args["state"]) if args["state"] else None
    page = list_awards(db.session, g.actor, page_request(args), state=state)
    return page_answer(page, lambda row: row.award)


@blueprint.get("/<uuid:award_id>")
@blueprint.response(200, AwardSchema)
@permission_required(Permission.SALES_READ)
def award_detail(award_id: UUID) -> Award:
    """Return an award."""
    return get_award_for(db.session, g.actor, award_id)


@blueprint.get("/<uuid:award_id>/lots")
@blueprint.arguments(PageArgs, location="query")
@blueprint.response(200, page_schema(AwardLotSchema))
@permission_required(Permission.SALES_READ)
def award_lot_list(args: dict[str, Any], award_id: UUID) -> dict[str, Any]:
    """List the lots of an award with their prices."""
    award = get_award_for(db.session, g.actor, award_id)
    return page_answer(award_lots(db.session, award, page_request(args)))


@blueprint.post("/<uuid:award_id>/confirm")
@blueprint.response(200, AwardSchema)
@permission_required(Permission.AWARDS_ACCEPT)
def award_confirm(award_id: UUID) -> Award:
    """Confirm an award; the last officer who is needed makes the sale. Again changes nothing."""
    with atomic() as session:
        return services.confirm_award(session, actor=g.actor, now=utc_now(), award_id=award_id)


@blueprint.post("/<uuid:award_id>/decline")
@blueprint.arguments(AwardReasonSchema)
@blueprint.response(200, AwardSchema)
@permission_required(Permission.AWARDS_ACCEPT)
def award_decline(data: dict[str, Any], award_id: UUID) -> Award:
    """Decline an award with a reason; its lots are in the stock again. Again changes nothing."""
    with atomic() as session:
        return services.decline_award(
            session, actor=g.actor, now=utc_now(), award_id=award_id, reason=data["reason"]
        )
