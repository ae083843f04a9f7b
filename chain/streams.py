"""Streams of live auctions: server-sent events that hint that it is time to ask. `chain stream` serves them from a process of its own.

An event carries ids only: the id of a line of the log, its lot and its number. Who reads it asks for what it means, through the page's
poll, which knows who asks. One greenlet per process hears of new lines: on PostgreSQL through LISTEN, woken inside the commit of the
bid; on SQLite by asking the table twice a second, and only while somebody listens. An idle stream holds no connection to the database.

Each stream ends after 55 seconds, before a proxy loses patience, and the browser opens the next one by itself with the id of the last
event that it saw; what came in between is replayed from the table of bids. A heartbeat comes every 15 seconds.
"""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog
from sqlalchemy import Row, func, select
from sqlalchemy.exc import SQLAlchemyError

from chain.accounts.edge import load_actor
from chain.accounts.rules import Permission
from chain.auctions.models import AuctionBid, AuctionLot
from chain.auctions.queries.auctions import get_auction_for
from chain.auctions.services.books import CHANNEL
from chain.core.db import db
from chain.core.errors import DomainError, NotFound

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from flask import Flask

log = structlog.get_logger(__name__)

PATH = re.compile(r"/live/(?P<auction>[0-9a-f-]{36})/events")
HEARTBEAT_SECONDS = 15.0
LIFE_SECONDS = 55.0
#: How often SQLite is asked while somebody listens, and how long a listener of PostgreSQL waits before it looks up.
POLL_SECONDS = 0.5
#: A database that went away is tried again after so long.
RETRY_SECONDS = 2.0
#: How soon the browser comes back after the end of a stream.
RETRY_MS = 1000
MAX_REPLAY = 500
#: Streams that one process holds; further ones are told to come later, and their pages poll.
MAX_STREAMS = 2000

Event = bytes


def event_text(line_id: UUID, lot_id: UUID, sequence: int) -> Event:
    """Return one event: ids only."""
    return f'id: {line_id}\nevent: bid\ndata: {{"lot":"{lot_id}","sequence":{sequence}}}\n\n'.encode()


@dataclass(slots=True)
class Hub:
    """Who listens to which auction in this process, and what was told last of each lot."""

    app: "Flask"
    listeners: dict[UUID, set["SimpleQueue[Event]"]] = field(default_factory=dict)
    told: dict[UUID, int] = field(default_factory=dict)
    streams: int = 0

    def join(self, auction_id: UUID) -> "SimpleQueue[Event]":
        """Return a queue that gets the events of an auction from now on."""
        queue: SimpleQueue[Event] = SimpleQueue()
        self.listeners.setdefault(auction_id, set()).add(queue)
        self.streams += 1
        return queue

    def leave(self, auction_id: UUID, queue: "SimpleQueue[Event]") -> None:
        """Forget a listener."""
        found = self.listeners.get(auction_id, set())
        found.discard(queue)
        if not found:
            self.listeners.pop(auction_id, None)
        self.streams -= 1

    def note_heads(self, auction_id: UUID) -> None:
        """Note where the logs of an auction stand, before its first listener reads what was missed: nothing falls between."""
        for lot_id, (_, sequence) in self._heads([auction_id]).items():
            self.told.setdefault(lot_id, sequence)

    def tell(self, auction_id: UUID, lot_id: UUID, sequence: int) -> None:
        """Read the new lines of a lot once, and give them to everybody who listens to its auction."""
        after = self.told.get(lot_id, sequence - 1)
        if auction_id not in self.listeners or sequence <= after:
            return
        self.told[lot_id] = sequence
        with self.app.app_context():
            rows = db.session.execute(
                select(AuctionBid.id, AuctionBid.sequence)
                .where(
                    AuctionBid.auction_lot_id == lot_id,
                    AuctionBid.is_silent.is_(False),
                    AuctionBid.sequence.between(after + 1, sequence),
                )
                .order_by(AuctionBid.sequence)
                .limit(MAX_REPLAY)
            ).all()
        for row in rows:
            event = event_text(row.id, lot_id, row.sequence)
            for queue in list(self.listeners.get(auction_id, ())):
                queue.put(event)

    def run(self) -> None:
        """Hear of new lines until the process ends; a database that went away is tried again."""
        with self.app.app_context():
            hear = self.ask_table if db.engine.dialect.name == "sqlite" else self.listen
        while True:
            try:
                hear()
            except Exception as error:  # noqa: BLE001 - whatever the driver raises: the pages poll meanwhile
                log.warning("stream_without_database", error=type(error).__name__)
                time.sleep(RETRY_SECONDS)

    def listen(self) -> None:
        """Hear of new lines from PostgreSQL."""
        import psycopg

        with self.app.app_context():
            url = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            self._ask_once()  # what came while there was no connection
            for notice in connection.notifies():
                auction, lot, sequence = notice.payload.split()
                self.tell(UUID(auction), UUID(lot), int(sequence))

    def ask_table(self) -> None:
        """Hear of new lines by asking: one short statement while somebody listens, none otherwise."""
        while True:
            time.sleep(POLL_SECONDS)
            self._ask_once()

    def _ask_once(self) -> None:
        if self.listeners:
            for lot_id, (auction_id, sequence) in self._heads(list(self.listeners)).items():
                self.tell(auction_id, lot_id, sequence)

    def _heads(self, auction_ids: list[UUID]) -> dict[UUID, tuple[UUID, int]]:
        with self.app.app_context():
            rows = db.session.execute(
                select(AuctionLot.id, AuctionLot.auction_id, AuctionLot.sequence).where(
                    AuctionLot.auction_id.in_(auction_ids)
                )
            )
            return {row.id: (row.auction_id, row.sequence) for row in rows}


def replay(auction_id: UUID, last_id: str) -> list[Event]:
    """Return the events after the one that a browser saw last; of an id that is not known, the last line of each lot."""
    session = db.session
    of_auction = (
        select(AuctionBid.id, AuctionBid.auction_lot_id, AuctionBid.sequence)
        .join(AuctionLot, AuctionLot.id == AuctionBid.auction_lot_id)
        .where(AuctionLot.auction_id == auction_id, AuctionBid.is_silent.is_(False))
    )
    seen = _line(auction_id, last_id)
    if seen is not None:
        statement = of_auction.where(AuctionBid.at >= seen.at, AuctionBid.id != seen.id)
        rows = session.execute(statement.order_by(AuctionBid.at, AuctionBid.id).limit(MAX_REPLAY)).all()
    else:
        last = (
            select(AuctionBid.auction_lot_id, func.max(AuctionBid.sequence).label("sequence"))
            .where(AuctionBid.is_silent.is_(False))
            .group_by(AuctionBid.auction_lot_id)
            .subquery()
        )
        statement = of_auction.join(
            last,
            (last.c.auction_lot_id == AuctionBid.auction_lot_id) & (last.c.sequence == AuctionBid.sequence),
        )
        rows = session.execute(statement.limit(MAX_REPLAY)).all()
    return [event_text(row.id, row.auction_lot_id, row.sequence) for row in rows]


def _line(auction_id: UUID, text: str) -> Row[Any] | None:
    try:
        wanted = UUID(text)
    except ValueError:
        return None
    return db.session.execute(
        select(AuctionBid.id, AuctionBid.at)
        .join(AuctionLot, AuctionLot.id == AuctionBid.auction_lot_id)
        .where(AuctionBid.id == wanted, AuctionLot.auction_id == auction_id)
    ).first()


class StreamApp:
    """A WSGI application that knows one address: the events of an auction, for who may see it."""

    def __init__(
        self, app: "Flask", *, life: float = LIFE_SECONDS, heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self.hub = Hub(app)
        self._app = app
        self._life, self._heartbeat = life, heartbeat
        Thread(target=self.hub.run, name="streams", daemon=True).start()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer a request."""
        path = environ.get("PATH_INFO", "")
        if path == "/healthz":
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [b"ok"]
        found = PATH.fullmatch(path)
        headers = [("Content-Type", "text/plain"), *_origin_headers(environ)]
        if found is None or environ.get("REQUEST_METHOD") != "GET":
            start_response("404 Not Found", headers)
            return [b""]
        if self.hub.streams >= MAX_STREAMS:
            start_response("503 Service Unavailable", [*headers, ("Retry-After", "30")])
            return [b""]
        try:
            auction_id = UUID(found["auction"])
            queue, first = self._open(environ, auction_id)
        except (DomainError, ValueError):
            start_response("404 Not Found", headers)
            return [b""]
        except SQLAlchemyError:
            start_response("503 Service Unavailable", headers)
            return [b""]
        start_response(
            "200 OK",
            [
                ("Content-Type", "text/event-stream; charset=utf-8"),
                ("Cache-Control", "no-store"),
                ("X-Accel-Buffering", "no"),  # a proxy that keeps an answer back would keep the events back
                *_origin_headers(environ),
            ],
        )
        return self._events(auction_id, queue, first)

    def _open(self, environ: "WSGIEnvironment", auction_id: UUID) -> tuple["SimpleQueue[Event]", list[Event]]:
        """Check who asks by the session cookie, join, and read what the browser missed; then let the database go.

        Raises:
            NotFound: nobody is signed in, or there is no such auction for this reader.
        """
        from flask import g

        with self._app.request_context(environ):
            load_actor()
            actor = g.actor
            if actor is None or not actor.may(Permission.BOARD_READ):
                raise NotFound
            get_auction_for(db.session, actor, auction_id)
            queue = self.hub.join(auction_id)  # before the replay, so that nothing falls between the two
            try:
                self.hub.note_heads(auction_id)
                return queue, replay(auction_id, environ.get("HTTP_LAST_EVENT_ID", ""))
            except BaseException:
                self.hub.leave(auction_id, queue)
                raise

    def _events(self, auction_id: UUID, queue: "SimpleQueue[Event]", first: list[Event]) -> "Stream":
        return Stream(self._told(queue, first), lambda: self.hub.leave(auction_id, queue))

    def _told(self, queue: "SimpleQueue[Event]", first: list[Event]) -> Iterator[bytes]:
        ends = time.monotonic() + self._life
        yield f"retry: {RETRY_MS}\n\n".encode() + beat() + b"".join(first)
        while (left := ends - time.monotonic()) > 0:
            try:
                yield queue.get(timeout=min(left, self._heartbeat))
            except Empty:
                yield beat()


def beat() -> bytes:
    """Return a heartbeat: it tells the page that the line is there."""
    return b"event: beat\ndata: {}\n\n"


class Stream:
    """The body of a stream, which says when it ends, also when the reader goes away."""

    def __init__(self, events: Iterator[bytes], close: Callable[[], None]) -> None:
        self._events, self._close = events, close

    def __iter__(self) -> Iterator[bytes]:
        return self._events

    def close(self) -> None:
        """Leave; gunicorn calls it once, however the answer ends."""
        self._close()


def _origin_headers(environ: "WSGIEnvironment") -> list[tuple[str, str]]:
    """Let the pages of the same host read the stream, which has a port of its own."""
    origin = environ.get("HTTP_ORIGIN", "")
    host = environ.get("HTTP_HOST", "").partition(":")[0]
    if not host or not re.fullmatch(rf"https?://{re.escape(host)}(:\d+)?", origin):
        return []
    return [
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
    ]


def create_streams() -> StreamApp:
    """Build the application of the streams; gunicorn's gevent worker has made waiting cooperative before it calls this."""
    from chain.app import create_app

    return StreamApp(create_app())
