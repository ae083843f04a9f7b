"""The process is killed while it reserves and awards, ten times at random points: afterwards the same result, nothing twice."""

import random
from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.models import Lot
from chain.market.models import Tender
from chain.matching.models import MatchProposal
from chain.sales.models import Award, AwardLine, MarketEntry, Sale, SaleLine
from chain.sales.queries.log import check_chain, log_of
from tests.support.cast import Cast
from tests.support.databases import Database
from tests.support.killers import Killer, killer_of
from tests.support.market import DAY, add_graded_lots, make_bid, make_tender
from tests.support.matching import accept, make_demand, offered, one_proposal

TIMES = 10


@pytest.fixture
def killer(fresh_database: Database) -> Iterator[Killer]:
    """Run a step in a process of its own: killer("accept", id, now, after=12)."""
    with killer_of(fresh_database, "tests.support.killing") as run:
        yield run


def _points(killer: Killer, step: str, subject: UUID, now: datetime) -> list[int | str]:
    """Return ten points of a step: statements drawn at random, just before the commit, and just after it."""
    statements = killer(step, subject, now, after="count")["statements"]
    drawn = random.Random(20_260_316).sample(range(1, statements + 1), TIMES - 2)
    return [*drawn, "commit", "answer"]


def _reserved_twice() -> int:
    """Return how many lots stand in two awards that are not over."""
    rows = db.session.execute(
        select(AwardLine.lot_id)
        .join(Award, Award.id == AwardLine.award_id)
        .where(Award.state.in_(["waiting", "confirmed"]))
        .group_by(AwardLine.lot_id)
        .having(func.count() > 1)
    ).all()
    return len(rows)


def _check_all() -> None:
    db.session.rollback()
    assert _reserved_twice() == 0
    sold = db.session.scalars(select(SaleLine.lot_id)).all()
    assert len(sold) == len(set(sold))
    assert not verify_genealogy(db.session).problems
    for event_id in db.session.scalars(select(MarketEntry.event_id).distinct()):
        check_chain(log_of(db.session, event_id))


def test_a_match_is_accepted_wholly_or_not_at_all(
    killer: Killer, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    def prepare() -> UUID:
        with atomic() as session:
            offered(session, now, 1)
            make_demand(session, now, max_quantity=4_000)
            proposal = one_proposal(session, now)
            accept(session, now, proposal.id, cast.everything.actor)
            return proposal.id

    with fresh_app.app_context():
        subject = prepare()
        for point in _points(killer, "accept", subject, now):
            before = db.session.scalar(select(func.count()).select_from(Award)) or 0
            fate = killer("accept", subject, now, after=point)
            assert fate["killed"], (point, fate)
            db.session.rollback()
            state = db.session.get_one(MatchProposal, subject, populate_existing=True).state
            awards = db.session.scalar(select(func.count()).select_from(Award)) or 0
            assert (state, awards - before) == (("sold", 1) if point == "answer" else ("open", 0)), point
            assert killer("accept", subject, now, after=None)["ok"]
            db.session.rollback()
            proposal = db.session.get_one(MatchProposal, subject, populate_existing=True)
            assert (proposal.state, proposal.quantity) == ("sold", 4_000)
            award = db.session.scalars(select(Award).where(Award.event_id == subject)).one()
            sale = db.session.scalars(select(Sale).where(Sale.event_id == subject)).one()
            assert (award.state, award.quantity, sale.proceeds_minor) == ("confirmed", 4_000, 48_000)
            _check_all()
            subject = prepare()
        assert db.session.scalar(select(func.sum(SaleLine.quantity))) == TIMES * 4_000


def test_a_tender_is_closed_and_its_award_confirmed_wholly_or_not_at_all(
    killer: Killer, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    closed_at = now + DAY

    def prepare() -> UUID:
        with atomic() as session:
            tender = make_tender(session, now, add_graded_lots(session, now, 2))
            make_bid(session, now, tender, 11_000)
            make_bid(session, now, tender, 12_000, cast.rival_buyer.actor)
            return tender.id

    def states(tender_id: UUID) -> tuple[str, list[str]]:
        db.session.rollback()
        tender = db.session.get_one(Tender, tender_id, populate_existing=True)
        awards = db.session.scalars(select(Award.state).where(Award.event_id == tender_id)).all()
        return tender.state, list(awards)

    with fresh_app.app_context():
        subject = prepare()
        for point in _points(killer, "close", subject, closed_at):
            assert killer("close", subject, closed_at, after=point)["killed"], point
            assert states(subject) == (("awarded", ["waiting"]) if point == "answer" else ("open", [])), point
            assert killer("close", subject, closed_at, after=None)["ok"]
            assert states(subject) == ("awarded", ["waiting"])
            _check_all()
            award = db.session.scalars(select(Award).where(Award.event_id == subject)).one()
            assert (award.buyer_id, award.proceeds_minor) == (cast.rival_mill.id, 30 * 12_000)
            confirmation = point if isinstance(point, str) else 1 + point % 12
            assert killer("confirm", award.id, closed_at, after=confirmation)["killed"], confirmation
            is_done = point == "answer"
            assert states(subject) == (("accepted", ["confirmed"]) if is_done else ("awarded", ["waiting"]))
            assert killer("confirm", award.id, closed_at, after=None)["ok"]
            assert states(subject) == ("accepted", ["confirmed"])
            _check_all()
            subject = prepare()
        assert db.session.scalar(select(func.count()).select_from(Sale)) == TIMES
        assert (
            db.session.scalar(select(func.count()).select_from(Lot).where(Lot.state == "sold")) == 2 * TIMES
        )
