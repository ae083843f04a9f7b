"""The references of bench/bids: one SQL function per bid on PostgreSQL, and a Litestar application with asyncpg that calls it.

The function checks what the product checks: the registration, exclusions, the key, state and end of the lot, the least price. The
application looks the bearer token up with user and roles, as the product does for every request.
"""

import hashlib
import os
import socket
import sys
from typing import Any
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it carries no types
import msgspec
import uvicorn
from litestar import Litestar, Request, get, post
from litestar.exceptions import HTTPException

URL = os.environ.get("BARE_URL", "").replace("postgresql+psycopg://", "postgresql://")

SCHEMA = """
CREATE TABLE IF NOT EXISTS bare_lot (
    id uuid PRIMARY KEY, auction_id uuid NOT NULL, state text NOT NULL, starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL, start_minor bigint NOT NULL, step_minor bigint NOT NULL, price_minor bigint,
    leader_id uuid, sequence bigint NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS bare_bidder (
    auction_id uuid NOT NULL, buyer_id uuid NOT NULL, PRIMARY KEY (auction_id, buyer_id));
CREATE TABLE IF NOT EXISTS bare_exclusion (buyer_id uuid NOT NULL, lifted_at timestamptz);
CREATE INDEX IF NOT EXISTS bare_exclusion_buyer ON bare_exclusion (buyer_id);
CREATE TABLE IF NOT EXISTS bare_bid (
    id uuid PRIMARY KEY, lot_id uuid NOT NULL REFERENCES bare_lot (id), sequence bigint NOT NULL, at timestamptz NOT NULL,
    buyer_id uuid NOT NULL, user_id uuid NOT NULL, amount_minor bigint NOT NULL, seen_minor bigint, outcome text NOT NULL,
    price_minor bigint NOT NULL, idempotency_key text NOT NULL, UNIQUE (lot_id, sequence), UNIQUE (buyer_id, idempotency_key));
CREATE OR REPLACE FUNCTION bare_place(p_id uuid, p_lot uuid, p_buyer uuid, p_user uuid, p_amount bigint, p_seen bigint)
RETURNS TABLE (outcome text, price bigint, sequence bigint) LANGUAGE plpgsql AS $$
DECLARE lot bare_lot; least bigint;
BEGIN
    SELECT * INTO lot FROM bare_lot WHERE id = p_lot FOR UPDATE;
    IF NOT FOUND THEN RETURN QUERY SELECT 'not_found', NULL::bigint, NULL::bigint; RETURN; END IF;
    IF EXISTS (SELECT 1 FROM bare_bid b WHERE b.buyer_id = p_buyer AND b.idempotency_key = p_id::text) THEN
        RETURN QUERY SELECT 'duplicate', lot.price_minor, NULL::bigint; RETURN; END IF;
    IF NOT EXISTS (SELECT 1 FROM bare_bidder r WHERE r.auction_id = lot.auction_id AND r.buyer_id = p_buyer) THEN
        RETURN QUERY SELECT 'not_registered', NULL::bigint, NULL::bigint; RETURN; END IF;
    IF EXISTS (SELECT 1 FROM bare_exclusion e WHERE e.buyer_id = p_buyer AND e.lifted_at IS NULL) THEN
        RETURN QUERY SELECT 'excluded', NULL::bigint, NULL::bigint; RETURN; END IF;
    IF lot.state <> 'open' OR clock_timestamp() >= lot.ends_at OR clock_timestamp() < lot.starts_at THEN
        RETURN QUERY SELECT 'closed', lot.price_minor, NULL::bigint; RETURN; END IF;
    least := coalesce(lot.price_minor + lot.step_minor, lot.start_minor);
    IF p_amount < least THEN RETURN QUERY SELECT 'too_low', lot.price_minor, NULL::bigint; RETURN; END IF;
    INSERT INTO bare_bid VALUES (p_id, p_lot, lot.sequence + 1, clock_timestamp(), p_buyer, p_user, p_amount, p_seen,
        'winning', p_amount, p_id::text);
    UPDATE bare_lot SET price_minor = p_amount, leader_id = p_buyer, sequence = lot.sequence + 1 WHERE id = p_lot;
    RETURN QUERY SELECT 'winning', p_amount, lot.sequence + 1;
END $$;
"""
CALL = "SELECT outcome, price, sequence FROM bare_place($1, $2, $3, $4, $5, $6)"
WHO = """SELECT t.id, t.limited_to, t.expires_at, u.id AS user_id, o.id AS house_id, o.kind, r.role
    FROM api_token t JOIN app_user u ON u.id = t.user_id JOIN organisation o ON o.id = t.organisation_id
    LEFT JOIN role_assignment r ON r.user_id = u.id AND r.organisation_id = o.id
    WHERE t.token_hash = $1 AND t.revoked_at IS NULL AND u.is_active"""


class Bid(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a bid."""

    id: UUID
    price_minor: int
    seen_minor: int | None


@get("/healthz", sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Say that it runs."""
    return {}


@post("/api/v1/auction-lots/{lot_id:uuid}/bids", status_code=200)
async def bid(lot_id: UUID, data: Bid, request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Place a bid: the token in one statement, the bid in the other."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    digest = hashlib.sha256(token.encode()).hexdigest()
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(WHO, digest)
        if not rows:
            raise HTTPException(status_code=401)
        if rows[0]["kind"] != "buyer" or "buyer" not in {row["role"] for row in rows}:
            raise HTTPException(status_code=403)
        who = rows[0]
        done = await connection.fetchrow(
            CALL, data.id, lot_id, who["house_id"], who["user_id"], data.price_minor, data.seen_minor
        )
    return {
        "id": data.id,
        "outcome": done["outcome"],
        "price_minor": done["price"],
        "sequence": done["sequence"],
        "is_leading": done["outcome"] == "winning",
    }


async def connect(app: Litestar) -> None:
    """Open the pool of connections: as many as one process of the product has threads."""
    app.state.pool = await asyncpg.create_pool(URL, min_size=8, max_size=8)


async def disconnect(app: Litestar) -> None:
    """Close it."""
    await app.state.pool.close()


app = Litestar([healthz, bid], on_startup=[connect], on_shutdown=[disconnect])

#: as many as the product's gunicorn has on PostgreSQL
PROCESSES = 2


def main(port: int) -> None:
    """Serve on a port, in two processes that share its socket, until a signal comes."""
    # asyncio sends at once (TCP_NODELAY) only on sockets that name their protocol. Uvicorn's own do not, and each answer, which it
    # writes in two pieces, then waits 40 ms for a delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(2048)
    for _ in range(PROCESSES - 1):
        if os.fork() == 0:
            break
    config = uvicorn.Config(
        app, log_level="error", access_log=False
    )  # uvloop and httptools where they are installed
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
