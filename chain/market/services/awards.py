"""What the seller answers to an award: accept it, which makes the sale, or decline it with a reason."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.market.models import Bid, Sale, SaleLine, Tender
from chain.market.rules import SaleState, TenderState, check_transition, clean_reason, share_proceeds
from chain.market.services.steps import (
    MarketAudit,
    Series,
    lock_own_tender,
    lock_tender_lots,
    next_number,
    note_tender,
    release_lots,
)


def accept_award(session: Session, *, actor: Actor, now: datetime, tender_id: UUID) -> Sale:
    """Accept the winning bid: the sale and its lines are made, the lots are sold. Another person opened the tender.

    The proceeds are price times quantity, rounded once, then split over the lots by quantity. The same person's second
    click answers the same sale.

    Raises:
        Forbidden: the actor may not accept awards.
        NotFound: there is no such tender here.
        SamePerson: the actor opened the tender.
        TenderStateRefused: there is no award to accept, or another person was quicker.
    """
    actor.require(Permission.AWARDS_ACCEPT)
    tender = lock_own_tender(session, actor, tender_id)
    actor.require_other_than(tender.created_by)
    if tender.state == TenderState.ACCEPTED:
        sale = session.scalars(select(Sale).where(Sale.tender_id == tender.id)).one()
        if sale.agreed_by == actor.user_id:
            return sale
    check_transition(tender.state, TenderState.ACCEPTED)
    bid = session.get_one(Bid, tender.winning_bid_id)
    lots = lock_tender_lots(session, tender)
    sale = _insert_sale(session, actor=actor, now=now, tender=tender, bid=bid, lots=lots)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.SOLD)
    tender.state = TenderState.ACCEPTED.value
    session.flush()
    note_tender(
        session,
        tag=MarketAudit.AWARD_ACCEPTED,
        actor=actor,
        now=now,
        tender=tender,
        before=TenderState.AWARDED.value,
        more={"sale_id": sale.id, "number": sale.number, "proceeds_minor": sale.proceeds_minor},
    )
    return sale


def _insert_sale(
    session: Session, *, actor: Actor, now: datetime, tender: Tender, bid: Bid, lots: list[Lot]
) -> Sale:
    proceeds, shares = share_proceeds([(lot.id, lot.quantity) for lot in lots], bid.price_minor_per_unit)
    sale = Sale(
        id=new_id(),
        organisation_id=tender.organisation_id,
        buyer_id=bid.organisation_id,
        number=next_number(session, tender.organisation_id, Series.SALE),
        tender_id=tender.id,
        bid_id=bid.id,
        commodity=tender.commodity,
        quantity=sum(share.quantity for share in shares),
        unit=tender.unit,
        price_minor_per_unit=bid.price_minor_per_unit,
        currency=tender.currency,
        proceeds_minor=proceeds,
        state=SaleState.AGREED.value,
        agreed_at=now,
        agreed_by=actor.user_id,
    )
    session.add(sale)
    session.flush()
    session.execute(
        insert(SaleLine),
        [
            {
                "sale_id": sale.id,
                "lot_id": share.lot_id,
                "quantity": share.quantity,
                "amount_minor": share.amount_minor,
            }
            for share in shares
        ],
    )
    return sale


def decline_award(session: Session, *, actor: Actor, now: datetime, tender_id: UUID, reason: str) -> Tender:
    """Decline the winning bid with a reason that the bidder reads; the lots go back to the stock.

    Raises:
        Forbidden: the actor may not answer awards.
        NotFound: there is no such tender here.
        TenderStateRefused: there is no award to decline, or another person was quicker.
        ReasonMissing: no reason was written.
    """
    actor.require(Permission.AWARDS_ACCEPT)
    tender = lock_own_tender(session, actor, tender_id)
    if tender.state == TenderState.DECLINED:
        return tender
    check_transition(tender.state, TenderState.DECLINED)
    tender.reason = clean_reason(reason)
    tender.state = TenderState.DECLINED.value
    release_lots(session, actor, now, tender)
    session.flush()
    note_tender(
        session,
        tag=MarketAudit.AWARD_DECLINED,
        actor=actor,
        now=now,
        tender=tender,
        before=TenderState.AWARDED.value,
        more={"reason": tender.reason},
    )
    return tender
