"""Preparing a settlement run: what each producer is owed, set-based, in one transaction."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.genealogy.queries.taken import taken_of
from chain.ledger.services.posting import lock_books
from chain.lots.models import Lot
from chain.lots.products import DELIVERED
from chain.lots.queries import CHUNK
from chain.lots.rules import LotState
from chain.sales.errors import SaleWaits
from chain.sales.queries import SaleDelivery, get_sale_for, sale_deliveries
from chain.sales.queries.due import due_in_books, is_unclear
from chain.sales.services.adjustments import adjust_by_arrivals
from chain.settlement.audit_tags import SettlementAudit
from chain.settlement.errors import NothingToSettle, PeriodRunWaits, SaleAlreadySettled
from chain.settlement.models import (
    Advance,
    DeductionRule,
    PeriodPrice,
    RunLot,
    SettlementItem,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.rules import (
    MAX_PERIOD_DAYS,
    Delivered,
    Fee,
    Line,
    OpenAdvance,
    PriceSpan,
    RunKind,
    RunState,
    check_fees,
    deduct,
    period_lines,
    sale_lines,
)

#: States in which a delivery waits to be paid by a period run.
UNPAID = (LotState.REGISTERED.value, LotState.GRADED.value)


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a run settles."""

    kind: RunKind
    commodity: str
    currency: str
    unit: str
    #: the day that decides which fees are in force
    fee_day: date
    sale_id: UUID | None = None
    period_from: date | None = None
    period_to: date | None = None
    own_quantity: int = 0
    own_minor: int = 0


def prepare_sale_run(
    session: Session, *, actor: Actor, now: datetime, run_id: UUID, sale_id: UUID
) -> SettlementRun:
    """Share a sale's proceeds over its producers and take fees and advances off; the same id again changes nothing.

    What is due is the agreed amount with its adjustments, in the currency of the books at the contract's rate. What was made of
    deliveries that a period run has paid already (cheese of bought milk) is the organisation's own.

    Raises:
        Forbidden: the actor may not prepare runs.
        NotFound: the sale is not one of the organisation's.
        SaleAlreadySettled: another run of this sale stands.
        SaleWaits: a claim or a load in dispute may change what is due.
        NothingToSettle: the sale ended and let all its lots go.
        PeriodRunWaits: a period run that may still be discarded pays some of the deliveries.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    digest = content_hash({"kind": RunKind.SALE.value, "sale_id": sale_id})
    known = _known(session, actor, run_id, digest)
    if known is not None:
        return known
    sale = get_sale_for(session, actor, sale_id)
    if sale.organisation_id != actor.org:
        raise NotFound  # the buyer sees the sale, and settles nothing
    _refuse_second_run(session, sale.id)
    adjust_by_arrivals(session, now=now, sale_id=sale.id, user_id=actor.user_id)
    if is_unclear(session, sale.id):
        raise SaleWaits(number=sale.number)
    parts = sale_deliveries(session, sale.id)
    if not parts:
        raise NothingToSettle
    deliveries, own = _unpaid_and_own(session, parts, sale.commodity)
    lines = sale_lines(deliveries)
    own_minor = sum(one.amount_minor for one in own)
    gross = sum(line.gross_minor for line in lines)
    assert gross + own_minor == due_in_books(session, sale), "a sale's lots sum to what is due"  # noqa: S101 - an invariant of the sales
    organisation = get_own_organisation(session, actor)
    basis = _Basis(
        kind=RunKind.SALE,
        commodity=sale.commodity,
        currency=sale.book_currency,
        unit=sale.unit,
        fee_day=local_date(sale.agreed_at, organisation.timezone),
        sale_id=sale.id,
        own_quantity=sum(one.quantity for one in own),
        own_minor=own_minor,
    )
    return _store(session, actor, now, run_id, digest, basis, lines)


def prepare_period_run(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    run_id: UUID,
    commodity: str,
    period_from: date,
    period_to: date,
) -> SettlementRun:
    """Pay the deliveries of a period, both days included, at the price in force on each delivery's day.

    What a producer took back of a delivery is not paid.

    Raises:
        Forbidden: the actor may not prepare runs.
        ValidationFailed: the period cannot be used.
        NothingToSettle: no delivery of the period waits for payment.
        NoPriceInForce: some days have no price; they are named.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    digest = content_hash(
        {"kind": RunKind.PERIOD.value, "commodity": commodity, "from": period_from, "to": period_to}
    )
    known = _known(session, actor, run_id, digest)
    if known is not None:
        return known
    organisation = get_own_organisation(session, actor)
    _check_period(commodity, period_from, period_to, local_date(now, organisation.timezone))
    rows = unpaid_deliveries(session, actor.org, commodity, period_from, period_to)
    taken = taken_of(session, [row.id for row in rows])
    deliveries = [
        Delivered(row.id, row.producer_id, left, commodity, row.delivered_on)
        for row in rows
        if (left := row.quantity - taken.get(row.id, 0)) > 0
    ]
    if not deliveries:
        raise NothingToSettle
    prices = prices_between(session, organisation, commodity, period_from, period_to)
    lines = period_lines(deliveries, prices)
    basis = _Basis(
        kind=RunKind.PERIOD,
        commodity=commodity,
        currency=organisation.currency,
        unit=rows[0].unit,
        fee_day=period_to,
        period_from=period_from,
        period_to=period_to,
    )
    return _store(session, actor, now, run_id, digest, basis, lines)


def unpaid_deliveries(
    session: Session, organisation_id: UUID, commodity: str, period_from: date, period_to: date
) -> Sequence[Any]:
    """Return id, producer, quantity, unit and day of the lots that wait for payment and are in no standing run."""
    return session.execute(
        select(Lot.id, Lot.producer_id, Lot.quantity, Lot.unit, Lot.delivered_on)
        .where(
            Lot.organisation_id == organisation_id,
            Lot.commodity == commodity,
            Lot.origin == "delivery",  # what was made of deliveries is paid with them
            Lot.delivered_on.between(period_from, period_to),
            Lot.state.in_(UNPAID),
            ~standing_run_of(Lot.id),
        )
        .order_by(Lot.id)
    ).all()


def standing_run_of(lot_id: Any) -> Any:
    """Return the condition that a delivery, or a part of it, is in a run that was not discarded."""
    return (
        select(RunLot.source_id)
        .join(SettlementRun, SettlementRun.id == RunLot.run_id)
        .where(RunLot.source_id == lot_id, SettlementRun.state != RunState.DISCARDED.value)
        .exists()
    )


def _unpaid_and_own(
    session: Session, parts: Sequence[SaleDelivery], commodity: str
) -> tuple[list[Delivered], list[SaleDelivery]]:
    """Part what a sale owes to producers from what was made of deliveries that a period run has paid."""
    bought = _in_period_runs(session, {one.source_id for one in parts if one.source_id != one.lot_id})
    owed = [
        Delivered(
            lot_id=one.lot_id,
            producer_id=one.producer_id,
            quantity=one.quantity,
            label=one.grade_label or commodity,
            delivered_on=one.delivered_on,
            amount_minor=one.amount_minor,
            source_id=one.source_id,
        )
        for one in parts
        if one.source_id not in bought
    ]
    return owed, [one for one in parts if one.source_id in bought]


def _in_period_runs(session: Session, source_ids: Collection[UUID]) -> set[UUID]:
    """Return the deliveries that approved period runs pay.

    Raises:
        PeriodRunWaits: one of the runs is not approved yet. Were it discarded after the sale, nobody would pay.
    """
    found: set[UUID] = set()
    wanted = sorted(source_ids)
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(RunLot.source_id, SettlementRun.state, SettlementRun.number)
            .join(SettlementRun, SettlementRun.id == RunLot.run_id)
            .where(
                RunLot.source_id.in_(wanted[start : start + CHUNK]),
                SettlementRun.kind == RunKind.PERIOD.value,
                SettlementRun.state != RunState.DISCARDED.value,
            )
        )
        for source_id, state, number in rows:
            if state == RunState.PREPARED:
                raise PeriodRunWaits(number=number)
            found.add(source_id)
    return found


def prices_between(
    session: Session, organisation: Organisation, commodity: str, first: date, last: date
) -> list[PriceSpan]:
    """Return an organisation's prices in force on some day from `first` to `last`."""
    rows = session.execute(
        select(PeriodPrice.price_minor_per_unit, PeriodPrice.valid_from, PeriodPrice.valid_to)
        .where(
            PeriodPrice.organisation_id == organisation.id,
            PeriodPrice.commodity == commodity,
            PeriodPrice.currency == organisation.currency,
            PeriodPrice.valid_from <= last,
            PeriodPrice.valid_to >= first,
        )
        .order_by(PeriodPrice.valid_from)
    )
    return [PriceSpan(row.price_minor_per_unit, row.valid_from, row.valid_to) for row in rows]


def fees_on(session: Session, organisation_id: UUID, day: date) -> list[Fee]:
    """Return the fees in force on a day, in the order in which they were decided."""
    rows = session.execute(
        select(DeductionRule.id, DeductionRule.name, DeductionRule.basis_points)
        .where(
            DeductionRule.organisation_id == organisation_id,
            DeductionRule.valid_from <= day,
            or_(DeductionRule.valid_to.is_(None), DeductionRule.valid_to >= day),
        )
        .order_by(DeductionRule.valid_from, DeductionRule.id)
    )
    return [Fee(row.id, row.name, row.basis_points) for row in rows]


def open_advances(session: Session, organisation_id: UUID, currency: str) -> list[OpenAdvance]:
    """Return what of each advance is neither taken back nor planned to be by a prepared run."""
    planned = (
        select(SettlementItem.advance_id, func.sum(-SettlementItem.amount_minor).label("minor"))
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.state == RunState.PREPARED.value,
            SettlementItem.advance_id.is_not(None),
        )
        .group_by(SettlementItem.advance_id)
        .subquery()
    )
    rest = Advance.amount_minor - Advance.recovered_minor - func.coalesce(planned.c.minor, 0)
    rows = session.execute(
        select(Advance.id, Advance.producer_id, Advance.note, Advance.given_on, rest.label("rest"))
        .outerjoin(planned, planned.c.advance_id == Advance.id)
        .where(Advance.organisation_id == organisation_id, Advance.currency == currency, rest > 0)
    )
    return [OpenAdvance(row.id, row.producer_id, row.note, row.given_on, int(row.rest)) for row in rows]


def _known(session: Session, actor: Actor, run_id: UUID, digest: str) -> SettlementRun | None:
    known = session.get(SettlementRun, run_id)
    if known is None:
        return None
    if known.organisation_id != actor.org or known.content_hash != digest:
        raise IdempotencyConflict
    return known


def _refuse_second_run(session: Session, sale_id: UUID) -> None:
    number = session.scalar(
        select(SettlementRun.number).where(
            SettlementRun.sale_id == sale_id, SettlementRun.state != RunState.DISCARDED.value
        )
    )
    if number is not None:
        raise SaleAlreadySettled(number=number)


def _check_period(commodity: str, period_from: date, period_to: date, today: date) -> None:
    errors = FieldErrors()
    if commodity not in DELIVERED:
        errors.add("commodity", N_("Choose one of the products."))
    if period_to < period_from:
        errors.add("period_to", N_("The last day lies before the first."))
    elif period_to - period_from > timedelta(days=MAX_PERIOD_DAYS):
        errors.add("period_to", N_("A settlement covers at most a year."))
    if period_to > today:
        errors.add("period_to", N_("The period is not over yet."))
    errors.raise_any()


def _store(  # noqa: PLR0917 - private; the callers give each fact once
    session: Session,
    actor: Actor,
    now: datetime,
    run_id: UUID,
    digest: str,
    basis: _Basis,
    lines: Sequence[Line],
) -> SettlementRun:
    fees = fees_on(session, actor.org, basis.fee_day)
    check_fees(fees, basis.fee_day)
    deduct(lines, fees, open_advances(session, actor.org, basis.currency))
    gross = sum(line.gross_minor for line in lines)
    deductions = sum(line.deductions_minor for line in lines)
    last = session.scalar(
        select(func.max(SettlementRun.number)).where(SettlementRun.organisation_id == actor.org)
    )
    run = SettlementRun(
        id=run_id,
        organisation_id=actor.org,
        number=(last or 0) + 1,
        kind=basis.kind.value,
        commodity=basis.commodity,
        sale_id=basis.sale_id,
        period_from=basis.period_from,
        period_to=basis.period_to,
        currency=basis.currency,
        quantity=sum(line.quantity for line in lines),
        unit=basis.unit,
        own_quantity=basis.own_quantity,
        own_minor=basis.own_minor,
        gross_minor=gross,
        deductions_minor=deductions,
        net_minor=gross - deductions,
        state=RunState.PREPARED.value,
        prepared_at=now,
        prepared_by=actor.user_id,
        content_hash=digest,
    )
    session.add(run)
    session.flush()
    _insert_lines(session, run, lines)
    audit.record(
        session,
        tag=SettlementAudit.RUN_PREPARED,
        actor=actor,
        now=now,
        subject_type="settlement_run",
        subject_id=run.id,
        after={
            "number": run.number,
            "gross_minor": gross,
            "deductions_minor": deductions,
            "producers": len(lines),
        },
    )
    return run


def _insert_lines(session: Session, run: SettlementRun, lines: Iterable[Line]) -> None:
    line_rows: list[dict[str, Any]] = []
    item_rows: list[dict[str, Any]] = []
    lot_rows: list[dict[str, Any]] = []
    for line in lines:
        line_id = new_id()
        line_rows.append(
            {
                "id": line_id,
                "run_id": run.id,
                "producer_id": line.producer_id,
                "quantity": line.quantity,
                "lots": len({source_id for _, source_id in line.lots}),
                "gross_minor": line.gross_minor,
                "deductions_minor": line.deductions_minor,
                "net_minor": line.net_minor,
            }
        )
        item_rows += [
            {
                "id": new_id(),
                "line_id": line_id,
                "position": position,
                "kind": item.kind.value,
                "label": item.label,
                "quantity": item.quantity,
                "price_minor_per_unit": item.price_minor_per_unit,
                "basis_points": item.basis_points,
                "amount_minor": item.amount_minor,
                "deduction_rule_id": item.deduction_rule_id,
                "advance_id": item.advance_id,
            }
            for position, item in enumerate(line.items, 1)
        ]
        lot_rows += [
            {
                "run_id": run.id,
                "lot_id": lot_id,
                "source_id": source_id,
                "line_id": line_id,
                "amount_minor": amount,
            }
            for (lot_id, source_id), amount in line.lots.items()
        ]
    if line_rows:  # a sale of the organisation's own goods pays nobody
        session.execute(insert(SettlementLine), line_rows)
        session.execute(insert(SettlementItem), item_rows)
        session.execute(insert(RunLot), lot_rows)
