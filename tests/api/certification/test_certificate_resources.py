"""JSON resources of certification."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.producers.rules import Person
from chain.producers.services import register_member
from tests.support.cast import Cast, bearer

URL = "/api/v1/certificates"


@pytest.fixture(autouse=True)
def _today(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


@pytest.fixture
def rosa(session: Session, cast: Cast, now: datetime) -> UUID:
    return register_member(
        session, actor=cast.clerk.actor, now=now, id=new_id(), person=Person("Rosa Quispe", "female")
    ).producer.id


def body(producer_id: UUID, **changes: Any) -> dict[str, Any]:
    facts = {
        "id": str(new_id()),
        "producer_id": str(producer_id),
        "scheme": "spg-peru",
        "level": "full",
        "number": "SPG-1",
        "issued_by": "Consejo Regional",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
    }
    return {**facts, **changes}


def test_a_certificate_is_stored_then_answered_again_then_conflicts(
    client: FlaskClient, cast: Cast, rosa: UUID
) -> None:
    sent, who = body(rosa), bearer(cast.everything)
    first = client.post(URL, json=sent, headers=who)
    assert first.status_code == 201, first.text
    assert first.json is not None
    assert (first.json["state"], first.json["suspended_from"]) == ("in_force", None)
    again = client.post(URL, json=sent, headers=who)
    assert (again.status_code, again.json) == (200, first.json)
    assert client.post(URL, json={**sent, "level": "transition"}, headers=who).status_code == 409
    listed = client.get(f"{URL}?state=in_force&producer_id={rosa}", headers=bearer(cast.clerk)).json
    assert listed is not None
    assert [one["id"] for one in listed["items"]] == [sent["id"]]
    one = client.get(f"{URL}/{sent['id']}", headers=bearer(cast.clerk))
    assert one.json == first.json


def test_only_members_are_certified(client: FlaskClient, cast: Cast, rosa: UUID) -> None:
    answer = client.post(URL, json=body(rosa), headers=bearer(cast.certifier))
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"producer_id"}


def test_a_certificate_is_suspended(client: FlaskClient, cast: Cast, rosa: UUID) -> None:
    sent, who = body(rosa), bearer(cast.everything)
    client.post(URL, json=sent, headers=who)
    path = f"{URL}/{sent['id']}/suspend"
    for _ in range(2):
        done = client.post(path, json={"suspended_from": "2026-03-01", "reason": "Insumos"}, headers=who)
        assert done.status_code == 200, done.text
        assert done.json is not None
        assert done.json["state"] == "suspended"
    other = client.post(path, json={"suspended_from": "2026-03-02", "reason": "Insumos"}, headers=who)
    assert other.status_code == 409
    assert other.json is not None
    assert other.json["code"] == "already_suspended"


def test_an_outsider_finds_nothing(client: FlaskClient, cast: Cast, rosa: UUID) -> None:
    sent = body(rosa)
    client.post(URL, json=sent, headers=bearer(cast.everything))
    suspension = {"suspended_from": "2026-03-01", "reason": "Insumos"}
    who = bearer(cast.outsider)
    assert client.get(f"{URL}/{sent['id']}", headers=who).status_code == 404
    assert client.post(f"{URL}/{sent['id']}/suspend", json=suspension, headers=who).status_code == 404
    listed = client.get(URL, headers=who).json
    assert listed is not None
    assert listed["total"] == 0


def test_permissions_are_asked(client: FlaskClient, cast: Cast, rosa: UUID) -> None:
    assert client.get(URL).status_code == 401
    assert client.post(URL, json=body(rosa), headers=bearer(cast.clerk)).status_code == 403
    assert client.get(URL, headers=bearer(cast.buyer)).status_code == 403
