"""Taking a run back out of the books: the entry is reversed, debts and lots are restored, receipts are voided."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.core.i18n import Message
from chain.dues.services.takings import restore_takings
from chain.genealogy.models import LotShare
from chain.ledger.models import JournalEntry
from chain.ledger.services.posting import reverse_entry
from chain.papers.services.voiding import void_papers
from chain.sales.models import SaleLine
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.charged import tell_charged
from chain.settlement.errors import LaterRunStands, RunPaidAlready, RunStateRefused, TaxPapersStand
from chain.settlement.fortnight.services.one_offs import return_incomes
from chain.settlement.models import (
    RunLot,
    RunReversal,
    SettlementBlock,
    SettlementItem,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.paper_subjects import LINE, TAX_LINE
from chain.settlement.queries.receipts import count_tax_papers
from chain.settlement.rules import IN_THE_BOOKS, RUN_STATE_LABELS, RunKind, RunState
from chain.settlement.services.notices import RUN_REVERSED, OwedChange, notify_owed_change
from chain.settlement.services.run_lots import restore_lots
from chain.settlement.services.runs import (
    checked_reason,
    lock_run,
    record,
    refuse_waiting_payments,
    today,
)


def reverse_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID, reason: str) -> SettlementRun:
    """Take a run back out of the books; it is prepared again, to be approved anew or discarded. Each producer is told.

    Raises:
        Forbidden: the actor may not account.
        NotFound: it is not a run of the organisation.
        ValidationFailed: the reason is missing or too long.
        RunPaidAlready: something of it was paid out; the payment must come back first.
        RunStateRefused: it is not in the books.
        PaymentsWait: a batch holds payments of it.
        LaterRunStands: a later run that was calculated after it is in the books.
        TaxPapersStand: tax papers of it stand, and the actor may not void them.
    """
    actor.require(Permission.RUNS_ACCOUNT)
    run = lock_run(session, actor, run_id)
    why = checked_reason(reason)
    paid = session.scalar(select(func.sum(SettlementLine.paid_minor)).where(SettlementLine.run_id == run.id))
    if paid:
        raise RunPaidAlready(number=run.number)
    if run.state not in {RunState.ACCOUNTED, RunState.PAID}:
        raise RunStateRefused(number=run.number, state=Message(RUN_STATE_LABELS[RunState(run.state)]))
    refuse_waiting_payments(session, run)
    _refuse_later(session, run)
    _refuse_tax_papers(session, actor, run)
    day = today(session, actor, now)
    tell_charged(session, actor=actor, now=now, day=day, run=run, is_reversed=True)
    entry = _reverse(session, actor, now, run, why) if run.account_entry_id else None
    restore_takings(
        session, actor=actor, now=now, organisation_id=run.organisation_id, run_id=run.id, applied_on=day
    )
    return_incomes(session, run)
    restore_lots(session, run)
    _void(session, actor, now, run, why, entry.id if entry else None)
    _tell(session, now, run, why)
    session.add(
        RunReversal(
            run_id=run.id,
            round=run.round,
            reason=why,
            entry_id=run.account_entry_id,
            reversal_entry_id=entry.id if entry else None,
            reversed_at=now,
            reversed_by=actor.user_id,
        )
    )
    before = run.state
    run.state, run.round = RunState.PREPARED.value, run.round + 1
    run.approved_at = run.approved_by = run.accounted_at = run.accounted_by = None
    run.paid_at = run.paid_by = None
    run.account_entry_id = run.payment_entry_id = run.alone_by = None
    session.flush()
    record(session, SettlementAudit.RUN_REVERSED, actor, now, run, before, reason=why)
    return run


def _refuse_tax_papers(session: Session, actor: Actor, run: SettlementRun) -> None:
    """A paper for the tax office is not voided on the way by somebody who could not void it by itself."""
    if actor.may(Permission.TAXES_CONFIRM):
        return
    count = count_tax_papers(session, run)
    if count:
        raise TaxPapersStand(count=count, number=run.number)


def _reverse(session: Session, actor: Actor, now: datetime, run: SettlementRun, why: str) -> JournalEntry:
    assert run.account_entry_id is not None  # noqa: S101 - the caller looked
    return reverse_entry(
        session,
        actor=actor,
        organisation_id=run.organisation_id,
        now=now,
        entry_id=run.account_entry_id,
        occurred_on=today(session, actor, now),
        description=f"Anulación de la liquidación n.º {run.number}: {why}"[:200],
    )


def _void(  # noqa: PLR0917 - private; one call
    session: Session, actor: Actor, now: datetime, run: SettlementRun, why: str, entry_id: UUID | None
) -> None:
    lines = session.scalars(select(SettlementLine.id).where(SettlementLine.run_id == run.id)).all()
    for subject_type in (LINE, TAX_LINE):
        void_papers(
            session,
            actor=actor,
            now=now,
            organisation_id=run.organisation_id,
            subject_type=subject_type,
            subject_ids=lines,
            reason=why,
            entry_id=entry_id,
        )


def _tell(session: Session, now: datetime, run: SettlementRun, why: str) -> None:
    rows = session.execute(
        select(SettlementLine.producer_id, SettlementLine.net_minor).where(SettlementLine.run_id == run.id)
    )
    notify_owed_change(
        session,
        organisation_id=run.organisation_id,
        now=now,
        currency=run.currency,
        changes=[OwedChange(row.producer_id, row.net_minor, 0) for row in rows],
        msgid=RUN_REVERSED,
        number=run.number,
        reason=why,
    )


def _refuse_later(session: Session, run: SettlementRun) -> None:
    """S4: refuse while a later period of the same product and zones is in the books, or a sale that built on this run."""
    number = _later_period(session, run)
    if number is None and run.kind != RunKind.SALE:
        number = _sale_after(session, run)
    if number is not None:
        raise LaterRunStands(number=number)


def _later_period(session: Session, run: SettlementRun) -> int | None:
    if run.kind != RunKind.PERIOD:
        return None
    later = session.execute(
        select(SettlementRun.id, SettlementRun.number)
        .where(
            SettlementRun.organisation_id == run.organisation_id,
            SettlementRun.kind == run.kind,
            SettlementRun.commodity == run.commodity,
            SettlementRun.period_from > run.period_to,
            SettlementRun.state.in_([state.value for state in IN_THE_BOOKS]),
        )
        .order_by(SettlementRun.number)
    ).all()
    if not later:
        return None
    own = _zones(session, run.id)
    for row in later:
        theirs = _zones(session, row.id)
        if not own or not theirs or own & theirs:
            return int(row.number)
    return None


def _zones(session: Session, run_id: UUID) -> set[UUID]:
    rows = session.scalars(select(SettlementBlock.zone_id).where(SettlementBlock.run_id == run_id))
    return {zone for zone in rows if zone is not None}


def _sale_after(session: Session, run: SettlementRun) -> int | None:
    """Return the number of a standing sale's run that took this run's floor price off, or counted its goods as bought."""
    own_lines = select(SettlementLine.id).where(SettlementLine.run_id == run.id)
    took: Any = (
        select(SettlementItem.id)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(
            SettlementLine.run_id == SettlementRun.id,
            SettlementItem.earlier_line_id.in_(own_lines),
        )
        .correlate(SettlementRun)
        .exists()
    )
    sources = select(RunLot.source_id).where(RunLot.run_id == run.id)
    made: Any = (
        select(SaleLine.lot_id)
        .outerjoin(LotShare, LotShare.lot_id == SaleLine.lot_id)
        .where(
            SaleLine.sale_id == SettlementRun.sale_id,
            func.coalesce(LotShare.primary_id, SaleLine.lot_id).in_(sources),
        )
        .correlate(SettlementRun)
        .exists()
    )
    return session.scalar(
        select(SettlementRun.number)
        .where(
            SettlementRun.organisation_id == run.organisation_id,
            SettlementRun.kind == RunKind.SALE.value,
            SettlementRun.state != RunState.DISCARDED.value,
            took | made,
        )
        .order_by(SettlementRun.number)
        .limit(1)
    )
