"""The last kilogram of a lot wanted by two; answers in the same instant; time and answer in the same instant."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.accounts.rules import Actor, Role, system_actor
from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.ids import new_id
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.models import Lot
from chain.market.services import open_tender
from chain.matching.models import MatchProposal
from chain.matching.services.proposals import accept_proposal, expire_proposal
from chain.sales.models import Award, AwardLine, SaleLine
from tests.support.cast import Cast
from tests.support.matching import DAY, accept, make_demand, offered, one_proposal, proposals_of, run
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def _accepting(proposal_id: UUID, actor: Actor, now: datetime) -> Callable[[], Any]:
    def step() -> Any:
        with atomic() as session:
            return accept_proposal(session, actor=actor, now=now, proposal_id=proposal_id).state

    return step


def _nothing_twice() -> None:
    lots = db.session.scalars(select(AwardLine.lot_id)).all()
    assert len(lots) == len(set(lots))
    assert not verify_genealogy(db.session).problems


@pytest.mark.parametrize("attempt", range(3))
def test_the_last_kilograms_of_a_lot_go_to_one_of_two_buyers(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, attempt: int
) -> None:
    del attempt
    with fresh_app.app_context(), atomic() as session:
        offered(session, now, 1)  # 10 kg
        make_demand(session, now, max_quantity=8_000)
        first = one_proposal(session, now)
        make_demand(
            session, now, actor=cast.rival_buyer.actor, max_quantity=9_000, price_minor_per_unit=15_000
        )
        found = proposals_of(session, run(session, now, with_proposed=True).id)
        second = next(one for one in found if one.buyer_id == cast.rival_mill.id)
        for one in (first, second):
            accept(session, now, one.id, cast.everything.actor)
        ids = (first.id, second.id)
    outcomes = race(
        _accepting(ids[0], cast.buyer.actor, now), _accepting(ids[1], cast.rival_buyer.actor, now)
    )
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(one.error for one in outcomes if not one.won), DomainError)
    with fresh_app.app_context():
        states = sorted(db.session.scalars(select(MatchProposal.state).where(MatchProposal.id.in_(ids))))
        assert states == ["sold", "stale"]
        _nothing_twice()


@pytest.mark.parametrize("attempt", range(3))
def test_a_lot_goes_to_a_proposal_or_to_a_tender(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, attempt: int
) -> None:
    del attempt
    with fresh_app.app_context(), atomic() as session:
        lots = offered(session, now, 2)
        make_demand(session, now, max_quantity=25_000)
        proposal_id = one_proposal(session, now).id
        accept(session, now, proposal_id, cast.everything.actor)

    def tender() -> Any:
        with atomic() as session:
            return open_tender(
                session,
                actor=cast.seller.actor,
                now=now,
                id=new_id(),
                title="Fibra",
                lot_ids=lots,
                reserve_minor_per_unit=1,
                closes_at=now + DAY,
            ).number

    outcomes = race(_accepting(proposal_id, cast.buyer.actor, now), tender)
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    assert isinstance(next(one.error for one in outcomes if not one.won), DomainError)
    with fresh_app.app_context():
        state = db.session.scalar(select(MatchProposal.state))
        assert state == ("sold" if outcomes[0].won else "open")
        _nothing_twice()


def test_two_sides_in_the_same_instant_make_one_sale(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        offered(session, now, 2)
        make_demand(session, now, max_quantity=15_000)
        proposal_id = one_proposal(session, now).id
    actors = [cast.buyer.actor, cast.everything.actor, cast.buyer.actor, cast.everything.actor]
    outcomes = race(*[_accepting(proposal_id, actor, now) for actor in actors])
    assert [outcome.error for outcome in outcomes] == [None] * 4
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Award)) == 1
        assert db.session.scalar(select(func.sum(SaleLine.quantity))) == 15_000
        assert db.session.scalar(select(MatchProposal.state)) == "sold"
        _nothing_twice()


@pytest.mark.parametrize("attempt", range(3))
def test_an_answer_in_the_instant_of_the_end_counts_or_not_but_never_both(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime, attempt: int
) -> None:
    with fresh_app.app_context(), atomic() as session:
        offered(session, now, 1)
        make_demand(session, now)
        proposal = one_proposal(session, now, answer_hours=1)
        accept(session, now, proposal.id, cast.everything.actor)
        proposal_id, end = proposal.id, proposal.expires_at
    last_moment = end - timedelta(microseconds=1)

    def expire() -> Any:
        with atomic() as session:
            actor = system_actor(cast.centre.id, cast.centre.kind, Role.SELLER)
            return expire_proposal(session, actor=actor, now=end, proposal_id=proposal_id).state

    moment = last_moment if attempt else end
    outcomes = race(_accepting(proposal_id, cast.buyer.actor, moment), expire)
    with fresh_app.app_context():
        state = db.session.scalar(select(MatchProposal.state))
        assert state == ("sold" if outcomes[0].won else "expired")
        assert db.session.scalar(select(func.count()).select_from(Award)) == int(outcomes[0].won)
        sold = db.session.scalar(select(func.count()).select_from(Lot).where(Lot.state == "sold"))
        assert sold == int(outcomes[0].won)
    assert attempt or not outcomes[0].won


def test_two_sellers_do_not_fill_one_demand_twice(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        offered(session, now, 2)  # 10 and 20 kg
        make_demand(session, now, max_quantity=15_000)
        first = one_proposal(session, now)
        second = one_proposal(session, now, with_proposed=True)
        for one in (first, second):
            accept(session, now, one.id, cast.everything.actor)
        ids = (first.id, second.id)
    outcomes = race(*[_accepting(one, cast.buyer.actor, now) for one in ids])
    assert sorted(outcome.won for outcome in outcomes) == [False, True]
    with fresh_app.app_context():
        assert db.session.scalar(select(func.sum(SaleLine.quantity))) == 15_000
        _nothing_twice()
