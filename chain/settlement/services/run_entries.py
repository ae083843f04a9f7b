"""What a run posts: when it is accounted, and when everybody is paid in cash at once."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.ledger.held_money import check_free_money
from chain.ledger.models import JournalEntry
from chain.ledger.queries.journal import entry_by_key
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import post_entry
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import TAKEN, ItemKind, RunKind, words

#: Accounts that are kept per producer.
PER_PRODUCER = frozenset(
    {
        AccountCode.ADVANCES_TO_PRODUCERS.value,
        AccountCode.LOANS_TO_PRODUCERS.value,
        AccountCode.RECEIVABLE_PRODUCERS.value,
        AccountCode.VILLAGE_BANK.value,
    }
)


def post_account(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    occurred_on: date,
    run: SettlementRun,
    buyer_id: UUID | None,
) -> JournalEntry | None:
    """Post a run that is being accounted.

    Sale: debit what the buyer owes; credit each producer's net, what is taken off to the accounts of the rules and debts, and
    what the organisation earns with goods that it had bought before. Deliveries: the debit goes to purchases, because the
    organisation pays from its own funds; what the producers leave as reserve is credited to it.
    """
    lines = account_lines(session, run, buyer_id)
    if not any(one.amount_minor for one in lines):
        return None  # grams at céntimos a kilogram may be worth nothing; the books take no empty entries
    return post_entry(
        session,
        actor=actor,
        organisation_id=run.organisation_id,
        now=now,
        occurred_on=occurred_on,
        kind=EntryKind.RUN_ACCOUNT,
        description=f"Liquidación n.º {run.number}",
        idempotency_key=f"run:{run.id}:account:{run.round}",
        lines=lines,
    )


def account_lines(session: Session, run: SettlementRun, buyer_id: UUID | None) -> list[LedgerLine]:
    """Return what a run posts; it sums to zero because lines and items of a run sum to its gross."""
    reserve, income = _sums_of(session, run)
    debit = AccountCode.RECEIVABLE_BUYERS if run.kind == RunKind.SALE else AccountCode.PURCHASES
    lines = [
        LedgerLine(debit, run.gross_minor - reserve + run.own_minor, buyer_id, run.currency),
        LedgerLine(AccountCode.OTHER_EXPENSE, income, None, run.currency),
        LedgerLine(AccountCode.RESERVE, reserve, None, run.currency),
        LedgerLine(AccountCode.OWN_SALES, -run.own_minor, None, run.currency),
    ]
    lines += [
        LedgerLine(AccountCode.PAYABLE_PRODUCERS, -row.net_minor, row.producer_id, run.currency)
        for row in _lines(session, run)
    ]
    lines += _credits(session, run)
    assert sum(one.amount_minor for one in lines) == 0, "lines and items of a run sum to its gross"  # noqa: S101 - an invariant
    return lines


def _sums_of(session: Session, run: SettlementRun) -> tuple[int, int]:
    """Return the reserve (negative) and the other income of a run."""
    rows = session.execute(
        select(SettlementItem.kind, func.sum(SettlementItem.amount_minor).label("minor"))
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(
            SettlementLine.run_id == run.id,
            SettlementItem.kind.in_([ItemKind.RESERVE.value, ItemKind.OTHER_INCOME.value]),
        )
        .group_by(SettlementItem.kind)
    )
    sums = {row.kind: int(row.minor) for row in rows}
    return sums.get(ItemKind.RESERVE.value, 0), sums.get(ItemKind.OTHER_INCOME.value, 0)


def _credits(session: Session, run: SettlementRun) -> list[LedgerLine]:
    """Return what is taken off, by account; of producers' accounts by producer too."""
    rows = session.execute(
        select(
            SettlementItem.account,
            SettlementLine.producer_id,
            func.sum(SettlementItem.amount_minor).label("minor"),
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id, SettlementItem.kind.in_(words(TAKEN)))
        .group_by(SettlementItem.account, SettlementLine.producer_id)
    )
    sums: dict[tuple[str, UUID | None], int] = {}
    for row in rows:
        account = row.account or AccountCode.FEE_INCOME.value
        key = (account, row.producer_id if account in PER_PRODUCER else None)
        sums[key] = sums.get(key, 0) + int(row.minor)
    return [
        LedgerLine(AccountCode(account), minor, party_id, run.currency)
        for (account, party_id), minor in sorted(sums.items(), key=lambda pair: (pair[0][0], str(pair[0][1])))
        if minor
    ]


def post_cash(
    session: Session, *, actor: Actor, now: datetime, occurred_on: date, run: SettlementRun
) -> JournalEntry | None:
    """Post that everybody is paid in cash what is still open; None when nothing is."""
    rows = [row for row in _lines(session, run) if row.net_minor > row.paid_minor]
    if not rows:
        return None
    paid = [
        LedgerLine(
            AccountCode.PAYABLE_PRODUCERS, row.net_minor - row.paid_minor, row.producer_id, run.currency
        )
        for row in rows
    ]
    total = sum(one.amount_minor for one in paid)
    check_free_money(session, run.organisation_id, run.currency, total)
    return post_entry(
        session,
        actor=actor,
        organisation_id=run.organisation_id,
        now=now,
        occurred_on=occurred_on,
        kind=EntryKind.RUN_PAYMENT,
        description=f"Pago de la liquidación n.º {run.number}",
        idempotency_key=_payment_key(session, run),
        lines=[*paid, LedgerLine(AccountCode.CASH, -total, None, run.currency)],
    )


def _payment_key(session: Session, run: SettlementRun) -> str:
    """Return a key of its own for each time: a transfer that comes back lets the rest be paid in cash once more."""
    return next(key for key in payment_keys(run) if entry_by_key(session, run.organisation_id, key) is None)


def payment_keys(run: SettlementRun) -> Iterator[str]:
    """Return the keys of a run's payments in cash in this round, one after the other, without end."""
    first = f"run:{run.id}:payment:{run.round}"
    yield first
    for times in count(2):
        yield f"{first}:{times}"


def _lines(session: Session, run: SettlementRun) -> Sequence[Any]:
    return session.execute(
        select(SettlementLine.producer_id, SettlementLine.net_minor, SettlementLine.paid_minor)
        .where(SettlementLine.run_id == run.id)
        .order_by(SettlementLine.producer_id)
    ).all()
