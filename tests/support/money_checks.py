"""What must hold of all money at any moment: books, runs, receipts, debts, payouts and payments of buyers agree."""

from collections import Counter
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from chain.core.orm import Model
from chain.dues.models import Application, Movement
from chain.ledger.models import JournalEntry, LedgerAccount, Posting
from chain.ledger.rules import AccountCode
from chain.ledger.services.verify import verify_ledger
from chain.lots.models import Lot
from chain.papers.models import Paper
from chain.papers.queries.series import count_series
from chain.payin.models import BuyerPayment, CardCheckout, Invoice, PaymentUse
from chain.payout.models import Payout, PayoutBatch
from chain.sales.models import Sale
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.paper_subjects import LINE
from chain.settlement.queries.reconcile import totals_of
from chain.settlement.rules import IN_THE_BOOKS, RunState
from tests.support.cast import Cast

CENTRE_ID = Cast().centre.id


def picture(session: Session) -> Mapping[str, Any]:
    """Return how many rows every table has, and what changes in place: states, balances, what is paid."""
    session.rollback()
    counts = " UNION ALL ".join(
        f"SELECT '{name}', count(*) FROM \"{name}\"" for name in Model.metadata.tables
    )
    mutable = {
        "accounts": (LedgerAccount.id, LedgerAccount.balance_minor),
        "batches": (PayoutBatch.id, PayoutBatch.state),
        "checkouts": (CardCheckout.id, CardCheckout.state),
        "debts": (Movement.id, Movement.balance_minor),
        "invoices": (Invoice.id, Invoice.paid_minor),
        "lines": (SettlementLine.id, SettlementLine.paid_minor),
        "lots": (Lot.id, Lot.state),
        "papers": (Paper.id, Paper.voided_at),
        "payouts": (Payout.id, Payout.state),
        "runs": (SettlementRun.id, SettlementRun.state, SettlementRun.round),
        "sales": (Sale.id, Sale.state),
    }
    found: dict[str, Any] = {row[0]: row[1] for row in session.execute(text(counts))}
    for name, columns in mutable.items():
        found[f"{name} in place"] = sorted(session.execute(select(*columns).order_by(columns[0])).all())
    return found


def check_money(session: Session) -> None:
    """See that nothing is lost, doubled or unbalanced."""
    session.expire_all()
    report = verify_ledger(session)
    assert report.is_whole, report.problems
    assert not any(session.scalars(select(func.sum(Posting.amount_minor)).group_by(Posting.currency)))
    assert not any(trial_balance(session).values())
    assert all(one.has_no_gap for one in count_series(session, CENTRE_ID))
    _check_runs(session)
    _check_debts(session)
    _check_payouts(session)
    _check_buyers(session)


def trial_balance(session: Session) -> dict[tuple[UUID, str], int]:
    """Return the sum of all balances per house and currency."""
    rows = session.execute(
        select(
            LedgerAccount.organisation_id, LedgerAccount.currency, func.sum(LedgerAccount.balance_minor)
        ).group_by(LedgerAccount.organisation_id, LedgerAccount.currency)
    )
    return {(row[0], row[1]): int(row[2]) for row in rows}


def balance_of(session: Session, *codes: AccountCode) -> int:
    """Return the sum of the centre's accounts, debit positive."""
    return int(
        session.scalar(
            select(func.sum(LedgerAccount.balance_minor)).where(
                LedgerAccount.organisation_id == CENTRE_ID,
                LedgerAccount.code.in_([one.value for one in codes]),
            )
        )
        or 0
    )


def _check_runs(session: Session) -> None:
    """In the books, entry, receipts and taken debts: all or none of them."""
    owed = 0
    for run in session.scalars(select(SettlementRun)):
        lines = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
        ids = [one.id for one in lines]
        receipts = session.scalars(
            select(Paper).where(
                Paper.subject_type == LINE, Paper.subject_id.in_(ids), Paper.voided_at.is_(None)
            )
        ).all()
        taken = session.scalar(select(func.sum(Application.amount_minor)).where(Application.run_id == run.id))
        planned = session.scalar(
            select(-func.sum(SettlementItem.amount_minor)).where(
                SettlementItem.line_id.in_(ids), SettlementItem.movement_id.is_not(None)
            )
        )
        standing = _standing_entries(session, f"run:{run.id}:account:")
        is_in = RunState(run.state) in IN_THE_BOOKS
        assert standing == ([run.account_entry_id] if is_in else []), (run.state, standing)
        assert sorted(one.subject_id for one in receipts) == (sorted(ids) if is_in else [])
        assert int(taken or 0) == (int(planned or 0) if is_in else 0)
        assert all(0 <= one.paid_minor <= one.net_minor for one in lines)
        assert totals_of(session, run).is_whole
        net = {one.id: one.net_minor for one in lines}
        assert all(one.amount_minor == net[one.subject_id] for one in receipts)
        left = sum(one.net_minor - one.paid_minor for one in lines)
        if is_in:
            owed += left
            assert run.state == RunState.PAID or left or not run.net_minor
        if run.state == RunState.PAID:
            assert left == 0
    assert balance_of(session, AccountCode.PAYABLE_PRODUCERS) == -owed


def _standing_entries(session: Session, prefix: str) -> list[UUID]:
    undone = select(JournalEntry.reverses_id).where(JournalEntry.reverses_id.is_not(None))
    return list(
        session.scalars(
            select(JournalEntry.id).where(
                JournalEntry.idempotency_key.like(f"{prefix}%"), JournalEntry.id.not_in(undone)
            )
        )
    )


def _check_debts(session: Session) -> None:
    rows = session.execute(
        select(Application.movement_id, func.sum(Application.amount_minor)).group_by(Application.movement_id)
    )
    taken = {row[0]: row[1] for row in rows}
    for debt in session.scalars(select(Movement)):
        assert debt.balance_minor == debt.amount_minor - int(taken.get(debt.id, 0)) >= 0


def _check_payouts(session: Session) -> None:
    """What a line says is paid was paid by payments that did not come back, or to everybody at once; transit agrees."""
    paid: Counter[UUID] = Counter()
    transit = 0
    for row in session.execute(
        select(Payout.line_id, Payout.amount_minor, Payout.state).where(Payout.state.in_(["sent", "paid"]))
    ):
        paid[row.line_id] += row.amount_minor
        transit += row.amount_minor if row.state == "sent" else 0
    at_once = set(
        session.scalars(select(SettlementRun.id).where(SettlementRun.payment_entry_id.is_not(None)))
    )
    for line in session.scalars(select(SettlementLine)):
        if line.run_id in at_once:
            assert line.paid_minor >= paid[line.id]
        else:
            assert line.paid_minor == paid[line.id]
    assert balance_of(session, AccountCode.PAYOUTS_IN_TRANSIT) == -transit


def _check_buyers(session: Session) -> None:
    """Uses, invoices, prepayments and the ledger tell the same of what buyers paid."""
    settled: Counter[UUID] = Counter()
    used: Counter[UUID] = Counter()
    for row in session.execute(
        select(
            PaymentUse.payment_id, PaymentUse.invoice_id, PaymentUse.settled_minor, PaymentUse.amount_minor
        )
    ):
        used[row.payment_id] += row.amount_minor
        if row.invoice_id is not None:
            settled[row.invoice_id] += row.settled_minor
    for invoice in session.scalars(select(Invoice)):
        assert invoice.paid_book_minor == settled[invoice.id]
    ahead = 0
    for payment in session.scalars(select(BuyerPayment)):
        assert 0 <= used[payment.id] <= payment.amount_minor
        assert session.get(JournalEntry, payment.entry_id) is not None
        ahead += payment.amount_minor - used[payment.id]
    assert balance_of(session, AccountCode.BUYER_PREPAYMENTS) == -ahead
