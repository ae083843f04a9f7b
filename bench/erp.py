"""Lots settled end to end per second: bought, received, invoiced and in the books, against Tryton on the same PostgreSQL.

Chain registers lots, prepares a run, approves and accounts it by the services that the pages use: every lot is graded, gets a line
with its items, a signed receipt with a number, a posting to its producer and an audit record. Tryton buys the same number of lots as
purchases of one line, each of another supplier: confirmed, processed, shipment received and done, invoice posted.

Both work in two ways: lot by lot, each step a transaction; and in bulk. Tryton is a program of its own: it is installed by its pinned
list (erp-requirements.txt) into an environment that goes at the end and runs there, a round when it is asked for one: rounds of both
take turns, so that what else the computer does meets both. Without PostgreSQL there is nothing to measure; where Tryton cannot be
installed, the table says so.
"""

import argparse
import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from random import Random
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bench.common import SEED, database, print_table, run_folder, timed
from bench.erp_tryton import NoTryton, Rounds, Tryton, tryton_database
from chain.core.collector import tune_collector
from chain.core.db import atomic, snapshot
from chain.core.ids import new_id
from chain.ledger.services.verify import verify_ledger
from chain.lots.rules import Delivery
from chain.lots.services import register_lot, register_lots
from chain.papers.models import Paper
from chain.settlement.models import RunLot
from chain.settlement.services.runs import account_run, approve_run, prepare_gate_run, prepare_period_run
from tests.support.cast import Cast
from tests.support.dairy import add_producers
from tests.support.databases import make_app
from tests.support.settling import add_price

CAST = Cast()
FIBRE = "alpaca-fibre"
FIRST = date(2026, 3, 2)
NOW = datetime(2026, 4, 1, 15, tzinfo=UTC)
#: what may be registered at once
BATCH = 1000
STEPS = ("register", "prepare", "approve", "account")


@dataclass(slots=True)
class Ours:
    """What Chain did: lot by lot, in bulk, and the steps of the latter."""

    ones: Rounds
    many: Rounds
    #: seconds of each step, round by round
    steps: list[dict[str, float]] = field(default_factory=list)


def step(function: Callable[[Session], object]) -> float:
    """Time a step in a transaction of its own."""

    def work() -> None:
        with atomic() as session:
            function(session)

    return timed(work)


def drawn(random: Random, producers: Sequence[UUID], count: int, day: date) -> list[Delivery]:
    """Draw the deliveries of a day: each of another producer."""
    return [
        Delivery(
            id=new_id(),
            commodity=FIBRE,
            producer_id=producer,
            delivered_at=datetime.combine(day, time(14), UTC),
            gross_g=random.randint(2_000, 60_000),
            tare_g=200,
            attributes={
                "breed": "huacaya",
                "colour": random.choice(("white", "light_fawn", "dark_brown")),
                "micron": f"{random.gauss(25, 3):.1f}",
                "length_mm": str(random.randint(60, 130)),
            },
        )
        for producer in random.sample(list(producers), count)
    ]


def settle_in_bulk(deliveries: Sequence[Delivery], day: date) -> dict[str, float]:
    """Register a day's lots in batches and settle them in one run; return the seconds of each step."""
    accountant, treasurer, run_id = CAST.accountant.actor, CAST.treasurer.actor, new_id()

    def register(part: Sequence[Delivery]) -> float:
        return step(lambda session: register_lots(session, actor=CAST.clerk.actor, now=NOW, deliveries=part))

    return {
        "register": sum(
            register(deliveries[start : start + BATCH]) for start in range(0, len(deliveries), BATCH)
        ),
        "prepare": step(
            lambda session: prepare_period_run(
                session,
                actor=accountant,
                now=NOW,
                run_id=run_id,
                commodity=FIBRE,
                period_from=day,
                period_to=day,
            )
        ),
        "approve": step(lambda session: approve_run(session, actor=treasurer, now=NOW, run_id=run_id)),
        "account": step(lambda session: account_run(session, actor=accountant, now=NOW, run_id=run_id)),
    }


def settle_one(delivery: Delivery) -> None:
    """Register a lot and settle it in a run of its own."""
    accountant, treasurer, run_id = CAST.accountant.actor, CAST.treasurer.actor, new_id()
    with atomic() as session:
        register_lot(session, actor=CAST.clerk.actor, now=NOW, delivery=delivery)
    with atomic() as session:
        prepare_gate_run(session, actor=accountant, now=NOW, run_id=run_id, lot_ids=[delivery.id])
    with atomic() as session:
        approve_run(session, actor=treasurer, now=NOW, run_id=run_id)
    with atomic() as session:
        account_run(session, actor=accountant, now=NOW, run_id=run_id)


def settle_each(deliveries: Sequence[Delivery]) -> None:
    """Settle lots one after the other."""
    for delivery in deliveries:
        settle_one(delivery)


def settle(single: int, bulk: int, rounds: int, between: Callable[[], None]) -> Ours:
    """Settle lots in rounds, lot by lot and in bulk; `between` is done after each round."""
    random, ours = Random(SEED), Ours(Rounds(single), Rounds(bulk))
    with database("postgresql") as made, make_app(made.url).app_context():
        with atomic() as session:
            producers = add_producers(session, max(single, bulk))
            add_price(session, CAST, NOW, 1_850, FIRST, FIRST + timedelta(days=200), FIBRE)
            session.execute(text("ANALYZE"))
        warm_up(random, producers, min(single, 10), bulk)
        for number in range(1, rounds + 1):
            day = FIRST + timedelta(days=2 * number)
            deliveries = drawn(random, producers, bulk, day)
            ours.steps.append(settle_in_bulk(deliveries, day))
            ours.many.seconds.append(sum(ours.steps[-1].values()))
            alone = drawn(random, producers, single, day + timedelta(days=1))
            ours.ones.seconds.append(timed(partial(settle_each, alone)))
            between()
        check(min(single, 10) + bulk + rounds * (single + bulk))
    return ours


def warm_up(random: Random, producers: Sequence[UUID], single: int, bulk: int) -> None:
    """Settle a first day, not measured: statements are compiled, and the planner gets to know tables that are not empty.

    A server in use has autovacuum for that; the throw-away one has it off.
    """
    settle_in_bulk(drawn(random, producers, bulk, FIRST), FIRST)
    with atomic() as session:
        session.execute(text("ANALYZE"))
    for delivery in drawn(random, producers, single, FIRST + timedelta(days=1)):
        settle_one(delivery)


def check(lots: int) -> None:
    """See that every lot has its receipt and that the books hold."""
    with snapshot() as session:
        found = session.scalar(select(func.count()).select_from(RunLot))
        papers = session.scalar(select(func.count()).select_from(Paper))
        assert found == papers == lots, (found, papers, lots)
        report = verify_ledger(session, CAST.centre.id)
        assert report.is_whole, report


def compare(options: argparse.Namespace) -> tuple[Ours, Tryton | NoTryton]:
    """Return what Chain and Tryton did, their rounds taking turns; where there is no Tryton, why."""
    single, bulk, rounds = options.single, options.bulk, options.rounds
    try:
        with tryton_database() as todo, Tryton(options.tryton_single, options.tryton_bulk, todo) as theirs:
            ours = settle(single, bulk, rounds, theirs.round)
            theirs.end()
            return ours, theirs
    except NoTryton as error:
        return settle(single, bulk, rounds, lambda: None), error


def rows_of(ours: Ours, theirs: Tryton | NoTryton) -> list[list[str]]:
    """Return the rows of the table; each way is compared with its like, and what is in bulk with Tryton in bulk."""
    if isinstance(theirs, NoTryton):
        missing = [f"Tryton is not there ({theirs})", "–", "–", "–"]
        return [*(row_of(f"Chain, {way}", one, None) for way, one in named(ours.ones, ours.many)), missing]
    found = named(theirs.ones, theirs.many)
    pairs = zip(named(ours.ones, ours.many), found, strict=True)
    return [
        *(row_of(f"Chain, {way}", one, other) for (way, one), (_, other) in pairs),
        *(row_of(f"Tryton {theirs.version}, {way}", one, one) for way, one in found),
    ]


def named(single: Rounds, bulk: Rounds) -> list[tuple[str, Rounds]]:
    """Return what each way is called."""
    return [("lot by lot", single), (f"{bulk.lots:,} at once", bulk)]


def row_of(what: str, rounds: Rounds, reference: Rounds | None) -> list[str]:
    """Return a row: lots a second, the slowest and fastest round, the ratio."""
    rates = [rounds.lots / one for one in rounds.seconds]
    ratio = f"{rounds.rate / reference.rate:,.0f}" if reference else "–"
    return [what, f"{rounds.rate:,.1f}", f"{min(rates):,.1f} to {max(rates):,.1f}", ratio]


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--single", type=int, default=20, help="lots of a round, lot by lot")
    parser.add_argument("--bulk", type=int, default=2_000, help="lots of a round in bulk")
    parser.add_argument("--tryton-single", type=int, default=3)
    parser.add_argument("--tryton-bulk", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tune_collector()
    with run_folder():
        ours, theirs = compare(options)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print_table(
        f"Lots settled end to end on PostgreSQL (medians of {options.rounds}; load {load})",
        ["what", "lots/s", "rounds", "ratio to Tryton's same way"],
        rows_of(ours, theirs),
    )
    steps = {name: statistics.median(one[name] for one in ours.steps) for name in STEPS}
    whole = sum(steps.values())
    print_table(
        f"What {options.bulk:,} lots at once take in Chain",
        ["step", "seconds", "µs a lot", "share"],
        [
            [name, f"{one:.2f}", f"{one / options.bulk * 1e6:.0f}", f"{one / whole:.0%}"]
            for name, one in steps.items()
        ],
    )


if __name__ == "__main__":
    main()
