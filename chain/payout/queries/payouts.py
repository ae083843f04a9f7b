"""Reads of batches and payments."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.queries import who_may
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.queries import CHUNK
from chain.payout.models import CashCount, Payout, PayoutBatch, PayoutConfirmation, PayoutFile
from chain.payout.rules import WAITING, BatchState, PayoutState, Rail
from chain.producers.models import Membership, Producer
from chain.settlement.models import SettlementLine

BATCH_SORT: SortColumns = {"number": PayoutBatch.number, "pay_on": PayoutBatch.pay_on}


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch in a list, with what became of its payments."""

    id: UUID
    number: int
    rail: str
    currency: str
    payments: int
    total_minor: int
    pay_on: date
    state: str
    paid_minor: int
    returned_minor: int


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment with the names that a treasurer reads."""

    id: UUID
    batch_id: UUID
    position: int
    line_id: UUID
    producer_id: UUID
    full_name: str
    member_code: str
    amount_minor: int
    destination: Mapping[str, Any]
    state: str
    reference: str | None
    paid_at: datetime | None
    return_reason: str | None
    replaces_id: UUID | None
    confirmed_by: str | None


def waiting_by_line(session: Session, organisation_id: UUID) -> dict[UUID, int]:
    """Return what planned payments will take of each line; batches that may still be discarded count."""
    rows = session.execute(
        select(Payout.line_id, func.sum(Payout.amount_minor))
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            PayoutBatch.organisation_id == organisation_id,
            PayoutBatch.state != BatchState.DISCARDED.value,
            Payout.state.in_([state.value for state in WAITING]),
        )
        .group_by(Payout.line_id)
    )
    return {line_id: int(total) for line_id, total in rows}


def planned_in(session: Session, batch: PayoutBatch, states: Collection[BatchState]) -> int:
    """Return what planned payments of the organisation's other batches in some states will take, in the same currency."""
    total = session.scalar(
        select(func.sum(Payout.amount_minor))
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            PayoutBatch.organisation_id == batch.organisation_id,
            PayoutBatch.id != batch.id,
            PayoutBatch.currency == batch.currency,
            PayoutBatch.state.in_([state.value for state in states]),
            Payout.state == PayoutState.PLANNED.value,
        )
    )
    return int(total or 0)


def wallet_used(session: Session, organisation_id: UUID, currency: str, day: date) -> dict[UUID, int]:
    """Return what payments of a day by wallet bring each producer, without what was cancelled or came back."""
    gone = (PayoutState.CANCELLED.value, PayoutState.RETURNED.value)
    rows = session.execute(
        select(Payout.producer_id, func.sum(Payout.amount_minor))
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            PayoutBatch.organisation_id == organisation_id,
            PayoutBatch.rail == Rail.WALLET.value,
            PayoutBatch.currency == currency,
            PayoutBatch.pay_on == day,
            PayoutBatch.state != BatchState.DISCARDED.value,
            Payout.state.not_in(gone),
        )
        .group_by(Payout.producer_id)
    )
    return {producer_id: int(total) for producer_id, total in rows}


def batch_with_planned(session: Session, run_id: UUID) -> int | None:
    """Return the number of a batch that holds planned payments of a run (chain.settlement.planned_payments)."""
    return session.scalar(
        select(PayoutBatch.number)
        .join(Payout, Payout.batch_id == PayoutBatch.id)
        .join(SettlementLine, SettlementLine.id == Payout.line_id)
        .where(
            SettlementLine.run_id == run_id,
            PayoutBatch.state != BatchState.DISCARDED.value,
            Payout.state.in_([state.value for state in WAITING]),
        )
        .order_by(PayoutBatch.number)
        .limit(1)
    )


def open_returns(session: Session, line_ids: Collection[UUID]) -> Mapping[UUID, Sequence[UUID]]:
    """Return the payments that came back and that no other follows yet, by line, the oldest first."""
    found: defaultdict[UUID, list[UUID]] = defaultdict(list)
    later = aliased(Payout)
    wanted = sorted(line_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(Payout.line_id, Payout.id)
            .where(
                Payout.line_id.in_(wanted[start : start + CHUNK]),
                Payout.state == PayoutState.RETURNED.value,
                ~select(later.id)
                .where(later.replaces_id == Payout.id, later.state != PayoutState.CANCELLED.value)
                .exists(),
            )
            .order_by(Payout.returned_at, Payout.id)
        )
        for line_id, payout_id in rows:
            found[line_id].append(payout_id)
    return found


def list_batches(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    state: BatchState | None = None,
    carried: bool = False,
) -> Page[BatchRow]:
    """Return the batches of the organisation, the latest first; `carried`: only those that the actor carries and that left.

    Raises:
        NotFound: the actor may not read settlements, or hands no money over.
    """
    if not carried:
        _require_read(actor)
    elif not actor.may(Permission.PAYOUTS_DELIVER):
        raise NotFound
    sums = _sums().subquery()
    statement = (
        select(
            PayoutBatch.id,
            PayoutBatch.number,
            PayoutBatch.rail,
            PayoutBatch.currency,
            PayoutBatch.payments,
            PayoutBatch.total_minor,
            PayoutBatch.pay_on,
            PayoutBatch.state,
            cast(func.coalesce(sums.c.paid, 0), BigInteger),
            cast(func.coalesce(sums.c.returned, 0), BigInteger),
        )
        .outerjoin(sums, sums.c.batch_id == PayoutBatch.id)
        .where(PayoutBatch.organisation_id == actor.org)
        .order_by(PayoutBatch.number.desc())
    )
    if state is not None:
        statement = statement.where(PayoutBatch.state == state.value)
    if carried:
        statement = statement.where(
            PayoutBatch.collector_id == actor.user_id, PayoutBatch.sent_at.is_not(None)
        )
    statement = order_by(statement, request.sort, BATCH_SORT, PayoutBatch.id.expression)
    page = paginate_rows(session, statement, request)
    return Page(
        [BatchRow(*row) for row in page.items],
        page.page,
        page.page_size,
        page.total,
    )


def _sums() -> Select[Any]:
    amount = func.sum(Payout.amount_minor)
    return select(
        Payout.batch_id,
        amount.filter(Payout.state == PayoutState.PAID.value).label("paid"),
        amount.filter(Payout.state == PayoutState.RETURNED.value).label("returned"),
    ).group_by(Payout.batch_id)


@dataclass(frozen=True, slots=True)
class BatchSums:
    """What became of the payments of a batch; `owed_again`: some came back, and no other payment follows yet."""

    paid_minor: int
    returned_minor: int
    owed_again: bool


def batch_sums(session: Session, batch_id: UUID) -> BatchSums:
    """Return what of a batch was paid and what came back; the caller has found the batch for its reader."""
    row = session.execute(_sums().where(Payout.batch_id == batch_id)).first()
    paid, returned = (int(row.paid or 0), int(row.returned or 0)) if row else (0, 0)
    lines = session.scalars(
        select(Payout.line_id).where(Payout.batch_id == batch_id, Payout.state == PayoutState.RETURNED.value)
    ).all()
    return BatchSums(paid, returned, bool(lines and open_returns(session, lines)))


def payment_after(session: Session, payout_id: UUID) -> tuple[int, UUID, UUID] | None:
    """Return the batch's number and id, and the id, of the payment that follows one that came back."""
    row = session.execute(
        select(PayoutBatch.number, PayoutBatch.id, Payout.id)
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            Payout.replaces_id == payout_id,
            Payout.state != PayoutState.CANCELLED.value,
            PayoutBatch.state != BatchState.DISCARDED.value,
        )
    ).first()
    return None if row is None else (row[0], row[1], row[2])


def get_batch_for(session: Session, actor: Actor, batch_id: UUID) -> PayoutBatch:
    """Return a batch of the actor's organisation.

    A collector who may only hand money over finds the own batches.

    Raises:
        NotFound: there is none here for the actor.
    """
    batch = session.get(PayoutBatch, batch_id)
    if batch is None or batch.organisation_id != actor.organisation_id:
        raise NotFound
    if actor.may(Permission.RUNS_READ):
        return batch
    if actor.may(Permission.PAYOUTS_DELIVER) and batch.collector_id == actor.user_id:
        return batch
    raise NotFound


def _payments(batch_id: UUID) -> Select[Any]:
    return (
        select(
            Payout.id,
            Payout.batch_id,
            Payout.position,
            Payout.line_id,
            Payout.producer_id,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—"),
            Payout.amount_minor,
            Payout.destination,
            Payout.state,
            Payout.reference,
            Payout.paid_at,
            Payout.return_reason,
            Payout.replaces_id,
            PayoutConfirmation.kind,
        )
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .join(Producer, Producer.id == Payout.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == Payout.producer_id)
            & (Membership.organisation_id == PayoutBatch.organisation_id),
        )
        .outerjoin(PayoutConfirmation, PayoutConfirmation.payout_id == Payout.id)
        .where(Payout.batch_id == batch_id)
        .order_by(Payout.position)
    )


def batch_payments(
    session: Session, batch_id: UUID, request: PageRequest, *, state: PayoutState | None = None
) -> Page[PaymentRow]:
    """Return the payments of a batch in their order; the caller has found the batch for its reader."""
    statement = _payments(batch_id)
    if state is not None:
        statement = statement.where(Payout.state == state.value)
    sorts = {"amount": Payout.amount_minor, "state": Payout.state}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, Payout.position), request)
    return Page([PaymentRow(*row) for row in page.items], page.page, page.page_size, page.total)


def batch_amounts(session: Session, batch_id: UUID) -> Sequence[int]:
    """Return what each producer gets of a batch in one envelope, without what was cancelled."""
    return session.scalars(
        select(cast(func.sum(Payout.amount_minor), BigInteger))
        .where(Payout.batch_id == batch_id, Payout.state != PayoutState.CANCELLED.value)
        .group_by(Payout.producer_id)
        .order_by(func.min(Payout.position))
    ).all()


def counts_of(session: Session, batch_id: UUID) -> Sequence[CashCount]:
    """Return what was counted for a batch, in order."""
    return session.scalars(
        select(CashCount).where(CashCount.batch_id == batch_id).order_by(CashCount.counted_at, CashCount.id)
    ).all()


def files_of(session: Session, batch_id: UUID) -> Sequence[PayoutFile]:
    """Return the files that were made of a batch, the latest first."""
    return session.scalars(
        select(PayoutFile)
        .where(PayoutFile.batch_id == batch_id)
        .order_by(PayoutFile.made_at.desc(), PayoutFile.id.desc())
    ).all()


def collector_of(session: Session, organisation_id: UUID, user_id: UUID) -> str | None:
    """Return the name of somebody of the organisation who may hand money over; None: nobody of that kind."""
    return dict(collectors(session, organisation_id)).get(user_id)


def collectors(session: Session, organisation_id: UUID) -> list[tuple[UUID, str]]:
    """Return who may hand money over, by name."""
    return list(who_may(session, organisation_id, Permission.PAYOUTS_DELIVER))


def _require_read(actor: Actor) -> None:
    if not actor.may(Permission.RUNS_READ):
        raise NotFound


def get_payment_for(session: Session, actor: Actor, payout_id: UUID) -> tuple[PayoutBatch, PaymentRow]:
    """Return a payment with its batch.

    Raises:
        NotFound: there is none here for the actor.
    """
    payout = session.get(Payout, payout_id)
    if payout is None:
        raise NotFound
    batch = get_batch_for(session, actor, payout.batch_id)
    statement = _payments(batch.id).where(Payout.id == payout_id)
    return batch, PaymentRow(*session.execute(statement).one())


def own_payments(
    session: Session, producer_id: UUID, request: PageRequest
) -> Page[tuple[Payout, PayoutBatch]]:
    """Return what was paid to a producer, the latest first; the caller knows that it is the reader's own."""
    statement = (
        select(Payout, PayoutBatch)
        .join(PayoutBatch, PayoutBatch.id == Payout.batch_id)
        .where(
            Payout.producer_id == producer_id,
            Payout.state.in_([PayoutState.SENT.value, PayoutState.PAID.value, PayoutState.RETURNED.value]),
        )
        .order_by(PayoutBatch.pay_on.desc(), Payout.id.desc())
    )
    sorts = {"pay_on": PayoutBatch.pay_on, "amount": Payout.amount_minor}
    page = paginate_rows(session, order_by(statement, request.sort, sorts, Payout.id), request)
    return Page([(row[0], row[1]) for row in page.items], page.page, page.page_size, page.total)
