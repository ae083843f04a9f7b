from typing import Any

import pytest
from flask.testing import FlaskClient

from chain.core.ids import new_id
from chain.grading.scheme_files import all_schemes
from tests.support.cast import Cast, bearer

CHOICE = {"commodity": "alpaca-fibre", "scheme": "ntp-231.301", "edition": "2022", "valid_from": "2026-01-01"}


def test_the_list_of_schemes_needs_a_token(client: FlaskClient, cast: Cast) -> None:
    assert client.get("/api/v1/grading/schemes").status_code == 401


def test_schemes_are_listed_page_by_page(client: FlaskClient, cast: Cast) -> None:
    answer = client.get("/api/v1/grading/schemes?page=2&page_size=5", headers=bearer(cast.buyer)).get_json()
    assert (answer["page"], len(answer["items"]), answer["total"]) == (2, 5, len(all_schemes()))


def test_schemes_of_one_commodity(client: FlaskClient, cast: Cast) -> None:
    url = "/api/v1/grading/schemes?commodity=llama-carcass"
    assert [one["scheme"] for one in client.get(url, headers=bearer(cast.buyer)).get_json()["items"]] == [
        "ibnorca-camelid-carcass"
    ]
    assert client.get("/api/v1/grading/schemes?commodity=x", headers=bearer(cast.buyer)).status_code == 422


def test_a_scheme_tells_every_value_with_its_strength(client: FlaskClient, cast: Cast) -> None:
    answer: dict[str, Any] = client.get(
        "/api/v1/grading/schemes/ntp-231.301/2014", headers=bearer(cast.buyer)
    ).get_json()
    fleece = next(one for one in answer["values"] if one["key"] == "fleece")
    assert (fleece["minimum"], fleece["maximum"], fleece["strength"]) == ("23.1", "26.5", "secondary")
    assert answer["sources"][0]["strength"] == "third-hand"


def test_an_unknown_scheme_is_not_found(client: FlaskClient, cast: Cast) -> None:
    answer = client.get("/api/v1/grading/schemes/x/1", headers=bearer(cast.buyer))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "not_found")


def test_the_same_choice_twice_answers_the_first(client: FlaskClient, cast: Cast) -> None:
    sent = {**CHOICE, "id": str(new_id())}
    url = "/api/v1/grading/choices"
    first = client.post(url, json=sent, headers=bearer(cast.grader))
    again = client.post(url, json=sent, headers=bearer(cast.grader))
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    other = client.post(url, json={**sent, "edition": "2014"}, headers=bearer(cast.grader))
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_conflict")
    listed = client.get(url, headers=bearer(cast.clerk)).get_json()
    assert [one["id"] for one in listed["items"]] == [sent["id"]]
    assert client.get(url, headers=bearer(cast.outsider)).get_json()["total"] == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"edition": "1"}, "scheme"),
        ({"valid_from": "2999-01-01"}, "valid_from"),
        ({"commodity": "x"}, "commodity"),
        ({"more": 1}, "more"),
    ],
)
def test_a_bad_choice_names_the_field(
    client: FlaskClient, cast: Cast, changes: dict[str, object], field: str
) -> None:
    answer = client.post("/api/v1/grading/choices", json={**CHOICE, **changes}, headers=bearer(cast.grader))
    assert answer.status_code == 422
    assert field in answer.get_json()["errors"]


def test_only_those_who_may_choose(client: FlaskClient, cast: Cast) -> None:
    assert client.post("/api/v1/grading/choices", json=CHOICE, headers=bearer(cast.clerk)).status_code == 403
