"""JSON resources of single lots for buyers: what is known of an offered or bought one, and second opinions on the latter."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from flask import g

from chain.accounts.rules import Permission
from chain.core.clock import utc_now
from chain.core.db import atomic, db
from chain.core.paging import slice_rows
from chain.laboratory.models import SecondOpinion
from chain.laboratory.queries.measurements import shown_measurements
from chain.laboratory.rules import AskedFor
from chain.laboratory.services import ask_second_opinion
from chain.market.queries.lots import MarketLot, asked_opinions, offered_lot, sold_lot
from chain.market.queries.tenders import get_tender_for
from chain.market.schemas import AskedOpinionSchema, AskOpinionSchema, ShownLotSchema
from chain.sales.queries.sales import get_sale_for
from chain.web.access import permission_required, sign_in_required
from chain.web.api import ApiBlueprint, PageArgs, page_answer, page_request, page_schema

offered = ApiBlueprint(
    "tender_lots", __name__, url="/tenders", description="Lots on offer with what was measured of them."
)
sold = ApiBlueprint(
    "sale_lots",
    __name__,
    url="/sales",
    description="Sold lots with what was measured, and second opinions on them.",
)
blueprints = [offered, sold]


def _shown(lot: MarketLot) -> dict[str, Any]:
    values = shown_measurements(db.session, [lot.id]).get(lot.id, [])
    return {**asdict(lot), "measurements": values}


@offered.get("/<uuid:tender_id>/lots/<uuid:lot_id>")
@offered.response(200, ShownLotSchema)
@sign_in_required
def offered_lot_detail(tender_id: UUID, lot_id: UUID) -> dict[str, Any]:
    """Show a lot of a tender with the measurements that count: method, plus-minus, how binding."""
    tender = get_tender_for(db.session, g.actor, tender_id, now=utc_now())
    return _shown(offered_lot(db.session, tender.id, lot_id))


@sold.get("/<uuid:sale_id>/lots/<uuid:lot_id>")
@sold.response(200, ShownLotSchema)
@permission_required(Permission.SALES_READ)
def sold_lot_detail(sale_id: UUID, lot_id: UUID) -> dict[str, Any]:
    """Show a lot of a sale with the measurements that count."""
    return _shown(sold_lot(db.session, get_sale_for(db.session, g.actor, sale_id).id, lot_id))


@sold.get("/<uuid:sale_id>/lots/<uuid:lot_id>/second-opinions")
@sold.arguments(PageArgs, location="query")
@sold.response(200, page_schema(AskedOpinionSchema))
@permission_required(Permission.SALES_READ)
def asked_opinion_list(args: dict[str, Any], sale_id: UUID, lot_id: UUID) -> dict[str, Any]:
    """List the second opinions on a bought lot that the own organisation asked for."""
    lot = sold_lot(db.session, get_sale_for(db.session, g.actor, sale_id).id, lot_id)
    found = asked_opinions(db.session, g.actor, lot.id)
    return page_answer(slice_rows(found, page_request(args), {"asked_at": lambda one: one.asked_at}))


@sold.post("/<uuid:sale_id>/lots/<uuid:lot_id>/second-opinions")
@sold.arguments(AskOpinionSchema)
@sold.response(201, AskedOpinionSchema)
@sold.alt_response(200, schema=AskedOpinionSchema, description="The same request again.")
@permission_required(Permission.OPINIONS_ASK)
def opinion_ask(data: dict[str, Any], sale_id: UUID, lot_id: UUID) -> tuple[SecondOpinion, int]:
    """Ask the seller for a second opinion on a bought lot: a blind regrade on the split sample."""
    lot = sold_lot(db.session, get_sale_for(db.session, g.actor, sale_id).id, lot_id)
    with atomic() as session:
        opinion, is_new = ask_second_opinion(
            session,
            actor=g.actor,
            now=utc_now(),
            id=data["id"],
            lot_id=lot.id,
            reason=data["reason"],
            asked_for=AskedFor.BUYER.value,
            asking_organisation_id=g.actor.org,
        )
    return opinion, 201 if is_new else 200
