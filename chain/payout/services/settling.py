"""What becomes of payments: paid, come back, not paid out; and the collector's float."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import Message
from chain.core.money import Money
from chain.ledger.queries.journal import entry_by_key
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.payout.audit_tags import PayoutAudit
from chain.payout.errors import (
    BatchStateRefused,
    CountDiffers,
    FloatTooSmall,
    NotInCash,
    NotTheCollector,
)
from chain.payout.models import CashCount, Payout, PayoutBatch
from chain.payout.rules import (
    BATCH_STATE_LABELS,
    IN_CASH,
    BatchState,
    PayoutState,
    Rail,
    check_payout_step,
    counted_total,
)
from chain.payout.services.batches import checked_reason, lock_batch, note_batch
from chain.settlement.services.paying import mark_paid, mark_returned


def record_paid(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    batch_id: UUID,
    payout_ids: Collection[UUID],
    reference: str | None = None,
) -> int:
    """Note that payments of a batch reached their receivers, and post them; return how many are new.

    What is paid already stays as it is, so that sending the same again is harmless. Cash leaves the counter or the collector's
    float; a transfer that was on its way leaves the bank.

    Raises:
        Forbidden: the actor hands no money over, or sends none.
        NotFound: a payment is not one of this batch.
        NotTheCollector: another person carries the money.
        BatchStateRefused: the batch did not leave yet.
        PayoutStateRefused: a payment came back or was cancelled.
        PaidTooMuch: a line was paid in another way meanwhile.
    """
    actor.require(Permission.PAYOUTS_DELIVER)
    batch = lock_batch(session, actor, batch_id)
    rail = Rail(batch.rail)
    _check_payer(actor, batch, rail)
    found = _locked(session, batch, payout_ids)
    fresh = [one for one in found if one.state != PayoutState.PAID]
    for one in fresh:
        check_payout_step(one.state, PayoutState.PAID)
    if not fresh:
        return 0
    if rail in IN_CASH:
        mark_paid(
            session,
            organisation_id=actor.org,
            now=now,
            line_amounts=_by_line(fresh),
            paid_by=actor.user_id,
        )
    _post(
        session,
        actor,
        now,
        batch,
        kind=EntryKind.PAYOUT,
        text=f"Pagos del lote n.º {batch.number}",
        key=f"payouts:{content_hash({'ids': sorted(one.id for one in fresh)})}:paid",
        lines=_paid_lines(batch, rail, fresh),
    )
    for one in fresh:
        one.state, one.paid_at, one.paid_by = PayoutState.PAID.value, now, actor.user_id
        one.reference = (reference or "").strip()[:200] or one.reference
    session.flush()
    note_batch(
        session,
        PayoutAudit.PAYOUT_PAID,
        actor,
        now,
        batch,
        payments=len(fresh),
        amount_minor=sum(one.amount_minor for one in fresh),
    )
    _finish(session, actor, now, batch)
    return len(fresh)


def _check_payer(actor: Actor, batch: PayoutBatch, rail: Rail) -> None:
    if rail not in IN_CASH:
        actor.require(Permission.PAYOUTS_WRITE)
    if rail is Rail.COLLECTOR and actor.user_id not in {None, batch.collector_id}:
        raise NotTheCollector
    _check_left(batch)


def _check_left(batch: PayoutBatch) -> None:
    if batch.state not in {BatchState.SENT, BatchState.DONE}:
        raise BatchStateRefused(
            number=batch.number, state=Message(BATCH_STATE_LABELS[BatchState(batch.state)])
        )


def _paid_lines(batch: PayoutBatch, rail: Rail, payouts: Sequence[Payout]) -> list[LedgerLine]:
    total = sum(one.amount_minor for one in payouts)
    owed = AccountCode.PAYABLE_PRODUCERS if rail in IN_CASH else AccountCode.PAYOUTS_IN_TRANSIT
    lines = [LedgerLine(owed, one.amount_minor, one.producer_id, batch.currency) for one in payouts]
    if rail is Rail.COLLECTOR:
        return [*lines, LedgerLine(AccountCode.CASH_COLLECTORS, -total, batch.collector_id, batch.currency)]
    return [
        *lines,
        LedgerLine(AccountCode.CASH if rail is Rail.CASH else AccountCode.BANK, -total, None, batch.currency),
    ]


def record_returned(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    batch_id: UUID,
    payout_id: UUID,
    reason: str,
) -> Payout:
    """Note that a payment came back: what it paid is owed again and may be paid in another batch, once.

    Raises:
        Forbidden: the actor sends no payments.
        NotFound: it is not a payment of this batch.
        PayoutStateRefused: it did not leave, or came back before.
        ValidationFailed: the reason is missing or too long.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    (payout,) = _locked(session, batch, [payout_id])
    check_payout_step(payout.state, PayoutState.RETURNED)
    why = checked_reason(reason)
    rail = Rail(batch.rail)
    was_paid = payout.state == PayoutState.PAID
    mark_returned(
        session,
        organisation_id=actor.org,
        now=now,
        line_amounts={payout.line_id: payout.amount_minor},
    )
    if not was_paid:
        back = AccountCode.PAYOUTS_IN_TRANSIT
    elif rail in IN_CASH:
        back = AccountCode.CASH
    else:
        back = AccountCode.BANK
    party = payout.producer_id if back is AccountCode.PAYOUTS_IN_TRANSIT else None
    _post(
        session,
        actor,
        now,
        batch,
        kind=EntryKind.PAYOUT_RETURNED,
        text=f"Pago devuelto del lote n.º {batch.number}",
        key=f"payout:{payout.id}:returned",
        lines=[
            LedgerLine(back, payout.amount_minor, party, batch.currency),
            LedgerLine(
                AccountCode.PAYABLE_PRODUCERS, -payout.amount_minor, payout.producer_id, batch.currency
            ),
        ],
    )
    payout.state, payout.returned_at, payout.returned_by = PayoutState.RETURNED.value, now, actor.user_id
    payout.return_reason = why
    session.flush()
    audit.record(
        session,
        tag=PayoutAudit.PAYOUT_RETURNED,
        actor=actor,
        now=now,
        subject_type="payout",
        subject_id=payout.id,
        after={"amount_minor": payout.amount_minor, "reason": why, "batch": batch.number},
    )
    _finish(session, actor, now, batch)
    return payout


def cancel_planned(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    batch_id: UUID,
    payout_ids: Collection[UUID],
    reason: str,
) -> int:
    """Take payments in cash that nobody came for out of a batch; their lines are open again. Return how many.

    Raises:
        Forbidden: the actor sends no payments.
        NotFound: a payment is not one of this batch.
        NotInCash: the batch goes out with a file, which pays all that stands in it.
        BatchStateRefused: it did not leave yet: what is drawn and approved is its whole total, or it is discarded.
        PayoutStateRefused: one was paid, or is on its way.
        ValidationFailed: the reason is missing or too long.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    if Rail(batch.rail) not in IN_CASH:
        raise NotInCash
    _check_left(batch)
    found = [one for one in _locked(session, batch, payout_ids) if one.state != PayoutState.CANCELLED]
    why = checked_reason(reason)
    for one in found:
        check_payout_step(one.state, PayoutState.CANCELLED)
        one.state, one.return_reason = PayoutState.CANCELLED.value, why
    session.flush()
    if found:
        note_batch(session, PayoutAudit.PAYOUT_CANCELLED, actor, now, batch, payments=len(found), reason=why)
        _finish(session, actor, now, batch)
    return len(found)


def count_cash(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    count_id: UUID,
    batch_id: UUID,
    purpose: str,
    counts: Mapping[int, int],
) -> CashCount:
    """Write down the notes and coins of a batch in cash: drawn before it leaves, or brought back by the collector.

    What a collector brings back goes into the cash; what is missing stays on the collector's account.

    Raises:
        Forbidden: the actor sends no payments.
        NotFound: it is not a batch of the organisation.
        CountDiffers: what is drawn is not what the batch pays.
        FloatTooSmall: more comes back than the collector carries.
        IdempotencyConflict: the id was used for another count.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    kept = {str(piece): count for piece, count in sorted(counts.items(), reverse=True) if count}
    total = counted_total(counts)
    known = session.get(CashCount, count_id)
    if known is not None:
        if (known.batch_id, known.purpose, known.counts) != (batch.id, purpose, kept):
            raise IdempotencyConflict
        return known
    if purpose == "drawn" and total != batch.total_minor:
        raise CountDiffers(
            counted=Money(total, batch.currency), expected=Money(batch.total_minor, batch.currency)
        )
    left = float_left(session, batch)
    if purpose == "returned" and (batch.rail != Rail.COLLECTOR or total > left):
        raise FloatTooSmall(left=Money(left, batch.currency))
    row = CashCount(
        id=count_id,
        batch_id=batch.id,
        purpose=purpose,
        currency=batch.currency,
        counts=kept,
        total_minor=total,
        counted_at=now,
        counted_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    if purpose == "returned":
        _take_back(session, actor, now, batch, row)
    note_batch(session, PayoutAudit.CASH_COUNTED, actor, now, batch, purpose=purpose, counted_minor=total)
    return row


def _take_back(session: Session, actor: Actor, now: datetime, batch: PayoutBatch, count: CashCount) -> None:
    _post(
        session,
        actor,
        now,
        batch,
        kind=EntryKind.FLOAT,
        text=f"Devolución del fondo · lote n.º {batch.number}",
        key=f"cash_count:{count.id}",
        lines=[
            LedgerLine(AccountCode.CASH, count.total_minor, None, batch.currency),
            LedgerLine(AccountCode.CASH_COLLECTORS, -count.total_minor, batch.collector_id, batch.currency),
        ],
    )


def float_left(session: Session, batch: PayoutBatch) -> int:
    """Return what the collector of a batch still carries of its float: given, less handed over and brought back.

    What a producer gave back lies in the cash, not in the float.
    """
    if batch.rail != Rail.COLLECTOR or batch.sent_at is None:
        return 0
    handed = session.scalar(
        select(func.sum(Payout.amount_minor)).where(
            Payout.batch_id == batch.id,
            Payout.state.in_([PayoutState.PAID.value, PayoutState.RETURNED.value]),
        )
    )
    brought = session.scalar(
        select(func.sum(CashCount.total_minor)).where(
            CashCount.batch_id == batch.id, CashCount.purpose == "returned"
        )
    )
    return batch.total_minor - int(handed or 0) - int(brought or 0)


def _locked(session: Session, batch: PayoutBatch, payout_ids: Collection[UUID]) -> Sequence[Payout]:
    found = session.scalars(
        select(Payout)
        .where(Payout.batch_id == batch.id, Payout.id.in_(payout_ids))
        .order_by(Payout.position)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    if len(found) != len(set(payout_ids)) or not found:
        raise NotFound
    return found


def _by_line(payouts: Sequence[Payout]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for one in payouts:
        found[one.line_id] = found.get(one.line_id, 0) + one.amount_minor
    return found


def _post(
    session: Session,
    actor: Actor,
    now: datetime,
    batch: PayoutBatch,
    *,
    kind: EntryKind,
    text: str,
    key: str,
    lines: Sequence[LedgerLine],
) -> None:
    if not any(one.amount_minor for one in lines):
        return
    organisation = get_own_organisation(session, actor)
    lock_books(session, batch.organisation_id)
    assert entry_by_key(session, batch.organisation_id, key) is None, "states change with their entries"  # noqa: S101 - an invariant
    post_entry(
        session,
        actor=actor,
        organisation_id=batch.organisation_id,
        now=now,
        occurred_on=local_date(now, organisation.timezone),
        kind=kind,
        description=text,
        idempotency_key=key,
        lines=lines,
    )


def _finish(session: Session, actor: Actor, now: datetime, batch: PayoutBatch) -> None:
    """End a batch whose every payment has an end; a payment that comes back later leaves it ended."""
    waits = session.scalar(
        select(func.count())
        .select_from(Payout)
        .where(
            Payout.batch_id == batch.id,
            Payout.state.in_([PayoutState.PLANNED.value, PayoutState.SENT.value]),
        )
    )
    if not waits and batch.state == BatchState.SENT:
        session.execute(
            update(PayoutBatch)
            .where(PayoutBatch.id == batch.id)
            .values(state=BatchState.DONE.value, done_at=now)
        )
        session.refresh(batch)
        note_batch(session, PayoutAudit.BATCH_DONE, actor, now, batch)
