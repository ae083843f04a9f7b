"""What a buyer learns of one lot, and the second opinion on a bought one."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.lots.services import confirm_grade
from tests.support.cast import Cast, Person, bearer, sign_in
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.settling import add_lot, add_members, add_sale


def _bought(session: Session) -> tuple[str, Lot]:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 12_345, grade_key="baby")
    lot.grade_confirmed = True
    sale = add_sale(session, [lot])
    return f"/api/v1/sales/{sale.id}/lots/{lot.id}", lot


def _get(client: FlaskClient, person: Person, address: str) -> Any:
    return client.get(address, headers=bearer(person))


def test_the_buyer_sees_the_lot_and_nobody_s_name(session: Session, client: FlaskClient, cast: Cast) -> None:
    address, lot = _bought(session)
    answer = _get(client, cast.buyer, address)
    assert answer.status_code == 200
    assert answer.json["number"] == lot.number
    assert answer.json["measurements"] == []
    assert "producer" not in answer.text


def test_strangers_find_neither_lot_nor_opinions(session: Session, client: FlaskClient, cast: Cast) -> None:
    address, _ = _bought(session)
    for person in (cast.rival_buyer, cast.outsider):
        assert _get(client, person, address).status_code == 404
        assert _get(client, person, f"{address}/second-opinions").status_code == 404
    body = {"id": str(new_id()), "reason": "Más grueso de lo que dice"}
    refused = client.post(f"{address}/second-opinions", json=body, headers=bearer(cast.rival_buyer))
    assert refused.status_code == 404


def test_a_lot_of_another_sale_is_not_found(session: Session, client: FlaskClient, cast: Cast) -> None:
    address, _ = _bought(session)
    (member,) = add_members(session, 1)
    other = add_lot(session, member, 900)
    there = address.rsplit("/", 1)[0] + f"/{other.id}"
    assert _get(client, cast.buyer, there).status_code == 404


def _graded_and_bought(session: Session, cast: Cast, now: datetime) -> str:
    producer_id = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer_id, now))
    confirm_grade(session, actor=cast.grader.actor, now=now, lot_id=lot.id)
    sale = add_sale(session, [lot])
    return f"/sales/{sale.id}/lots/{lot.id}"


def test_the_buyer_asks_once_and_sees_how_it_stands(
    session: Session, client: FlaskClient, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    address = f"/api/v1{_graded_and_bought(session, cast, now)}/second-opinions"
    body = {"id": str(new_id()), "reason": "Más grueso de lo que dice"}
    first = client.post(address, json=body, headers=bearer(cast.buyer))
    again = client.post(address, json=body, headers=bearer(cast.buyer))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    assert [one["state"] for one in _get(client, cast.buyer, address).json["items"]] == ["open"]
    assert _get(client, cast.seller, address).json["items"] == []


def test_the_page_of_a_bought_lot_takes_the_question(
    session: Session, client: FlaskClient, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    address = _graded_and_bought(session, cast, now)
    sign_in(client, cast.buyer)
    page = client.get(address)
    assert "Anotado en la entrega" in page.text
    assert (
        client.post(f"{address}/second-opinion", data={"id": str(new_id()), "reason": ""}).status_code == 422
    )
    done = client.post(f"{address}/second-opinion", data={"id": str(new_id()), "reason": "Más grueso"})
    assert done.status_code == 302
    assert "abierta" in client.get(address).text


def test_a_lot_without_a_graded_class_has_no_second_opinion(
    session: Session, client: FlaskClient, cast: Cast
) -> None:
    (member,) = add_members(session, 1)
    lot = add_lot(session, member, 500)
    sale = add_sale(session, [lot])
    body = {"id": str(new_id()), "reason": "Más grueso de lo que dice"}
    address = f"/api/v1/sales/{sale.id}/lots/{lot.id}/second-opinions"
    answer = client.post(address, json=body, headers=bearer(cast.buyer))
    assert answer.status_code in {409, 422}
    assert answer.get_json()["code"]
