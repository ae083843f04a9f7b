"""Demands, offers to matching and runs for tests."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

import chain.matching.handlers  # noqa: F401 - it tells `sales` of this way of selling
from chain.accounts.models import Organisation, RoleAssignment
from chain.accounts.rules import Actor, OrganisationKind, Role
from chain.buyers.models import Demand
from chain.buyers.rules import Terms
from chain.buyers.services.demands import open_demand
from chain.core.ids import new_id
from chain.matching.models import MatchLine, MatchProposal, MatchRun
from chain.matching.services.offers import OfferTerms, offer_lots
from chain.matching.services.proposals import accept_proposal
from chain.matching.services.runs import make_run
from chain.sales.models import MarketRule
from tests.support.cast import CENTRE, SINCE, Cast, House, fixed_id
from tests.support.market import add_graded_lots

CAST = Cast()
DAY = timedelta(days=1)
SUPER_BABY = "ntp-231.301/2014/super_baby"


def make_demand(session: Session, now: datetime, *, actor: Actor | None = None, **changes: Any) -> Demand:
    """Open a demand for super baby at 120.00 a kilogram, as much as there is, for a month."""
    values: dict[str, Any] = {
        "title": "Super baby para marzo",
        "commodity": "alpaca-fibre",
        "currency": "PEN",
        "valid_from": now.date() - DAY,
        "valid_to": now.date() + 30 * DAY,
        "grades": (SUPER_BABY,),
        "price_minor_per_unit": 12_000,
    }
    demand, _ = open_demand(
        session,
        actor=actor or CAST.buyer.actor,
        now=now,
        demand_id=new_id(),
        terms=Terms(**(values | changes)),
    )
    return demand


def offered(
    session: Session,
    now: datetime,
    count: int = 3,
    *,
    reserve: int = 10_000,
    divisible: bool = True,
    house: House = CENTRE,
    actor: Actor | None = None,
    **changes: Any,
) -> list[UUID]:
    """Add graded lots of 10 kg, 20 kg, 30 kg … and offer them to matching."""
    ids = add_graded_lots(session, now, count, house=house, **changes)
    terms = OfferTerms(reserve, divisible, now.date() + 20 * DAY)
    offer_lots(session, actor=actor or CAST.seller.actor, now=now, lot_ids=ids, terms=terms)
    return ids


def run(session: Session, now: datetime, *, actor: Actor | None = None, **changes: Any) -> MatchRun:
    """Run a match of the own lots."""
    made, _ = make_run(session, actor=actor or CAST.seller.actor, now=now, id=new_id(), **changes)
    return made


def proposals_of(session: Session, run_id: UUID) -> Sequence[MatchProposal]:
    """Return the proposals of a run by number."""
    return session.scalars(
        select(MatchProposal).where(MatchProposal.run_id == run_id).order_by(MatchProposal.number)
    ).all()


def lines_of(session: Session, proposal_id: UUID) -> Sequence[MatchLine]:
    """Return the lines of a proposal."""
    return session.scalars(
        select(MatchLine).where(MatchLine.proposal_id == proposal_id).order_by(MatchLine.position)
    ).all()


def one_proposal(session: Session, now: datetime, **changes: Any) -> MatchProposal:
    """Run a match of which one proposal comes."""
    (found,) = proposals_of(session, run(session, now, **changes).id)
    return found


def accept(session: Session, now: datetime, proposal_id: UUID, *actors: Actor) -> MatchProposal:
    """Accept a proposal as the officer who did not run the match and as the buyer, or as those named."""
    found = None
    for actor in actors or (CAST.everything.actor, CAST.buyer.actor):
        found = accept_proposal(session, actor=actor, now=now, proposal_id=proposal_id)
    assert found is not None
    return found


SECOND = House(fixed_id(0x1A1), "CC09", "Asociación vecina", OrganisationKind.ASSOCIATION)


def add_association(session: Session, house: House = SECOND) -> Actor:
    """Add an association of the same country, with one officer for everything, who is the returned actor."""
    session.add(
        Organisation(
            id=house.id,
            kind=house.kind.value,
            code=house.code,
            name=house.name,
            country="PE",
            currency="PEN",
            timezone="America/Lima",
            created_at=SINCE,
        )
    )
    session.flush()
    session.add(
        MarketRule(
            organisation_id=house.id,
            confirmations_needed=1,
            confirm_hours=72,
            silence="declined",
            changed_at=SINCE,
        )
    )
    user_id = CAST.auditor.id
    session.add(
        RoleAssignment(user_id=user_id, organisation_id=house.id, role=Role.SELLER.value, granted_at=SINCE)
    )
    session.flush()
    return Actor(user_id, house.id, house.kind, frozenset({Role.SELLER}))
