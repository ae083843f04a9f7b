"""Reads of runs: who ran it sees the sums of all sellers; each seller its own proposals and near misses only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, exists, func, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, Permission
from chain.buyers.models import Demand
from chain.core.errors import NotFound
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.matching.models import MatchMiss, MatchProposal, MatchRun
from chain.matching.proposing import Side
from chain.matching.queries.offers import FACT_COLUMNS, LotFacts

RUN_SORT: SortColumns = {
    "number": MatchRun.number,
    "created_at": MatchRun.created_at,
    "value": MatchRun.value_minor,
}
MISS_SORT: SortColumns = {
    "number": Lot.number,
    "quantity": MatchMiss.quantity,
    "condition": MatchMiss.condition,
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run in a list; its kept input is not read for it."""

    id: UUID
    organisation_id: UUID
    pool_id: UUID | None
    number: int
    currency: str
    answer_hours: int
    value_minor: int
    bound_minor: int
    gap: str
    status: str
    milliseconds: int
    lots: int
    demands: int
    demands_other_currency: int
    offered_quantity: int
    matched_quantity: int
    input_hash: str
    result_hash: str
    created_at: Any


@dataclass(frozen=True, slots=True)
class SellerRow:
    """What a run proposes for one seller."""

    seller_id: UUID
    name: str
    proposals: int
    quantity: int
    amount_minor: int
    freight_minor: int

    @property
    def net_minor(self) -> int:
        """What is left to the producers."""
        return self.amount_minor - self.freight_minor


@dataclass(frozen=True, slots=True)
class MissRow:
    """A lot that found no place."""

    lot: LotFacts
    quantity: int
    demand_id: UUID | None
    demand_title: str | None
    buyer_name: str | None
    condition: str | None
    reasons: Sequence[Mapping[str, Any]]
    offered_minor_per_unit: int | None
    needed_minor_per_unit: int | None
    freight_minor_per_unit: int


COLUMNS = tuple(getattr(MatchRun, name) for name in RunRow.__dataclass_fields__)


def _visible(actor: Actor) -> Any:
    own = or_(
        exists().where(MatchProposal.run_id == MatchRun.id, MatchProposal.organisation_id == actor.org),
        exists().where(MatchMiss.run_id == MatchRun.id, MatchMiss.organisation_id == actor.org),
    )
    return or_(MatchRun.organisation_id == actor.org, own)


def list_runs(session: Session, actor: Actor, request: PageRequest) -> Page[RunRow]:
    """Return the runs of the actor's organisation, and of pools in which its lots took part, the newest first."""
    statement: Select[Any] = (
        select(*COLUMNS).where(_visible(actor)).order_by(MatchRun.created_at.desc(), MatchRun.id)
    )
    page = paginate_rows(
        session, order_by(statement, request.sort, RUN_SORT, MatchRun.id.expression), request
    )
    return Page([RunRow(*row) for row in page.items], page.page, page.page_size, page.total)


def get_run_for(session: Session, actor: Actor, run_id: UUID) -> RunRow:
    """Return a run that the actor's organisation ran, or in which its lots took part.

    Raises:
        NotFound: there is none, or it is others' business.
    """
    row = None
    if actor.may(Permission.TENDERS_READ):
        row = session.execute(select(*COLUMNS).where(MatchRun.id == run_id, _visible(actor))).first()
    if row is None:
        raise NotFound
    return RunRow(*row)


def run_sellers(session: Session, actor: Actor, run: RunRow) -> Sequence[SellerRow]:
    """Return what a run proposes by seller: for who ran it all of them, for others their own."""
    paid = case((MatchProposal.freight_paid_by == Side.SELLER.value, MatchProposal.freight_minor), else_=0)
    statement = (
        select(
            MatchProposal.organisation_id,
            Organisation.name,
            func.count(),
            func.sum(MatchProposal.quantity),
            func.sum(MatchProposal.amount_minor),
            func.sum(paid),
        )
        .join(Organisation, Organisation.id == MatchProposal.organisation_id)
        .where(MatchProposal.run_id == run.id)
        .group_by(MatchProposal.organisation_id, Organisation.name)
        .order_by(Organisation.name)
    )
    if run.organisation_id != actor.org:
        statement = statement.where(MatchProposal.organisation_id == actor.org)
    rows = session.execute(statement).all()
    return [SellerRow(row[0], row[1], *(int(one) for one in row[2:])) for row in rows]


def run_misses(session: Session, actor: Actor, run_id: UUID, request: PageRequest) -> Page[MissRow]:
    """Return a page of the own lots that found no place. The caller has checked that the run may be seen."""
    buyer = Organisation
    statement: Select[Any] = (
        select(MatchMiss, Demand.title, buyer.name, *FACT_COLUMNS)
        .join(Lot, Lot.id == MatchMiss.lot_id)
        .outerjoin(Demand, Demand.id == MatchMiss.demand_id)
        .outerjoin(buyer, buyer.id == Demand.organisation_id)
        .where(MatchMiss.run_id == run_id, MatchMiss.organisation_id == actor.org)
        .order_by(Lot.number, Lot.id)
    )
    page = paginate_rows(
        session, order_by(statement, request.sort, MISS_SORT, MatchMiss.id.expression), request
    )
    return Page([_miss(*row) for row in page.items], page.page, page.page_size, page.total)


def _miss(miss: MatchMiss, title: str | None, buyer_name: str | None, *facts: Any) -> MissRow:
    return MissRow(
        LotFacts(*facts),
        miss.quantity,
        miss.demand_id,
        title,
        buyer_name,
        miss.condition,
        miss.reasons,
        miss.offered_minor_per_unit,
        miss.needed_minor_per_unit,
        miss.freight_minor_per_unit,
    )
