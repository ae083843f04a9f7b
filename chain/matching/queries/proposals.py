"""Reads of proposals: each side sees its own, sellers with what is left to the producers, buyers without freight reserves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session, aliased

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.buyers.models import Demand
from chain.core.errors import NotFound
from chain.core.money import amount_for
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.matching.models import MatchLine, MatchProposal
from chain.matching.proposing import ProposalState, Side
from chain.matching.queries.offers import FACT_COLUMNS, LotFacts
from chain.sales.models import Sale

PROPOSAL_SORT: SortColumns = {
    "number": MatchProposal.number,
    "amount": MatchProposal.amount_minor,
    "quantity": MatchProposal.quantity,
    "expires_at": MatchProposal.expires_at,
    "made_at": MatchProposal.made_at,
}
LINE_SORT: SortColumns = {
    "position": MatchLine.position,
    "number": Lot.number,
    "quantity": MatchLine.quantity,
    "price": MatchLine.price_minor_per_unit,
    "micron": Lot.micron_tenths,
}


@dataclass(frozen=True, slots=True)
class ProposalView:
    """A proposal as one side sees it."""

    proposal: MatchProposal
    side: Side
    seller_name: str
    buyer_name: str
    demand_title: str
    lots: int

    @property
    def other_name(self) -> str:
        """The organisation on the other side."""
        return self.buyer_name if self.side is Side.SELLER else self.seller_name

    @property
    def net_minor(self) -> int:
        """What is left to the producers when the seller pays the freight."""
        paid = self.proposal.freight_minor if self.proposal.freight_paid_by == Side.SELLER else 0
        return self.proposal.amount_minor - paid

    @property
    def own_accepted_at(self) -> datetime | None:
        """When this side accepted."""
        one = self.proposal
        return one.seller_accepted_at if self.side is Side.SELLER else one.buyer_accepted_at

    @property
    def other_accepted_at(self) -> datetime | None:
        """When the other side accepted."""
        one = self.proposal
        return one.buyer_accepted_at if self.side is Side.SELLER else one.seller_accepted_at

    def state_at(self, now: datetime) -> ProposalState:
        """Return how it stands; one whose time is over counts as such before the worker has written it."""
        state = ProposalState(self.proposal.state)
        is_over = state is ProposalState.OPEN and now >= self.proposal.expires_at
        return ProposalState.EXPIRED if is_over else state


@dataclass(frozen=True, slots=True)
class LineView:
    """A lot of a proposal."""

    position: int
    lot: LotFacts
    quantity: int
    price_minor_per_unit: int
    amount_minor: int
    explanation: Sequence[Mapping[str, Any]]

    @property
    def is_part(self) -> bool:
        """Whether only a part of the lot is wanted."""
        return self.quantity < self.lot.quantity


def side_of(actor: Actor, proposal: MatchProposal) -> Side | None:
    """Return on which side of a proposal the actor's organisation stands, if the actor may see such things."""
    if actor.organisation_id == proposal.organisation_id and actor.may(Permission.TENDERS_READ):
        return Side.SELLER
    if actor.organisation_id == proposal.buyer_id and actor.may(Permission.BIDS_PLACE):
        return Side.BUYER
    return None


def get_proposal_for(session: Session, actor: Actor, proposal_id: UUID) -> MatchProposal:
    """Return a proposal of which the actor's organisation is the seller or the buyer.

    Raises:
        NotFound: there is none, or it is others' business.
    """
    found = session.get(MatchProposal, proposal_id)
    if found is None or side_of(actor, found) is None:
        raise NotFound
    return found


def _rows() -> Select[Any]:
    seller, buyer = aliased(Organisation), aliased(Organisation)
    lots = (
        select(func.count())
        .select_from(MatchLine)
        .where(MatchLine.proposal_id == MatchProposal.id)
        .correlate(MatchProposal)
        .scalar_subquery()
    )
    return (
        select(
            MatchProposal,
            seller.name.label("seller_name"),
            buyer.name.label("buyer_name"),
            Demand.title.label("demand_title"),
            lots.label("lots"),
        )
        .join(seller, seller.id == MatchProposal.organisation_id)
        .join(buyer, buyer.id == MatchProposal.buyer_id)
        .join(Demand, Demand.id == MatchProposal.demand_id)
    )


def _view(row: Any, side: Side) -> ProposalView:
    return ProposalView(row.MatchProposal, side, row.seller_name, row.buyer_name, row.demand_title, row.lots)


def proposal_view(session: Session, actor: Actor, proposal_id: UUID) -> ProposalView:
    """Return a proposal with its names.

    Raises:
        NotFound: as `get_proposal_for`.
    """
    proposal = get_proposal_for(session, actor, proposal_id)
    side = side_of(actor, proposal) or Side.SELLER
    return _view(session.execute(_rows().where(MatchProposal.id == proposal.id)).one(), side)


def _own_side(actor: Actor) -> tuple[Side, ColumnElement[bool]]:
    if actor.organisation_kind is OrganisationKind.BUYER:
        return Side.BUYER, MatchProposal.buyer_id == actor.org
    return Side.SELLER, MatchProposal.organisation_id == actor.org


def list_proposals(
    session: Session,
    actor: Actor,
    request: PageRequest,
    *,
    state: ProposalState | None = None,
    run_id: UUID | None = None,
) -> Page[ProposalView]:
    """Return the proposals of the actor's organisation, those that wait first, then the latest."""
    side, own = _own_side(actor)
    statement = (
        _rows()
        .where(own)
        .order_by(
            (MatchProposal.state != ProposalState.OPEN.value),
            MatchProposal.made_at.desc(),
            MatchProposal.number.desc(),
            MatchProposal.id,
        )
    )
    if state is not None:
        statement = statement.where(MatchProposal.state == state.value)
    if run_id is not None:
        statement = statement.where(MatchProposal.run_id == run_id)
    statement = order_by(statement, request.sort, PROPOSAL_SORT, MatchProposal.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_view(row, side) for row in page.items], page.page, page.page_size, page.total)


def count_to_answer(session: Session, actor: Actor, *, now: datetime) -> int:
    """Return how many proposals wait for the answer of the actor's organisation."""
    side, own = _own_side(actor)
    answered = MatchProposal.seller_accepted_at if side is Side.SELLER else MatchProposal.buyer_accepted_at
    return (
        session.scalar(
            select(func.count())
            .select_from(MatchProposal)
            .where(
                own,
                MatchProposal.state == ProposalState.OPEN.value,
                MatchProposal.expires_at > now,
                answered.is_(None),
            )
        )
        or 0
    )


def proposal_lines(session: Session, proposal_id: UUID, request: PageRequest) -> Page[LineView]:
    """Return a page of the lots of a proposal. The caller has checked that the proposal may be seen."""
    statement: Select[Any] = (
        select(MatchLine, *FACT_COLUMNS)
        .join(Lot, Lot.id == MatchLine.lot_id)
        .where(MatchLine.proposal_id == proposal_id)
        .order_by(MatchLine.position)
    )
    statement = order_by(statement, request.sort, LINE_SORT, MatchLine.id.expression)
    page = paginate_rows(session, statement, request)
    return Page([_line(*row) for row in page.items], page.page, page.page_size, page.total)


def _line(line: MatchLine, *facts: Any) -> LineView:
    return LineView(
        line.position,
        LotFacts(*facts),
        line.quantity,
        line.price_minor_per_unit,
        amount_for(line.quantity, line.price_minor_per_unit),
        line.explanation,
    )


def sale_of(session: Session, proposal_id: UUID) -> UUID | None:
    """Return the sale that a proposal ended in."""
    return session.scalar(select(Sale.id).where(Sale.event_id == proposal_id).limit(1))


def titles_of(session: Session, ids: Collection[UUID]) -> Mapping[UUID, tuple[int, str]]:
    """Return number and demand's title of proposals."""
    rows = session.execute(
        select(MatchProposal.id, MatchProposal.number, Demand.title)
        .join(Demand, Demand.id == MatchProposal.demand_id)
        .where(MatchProposal.id.in_(ids))
    )
    return {row.id: (row.number, row.title) for row in rows}


def pending_of_demands(session: Session, demand_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return what open proposals would bring to demands, in grams or millilitres."""
    rows = session.execute(
        select(MatchProposal.demand_id, func.sum(MatchProposal.quantity))
        .where(MatchProposal.demand_id.in_(demand_ids), MatchProposal.state == ProposalState.OPEN.value)
        .group_by(MatchProposal.demand_id)
    )
    return {demand_id: int(quantity) for demand_id, quantity in rows}
