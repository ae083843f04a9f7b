"""What happens to a payment by card after it was made: refunds and disputes, as the provider tells them."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor
from chain.core import audit
from chain.core.ids import new_id
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from chain.payin.audit_tags import PayinAudit
from chain.payin.card_facts import DisputeFacts, MovementFacts, RefundFacts
from chain.payin.models import BuyerPayment, BuyerRefund, CardDispute
from chain.payin.rules import MAX_NAME, DisputeState, RefundState, worth_of
from chain.payin.services.refunds import (
    BY_PROVIDER,
    finish_refund,
    give_back,
    next_refund_number,
    take_refund_back,
)

#: A movement with the entry that it has here, or none.
Booked = tuple[MovementFacts, UUID | None]
#: States of a refund at the provider in which the money is on its way or there.
LEFT = frozenset({"pending", "succeeded", "requires_action"})
GONE_WRONG = frozenset({"failed", "canceled"})
#: Ends of a dispute; `prevented` and `warning_closed` took no money, or gave it back.
WON = frozenset({"won", "warning_closed", "prevented"})


def apply_refunds(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    day: date,
    payment: BuyerPayment,
    found: Sequence[RefundFacts],
) -> list[Booked]:
    """Book refunds of a payment: those asked for here, and those made on the provider's own page."""
    booked: list[Booked] = []
    for facts in sorted(found, key=lambda one: one.id):
        refund = _refund_of(session, now, payment, facts)
        if refund is None:
            continue
        if facts.status in LEFT or facts.movement is not None:
            finish_refund(session, actor=actor, now=now, day=day, refund=refund, payment=payment)
        if facts.status in GONE_WRONG:
            take_refund_back(session, actor=actor, now=now, day=day, refund=refund, payment=payment)
        booked += [
            (movement, refund.entry_id)
            for movement in (facts.movement, facts.failure)
            if movement is not None
        ]
    return booked


def _refund_of(
    session: Session, now: datetime, payment: BuyerPayment, facts: RefundFacts
) -> BuyerRefund | None:
    refund = session.scalar(select(BuyerRefund).where(BuyerRefund.provider_id == facts.id))
    if refund is None and facts.refund_id is not None:
        refund = session.get(BuyerRefund, facts.refund_id, populate_existing=True)
    if refund is not None:
        if refund.payment_id != payment.id:
            return None
        if refund.provider_id is None:
            refund.provider_id = facts.id
        return refund
    made = BuyerRefund(
        id=new_id(),
        organisation_id=payment.organisation_id,
        number=next_refund_number(session, payment.organisation_id),
        payment_id=payment.id,
        amount_minor=facts.amount_minor,
        currency=payment.currency,
        reason=BY_PROVIDER,
        state=RefundState.APPROVED.value,
        asked_at=now,
        provider_id=facts.id,
    )
    session.add(made)
    session.flush()
    return made


def apply_disputes(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    day: date,
    payment: BuyerPayment,
    found: Sequence[DisputeFacts],
) -> list[Booked]:
    """Book disputes of a payment: the money held when one opens, returned when it is won, lost to the invoice when not."""
    booked: list[Booked] = []
    for facts in sorted(found, key=lambda one: one.id):
        dispute = _dispute_of(session, actor, now, payment, facts)
        held = [one for one in facts.movements if one.amount_minor < 0]
        back = [one for one in facts.movements if one.amount_minor > 0]
        if held and dispute.opened_entry_id is None:
            dispute.opened_entry_id = _hold(session, actor, now, day, payment, dispute, sign=1)
        if facts.status in WON and dispute.state == DisputeState.OPEN and (back or not held):
            if held:
                dispute.closed_entry_id = _hold(session, actor, now, day, payment, dispute, sign=-1)
            _close(session, actor, now, dispute, DisputeState.WON)
        if facts.status == "lost" and dispute.state == DisputeState.OPEN and held:
            dispute.closed_entry_id = give_back(
                session,
                actor=actor,
                now=now,
                day=day,
                payment=payment,
                amount_minor=dispute.amount_minor,
                key=f"dispute:{dispute.id}:lost",
                use="dispute",
                money=AccountCode.DISPUTED_PAYMENTS,
                kind=EntryKind.DISPUTE,
                description="Disputa de un cobro con tarjeta perdida",
            )
            _close(session, actor, now, dispute, DisputeState.LOST)
        booked += [(one, dispute.opened_entry_id) for one in held]
        booked += [(one, dispute.closed_entry_id) for one in back]
    return booked


def _dispute_of(
    session: Session, actor: Actor, now: datetime, payment: BuyerPayment, facts: DisputeFacts
) -> CardDispute:
    known = session.scalar(select(CardDispute).where(CardDispute.provider_id == facts.id))
    if known is not None:
        return known
    made = CardDispute(
        id=new_id(),
        organisation_id=payment.organisation_id,
        payment_id=payment.id,
        provider_id=facts.id,
        amount_minor=facts.amount_minor,
        currency=payment.currency,
        reason=facts.reason[:MAX_NAME],
        state=DisputeState.OPEN.value,
        opened_at=now,
    )
    session.add(made)
    session.flush()
    _record(session, PayinAudit.DISPUTE_OPENED, actor, now, made)
    return made


def _hold(  # noqa: PLR0917 - private
    session: Session,
    actor: Actor,
    now: datetime,
    day: date,
    payment: BuyerPayment,
    dispute: CardDispute,
    *,
    sign: int,
) -> UUID:
    """Move the disputed amount out of the provider's balance (1), or back into it (-1)."""
    amount = sign * worth_of(payment.book_minor, payment.amount_minor, dispute.amount_minor)
    currency = get_organisation(session, payment.organisation_id).currency
    return post_entry(
        session,
        actor=actor,
        organisation_id=payment.organisation_id,
        now=now,
        occurred_on=day,
        kind=EntryKind.DISPUTE,
        description="Cobro con tarjeta en disputa" if sign > 0 else "Disputa de un cobro con tarjeta ganada",
        idempotency_key=f"dispute:{dispute.id}:{'opened' if sign > 0 else 'won'}",
        lines=[
            LedgerLine(AccountCode.DISPUTED_PAYMENTS, amount, None, currency),
            LedgerLine(AccountCode.CARD_CLEARING, -amount, None, currency),
        ],
    ).id


def _close(session: Session, actor: Actor, now: datetime, dispute: CardDispute, state: DisputeState) -> None:
    dispute.state, dispute.closed_at = state.value, now
    session.flush()
    _record(session, PayinAudit.DISPUTE_CLOSED, actor, now, dispute)


def _record(session: Session, tag: PayinAudit, actor: Actor, now: datetime, dispute: CardDispute) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="card_dispute",
        subject_id=dispute.id,
        after={
            "payment_id": dispute.payment_id,
            "amount_minor": dispute.amount_minor,
            "reason": dispute.reason,
            "state": dispute.state,
        },
    )
