"""Live bids in the same instant: from 20 processes, at the close, with the server killed. On both databases."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select, text

from chain.accounts.rules import Actor
from chain.auctions.intake import close_what_is_due, submit
from chain.auctions.models import AuctionBid, AuctionLot
from chain.auctions.queries.replay import replay_auction
from chain.auctions.rules import Closing, Kind, Outcome
from chain.auctions.rules.bidding import TAKEN
from chain.auctions.rules.terms import SETTLE
from chain.auctions.services.bidding import Answer, Ask
from chain.auctions.services.closing import close_due
from chain.auctions.services.opening import register_bidder
from chain.core.clock import utc_now
from chain.core.db import atomic, db, run_atomic
from chain.core.errors import IdempotencyConflict
from chain.core.ids import new_id
from chain.sales.models import Award
from tests.support.auctions import STEPS, lots_of, make_auction
from tests.support.cast import Cast
from tests.support.databases import Database
from tests.support.live import ROOT
from tests.support.patience import PATIENCE_SECONDS
from tests.support.races import Outcome as Ran

Race = Callable[..., Sequence[Ran]]
PROCESSES, BIDS = 20, 10


def announce(app: Flask, **changes: Any) -> tuple[UUID, list[UUID]]:
    """Announce an auction that runs now, by the real clock, and return it with its lots."""
    with app.app_context(), atomic() as session:
        now = utc_now() - timedelta(seconds=1)
        auction = make_auction(session, now, reserve=None, **({"soft_close_seconds": 0} | changes))
        return auction.id, lots_of(session, auction.id)


def bidders(database: Database, lot: UUID, processes: int, bids: int) -> subprocess.Popen[str]:
    """Start bidders, each a process of its own, that begin in the same instant."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.bidding", database.url, str(lot), str(bids), str(processes)],
        cwd=Path(ROOT),
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
        stdout=subprocess.PIPE,
        text=True,
    )


#: process, bid, outcome, line of the log
Heard = tuple[int, str, str, int | None]


def answers_of(output: str) -> list[Heard]:
    return [tuple(json.loads(line)) for line in output.splitlines() if line.startswith("[")]


def log_of(lot: UUID) -> Sequence[AuctionBid]:
    statement = select(AuctionBid).where(AuctionBid.auction_lot_id == lot).order_by(AuctionBid.sequence)
    return db.session.scalars(statement).all()


def test_200_bids_of_20_processes_are_all_answered_and_the_log_is_the_order_of_the_database(
    fresh_app: Flask, fresh_database: Database
) -> None:
    auction_id, (lot,) = announce(fresh_app)
    running = bidders(fresh_database, lot, PROCESSES, BIDS)
    answered = answers_of(running.communicate(timeout=PATIENCE_SECONDS)[0])
    assert running.returncode == 0
    assert len(answered) == PROCESSES * BIDS
    assert len({process for process, *_ in answered}) == PROCESSES
    with fresh_app.app_context():
        lines = log_of(lot)
        taken = {bid_id: sequence for _, bid_id, outcome, sequence in answered if outcome in TAKEN}
        assert {str(line.id): line.sequence for line in lines} == taken
        assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))
        assert [line.at for line in lines] == sorted(line.at for line in lines)
        row = db.session.get_one(AuctionLot, lot)
        assert (row.price_minor, row.leader_id) == (lines[-1].price_minor, lines[-1].leader_id)
        assert replay_auction(db.session, auction_id).agrees
        db.session.rollback()
        with atomic() as session:
            close_due(session, now=row.ends_at + SETTLE, auction_id=auction_id)
        award = db.session.scalars(select(Award)).one()  # exactly one winner
        assert award.buyer_id == row.leader_id
        assert replay_auction(db.session, auction_id).agrees


def bidding(actor: Actor, lot: UUID, price: int, **more: Any) -> Callable[[], Answer]:
    def run() -> Answer:
        bid_id = more.get("id") or new_id()
        moment = more.get("at") or utc_now()
        return submit(
            Ask(actor, lot, bid_id, more.get("kind", Kind.BID), price, more.get("seen"), moment, str(bid_id))
        )

    return run


def test_of_equal_bids_in_the_same_instant_exactly_one_leads(
    race: Race, fresh_app: Flask, cast: Cast
) -> None:
    auction_id, (lot,) = announce(fresh_app)
    buyers = (cast.buyer.actor, cast.rival_buyer.actor)
    outcomes = race(*[bidding(buyers[place % 2], lot, 10_000) for place in range(16)])
    assert [one.error for one in outcomes] == [None] * 16
    told = sorted(one.value.outcome for one in outcomes)
    assert told == [Outcome.STALE] * 15 + [Outcome.WINNING]
    with fresh_app.app_context():
        assert replay_auction(db.session, auction_id).agrees


def test_one_bid_sent_eight_times_at_once_stands_once(race: Race, fresh_app: Flask, cast: Cast) -> None:
    _, (lot,) = announce(fresh_app)
    bid_id = new_id()
    outcomes = race(*[bidding(cast.buyer.actor, lot, 10_000, id=bid_id)] * 8)
    told = sorted(one.value.outcome for one in outcomes)
    assert told == [Outcome.DUPLICATE] * 7 + [Outcome.WINNING]
    with fresh_app.app_context():
        assert len(log_of(lot)) == 1


def test_one_key_on_two_lots_at_once_counts_on_one(race: Race, fresh_app: Flask, cast: Cast) -> None:
    _, lots = announce(fresh_app, lots=4)
    bid_id = new_id()
    outcomes = race(*[bidding(cast.buyer.actor, lot, 10_000, id=bid_id) for lot in lots])
    assert sum(one.won for one in outcomes) == 1
    assert {type(one.error) for one in outcomes if not one.won} == {IdempotencyConflict}
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuctionBid)) == 1


def test_bids_on_all_lots_of_a_catalogue_that_closes_together_never_wait_in_a_circle(
    race: Race, fresh_app: Flask, cast: Cast
) -> None:
    auction_id, lots = announce(
        fresh_app,
        lots=6,
        closing=Closing.TOGETHER,
        soft_close_seconds=3600,
        extension_seconds=3600,
        steps=STEPS,
    )
    buyers = (cast.buyer.actor, cast.rival_buyer.actor)
    outcomes = race(
        *[bidding(buyers[place % 2], lots[place % 6], 10_000 + 100 * place) for place in range(12)]
    )
    assert [one.error for one in outcomes] == [None] * 12
    with fresh_app.app_context():
        assert len(set(db.session.scalars(select(AuctionLot.ends_at)))) == 1
        found = replay_auction(db.session, auction_id)
        assert found.agrees, [str(line) for line in found.lines]


def test_two_bids_on_two_lots_at_once_do_not_pass_one_ceiling(
    race: Race, fresh_app: Flask, cast: Cast
) -> None:
    auction_id, lots = announce(fresh_app, lots=2, bidders=[])
    with fresh_app.app_context():
        run_atomic(
            lambda session: (
                register_bidder(
                    session,
                    actor=cast.buyer.actor,
                    now=utc_now(),
                    auction_id=auction_id,
                    ceiling_minor=250_000,
                ).alias
            )
        )
    outcomes = race(*[bidding(cast.buyer.actor, lot, 10_000) for lot in lots])  # 1,000.00 and 2,000.00
    assert sum(one.won for one in outcomes) == 1


def test_a_bid_in_the_millisecond_of_the_close_either_counts_or_is_late(
    race: Race, fresh_app: Flask, cast: Cast
) -> None:
    for early in (timedelta(milliseconds=1), timedelta(0)):
        auction_id, (lot,) = announce(fresh_app, extension_seconds=0)
        with fresh_app.app_context():
            end = db.session.get_one(AuctionLot, lot).ends_at

        def close(auction_id: UUID = auction_id, end: Any = end) -> list[UUID]:
            return run_atomic(lambda session: close_due(session, now=end + SETTLE, auction_id=auction_id))

        bid, closing = race(bidding(cast.buyer.actor, lot, 10_000, at=end - early), close)
        assert closing.won
        with fresh_app.app_context():
            row = db.session.get_one(AuctionLot, lot)
            awards = db.session.scalars(select(Award).where(Award.event_id == auction_id)).all()
            if bid.value.outcome is Outcome.WINNING:
                assert early
                assert (row.state, [award.buyer_id for award in awards]) == ("awarded", [cast.mill.id])
            else:
                assert bid.value.outcome is Outcome.CLOSED
                assert (row.state, awards) == ("passed_in", [])
            assert replay_auction(db.session, auction_id).agrees


def test_several_that_find_an_auction_due_close_it_once(
    race: Race, fresh_app: Flask, cast: Cast, set_clock: Callable[[Any], None]
) -> None:
    auction_id, (lot,) = announce(fresh_app)
    with fresh_app.app_context():
        assert bidding(cast.buyer.actor, lot, 10_000)().outcome is Outcome.WINNING
        end = db.session.get_one(AuctionLot, lot).ends_at
    set_clock(end + SETTLE)
    outcomes = race(*[lambda: close_what_is_due(auction_id)] * 6)
    assert [one.error for one in outcomes] == [None] * 6
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Award)) == 1


def test_bidders_killed_midway_leave_nothing_half_done(fresh_app: Flask, fresh_database: Database) -> None:
    auction_id, (lot,) = announce(fresh_app)
    running = bidders(fresh_database, lot, 4, 100_000)
    assert running.stdout is not None
    heard: list[Heard] = []
    killed: set[int] = set()
    while len(killed) < 4:
        line = running.stdout.readline()
        assert line, "the bidders ended by themselves"
        heard += answers_of(line)
        for process in {one[0] for one in heard} - killed:
            if len(heard) >= 25 * (len(killed) + 1):
                os.kill(process, signal.SIGKILL)
                killed.add(process)
    heard += answers_of(running.communicate(timeout=PATIENCE_SECONDS)[0])
    assert running.returncode == 4
    with fresh_app.app_context():
        lines = log_of(lot)
        kept = {str(line.id): line.sequence for line in lines}
        for _, bid_id, outcome, sequence in heard:  # what was answered stands
            if outcome in TAKEN:
                assert kept[bid_id] == sequence
        assert [line.sequence for line in lines] == list(range(1, len(lines) + 1))
        found = replay_auction(db.session, auction_id)
        assert found.agrees, [str(line) for line in found.lines]


def test_a_connection_that_the_server_ended_costs_no_bid(race: Race, fresh_app: Flask, cast: Cast) -> None:
    _, (lot,) = announce(fresh_app)
    for price in (10_000, 11_000):
        buyer = cast.buyer if price == 10_000 else cast.rival_buyer
        (outcome,) = race(bidding(buyer.actor, lot, price))
        assert outcome.value.outcome is Outcome.WINNING
        with fresh_app.app_context():
            if db.engine.dialect.name == "postgresql":
                others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                db.session.execute(text(f"{others} AND pid <> pg_backend_pid()"))
