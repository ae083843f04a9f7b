"""Batches of payments: prepared by one officer, approved by another, sent, or discarded."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.money import Money
from chain.ledger.held_money import check_free_money
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from chain.ledger.services.posting import lock_books, post_entry
from chain.payout.audit_tags import PayoutAudit
from chain.payout.errors import CashLimit, DetailsMissing, NothingToPay
from chain.payout.models import Payout, PayoutBatch, PayoutFile
from chain.payout.queries.details import Destination, destinations
from chain.payout.queries.limits import limits_on
from chain.payout.queries.payouts import collector_of, open_returns, planned_in, waiting_by_line, wallet_used
from chain.payout.rules import (
    IN_CASH,
    MAX_NAME,
    MAX_PAYOUTS,
    REMOTE,
    BatchState,
    Limit,
    LimitKind,
    PayoutState,
    Rail,
    cash_shares,
    check_batch_step,
    limit_of,
    over_cash_limit,
    parts_on,
    smallest_coin,
)
from chain.settlement.queries.payable import PayableLine, payable_lines
from chain.settlement.services.paying import mark_paid

#: Names told in a refusal; more are counted.
MAX_NAMES = 8
MIN_REASON = 5


@dataclass(frozen=True, slots=True)
class _Open:
    """A line and what of it no payment covers yet."""

    line: PayableLine
    open_minor: int


def prepare_batch(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    batch_id: UUID,
    rail: Rail,
    pay_on: date,
    currency: str | None = None,
    run_id: UUID | None = None,
    line_ids: Collection[UUID] | None = None,
    collector_id: UUID | None = None,
) -> PayoutBatch:
    """Prepare payments on one rail for the open lines of a run, for chosen lines, or for all; the same id again changes nothing.

    Without chosen lines, those whose producers have no confirmed details for the rail are left to another rail. What came back
    is among the open lines again; its next payment names the one it follows.

    Raises:
        Forbidden: the actor prepares no payments.
        NotFound: a line is not an open one of the organisation, or the collector is none of its people.
        ValidationFailed: the day has gone by or the collector is missing.
        NothingToPay: nothing of the choice is open for this rail.
        DetailsMissing: chosen producers have no confirmed details.
        CashLimit: an amount has to go through a bank.
        IdempotencyConflict: the id was used for another batch.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    lock_books(session, actor.org)
    organisation = get_own_organisation(session, actor)
    wanted = currency or organisation.currency
    digest = content_hash(
        {
            "rail": rail.value,
            "currency": wanted,
            "run_id": run_id,
            "line_ids": sorted(line_ids) if line_ids else None,
            "collector_id": collector_id,
            "pay_on": pay_on,
        }
    )
    known = session.get(PayoutBatch, batch_id)
    if known is not None:
        if known.organisation_id != actor.org or known.content_hash != digest:
            raise IdempotencyConflict
        return known
    _check(session, actor, rail, pay_on, local_date(now, organisation.timezone), collector_id)
    limits = limits_on(session, actor.org, pay_on)
    lines = _open_lines(session, actor.org, wanted, run_id, line_ids)
    if rail in IN_CASH and run_id is not None and line_ids is None:
        lines = [*_small_rests(session, actor.org, wanted, run_id, lines), *lines]
    batch = PayoutBatch(
        id=batch_id,
        organisation_id=actor.org,
        number=1 + int(_last_number(session, actor.org)),
        rail=rail.value,
        currency=wanted,
        run_id=run_id,
        collector_id=collector_id,
        payments=0,
        total_minor=0,
        pay_on=pay_on,
        state=BatchState.PREPARED.value,
        prepared_at=now,
        prepared_by=actor.user_id,
        content_hash=digest,
    )
    _add_payments(session, batch, lines, limits, must_all=bool(line_ids))
    note_batch(session, PayoutAudit.BATCH_PREPARED, actor, now, batch, payments=batch.payments)
    return batch


def _add_payments(
    session: Session, batch: PayoutBatch, lines: Sequence[_Open], limits: Sequence[Limit], *, must_all: bool
) -> None:
    rows = _payments(session, batch, lines, limits, must_all=must_all)
    if not rows:
        raise NothingToPay
    batch.payments = len(rows)
    batch.total_minor = sum(row["amount_minor"] for row in rows)
    served = {row["line_id"] for row in rows}
    batch.left_minor = sum(one.open_minor for one in lines if one.line.line_id in served) - batch.total_minor
    session.add(batch)
    session.flush()
    session.execute(insert(Payout), rows)


def _check(  # noqa: PLR0917 - private; one line of facts
    session: Session, actor: Actor, rail: Rail, pay_on: date, today: date, collector_id: UUID | None
) -> None:
    errors = FieldErrors()
    if pay_on < today:
        errors.add("pay_on", N_("The day has gone by."))
    if rail is Rail.COLLECTOR and collector_id is None:
        errors.add("collector", N_("Choose who carries the money."))
    errors.raise_any()
    if collector_id is not None and (
        rail is not Rail.COLLECTOR or collector_of(session, actor.org, collector_id) is None
    ):
        raise NotFound


def _last_number(session: Session, organisation_id: UUID) -> int:
    found = session.scalar(
        select(func.max(PayoutBatch.number)).where(PayoutBatch.organisation_id == organisation_id)
    )
    return found or 0


def _open_lines(
    session: Session,
    organisation_id: UUID,
    currency: str,
    run_id: UUID | None,
    line_ids: Collection[UUID] | None,
) -> list[_Open]:
    waiting = waiting_by_line(session, organisation_id)
    found = []
    for line in payable_lines(session, organisation_id, run_id):
        left = line.open_minor - waiting.get(line.line_id, 0)
        if line.currency == currency and left > 0:
            found.append(_Open(line, left))
    if line_ids is None:
        return found
    chosen = set(line_ids)
    picked = [one for one in found if one.line.line_id in chosen]
    if len(picked) != len(chosen):
        raise NotFound
    return picked


def _small_rests(
    session: Session, organisation_id: UUID, currency: str, run_id: UUID, lines: Sequence[_Open]
) -> list[_Open]:
    """Return what earlier runs still owe the same people because no coin was small enough."""
    people = {one.line.producer_id for one in lines}
    return [
        one
        for one in _open_lines(session, organisation_id, currency, None, None)
        if one.line.run_id != run_id
        and one.line.producer_id in people
        and one.open_minor < smallest_coin(currency)
    ]


def _payments(
    session: Session,
    batch: PayoutBatch,
    lines: Sequence[_Open],
    limits: Sequence[Limit],
    *,
    must_all: bool,
) -> list[dict[str, Any]]:
    rail = Rail(batch.rail)
    goes_to: Mapping[UUID, Destination] = {}
    if rail in REMOTE:
        goes_to = destinations(
            session, batch.organisation_id, {one.line.producer_id for one in lines}, rail.value
        )
        missing = [one.line.full_name for one in lines if one.line.producer_id not in goes_to]
        if must_all and missing:
            raise DetailsMissing(names=name_some(missing))
        lines = [one for one in lines if one.line.producer_id in goes_to]
        if rail is Rail.WALLET:
            lines = _within_day(session, batch, lines, limit_of(limits, LimitKind.WALLET_DAY))
    else:
        too_large = _over_cash_limit(rail, lines, limits)
        if must_all and too_large:
            most = limit_of(limits, LimitKind.CASH_PAYMENT) or 0
            raise CashLimit(limit=Money(most, batch.currency), names=name_some(list(too_large.values())))
        lines = [one for one in lines if one.line.producer_id not in too_large]
        shares = cash_shares([(one.line.producer_id, one.open_minor) for one in lines], batch.currency)
        lines = [_Open(one.line, share) for one, share in zip(lines, shares, strict=True)]
    follows = open_returns(session, [one.line.line_id for one in lines])
    rows: list[dict[str, Any]] = []
    for one in lines:
        before = list(follows.get(one.line.line_id, ()))
        for amount in parts_on(rail, one.open_minor, limits):
            place = goes_to.get(one.line.producer_id)
            rows.append(
                {
                    "id": new_id(),
                    "batch_id": batch.id,
                    "position": len(rows) + 1,
                    "line_id": one.line.line_id,
                    "producer_id": one.line.producer_id,
                    "amount_minor": amount,
                    "destination": {"rail": rail.value, **(place.plain() if place else {})},
                    "replaces_id": before.pop(0) if before else None,
                    "state": PayoutState.PLANNED.value,
                }
            )
    if len(rows) > MAX_PAYOUTS:
        errors = FieldErrors()
        errors.add("lines", N_("A batch holds at most %(limit)s payments."), limit=MAX_PAYOUTS)
        errors.raise_any()
    return rows


def _over_cash_limit(rail: Rail, lines: Sequence[_Open], limits: Sequence[Limit]) -> dict[UUID, str]:
    """Return whom all that they get in one envelope takes to a bank: an amount is not split to stay below the limit."""
    totals: dict[UUID, int] = {}
    for one in lines:
        totals[one.line.producer_id] = totals.get(one.line.producer_id, 0) + one.open_minor
    return {
        one.line.producer_id: one.line.full_name
        for one in lines
        if over_cash_limit(rail, totals[one.line.producer_id], limits)
    }


def _within_day(
    session: Session, batch: PayoutBatch, lines: Sequence[_Open], most: int | None
) -> list[_Open]:
    """Return what a wallet still takes that day of each person, the first lines first; the rest stays open."""
    if most is None:
        return list(lines)
    used = wallet_used(session, batch.organisation_id, batch.currency, batch.pay_on)
    taken = []
    for one in lines:
        person = one.line.producer_id
        amount = min(one.open_minor, max(most - used.get(person, 0), 0))
        used[person] = used.get(person, 0) + amount
        taken.append(_Open(one.line, amount))
    return taken


def name_some(names: Sequence[str]) -> str:
    """Return the first of some names for a refusal; dots stand for the others."""
    named = ", ".join(names[:MAX_NAMES])
    return named + (" …" if len(names) > MAX_NAMES else "")


def approve_batch(session: Session, *, actor: Actor, now: datetime, batch_id: UUID) -> PayoutBatch:
    """Approve what another officer prepared.

    Raises:
        Forbidden: the actor approves no payments.
        SamePerson: the actor prepared it.
        NotFound: it is not a batch of the organisation.
        BatchStateRefused: it is approved, sent or discarded already.
        MoneyHeld: only money that is held for sales would be left to pay it.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    actor.require_other_than(batch.prepared_by)
    check_batch_step(batch.number, batch.state, BatchState.APPROVED)
    _check_free(session, batch, {BatchState.APPROVED, BatchState.SENT})
    batch.state, batch.approved_at, batch.approved_by = BatchState.APPROVED.value, now, actor.user_id
    session.flush()
    note_batch(session, PayoutAudit.BATCH_APPROVED, actor, now, batch)
    return batch


def send_batch(session: Session, *, actor: Actor, now: datetime, batch_id: UUID) -> PayoutBatch:
    """Say that an approved batch left: the file went to the bank, the collector got the float, the counter is open.

    Money that goes to a bank or wallet is on its way from here on: it leaves what producers are owed and is nobody's to pay again
    until it comes back. A collector's float leaves the cash. Cash at the counter moves payment by payment.

    Raises:
        Forbidden: the actor sends no payments.
        NotFound: it is not a batch of the organisation.
        BatchStateRefused: it is not approved, or was sent before.
        PaidTooMuch: a line was paid in another way meanwhile.
        MoneyHeld: only money that is held for sales would be left to pay it.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    check_batch_step(batch.number, batch.state, BatchState.SENT)
    _check_free(session, batch, {BatchState.SENT})
    organisation = get_own_organisation(session, actor)
    rail = Rail(batch.rail)
    payments = session.execute(
        select(Payout.id, Payout.line_id, Payout.producer_id, Payout.amount_minor)
        .where(Payout.batch_id == batch.id, Payout.state == PayoutState.PLANNED.value)
        .order_by(Payout.position)
    ).all()
    lines: list[LedgerLine] = []
    if rail in REMOTE:
        mark_paid(
            session,
            organisation_id=actor.org,
            now=now,
            line_amounts=_sums(payments),
            paid_by=actor.user_id,
        )
        session.execute(
            update(Payout)
            .where(Payout.batch_id == batch.id, Payout.state == PayoutState.PLANNED.value)
            .values(state=PayoutState.SENT.value)
            .execution_options(synchronize_session=False)
        )
        for one in payments:
            lines.append(
                LedgerLine(AccountCode.PAYABLE_PRODUCERS, one.amount_minor, one.producer_id, batch.currency)
            )
            lines.append(
                LedgerLine(AccountCode.PAYOUTS_IN_TRANSIT, -one.amount_minor, one.producer_id, batch.currency)
            )
    elif rail is Rail.COLLECTOR:
        lines = [
            LedgerLine(AccountCode.CASH_COLLECTORS, batch.total_minor, batch.collector_id, batch.currency),
            LedgerLine(AccountCode.CASH, -batch.total_minor, None, batch.currency),
        ]
    if lines:
        post_entry(
            session,
            actor=actor,
            organisation_id=actor.org,
            now=now,
            occurred_on=local_date(now, organisation.timezone),
            kind=EntryKind.FLOAT if rail is Rail.COLLECTOR else EntryKind.PAYOUT,
            description=f"Lote de pagos n.º {batch.number}",
            idempotency_key=f"payout_batch:{batch.id}:sent",
            lines=lines,
        )
    batch.state, batch.sent_at, batch.sent_by = BatchState.SENT.value, now, actor.user_id
    session.flush()
    note_batch(session, PayoutAudit.BATCH_SENT, actor, now, batch)
    return batch


def _check_free(session: Session, batch: PayoutBatch, before: Collection[BatchState]) -> None:
    """Refuse a batch that needs money which is held for sales; other batches in these states take theirs first."""
    bound = planned_in(session, batch, before)
    check_free_money(session, batch.organisation_id, batch.currency, batch.total_minor, bound_minor=bound)


def discard_batch(
    session: Session, *, actor: Actor, now: datetime, batch_id: UUID, reason: str
) -> PayoutBatch:
    """Discard a batch that did not leave; its lines are open for another one.

    Once a file was made the bank may have it, so another officer than who made it must say that it does not.

    Raises:
        Forbidden: the actor prepares no payments.
        SamePerson: the actor made the file of the batch.
        NotFound: it is not a batch of the organisation.
        BatchStateRefused: it left, or is discarded.
        ValidationFailed: the reason is missing or too long.
    """
    actor.require(Permission.PAYOUTS_WRITE)
    batch = lock_batch(session, actor, batch_id)
    check_batch_step(batch.number, batch.state, BatchState.DISCARDED)
    why = checked_reason(reason)
    for maker in session.scalars(select(PayoutFile.made_by).where(PayoutFile.batch_id == batch.id)):
        actor.require_other_than(maker)
    batch.state, batch.discarded_at, batch.discarded_by = BatchState.DISCARDED.value, now, actor.user_id
    batch.discard_reason = why
    session.execute(
        update(Payout)
        .where(Payout.batch_id == batch.id)
        .values(state=PayoutState.CANCELLED.value)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    note_batch(session, PayoutAudit.BATCH_DISCARDED, actor, now, batch, reason=why)
    return batch


def lock_batch(session: Session, actor: Actor, batch_id: UUID) -> PayoutBatch:
    """Lock the books and then the batch, and return it as it is now.

    Raises:
        NotFound: it is not a batch of the actor's organisation.
    """
    lock_books(session, actor.org)
    batch = session.scalars(
        select(PayoutBatch)
        .where(PayoutBatch.id == batch_id, PayoutBatch.organisation_id == actor.org)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if batch is None:
        raise NotFound
    return batch


def checked_reason(reason: str) -> str:
    """Return a reason with single spaces.

    Raises:
        ValidationFailed: it is too short or too long.
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


def note_batch(
    session: Session, tag: PayoutAudit, actor: Actor, now: datetime, batch: PayoutBatch, **more: object
) -> None:
    """Record a step of a batch in the audit trail."""
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="payout_batch",
        subject_id=batch.id,
        after={
            "number": batch.number,
            "rail": batch.rail,
            "state": batch.state,
            "total_minor": batch.total_minor,
            **more,
        },
    )


def _sums(payments: Sequence[Any]) -> dict[UUID, int]:
    found: dict[UUID, int] = {}
    for one in payments:
        found[one.line_id] = found.get(one.line_id, 0) + one.amount_minor
    return found
