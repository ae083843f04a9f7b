"""Awards: made by a way of selling, confirmed by the seller's officers, which makes the sale, or declined, or lapsed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.buyers.services.limits import hold_limit, release_limit
from chain.core import audit
from chain.core.errors import NotFound
from chain.core.ids import new_id
from chain.core.outbox import enqueue
from chain.lots.errors import LotHeld
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.errors import AlreadyAnswered, AwardStateRefused, RateMissing
from chain.sales.methods import hooks_of
from chain.sales.models import Award, AwardAnswer, AwardLine, MarketRule
from chain.sales.rules import (
    AWARD_STATE_LABELS,
    DEFAULT_RULE,
    AwardRule,
    AwardState,
    Entry,
    Method,
    Share,
    Silence,
    award_rule,
    clean_reason,
    share_prices,
)
from chain.sales.services.audit_tags import SalesAudit
from chain.sales.services.log import write_log
from chain.sales.services.making import insert_sale
from chain.sales.services.terms import terms_of_event

#: Kind of the outbox message that says what silence means.
DUE_MESSAGE = "sales.award_due"


def rule_of(session: Session, organisation_id: UUID) -> AwardRule:
    """Return how an association answers awards."""
    row = session.get(MarketRule, organisation_id)
    return DEFAULT_RULE if row is None else award_rule(row)


def make_award(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    seller_id: UUID,
    buyer_id: UUID,
    method: Method,
    event_id: UUID,
    lots: Sequence[Lot],
    prices: Mapping[UUID, int],
    currency: str,
    opened_by: UUID | None,
    bid_id: UUID | None = None,
    terms: Mapping[str, Any] | None = None,
) -> Award:
    """Propose a sale of lots to the seller's officers.

    The caller holds the event's row and the lots locked; the lots are the seller's, whole and `offered`: until the answer nobody
    else gets them. `prices` are minor units per kilogram or litre by lot id.
    """
    rule = rule_of(session, seller_id)
    proceeds, shares = share_prices([(lot.id, lot.quantity, prices[lot.id]) for lot in lots])
    award = Award(
        id=new_id(),
        organisation_id=seller_id,
        buyer_id=buyer_id,
        method=method.value,
        event_id=event_id,
        bid_id=bid_id,
        commodity=lots[0].commodity,
        quantity=sum(share.quantity for share in shares),
        unit=lots[0].unit,
        currency=currency,
        proceeds_minor=proceeds,
        state=AwardState.WAITING.value,
        confirmations_needed=rule.confirmations_needed,
        confirm_by=now + rule.confirm_within,
        silence=rule.silence.value,
        opened_by=opened_by,
        terms=terms_of_event(session, seller_id, event_id, terms),
        made_at=now,
    )
    session.add(award)
    session.flush()
    _insert_lines(session, award, shares, prices)
    hold_limit(
        session,
        buyer_id=buyer_id,
        seller_id=seller_id,
        kind="award",
        ref_id=award.id,
        amount_minor=proceeds,
        currency=currency,
        now=now,
        enforce=False,  # the way of selling checked before; what was won must stand
    )
    enqueue(
        session,
        kind=DUE_MESSAGE,
        payload={"award_id": award.id},
        now=now,
        available_at=award.confirm_by,
        dedupe_key=f"{DUE_MESSAGE}:{award.id}",
    )
    _note(session, SalesAudit.AWARD_MADE, actor, now, award, before=None)
    return award


def _insert_lines(
    session: Session, award: Award, shares: Sequence[Share], prices: Mapping[UUID, int]
) -> None:
    session.execute(
        insert(AwardLine),
        [
            {
                "award_id": award.id,
                "lot_id": share.lot_id,
                "quantity": share.quantity,
                "price_minor_per_unit": prices[share.lot_id],
                "amount_minor": share.amount_minor,
            }
            for share in shares
        ],
    )


def confirm_award(session: Session, *, actor: Actor, now: datetime, award_id: UUID) -> Award:
    """Confirm an award; the last officer who is needed makes the sale. The same officer's second click changes nothing.

    Raises:
        Forbidden: the actor may not answer awards.
        NotFound: there is no such award here.
        SamePerson: the actor opened the event.
        AwardStateRefused: it was answered, or its time has passed.
    """
    award = _lock_to_answer(session, actor, award_id)
    answers = _answers(session, award.id)
    if answers.get(actor.user_id) == "confirm" and award.state in {AwardState.WAITING, AwardState.CONFIRMED}:
        return award
    _check_open(award, now)
    _answer(session, actor, now, award, answer="confirm")
    if sum(one == "confirm" for one in answers.values()) + 1 >= award.confirmations_needed:
        _confirm(session, actor, now, award)
    return award


def decline_award(session: Session, *, actor: Actor, now: datetime, award_id: UUID, reason: str) -> Award:
    """Decline an award with a reason that the buyer reads; one officer is enough. The lots go back to the stock.

    Raises:
        Forbidden: the actor may not answer awards.
        NotFound: there is no such award here.
        AwardStateRefused: it was answered, or its time has passed.
        AlreadyAnswered: the same officer confirmed it before.
        ReasonMissing: no reason was written.
    """
    award = _lock_to_answer(session, actor, award_id, may_have_opened=True)
    if award.state == AwardState.DECLINED:
        return award
    _check_open(award, now)
    text = clean_reason(reason)
    if actor.user_id in _answers(session, award.id):
        raise AlreadyAnswered
    _answer(session, actor, now, award, answer="decline", reason=text)
    _release(session, actor, now, award, to=AwardState.DECLINED, reason=text)
    return award


def answer_by_silence(session: Session, *, actor: Actor, now: datetime, award_id: UUID) -> Award:
    """Apply what the association decided that silence means, once the time to confirm has passed; before it, do nothing."""
    award = session.get_one(Award, award_id)
    hooks_of(award.method).lock(session, award.event_id)
    award = _locked(session, award_id)
    if award.state == AwardState.WAITING and now >= award.confirm_by:
        if award.silence == Silence.ACCEPTED:
            _confirm_silently(session, actor, now, award)
        else:
            _release(session, actor, now, award, to=AwardState.LAPSED)
    return award


def _confirm_silently(session: Session, actor: Actor, now: datetime, award: Award) -> None:
    """Confirm by silence; what cannot become a contract now lapses: another currency without a rate, a lot on hold."""
    try:
        with session.begin_nested():
            _confirm(session, actor, now, award)
    except (RateMissing, LotHeld):
        _release(session, actor, now, award, to=AwardState.LAPSED)


def _locked(session: Session, award_id: UUID) -> Award:
    return session.scalars(
        select(Award).where(Award.id == award_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _lock_to_answer(
    session: Session, actor: Actor, award_id: UUID, *, may_have_opened: bool = False
) -> Award:
    """Lock the event, then the award of the actor's own organisation: always in this order."""
    actor.require(Permission.AWARDS_ACCEPT)
    found = session.get(Award, award_id)
    if found is None or found.organisation_id != actor.org:
        raise NotFound
    if not may_have_opened:
        actor.require_other_than(found.opened_by)
    hooks_of(found.method).lock(session, found.event_id)
    return _locked(session, award_id)


def _check_open(award: Award, now: datetime) -> None:
    if award.state != AwardState.WAITING or now >= award.confirm_by:
        state = AwardState.LAPSED if award.state == AwardState.WAITING else AwardState(award.state)
        raise AwardStateRefused(state=AWARD_STATE_LABELS[state])


def _answers(session: Session, award_id: UUID) -> dict[UUID | None, str]:
    rows = session.execute(
        select(AwardAnswer.user_id, AwardAnswer.answer).where(AwardAnswer.award_id == award_id)
    )
    return {row.user_id: row.answer for row in rows}


def _answer(
    session: Session, actor: Actor, now: datetime, award: Award, *, answer: str, reason: str | None = None
) -> None:
    session.add(
        AwardAnswer(award_id=award.id, user_id=actor.user_id, answer=answer, answered_at=now, reason=reason)
    )
    session.flush()
    _log(session, now, award, Entry(answer, {"award": award.id}, actor.user_id))
    audit.record(
        session,
        tag=SalesAudit.AWARD_ANSWERED,
        actor=actor,
        now=now,
        subject_type="award",
        subject_id=award.id,
        after={"answer": answer, "reason": reason},
    )


def _confirm(session: Session, actor: Actor, now: datetime, award: Award) -> None:
    lots = lock_award_lots(session, award)
    insert_sale(session, actor=actor, now=now, award=award)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.SOLD)
    award.state, award.answered_at = AwardState.CONFIRMED.value, now
    session.flush()
    hooks_of(award.method).answered(session, actor, now, award)
    _log(session, now, award, Entry("confirmed", {"award": award.id}))
    _note(session, SalesAudit.AWARD_CONFIRMED, actor, now, award, before=AwardState.WAITING)


def _release(
    session: Session, actor: Actor, now: datetime, award: Award, *, to: AwardState, reason: str | None = None
) -> None:
    lots = lock_award_lots(session, award)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.GRADED)
    award.state, award.answered_at, award.reason = to.value, now, reason
    session.flush()
    release_limit(session, ref_id=award.id, now=now)
    hooks_of(award.method).answered(session, actor, now, award)
    _log(session, now, award, Entry(to.value, {"award": award.id, "reason": reason}))
    tag = SalesAudit.AWARD_LAPSED if to is AwardState.LAPSED else SalesAudit.AWARD_DECLINED
    _note(session, tag, actor, now, award, before=AwardState.WAITING)


def lock_award_lots(session: Session, award: Award) -> list[Lot]:
    """Lock the lots of an award, in the order of their ids."""
    lot_ids = session.scalars(select(AwardLine.lot_id).where(AwardLine.award_id == award.id)).all()
    return lock_lots(session, award.organisation_id, lot_ids)


def waiting_awards(session: Session, event_id: UUID) -> int:
    """Return how many awards of an event wait for an answer."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Award)
            .where(Award.event_id == event_id, Award.state == AwardState.WAITING.value)
        )
        or 0
    )


def _log(session: Session, now: datetime, award: Award, entry: Entry) -> None:
    write_log(
        session,
        organisation_id=award.organisation_id,
        event_kind=award.method,
        event_id=award.event_id,
        now=now,
        entries=[entry],
    )


def _note(
    session: Session,
    tag: SalesAudit,
    actor: Actor,
    now: datetime,
    award: Award,
    *,
    before: AwardState | None,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="award",
        subject_id=award.id,
        before=None if before is None else {"state": before},
        after={"state": award.state, "method": award.method, "event_id": award.event_id},
    )
