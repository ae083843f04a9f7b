"""The API refuses each kind of bad input in one shape and the asked language, and writes nothing."""

import io
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from chain.producers.models import Producer
from chain.producers.queries import names_of
from tests.conftest import ChainClient
from tests.support.bad_input import (
    BAD_DELIVERIES,
    BROKEN_WORKBOOK,
    BROKEN_WORKBOOKS,
    CLOSED,
    HOSTILE_NAMES,
    LANGUAGES,
    NOT_FOUND,
    OTHER_CONTENT,
    TOO_LARGE,
    TWENTY_MB,
    BadDelivery,
    everything_written,
    file_with,
    sent_delivery,
    speak,
)
from tests.support.cast import Cast, Person, bearer
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import make_sale, make_tender

API = "/api/v1"
Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _clock(set_clock: Clock, now: datetime) -> None:
    set_clock(now)


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def producer(session: Session, now: datetime) -> UUID:
    return make_producer(session, now)


def post(
    client: ChainClient, session: Session, person: Person, path: str, language: str, body: Any
) -> TestResponse:
    speak(session, person, language)
    return client.post(f"{API}{path}", json=body, headers=bearer(person))


def refused(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    """Check the one shape and return it."""
    assert (answer.status_code, answer.content_type) == (status, "application/json")
    assert answer.json is not None
    assert set(answer.json) >= {"code", "message", "errors"}
    assert answer.json["code"] == code
    assert answer.json["message"]
    for name, texts in answer.json["errors"].items():
        assert name
        assert texts
        assert all(isinstance(text, str) for text in texts)
    return dict(answer.json)


@pytest.mark.parametrize("bad", BAD_DELIVERIES, ids=lambda bad: bad.label)
def test_a_delivery_that_cannot_be_true(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    producer: UUID,
    bad: BadDelivery,
    language: str,
) -> None:
    before = everything_written(session)
    body = sent_delivery(producer, now) | bad.sent
    answer = refused(post(client, session, cast.clerk, "/lots", language, body), 422, "validation_failed")
    assert list(answer["errors"]) == [bad.to_blame]
    assert bad.words(language) in answer["errors"][bad.to_blame][0]
    assert everything_written(session) == before


@pytest.mark.parametrize("bad", BAD_DELIVERIES, ids=lambda bad: bad.label)
def test_one_delivery_of_a_batch_that_cannot_be_true_stops_no_other(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    producer: UUID,
    bad: BadDelivery,
    language: str,
) -> None:
    items = [
        sent_delivery(producer, now),
        sent_delivery(producer, now) | bad.sent,
        sent_delivery(producer, now),
    ]
    answer = post(client, session, cast.clerk, "/lots/batch", language, {"items": items})
    assert answer.status_code == 200
    assert answer.json is not None
    results = answer.json["items"]
    assert [one["status"] for one in results] == ["stored", "rejected", "stored"]
    assert [one["id"] for one in results] == [one["id"] for one in items]
    assert bad.words(language) in results[1]["errors"][bad.to_blame][0]
    assert everything_written(session)["lot"] == 2


@pytest.mark.parametrize("bad", BAD_DELIVERIES, ids=lambda bad: bad.label)
def test_a_row_of_a_file_that_cannot_be_true(
    client: ChainClient, session: Session, cast: Cast, producer: UUID, bad: BadDelivery, language: str
) -> None:
    speak(session, cast.clerk, language)
    code = names_of(session, cast.centre.id, {producer})[producer].member_code
    before = everything_written(session)
    answer = client.post(
        f"{API}/lots/import",
        data={"file": (io.BytesIO(file_with(code, bad.cells)), "acopio.csv")},
        headers=bearer(cast.clerk),
    )
    told = refused(answer, 422, "rows_refused")
    assert bad.words_in_file(language) in json.dumps(told["problems"], ensure_ascii=False)
    assert everything_written(session) == before


def test_a_producer_of_another_organisation_is_an_unknown_one(
    client: ChainClient, session: Session, cast: Cast, now: datetime, language: str
) -> None:
    theirs = make_producer(session, now, actor=cast.outsider.actor)
    before = everything_written(session)
    body = sent_delivery(theirs, now)
    answer = refused(post(client, session, cast.clerk, "/lots", language, body), 422, "validation_failed")
    assert answer["errors"] == {"producer_id": [BAD_DELIVERIES[-1].words(language)]}
    assert everything_written(session) == before


def test_a_bid_in_a_closed_tender(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock, language: str
) -> None:
    tender = make_tender(session, now)
    set_clock(tender.closes_at)
    before = everything_written(session)
    body = {"id": str(new_id()), "price_minor_per_unit": 12_000}
    path = f"/tenders/{tender.id}/bids"
    answer = refused(post(client, session, cast.buyer, path, language, body), 409, "tender_closed")
    assert answer["message"] == CLOSED[language]
    assert everything_written(session) == before


def test_a_bid_under_the_reserve_is_taken_and_tells_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime, language: str
) -> None:
    tender = make_tender(session, now, reserve_minor_per_unit=10_437)
    body = {"id": str(new_id()), "price_minor_per_unit": 10_436}
    response = post(client, session, cast.buyer, f"/tenders/{tender.id}/bids", language, body)
    assert response.status_code == 201
    assert "10437" not in response.text


def test_a_second_bid_on_the_same_key(
    client: ChainClient, session: Session, cast: Cast, now: datetime, language: str
) -> None:
    tender = make_tender(session, now)
    path = f"/tenders/{tender.id}/bids"
    body = {"id": str(new_id()), "price_minor_per_unit": 12_000}
    first = post(client, session, cast.buyer, path, language, body)
    before = everything_written(session)
    again = post(client, session, cast.buyer, path, language, body)
    assert (first.status_code, again.status_code, first.json) == (201, 200, again.json)
    other = post(client, session, cast.buyer, path, language, body | {"price_minor_per_unit": 13_000})
    assert refused(other, 409, "idempotency_conflict")["message"] == OTHER_CONTENT[language]
    assert everything_written(session) == before


def test_an_id_of_another_organisation(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID, language: str
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    tender = make_tender(session, now)
    sale = make_sale(session, now)
    speak(session, cast.outsider, language)
    before = everything_written(session)
    headers = bearer(cast.outsider)
    reads = (
        f"/lots/{lot.id}",
        f"/producers/{producer}",
        f"/tenders/{tender.id}",
        f"/tenders/{tender.id}/bids",
        f"/tenders/{tender.id}/lots",
        f"/sales/{sale.id}",
        f"/sales/{sale.id}/lots",
        f"/organisations/{cast.centre.id}",
        f"/users/{cast.clerk.id}",
        f"/income/producers/{producer}",
    )
    writes: tuple[tuple[str, dict[str, Any]], ...] = (
        (f"/lots/{lot.id}/cancel", {"reason": "x"}),
        (f"/lots/{lot.id}/grade", {}),
        (f"/tenders/{tender.id}/cancel", {"reason": "x"}),
        (f"/tenders/{tender.id}/accept", {}),
        ("/tenders", {"id": str(new_id()), "title": "x", "lot_ids": [str(lot.id)], "reserve_minor_per_unit": 100,
                      "closes_at": "2026-03-18T12:00:00-05:00"}),
        ("/settlement-runs", {"id": str(new_id()), "kind": "sale", "sale_id": str(sale.id)}),
        ("/advances", {"id": str(new_id()), "producer_id": str(producer), "amount_minor": 1000,
                       "given_on": "2026-03-01", "note": "x"}),
    )  # fmt: skip
    answers = [client.get(f"{API}{path}", headers=headers) for path in reads]
    answers += [client.post(f"{API}{path}", json=body, headers=headers) for path, body in writes]
    answers.append(client.patch(f"{API}/producers/{producer}", json={"full_name": "Otra"}, headers=headers))
    for answer in answers:
        assert answer.status_code == 404, (answer.request.path, answer.text)
        told = refused(answer, 404, "not_found")
        assert NOT_FOUND[language] in told["message"]
        assert lot.number not in answer.text
    assert everything_written(session) == before


@pytest.mark.parametrize("path", ["/lots", "/lots/batch", "/producers", "/tenders", "/lots/import"])
def test_a_body_of_20_mb(client: ChainClient, session: Session, cast: Cast, path: str, language: str) -> None:
    speak(session, cast.everything, language)
    before = everything_written(session)
    kind = "multipart/form-data; boundary=x" if path.endswith("import") else "application/json"
    answer = client.post(
        f"{API}{path}", data=b" " * TWENTY_MB, content_type=kind, headers=bearer(cast.everything)
    )
    assert refused(answer, 413, "too_large")["message"] == TOO_LARGE[language]
    assert everything_written(session) == before


@pytest.mark.parametrize("label", BROKEN_WORKBOOKS)
def test_a_malformed_workbook(
    client: ChainClient, session: Session, cast: Cast, label: str, language: str
) -> None:
    speak(session, cast.clerk, language)
    before = everything_written(session)
    data = {"file": (io.BytesIO(BROKEN_WORKBOOKS[label]), "lotes.xlsx")}
    answer = client.post(f"{API}/lots/import", data=data, headers=bearer(cast.clerk))
    told = refused(answer, 422, "unusable_file")
    assert BROKEN_WORKBOOK[language] in told["errors"]["file"][0]
    assert everything_written(session) == before


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_sql_or_html_in_a_name_is_given_back_as_it_came(
    client: ChainClient, session: Session, cast: Cast, name: str
) -> None:
    body = {"id": str(new_id()), "full_name": name, "sex": "female"}
    assert post(client, session, cast.clerk, "/producers", "es", body).status_code == 201
    answer = client.get(f"{API}/producers/{body['id']}", headers=bearer(cast.clerk))
    assert answer.json is not None
    assert answer.json["full_name"] == name
    assert answer.content_type == "application/json"
    found = client.get(f"{API}/producers", query_string={"q": name}, headers=bearer(cast.clerk))
    assert found.json is not None
    assert found.json["total"] == 1
    assert session.scalars(select(Producer.full_name)).all() == [name]
