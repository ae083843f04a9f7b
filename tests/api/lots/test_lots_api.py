from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.lots import fibre, make_lot, make_producer

URL = "/api/v1/lots"


@pytest.fixture(autouse=True)
def _clock(set_clock: Any, now: datetime) -> None:
    set_clock(now)


@pytest.fixture
def producer(session: Session, now: datetime) -> UUID:
    return make_producer(session, now)


def body(producer: UUID, now: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "producer_id": str(producer),
        "delivered_at": now.isoformat(),
        "gross_g": 13000,
        "tare_g": 500,
        "attributes": {"colour": "white", "micron": 22.4, "length_mm": 85},
        **changes,
    }


def count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Lot)) or 0


def test_the_same_id_answers_201_then_200_then_409(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    sent = body(producer, now)
    first = client.post(URL, json=sent, headers=bearer(cast.clerk))
    again = client.post(URL, json=sent, headers=bearer(cast.clerk))
    other = client.post(URL, json={**sent, "gross_g": 14000}, headers=bearer(cast.clerk))
    assert [first.status_code, again.status_code, other.status_code] == [201, 200, 409]
    assert first.json == again.json
    assert first.json is not None
    assert (first.json["number"], first.json["quantity"], first.json["grade_key"]) == (
        "CC01-000001",
        12500,
        "baby",
    )
    assert first.json["attributes"]["micron"] == "22.4"
    assert other.json is not None
    assert other.json["code"] == "idempotency_conflict"
    assert count(session) == 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"gross_g": -1}, "gross_g"),
        ({"tare_g": 13001}, "tare_g"),
        ({"gross_g": 12.5}, "gross_g"),
        ({"gross_g": 10**30}, "gross_g"),
        ({"attributes": {"micron": "5"}}, "micron"),
        ({"attributes": {"micron": 80}}, "micron"),
        ({"attributes": {"micron": [1]}}, "micron"),
        ({"delivered_at": "2026-03-17T15:00:00+00:00"}, "delivered_at"),
        ({"delivered_at": "2026-03-16T15:00:00"}, "delivered_at"),
        ({"delivered_at": "0001-01-01T00:00:00+12:00"}, "delivered_at"),
        ({"commodity": "wool"}, "commodity"),
        ({"id": str(uuid4())}, "id"),
        ({"producer_id": str(new_id())}, "producer_id"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_cannot_be_true_is_refused_in_one_shape(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    producer: UUID,
    changes: dict[str, Any],
    field: str,
) -> None:
    answer = client.post(URL, json=body(producer, now, **changes), headers=bearer(cast.clerk))
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["code"] == "validation_failed"
    assert list(answer.json["errors"]) == [field]
    assert count(session) == 0


def test_a_batch_answers_each_item_at_its_place(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    good = body(producer, now)
    items: list[Any] = [
        good,
        good,
        body(producer, now, gross_g=-1),
        {"id": "no", "commodity": "alpaca-fibre"},
        "nothing",
        body(producer, now, surprise=1),
        body(producer, now, commodity="raw-milk", gross_g=None, tare_g=None, quantity=20000, attributes={}),
    ]
    answer = client.post(f"{URL}/batch", json={"items": items}, headers=bearer(cast.clerk))
    assert answer.status_code == 200
    assert answer.json is not None
    results = answer.json["items"]
    assert [one["status"] for one in results] == [
        "stored",
        "duplicate",
        "rejected",
        "rejected",
        "rejected",
        "rejected",
        "stored",
    ]
    assert results[0]["id"] == good["id"]
    assert list(results[2]["errors"]) == ["gross_g"]
    assert {"id", "producer_id", "delivered_at"} <= set(results[3]["errors"])
    assert count(session) == 2


def test_a_well_formed_batch_needs_few_statements(
    client: ChainClient, cast: Cast, now: datetime, producer: UUID, query_count: Any
) -> None:
    items = [body(producer, now) for _ in range(100)]
    with query_count() as queries:
        answer = client.post(f"{URL}/batch", json={"items": items}, headers=bearer(cast.clerk))
    assert answer.json is not None
    assert {one["status"] for one in answer.json["items"]} == {"stored"}
    assert queries.count <= 12, str(queries)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 400),
        (b"[]", 422),
        (b"{", 400),
        (b'{"items": 1}', 422),
        (b'{"items": [' + b"[" * 100_000, 400),
        (b'{"items": []}', 200),
    ],
)
def test_a_body_that_is_no_batch_is_refused(
    client: ChainClient, cast: Cast, data: bytes, status: int
) -> None:
    answer = client.post(
        f"{URL}/batch", data=data, content_type="application/json", headers=bearer(cast.clerk)
    )
    assert answer.status_code == status


def test_a_batch_of_more_than_a_thousand_or_of_another_type_is_refused(
    client: ChainClient, cast: Cast, now: datetime, producer: UUID
) -> None:
    headers = bearer(cast.clerk)
    one = body(producer, now)
    assert client.post(f"{URL}/batch", json={"items": [one] * 1001}, headers=headers).status_code == 413
    assert client.post(f"{URL}/batch", data="a=1", headers=headers).status_code == 415


def test_lots_are_listed_and_shown_to_their_own_organisation_only(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    listed = client.get(f"{URL}?commodity=alpaca-fibre&sort=-number", headers=bearer(cast.seller))
    assert listed.json is not None
    assert [one["number"] for one in listed.json["items"]] == [lot.number]
    shown = client.get(f"{URL}/{lot.id}", headers=bearer(cast.clerk))
    assert shown.json is not None
    assert shown.json["grades"][0]["kind"] == "proposal"
    assert "22.4" in shown.json["grades"][0]["reasons"][0]
    assert client.get(f"{URL}/{lot.id}", headers=bearer(cast.outsider)).status_code == 404
    assert client.get(URL, headers=bearer(cast.buyer)).status_code == 403
    assert client.get(URL).status_code == 401
    assert client.get(f"{URL}?sort=nothing", headers=bearer(cast.clerk)).status_code == 422


def test_a_second_person_confirms_through_the_api(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    lot = make_lot(session, now, fibre(producer, now), cast.everything.actor)
    url = f"{URL}/{lot.id}/grade"
    assert client.post(url, json={}, headers=bearer(cast.everything)).status_code == 403
    assert client.post(url, json={}, headers=bearer(cast.clerk)).status_code == 403
    assert client.post(url, json={}, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(url, json={"key": "fleece"}, headers=bearer(cast.grader)).status_code == 422
    done = client.post(url, json={"key": "fleece", "note": "Tiene cerda"}, headers=bearer(cast.grader))
    assert done.json is not None
    assert (done.status_code, done.json["grade_key"], done.json["state"]) == (200, "fleece", "graded")
    assert client.post(url, json={}, headers=bearer(cast.grader)).status_code == 409


def test_a_lot_is_cancelled_through_the_api(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    url = f"{URL}/{lot.id}/cancel"
    assert client.post(url, json={"reason": ""}, headers=bearer(cast.clerk)).status_code == 422
    assert client.post(url, json={"reason": "Doble"}, headers=bearer(cast.grader)).status_code == 403
    done = client.post(url, json={"reason": "Doble"}, headers=bearer(cast.clerk))
    assert done.json is not None
    assert done.json["state"] == "cancelled"
