"""Auctions through the API: announce, register, bid, follow with an ETag, read the log."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.auctions import HOUR, lots_of, make_auction
from tests.support.cast import Cast, bearer
from tests.support.market import add_graded_lots

API = "/api/v1"


def said(answer: TestResponse) -> Any:
    """Return the body of an answer."""
    return answer.get_json()


def announce(client: ChainClient, session: Session, cast: Cast, now: datetime) -> dict[str, Any]:
    lots = add_graded_lots(session, now, 2)
    body = {
        "id": str(new_id()),
        "title": "Remate",
        "lots": [{"lot_ids": [str(lot)], "start_minor": 10_000, "reserve_minor": 11_000} for lot in lots],
        "ends_at": (now + HOUR).isoformat(),
        "steps": [{"from_minor": 0, "step_minor": 100}],
    }
    for status in (201, 200):
        answer = client.post(f"{API}/auctions", json=body, headers=bearer(cast.seller))
        assert answer.status_code == status, answer.text
    return dict(said(answer))


def test_an_auction_from_its_announcement_to_the_second_bid(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    auction = announce(client, session, cast, now)
    where = f"{API}/auctions/{auction['id']}"
    for person, alias in ((cast.buyer, 1), (cast.rival_buyer, 2)):
        answer = client.post(f"{where}/registration", json={}, headers=bearer(person))
        assert (answer.status_code, said(answer)["alias"]) == (200, alias)
    first = client.get(f"{where}/state", headers=bearer(cast.buyer))
    headers = bearer(cast.buyer) | {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"{where}/state", headers=headers).status_code == 304
    lot = f"{API}/auction-lots/{said(first)['lots'][0]['id']}"
    sealed = {"id": str(new_id()), "maximum_minor": 10_777, "seen_minor": None}
    assert (
        said(client.post(f"{lot}/maximum", json=sealed, headers=bearer(cast.buyer)))["outcome"] == "winning"
    )
    body = {"id": str(new_id()), "price_minor": 10_300, "seen_minor": 10_000}
    for outcome in ("outbid", "duplicate"):
        answer = client.post(f"{lot}/bids", json=body, headers=bearer(cast.rival_buyer))
        assert (answer.status_code, said(answer)["outcome"], said(answer)["price_minor"]) == (
            200,
            outcome,
            10_400,
        )
    state = client.get(f"{where}/state", headers=headers)
    assert (state.status_code, said(state)["lots"][0]["has_maximum"]) == (200, True)
    log = client.get(f"{lot}/log?after=1", headers=bearer(cast.seller))
    assert [line["amount_minor"] for line in said(log)["items"]] == [10_300]
    for reader in (cast.buyer, cast.rival_buyer, cast.seller, cast.auditor):
        for address in (f"{where}/state", where, f"{lot}/log"):
            assert "10777" not in client.get(address, headers=bearer(reader)).text
    assert said(client.get(f"{where}/replay", headers=bearer(cast.auditor)))["agrees"] is True


def test_malformed_bids_say_what_is_wrong(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot,) = lots_of(session, make_auction(session, now).id)
    where = f"{API}/auction-lots/{lot}/bids"
    good = {"id": str(new_id()), "price_minor": 10_000, "seen_minor": None}
    for body, field in (
        (good | {"price_minor": "much"}, "price_minor"),
        ({"id": good["id"], "price_minor": 1}, "seen_minor"),
        (good | {"id": "7"}, "id"),
        (good | {"more": 1}, "more"),
        ([], "body"),
        (good | {"price_minor": 10**6}, "price"),
    ):
        answer = client.post(where, json=body, headers=bearer(cast.buyer))
        assert (answer.status_code, list(said(answer)["errors"])) == (422, [field]), answer.text
    assert (
        client.post(where, data="{", content_type="application/json", headers=bearer(cast.buyer)).status_code
        == 400
    )
    assert client.post(where, data="x", headers=bearer(cast.buyer)).status_code == 415


def test_who_may_do_what(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    auction = make_auction(session, now)
    where, (lot,) = f"{API}/auctions/{auction.id}", lots_of(session, auction.id)
    bid = {"id": str(new_id()), "price_minor": 10_000, "seen_minor": None}
    for method, address, body, person, status in (
        ("GET", where, None, cast.outsider, 404),
        ("GET", f"{where}/state", None, cast.outsider, 404),
        ("GET", f"{where}/replay", None, cast.buyer, 404),
        ("POST", f"{where}/pause", {"reason": "x"}, cast.seller, 403),
        ("POST", f"{where}/cancel", {"reason": "x"}, cast.outsider, 404),
        ("POST", f"{where}/cancel", {"reason": "x"}, cast.buyer, 403),
        ("POST", f"{API}/auction-lots/{lot}/bids", bid, cast.seller, 403),
        ("GET", f"{API}/auction-lots/{lot}/log", None, cast.outsider, 404),
        ("POST", f"{where}/cancel", {"reason": "Lluvia"}, cast.seller, 200),
    ):
        answer = client.open(address, method=method, json=body, headers=bearer(person))
        assert answer.status_code == status, (address, person.username, answer.text)
    assert client.get(where).status_code == 401
