from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.producers.services import register_producer
from tests.support.cast import Cast, Person, bearer
from tests.support.import_files import CODES, SAMPLES

CAST = Cast()


@pytest.fixture(autouse=True)
def _members(session: Session, now: datetime, set_clock: Callable[[datetime], None]) -> None:
    set_clock(now)
    for code in CODES:
        register_producer(
            session,
            actor=CAST.clerk.actor,
            now=now,
            id=new_id(),
            full_name=f"Rosa Quispe {'ABC'[CODES.index(code)] * 3}",
            sex="female",
            member_code=code,
        )


def send(client: FlaskClient, name: str, person: Person = CAST.clerk, **fields: Any) -> TestResponse:
    data = {"file": (SAMPLES / name).open("rb"), **fields}
    return client.post("/api/v1/lots/import", data=data, headers=bearer(person))


def lots(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Lot)) or 0


def test_a_file_is_checked_stored_and_answered_again(client: FlaskClient, session: Session) -> None:
    checked = send(client, "fibra-libras-windows.csv", dry_run="true")
    assert (checked.status_code, checked.json["outcome"], lots(session)) == (200, "checked", 0)  # type: ignore[index]
    batch_id = str(new_id())
    stored = send(client, "fibra-libras-windows.csv", id=batch_id)
    again = send(client, "fibra-libras-windows.csv", id=batch_id)
    assert (stored.status_code, again.status_code, lots(session)) == (201, 200, 4)
    for answer in (stored.json, again.json):
        assert answer is not None
        assert (answer["id"], answer["new"], answer["duplicates"], answer["bad"]) == (batch_id, 4, 0, 0)
    other = send(client, "milk.csv", id=batch_id)
    assert (other.status_code, other.json["code"]) == (409, "idempotency_conflict")  # type: ignore[index]


def test_bad_rows_answer_the_report_and_store_nothing(client: FlaskClient, session: Session) -> None:
    refused = send(client, "con-errores.csv")
    answer = refused.json
    assert answer is not None
    assert (refused.status_code, answer["code"], answer["outcome"]) == (422, "rows_refused", "refused")
    assert (answer["new"], answer["bad"], len(answer["problems"]), lots(session)) == (2, 11, 11, 0)
    assert send(client, "con-errores.csv", skip_bad="true").status_code == 201
    assert lots(session) == 2


def test_an_unusable_file_or_field_has_the_common_shape(client: FlaskClient) -> None:
    missing = send(client, "acopio-marzo.xlsx").json
    assert missing is not None
    assert (missing["code"], list(missing["errors"])) == ("unusable_file", ["file"])
    wrong: list[dict[str, Any]] = [
        {"unit": "arroba"},
        {"grams_per_quintal": "NaN"},
        {"grams_per_quintal": "1"},
        {"more": "x"},
    ]
    for fields in wrong:
        assert send(client, "milk.csv", **fields).status_code == 422
    assert client.post("/api/v1/lots/import", data={}, headers=bearer(CAST.clerk)).status_code == 422


def test_only_those_who_may_import(client: FlaskClient, session: Session) -> None:
    assert send(client, "milk.csv", CAST.treasurer).status_code == 403
    assert send(client, "milk.csv", CAST.outsider).json["bad"] == 3  # type: ignore[index]
    assert lots(session) == 0
