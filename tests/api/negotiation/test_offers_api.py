"""Offers, open lots and samples as JSON."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.negotiation import make_offer, make_sample, shown


@pytest.fixture(autouse=True)
def stopped(set_clock: object, now: datetime) -> None:
    set_clock(now)  # type: ignore[operator]


def _body(lot_id: object, now: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "lines": [{"lot_id": str(lot_id), "quantity": 10_000, "price_minor_per_unit": 8_000}],
        "freight": "buyer",
        "payment_days": 15,
        "expires_at": (now + timedelta(days=2)).isoformat(),
    } | changes


def test_an_offer_is_made_countered_and_accepted(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (lot_id,) = shown(session, now, 1)
    buyer, seller = bearer(cast.buyer), bearer(cast.seller)
    assert (
        client.get("/api/v1/open-lots", headers=buyer).get_json()["items"][0]["asking_minor_per_unit"]
        == 9_000
    )
    body = _body(lot_id, now)
    made = client.post("/api/v1/offers", json=body, headers=buyer)
    assert made.status_code == 201, made.json
    assert client.post("/api/v1/offers", json=body, headers=buyer).status_code == 200
    other = body | {"payment_days": 30}
    assert (
        client.post("/api/v1/offers", json=other, headers=buyer).get_json()["code"] == "idempotency_conflict"
    )
    path = f"/api/v1/offers/{made.get_json()['id']}"
    line = {"lot_id": str(lot_id), "quantity": 4_000, "price_minor_per_unit": 8_500}
    counter = _body(lot_id, now, seen=1, reason="Solo una parte.", lines=[line])
    assert client.post(f"{path}/counter", json=counter, headers=seller).get_json()["quantity"] == 4_000
    stale = client.post(f"{path}/accept", json={"id": str(new_id()), "seen": 1}, headers=buyer)
    assert (stale.status_code, stale.get_json()["code"]) == (409, "offer_changed")
    taken = client.post(f"{path}/accept", json={"id": str(new_id()), "seen": 2}, headers=buyer)
    assert taken.get_json()["state"] == "accepted"
    steps = client.get(f"{path}/steps", headers=buyer).get_json()["items"]
    assert [step["kind"] for step in steps] == ["offered", "countered", "accepted"]
    log = client.get(f"{path}/log", headers=seller).get_json()["items"]
    assert "price" not in str(log)


def test_lots_that_are_gone_are_refused_with_a_code_and_the_offer_is_marked(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    offer = make_offer(session, now)
    session.execute(update(Lot).values(is_held=True))
    path = f"/api/v1/offers/{offer.id}"
    answer = client.post(f"{path}/accept", json={"id": str(new_id()), "seen": 1}, headers=bearer(cast.seller))
    assert (answer.status_code, answer.get_json()["code"]) == (409, "offer_lots_gone")
    assert client.get(path, headers=bearer(cast.buyer)).get_json()["state"] == "gone"


def test_a_rival_gets_404_and_lists_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    offer, sample = make_offer(session, now), make_sample(session, now)
    for person in (cast.rival_buyer, cast.outsider):
        for path in (f"offers/{offer.id}", f"offers/{offer.id}/steps", f"sample-requests/{sample.id}"):
            assert client.get(f"/api/v1/{path}", headers=bearer(person)).status_code == 404
        assert client.get("/api/v1/offers", headers=bearer(person)).get_json()["total"] == 0
        assert client.get("/api/v1/sample-requests", headers=bearer(person)).get_json()["total"] == 0


def test_a_sample_goes_its_way(client: ChainClient, session: Session, cast: Cast, now: datetime) -> None:
    (lot_id,) = shown(session, now, 1)
    body = {"id": str(new_id()), "lot_id": str(lot_id), "grams": 200}
    assert client.post("/api/v1/sample-requests", json=body, headers=bearer(cast.buyer)).status_code == 201
    path = f"/api/v1/sample-requests/{body['id']}"
    sent = client.post(f"{path}/send", json={"grams": 150}, headers=bearer(cast.seller))
    assert sent.get_json()["state"] == "sent"
    judged = client.post(
        f"{path}/judge", json={"would_buy": "no", "micron_tenths": 231}, headers=bearer(cast.buyer)
    )
    assert (judged.get_json()["state"], judged.get_json()["would_buy"]) == ("judged", "no")
    bad = client.post(f"{path}/judge", json={"would_buy": "perhaps"}, headers=bearer(cast.buyer))
    assert bad.status_code == 422


def test_lots_are_shown_and_hidden(client: ChainClient, session: Session, cast: Cast, now: datetime) -> None:
    (lot_id,) = shown(session, now, 1)
    seller = bearer(cast.seller)
    answer = client.post("/api/v1/open-lots/hide", json={"lot_ids": [str(lot_id)]}, headers=seller)
    assert answer.json == {"lots": 1}
    body = {"lot_ids": [str(lot_id)], "asking_minor_per_unit": 0}
    assert client.post("/api/v1/open-lots/show", json=body, headers=seller).status_code == 422
    assert client.get("/api/v1/open-lots", headers=bearer(cast.buyer)).get_json()["total"] == 0
