"""Whether a demand still stands and still takes what a proposal holds, under lock."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.buyers.coverage import coverage_of
from chain.buyers.models import Demand
from chain.buyers.periods import gap, period_span
from chain.buyers.rules import DemandState, OfferFacts, meets
from chain.core.clock import local_date
from chain.genealogy.errors import in_thousands, sign_of
from chain.lots.models import Lot
from chain.matching.errors import DemandChanged, DemandClosed, DemandFull, LotChanged
from chain.matching.models import MatchLine, MatchProposal


def lock_demand(session: Session, proposal: MatchProposal, *, now: datetime) -> Demand:
    """Lock the demand of a proposal: two sellers who fill it at once come one after the other.

    Raises:
        DemandClosed: it was withdrawn, or its last day is over.
        DemandChanged: its terms are other ones than those that the run saw.
        DemandFull: the running period takes less than the proposal holds.
    """
    demand = session.scalars(
        select(Demand)
        .where(Demand.id == proposal.demand_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()
    today = local_date(now, get_organisation(session, demand.organisation_id).timezone)
    if demand.state != DemandState.OPEN or not demand.valid_from <= today <= demand.valid_to:
        raise DemandClosed(title=demand.title)
    if demand.version != proposal.demand_version:
        raise DemandChanged(title=demand.title)
    covered = coverage_of(session, [demand.id])[demand.id]
    room = gap(demand, period_span(demand, today), covered).room
    if room is not None and room < proposal.quantity:
        raise DemandFull(
            title=demand.title,
            left=in_thousands(room),
            needed=in_thousands(proposal.quantity),
            unit=sign_of(proposal.unit),
        )
    return demand


def check_still_fits(
    session: Session, demand: Demand, proposal: MatchProposal, pairs: Sequence[tuple[MatchLine, Lot]]
) -> None:
    """Refuse lots that are not any more what the demand asks for.

    Raises:
        LotChanged: with what is unmet now.
    """
    seller = get_organisation(session, proposal.organisation_id)
    for _, lot in pairs:
        facts = OfferFacts(
            commodity=lot.commodity,
            quantity=demand.min_quantity,  # what counts is the sum of all proposals
            claim=lot.claim,
            grade=grade_of(lot),
            colour=lot.colour,
            micron_tenths=lot.micron_tenths,
            seller_id=seller.id,
            seller_parent_id=seller.parent_id,
        )
        unmet = meets(demand, facts)
        if unmet:
            raise LotChanged(number=lot.number, what=unmet[0])


def grade_of(lot: Lot) -> str | None:
    """Return a lot's class as demands name it."""
    return f"{lot.grade_scheme}/{lot.grade_edition}/{lot.grade_key}" if lot.grade_key else None
