from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, bearer
from tests.support.custody import lot, lots_in, make_cans, make_site, make_tank, send
from tests.support.lots import make_producer

PREFIX = "/api/v1/custody"
Call = Callable[..., TestResponse]


@pytest.fixture
def call(client: ChainClient, cast: Cast, set_clock: Callable[[datetime], None], now: datetime) -> Call:
    set_clock(now)

    def send_request(method: str, path: str, body: Any = None, person: Person | None = None) -> TestResponse:
        headers = bearer(person or cast.everything)
        return client.open(f"{PREFIX}{path}", method=method, json=body, headers=headers)

    return send_request


def key() -> str:
    return str(new_id())


def test_a_place_is_added_once_and_changed(call: Call, cast: Cast) -> None:
    body = {"id": key(), "code": "T1", "name": "Tanque", "kind": "tank", "capacity": 500_000}
    assert [call("POST", "/sites", body).status_code for _ in range(2)] == [201, 200]
    assert call("POST", "/sites", body | {"name": "Otro"}).status_code == 409
    changed = {name: value for name, value in body.items() if name != "id"} | {"max_hours": 12}
    answer = call("PUT", f"/sites/{body['id']}", changed)
    assert answer.json is not None
    assert (answer.status_code, answer.json["max_hours"]) == (200, 12)
    assert call("GET", f"/sites/{body['id']}", person=cast.outsider).status_code == 404
    assert call("POST", f"/sites/{body['id']}/archive").json["archived_at"] is not None  # type: ignore[index]
    assert call("POST", "/sites", body | {"id": key(), "code": "T2"}, cast.clerk).status_code == 403


def test_container_types_routes_and_settings(call: Call) -> None:
    can = {"id": key(), "name": "Porongo", "kind": "can", "tare_g": 4_000, "is_lent": True}
    route = {"id": key(), "code": "R1", "name": "Ronda", "due_minutes": 450}
    assert call("POST", "/container-types", can).status_code == 201
    assert call("POST", "/routes", route).status_code == 201
    for path in ("/container-types", "/routes"):
        listed = call("GET", path)
        assert listed.json is not None
        assert listed.json["total"] == 1
    settings = call("GET", "/settings")
    assert settings.json == {"tolerance_bp": 50, "loss_rule": None, "is_own": False}
    done = call("PUT", "/settings", {"tolerance_bp": 100, "loss_rule": "Se reparte"})
    assert done.json == {"tolerance_bp": 100, "loss_rule": "Se reparte", "is_own": True}
    assert call("PUT", "/settings", {"tolerance_bp": 20_000}).status_code == 422


def test_the_stock_and_its_holds(call: Call, session: Session, now: datetime, cast: Cast) -> None:
    ids = [str(one) for one in lots_in(session, now, make_site(session, now), 2)]
    body = {"id": key(), "lot_ids": ids[:1], "reason": "pledged", "note": "Adelanto", "holder": "Caja"}
    made = call("POST", "/holds", body)
    assert made.json is not None
    assert made.status_code == 201
    assert call("POST", "/holds", body).status_code == 200
    (total,) = call("GET", "/stock").json["items"]  # type: ignore[index]
    assert (total["quantity"], total["held"], total["free"]) == (30_000, 10_000, 20_000)
    held = call("GET", "/stock/lots?held=true").json
    assert [one["id"] for one in held["items"]] == ids[:1]  # type: ignore[index]
    earlier = (now.date() - timedelta(days=30)).isoformat()
    assert call("GET", f"/stock?day={earlier}").json == {"items": []}
    path = f"/holds/{made.json['items'][0]['id']}/release"
    assert call("POST", path, {"note": "Pagado"}, cast.outsider).status_code == 404
    assert call("POST", path, {"note": "Pagado"}).json["release_note"] == "Pagado"  # type: ignore[index]
    assert call("GET", "/holds").json["total"] == 0  # type: ignore[index]


def test_a_device_sends_what_it_counted_late_and_again(call: Call, session: Session, now: datetime) -> None:
    store = make_site(session, now)
    first, second = lots_in(session, now, store, 2)
    sheet = call("POST", "/counts", {"id": key(), "site_id": str(store.id)})
    assert sheet.json is not None
    assert (sheet.status_code, len(sheet.json["lines"])) == (201, 2)
    path = f"/counts/{sheet.json['id']}"
    looks: list[dict[str, Any]] = [
        {"id": key(), "number": lot(session, first).number, "counted": 9_900},
        {"id": key(), "lot_id": str(second)},
        {"id": key(), "number": "CC01-999999"},
    ]

    def statuses(items: list[dict[str, Any]]) -> list[str]:
        answer = call("POST", f"{path}/entries", {"items": items})
        assert answer.json is not None
        return [one["status"] for one in answer.json["items"]]

    assert statuses(looks) == ["stored", "stored", "rejected"]
    assert statuses(looks) == ["duplicate", "duplicate", "rejected"]
    assert statuses([looks[0] | {"counted": 9_800}]) == ["conflict"]
    closed = call("POST", f"{path}/close").json
    assert closed is not None
    assert sorted(line["difference"] for line in closed["lines"]) == [-100, 0]


def test_containers_tanks_and_the_gate(call: Call, session: Session, now: datetime, cast: Cast) -> None:
    producer, cans, tank = make_producer(session, now), make_cans(session, now), make_tank(session, now)
    lots_in(session, now, tank, 1, commodity="raw-milk", unit="ml", delivered_at=now - timedelta(hours=1))
    movement = {
        "id": key(),
        "producer_id": str(producer),
        "container_type_id": str(cans.id),
        "kind": "lent",
        "count": 3,
        "happened_on": now.date().isoformat(),
    }
    assert [call("POST", "/containers/movements", movement).status_code for _ in range(2)] == [201, 200]
    (debt,) = call("GET", "/containers/balances").json["items"]  # type: ignore[index]
    assert debt["count"] == 3
    back = movement | {"id": key(), "kind": "returned", "count": 4}
    refused = call("POST", "/containers/movements", back)
    assert refused.json is not None
    assert (refused.status_code, refused.json["code"]) == (409, "container_balance")
    reading = {"id": key(), "measured_at": now.isoformat(), "celsius_tenths": 105}
    path = f"/tanks/{tank.id}/readings"
    assert [call("POST", path, reading).status_code for _ in range(2)] == [201, 200]
    assert call("POST", path, reading, cast.outsider).status_code == 404
    (watched,) = call("GET", "/tanks").json["items"]  # type: ignore[index]
    assert [alert["kind"] for alert in watched["alerts"]] == ["too_warm"]
    visit = call("POST", "/gate", {"id": key(), "purpose": "delivery", "visitor": "Rosa"})
    assert visit.json is not None
    assert (visit.status_code, visit.json["ticket"]) == (201, 1)
    served = call("POST", f"/gate/{visit.json['id']}/serve").json
    assert served is not None
    assert served["served_at"] is not None
    assert call("GET", "/gate", person=cast.outsider).json == {"items": []}


def test_a_load_travels_is_disputed_and_settled(
    call: Call, session: Session, now: datetime, cast: Cast
) -> None:
    first, second = lots_in(session, now, None, 2)
    body = {"id": key(), "lot_ids": [str(first), str(second)], "to_organisation_id": str(cast.mill.id)}
    sent = call("POST", "/dispatches", body)
    assert sent.json is not None
    assert (sent.status_code, sent.json["state"], len(sent.json["lines"])) == (201, "on_the_way", 2)
    assert call("POST", "/dispatches", body).status_code == 200
    assert call("POST", "/dispatches", body | {"driver": "Otro"}).status_code == 409
    path = f"/arrivals/{body['id']}"
    assert call("GET", path, person=cast.rival_buyer).status_code == 404
    assert call("GET", f"/dispatches/{body['id']}", person=cast.outsider).status_code == 404
    assert call("GET", "/arrivals", person=cast.buyer).json["total"] == 1  # type: ignore[index]
    weights = [
        {"lot_id": str(first), "quantity": 9_000},
        {"lot_id": str(second), "quantity": 20_000},
    ]
    short = call("POST", path, {"quantities": weights}, cast.buyer)
    assert short.json is not None
    assert (short.status_code, set(short.json["errors"])) == (422, {"note"})
    arrived = call("POST", path, {"quantities": weights, "note": "Falta"}, cast.buyer)
    assert arrived.json is not None
    assert arrived.json["state"] == "disputed"
    settled = call("POST", f"/dispatches/{body['id']}/resolve", {"note": "Se acepta"})
    assert settled.json is not None
    assert settled.json["state"] == "settled"
    assert [line["agreed_quantity"] for line in settled.json["lines"]] == [9_000, 20_000]


def test_the_sender_calls_a_load_back_or_types_the_paper(
    call: Call, session: Session, now: datetime, cast: Cast
) -> None:
    back, there = (send(session, now, lots_in(session, now, None, 1)) for _ in range(2))
    cancelled = call("POST", f"/dispatches/{back.id}/cancel", {"note": "Camión malogrado"})
    assert cancelled.json is not None
    assert cancelled.json["state"] == "cancelled"
    arrived = call("POST", f"/dispatches/{there.id}/arrival", {"totals": {"g": 10_000}})
    assert arrived.json is not None
    assert (arrived.json["state"], arrived.json["arrival_source"]) == ("arrived", "sender")
    outside = call("POST", f"/dispatches/{there.id}/arrival", {"totals": {"g": 1}}, cast.outsider)
    assert outside.status_code == 404
    assert call("GET", "/dispatches?state=arrived").json["total"] == 1  # type: ignore[index]
    assert call("GET", "/dispatches?late=true").json["total"] == 0  # type: ignore[index]
