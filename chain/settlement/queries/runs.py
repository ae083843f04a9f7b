"""Reads of settlement runs, their blocks, lines and items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation, User
from chain.accounts.rules import Actor, Permission
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.ledger.models import JournalEntry
from chain.papers.models import Paper
from chain.papers.rules import PaperKind
from chain.producers.models import Community, Membership, Producer
from chain.producers.rules import search_form
from chain.sales.models import Sale, SaleLine
from chain.sales.queries.due import is_kept
from chain.sales.rules import SaleState
from chain.settlement.models import (
    RunReversal,
    SettlementBlock,
    SettlementItem,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.paper_subjects import LINE
from chain.settlement.rules import ItemKind, RunKind, RunState

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
    accounted_by: str | None
    paid_by: str | None
    discarded_by: str | None


@dataclass(frozen=True, slots=True)
class LineRow:
    """One producer in a run: amounts in minor units; what is taken off is positive."""

    id: UUID
    producer_id: UUID
    full_name: str
    member_code: str
    community: str | None
    quantity: int
    lots: int
    goods_minor: int
    gross_minor: int
    #: taxes, fees, levies and group charges
    fees_minor: int
    #: advances, loans, goods taken, and what was paid before
    advances_minor: int
    additions_minor: int
    net_minor: int
    paid_minor: int
    receipt_id: UUID | None

    @property
    def shared_minor(self) -> int:
        """Weighing difference less reserve: what was shared out over a zone."""
        return self.gross_minor - self.goods_minor


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
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    state: RunState | None = None,
    kind: RunKind | None = None,
) -> Page[RunRow]:
    """Return the runs of the actor's organisation, the latest first."""
    statement = (
        _run_rows()
        .where(SettlementRun.organisation_id == actor.org)
        .order_by(SettlementRun.number.desc(), SettlementRun.id)
    )
    if state is not None:
        statement = statement.where(SettlementRun.state == state.value)
    if kind is not None:
        statement = statement.where(SettlementRun.kind == kind.value)
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
    ids = (run.prepared_by, run.approved_by, run.accounted_by, run.paid_by, run.discarded_by)
    rows = session.execute(select(User.id, User.display_name).where(User.id.in_({one for one in ids if one})))
    names: dict[UUID | None, str] = {row.id: row.display_name for row in rows}
    return People(*(names.get(one) for one in ids))


#: What is a debt or was paid before; the other deductions are rules.
_DEBTS = (ItemKind.MOVEMENT.value, ItemKind.PAID_BEFORE.value)


def _line_rows(run: SettlementRun) -> Select[Any]:
    debts = case((SettlementItem.kind.in_(_DEBTS), -SettlementItem.amount_minor), else_=0)
    taken = (
        select(SettlementItem.line_id, func.sum(debts).label("debts"))
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id)
        .group_by(SettlementItem.line_id)
        .subquery()
    )
    paper = (Paper.subject_id == SettlementLine.id) & (Paper.subject_type == LINE) & Paper.voided_at.is_(None)
    return (
        select(
            SettlementLine.id,
            SettlementLine.producer_id,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—").label("member_code"),
            Community.name.label("community"),
            SettlementLine.quantity,
            SettlementLine.lots,
            SettlementLine.goods_minor,
            SettlementLine.gross_minor,
            SettlementLine.deductions_minor,
            func.coalesce(taken.c.debts, 0).label("debts"),
            SettlementLine.additions_minor,
            SettlementLine.net_minor,
            SettlementLine.paid_minor,
            Paper.id.label("receipt_id"),
        )
        .join(Producer, Producer.id == SettlementLine.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == SettlementLine.producer_id)
            & (Membership.organisation_id == run.organisation_id),
        )
        .outerjoin(Community, Community.id == Producer.community_id)
        .outerjoin(taken, taken.c.line_id == SettlementLine.id)
        .outerjoin(Paper, paper & (Paper.kind == PaperKind.RECEIPT.value))
        .where(SettlementLine.run_id == run.id)
        .order_by(Membership.member_code, SettlementLine.id)
    )


def _line_row(row: Any) -> LineRow:
    debts = int(row.debts)
    return LineRow(
        id=row.id,
        producer_id=row.producer_id,
        full_name=row.full_name,
        member_code=row.member_code,
        community=row.community,
        quantity=row.quantity,
        lots=row.lots,
        goods_minor=row.goods_minor,
        gross_minor=row.gross_minor,
        fees_minor=row.deductions_minor - debts,
        advances_minor=debts,
        additions_minor=row.additions_minor,
        net_minor=row.net_minor,
        paid_minor=row.paid_minor,
        receipt_id=row.receipt_id,
    )


def list_lines(session: Session, run: SettlementRun, request: PageRequest, text: str = "") -> Page[LineRow]:
    """Return a page of a run's producers in the order of the roll; those whose name or code holds a text."""
    statement = _line_rows(run)
    wanted = text.strip()
    if wanted:
        statement = statement.where(
            or_(
                Producer.search_name.contains(search_form(wanted), autoescape=True),
                Membership.member_code.icontains(wanted, autoescape=True),
            )
        )
    statement = order_by(statement, request.sort, LINE_SORT, SettlementLine.id)
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


def items_of(session: Session, line_id: UUID) -> Sequence[SettlementItem]:
    """Return the items of a line in order."""
    return session.scalars(
        select(SettlementItem).where(SettlementItem.line_id == line_id).order_by(SettlementItem.position)
    ).all()


def blocks_of_run(session: Session, run_id: UUID) -> Sequence[SettlementBlock]:
    """Return the payrolls of a run in order."""
    return session.scalars(
        select(SettlementBlock).where(SettlementBlock.run_id == run_id).order_by(SettlementBlock.position)
    ).all()


def get_block_for(
    session: Session, actor: Actor, run_id: UUID, position: int
) -> tuple[SettlementRun, SettlementBlock]:
    """Return one payroll of a run of the actor's organisation.

    Raises:
        NotFound: the run or the payroll is not there.
    """
    run = get_run_for(session, actor, run_id)
    block = session.scalar(
        select(SettlementBlock).where(SettlementBlock.run_id == run.id, SettlementBlock.position == position)
    )
    if block is None:
        raise NotFound
    return run, block


@dataclass(frozen=True, slots=True)
class BlockLine:
    """One producer in one payroll: the sums of the line's items in it, by kind."""

    line_id: UUID
    full_name: str
    member_code: str
    community: str | None
    quantity: int
    price_minor: int | None
    kinds: dict[str, int]

    @property
    def net_minor(self) -> int:
        """What the payroll pays to the producer."""
        return sum(self.kinds.values())


def _in_block(run: SettlementRun, block: SettlementBlock) -> ColumnElement[bool]:
    return (
        (SettlementLine.run_id == run.id)
        & SettlementItem.zone_id.is_not_distinct_from(block.zone_id)
        & SettlementItem.block.is_not_distinct_from(block.block)
    )


def page_of_block(
    session: Session, run: SettlementRun, block: SettlementBlock, request: PageRequest
) -> Page[BlockLine]:
    """Return one page of the producers of a payroll, in the order of the roll."""
    statement = (
        select(SettlementItem.line_id)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == SettlementLine.producer_id)
            & (Membership.organisation_id == run.organisation_id),
        )
        .where(_in_block(run, block))
        .group_by(SettlementItem.line_id, Membership.member_code)
        .order_by(Membership.member_code, SettlementItem.line_id)
    )
    page = paginate_rows(session, statement, request)
    lines = block_lines(session, run, block, only=[row.line_id for row in page.items])
    return Page(lines, page.page, page.page_size, page.total)


def block_lines(
    session: Session, run: SettlementRun, block: SettlementBlock, *, only: Sequence[UUID] | None = None
) -> list[BlockLine]:
    """Return the producers of a payroll in the order of the roll, for files; or only some of its lines."""
    is_delivery = SettlementItem.kind == ItemKind.DELIVERY.value
    rows = session.execute(
        select(
            SettlementItem.line_id,
            Producer.full_name,
            func.coalesce(Membership.member_code, "—").label("member_code"),
            Community.name.label("community"),
            SettlementItem.kind,
            func.sum(SettlementItem.amount_minor).label("minor"),
            func.coalesce(func.sum(case((is_delivery, SettlementItem.quantity))), 0).label("quantity"),
            func.max(case((is_delivery, SettlementItem.price_minor_per_unit))).label("most"),
            func.min(case((is_delivery, SettlementItem.price_minor_per_unit))).label("least"),
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(Producer, Producer.id == SettlementLine.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == SettlementLine.producer_id)
            & (Membership.organisation_id == run.organisation_id),
        )
        .outerjoin(Community, Community.id == Producer.community_id)
        .where(_in_block(run, block), true() if only is None else SettlementItem.line_id.in_(only))
        .group_by(
            SettlementItem.line_id,
            Producer.full_name,
            Membership.member_code,
            Community.name,
            SettlementItem.kind,
        )
        .order_by(Membership.member_code, SettlementItem.line_id)
    )
    found: dict[UUID, BlockLine] = {}
    for row in rows:
        kept = found.get(row.line_id)
        kinds = {**(kept.kinds if kept else {}), row.kind: int(row.minor)}
        quantity = (kept.quantity if kept else 0) + int(row.quantity)
        price = row.most if row.most is not None and row.most == row.least else None
        found[row.line_id] = BlockLine(
            row.line_id,
            row.full_name,
            row.member_code,
            row.community,
            quantity,
            price if price is not None else (kept.price_minor if kept else None),
            kinds,
        )
    return list(found.values())


def reversals_of(session: Session, run_id: UUID) -> Sequence[tuple[RunReversal, str | None]]:
    """Return how often and why a run was taken back, with who did it."""
    rows = session.execute(
        select(RunReversal, User.display_name)
        .outerjoin(User, User.id == RunReversal.reversed_by)
        .where(RunReversal.run_id == run_id)
        .order_by(RunReversal.round)
    )
    return [(row[0], row[1]) for row in rows]


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


def count_in(session: Session, actor: Actor, state: RunState) -> int:
    """Return how many runs of the organisation are in a state."""
    statement = (
        select(func.count())
        .select_from(SettlementRun)
        .where(SettlementRun.organisation_id == actor.org, SettlementRun.state == state.value)
    )
    return session.scalar(statement) or 0


def count_to_account(session: Session, actor: Actor) -> int:
    """Return how many approved runs wait to be brought into the books."""
    return count_in(session, actor, RunState.APPROVED)


def count_to_pay(session: Session, actor: Actor) -> int:
    """Return how many runs in the books wait for their payment."""
    return count_in(session, actor, RunState.ACCOUNTED)


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


def cash_payer(session: Session, run: SettlementRun) -> UUID | None:
    """Return who noted the last standing payment in cash to everybody; None when there is none."""
    if run.payment_entry_id is None:
        return None
    return session.scalar(select(JournalEntry.posted_by).where(JournalEntry.id == run.payment_entry_id))
