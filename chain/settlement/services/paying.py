"""Noting what was paid out of a run, line by line, and what came back; the entries are the payer's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.i18n import Message
from chain.core.money import Money
from chain.lots.queries import CHUNK
from chain.settlement.errors import NotPaidThatMuch, PaidTooMuch, RunStateRefused
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.rules import IN_THE_BOOKS, RUN_STATE_LABELS, RunState


def mark_paid(
    session: Session,
    *,
    organisation_id: UUID,
    now: datetime,
    line_amounts: Mapping[UUID, int],
    paid_by: UUID | None = None,
) -> None:
    """Note that lines were paid; a run whose every line is paid becomes PAID. The caller has locked the books.

    Raises:
        NotFound: a line is not one of the organisation's.
        RunStateRefused: a run is not in the books.
        PaidTooMuch: more than what is still open of a line.
    """
    lines = _locked(session, organisation_id, line_amounts)
    changed = []
    for one in lines:
        amount = line_amounts[one.id]
        if amount <= 0 or one.paid_minor + amount > one.net_minor:
            raise PaidTooMuch(left=Money(one.net_minor - one.paid_minor, one.currency))
        changed.append({"id": one.id, "paid_minor": one.paid_minor + amount})
    _write(session, changed)
    for run_id in sorted({one.run_id for one in lines}):
        if _open_of(session, run_id) == 0:
            _set_state(session, run_id, RunState.PAID, now, paid_by)


def mark_returned(
    session: Session,
    *,
    organisation_id: UUID,
    now: datetime,
    line_amounts: Mapping[UUID, int],
) -> None:
    """Note that payments came back: the lines are open again, and their runs are ACCOUNTED again.

    Raises:
        NotFound: a line is not one of the organisation's.
        RunStateRefused: a run is not in the books.
        NotPaidThatMuch: more than what was paid of a line.
    """
    del now
    lines = _locked(session, organisation_id, line_amounts)
    changed = []
    for one in lines:
        amount = line_amounts[one.id]
        if amount <= 0 or amount > one.paid_minor:
            raise NotPaidThatMuch(paid=Money(one.paid_minor, one.currency))
        changed.append({"id": one.id, "paid_minor": one.paid_minor - amount})
    _write(session, changed)
    for run_id in sorted({one.run_id for one in lines}):
        _set_state(session, run_id, RunState.ACCOUNTED, None, None)


def _locked(session: Session, organisation_id: UUID, line_amounts: Mapping[UUID, int]) -> list[Any]:
    """Lock the runs and then the lines, in the order of their ids; return line, run, currency, net and paid."""
    wanted = sorted(line_amounts)
    run_ids: set[UUID] = set()
    count = 0
    for start in range(0, len(wanted), CHUNK):
        found = session.scalars(
            select(SettlementLine.run_id)
            .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
            .where(
                SettlementLine.id.in_(wanted[start : start + CHUNK]),
                SettlementRun.organisation_id == organisation_id,
            )
        ).all()
        run_ids.update(found)
        count += len(found)
    if count != len(wanted):
        raise NotFound
    _lock_runs(session, run_ids)
    locked: list[Any] = []
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(
                SettlementLine.id,
                SettlementLine.run_id,
                SettlementRun.currency,
                SettlementLine.net_minor,
                SettlementLine.paid_minor,
            )
            .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
            .where(SettlementLine.id.in_(wanted[start : start + CHUNK]))
            .order_by(SettlementLine.id)
            .with_for_update(of=SettlementLine)
        ).all()
        locked += rows
    return locked


def _lock_runs(session: Session, run_ids: set[UUID]) -> None:
    rows = session.execute(
        select(SettlementRun.id, SettlementRun.number, SettlementRun.state)
        .where(SettlementRun.id.in_(run_ids))
        .order_by(SettlementRun.id)
        .with_for_update()
    ).all()
    for row in rows:
        state = RunState(row.state)
        if state not in IN_THE_BOOKS:
            raise RunStateRefused(number=row.number, state=Message(RUN_STATE_LABELS[state]))


def _write(session: Session, changed: list[dict[str, object]]) -> None:
    if changed:
        session.execute(update(SettlementLine), changed)


def _open_of(session: Session, run_id: UUID) -> int:
    rest = func.sum(SettlementLine.net_minor - SettlementLine.paid_minor)
    return int(session.scalar(select(rest).where(SettlementLine.run_id == run_id)) or 0)


def _set_state(
    session: Session, run_id: UUID, state: RunState, paid_at: datetime | None, paid_by: UUID | None
) -> None:
    run = session.scalars(
        select(SettlementRun).where(SettlementRun.id == run_id).execution_options(populate_existing=True)
    ).one()
    run.state, run.paid_at, run.paid_by = state.value, paid_at, paid_by
    session.flush()
