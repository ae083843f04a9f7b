"""Shares and traces of 20,000 deliveries through ten levels, beside bare NumPy and bare recursive SQL.

    .venv/bin/python -m bench.genealogy

Every level is real: the services make it, event by event. Fixed seed; the same figures on both databases are checked
against each other before anything is timed.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.orm import Session

from bench.common import KINDS, SEED, database, median_of, print_table, run_folder, timed
from chain.core.collector import tune_collector
from chain.core.ids import new_id
from chain.genealogy.models import LotShare
from chain.genealogy.queries.recall import recall
from chain.genealogy.queries.shares import shares_of
from chain.genealogy.queries.trace import trace_back, trace_forward
from chain.genealogy.rules import Lost, Made, Merge, Part, ProcessRun, Split
from chain.genealogy.services import merge_lots, process_lots, split_lot
from chain.genealogy.services.verify import verify_genealogy
from chain.genealogy.shares import ShareTable, share_out
from chain.lots.models import Lot
from tests.support.cast import Cast
from tests.support.databases import make_engine
from tests.support.lots import make_producer

PRIMARIES, PRODUCERS, PILES = 20_000, 400, 40
REPEATS = 7
CAST = Cast()
CLERK = CAST.clerk.actor
NOW = datetime(2026, 3, 16, 15, 0, tzinfo=UTC)

#: The way back as somebody would write it at a prompt: over the lines of the events.
BARE_BACK = """
WITH RECURSIVE up(lot_id) AS (
    SELECT :lot_id
    UNION
    SELECT used.lot_id FROM up
    JOIN lot_event_line made ON made.lot_id = up.lot_id AND made.role = 'output'
    JOIN lot_event_line used ON used.event_id = made.event_id AND used.role = 'input'
)
SELECT lot.id, lot.number, lot.commodity, lot.quantity, lot.grade_key, lot.state, lot.site_id
FROM up JOIN lot ON lot.id = up.lot_id
"""
#: Shares without a kept table: fractions of fractions down to the deliveries. Rounded, so that they need not sum.
BARE_SHARES = """
WITH RECURSIVE part(lot_id, quantity) AS (
    SELECT :lot_id, :quantity
    UNION ALL
    SELECT used.lot_id, part.quantity * used.balance / event.input_total
    FROM part
    JOIN lot_event_line made ON made.lot_id = part.lot_id AND made.role = 'output'
    JOIN lot_event event ON event.id = made.event_id
    JOIN lot_event_line used ON used.event_id = made.event_id AND used.role = 'input'
)
SELECT part.lot_id, sum(part.quantity) FROM part JOIN lot ON lot.id = part.lot_id
WHERE lot.origin = 'delivery' GROUP BY part.lot_id
"""


def weights() -> list[int]:
    random = Random(SEED)
    return [random.randint(2_000, 60_000) for _ in range(PRIMARIES)]


def bench_arithmetic() -> None:
    """One sorting of 20,000 deliveries into seven classes and a loss; NumPy splits in proportion and leaves the rests."""
    ids = sorted((UUID(int=number + 1) for number in range(PRIMARIES)), key=lambda one: one.int)
    pool = ShareTable(ids, weights())
    total = pool.total
    outputs = [total * share // 100 for share in (8, 21, 30, 17, 11, 5, 3)]
    array = np.array(pool.parts, dtype=np.float64)

    def bare() -> None:
        for one in outputs:
            np.floor(array * (one / total)).astype(np.int64)

    integers = np.array(pool.parts, dtype=np.int64)

    def rounded_right() -> None:
        """The same rule in int64: it is exact while a product stays below 2**63, and says nothing when it does not."""
        left = integers.copy()
        for one in outputs:
            whole = int(left.sum())
            parts, rests = np.divmod(left * one, whole)
            missing = one - int(parts.sum())
            parts[np.argsort(-rests, kind="stable")[:missing]] += 1
            left -= parts

    exact = median_of(REPEATS, lambda: timed(lambda: share_out(pool, total, outputs)))
    reference = median_of(REPEATS, lambda: timed(bare))
    array_exact = median_of(REPEATS, lambda: timed(rounded_right))
    shared = share_out(pool, total, outputs)
    assert [one.total for one in shared.outputs] == outputs
    assert sum(one.total for one in shared.outputs) + shared.lost.total == total
    rounded = sum(int(np.floor(array * (one / total)).sum()) for one in outputs)
    print_table(
        "Sharing 20,000 deliveries out over seven classes",
        ("how", "ms", "ratio", "grams without an owner"),
        [
            (
                "exact, by largest remainder (plain integers)",
                f"{exact * 1000:.1f}",
                f"{exact / reference:.0f}",
                "0",
            ),
            (
                "NumPy int64, the same rule (development only)",
                f"{array_exact * 1000:.1f}",
                f"{array_exact / reference:.0f}",
                "0",
            ),
            (
                "NumPy, in proportion and rounded down",
                f"{reference * 1000:.2f}",
                "1",
                f"{sum(outputs) - rounded:,}",
            ),
        ],
    )


class Tower:
    """Ten levels over 20,000 deliveries: piles are merged, split, crossed and processed; the top is one lot."""

    def __init__(self, session: Session) -> None:
        self.session, self.random = session, Random(SEED)
        self.seconds: dict[str, list[float]] = {}

    def build(self) -> UUID:
        primaries = self.deliver()
        size = PRIMARIES // PILES
        piles = [self.merge(primaries[at : at + size]) for at in range(0, PRIMARIES, size)]  # 1
        for _ in range(3):  # 2 to 7: halves of each pile go to the next one
            halves = [self.split(pile) for pile in piles]
            piles = [
                self.merge([halves[number][0], halves[(number + 7) % PILES][1]]) for number in range(PILES)
            ]
        scoured = [self.scour(pile) for pile in piles]  # 8
        rows = [self.merge(scoured[at : at + 10]) for at in range(0, PILES, 10)]  # 9
        return self.merge(rows)  # 10

    def deliver(self) -> list[UUID]:
        producers = [make_producer(self.session, NOW, name=f"P {number}") for number in range(PRODUCERS)]
        rows = [
            {
                "id": new_id(),
                "organisation_id": CAST.centre.id,
                "number": f"CC01-P{number:05d}",
                "commodity": "alpaca-fibre",
                "origin": "delivery",
                "producer_id": producers[number % PRODUCERS],
                "delivered_at": NOW,
                "delivered_on": NOW.date(),
                "quantity": weight,
                "unit": "g",
                "attributes": {"micron": "22.4"},
                "colour": "white",
                "registered_at": NOW,
                "registered_by": CLERK.user_id,
                "content_hash": "0" * 64,
                "grade_confirmed": False,
                "claim": "conventional",
                "state": "registered",
            }
            for number, weight in enumerate(weights())
        ]
        self.session.execute(insert(Lot), rows)
        return [row["id"] for row in rows]  # type: ignore[misc]  # ids, in a dictionary of many kinds

    def note(self, what: str, act: Callable[[], object]) -> None:
        self.seconds.setdefault(what, []).append(timed(act))

    def merge(self, lots: list[UUID]) -> UUID:
        order = Merge(id=new_id(), happened_at=NOW, lot_ids=tuple(lots), output_id=new_id())
        self.note(
            f"merge of {len(lots)}", lambda: merge_lots(self.session, actor=CLERK, now=NOW, event=order)
        )
        return order.output_id

    def split(self, lot: UUID) -> list[UUID]:
        quantity = self.session.get_one(Lot, lot).quantity
        first = quantity * self.random.randint(30, 70) // 100
        parts = (Part(id=new_id(), quantity=first), Part(id=new_id(), quantity=quantity - first))
        order = Split(id=new_id(), happened_at=NOW, lot_id=lot, parts=parts)
        self.note("split into two", lambda: split_lot(self.session, actor=CLERK, now=NOW, event=order))
        return [part.id for part in parts]

    def scour(self, lot: UUID) -> UUID:
        quantity = self.session.get_one(Lot, lot).quantity
        clean = quantity * 9 // 10
        made = Made(id=new_id(), commodity="scoured-fibre", quantity=clean)
        order = ProcessRun(
            id=new_id(),
            happened_at=NOW,
            process="scour",
            lot_ids=(lot,),
            outputs=(made,),
            losses=(Lost(cause="dust", quantity=quantity - clean),),
        )
        self.note("scouring", lambda: process_lots(self.session, actor=CLERK, now=NOW, event=order))
        return made.id


def bench_database(kind: str) -> list[tuple[str, ...]]:
    """Build the tower on a database and ask it everything."""
    with database(kind) as made:  # type: ignore[arg-type]  # one of KINDS
        engine = make_engine(made.url)
        with Session(engine, expire_on_commit=False) as session:
            tower = Tower(session)
            building = timed(lambda: setattr(tower, "top", tower.build()))
            session.commit()
            top: UUID = tower.top  # type: ignore[attr-defined]  # set a line above
            if kind == "postgresql":
                session.connection().execute(text("ANALYZE"))
                session.commit()
            primary = session.scalars(select(Lot.id).where(Lot.number == "CC01-P00017")).one()
            rows = ask(session, kind, top, primary)
            stored = session.execute(select(LotShare.lot_id)).all()
            size = ""
            if kind == "postgresql":
                bytes_kept = session.execute(text("SELECT pg_total_relation_size('lot_share')")).scalar_one()
                size = f", {bytes_kept / 1_000_000:.0f} MB with indexes"
            print(
                f"{kind}: built in {building:.1f} s ({len(stored):,} share rows{size}); "
                + ", ".join(
                    f"{what} {1000 * sum(took) / len(took):.0f} ms" for what, took in tower.seconds.items()
                )
            )
        engine.dispose()
    return rows


def ask(session: Session, kind: str, top: UUID, primary: UUID) -> list[tuple[str, ...]]:
    connection = session.connection()
    quantity = session.get_one(Lot, top).quantity
    shares = shares_of(session, [top])[top]
    assert sum(one.quantity for one in shares) == quantity
    back = trace_back(session, CLERK, top)
    assert sum(1 for one in back.nodes if one.origin == "delivery") == PRIMARIES
    assert max(one.depth for one in back.nodes) == 10
    report = verify_genealogy(session)
    assert report.is_whole, report.problems[:3]

    def took(function: Callable[[], object]) -> float:
        return median_of(REPEATS, lambda: _fresh(session, function))

    bare_back = took(lambda: _bare(connection, BARE_BACK, kind, top))
    bare_shares = took(lambda: _bare(connection, BARE_SHARES, kind, top, quantity=float(quantity)))
    fractions = _bare(connection, BARE_SHARES, kind, top, quantity=float(quantity))
    gap = quantity - sum(round(float(row[1])) for row in fractions)
    kept = took(lambda: shares_of(session, [top]))
    forward = took(lambda: trace_forward(session, CLERK, primary))
    upward = took(lambda: trace_back(session, CLERK, top))
    recalled = took(lambda: recall(session, CLERK, top))
    checked = timed(lambda: verify_genealogy(session))
    return [
        (
            kind,
            "trace back, 20,000 deliveries",
            _ms(upward),
            f"{upward / bare_back:.2f}",
            "bare recursive SQL",
        ),
        (kind, "bare recursive SQL over the lines", _ms(bare_back), "1", ""),
        (kind, "trace forward of one delivery", _ms(forward), "", ""),
        (kind, "shares, kept table", _ms(kept), f"{kept / bare_shares:.2f}", "recursive fractions"),
        (kind, f"shares, recursive fractions ({gap:+,} g unaccounted)", _ms(bare_shares), "1", ""),
        (kind, "recall list", _ms(recalled), "", ""),
        (kind, f"verify all {report.events} events", _ms(checked), "", ""),
    ]


def _fresh(session: Session, function: Callable[[], object]) -> float:
    session.expire_all()
    return timed(function)


def _bare(connection: Connection, statement: str, kind: str, lot_id: UUID, **values: object) -> list[Any]:
    shown = lot_id.hex if kind == "sqlite" else lot_id
    return list(connection.execute(text(statement), {"lot_id": shown, **values}).all())


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:,.0f}"


def main() -> None:
    tune_collector()  # as the application does
    bench_arithmetic()
    with run_folder():
        rows = [row for kind in KINDS for row in bench_database(kind)]
    print_table(
        "20,000 deliveries, ten levels (median of seven)",
        ("database", "what", "ms", "ratio", "to"),
        rows,
    )


if __name__ == "__main__":
    main()
