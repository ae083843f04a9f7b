"""200 bids on one tender within a second from 20 processes: all answered, one order, one winner; and the millisecond of the close."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from chain.core.db import atomic, db, run_atomic
from chain.core.sealing import Sealer, sealer, use_sealer
from chain.market.errors import TenderClosed
from chain.market.models import Bid, Tender
from chain.market.queries.replay import replay_tender
from chain.market.queries.sealed import offer_of
from chain.market.services import close_tender, place_bid
from chain.sales.models import Award, MarketEntry
from tests.support.cast import Cast
from tests.support.databases import Database
from tests.support.live import ROOT, environment
from tests.support.market import DAY, make_tender
from tests.support.patience import PATIENCE_SECONDS
from tests.support.races import Outcome

PROCESSES, BIDS = 20, 10
KEY = "a key of this test and of no other one"
MILLISECOND = timedelta(milliseconds=1)
Race = Callable[..., Sequence[Outcome]]


def _bid_from_processes(database: Database, key: str, tender_id: UUID, now: datetime) -> list[dict[str, Any]]:
    order = {
        "tender": str(tender_id),
        "processes": PROCESSES,
        "bids": BIDS,
        "now": (now + timedelta(minutes=1)).isoformat(),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.tender_bidding"],
        input=json.dumps(order) + "\n",
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment(database), "CHAIN_SEAL_KEY": key},
        check=True,
        timeout=PATIENCE_SECONDS,
    )
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_two_hundred_bids_from_twenty_processes_are_all_answered_in_one_order(
    fresh_app: Flask, fresh_database: Database, cast: Cast, now: datetime
) -> None:
    before = sealer()
    use_sealer(Sealer(KEY))
    try:
        with fresh_app.app_context(), atomic() as session:
            tender_id = make_tender(session, now).id
        answers = _bid_from_processes(fresh_database, KEY, tender_id, now)
        assert len(answers) == PROCESSES * BIDS
        assert [one["error"] for one in answers] == [None] * len(answers)
        with fresh_app.app_context():
            bids = db.session.scalars(select(Bid).order_by(Bid.sequence)).all()
            assert [bid.sequence for bid in bids] == list(range(1, len(answers) + 1))
            assert {str(bid.id) for bid in bids} == {one["bid"] for one in answers}
            log = db.session.scalars(
                select(MarketEntry)
                .where(MarketEntry.event_id == tender_id, MarketEntry.kind == "bid")
                .order_by(MarketEntry.sequence)
            ).all()
            assert [entry.data["bid"] for entry in log] == [str(bid.id) for bid in bids]
            last = {bid.organisation_id: offer_of(bid).price_minor or 0 for bid in bids}
            db.session.rollback()
            with atomic() as session:
                close_tender(session, actor=cast.seller.actor, now=now + DAY, tender_id=tender_id)
            award = db.session.scalars(select(Award)).one()
            assert last[award.buyer_id] == max(last.values())
            assert replay_tender(db.session, tender_id).agrees
    finally:
        use_sealer(before)


def test_a_bid_in_the_millisecond_of_the_close_counts_or_is_refused_and_the_log_says_the_same(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        tender_id = make_tender(session, now).id
    deadline = now + DAY

    def bid(at: datetime, price: int) -> Callable[[], Any]:
        def run() -> Any:
            return run_atomic(
                lambda session: (
                    place_bid(
                        session,
                        actor=cast.buyer.actor,
                        now=at,
                        tender_id=tender_id,
                        price_minor_per_unit=price,
                    ).id
                )
            )

        return run

    def close() -> Any:
        with atomic() as session:
            return close_tender(session, actor=cast.seller.actor, now=deadline, tender_id=tender_id).state

    early, late, closing = race(bid(deadline - MILLISECOND, 12_000), bid(deadline, 13_000), close)
    assert closing.won
    assert isinstance(late.error, TenderClosed)
    with fresh_app.app_context():
        tender = db.session.get_one(Tender, tender_id)
        kinds = db.session.scalars(
            select(MarketEntry.kind).where(MarketEntry.event_id == tender_id).order_by(MarketEntry.sequence)
        ).all()
        if early.won:
            assert tender.winning_bid_id == early.value
            assert kinds.index("bid") < kinds.index("opening")
        else:
            assert isinstance(early.error, TenderClosed)
            assert "bid" not in kinds
        assert replay_tender(db.session, tender_id).agrees
