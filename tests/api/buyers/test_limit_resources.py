"""JSON resources of vetting, limits, deposits, gaps and changes of demands."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from chain.core.ids import new_id
from tests.api.buyers.test_demand_resources import body
from tests.support.cast import CENTRE, MILL, Cast, bearer


@pytest.fixture(autouse=True)
def _today(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


def test_a_decision_may_be_sent_again(client: FlaskClient, cast: Cast) -> None:
    path, who = f"/api/v1/vetting/{MILL.id}/decisions", bearer(cast.operator)
    sent = {"id": str(new_id()), "status": "vetted", "tier": "deposit", "documents": ["RUC"]}
    for _ in range(2):
        assert client.post(path, json=sent, headers=who).status_code == 201
    assert client.post(path, json={**sent, "tier": "full"}, headers=who).status_code == 409
    listed = client.get("/api/v1/vetting", headers=who).json
    assert listed is not None
    assert {one["standing"] for one in listed["items"]} == {"vetted"}
    history = client.get(path, headers=who).json
    assert history is not None
    assert history["total"] == 2
    assert client.post(path, json=sent, headers=bearer(cast.treasurer)).status_code == 403


def test_deposits_and_credit_make_the_limit(client: FlaskClient, cast: Cast) -> None:
    who = bearer(cast.treasurer)
    assert client.put("/api/v1/limits/rule", json={"limit_required": True}, headers=who).status_code == 200
    deposit = {
        "id": str(new_id()),
        "kind": "received",
        "amount_minor": 50_000,
        "means": "qr",
        "reference": "QR-1",
        "happened_on": "2026-03-16",
    }
    path = f"/api/v1/limits/{MILL.id}"
    for _ in range(2):
        assert client.post(f"{path}/deposits", json=deposit, headers=who).status_code == 201
    assert (
        client.post(f"{path}/deposits", json={**deposit, "amount_minor": 1}, headers=who).status_code == 409
    )
    credit = {"id": str(new_id()), "amount_minor": 1_000, "until": "2026-12-31", "reason": "Puntual"}
    assert client.post(f"{path}/credits", json=credit, headers=who).status_code == 201
    rows = client.get("/api/v1/limits", headers=who).json
    assert rows is not None
    assert [one["free_minor"] for one in rows["items"] if one["organisation_id"] == str(MILL.id)] == [51_000]
    own = client.get("/api/v1/limits/own", headers=bearer(cast.buyer)).json
    assert own is not None
    assert own["items"][0]["free_minor"] == 51_000
    listed = client.get(f"{path}/deposits", headers=who).json
    assert listed is not None
    assert listed["total"] == 1


def test_a_deposit_is_asked_back(client: FlaskClient, cast: Cast) -> None:
    sent = {"id": str(new_id()), "organisation_id": str(CENTRE.id), "currency": "PEN", "pay_to": "QR 9"}
    assert client.post("/api/v1/limits/returns", json=sent, headers=bearer(cast.buyer)).status_code == 404
    deposit = {
        "id": str(new_id()),
        "kind": "received",
        "amount_minor": 100,
        "means": "cash",
        "happened_on": "2026-03-16",
    }
    who = bearer(cast.treasurer)
    client.post(f"/api/v1/limits/{MILL.id}/deposits", json=deposit, headers=who)
    for _ in range(2):
        answer = client.post("/api/v1/limits/returns", json=sent, headers=bearer(cast.buyer))
        assert answer.status_code == 201
    listed = client.get("/api/v1/limits/returns", headers=who).json
    assert listed is not None
    assert [one["state"] for one in listed["items"]] == ["waiting"]
    path = f"/api/v1/limits/returns/{sent['id']}"
    assert client.post(f"{path}/paid", json={"reference": "T"}, headers=who).status_code == 409
    assert client.post(f"{path}/withdraw", headers=bearer(cast.buyer)).status_code == 200


def test_a_demand_changes_and_tells_its_gaps(client: FlaskClient, cast: Cast) -> None:
    who = bearer(cast.buyer)
    sent = body(
        period="month",
        max_quantity=900_000,
        price_grid=[{"grade": "ntp-231.301/2014/baby", "colour": "white", "price_minor": 4_600}],
        premiums=[{"kind": "claim", "claim": "organic", "minor": 300}],
        private_to=[str(CENTRE.id)],
    )
    first = client.post("/api/v1/demands", json=sent, headers=who)
    assert first.status_code == 201, first.text
    assert first.json is not None
    assert first.json["price_grid"][0]["price_minor"] == 4_600
    path = f"/api/v1/demands/{sent['id']}"
    terms = {key: value for key, value in sent.items() if key != "id"} | {"title": "Otra", "version": 1}
    for _ in range(2):
        changed = client.post(f"{path}/change", json=terms, headers=who)
        assert changed.status_code == 200, changed.text
        assert changed.json is not None
        assert (changed.json["title"], changed.json["version"]) == ("Otra", 2)
    assert client.post(f"{path}/change", json={**terms, "title": "Y otra"}, headers=who).status_code == 409
    seen = client.get(path, headers=bearer(cast.seller)).json
    assert seen is not None
    assert seen["private_to"] == []
    assert client.get(path, headers=bearer(cast.outsider)).status_code == 404
    gaps = client.get(f"{path}/gaps", headers=bearer(cast.seller)).json
    assert gaps is not None
    assert len(gaps["items"]) == 4
    assert gaps["items"][0]["missing"] == 500_000
    rows = client.get("/api/v1/demands/gaps", headers=bearer(cast.seller)).json
    assert rows is not None
    assert (rows["total"], rows["items"][0]["room"]) == (1, 900_000)
