"""The steps of a settlement run after its preparation: approve, pay, discard. Each posts or undoes as a whole."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, NotFound
from chain.core.i18n import N_
from chain.genealogy.queries.taken import taken_of
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services import change_lot_states
from chain.sales.models import Sale
from chain.sales.queries.due import due_in_books, is_unclear, kept_lot_ids
from chain.sales.rules import SaleState
from chain.sales.services.adjustments import adjust_by_arrivals
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import RunOutdated
from chain.settlement.models import Advance, RunLot, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import MAX_NAME, ItemKind, RunKind, RunState, check_transition
from chain.settlement.services.prepare import prepare_period_run, prepare_sale_run
from chain.settlement.services.receipts import issue_receipts

__all__ = ["approve_run", "discard_run", "pay_run", "prepare_period_run", "prepare_sale_run"]

MIN_REASON = 3


def approve_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID) -> SettlementRun:
    """Approve what another person prepared: post it, take the advances back, settle the lots.

    Sale: debit what the buyer owes; credit each producer's net, the fees, the advances taken back, and what the
    organisation earns with goods that it had bought before. Period: the debit goes to purchases, because the
    organisation pays from its own funds.

    Raises:
        Forbidden: the actor may not approve.
        SamePerson: the actor prepared it.
        NotFound: it is not a run of the organisation.
        RunStateRefused: it is approved, paid or discarded already.
        RunOutdated: a delivery or an advance changed since it was prepared.
    """
    actor.require(Permission.RUNS_APPROVE)
    run = _lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.APPROVED)
    actor.require_other_than(run.prepared_by)
    _take_advances(session, run)
    buyer_id = _settle_sale(session, now, run) if run.kind == RunKind.SALE else None
    _settle_lots(session, actor, now, run)
    run.approval_entry_id = _post_approval(session, actor, now, run, buyer_id)
    before = run.state
    run.state, run.approved_at, run.approved_by = RunState.APPROVED.value, now, actor.user_id
    session.flush()
    _record(session, SettlementAudit.RUN_APPROVED, actor, now, run, before)
    return run


def pay_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID) -> SettlementRun:
    """Pay every producer of an approved run and issue the receipts, numbered without a gap.

    Raises:
        Forbidden: the actor may not pay.
        NotFound: it is not a run of the organisation.
        RunStateRefused: it is not approved, or paid already.
    """
    actor.require(Permission.RUNS_PAY)
    run = _lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.PAID)
    organisation = get_own_organisation(session, actor)
    entry_id, chain_hash = None, None
    if run.net_minor:
        entry = post_entry(
            session,
            actor=actor,
            organisation_id=run.organisation_id,
            now=now,
            occurred_on=local_date(now, organisation.timezone),
            kind=EntryKind.RUN_PAYMENT,
            description=f"Pago de la liquidación n.º {run.number}",
            idempotency_key=f"run:{run.id}:payment",
            lines=_payment_lines(session, run),
        )
        entry_id, chain_hash = entry.id, entry.hash
    before = run.state
    run.state, run.paid_at, run.paid_by = RunState.PAID.value, now, actor.user_id
    run.payment_entry_id = entry_id
    session.flush()
    issue_receipts(session, actor=actor, now=now, run=run, chain_hash=chain_hash)
    _record(session, SettlementAudit.RUN_PAID, actor, now, run, before)
    return run


def discard_run(session: Session, *, actor: Actor, now: datetime, run_id: UUID, reason: str) -> SettlementRun:
    """Discard a run before its approval; its deliveries and advances are free for another one.

    Whoever may prepare or approve may discard; nothing was posted yet.

    Raises:
        Forbidden: the actor may neither prepare nor approve.
        NotFound: it is not a run of the organisation.
        ValidationFailed: the reason is missing or too long.
        RunStateRefused: it is approved, paid or discarded already.
    """
    if not actor.may(Permission.RUNS_PREPARE):
        actor.require(Permission.RUNS_APPROVE)
    run = _lock_run(session, actor, run_id)
    check_transition(run.number, run.state, RunState.DISCARDED)
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
    before = run.state
    run.state, run.discarded_at, run.discarded_by = RunState.DISCARDED.value, now, actor.user_id
    run.discard_reason = why
    session.flush()
    _record(session, SettlementAudit.RUN_DISCARDED, actor, now, run, before, reason=why)
    return run


def _lock_run(session: Session, actor: Actor, run_id: UUID) -> SettlementRun:
    """Lock the books, then the run, and return it as it is now."""
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


def _take_advances(session: Session, run: SettlementRun) -> None:
    """Mark the advances as taken back, in the order of their ids; each is checked against what is still open."""
    taken = (
        select(SettlementItem.advance_id, func.sum(-SettlementItem.amount_minor).label("minor"))
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id, SettlementItem.advance_id.is_not(None))
        .group_by(SettlementItem.advance_id)
    )
    amounts = {row.advance_id: int(row.minor) for row in session.execute(taken)}
    if not amounts:
        return
    advances = session.execute(
        select(Advance.id, Advance.amount_minor, Advance.recovered_minor)
        .where(Advance.id.in_(amounts))
        .order_by(Advance.id)
        .with_for_update()
    ).all()
    if any(row.recovered_minor + amounts[row.id] > row.amount_minor for row in advances):
        raise RunOutdated
    session.execute(
        update(Advance),
        [{"id": row.id, "recovered_minor": row.recovered_minor + amounts[row.id]} for row in advances],
    )


def _settle_lots(session: Session, actor: Actor, now: datetime, run: SettlementRun) -> None:
    """Lock the lots, see that they are what the run was prepared from, and mark them as settled."""
    if run.kind == RunKind.SALE:
        wanted = kept_lot_ids(run.sale_id)
    else:
        wanted = select(RunLot.lot_id).where(RunLot.run_id == run.id)
    lots = lock_lots(session, run.organisation_id, session.scalars(wanted).all())
    taken = taken_of(session, [lot.id for lot in lots]) if run.kind == RunKind.PERIOD else {}
    if sum(lot.quantity - taken.get(lot.id, 0) for lot in lots) != run.quantity + run.own_quantity:
        raise RunOutdated
    if run.kind == RunKind.PERIOD:
        _check_period_lots(session, run, lots, taken)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.SETTLED)


def _check_period_lots(
    session: Session, run: SettlementRun, lots: Sequence[Lot], taken: Mapping[UUID, int]
) -> None:
    """Refuse deliveries that were sold in a tender or cancelled meanwhile, and producers who took back more or less."""
    if any(lot.state not in {LotState.REGISTERED, LotState.GRADED} for lot in lots):
        raise RunOutdated
    brought: Counter[UUID | None] = Counter()
    for lot in lots:
        brought[lot.producer_id] += lot.quantity - taken.get(lot.id, 0)
    prepared = session.execute(
        select(SettlementLine.producer_id, SettlementLine.quantity).where(SettlementLine.run_id == run.id)
    )
    if any(brought[row.producer_id] != row.quantity for row in prepared):
        raise RunOutdated


def _settle_sale(session: Session, now: datetime, run: SettlementRun) -> UUID:
    """Lock the sale before its lots, as everybody does, and see that what is due did not change since the run was prepared."""
    sale = session.scalars(
        select(Sale).where(Sale.id == run.sale_id).with_for_update().execution_options(populate_existing=True)
    ).one()
    adjust_by_arrivals(session, now=now, sale_id=sale.id)
    is_same = due_in_books(session, sale) == run.gross_minor + run.own_minor
    if sale.state != SaleState.AGREED or not is_same or is_unclear(session, sale.id):
        raise RunOutdated
    sale.state = SaleState.SETTLED.value
    session.flush()
    return sale.buyer_id


def _post_approval(
    session: Session, actor: Actor, now: datetime, run: SettlementRun, buyer_id: UUID | None
) -> UUID | None:
    if not run.gross_minor + run.own_minor:
        return None  # grams at céntimos a kilogram may be worth nothing; the books take no empty entries
    organisation = get_own_organisation(session, actor)
    entry = post_entry(
        session,
        actor=actor,
        organisation_id=run.organisation_id,
        now=now,
        occurred_on=local_date(now, organisation.timezone),
        kind=EntryKind.RUN_APPROVAL,
        description=f"Liquidación n.º {run.number}",
        idempotency_key=f"run:{run.id}:approval",
        lines=_approval_lines(session, run, buyer_id),
    )
    return entry.id


def _approval_lines(session: Session, run: SettlementRun, buyer_id: UUID | None) -> list[LedgerLine]:
    rows = _lines(session, run)
    taken = _deducted(session, run, ItemKind.ADVANCE)
    fees = sum(_deducted(session, run, ItemKind.FEE).values())
    debit = AccountCode.RECEIVABLE_BUYERS if run.kind == RunKind.SALE else AccountCode.PURCHASES
    lines = [
        LedgerLine(debit, run.gross_minor + run.own_minor, buyer_id, run.currency),
        LedgerLine(AccountCode.OWN_SALES, -run.own_minor, None, run.currency),
    ]
    lines += [
        LedgerLine(AccountCode.PAYABLE_PRODUCERS, -row.net_minor, row.producer_id, run.currency)
        for row in rows
    ]
    lines.append(LedgerLine(AccountCode.FEE_INCOME, -fees, None, run.currency))
    lines += [
        LedgerLine(AccountCode.ADVANCES_TO_PRODUCERS, -amount, producer_id, run.currency)
        for producer_id, amount in sorted(taken.items())
    ]
    assert sum(one.amount_minor for one in lines) == 0, "lines and items of a run sum to its gross"  # noqa: S101 - an invariant
    return lines


def _payment_lines(session: Session, run: SettlementRun) -> list[LedgerLine]:
    paid = [
        LedgerLine(AccountCode.PAYABLE_PRODUCERS, row.net_minor, row.producer_id, run.currency)
        for row in _lines(session, run)
    ]
    return [*paid, LedgerLine(AccountCode.CASH, -run.net_minor, None, run.currency)]


def _lines(session: Session, run: SettlementRun) -> Sequence[Any]:
    return session.execute(
        select(SettlementLine.producer_id, SettlementLine.net_minor)
        .where(SettlementLine.run_id == run.id)
        .order_by(SettlementLine.producer_id)
    ).all()


def _deducted(session: Session, run: SettlementRun, kind: ItemKind) -> dict[UUID, int]:
    """Return what one kind of deduction takes off each producer, positive."""
    rows = session.execute(
        select(SettlementLine.producer_id, func.sum(-SettlementItem.amount_minor).label("minor"))
        .join(SettlementItem, SettlementItem.line_id == SettlementLine.id)
        .where(SettlementLine.run_id == run.id, SettlementItem.kind == kind.value)
        .group_by(SettlementLine.producer_id)
    )
    return {row.producer_id: int(row.minor) for row in rows}


def _record(  # noqa: PLR0917 - private; one line of facts
    session: Session,
    tag: SettlementAudit,
    actor: Actor,
    now: datetime,
    run: SettlementRun,
    before: str,
    **more: object,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="settlement_run",
        subject_id=run.id,
        before={"state": before},
        after={"state": run.state, "number": run.number, "net_minor": run.net_minor, **more},
    )
