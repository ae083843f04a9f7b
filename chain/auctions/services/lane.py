"""The short way of a group of bids on PostgreSQL: two exchanges on a connection of its own, from BEGIN to COMMIT.

It decides by the same desk as `place_bids`, for lots that wait for nothing but their own row. Whatever needs more locks (a catalogue
that closes together, a ceiling, a lot that this process has not met) goes the long way.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.pq import TransactionStatus
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from chain.accounts.identity import Holder, holders_of
from chain.auctions.queries.facts import LotFacts, known_facts
from chain.auctions.services import lookups, pipeline
from chain.auctions.services.bidding import Ask, Decided, Desk, Knock, refusal_of
from chain.auctions.services.books import CHANNEL, books_of, written_of
from chain.core.clock import utc_now
from chain.core.errors import DomainError, NotSignedIn

if TYPE_CHECKING:
    from psycopg import Connection


#: Every statement here goes by keys. Left alone the planner plans each of them anew, and reads a young log from its beginning.
_PLANS = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off"


class Longer(Exception):
    """These bids need locks that the short way does not take."""


class Lane:
    """A connection that decides one group after another; used by one thread at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection[Any] | None = None
        event.listen(engine, "engine_disposed", self._close)

    def decide(self, waiting: Sequence[Ask | Knock]) -> list[tuple[Decided, Holder | None]]:
        """Decide bids in their order, and commit; with each the holder of the token that it came with.

        Raises:
            Longer: nothing was written; `place_bids` can do it.
            DBAPIError: the database refused it, or gave no lock; nothing was written, unless the connection broke in the commit.
        """
        try:
            return self._decide(waiting)
        except BaseException:
            self._leave()
            raise

    def _decide(self, waiting: Sequence[Ask | Knock]) -> list[tuple[Decided, Holder | None]]:
        facts = known_facts({one.auction_lot_id for one in waiting})
        if facts is None or any(one.is_together for one in facts.values()):
            raise Longer
        wanted = pipeline.Wanted(
            list(facts),
            list({one.auction_id for one in facts.values()}),
            list({one.actor.org for one in waiting if isinstance(one, Ask)}),
            list({one.token_hash for one in waiting if isinstance(one, Knock)}),
            [one.key for one in waiting],
        )
        connection, found = self._read(wanted)
        registered = lookups.registered_of(found.bidders)
        if any(one.ceiling_minor is not None for one in registered.values()):
            raise Longer
        holders = holders_of(found.holders, utc_now())
        desk = Desk(books_of(found.lots, facts), lookups.known_of(found.earlier), registered, {})
        decided: list[tuple[Decided, Holder | None]] = []
        for one in waiting:
            holder = holders.get(one.token_hash) if isinstance(one, Knock) else None
            decided.append((_decided(desk, facts, signed(one, holder)), holder))
        lines, lots = written_of(desk.books.values())
        pipeline.write(connection, lines=lines, lots=lots, channel=CHANNEL, commit=True)
        return decided

    def _read(self, wanted: pipeline.Wanted) -> "tuple[Connection[Any], pipeline.Found]":
        """Begin and read; on a new connection when the kept one has died meanwhile."""
        if self._connection is not None:
            try:
                return self._connection, pipeline.read(self._connection, wanted, begin=True)
            except DBAPIError:
                if not self._connection.closed:
                    raise
                self._leave()
        connection = self._connection = self._connect()
        return connection, pipeline.read(connection, wanted, begin=True)

    def _connect(self) -> "Connection[Any]":
        pooled = self._engine.raw_connection()
        connection: Connection[Any] = pooled.driver_connection  # type: ignore[assignment]  # psycopg's, as `is_possible` says
        pooled.detach()  # it stays with this lane
        connection.autocommit = True  # BEGIN and COMMIT travel with the other statements
        connection.execute(_PLANS)
        return connection

    def _leave(self) -> None:
        """End the transaction that failed; a connection that does not even do that is given up."""
        connection = self._connection
        if connection is None or connection.info.transaction_status is TransactionStatus.IDLE:
            return
        try:
            connection.execute("ROLLBACK")
        except Exception:  # noqa: BLE001 - whatever it is, the connection is of no more use
            self._close()

    def _close(self, _engine: Engine | None = None) -> None:
        """Give the connection up; with the engine, when that gives up its own."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _decided(desk: Desk, facts: Mapping[UUID, LotFacts], ask: Ask | DomainError) -> Decided:
    if isinstance(ask, DomainError):
        return ask
    return refusal_of(ask, facts) or desk.decide(ask)


def signed(one: Ask | Knock, holder: Holder | None) -> Ask | DomainError:
    """Return a bid with who makes it."""
    if isinstance(one, Ask):
        return one
    return NotSignedIn() if holder is None else one.of(holder.actor)
