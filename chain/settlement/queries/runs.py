"""Reads of settlement runs, their lines and items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.producers.models import Community, Membership, Producer
from chain.sales.models import Sale, SaleLine
from chain.sales.queries.due import is_kept
from chain.sales.rules import SaleState
from chain.settlement.models import (
    DeductionRule,
    Receipt,
    RunLot,
    SettlementItem,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.rules import ItemKind, RunState

RUN_SORT: SortColumns = {
    "number": SettlementRun.number,
    "prepared_at": SettlementRun.prepared_at,
    "net": SettlementRun.net_minor,
}


LINE_SORT: SortColumns = {
    "member_code": Membership.member_code,
    "name": Producer.search_name,
    "quantity": SettlementLine.quantity,
    "gross": SettlementLine.gross_minor,
    "net": SettlementLine.net_minor,
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list, with what it settles."""

    run: SettlementRun
    producers: int
    sale_number: int | None
    buyer_name: str | None


@dataclass(frozen=True, slots=True)
class People:
    """Who did what to a run."""

    prepared_by: str | None
    approved_by: str | None
    paid_by: str | None
    discarded_by: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """One producer in a run: amounts in minor units, fees and advances positive."""

    id: UUID
    producer_id: UUID
    full_name: str
    member_code: str
    community: str | None
    quantity: int
    lots: int
    gross_minor: int
    fees_minor: int
    advances_minor: int
    net_minor: int
    receipt_id: UUID | None


def get_run_for(session: Session, actor: Actor, run_id: UUID) -> SettlementRun:
    """Return a run of the actor's organisation.

    Raises:
        NotFound: there is none, it is another organisation's, or the actor may not read runs.
    """
    found = session.get(SettlementRun, run_id)
    if found is None or found.organisation_id != actor.organisation_id or not actor.may(Permission.RUNS_READ):
        raise NotFound
    return found


def _run_rows() -> Select[Any]:
    producers = (
        select(func.count())
        .select_from(SettlementLine)
        .where(SettlementLine.run_id == SettlementRun.id)
        .correlate(SettlementRun)
        .scalar_subquery()
    )
    return (
        select(
            SettlementRun,
            producers.label("producers"),
            Sale.number.label("sale_number"),
            Organisation.name.label("buyer_name"),
        )
        .outerjoin(Sale, Sale.id == SettlementRun.sale_id)
        .outerjoin(Organisation, Organisation.id == Sale.buyer_id)
    )


def list_runs(
    session: Session, actor: Actor, request: PageRequest, *, state: RunState | None = None
) -> Page[RunRow]:
    """Return the runs of the actor's organisation, the latest first."""
    statement = (
        _run_rows()
        .where(SettlementRun.organisation_id == actor.org)
        .order_by(SettlementRun.number.desc(), SettlementRun.id)
    )
    if state is not None:
        statement = statement.where(SettlementRun.state == state.value)
    statement = order_by(statement, request.sort, RUN_SORT, SettlementRun.id.expression)
    page = paginate_rows(session, statement, request)
    rows = [RunRow(row.SettlementRun, row.producers, row.sale_number, row.buyer_name) for row in page.items]
    return Page(rows, page.page, page.page_size, page.total)


def get_run_row_for(session: Session, actor: Actor, run_id: UUID) -> RunRow:
    """Return a run with what it settles.

    Raises:
        NotFound: as `get_run_for`.
    """
    run = get_run_for(session, actor, run_id)
    row = session.execute(_run_rows().where(SettlementRun.id == run.id)).one()
    return RunRow(row.SettlementRun, row.producers, row.sale_number, row.buyer_name)


def people_of(session: Session, run: SettlementRun) -> People:
    """Return the names of those who prepared, approved, paid or discarded a run."""
    ids = (run.prepared_by, run.approved_by, run.paid_by, run.discarded_by)
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_({one for one in ids if one})))
    names: dict[UUID | None, str] = {row.id: row.display_name for row in rows}
    return People(*(names.get(one) for one in ids))


def _line_rows(run: SettlementRun) -> Select[Any]:
    taken = (
        select(
            SettlementItem.line_id,
            func.sum(-SettlementItem.amount_minor)
            .filter(SettlementItem.kind == ItemKind.FEE.value)
            .label("fees"),
            func.sum(-SettlementItem.amount_minor)
            .filter(SettlementItem.kind == ItemKind.ADVANCE.value)
            .label("advances"),
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id)
        .group_by(SettlementItem.line_id)
        .subquery()
    )
    return (
        select(
            SettlementLine.id,
            SettlementLine.producer_id,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—").label("member_code"),
            Community.name.label("community"),
            SettlementLine.quantity,
            SettlementLine.lots,
            SettlementLine.gross_minor,
            func.coalesce(taken.c.fees, 0).label("fees"),
            func.coalesce(taken.c.advances, 0).label("advances"),
            SettlementLine.net_minor,
            Receipt.id.label("receipt_id"),
        )
        .join(Producer, Producer.id == SettlementLine.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == SettlementLine.producer_id)
            & (Membership.organisation_id == run.organisation_id),
        )
        .outerjoin(Community, Community.id == Producer.community_id)
        .outerjoin(taken, taken.c.line_id == SettlementLine.id)
        .outerjoin(Receipt, Receipt.line_id == SettlementLine.id)
        .where(SettlementLine.run_id == run.id)
        .order_by(Membership.member_code, SettlementLine.id)
    )


def _line_row(row: Any) -> LineRow:
    return LineRow(
        id=row.id,
        producer_id=row.producer_id,
        full_name=row.full_name,
        member_code=row.member_code,
        community=row.community,
        quantity=row.quantity,
        lots=row.lots,
        gross_minor=row.gross_minor,
        fees_minor=int(row.fees),
        advances_minor=int(row.advances),
        net_minor=row.net_minor,
        receipt_id=row.receipt_id,
    )


def list_lines(session: Session, run: SettlementRun, request: PageRequest) -> Page[LineRow]:
    """Return a page of a run's producers in the order of the roll."""
    statement = order_by(_line_rows(run), request.sort, LINE_SORT, SettlementLine.id)
    page = paginate_rows(session, statement, request)
    return Page([_line_row(row) for row in page.items], page.page, page.page_size, page.total)


def all_lines(session: Session, run: SettlementRun) -> list[LineRow]:
    """Return every producer of a run in the order of the roll, for files."""
    return [_line_row(row) for row in session.execute(_line_rows(run))]


def get_line_for(
    session: Session, actor: Actor, run_id: UUID, line_id: UUID
) -> tuple[SettlementRun, LineRow]:
    """Return one producer of a run of the actor's organisation.

    Raises:
        NotFound: the run or the line is not there.
    """
    run = get_run_for(session, actor, run_id)
    row = session.execute(_line_rows(run).where(SettlementLine.id == line_id)).first()
    if row is None:
        raise NotFound
    return run, _line_row(row)


def items_of(session: Session, line_id: UUID) -> Sequence[Any]:
    """Return the items of a line with the decision behind each fee."""
    return session.execute(
        select(
            SettlementItem.kind,
            SettlementItem.label,
            SettlementItem.quantity,
            SettlementItem.price_minor_per_unit,
            SettlementItem.basis_points,
            SettlementItem.amount_minor,
            DeductionRule.decided_by,
        )
        .outerjoin(DeductionRule, DeductionRule.id == SettlementItem.deduction_rule_id)
        .where(SettlementItem.line_id == line_id)
        .order_by(SettlementItem.position)
    ).all()


def _unsettled(actor: Actor) -> list[ColumnElement[bool]]:
    standing = (
        select(SettlementRun.id)
        .where(SettlementRun.sale_id == Sale.id, SettlementRun.state != RunState.DISCARDED.value)
        .exists()
    )
    goods = select(SaleLine.lot_id).where(SaleLine.sale_id == Sale.id, is_kept()).correlate(Sale).exists()
    return [Sale.organisation_id == actor.org, Sale.state == SaleState.AGREED.value, ~standing, goods]


def count_sales_to_settle(session: Session, actor: Actor) -> int:
    """Return how many agreed sales of the organisation no standing run settles."""
    return session.scalar(select(func.count()).select_from(Sale).where(*_unsettled(actor))) or 0


def count_to_approve(session: Session, actor: Actor) -> int:
    """Return how many runs wait for this person's approval: those that somebody else prepared."""
    statement = (
        select(func.count())
        .select_from(SettlementRun)
        .where(
            SettlementRun.organisation_id == actor.org,
            SettlementRun.state == RunState.PREPARED.value,
            SettlementRun.prepared_by.is_distinct_from(actor.user_id),
        )
    )
    return session.scalar(statement) or 0


def count_to_pay(session: Session, actor: Actor) -> int:
    """Return how many approved runs of the organisation wait for their payment."""
    statement = (
        select(func.count())
        .select_from(SettlementRun)
        .where(SettlementRun.organisation_id == actor.org, SettlementRun.state == RunState.APPROVED.value)
    )
    return session.scalar(statement) or 0


def sales_to_settle(session: Session, actor: Actor, limit: int = 200) -> Sequence[Any]:
    """Return the agreed sales of the organisation that no standing run settles, the latest first."""
    buyer = aliased(Organisation)
    return session.execute(
        select(
            Sale.id,
            Sale.number,
            Sale.book_minor.label("proceeds_minor"),
            Sale.book_currency.label("currency"),
            Sale.agreed_at,
            buyer.name,
        )
        .join(buyer, buyer.id == Sale.buyer_id)
        .where(*_unsettled(actor))
        .order_by(Sale.agreed_at.desc(), Sale.id)
        .limit(limit)
    ).all()


@dataclass(frozen=True, slots=True)
class Totals:
    """A run's sums counted anew from its lines, items and lots, to stand beside the stored ones."""

    gross_minor: int
    fees_minor: int
    advances_minor: int
    net_minor: int
    lots_minor: int

    def reconciles_with(self, run: SettlementRun) -> bool:
        """Whether lines, items and lots sum to the run."""
        taken = self.fees_minor + self.advances_minor
        return (
            self.gross_minor == run.gross_minor == self.lots_minor
            and taken == run.deductions_minor
            and self.net_minor == run.net_minor == self.gross_minor - taken
        )


def totals_of(session: Session, run: SettlementRun) -> Totals:
    """Count a run's sums anew."""
    kinds = {
        row[0]: int(row[1])
        for row in session.execute(
            select(SettlementItem.kind, func.sum(SettlementItem.amount_minor))
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .where(SettlementLine.run_id == run.id)
            .group_by(SettlementItem.kind)
        )
    }
    net = select(func.sum(SettlementLine.net_minor)).where(SettlementLine.run_id == run.id)
    lots = select(func.sum(RunLot.amount_minor)).where(RunLot.run_id == run.id)
    return Totals(
        gross_minor=kinds.get(ItemKind.DELIVERY.value, 0),
        fees_minor=-kinds.get(ItemKind.FEE.value, 0),
        advances_minor=-kinds.get(ItemKind.ADVANCE.value, 0),
        net_minor=int(session.scalar(net) or 0),
        lots_minor=int(session.scalar(lots) or 0),
    )
