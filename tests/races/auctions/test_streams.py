"""Streams of live auctions: a process of its own hears of committed bids, on both databases."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from chain.core.clock import utc_now
from chain.core.db import atomic
from tests.support.auctions import bid, lots_of, make_auction, maximum
from tests.support.cast import Cast
from tests.support.databases import Database
from tests.support.live import LiveServer, session_cookie
from tests.support.streams import Reader, start_streams

IDLE = 300


@pytest.fixture
def auction(fresh_app: Flask) -> tuple[UUID, UUID]:
    """An auction and its first lot."""
    with fresh_app.app_context(), atomic() as session:
        made = make_auction(session, utc_now() - timedelta(minutes=1))
        return made.id, lots_of(session, made.id)[0]


@pytest.fixture
def streams(fresh_database: Database, auction: tuple[UUID, UUID]) -> Iterator[LiveServer]:
    """The streams, on the database of the test."""
    del auction
    server = start_streams(fresh_database)
    yield server
    server.stop()


def _bid(app: Flask, lot_id: UUID, price: int) -> UUID:
    with app.app_context(), atomic() as session:
        return bid(session, utc_now(), lot_id, price).id


def test_a_committed_bid_reaches_listeners_and_a_reconnect_replays_what_was_missed(
    fresh_app: Flask, streams: LiveServer, auction: tuple[UUID, UUID], cast: Cast
) -> None:
    auction_id, lot_id = auction
    path, cookie = f"/live/{auction_id}/events", session_cookie(cast.rival_buyer)
    with Reader(streams.url, path, cookie=cookie, headers={"Origin": "http://127.0.0.1:8000"}) as first:
        assert first.status == 200
        head = first.read_until("event: beat")
        assert "text/event-stream" in head
        assert "Access-Control-Allow-Origin: http://127.0.0.1:8000" in head
        bid_id = _bid(fresh_app, lot_id, 11_000)
        text = first.read_until(f"id: {bid_id}")
        assert "11000" not in text  # ids only
        assert str(cast.mill.id) not in text
    with fresh_app.app_context(), atomic() as session:
        maximum(session, utc_now(), lot_id, 15_000)  # the leader's own: silent
    missed = _bid(fresh_app, lot_id, 16_000)
    with Reader(streams.url, path, cookie=cookie, headers={"Last-Event-ID": str(bid_id)}) as second:
        told = second.read_until(f"id: {missed}")
    assert re.findall(r'"sequence":(\d+)', told) == ["3"]


def test_strangers_hear_nothing(streams: LiveServer, auction: tuple[UUID, UUID], cast: Cast) -> None:
    path, buyer = f"/live/{auction[0]}/events", session_cookie(cast.buyer)
    for asked, cookie in (
        (path, ""),
        (path, "nonsense"),
        (path, session_cookie(cast.outsider)),
        (path, session_cookie(cast.clerk)),
        ("/live/x/events", buyer),
    ):
        with Reader(streams.url, asked, cookie=cookie) as refused:
            assert refused.status == 404
    with Reader(streams.url, path, cookie=buyer, headers={"Origin": "http://example.org"}) as foreign:
        assert foreign.status == 200
        assert "Access-Control" not in foreign.read_until("event: beat")  # no other site's page can read it


def test_one_process_holds_hundreds_of_idle_streams_and_tells_all_of_them(
    fresh_app: Flask, streams: LiveServer, auction: tuple[UUID, UUID], cast: Cast
) -> None:
    auction_id, lot_id = auction
    path, cookie = f"/live/{auction_id}/events", session_cookie(cast.buyer)
    with ExitStack() as open_readers:
        readers = [open_readers.enter_context(Reader(streams.url, path, cookie=cookie)) for _ in range(IDLE)]
        assert {reader.status for reader in readers} == {200}
        bid_id = _bid(fresh_app, lot_id, 11_000)
        for reader in readers:
            reader.read_until(f"id: {bid_id}")
