"""How fast the lot board turns its pages with many lots, against the least that any list costs.

The reference is a bare SELECT of as many rows in the order of the primary key, by the driver, in the same run and database.
Each page is read as the board reads it: rows by keys, a bounded count, names of producers. Goal: under 300 ms for every
page with 1,000,000 lots on PostgreSQL and 100,000 on SQLite.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from bench.common import KINDS, SEED, database, print_table, run_folder, timed
from bench.lots_intake import BATCH, add_producers, make_items
from chain.certification.rules import Claim
from chain.core.db import atomic, db
from chain.lots.filters import Availability, BoardFilters, BoardQuery, ClassWanted
from chain.lots.models import Lot
from chain.lots.queries import board_page
from chain.lots.rules import Delivery
from chain.lots.services import register_lots
from tests.support import databases
from tests.support.cast import Cast
from tests.support.databases import make_app
from tests.support.lots import make_producer
from tests.support.many_lots import insert_many_lots

CAST = Cast()
PRODUCERS = 400
ALL = Availability.ALL
ROWS = {"postgresql": 1_000_000, "sqlite": 100_000}
QUERIES: dict[str, BoardQuery] = {
    "in stock, newest first": BoardQuery(),
    "all lots, newest first": BoardQuery(filters=BoardFilters(availability=ALL)),
    "all, by number": BoardQuery(filters=BoardFilters(availability=ALL), sort="number"),
    "all, heaviest first": BoardQuery(filters=BoardFilters(availability=ALL), sort="-quantity"),
    "all, finest first": BoardQuery(filters=BoardFilters(availability=ALL), sort="micron"),
    "all, by class": BoardQuery(filters=BoardFilters(availability=ALL), sort="class"),
    "raw milk": BoardQuery(filters=BoardFilters(availability=ALL, commodity="raw-milk")),
    "cheese (1 in 1,000)": BoardQuery(filters=BoardFilters(availability=ALL, commodity="cheese")),
    "a class": BoardQuery(filters=BoardFilters(availability=ALL, grade_key="royal")),
    "a class of another norm": BoardQuery(
        filters=BoardFilters(
            availability=ALL, wanted_class=ClassWanted("ntp-231.301", "2022", "ultrafine", None, 180)
        )
    ),
    "a rare colour": BoardQuery(filters=BoardFilters(availability=ALL, colours=("dark_silver_grey",))),
    "three colours": BoardQuery(
        filters=BoardFilters(availability=ALL, colours=("dark_brown", "true_black", "dark_silver_grey"))
    ),
    "19.0 to 19.5 micron": BoardQuery(filters=BoardFilters(availability=ALL, micron_from=190, micron_to=195)),
    "50 kg and more": BoardQuery(filters=BoardFilters(availability=ALL, quantity_from=50_000)),
    "organic, finest first": BoardQuery(
        filters=BoardFilters(availability=ALL, claim=Claim.ORGANIC), sort="micron"
    ),
    "in stock, organic, white": BoardQuery(filters=BoardFilters(claim=Claim.ORGANIC, colours=("white",))),
    "held": BoardQuery(filters=BoardFilters(availability=Availability.HELD)),
    "used up": BoardQuery(filters=BoardFilters(availability=Availability.USED)),
    "cancelled": BoardQuery(filters=BoardFilters(availability=Availability.CANCELLED)),
    "one producer's name": BoardQuery(filters=BoardFilters(availability=ALL, text="productora 017")),
    "a number": BoardQuery(filters=BoardFilters(availability=ALL, text="4711")),
}


def fill(rows: int) -> None:
    """Store producers and lots; not measured."""
    now = datetime.now(UTC)
    with atomic() as session:
        producers = [
            make_producer(session, now, name=f"Productora {number:03d} Quispe") for number in range(PRODUCERS)
        ]
        insert_many_lots(session, rows, producers)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if db.engine.dialect.name == "sqlite" else "VACUUM ANALYZE lot"))


def milliseconds(function: Callable[[], object], repeats: int) -> list[float]:
    """Return what each call takes, after one that warms up."""
    function()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        found.append((time.perf_counter() - start) * 1000)
    return found


def bare(session: Session, size: int, rows: int) -> Callable[[], object]:
    """Return the reference: as many whole rows from a random place, in the order of the primary key."""
    random = Random(SEED)
    table = Lot.__table__
    starts = session.scalars(select(table.c.id).order_by(table.c.id).limit(rows // 2)).all()

    def read() -> object:
        start = random.choice(starts)
        return session.execute(select(table).where(table.c.id > start).order_by(table.c.id).limit(size)).all()

    return read


def deep(session: Session, query: BoardQuery, pages: int) -> BoardQuery:
    """Return the query some pages further on, or as far as it goes."""
    for _ in range(pages):
        after = board_page(session, CAST.clerk.actor, query).after
        if after is None:
            break
        query = BoardQuery(filters=query.filters, sort=query.sort, after=after, page_size=query.page_size)
    return query


def measure(kind: str, rows: int, repeats: int, table: list[list[str]]) -> None:
    """Measure every query on its first page and some pages further on."""
    session = db.session
    base = statistics.median(milliseconds(bare(session, 50, rows), max(repeats, 20)))
    table.append([kind, "bare SELECT of 50 rows by primary key", f"{base:.2f}", "", "", "1"])
    for name, query in QUERIES.items():
        first = milliseconds(lambda query=query: board_page(session, CAST.clerk.actor, query), repeats)  # type: ignore[misc]
        later = deep(session, query, 10)
        after = milliseconds(lambda later=later: board_page(session, CAST.clerk.actor, later), repeats)  # type: ignore[misc]
        middle = statistics.median(first)
        table.append(
            [kind, name, f"{middle:.1f}", f"{statistics.median(after):.1f}",
             f"{max(first + after):.1f}", f"{middle / base:.0f}"]
        )  # fmt: skip


#: What the lots table had for its list before the board: the orders that it now has are dropped, these are made.
BEFORE = """
CREATE INDEX old_delivered ON lot (organisation_id, delivered_at);
CREATE INDEX old_made ON lot (made_by_event_id);
CREATE INDEX old_used ON lot (used_by_event_id);
CREATE INDEX old_site ON lot (site_id)
"""
BOARD_INDEXES = (
    "ix_lot_organisation_id_delivered_at", "ix_lot_in_stock", "ix_lot_organisation_id_commodity",
    "ix_lot_organisation_id_quantity", "ix_lot_grade", "ix_lot_micron", "ix_lot_colour", "ix_lot_claim",
    "ix_lot_made_by_event_id", "ix_lot_used_by_event_id", "ix_lot_site_id",
)  # fmt: skip


def insert_rate(kind: databases.Kind, rows: int, *, with_board: bool) -> float:
    """Return lots per second into a table that holds as many already, with the board's indexes or those before them."""
    with database(kind) as made:
        app = make_app(made.url)
        with app.app_context():
            with atomic() as session:
                producers = [make_producer(session, datetime.now(UTC))]
                if not with_board:
                    go_back(session)
                insert_many_lots(session, rows, producers)

            def run() -> None:
                with atomic() as session:
                    insert_many_lots(session, rows, producers, first=rows)

            return rows / timed(run)


def go_back(session: Session) -> None:
    """Give the table the indexes that it had before the board."""
    for statement in (*(f"DROP INDEX {name}" for name in BOARD_INDEXES), *BEFORE.split(";")):
        session.execute(text(statement))


def registration_rate(rows: int, *, with_board: bool) -> float:
    """Return lots of fibre per second of processor time through the whole path of registration, on SQLite."""
    with database("sqlite") as made:
        producers = add_producers(made)
        deliveries = [
            Delivery(
                id=UUID(str(item["id"])),
                commodity="alpaca-fibre",
                producer_id=UUID(str(item["producer_id"])),
                delivered_at=datetime.fromisoformat(str(item["delivered_at"])),
                gross_g=int(str(item["gross_g"])),
                attributes=dict(item["attributes"]),  # type: ignore[call-overload]  # a mapping, as make_items writes it
            )
            for item in make_items(producers, rows)
        ]
        with make_app(made.url).app_context():
            if not with_board:
                with atomic() as session:
                    go_back(session)
            start = time.process_time()
            for first in range(0, rows, BATCH):
                with atomic() as session:
                    register_lots(
                        session,
                        actor=CAST.clerk.actor,
                        now=datetime.now(UTC),
                        deliveries=deliveries[first : first + BATCH],
                    )
            return rows / (time.process_time() - start)


def measure_inserts(rows: int, repeats: int) -> None:
    """Print what the indexes of the board cost whoever brings lots."""
    table = []
    for kind in KINDS:
        runs = [
            (insert_rate(kind, rows, with_board=True), insert_rate(kind, rows, with_board=False))
            for _ in range(repeats)
        ]
        now, before = (statistics.median(values) for values in zip(*runs, strict=True))
        table.append([kind, f"{now:,.0f}", f"{before:,.0f}", f"{now / before:.2f}"])
    print_table(
        f"Rows of lots inserted per second, {rows:,} into {rows:,} (medians of {repeats})",
        ["database", "with the board's indexes", "with those before", "ratio"],
        table,
    )
    if "sqlite" in KINDS:
        now = statistics.median(registration_rate(rows, with_board=True) for _ in range(repeats))
        before = statistics.median(registration_rate(rows, with_board=False) for _ in range(repeats))
        print_table(
            f"Lots of fibre registered per second of processor time, SQLite, {rows:,} in batches of {BATCH:,}",
            ["with the board's indexes", "with those before", "ratio"],
            [[f"{now:,.0f}", f"{before:,.0f}", f"{now / before:.2f}"]],
        )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, help="lots; by default 1,000,000 on PostgreSQL, 100,000 on SQLite"
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--inserts", type=int, help="measure only what the indexes cost, with so many rows")
    options = parser.parse_args()
    table: list[list[str]] = []
    with run_folder():
        if options.inserts:
            measure_inserts(options.inserts, options.repeats)
            return
        for kind in KINDS:
            rows = options.rows or ROWS[kind]
            with database(kind) as made:
                app = make_app(made.url)
                with app.app_context():
                    fill(rows)
                    measure(f"{kind}, {rows:,}", rows, options.repeats, table)
    print_table(
        "Pages of the lot board (milliseconds; medians, and the slowest of all runs)",
        ["database, lots", "what is asked", "first page", "page 11", "slowest", "ratio to bare"],
        table,
    )


if __name__ == "__main__":
    main()
