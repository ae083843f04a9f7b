"""Bodies and parameters that no parser likes are refused in the one shape; nothing of them reaches the database."""

import pytest
from sqlalchemy.exc import IntegrityError

from chain.core.ids import new_id
from chain.web.errors import handle_taken
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer

JSON = "application/json"
#: In any order of offsets, these moments do not exist in UTC.
BEYOND_UTC = ("9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+14:00")


@pytest.mark.parametrize(
    "body",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"name":' * 50_000 + "1" + "}" * 50_000,
        '{"basis_points":1' + "0" * 5_000 + "}",
    ],
    ids=["lists in lists", "objects in objects", "a number of 5,000 digits"],
)
def test_a_body_that_the_json_parser_gives_up_on_is_malformed(
    client: ChainClient, cast: Cast, body: str
) -> None:
    headers = bearer(cast.everything)
    response = client.post("/api/v1/deductions", data=body, content_type=JSON, headers=headers)
    assert response.status_code == 400
    assert response.json is not None
    assert response.json["code"] == "bad_request"


def test_half_a_surrogate_pair_is_no_text(client: ChainClient, cast: Cast) -> None:
    body = f'{{"id": "{new_id()}", "name": "cuota \\ud83d", "basis_points": 100, "valid_from": "2026-03-01", "decided_by": "Asamblea"}}'
    headers = bearer(cast.everything)
    response = client.post("/api/v1/deductions", data=body, content_type=JSON, headers=headers)
    assert response.status_code == 400


def test_a_whole_surrogate_pair_is_kept(client: ChainClient, cast: Cast) -> None:
    body = f'{{"id": "{new_id()}", "name": "cuota \\ud83e\\udd99", "basis_points": 100, "valid_from": "2026-03-01", "decided_by": "Asamblea"}}'
    headers = bearer(cast.everything)
    response = client.post("/api/v1/deductions", data=body, content_type=JSON, headers=headers)
    assert response.status_code == 201
    assert response.json is not None
    assert response.json["name"] == "cuota 🦙"


@pytest.mark.parametrize("moment", BEYOND_UTC)
def test_a_moment_that_does_not_exist_in_utc_is_refused(client: ChainClient, cast: Cast, moment: str) -> None:
    listed = client.get("/api/v1/audit", query_string={"since": moment}, headers=bearer(cast.admin))
    assert listed.status_code == 422
    terms = {
        "id": str(new_id()),
        "title": "Fibra",
        "lot_ids": [str(new_id())],
        "reserve_minor_per_unit": 1000,
        "closes_at": moment,
    }
    opened = client.post("/api/v1/tenders", json=terms, headers=bearer(cast.seller))
    assert opened.status_code == 422
    assert opened.json is not None
    assert "closes_at" in opened.json["errors"]


class _Lost(Exception):
    """What a driver says of a broken constraint."""

    sqlstate: str | None = None


@pytest.mark.parametrize(
    ("state", "text"), [("23505", "duplicate key"), (None, "UNIQUE constraint failed: lot.id")]
)
def test_whoever_loses_a_race_for_an_id_gets_a_conflict(
    client: ChainClient, state: str | None, text: str
) -> None:
    lost = _Lost(text)
    lost.sqlstate = state
    with client.application.test_request_context("/api/v1/lots"):
        answer = handle_taken(IntegrityError("INSERT", {}, lost))
    assert isinstance(answer, tuple)
    assert answer[1] == 409


def test_any_other_broken_constraint_stays_a_crash(client: ChainClient) -> None:
    lost = _Lost("CHECK constraint failed: net")
    with client.application.test_request_context("/api/v1/lots"):
        answer = handle_taken(IntegrityError("INSERT", {}, lost))
    assert isinstance(answer, tuple)
    assert answer[1] == 500
