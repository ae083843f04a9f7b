"""A dairy's month: 120,000 deliveries of 2,000 producers from litres to books, every amount explained and statements issued.

References in the same run: the bare SQL that sums and writes 2,000 statements with their postings (no explanation, no share per
delivery, no lot marked, no papers, no audit, no locks), and the arithmetic alone in NumPy. A tenth of the deliveries shows how it scales.
"""

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.common import KINDS, database, median_of, print_table, run_folder, timed
from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.settlement.fortnight.models import MilkQuota
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.services.runs import account_run, approve_run
from tests.support.cast import CENTRE, Cast
from tests.support.dairy import MARCH, add_producers, fill_fortnight, set_four_prices, weigh, withhold_nothing
from tests.support.databases import Kind, make_app

NOW = datetime(2026, 3, 16, 15, tzinfo=UTC)
#: producers per 120,000 deliveries; each brings four cans a day on fifteen days
PRODUCERS, CANS, DAYS = 2_000, 4, 15
#: a quarter of the rate at which set-based SQL did the like, 120,000 to 250,000 a second; and how much longer ten times as many may take
GOAL_PER_SECOND, GOAL_TENFOLD = 30_000, 12
#: The arithmetic takes a thousandth of a second: many are measured.
ARITHMETICS = 25


@dataclass(frozen=True, slots=True)
class Measured:
    """Seconds of each step."""

    prepare: float
    approve: float
    account: float
    bare: float
    numpy: float

    @property
    def whole(self) -> float:
        """The whole run."""
        return self.prepare + self.approve + self.account


def fill(session: Session, cast: Cast, producers: int) -> None:
    """Make a dairy with its terms; every second producer has a quota."""
    set_four_prices(session)
    withhold_nothing(session)
    ids = add_producers(session, producers)
    sums = fill_fortnight(session, ids, MARCH, CANS)
    weigh(session, cast.accountant.actor, NOW, {day: total * 997 // 1000 for day, total in sums.items()})
    for key in ids[::2]:
        session.add(
            MilkQuota(
                id=new_id(),
                organisation_id=CENTRE.id,
                producer_id=key,
                per_day_ml=60_000,
                weekday_minor=0,
                sunday_minor=0,
                valid_from=MARCH.first,
                valid_to=MARCH.last,
                created_at=NOW,
            )
        )
    session.flush()


BARE_TABLES = (
    "CREATE TABLE bare_statement (id INTEGER PRIMARY KEY, producer_id {uuid}, litres BIGINT, minor BIGINT)",
    "CREATE TABLE bare_posting (statement INTEGER, account INTEGER, minor BIGINT)",
)
BARE = (
    """INSERT INTO bare_statement (id, producer_id, litres, minor)
    SELECT row_number() OVER (ORDER BY producer_id), producer_id, SUM(ml), SUM(CASE WHEN sunday THEN normal * 450 ELSE normal * 500 END + excess * 400) / 1000
    FROM (SELECT d.producer_id, d.ml, d.sunday,
                 CASE WHEN q.per_day_ml IS NULL OR d.ml < q.per_day_ml THEN d.ml ELSE q.per_day_ml END AS normal,
                 CASE WHEN q.per_day_ml IS NULL OR d.ml < q.per_day_ml THEN 0 ELSE d.ml - q.per_day_ml END AS excess
          FROM (SELECT producer_id, delivered_on, {sunday} AS sunday, SUM(quantity) AS ml FROM lot
                WHERE commodity = 'raw-milk' AND delivered_on BETWEEN '2026-03-01' AND '2026-03-15'
                GROUP BY producer_id, delivered_on) d
          LEFT JOIN milk_quota q ON q.producer_id = d.producer_id) p GROUP BY producer_id""",
    "INSERT INTO bare_posting SELECT id, 1, minor FROM bare_statement UNION ALL SELECT id, 2, -minor FROM bare_statement",
)
SUNDAYS = {
    "sqlite": "delivered_on IN ('2026-03-01', '2026-03-08', '2026-03-15')",
    "postgresql": "EXTRACT(DOW FROM delivered_on) = 0",
}


def bare(session: Session, kind: Kind) -> float:
    """Time the sums, statements and postings of plain SQL."""
    uuid = "UUID" if kind == "postgresql" else "CHAR(32)"
    for statement in BARE_TABLES:
        session.execute(text(statement.format(uuid=uuid)))
    session.execute(text("ANALYZE"))  # the product looks after itself
    session.commit()

    def work() -> None:
        for statement in BARE:
            session.execute(text(statement.format(sunday=SUNDAYS[kind])))
        session.commit()

    return timed(work)


def arithmetic(deliveries: int) -> float:
    """Time the sums, quotas and values of as many deliveries in NumPy."""
    count = deliveries // (CANS * DAYS)
    random = np.random.default_rng(5)
    producer = random.integers(0, count, deliveries)
    day = random.integers(0, DAYS, deliveries)
    quantity = random.integers(50, 300, deliveries) * 100

    def work() -> None:
        sums = np.bincount(producer * DAYS + day, weights=quantity, minlength=count * DAYS)
        litres = sums.astype(np.int64).reshape(count, DAYS)
        normal = np.minimum(litres, 60_000)
        excess = litres - normal
        (normal.sum(axis=1) * 500 + excess.sum(axis=1) * 400 + 500) // 1000

    return median_of(ARITHMETICS, lambda: timed(work))


def measure(kind: Kind, producers: int) -> Measured:
    """Run one fortnight on a database of its own."""
    with database(kind) as made:
        app = make_app(made.url)
        with app.app_context():
            cast = Cast()
            with atomic() as session:
                fill(session, cast, producers)
            run_id = new_id()

            def step(function: Callable[[Session], object]) -> float:
                def work() -> None:
                    with atomic() as session:
                        function(session)

                return timed(work)

            plain = bare(db.session, kind)
            prepared = step(
                lambda session: prepare_fortnight_run(
                    session, actor=cast.accountant.actor, now=NOW, run_id=run_id, first_day=MARCH.first
                )
            )
            approved = step(lambda session: _approve(session, cast, run_id))
            accounted = step(lambda session: _account(session, cast, run_id))
            db.session.remove() if hasattr(db.session, "remove") else db.session.close()
        return Measured(prepared, approved, accounted, plain, arithmetic(producers * CANS * DAYS))


def _approve(session: Session, cast: Cast, run_id: UUID) -> object:
    return approve_run(session, actor=cast.treasurer.actor, now=NOW, run_id=run_id)


def _account(session: Session, cast: Cast, run_id: UUID) -> object:
    return account_run(session, actor=cast.accountant.actor, now=NOW, run_id=run_id)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--producers", type=int, nargs="+", default=[PRODUCERS // 10, PRODUCERS], help="of 60 deliveries each"
    )
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    rows = []
    seconds: dict[tuple[Kind, int], float] = {}
    with run_folder():
        for kind in KINDS:
            for producers in options.producers:
                repeats = options.repeats if producers <= PRODUCERS else 1
                runs = [measure(kind, producers) for _ in range(repeats)]
                middle = sorted(runs, key=lambda one: one.whole)[len(runs) // 2]
                deliveries = producers * CANS * DAYS
                plain = statistics.median(one.bare for one in runs)
                numpy = statistics.median(one.numpy for one in runs)
                seconds[kind, producers] = middle.whole
                rows.append(
                    [
                        kind,
                        f"{deliveries:,}",
                        *(
                            f"{one:.2f}"
                            for one in (middle.prepare, middle.approve, middle.account, middle.whole)
                        ),
                        f"{deliveries / middle.whole:,.0f}",
                        f"{plain:.2f}",
                        f"{middle.whole / plain:.1f}",
                        f"{numpy * 1000:.2f}",
                        f"{middle.whole / numpy:,.0f}",
                    ]
                )
                print(rows[-1], flush=True)
    headers = [
        "database",
        "deliveries",
        "prepare s",
        "approve s",
        "account s",
        "whole s",
        "deliveries/s",
        "bare SQL s",
        "to bare SQL",
        "NumPy ms",
        "to NumPy",
    ]
    print_table("A dairy's month, from deliveries to the books and issued statements", headers, rows)
    print()
    for (kind, producers), whole in seconds.items():
        rate = producers * CANS * DAYS / whole
        if producers == PRODUCERS:
            print(f"{kind}: {rate:,.0f} deliveries a second; goal: {GOAL_PER_SECOND:,} or more.")
        if (kind, producers * 10) in seconds:
            times = seconds[kind, producers * 10] / whole
            print(
                f"{kind}: {producers * CANS * DAYS * 10:,} deliveries took {times:.1f} times as long as a tenth; goal: {GOAL_TENFOLD}."
            )


if __name__ == "__main__":
    main()
