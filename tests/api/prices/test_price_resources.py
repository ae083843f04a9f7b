"""Published prices as JSON, without a token."""

from collections.abc import Callable
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from tests.support.cast import Cast, bearer
from tests.support.settling import add_lot, add_members, add_sale

URL = "/api/v1/prices"


@pytest.fixture(autouse=True)
def _sale(session: Session, set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)
    (member,) = add_members(session, 1)
    add_sale(session, [add_lot(session, member, 12_500, grade_key="baby")], 4_550)
    add_sale(session, [add_lot(session, member, 5_000, grade_key="fleece")], 3_000)


def test_prices_are_read_without_a_token(client: FlaskClient, cast: Cast) -> None:
    answer = client.get(f"{URL}?page_size=1")
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert (answer.json["total"], len(answer.json["items"])) == (2, 1)
    (line,) = answer.json["items"]
    assert line["mean_minor_per_unit"] == 4_550
    assert (line["week"], line["centre"], line["producer_minor_per_unit"]) == ("2026-W11", None, None)
    narrowed = client.get(f"{URL}?grade=ntp-231.301/2014/fleece&from=2026-W10&to=2026-W12").json
    assert narrowed is not None
    assert narrowed["total"] == 1
    assert client.get(URL, headers=bearer(cast.seller)).status_code == 200


@pytest.mark.parametrize("query", ["from=x", "commodity=gold", "colour=pink", "page_size=0", "sort=x"])
def test_what_cannot_be_asked_is_refused(client: FlaskClient, query: str) -> None:
    assert client.get(f"{URL}?{query}").status_code == 422


def test_consent_names_the_centre(client: FlaskClient, cast: Cast) -> None:
    path = f"{URL}/consent"
    assert client.put(path, json={"is_named": True}).status_code == 401
    assert client.put(path, json={"is_named": True}, headers=bearer(cast.seller)).status_code == 403
    answer = client.put(path, json={"is_named": True}, headers=bearer(cast.admin))
    assert answer.status_code == 200
    listed = client.get(f"{URL}?centre=CC01").json
    assert listed is not None
    assert {one["centre"] for one in listed["items"]} == {cast.centre.name}
