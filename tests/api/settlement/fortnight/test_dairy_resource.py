import base64
from datetime import date, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from tests.support.cast import Cast, bearer
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing

DAIRY = "/api/v1/dairy"
MONDAY = date(2026, 3, 2)


def body_of(answer: TestResponse) -> Any:
    return answer.get_json()


def test_a_fortnight_is_prepared_once(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    set_four_prices(session)
    withhold_nothing(session)
    (producer,) = add_producers(session, 1)
    bring(session, producer, MONDAY, 10)
    wanted = {"id": str(new_id()), "first_day": MARCH.first.isoformat()}
    headers = bearer(cast.accountant)
    weigh(session, cast.accountant.actor, now, {MONDAY: 10_000})
    assert client.post(f"{DAIRY}/fortnights", json=wanted, headers=bearer(cast.clerk)).status_code == 403
    made = client.post(f"{DAIRY}/fortnights", json=wanted, headers=headers)
    assert (made.status_code, body_of(made)["net_minor"]) == (201, 5_000)
    assert client.post(f"{DAIRY}/fortnights", json=wanted, headers=headers).status_code == 200
    other = client.post(f"{DAIRY}/fortnights", json=wanted | {"id": str(new_id())}, headers=headers)
    assert (other.status_code, body_of(other)["code"]) == (409, "fortnight_settled")
    assert client.get(f"/api/v1/runs/{wanted['id']}", headers=headers).status_code in {200, 404}


def test_readings_are_recorded_and_recorded_again(client: FlaskClient, cast: Cast) -> None:
    headers = bearer(cast.accountant)
    zone = {"id": str(new_id()), "code": "N", "name": "Norte"}
    assert client.post(f"{DAIRY}/zones", json=zone, headers=headers).status_code == 201
    assert client.post(f"{DAIRY}/zones", json=zone, headers=headers).status_code == 200
    assert client.post(f"{DAIRY}/zones", json=zone | {"name": "Sur"}, headers=headers).status_code == 409
    body = {"readings": [{"zone_id": zone["id"], "day": "2026-03-02", "quantity_ml": 12_000}]}
    for _ in range(2):
        assert client.post(f"{DAIRY}/readings", json=body, headers=bearer(cast.clerk)).status_code == 200
    listed = body_of(client.get(f"{DAIRY}/readings", headers=headers))
    assert [one["quantity_ml"] for one in listed["items"]] == [12_000]
    assert client.post(f"{DAIRY}/readings", json=body, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(f"{DAIRY}/readings", json=body, headers=bearer(cast.seller)).status_code == 403
    assert [one["code"] for one in body_of(client.get(f"{DAIRY}/zones", headers=headers))] == ["1", "N"]


@pytest.mark.parametrize(
    ("path", "values", "changed"),
    [
        (
            "quotas",
            {"producer_id": "", "per_day_ml": 80_000, "valid_from": "2026-03-01", "valid_to": "2026-12-31"},
            {"per_day_ml": 1},
        ),
        (
            "licences",
            {"producer_id": "", "number": "L", "valid_from": "2026-03-01", "valid_to": "2026-12-31"},
            {"number": "M"},
        ),
        (
            "reserves",
            {"fraction_ppm": 10_000, "valid_from": "2026-03-01", "decided_by": "Asamblea"},
            {"fraction_ppm": 2},
        ),
        (
            "other-incomes",
            {"producer_id": "", "amount_minor": 500, "dated_on": "2026-03-01", "name": "Devolución"},
            {"name": "x"},
        ),
        (
            "bank-fees",
            {"producer_id": "", "amount_minor": 250, "dated_on": "2026-03-01", "name": "Transferencia"},
            {"amount_minor": 300},
        ),
    ],
)
def test_terms_are_stored_once(
    client: FlaskClient,
    session: Session,
    cast: Cast,
    path: str,
    values: dict[str, Any],
    changed: dict[str, Any],
) -> None:
    (producer,) = add_producers(session, 1)
    body = {"id": str(new_id())} | values
    if "producer_id" in body:
        body["producer_id"] = str(producer)
    headers = bearer(cast.accountant)
    assert [client.post(f"{DAIRY}/{path}", json=body, headers=headers).status_code for _ in range(2)] == [
        201,
        200,
    ]
    assert client.post(f"{DAIRY}/{path}", json=body | changed, headers=headers).status_code == 409
    assert body_of(client.get(f"{DAIRY}/{path}", headers=headers))["total"] == 1
    assert body_of(client.get(f"{DAIRY}/{path}", headers=bearer(cast.outsider)))["total"] == 0
    assert client.post(f"{DAIRY}/{path}", json=body, headers=bearer(cast.clerk)).status_code == 403


def test_a_table_comes_from_a_file(client: FlaskClient, session: Session, cast: Cast) -> None:
    add_producers(session, 1)

    def send(text: str, headers: dict[str, str], **more: object) -> TestResponse:
        content = base64.b64encode(text.encode()).decode()
        body = {"table": "quotas", "content": content, **more}
        return client.post(f"{DAIRY}/imports", json=body, headers=headers)

    titles, headers = "producer,litres_per_day,from,to\n", bearer(cast.accountant)
    good = f"{titles}M-00001,80,2026-03-01,2026-12-31\n"
    assert body_of(send(good, headers, dry_run=True))["added"] == 1
    assert [body_of(send(good, headers))["added"] for _ in range(2)] == [1, 0]
    assert body_of(client.get(f"{DAIRY}/quotas", headers=headers))["total"] == 1
    refused = send(f"{good}M-9,x,2026-03-01,2026-12-31\n", headers)
    assert (refused.status_code, body_of(refused)["code"]) == (422, "bad_table_rows")
    assert [text.split(":")[0] for text in body_of(refused)["errors"]["file"][1:]] == [
        "quotas.csv, línea 3, columna producer",
        "quotas.csv, línea 3, columna litres_per_day",
    ]
    assert send("", headers).status_code == 422
    assert send(good, headers, content="é").status_code == 422
    assert send(good, bearer(cast.clerk)).status_code == 403
