"""Money that goes back to buyers: asked by one officer, approved by another one, never more than came."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation, get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.audit import ActsFor
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.money import Money
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.papers.services.voiding import checked_reason
from chain.payin.audit_tags import PayinAudit
from chain.payin.errors import NoMistake, RefundAboveCeiling, RefundAnswered
from chain.payin.models import BuyerPayment, BuyerRefund, PaymentUse, StatementLine
from chain.payin.queries.uses import used_of
from chain.payin.rules import LineState, Means, RefundState, worth_of
from chain.payin.services.payments import MONEY_ACCOUNTS
from chain.payin.services.uses import keep_uses, release_uses

#: Refunds that hold a part of the ceiling.
STANDING = (RefundState.ASKED.value, RefundState.APPROVED.value)
#: What the journal says of a refund.
PAID_BACK = "Devolución n.º {number} al comprador"
MISTAKE = "Devolución n.º {number}: pago anotado por error"
#: Why, of a refund that was made on the provider's own page.
BY_PROVIDER = "Devuelto en la página del proveedor de tarjetas"


def refundable(session: Session, payment: BuyerPayment) -> int:
    """Return what of a payment may still go back: all of it, less what went back, is lost, or is on its way."""
    gone = session.scalar(
        select(func.coalesce(func.sum(PaymentUse.amount_minor), 0)).where(
            PaymentUse.payment_id == payment.id, PaymentUse.kind.in_(["refund", "dispute"])
        )
    )
    waiting = session.scalar(
        select(func.coalesce(func.sum(BuyerRefund.amount_minor), 0)).where(
            BuyerRefund.payment_id == payment.id, BuyerRefund.state.in_(STANDING)
        )
    )
    return payment.amount_minor - int(gone or 0) - int(waiting or 0)


def ask_refund(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    refund_id: UUID,
    payment_id: UUID,
    amount_minor: int | None,
    reason: str,
    is_mistake: bool = False,
) -> BuyerRefund:
    """Ask for money to go back to a buyer; the same id again changes nothing. Another officer must approve it.

    `is_mistake`: the payment never was, it was written down or matched wrongly. All of it is taken out of the books again, what it
    settled is open again, and a line of a statement that it was matched with is open again, too.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is not a payment to the organisation.
        RefundAboveCeiling: less of the payment is left.
        NoMistake: a payment by card, or one that went back in part, was really paid.
        ValidationFailed: the reason is missing or too long.
        IdempotencyConflict: the id was used for another refund.
    """
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    payment = session.get(BuyerPayment, payment_id)
    if payment is None or payment.organisation_id != actor.org:
        raise NotFound
    why = checked_reason(reason)
    wanted = payment.amount_minor if is_mistake or amount_minor is None else amount_minor
    known = session.get(BuyerRefund, refund_id)
    if known is not None:
        kept = (known.payment_id, known.amount_minor, known.reason, known.is_mistake)
        if kept != (payment_id, wanted, why, is_mistake):
            raise IdempotencyConflict
        return known
    most = refundable(session, payment)
    if is_mistake and (payment.means == Means.CARD or most < payment.amount_minor):
        raise NoMistake
    if not 0 < wanted <= most:
        raise RefundAboveCeiling(most=Money(most, payment.currency))
    refund = BuyerRefund(
        id=refund_id,
        organisation_id=actor.org,
        number=next_refund_number(session, actor.org),
        payment_id=payment.id,
        amount_minor=wanted,
        currency=payment.currency,
        reason=why,
        is_mistake=is_mistake,
        state=RefundState.ASKED.value,
        asked_at=now,
        asked_by=actor.user_id,
    )
    session.add(refund)
    session.flush()
    record(session, PayinAudit.REFUND_ASKED, actor, now, refund)
    return refund


def next_refund_number(session: Session, organisation_id: UUID) -> int:
    """Return the number of the next refund of a house; its books are locked."""
    last = session.scalar(
        select(func.max(BuyerRefund.number)).where(BuyerRefund.organisation_id == organisation_id)
    )
    return (last or 0) + 1


def approve_refund(session: Session, *, actor: Actor, now: datetime, refund_id: UUID) -> BuyerRefund:
    """Approve what another officer asked for. By cash or bank it is booked as paid back; by card it is sent next.

    Raises:
        Forbidden: the actor may not record payments.
        SamePerson: the actor asked for it.
        NotFound: it is not a refund of the organisation.
        RefundAnswered: it was approved or declined.
    """
    refund, payment = _locked(session, actor, refund_id)
    actor.require_other_than(refund.asked_by)
    refund.answered_at, refund.answered_by = now, actor.user_id
    refund.state = RefundState.APPROVED.value
    session.flush()
    record(session, PayinAudit.REFUND_APPROVED, actor, now, refund)
    if payment.means != Means.CARD:
        house = get_own_organisation(session, actor)
        finish_refund(
            session, actor=actor, now=now, day=local_date(now, house.timezone), refund=refund, payment=payment
        )
    return refund


def decline_refund(session: Session, *, actor: Actor, now: datetime, refund_id: UUID) -> BuyerRefund:
    """Decline a refund, or take one's own back.

    Raises:
        Forbidden: the actor may not record payments.
        NotFound: it is not a refund of the organisation.
        RefundAnswered: it was approved or declined.
    """
    refund, _payment = _locked(session, actor, refund_id)
    refund.answered_at, refund.answered_by = now, actor.user_id
    refund.state = RefundState.DECLINED.value
    session.flush()
    record(session, PayinAudit.REFUND_DECLINED, actor, now, refund)
    return refund


def _locked(session: Session, actor: Actor, refund_id: UUID) -> tuple[BuyerRefund, BuyerPayment]:
    actor.require(Permission.PAYIN_WRITE)
    lock_books(session, actor.org)
    refund = session.get(BuyerRefund, refund_id, populate_existing=True)
    if refund is None or refund.organisation_id != actor.org:
        raise NotFound
    if refund.state != RefundState.ASKED:
        raise RefundAnswered
    return refund, session.get_one(BuyerPayment, refund.payment_id)


def finish_refund(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    day: date,
    refund: BuyerRefund,
    payment: BuyerPayment,
) -> None:
    """Book that money went back: out of the buyer's credit, and before that out of what it had settled, the latest first."""
    if refund.entry_id is not None:
        return
    refund.entry_id = give_back(
        session,
        actor=actor,
        now=now,
        day=day,
        payment=payment,
        amount_minor=refund.amount_minor,
        key=f"refund:{refund.id}",
        use="refund",
        money=MONEY_ACCOUNTS[Means(payment.means)],
        kind=EntryKind.REFUND,
        description=(MISTAKE if refund.is_mistake else PAID_BACK).format(number=refund.number),
    )
    refund.state = RefundState.DONE.value
    if refund.is_mistake:
        _reopen_line(session, payment)
    session.flush()
    record(session, PayinAudit.REFUND_DONE, actor, now, refund)


def _reopen_line(session: Session, payment: BuyerPayment) -> None:
    session.execute(
        update(StatementLine)
        .where(
            StatementLine.organisation_id == payment.organisation_id, StatementLine.payment_id == payment.id
        )
        .values(state=LineState.OPEN.value, payment_id=None, answered_at=None, answered_by=None)
    )


def give_back(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    day: date,
    payment: BuyerPayment,
    amount_minor: int,
    key: str,
    use: str,
    money: AccountCode,
    kind: EntryKind,
    description: str,
) -> UUID:
    """Take an amount out of a payment for good and post it; what the payment no longer holds is a loss."""
    free = payment.amount_minor - used_of(session, payment.id)
    if free < amount_minor:
        free += release_uses(
            session,
            actor=actor,
            now=now,
            day=day,
            payment=payment,
            amount_minor=amount_minor - free,
            key=f"{key}:release",
        )
    taken = min(free, amount_minor)
    used = used_of(session, payment.id)
    worth = worth_of(payment.book_minor, payment.amount_minor, used + taken)
    worth -= worth_of(payment.book_minor, payment.amount_minor, used)
    lost = worth_of(payment.book_minor, payment.amount_minor, amount_minor - taken)
    currency = get_organisation(session, payment.organisation_id).currency
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=payment.organisation_id,
        now=now,
        occurred_on=day,
        kind=kind,
        description=description,
        idempotency_key=key,
        lines=[
            LedgerLine(AccountCode.BUYER_PREPAYMENTS, worth, payment.buyer_id, currency),
            LedgerLine(AccountCode.OTHER_EXPENSE, lost, None, currency),
            LedgerLine(money, -(worth + lost), None, currency),
        ],
    )
    if taken:
        keep_uses(
            session,
            now,
            [
                PaymentUse(
                    id=new_id(),
                    organisation_id=payment.organisation_id,
                    payment_id=payment.id,
                    kind=use,
                    amount_minor=taken,
                    received_minor=worth,
                    settled_minor=0,
                    made_at=now,
                    made_by=actor.user_id,
                )
            ],
            entry.id,
        )
    return entry.id


def take_refund_back(
    session: Session,
    *,
    actor: ActsFor,
    now: datetime,
    day: date,
    refund: BuyerRefund,
    payment: BuyerPayment,
) -> None:
    """Book that a refund which was on its way failed: the money is back at the provider.

    What was taken out of the payment is the buyer's credit again; what was booked as a loss is none any more.
    """
    if refund.state == RefundState.FAILED:
        return
    if refund.entry_id is not None:
        taken = _taken_by(session, refund)
        used = used_of(session, payment.id)
        worth = worth_of(payment.book_minor, payment.amount_minor, used)
        worth -= worth_of(payment.book_minor, payment.amount_minor, used - taken)
        lost = worth_of(payment.book_minor, payment.amount_minor, refund.amount_minor - taken)
        currency = get_organisation(session, payment.organisation_id).currency
        entry = post_entry(
            session,
            actor=actor,
            organisation_id=payment.organisation_id,
            now=now,
            occurred_on=day,
            kind=EntryKind.REFUND,
            description="Devolución que no llegó al comprador",
            idempotency_key=f"refund:{refund.id}:failed",
            lines=[
                LedgerLine(MONEY_ACCOUNTS[Means(payment.means)], worth + lost, None, currency),
                LedgerLine(AccountCode.OTHER_EXPENSE, -lost, None, currency),
                LedgerLine(AccountCode.BUYER_PREPAYMENTS, -worth, payment.buyer_id, currency),
            ],
        )
        if taken:
            back = PaymentUse(
                id=new_id(),
                organisation_id=payment.organisation_id,
                payment_id=payment.id,
                kind="refund",
                amount_minor=-taken,
                received_minor=-worth,
                settled_minor=0,
                made_at=now,
                made_by=actor.user_id,
            )
            keep_uses(session, now, [back], entry.id)
    refund.state = RefundState.FAILED.value
    session.flush()
    record(session, PayinAudit.REFUND_FAILED, actor, now, refund)


def _taken_by(session: Session, refund: BuyerRefund) -> int:
    """Return what a booked refund took out of its payment; the rest of it was a loss."""
    taken = select(func.coalesce(func.sum(PaymentUse.amount_minor), 0)).where(
        PaymentUse.payment_id == refund.payment_id,
        PaymentUse.entry_id == refund.entry_id,
        PaymentUse.kind == "refund",
    )
    return int(session.scalar(taken) or 0)


def record(session: Session, tag: PayinAudit, actor: ActsFor, now: datetime, refund: BuyerRefund) -> None:
    """Write the audit record of a refund's step."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="buyer_refund",
        subject_id=refund.id,
        after={
            "number": refund.number,
            "payment_id": refund.payment_id,
            "amount_minor": refund.amount_minor,
            "currency": refund.currency,
            "state": refund.state,
            "reason": refund.reason,
            "is_mistake": refund.is_mistake,
        },
    )
