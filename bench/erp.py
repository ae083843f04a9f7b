"""Lots settled end to end per second: bought, received, invoiced and in the books, against Tryton on the same PostgreSQL.

Chain registers lots, prepares a run, approves and accounts it by the services that the pages use: every lot is graded, gets a line
with its items, a signed receipt with a number, a posting to its producer and an audit record. Tryton buys the same number of lots as
purchases of one line, each of another supplier: confirmed, processed, shipment received and done, invoice posted.

Both work in two ways: lot by lot, each step a transaction; and in bulk. Tryton is a program of its own: it is installed by its pinned
list (erp-requirements.txt) into an environment that goes at the end, runs there, and prints its seconds. Without PostgreSQL there is
nothing to measure; where Tryton cannot be installed, the table says so.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from random import Random
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from bench.common import SEED, database, print_table, run_folder, timed
from chain.core.collector import tune_collector
from chain.core.db import atomic, snapshot
from chain.core.ids import new_id
from chain.ledger.services.verify import verify_ledger
from chain.lots.rules import Delivery
from chain.lots.services import register_lot, register_lots
from chain.papers.models import Paper
from chain.settlement.models import RunLot
from chain.settlement.services.runs import account_run, approve_run, prepare_gate_run, prepare_period_run
from tests.support import postgres
from tests.support.cast import Cast
from tests.support.dairy import add_producers
from tests.support.databases import make_app
from tests.support.settling import add_price

CAST = Cast()
HERE = Path(__file__).parent
FIBRE = "alpaca-fibre"
FIRST = date(2026, 3, 2)
NOW = datetime(2026, 4, 1, 15, tzinfo=UTC)
#: what may be registered at once
BATCH = 1000
STEPS = ("register", "prepare", "approve", "account")
#: how long Tryton may take for all of its rounds
LIMIT_SECONDS = 900


@dataclass(slots=True)
class Rounds:
    """Seconds of each round, of one way."""

    lots: int
    seconds: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Lots a second, the median."""
        return self.lots / statistics.median(self.seconds)


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


def settle(single: int, bulk: int, rounds: int) -> tuple[Rounds, Rounds, dict[str, float]]:
    """Return Chain's rounds lot by lot and in bulk, and the median seconds of each step of the latter."""
    random = Random(SEED)
    ones, many, steps = Rounds(single), Rounds(bulk), []
    with database("postgresql") as made, make_app(made.url).app_context():
        with atomic() as session:
            producers = add_producers(session, max(single, bulk))
            add_price(session, CAST, NOW, 1_850, FIRST, FIRST + timedelta(days=200), FIBRE)
            session.execute(text("ANALYZE"))
        warm_up(random, producers, min(single, 10), bulk)
        for number in range(1, rounds + 1):
            day = FIRST + timedelta(days=2 * number)
            deliveries = drawn(random, producers, bulk, day)
            steps.append(settle_in_bulk(deliveries, day))
            many.seconds.append(sum(steps[-1].values()))
            alone = drawn(random, producers, single, day + timedelta(days=1))
            ones.seconds.append(timed(partial(settle_each, alone)))
        check(min(single, 10) + bulk + rounds * (single + bulk))
    medians = {name: statistics.median(one[name] for one in steps) for name in STEPS}
    return ones, many, medians


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


class NoTryton(Exception):
    """Tryton could not be installed or did not run; the message says why."""


def run(command: Sequence[str | Path], *, what: str, secret: Path | None = None, text_in: str = "") -> str:
    """Run a program and return what it printed.

    Raises:
        NoTryton: it failed.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    if secret is not None:
        environment["TRYTONPASSFILE"] = str(secret)
    try:
        done = subprocess.run(
            [str(word) for word in command],
            input=text_in,
            capture_output=True,
            text=True,
            check=True,
            timeout=LIMIT_SECONDS,
            env=environment,
        )
    except subprocess.CalledProcessError as error:
        words = (error.stderr or error.stdout or "").strip().splitlines()
        raise NoTryton(f"{what}: {words[-1] if words else error}") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoTryton(f"{what}: {error}") from error
    return done.stdout


def tryton(single: int, bulk: int, rounds: int) -> tuple[str, Rounds, Rounds]:
    """Install Tryton beside us, let it buy lots, and return its version and its rounds lot by lot and in bulk.

    Raises:
        NoTryton: it could not be installed or did not run.
    """
    folder = postgres.run_dir()
    home, name, config = folder / "tryton", f"tryton_{new_id().hex}", folder / "trytond.conf"
    run([sys.executable, "-m", "venv", home], what="virtual environment")
    pins = HERE / "erp-requirements.txt"
    run(
        [home / "bin" / "pip", "install", "--quiet", "--require-hashes", "--no-deps", "-r", pins],
        what="installation",
    )
    postgres.create_database(name)
    secret = folder / "tryton.secret"
    for path, content in (
        (secret, secrets.token_urlsafe()),
        (config, f"[database]\nuri = {postgres.server_url().replace('+psycopg', '')}/\n"),
    ):
        path.touch(mode=0o600)
        path.write_text(content, encoding="utf-8")
    modules = ["-u", "purchase", "--activate-dependencies", "--email", "admin@example.org"]
    try:
        run(
            [home / "bin" / "trytond-admin", "-c", config, "-d", name, *modules],
            what="modules",
            secret=secret,
        )
        todo = {"database": name, "config": str(config), "seed": SEED}
        todo |= {"single": single, "batch": bulk, "rounds": rounds}
        printed = run(
            [home / "bin" / "python", HERE / "tryton" / "buy.py"], what="purchases", text_in=json.dumps(todo)
        )
    finally:
        postgres.drop_database(name)
    answer = json.loads(printed.splitlines()[-1])
    return answer["version"], Rounds(single, answer["client"]), Rounds(bulk, answer["batch"])


def rows_of(ours: tuple[Rounds, Rounds], theirs: tuple[str, Rounds, Rounds] | NoTryton) -> list[list[str]]:
    """Return the rows of the table; each way is compared with its like, and what is in bulk with Tryton in bulk."""
    if isinstance(theirs, NoTryton):
        missing = [f"Tryton is not there ({theirs})", "–", "–", "–"]
        return [*(row_of(f"Chain, {way}", one, None) for way, one in named(*ours)), missing]
    version, *found = theirs
    pairs = zip(named(*ours), found, strict=True)
    return [
        *(row_of(f"Chain, {way}", one, other) for (way, one), other in pairs),
        *(row_of(f"Tryton {version}, {way}", one, one) for way, one in named(*found)),
    ]


def named(single: Rounds, bulk: Rounds) -> list[tuple[str, Rounds]]:
    """Return what each way is called."""
    return [("lot by lot", single), (f"{bulk.lots:,} at once", bulk)]


def row_of(what: str, rounds: Rounds, reference: Rounds | None) -> list[str]:
    """Return a row: lots a second, the slowest and fastest round, the ratio."""
    rates = [rounds.lots / one for one in rounds.seconds]
    ratio = f"{rounds.rate / reference.rate:,.0f}" if reference else "–"
    return [what, f"{rounds.rate:,.1f}", f"{min(rates):,.1f} to {max(rates):,.1f}", ratio]


def attempt(function: Callable[[], tuple[str, Rounds, Rounds]]) -> tuple[str, Rounds, Rounds] | NoTryton:
    """Return what Tryton did, or why it did nothing."""
    try:
        return function()
    except NoTryton as error:
        return error


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--single", type=int, default=50, help="lots of a round, lot by lot")
    parser.add_argument("--bulk", type=int, default=2_000, help="lots of a round in bulk")
    parser.add_argument("--tryton-single", type=int, default=5)
    parser.add_argument("--tryton-bulk", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    tune_collector()
    with run_folder():
        *ours, steps = settle(options.single, options.bulk, options.rounds)
        theirs = attempt(lambda: tryton(options.tryton_single, options.tryton_bulk, options.rounds))
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    print_table(
        f"Lots settled end to end on PostgreSQL (medians of {options.rounds}; load {load})",
        ["what", "lots/s", "rounds", "ratio to Tryton's same way"],
        rows_of((ours[0], ours[1]), theirs),
    )
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
