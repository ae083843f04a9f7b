"""Undoing "paid in cash to everybody": a mistake of one person is taken back by another; nothing of it is edited."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.ledger.models import JournalEntry
from chain.ledger.queries.journal import entry_by_key
from chain.ledger.rules import AccountCode
from chain.ledger.services.posting import lines_of, reverse_entry
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import NotPaidInCash
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, RunState
from chain.settlement.services.run_entries import payment_keys
from chain.settlement.services.runs import checked_reason, lock_run, record, today


def take_back_payment(
    session: Session, *, actor: Actor, now: datetime, run_id: UUID, reason: str
) -> SettlementRun:
    """Undo the last payment in cash to everybody: its entry is reversed, and the lines it paid are open again.

    What payout paid stays paid; it comes back there. The receipts stand, and no longer say that they were paid.

    Raises:
        Forbidden: the actor may neither pay nor account.
        NotFound: it is not a run of the organisation.
        NotPaidInCash: nothing of it was paid in cash to everybody.
        SamePerson: the actor noted the payment.
        ValidationFailed: the reason is missing or too long.
    """
    if not actor.may(Permission.RUNS_ACCOUNT):
        actor.require(Permission.RUNS_PAY)
    run = lock_run(session, actor, run_id)
    standing = _standing_payments(session, run)
    if run.state not in IN_THE_BOOKS or not standing:
        raise NotPaidInCash(number=run.number)
    payment = standing[-1]
    actor.require_other_than(payment.posted_by)
    why = checked_reason(reason)
    reverse_entry(
        session,
        actor=actor,
        organisation_id=run.organisation_id,
        now=now,
        entry_id=payment.id,
        occurred_on=today(session, actor, now),
        description=f"Anulación del pago en efectivo de la liquidación n.º {run.number}: {why}"[:200],
    )
    back = _open_again(session, run, payment.id)
    before = run.state
    run.state, run.paid_at, run.paid_by = RunState.ACCOUNTED.value, None, None
    run.payment_entry_id = standing[-2].id if len(standing) > 1 else None
    session.flush()
    session.expire_all()
    record(
        session, SettlementAudit.RUN_PAYMENT_TAKEN_BACK, actor, now, run, before, reason=why, back_minor=back
    )
    return run


def _standing_payments(session: Session, run: SettlementRun) -> Sequence[JournalEntry]:
    """Return the payments in cash of this round that were not taken back, the first one first."""
    found: list[JournalEntry] = []
    for key in payment_keys(run):
        entry_id = entry_by_key(session, run.organisation_id, key)
        if entry_id is None:
            return found
        is_back = select(JournalEntry.id).where(JournalEntry.reverses_id == entry_id)
        if session.scalar(is_back) is None:
            found.append(session.get_one(JournalEntry, entry_id))
    return found


def _open_again(session: Session, run: SettlementRun, entry_id: UUID) -> int:
    """Take what an entry paid off the lines of its producers; return the sum."""
    paid = {
        line.party_id: line.amount_minor
        for line in lines_of(session, entry_id)
        if line.account == AccountCode.PAYABLE_PRODUCERS
    }
    rows = session.execute(
        select(SettlementLine.id, SettlementLine.producer_id, SettlementLine.paid_minor)
        .where(SettlementLine.run_id == run.id, SettlementLine.paid_minor > 0)
        .order_by(SettlementLine.id)
        .with_for_update()
    ).all()
    session.execute(
        update(SettlementLine),
        [
            {"id": row.id, "paid_minor": row.paid_minor - paid[row.producer_id]}
            for row in rows
            if row.producer_id in paid
        ],
    )
    return sum(paid.values())
