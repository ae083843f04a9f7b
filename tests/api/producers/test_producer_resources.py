"""JSON resources of producers."""

from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.producers.models import Producer
from chain.producers.rules import Person
from chain.producers.services import create_community, register_member
from tests.support.cast import Cast, bearer

URL = "/api/v1/producers"


def body(**changes: Any) -> dict[str, Any]:
    facts = {
        "id": str(new_id()),
        "full_name": "Rosa Quispe Mamani",
        "sex": "female",
        "document_kind": "dni",
        "document_number": "01234567",
        "birth_year": 1978,
    }
    return {**facts, **changes}


@pytest.fixture
def rosa(session: Session, cast: Cast, now: datetime) -> Producer:
    person = Person("Rosa Quispe", "female", document_kind="dni", document_number="01234567")
    return register_member(session, actor=cast.clerk.actor, now=now, id=new_id(), person=person).producer


def test_a_producer_is_stored_then_answered_again_then_conflicts(client: FlaskClient, cast: Cast) -> None:
    sent = body()
    first = client.post(URL, json=sent, headers=bearer(cast.clerk))
    assert first.status_code == 201, first.text
    assert first.json is not None
    assert first.json["id"] == sent["id"]
    assert first.json["member_code"] == "CC01-0001"
    again = client.post(URL, json=sent, headers=bearer(cast.clerk))
    assert (again.status_code, again.json) == (200, first.json)
    other = client.post(URL, json={**sent, "full_name": "Otra Persona"}, headers=bearer(cast.clerk))
    assert other.status_code == 409
    assert other.json is not None
    assert other.json["code"] == "idempotency_conflict"


def test_refusals_stand_at_their_fields(client: FlaskClient, cast: Cast) -> None:
    sent = body(full_name="1", birth_year=3000, phone="no", document_number="1")
    answer = client.post(URL, json=sent, headers=bearer(cast.clerk))
    assert answer.status_code == 422
    assert answer.json is not None
    assert set(answer.json["errors"]) == {"full_name", "birth_year", "phone", "document_number"}
    assert client.post(URL, json={"id": "x"}, headers=bearer(cast.clerk)).status_code == 422
    strange = body(full_name="\x1f\x00 Rosa", document_number="\x0001234567")
    assert client.post(URL, json=strange, headers=bearer(cast.clerk)).status_code == 201


def test_the_list_is_searched_and_paged(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    found = client.get(f"{URL}?q=quispe&page_size=1", headers=bearer(cast.clerk)).json
    assert found is not None
    assert (found["total"], found["items"][0]["id"]) == (1, str(rosa.id))
    assert "document_number" not in found["items"][0]
    assert client.get(f"{URL}?sort=secret", headers=bearer(cast.clerk)).status_code == 422


def test_the_document_is_told_only_to_whoever_writes(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    written = client.get(f"{URL}/{rosa.id}", headers=bearer(cast.clerk)).json
    assert written is not None
    assert written["document_number"] == "01234567"
    read = client.get(f"{URL}/{rosa.id}", headers=bearer(cast.treasurer)).json
    assert read is not None
    assert "document_number" not in read


def test_a_change_leaves_other_fields_alone(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    answer = client.patch(f"{URL}/{rosa.id}", json={"phone": "951 234 567"}, headers=bearer(cast.clerk))
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["phone"], answer.json["document_number"]) == ("951 234 567", "01234567")
    wrong = client.patch(f"{URL}/{rosa.id}", json={"phone": "x"}, headers=bearer(cast.clerk))
    assert wrong.status_code == 422


def test_an_outsider_finds_nothing(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    assert client.get(f"{URL}/{rosa.id}", headers=bearer(cast.outsider)).status_code == 404
    changed = client.patch(f"{URL}/{rosa.id}", json={"phone": "951234567"}, headers=bearer(cast.outsider))
    assert changed.status_code == 404
    listed = client.get(URL, headers=bearer(cast.outsider)).json
    assert listed is not None
    assert listed["total"] == 0


def test_permissions_are_asked(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    assert client.get(URL).status_code == 401
    assert client.get(URL, headers=bearer(cast.buyer)).status_code == 403
    assert client.post(URL, json=body(), headers=bearer(cast.grader)).status_code == 403
    change = client.patch(f"{URL}/{rosa.id}", json={}, headers=bearer(cast.grader))
    assert change.status_code == 403


def test_communities_are_those_of_the_country(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    create_community(
        session,
        actor=cast.clerk.actor,
        now=now,
        id=new_id(),
        name="Chaquella",
        district="Oropesa",
        region="Apurímac",
    )
    here = client.get("/api/v1/communities", headers=bearer(cast.clerk)).json
    abroad = client.get("/api/v1/communities", headers=bearer(cast.outsider)).json
    assert here is not None
    assert abroad is not None
    assert [one["name"] for one in here["items"]] == ["Chaquella"]
    assert abroad["total"] == 0
