"""Paid settlements for tests of income, written as the services of settlement leave them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.papers.models import Paper
from chain.sales.models import Sale
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from tests.support.cast import Cast, House

CAST = Cast()
PAID_AT = datetime(2026, 1, 10, 16, 0, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Paid:
    """What a run pays one producer."""

    producer_id: UUID
    quantity: int
    gross_minor: int
    fee_minor: int = 0
    advance_minor: int = 0

    @property
    def deductions_minor(self) -> int:
        return self.fee_minor + self.advance_minor

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.deductions_minor


def pay_period(
    session: Session,
    paid: Sequence[Paid],
    *,
    to: date = date(2025, 12, 31),
    commodity: str = "alpaca-fibre",
    unit: str = "g",
    state: str = "paid",
    house: House | None = None,
) -> SettlementRun:
    """Write the run of a month."""
    return _add_run(
        session,
        paid,
        house or CAST.centre,
        kind="period",
        period_from=to.replace(day=1),
        period_to=to,
        commodity=commodity,
        unit=unit,
        state=state,
    )


def pay_sale(session: Session, paid: Sequence[Paid], *, agreed_at: datetime) -> SettlementRun:
    """Write a sale and its paid run."""
    house = CAST.centre
    quantity, gross = sum(one.quantity for one in paid), sum(one.gross_minor for one in paid)
    sale = Sale(
        method="tender",
        organisation_id=house.id,
        buyer_id=CAST.mill.id,
        number=_next(session, Sale, house),
        commodity="alpaca-fibre",
        quantity=quantity,
        unit="g",
        price_minor_per_unit=4500,
        currency=house.currency,
        proceeds_minor=gross,
        terms={},
        book_currency=house.currency,
        book_minor=gross,
        rate_millionths=1_000_000,
        state="settled",
        agreed_at=agreed_at,
    )
    session.add(sale)
    session.flush()
    return _add_run(
        session, paid, house, kind="sale", sale_id=sale.id, commodity="alpaca-fibre", unit="g", state="paid"
    )


def _next(session: Session, model: type[Sale | SettlementRun], house: House) -> int:
    highest = session.scalar(select(func.max(model.number)).where(model.organisation_id == house.id))
    return (highest or 0) + 1


def _add_run(session: Session, paid: Sequence[Paid], house: House, **columns: object) -> SettlementRun:
    run = SettlementRun(
        organisation_id=house.id,
        number=_next(session, SettlementRun, house),
        currency=house.currency,
        quantity=sum(one.quantity for one in paid),
        goods_minor=sum(one.gross_minor for one in paid),
        gross_minor=sum(one.gross_minor for one in paid),
        facts={},
        deductions_minor=sum(one.deductions_minor for one in paid),
        net_minor=sum(one.net_minor for one in paid),
        prepared_at=PAID_AT,
        paid_at=PAID_AT if columns["state"] == "paid" else None,
        content_hash="0" * 64,
        **columns,
    )
    session.add(run)
    session.flush()
    for one in paid:
        _add_line(session, run, one)
    session.flush()
    return run


def _add_line(session: Session, run: SettlementRun, paid: Paid) -> None:
    line = SettlementLine(
        run_id=run.id,
        producer_id=paid.producer_id,
        quantity=paid.quantity,
        lots=1,
        goods_minor=paid.gross_minor,
        gross_minor=paid.gross_minor,
        deductions_minor=paid.deductions_minor,
        net_minor=paid.net_minor,
    )
    session.add(line)
    session.flush()
    amounts = [
        ("delivery", run.commodity, paid.gross_minor),
        ("fee", "Cuota de la asociación", -paid.fee_minor),
        ("movement", "Adelanto de octubre", -paid.advance_minor),
    ]
    session.add_all(
        SettlementItem(
            line_id=line.id,
            position=position,
            kind=kind,
            due_kind={"fee": "fee", "movement": "advance"}.get(kind),
            label=label,
            amount_minor=amount,
        )
        for position, (kind, label, amount) in enumerate(amounts)
        if amount
    )
    if run.state == "paid":
        highest = session.scalar(
            select(func.max(Paper.number)).where(Paper.organisation_id == run.organisation_id)
        )
        session.add(
            Paper(
                kind="receipt",
                organisation_id=run.organisation_id,
                series="R001",
                number=(highest or 0) + 1,
                subject_type="settlement_line",
                subject_id=line.id,
                party_id=paid.producer_id,
                issued_on=PAID_AT.date(),
                issued_at=PAID_AT,
                currency=run.currency,
                amount_minor=paid.net_minor,
                printed=0,
                content={},
                content_hash="0" * 64,
                check_code=new_id().hex.upper(),
            )
        )
    session.flush()
