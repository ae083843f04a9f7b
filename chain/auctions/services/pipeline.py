"""Bids on PostgreSQL without a conversation: what is read goes out as one message, what is written as another.

The statements are those of `lookups` and `books`, in the driver's pipeline mode: the server works them off one after another
without waiting for us in between, so that the lot's row is locked for one exchange less each. Each statement of READ COMMITTED
sees what was committed when it begins, thus after the lock was got. Rows travel as one JSON array, which costs the driver
nothing for each value.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import psycopg
from psycopg.rows import namedtuple_row
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.accounts.identity import holders_statement

if TYPE_CHECKING:
    from psycopg import Connection

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]  # it carries no types here

_LOCK = """SELECT id, state, ends_at, price_minor, leader_id, leader_bid_id, leader_sealed, sequence, last_hash, last_at
    FROM auction_lot WHERE id = ANY(%s) ORDER BY id FOR UPDATE"""
_HOLDERS = holders_statement(_DIALECT)
_EARLIER = """SELECT id, buyer_id, idempotency_key, content_hash, sealed, outcome, sequence FROM auction_bid
    WHERE idempotency_key = ANY(%s)"""
_BIDDERS = """SELECT bidder.id, bidder.auction_id, bidder.buyer_id, bidder.ceiling_minor, shut.reason AS excluded_because
    FROM auction_bidder bidder JOIN auction ON auction.id = bidder.auction_id
    LEFT JOIN bidder_exclusion shut ON shut.buyer_id = bidder.buyer_id AND shut.organisation_id = auction.organisation_id
        AND shut.lifted_at IS NULL AND (shut.event_id IS NULL OR shut.event_id = auction.id)
    WHERE bidder.auction_id = ANY(%s) AND bidder.buyer_id = ANY(
        %s::uuid[] || ARRAY(SELECT organisation_id FROM api_token WHERE token_hash = ANY(%s)))
    ORDER BY shut.excluded_at"""

#: columns of a line and their types
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


def _columns(columns: dict[str, str], prefix: str = "") -> str:
    return ", ".join(f"{prefix}{name} {kind}" for name, kind in columns.items())


_INSERT = (
    f"INSERT INTO auction_bid ({', '.join(_LINE)}) SELECT {', '.join(_LINE)} "  # noqa: S608 - names of ours
    f"FROM json_to_recordset(%s::json) AS line ({_columns(_LINE)})"
)
_UPDATE = (
    f"UPDATE auction_lot SET {', '.join(f'{name} = new.b_{name}' for name in _LOT)} "  # noqa: S608 - names of ours
    f"FROM json_to_recordset(%s::json) AS new ({_columns({'id': 'uuid'} | _LOT, 'b_')}) WHERE auction_lot.id = new.b_id "
    "RETURNING pg_notify(%s, concat_ws(' ', auction_lot.auction_id, auction_lot.id, auction_lot.sequence))"
)
_encode = msgspec.json.Encoder().encode

Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What bids that wait together need to know."""

    lot_ids: Collection[UUID]
    auctions: Collection[UUID]
    #: buyers that are known already, and the hashes of the tokens of the others
    buyers: Collection[UUID]
    tokens: Collection[str]
    keys: Collection[str]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows that were found for it."""

    lots: Rows
    holders: Rows
    earlier: Rows
    bidders: Rows


def is_possible(session: Session) -> bool:
    """Tell whether the database is one that takes several statements in one message."""
    return session.get_bind().dialect.driver == "psycopg"


def driver_of(session: Session) -> "Connection[Any]":
    """Return the driver's connection of a session; psycopg's, as `is_possible` says."""
    return session.connection().connection.driver_connection  # type: ignore[return-value]  # as above


@contextmanager
def _refusals() -> Iterator[None]:
    """Raise the driver's refusals as SQLAlchemy would raise them."""
    try:
        yield
    except psycopg.Error as error:
        raise DBAPIError.instance(
            "bids",
            None,
            error,
            psycopg.Error,
            hide_parameters=True,
            dialect=_DIALECT,
        ) from error


def read(connection: "Connection[Any]", wanted: Wanted, *, begin: bool = False) -> Found:
    """Lock lots in the order of their ids, then read who asks, lines under known keys, and registrations; in one exchange.

    With `begin` a transaction is begun in the same exchange, on a connection that begins none by itself.
    """
    tokens = list(wanted.tokens)
    with _refusals():
        with connection.pipeline():
            if begin:
                connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED", prepare=False)
            cursors = [connection.cursor(row_factory=namedtuple_row) for _ in range(4)]
            cursors[0].execute(_LOCK, (list(wanted.lot_ids),), prepare=True)
            if tokens:
                cursors[1].execute(_HOLDERS, {"hashes": tokens}, prepare=True)
            cursors[2].execute(_EARLIER, (list(wanted.keys),), prepare=True)
            cursors[3].execute(_BIDDERS, (list(wanted.auctions), list(wanted.buyers), tokens), prepare=True)
        lots, earlier, bidders = (cursors[place].fetchall() for place in (0, 2, 3))
        return Found(lots, cursors[1].fetchall() if tokens else (), earlier, bidders)


def write(
    connection: "Connection[Any]",
    *,
    lines: Sequence[dict[str, Any]],
    lots: Sequence[dict[str, Any]],
    channel: str,
    commit: bool = False,
) -> None:
    """Write lines of logs and what they left, and tell listeners; in one exchange, with `commit` the end of the transaction too."""
    with _refusals(), connection.pipeline():
        if lines:
            connection.execute(_INSERT, (_encode(lines).decode(),), prepare=True)
            connection.execute(_UPDATE, (_encode(lots).decode(), channel), prepare=True)
        if commit:
            connection.execute("COMMIT", prepare=False)
