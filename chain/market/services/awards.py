"""What the seller answers to the award of a tender, by the tender's id; the awards themselves are the area `sales`'."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.market.models import Tender
from chain.market.rules import TenderState, check_transition
from chain.market.services.steps import MarketAudit, lock_own_tender, lock_tender, note_tender
from chain.sales.models import Award, Sale
from chain.sales.rules import AwardState
from chain.sales.services import awards
from chain.sales.services.awards import waiting_awards


def accept_award(session: Session, *, actor: Actor, now: datetime, tender_id: UUID) -> Sale | None:
    """Confirm every award of a tender; the last officer who is needed makes the sale, which is returned.

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
        sale = session.scalars(select(Sale).where(Sale.event_id == tender.id).limit(1)).one()
        if sale.agreed_by == actor.user_id:
            return sale
    check_transition(tender.state, TenderState.ACCEPTED)
    for award_id in _waiting(session, tender.id):
        awards.confirm_award(session, actor=actor, now=now, award_id=award_id)
    return session.scalars(select(Sale).where(Sale.event_id == tender.id).limit(1)).first()


def decline_award(session: Session, *, actor: Actor, now: datetime, tender_id: UUID, reason: str) -> Tender:
    """Decline every award of a tender that waits, with a reason that the bidders read; the lots go back to the stock.

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
    for award_id in _waiting(session, tender.id):
        awards.decline_award(session, actor=actor, now=now, award_id=award_id, reason=reason)
    return tender


def _waiting(session: Session, tender_id: UUID) -> list[UUID]:
    return list(
        session.scalars(
            select(Award.id)
            .where(Award.event_id == tender_id, Award.state == AwardState.WAITING.value)
            .order_by(Award.id)
        )
    )


def after_answer(session: Session, actor: Actor, now: datetime, award: Award) -> None:
    """Bring a tender, whose row is locked, to its end once all its awards are answered: sold if one was confirmed."""
    tender = lock_tender(session, award.event_id)
    if waiting_awards(session, tender.id) or tender.state != TenderState.AWARDED:
        return
    sold = session.scalar(
        select(Award.id)
        .where(Award.event_id == tender.id, Award.state == AwardState.CONFIRMED.value)
        .limit(1)
    )
    to = TenderState.DECLINED if sold is None else TenderState.ACCEPTED
    check_transition(tender.state, to)
    tender.state = to.value
    tender.reason = award.reason if sold is None else tender.reason
    session.flush()
    note_tender(
        session,
        tag=MarketAudit.AWARD_DECLINED if sold is None else MarketAudit.AWARD_ACCEPTED,
        actor=actor,
        now=now,
        tender=tender,
        before=TenderState.AWARDED.value,
        more={"award_id": award.id},
    )
