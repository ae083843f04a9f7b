"""Bids in front of Flask: the same answers, headers and refusals as behind it, and never a weaker check."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.accounts.models import ApiToken, RoleAssignment, User
from chain.auctions import front
from chain.auctions.rules import Kind
from chain.auctions.services.bidding import Ask, _digest
from chain.core.hashing import content_hash
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.auctions import lots_of, make_auction
from tests.support.cast import Cast, bearer

API = "/api/v1"


@pytest.fixture
def lot(session: Session, now: datetime, set_clock: Callable[[datetime], None]) -> UUID:
    set_clock(now)
    auction = make_auction(session, now)
    session.commit()
    return lots_of(session, auction.id)[0]


@pytest.fixture
def behind(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Send all that follows to Flask."""
    return lambda: monkeypatch.setattr(front, "_is_plain", lambda _environ: False)


def body(price: int = 10_000, **changes: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "price_minor": price, "seen_minor": None} | changes


def test_answers_and_headers_are_those_of_flask(
    client: ChainClient, cast: Cast, lot: UUID, behind: Callable[[], None]
) -> None:
    asked = body()
    answer = client.post(f"{API}/auction-lots/{lot}/bids", json=asked, headers=bearer(cast.buyer))
    assert (answer.status_code, answer.get_json()["outcome"]) == (200, "winning")
    behind()
    again = client.post(f"{API}/auction-lots/{lot}/bids", json=asked, headers=bearer(cast.buyer))
    assert again.get_json()["outcome"] == "duplicate"
    assert set(answer.get_json()) == set(again.get_json())
    own = {"X-Request-ID", "Content-Length", "Vary"}
    assert {k: v for k, v in answer.headers if k not in own} == {
        k: v for k, v in again.headers if k not in own
    }
    assert answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    "change",
    [
        update(ApiToken).values(revoked_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00")),
        update(ApiToken).values(expires_at=datetime.fromisoformat("2020-01-01T00:00:00+00:00")),
        update(User).values(is_active=False),
    ],
)
def test_a_token_that_ended_ends_with_the_next_bid(
    client: ChainClient, session: Session, cast: Cast, lot: UUID, change: Any
) -> None:
    where = f"{API}/auction-lots/{lot}/bids"
    assert client.post(where, json=body(), headers=bearer(cast.buyer)).status_code == 200
    session.execute(change)
    session.commit()
    refused = client.post(where, json=body(12_000), headers=bearer(cast.buyer))
    assert (refused.status_code, refused.get_json()["code"]) == (401, "not_signed_in")


def test_a_role_that_was_taken_away_refuses_the_next_bid(
    client: ChainClient, session: Session, cast: Cast, lot: UUID
) -> None:
    session.execute(
        update(RoleAssignment).where(RoleAssignment.user_id == cast.buyer.id).values(role="clerk")
    )
    session.commit()
    refused = client.post(f"{API}/auction-lots/{lot}/bids", json=body(), headers=bearer(cast.buyer))
    assert refused.status_code == 403


def test_refusals_are_those_of_flask(
    client: ChainClient, cast: Cast, lot: UUID, behind: Callable[[], None]
) -> None:
    where = f"{API}/auction-lots/{lot}/bids"
    wrong = [
        (where, json.dumps(body(price=-5)), bearer(cast.buyer)),
        (where, json.dumps(body(more=1)), bearer(cast.buyer)),
        (where, "{", bearer(cast.buyer)),
        (where, json.dumps(body(id="7")), bearer(cast.buyer)),
        (where, json.dumps(body()), {}),
        (where, json.dumps(body()), {"Authorization": "Bearer nobody"}),
        (where, json.dumps(body()), bearer(cast.seller)),
        (f"{API}/auction-lots/{new_id()}/bids", json.dumps(body()), bearer(cast.buyer)),
    ]

    def told() -> list[tuple[int, Any]]:
        answers = [
            client.post(path, data=data, headers=headers, content_type="application/json")
            for path, data, headers in wrong
        ]
        return [(answer.status_code, answer.get_json()) for answer in answers]

    before = told()
    behind()
    assert before == told()
    assert [status for status, _ in before] == [422, 422, 400, 422, 401, 401, 403, 404]


def test_the_digest_is_the_hash_of_the_content(cast: Cast, now: datetime) -> None:
    for kind, seen in ((Kind.BID, None), (Kind.BID, 7), (Kind.MAXIMUM, 7)):
        ask = Ask(cast.buyer.actor, new_id(), new_id(), kind, 12, seen, now + timedelta(), "k")
        content = {"lot": ask.auction_lot_id, "kind": kind.value, "seen": seen}
        if kind is Kind.BID:
            content["amount"] = 12
        assert _digest(ask) == content_hash(content)
