"""JSON resources of standing demands."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from chain.core.ids import new_id
from tests.support.cast import Cast, bearer

URL = "/api/v1/demands"


@pytest.fixture(autouse=True)
def _today(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


def body(**changes: Any) -> dict[str, Any]:
    facts = {
        "id": str(new_id()),
        "title": "Baby blanca",
        "commodity": "alpaca-fibre",
        "grades": ["ntp-231.301/2014/baby"],
        "colours": ["white"],
        "micron_max_tenths": 220,
        "min_quantity": 500_000,
        "price_minor_per_unit": 4_500,
        "valid_from": "2026-03-16",
        "valid_to": "2026-06-30",
    }
    return {**facts, **changes}


def test_a_demand_is_stored_then_answered_again_then_conflicts(client: FlaskClient, cast: Cast) -> None:
    sent, who = body(), bearer(cast.buyer)
    first = client.post(URL, json=sent, headers=who)
    assert first.status_code == 201, first.text
    assert first.json is not None
    assert (first.json["currency"], first.json["unit"], first.json["state"]) == ("PEN", "g", "open")
    again = client.post(URL, json=sent, headers=who)
    assert (again.status_code, again.json) == (200, first.json)
    other = client.post(URL, json={**sent, "title": "Otra"}, headers=who)
    assert other.status_code == 409


def test_refusals_stand_at_their_fields(client: FlaskClient, cast: Cast) -> None:
    sent = body(title="x", grades=["baby"], micron_max_tenths=10**20, min_quantity=-1, valid_to="2020-01-01")
    answer = client.post(URL, json=sent, headers=bearer(cast.buyer))
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"title", "grades", "micron_max_tenths", "min_quantity", "valid_to"}
    assert client.post(URL, json=body(colours=["pink"]), headers=bearer(cast.buyer)).status_code == 422


def test_sellers_see_open_demands_and_rivals_do_not(client: FlaskClient, cast: Cast) -> None:
    sent = body()
    client.post(URL, json=sent, headers=bearer(cast.buyer))
    for who, status, total in ((cast.buyer, 200, 1), (cast.seller, 200, 1), (cast.rival_buyer, 404, 0)):
        assert client.get(f"{URL}/{sent['id']}", headers=bearer(who)).status_code == status
        listed = client.get(f"{URL}?commodity=alpaca-fibre", headers=bearer(who)).json
        assert listed is not None
        assert listed["total"] == total
        milk = client.get(f"{URL}?commodity=raw-milk", headers=bearer(who)).json
        assert milk is not None
        assert milk["total"] == 0


def test_a_demand_is_withdrawn_by_its_buyer_only(client: FlaskClient, cast: Cast) -> None:
    sent = body()
    client.post(URL, json=sent, headers=bearer(cast.buyer))
    path = f"{URL}/{sent['id']}/withdraw"
    assert client.post(path, headers=bearer(cast.rival_buyer)).status_code == 404
    assert client.post(path, headers=bearer(cast.seller)).status_code == 403
    for _ in range(2):
        done = client.post(path, headers=bearer(cast.buyer))
        assert done.status_code == 200
        assert done.json is not None
        assert done.json["state"] == "withdrawn"
    assert client.get(f"{URL}/{sent['id']}", headers=bearer(cast.seller)).status_code == 404


def test_permissions_are_asked(client: FlaskClient, cast: Cast) -> None:
    assert client.get(URL).status_code == 401
    assert client.get(URL, headers=bearer(cast.clerk)).status_code == 403
    assert client.post(URL, json=body(), headers=bearer(cast.seller)).status_code == 403
