"""The steps of a settlement run after its preparation: approve, account, pay in cash, discard."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_, Message
from chain.core.money import Money
from chain.dues.services.takings import apply_takings
from chain.ledger.services.posting import lock_books
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.charged import tell_charged
from chain.settlement.errors import (
    PaymentsWait,
    RunDoesNotReconcile,
    RunStateRefused,
    TooLargeForCash,
)
from chain.settlement.fortnight.services.one_offs import draw_incomes
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.planned_payments import cash_limit_on, waiting_batch
from chain.settlement.queries.reconcile import totals_of
from chain.settlement.rules import MAX_NAME, MIN_REASON, RUN_STATE_LABELS, RunState, check_transition
from chain.settlement.services.changes import tell_changes
from chain.settlement.services.period import prepare_gate_run, prepare_period_run
from chain.settlement.services.prepare import prepare_sale_run
from chain.settlement.services.receipts import issue_receipts
from chain.settlement.services.run_entries import post_account, post_cash
from chain.settlement.services.run_lots import check_lots, hold_sale, release_sale, settle_lots
from chain.settlement.services.taking import takings_of

__all__ = [
    "account_run",
    "approve_run",
    "discard_run",
    "pay_run",
    "prepare_gate_run",
    "prepare_period_run",
    "prepare_sale_run",
]


def approve_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID) -> SettlementRun:
    """Approve what another person prepared: it reconciles, and its deliveries are locked. No balance moves.

    Raises:
        Forbidden: the actor may not approve.
        SamePerson: the actor prepared it.
        NotFound: it is not a run of the organisation.
        RunStateRefused: it is approved, in the books, paid or discarded already.
        RunDoesNotReconcile: blocks, lines, items and lots do not sum to the same; the difference is named.
        RunOutdated: a delivery or the sale changed since it was prepared.
    """
    actor.require(Permission.RUNS_APPROVE)
    run = lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.APPROVED)
    actor.require_other_than(run.prepared_by)
    return approve_locked(session, actor, now, run)


def approve_locked(
    session: Session, actor: Actor, now: datetime, run: SettlementRun, alone_by: str | None = None
) -> SettlementRun:
    """Approve a run that the caller has locked and may approve; `alone_by` is the decision that lets one person do it."""
    check_reconciled(session, run)
    check_lots(session, now, run)
    hold_sale(session, run)
    before = run.state
    run.state, run.approved_at, run.approved_by = RunState.APPROVED.value, now, actor.user_id
    run.alone_by = alone_by
    session.flush()
    record(session, SettlementAudit.RUN_APPROVED, actor, now, run, before, alone_by=alone_by)
    return run


def check_reconciled(session: Session, run: SettlementRun) -> None:
    """Refuse a run whose parts do not sum to the whole.

    Raises:
        RunDoesNotReconcile: names the first block that differs, what differs and by how much.
    """
    totals = totals_of(session, run)
    if totals.is_whole:
        return
    first = totals.differences[0]
    raise RunDoesNotReconcile(
        number=run.number,
        block=Message(first.block) if first.zone_name is None else first.zone_name,
        what=Message(first.what),
        difference=Money(first.difference_minor, run.currency),
    )


def account_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID) -> SettlementRun:
    """Bring an approved run into the books: debts are taken, the entry is posted, lots are settled, receipts issued.

    Balances move only here.

    Raises:
        Forbidden: the actor may not account.
        NotFound: it is not a run of the organisation.
        RunStateRefused: it is not approved, or in the books already.
        RunDoesNotReconcile, RunOutdated, DuesOutdated: as at the approval, and when a debt is smaller by now.
        PeriodClosed: today lies in a closed month.
    """
    actor.require(Permission.RUNS_ACCOUNT)
    run = lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.ACCOUNTED)
    if (
        run.state != RunState.APPROVED
    ):  # a paid run is in the books: only a payment that comes back leads there from it
        raise RunStateRefused(number=run.number, state=Message(RUN_STATE_LABELS[RunState(run.state)]))
    return account_locked(session, actor, now, run)


def account_locked(session: Session, actor: Actor, now: datetime, run: SettlementRun) -> SettlementRun:
    """Account a run that the caller has locked."""
    day = today(session, actor, now)
    check_reconciled(session, run)
    check_lots(session, now, run)
    apply_takings(
        session,
        actor=actor,
        now=now,
        organisation_id=run.organisation_id,
        run_id=run.id,
        applied_on=day,
        takings=takings_of(session, run.id),
    )
    draw_incomes(session, run)
    buyer_id = settle_lots(session, actor, now, run)
    entry = post_account(session, actor=actor, now=now, occurred_on=day, run=run, buyer_id=buyer_id)
    before = run.state
    run.state, run.accounted_at, run.accounted_by = RunState.ACCOUNTED.value, now, actor.user_id
    run.account_entry_id = entry.id if entry else None
    session.flush()
    record(session, SettlementAudit.RUN_ACCOUNTED, actor, now, run, before)
    tell_charged(session, actor=actor, now=now, day=day, run=run)
    tell_changes(session, now, run)
    issue_receipts(session, actor=actor, now=now, run=run)
    return run


def pay_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID) -> SettlementRun:
    """Note that every producer of a run in the books was paid in cash what is still open: one step for a small association.

    Raises:
        Forbidden: the actor may not pay.
        NotFound: it is not a run of the organisation.
        RunStateRefused: it is not in the books, or paid already.
        PaymentsWait: a batch holds payments of it; who carries them may have handed them over already.
        MoneyHeld: only money that is held for sales would be left to pay it.
        TooLargeForCash: somebody is owed an amount that has to go through a bank.
    """
    actor.require(Permission.RUNS_PAY)
    run = lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.PAID)
    refuse_waiting_payments(session, run)
    return pay_locked(session, actor, now, run)


def pay_locked(session: Session, actor: Actor, now: datetime, run: SettlementRun) -> SettlementRun:
    """Pay a run that the caller has locked."""
    day = today(session, actor, now)
    _refuse_too_large(session, run, day)
    entry = post_cash(session, actor=actor, now=now, occurred_on=day, run=run)
    session.execute(
        update(SettlementLine)
        .where(SettlementLine.run_id == run.id)
        .values(paid_minor=SettlementLine.net_minor)
        .execution_options(synchronize_session=False)
    )
    before = run.state
    run.state, run.paid_at, run.paid_by = RunState.PAID.value, now, actor.user_id
    run.payment_entry_id = entry.id if entry else None
    session.flush()
    session.expire_all()
    record(session, SettlementAudit.RUN_PAID, actor, now, run, before)
    return run


def _refuse_too_large(session: Session, run: SettlementRun, day: date) -> None:
    limit = cash_limit_on(session, run.organisation_id, day)
    if limit is None:
        return
    count = session.scalar(
        select(func.count())
        .select_from(SettlementLine)
        .where(SettlementLine.run_id == run.id, SettlementLine.net_minor - SettlementLine.paid_minor >= limit)
    )
    if count:
        raise TooLargeForCash(limit=Money(limit, run.currency), count=count, number=run.number)


def refuse_waiting_payments(session: Session, run: SettlementRun) -> None:
    """Refuse what would make payments wrong that wait in a batch.

    Raises:
        PaymentsWait: names the batch.
    """
    batch = waiting_batch(session, run.id)
    if batch is not None:
        raise PaymentsWait(number=run.number, batch=batch)


def discard_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID, reason: str) -> SettlementRun:
    """Discard a run that is not in the books; its deliveries and debts are free for another one.

    Whoever may prepare or approve may discard; nothing was posted yet, or it was reversed.

    Raises:
        Forbidden: the actor may neither prepare nor approve.
        NotFound: it is not a run of the organisation.
        ValidationFailed: the reason is missing or too long.
        RunStateRefused: it is in the books, paid or discarded already.
    """
    if not actor.may(Permission.RUNS_PREPARE):
        actor.require(Permission.RUNS_APPROVE)
    run = lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.DISCARDED)
    why = checked_reason(reason)
    if run.state == RunState.APPROVED:
        release_sale(session, run)
    before = run.state
    run.state, run.discarded_at, run.discarded_by = RunState.DISCARDED.value, now, actor.user_id
    run.discard_reason = why
    session.flush()
    record(session, SettlementAudit.RUN_DISCARDED, actor, now, run, before, reason=why)
    return run


def checked_reason(reason: str) -> str:
    """Return a reason with single spaces.

    Raises:
        ValidationFailed: it is missing or too long.
    """
    why = " ".join(reason.split())
    if not MIN_REASON <= len(why) <= MAX_NAME:
        errors = FieldErrors()
        errors.add(
            "reason",
            N_("Write the reason in %(least)s to %(limit)s characters."),
            least=MIN_REASON,
            limit=MAX_NAME,
        )
        errors.raise_any()
    return why


def today(session: Session, actor: Actor, now: datetime) -> date:
    """Return the day it is at the actor's organisation."""
    return local_date(now, get_own_organisation(session, actor).timezone)


def lock_run(session: Session, actor: Actor, run_id: UUID) -> SettlementRun:
    """Lock the books, then the run, and return it as it is now.

    Raises:
        NotFound: it is not a run of the organisation.
    """
    lock_books(session, actor.org)
    run = session.scalars(
        select(SettlementRun)
        .where(SettlementRun.id == run_id, SettlementRun.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if run is None:
        raise NotFound
    return run


def record(  # noqa: PLR0917 - one line of facts
    session: Session,
    tag: SettlementAudit,
    actor: Actor,
    now: datetime,
    run: SettlementRun,
    before: str,
    **more: object,
) -> None:
    """Write down a step of a run."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="settlement_run",
        subject_id=run.id,
        before={"state": before},
        after={
            "state": run.state,
            "number": run.number,
            "net_minor": run.net_minor,
            **{name: value for name, value in more.items() if value is not None},
        },
    )
