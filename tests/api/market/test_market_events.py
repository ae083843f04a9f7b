"""Logs, replays, exclusions, awards and grids over JSON."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.market.services import close_tender
from chain.sales.models import MarketRule
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, bearer
from tests.support.market import make_bid, make_tender

API = "/api/v1"
Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _clock(set_clock: Clock, now: datetime) -> None:
    set_clock(now)


def _ask(client: ChainClient, person: Person, path: str, body: dict[str, Any] | None = None) -> Any:
    if body is None:
        return client.get(API + path, headers=bearer(person))
    return client.post(API + path, json=body, headers=bearer(person))


def test_one_of_two_confirmations_answers_202_with_the_awards(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    session.execute(
        update(MarketRule).where(MarketRule.organisation_id == cast.centre.id).values(confirmations_needed=2)
    )
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    set_clock(tender.closes_at)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    answer = _ask(client, cast.everything, f"/tenders/{tender.id}/accept", {})
    assert answer.status_code == 202
    assert answer.json["state"] == "awarded"
    (award,) = answer.json["awards"]
    assert (award["confirmations"], award["confirmations_needed"], award["sale_id"]) == (1, 2, None)
    listed = _ask(client, cast.auditor, f"/tenders/{tender.id}/awards").json["items"]
    assert listed == [award]


def test_a_bid_by_class_and_colour_is_answered_as_it_was_sent(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    grid = [{"grade": "ntp-231.301/2014/super_baby", "colour": "white", "price_minor_per_unit": 12_500}]
    body = {"id": str(new_id()), "grid": grid, "min_quantity": 20_000, "all_or_nothing": False}
    first = _ask(client, cast.buyer, f"/tenders/{tender.id}/bids", body)
    assert (first.status_code, first.json["grid"], first.json["min_quantity"]) == (201, grid, 20_000)
    assert first.json["price_minor_per_unit"] is None
    assert len(first.json["commitment"]) == 64
    again = _ask(client, cast.buyer, f"/tenders/{tender.id}/bids", body)
    assert (again.status_code, again.json) == (200, first.json)


def test_log_and_replay_tell_no_price_before_the_opening(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_347)
    for path in ("/market-events", f"/market-events/{tender.id}/log", f"/market-events/{tender.id}/replay"):
        answer = _ask(client, cast.auditor, path)
        assert answer.status_code == 200, path
        assert "12347" not in answer.text
        assert _ask(client, cast.buyer, path).status_code == 403
        missing = _ask(client, cast.outsider, path)
        assert missing.status_code == (200 if path == "/market-events" else 404)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    replayed = _ask(client, cast.auditor, f"/market-events/{tender.id}/replay").json
    assert (replayed["agrees"], replayed["entries"]) == (True, 7)


def test_the_manager_excludes_over_the_api(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    body = {
        "id": str(new_id()),
        "buyer_id": str(cast.mill.id),
        "event_id": str(tender.id),
        "reason": "No pagó",
    }
    assert _ask(client, cast.seller, "/exclusions", body).status_code == 403
    assert _ask(client, cast.market_manager, "/exclusions", body).status_code == 201
    assert _ask(client, cast.market_manager, "/exclusions", body).status_code == 200
    other = body | {"reason": "Otra"}
    assert _ask(client, cast.market_manager, "/exclusions", other).json["code"] == "idempotency_conflict"
    refused = _ask(
        client,
        cast.buyer,
        f"/tenders/{tender.id}/bids",
        {"id": str(new_id()), "price_minor_per_unit": 12_000},
    )
    assert (refused.status_code, refused.json["code"]) == (403, "bidder_excluded")
    assert _ask(client, cast.auditor, "/exclusions").json["total"] == 1
    lifted = _ask(client, cast.market_manager, f"/exclusions/{body['id']}/lift", {"reason": "Pagó"})
    assert (lifted.status_code, lifted.json["lift_reason"]) == (200, "Pagó")
