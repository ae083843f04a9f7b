"""Outbox messages of matching, what proposals tell the area `sales` of themselves, and what covers a demand."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.buyers.coverage import Covered, register_coverage
from chain.core.clock import local_date
from chain.core.outbox import handles
from chain.matching.models import MatchProposal
from chain.matching.proposing import ProposalState
from chain.matching.queries.proposals import titles_of
from chain.matching.services.proposals import DUE_MESSAGE, after_answer, expire_proposal
from chain.matching.services.replay import replay
from chain.matching.services.steps import lock_proposal
from chain.sales.methods import EventName, MethodHooks, register_method
from chain.sales.models import Award, Sale, SaleRelease
from chain.sales.rules import Method


@handles(DUE_MESSAGE)
def expire_when_due(session: Session, payload: Mapping[str, Any], now: datetime) -> None:
    """End a proposal whose time is over; nothing happens when it was answered before."""
    proposal_id = UUID(payload["proposal_id"])
    proposal = session.get_one(MatchProposal, proposal_id)
    kind = OrganisationKind(get_organisation(session, proposal.organisation_id).kind)
    actor = system_actor(proposal.organisation_id, kind, Role.SELLER)
    expire_proposal(session, actor=actor, now=now, proposal_id=proposal_id)


def _names(session: Session, ids: frozenset[UUID]) -> Mapping[UUID, EventName]:
    return {
        proposal_id: EventName(title, number, "matching.proposal_detail", {"proposal_id": proposal_id})
        for proposal_id, (number, title) in titles_of(session, ids).items()
    }


def _covered(session: Session, demand_ids: Collection[UUID]) -> Iterable[Covered]:
    """Return what accepted proposals bring to demands, on the buyer's day of the award, without what ended sales let go."""
    released = (
        select(func.coalesce(func.sum(SaleRelease.quantity), 0))
        .join(Sale, Sale.id == SaleRelease.sale_id)
        .where(Sale.award_id == MatchProposal.award_id)
        .correlate(MatchProposal)
        .scalar_subquery()
    )
    rows = session.execute(
        select(
            MatchProposal.demand_id,
            Award.made_at,
            MatchProposal.quantity,
            Organisation.timezone,
            released.label("released"),
        )
        .join(Award, Award.id == MatchProposal.award_id)
        .join(Organisation, Organisation.id == MatchProposal.buyer_id)
        .where(
            MatchProposal.demand_id.in_(demand_ids),
            MatchProposal.state.in_([ProposalState.AWARDED.value, ProposalState.SOLD.value]),
        )
    )
    return [
        Covered(
            row.demand_id, local_date(row.made_at, row.timezone), max(0, row.quantity - int(row.released))
        )
        for row in rows
    ]


register_method(Method.MATCH, MethodHooks(lock_proposal, after_answer, _names, replay))
register_coverage("matching", _covered)
