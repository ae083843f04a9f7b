"""Live bids: the service against the bare SQL of one bid, and HTTP against Litestar with asyncpg. One hot lot and 100 lots.

Goals, in the same run on PostgreSQL: the service does at least half of what one SQL function per bid does; through HTTP with 16
clients the slowest of a hundred answers takes under 100 ms, and more bids a second are answered than by Litestar. SQLite is
measured against one bid per commit by the bare driver. Clients take the next price when they send, so nearly all bids count; the
share that did stands in the table. All over loopback; PostgreSQL without fsync for all ways alike, as in tests. Prices and turns are fixed;
ids are drawn. Both servers have two processes and the same clients, and none has another priority.
"""

import argparse
import itertools
import json
import multiprocessing
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import BinaryIO
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from sqlalchemy.orm import Session

from bench.bare_bids import SCHEMA
from bench.common import KINDS, database, percentile, print_table, run_folder
from bench.web_post import free_port, gunicorn, stop, wait_for
from chain.auctions.intake import submit
from chain.auctions.rules import Kind, Step
from chain.auctions.services.bidding import Ask
from chain.core.clock import utc_now
from chain.core.ids import new_id
from tests.support.auctions import lots_of, make_auction
from tests.support.cast import Cast
from tests.support.databases import Database, make_app, make_engine
from tests.support.databases import Kind as DatabaseKind
from tests.support.live import ROOT, environment

CAST = Cast()
CLIENTS = 16
#: bids through HTTP before the clock starts
WARM_UP = 320
BUYERS = (CAST.buyer, CAST.rival_buyer)
COUNTS = {"1 lot": 1, "100 lots": 100}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a load of bids."""

    seconds: float
    latencies: Sequence[float]
    taken: int

    @property
    def rate(self) -> float:
        """Answers per second."""
        return len(self.latencies) / self.seconds

    @property
    def share(self) -> float:
        """The part of the bids that led when they were placed."""
        return self.taken / len(self.latencies)


#: (lot, price, number of the buyer): whoever sends next takes the next one; buyers take turns on a lot
Stream = Iterator[tuple[UUID, int, int]]
#: places a bid and returns its outcome
Place = Callable[[UUID, int, int], str]


def stream(lots: Sequence[UUID], bids: int) -> Stream:
    """Return bids in turn over the lots, each a step over the one before on its lot."""
    rounds = ((place // len(lots), place % len(lots)) for place in range(bids))
    return ((lots[place], 1 + turn, turn + place) for turn, place in rounds)


class Feed:
    """Gives the next bid to whoever asks first."""

    def __init__(self, source: Stream) -> None:
        self._source = source
        self._lock = threading.Lock()

    def next(self) -> tuple[UUID, int, int] | None:
        """Return the next bid; None: no more."""
        with self._lock:
            return next(self._source, None)


def drive(source: Stream, clients: int, connect: Callable[[], Place]) -> Result:
    """Let clients, each with a connection of its own, place all bids; return how long it took."""
    feed = Feed(source)
    latencies: list[float] = []
    outcomes: list[str] = []
    failures: list[BaseException] = []
    barrier = threading.Barrier(clients + 1)

    def client() -> None:
        try:
            place = connect()
            barrier.wait()
            while (one := feed.next()) is not None:
                start = time.perf_counter()
                outcome = place(*one)
                latencies.append(time.perf_counter() - start)
                outcomes.append(outcome)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    if failures:
        raise failures[0]
    return Result(seconds, latencies, outcomes.count("winning"))


def prepare(made: Database, count: int) -> list[UUID]:
    """Open an auction of lots from 0.01 in steps of 0.01, with both mills registered."""
    engine = make_engine(made.url)
    app = make_app(made.url)
    with app.app_context(), Session(engine) as session, session.begin():
        now = utc_now()
        auction = make_auction(
            session,
            now,
            lots=count,
            reserve=None,
            start=1,
            steps=(Step(0, 1),),
            soft_close_seconds=0,
            ends_at=now + timedelta(days=1),
        )
        lots = lots_of(session, auction.id)
        if made.kind == "postgresql":
            _prepare_bare(made, lots, auction.id)
    engine.dispose()
    return lots


def _prepare_bare(made: Database, lots: Sequence[UUID], auction_id: UUID) -> None:
    with psycopg.connect(_driver_url(made)) as connection:
        connection.execute(SCHEMA)
        now = utc_now()
        for lot in lots:
            connection.execute(
                "INSERT INTO bare_lot (id, auction_id, state, starts_at, ends_at, start_minor, step_minor) "
                "VALUES (%s, %s, 'open', %s, %s, 1, 1)",
                (lot, auction_id, now - timedelta(minutes=1), now + timedelta(days=1)),
            )
        for person in BUYERS:
            connection.execute("INSERT INTO bare_bidder VALUES (%s, %s)", (auction_id, person.house.id))


def _driver_url(made: Database) -> str:
    return made.url.replace("postgresql+psycopg", "postgresql")


def at_the_service(made: Database, lots: Sequence[UUID], bids: int, clients: int) -> Result:
    """Place bids as the edge does, from threads of one process."""
    app = make_app(made.url)

    def connect() -> Place:
        app.app_context().push()

        def place(lot: UUID, price: int, number: int) -> str:
            bid_id = new_id()
            actor = BUYERS[number % 2].actor
            answer = submit(Ask(actor, lot, bid_id, Kind.BID, price, None, utc_now(), str(bid_id)))
            return answer.outcome.value

        return place

    return drive(stream(lots, bids), clients, connect)


def bare_function(made: Database, lots: Sequence[UUID], bids: int, clients: int) -> Result:
    """Call one SQL function per bid with the driver, from threads of one process."""
    call = "SELECT outcome FROM bare_place(%s, %s, %s, %s, %s, NULL)"

    def connect() -> Place:
        connection = psycopg.connect(_driver_url(made), autocommit=True)

        def place(lot: UUID, price: int, number: int) -> str:
            person = BUYERS[number % 2]
            row = connection.execute(
                call, (new_id(), lot, person.house.id, person.id, price), prepare=True
            ).fetchone()
            assert row is not None
            return str(row[0])

        return place

    return drive(stream(lots, bids), clients, connect)


def bare_sqlite(made: Database, lots: Sequence[UUID], bids: int, clients: int) -> Result:
    """Write one bid per commit with the driver, the threads taking turns at a lock as the product's do."""
    path = made.url.removeprefix("sqlite:///")
    with sqlite3.connect(path) as setup:
        setup.execute(
            "CREATE TABLE IF NOT EXISTS bare_lot (id TEXT PRIMARY KEY, price INTEGER, sequence INTEGER)"
        )
        setup.execute(
            "CREATE TABLE IF NOT EXISTS bare_bid (id TEXT PRIMARY KEY, lot TEXT, sequence INTEGER, at TEXT, buyer TEXT, "
            "price INTEGER, UNIQUE (lot, sequence))"
        )
        setup.executemany("INSERT INTO bare_lot VALUES (?, 0, 0)", [(str(lot),) for lot in lots])
    turn = threading.Lock()

    def connect() -> Place:
        connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        connection.execute("PRAGMA synchronous=FULL")

        def place(lot: UUID, price: int, number: int) -> str:
            with turn:
                connection.execute("BEGIN IMMEDIATE")
                standing, last = connection.execute(
                    "SELECT price, sequence FROM bare_lot WHERE id = ?", (str(lot),)
                ).fetchone()
                if price > standing:
                    buyer = str(BUYERS[number % 2].house.id)
                    values = (str(new_id()), str(lot), last + 1, utc_now().isoformat(), buyer, price)
                    connection.execute("INSERT INTO bare_bid VALUES (?, ?, ?, ?, ?, ?)", values)
                    connection.execute(
                        "UPDATE bare_lot SET price = ?, sequence = ? WHERE id = ?",
                        (price, last + 1, str(lot)),
                    )
                connection.execute("COMMIT")
            return "winning" if price > standing else "too_low"

        return place

    return drive(stream(lots, bids), clients, connect)


def through_http(url: str, lots: Sequence[UUID], bids: int, clients: int) -> Result:
    """Post bids from another process over kept connections."""
    queue: multiprocessing.SimpleQueue[Result] = multiprocessing.SimpleQueue()

    def run() -> None:
        source = stream(lots, WARM_UP + bids)
        drive(itertools.islice(source, WARM_UP), clients, lambda: _poster(url))
        queue.put(drive(source, clients, lambda: _poster(url)))

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    result = queue.get()
    process.join()
    return result


def _poster(url: str) -> Place:
    """Return a client on a kept connection of its own: each request is one write, so that no side waits for a delayed acknowledgement."""
    address = urlsplit(url)
    line = socket.create_connection((address.hostname, address.port), timeout=30)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    reader = line.makefile("rb")

    def place(lot: UUID, price: int, number: int) -> str:
        body = f'{{"id":"{new_id()}","price_minor":{price},"seen_minor":null}}'
        line.sendall(
            f"POST /api/v1/auction-lots/{lot}/bids HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {BUYERS[number % 2].token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}".encode()
        )
        status, text = _answer(reader)
        if status != HTTPStatus.OK:
            raise RuntimeError(f"{status}: {text[:300]!r}")
        return str(json.loads(text)["outcome"])

    return place


def _answer(reader: BinaryIO) -> tuple[int, bytes]:
    """Read an answer of a stated length."""
    status = int(reader.readline().split()[1])
    length = 0
    while (header := reader.readline().strip()) != b"":
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    return status, reader.read(length)


@contextmanager
def litestar(made: Database) -> Iterator[str]:
    """Run the reference under uvicorn, with as many processes as the product."""
    port = free_port()
    command = [sys.executable, "-m", "bench.bare_bids", str(port)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=os.environ | {"BARE_URL": made.url}, start_new_session=True
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url)
        yield url
    finally:
        stop(process)


SERVICE, BARE, HTTP, LITESTAR = "service", "bare SQL", "HTTP, gunicorn", "HTTP, Litestar + asyncpg"


def measure(kind: DatabaseKind, lots: int, bids: int) -> dict[str, Result]:
    """Return each way's load, each on a database of its own; the ways take turns."""
    found: dict[str, Result] = {}
    bare = bare_function if kind == "postgresql" else bare_sqlite
    for name, way in ((BARE, bare), (SERVICE, at_the_service)):
        with database(kind) as made:
            ids = prepare(made, lots)
            found[name] = way(made, ids, bids, CLIENTS)
    with database(kind) as made:
        ids = prepare(made, lots)
        with gunicorn("wsgi:app", kind, environment(made)) as url:
            found[HTTP] = through_http(url, ids, bids, CLIENTS)
    if kind == "postgresql":
        with database(kind) as made:
            ids = prepare(made, lots)
            with litestar(made) as url:
                found[LITESTAR] = through_http(url, ids, bids, CLIENTS)
    return found


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bids", type=int, default=2000)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    table = []
    with run_folder():
        for kind, (words, lots) in itertools.product(KINDS, COUNTS.items()):
            runs = [measure(kind, lots, options.bids) for _ in range(options.repeats)]
            rates = {name: statistics.median(run[name].rate for run in runs) for name in runs[0]}
            for name, rate in rates.items():
                results = [run[name] for run in runs]
                fifty = statistics.median(percentile(one.latencies, 0.5) for one in results)
                last = statistics.median(percentile(one.latencies, 0.99) for one in results)
                reference = LITESTAR if name in {HTTP, LITESTAR} else BARE
                ratio = f"{rate / rates[reference]:.2f}" if reference in rates else "–"
                share = statistics.median(one.share for one in results)
                cells = [kind, words, name, f"{rate:,.0f}", f"{1000 * fifty:.1f}", f"{1000 * last:.1f}"]
                table.append([*cells, f"{100 * share:.0f} %", ratio])
    headers = ["database", "lots", "what", "bids/s", "p50 ms", "p99 ms", "led", "to the reference"]
    title = f"Live bids, {CLIENTS} clients, {options.bids:,} bids (medians of {options.repeats})"
    print_table(title, headers, table)


if __name__ == "__main__":
    main()
