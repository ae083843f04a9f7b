"""Bids on PostgreSQL without a conversation: what is read goes out as one message, what is written as another.

The statements are those of `bidding` and `books`, in the driver's pipeline mode: the server works them off one after another
without waiting for us in between, so that the lot's row is locked for one exchange less each. Each statement of READ COMMITTED
sees what was committed when it begins, thus after the lock was got.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

if TYPE_CHECKING:
    from psycopg import Connection

_LOCK = """SELECT id, state, ends_at, price_minor, leader_id, leader_bid_id, leader_sealed, sequence, last_hash, last_at
    FROM auction_lot WHERE id = ANY(%s) ORDER BY id FOR UPDATE"""
_EARLIER = """SELECT id, buyer_id, idempotency_key, content_hash, sealed, outcome, sequence FROM auction_bid
    WHERE idempotency_key = ANY(%s) AND buyer_id = ANY(%s)"""
_BIDDERS = """SELECT bidder.id, bidder.auction_id, bidder.buyer_id, bidder.ceiling_minor, shut.reason AS excluded_because
    FROM auction_bidder bidder JOIN auction ON auction.id = bidder.auction_id
    LEFT JOIN bidder_exclusion shut ON shut.buyer_id = bidder.buyer_id AND shut.organisation_id = auction.organisation_id
        AND shut.lifted_at IS NULL AND (shut.event_id IS NULL OR shut.event_id = auction.id)
    WHERE bidder.auction_id = ANY(%s) AND bidder.buyer_id = ANY(%s) ORDER BY shut.excluded_at"""

#: columns of a line and their types, in the order of the INSERT
_LINE = {
    "id": "uuid",
    "auction_lot_id": "uuid",
    "sequence": "bigint",
    "kind": "text",
    "at": "timestamptz",
    "buyer_id": "uuid",
    "user_id": "uuid",
    "amount_minor": "bigint",
    "sealed": "text",
    "commitment": "text",
    "seen_minor": "bigint",
    "outcome": "text",
    "is_silent": "boolean",
    "price_minor": "bigint",
    "leader_id": "uuid",
    "ends_at": "timestamptz",
    "idempotency_key": "text",
    "content_hash": "text",
    "previous_hash": "text",
    "hash": "text",
}
#: what a lot's row takes over, and the types
_LOT = {
    "id": "uuid",
    "state": "text",
    "ends_at": "timestamptz",
    "price_minor": "bigint",
    "leader_id": "uuid",
    "leader_bid_id": "uuid",
    "leader_sealed": "text",
    "reserve_met": "boolean",
    "sequence": "bigint",
    "last_hash": "text",
    "last_at": "timestamptz",
}


def _arrays(columns: dict[str, str]) -> str:
    return ", ".join(f"%s::{kind}[]" for kind in columns.values())


_INSERT = f"INSERT INTO auction_bid ({', '.join(_LINE)}) SELECT * FROM unnest({_arrays(_LINE)})"  # noqa: S608 - names of ours
_UPDATE = (
    f"UPDATE auction_lot SET {', '.join(f'{name} = new.{name}' for name in list(_LOT)[1:])} "  # noqa: S608 - names of ours
    f"FROM unnest({_arrays(_LOT)}) AS new ({', '.join(_LOT)}) WHERE auction_lot.id = new.id"
)
_NOTIFY = "SELECT pg_notify(%s, word) FROM unnest(%s::text[]) AS word"

Rows = Sequence[Any]


def is_possible(session: Session) -> bool:
    """Tell whether the database is one that takes several statements in one message."""
    return session.get_bind().dialect.driver == "psycopg"


@contextmanager
def _pipeline(session: Session) -> "Iterator[Connection[Any]]":
    """Yield the driver's connection in pipeline mode; its refusals are raised as SQLAlchemy would raise them."""
    found: Connection[Any] = session.connection().connection.driver_connection  # type: ignore[assignment]  # psycopg's, as `is_possible` says
    try:
        with found.pipeline():
            yield found
    except psycopg.Error as error:
        dialect = session.get_bind().dialect
        raise DBAPIError.instance(
            "bids", None, error, psycopg.Error, hide_parameters=True, dialect=dialect
        ) from error


def read(
    session: Session,
    *,
    lot_ids: Collection[UUID],
    auctions: Collection[UUID],
    buyers: Collection[UUID],
    keys: Collection[str],
) -> tuple[Rows, Rows, Rows]:
    """Lock lots in the order of their ids, then read lines under known keys, and registrations; in one exchange."""
    with _pipeline(session) as connection:
        cursors = [connection.cursor(row_factory=namedtuple_row) for _ in range(3)]
        cursors[0].execute(_LOCK, (list(lot_ids),), prepare=True)
        cursors[1].execute(_EARLIER, (list(keys), list(buyers)), prepare=True)
        cursors[2].execute(_BIDDERS, (list(auctions), list(buyers)), prepare=True)
    lots, earlier, bidders = (cursor.fetchall() for cursor in cursors)
    return lots, earlier, bidders


def write(
    session: Session,
    *,
    lines: Sequence[dict[str, Any]],
    lots: Sequence[dict[str, Any]],
    channel: str,
    words: Sequence[str],
) -> None:
    """Write lines of logs and what they left, and tell listeners; in one exchange."""
    with _pipeline(session) as connection, connection.cursor() as cursor:
        cursor.execute(_INSERT, [[line[name] for line in lines] for name in _LINE], prepare=True)
        cursor.execute(_UPDATE, [[lot[f"b_{name}"] for lot in lots] for name in _LOT], prepare=True)
        cursor.execute(_NOTIFY, (channel, list(words)), prepare=True)
