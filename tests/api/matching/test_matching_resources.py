"""The JSON resources of matching."""

from datetime import datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from tests.support.cast import Cast, Person, bearer
from tests.support.market import add_graded_lots
from tests.support.matching import DAY, SECOND, add_association, make_demand, offered, one_proposal


def _get(client: FlaskClient, person: Person, path: str, status: int = 200) -> Any:
    answer = client.get(f"/api/v1{path}", headers=bearer(person))
    assert answer.status_code == status, answer.text
    return answer.json


def _post(client: FlaskClient, person: Person, path: str, body: object, status: int = 200) -> Any:
    answer = client.post(f"/api/v1{path}", json=body, headers=bearer(person))
    assert answer.status_code == status, answer.text
    return answer.json


def test_from_the_offer_to_the_sale(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    ids = [str(one) for one in add_graded_lots(session, now, 2)]
    make_demand(session, now, max_quantity=25_000)
    terms = {"lot_ids": ids, "reserve_minor_per_unit": 9_000, "valid_to": str(now.date() + DAY)}
    assert _post(client, cast.seller, "/match-offers", terms) == {"new": 2, "changed": 0, "unchanged": 0}
    assert _post(client, cast.seller, "/match-offers", terms) == {"new": 0, "changed": 0, "unchanged": 2}
    assert _get(client, cast.seller, "/match-offers?sort=-quantity")["items"][0]["lot"]["quantity"] == 20_000
    body = {"id": str(new_id()), "answer_hours": 24}
    made = _post(client, cast.seller, "/match-runs", body, 201)
    assert (made["status"], made["value_minor"]) == ("optimal", 300_000)
    assert _post(client, cast.seller, "/match-runs", body, 200)["id"] == made["id"]
    _post(client, cast.seller, "/match-runs", body | {"answer_hours": 25}, 409)
    assert _get(client, cast.seller, "/match-runs")["total"] == 1
    misses = _get(client, cast.seller, f"/match-runs/{made['id']}/misses")["items"]
    assert [(one["quantity"], one["condition"]) for one in misses] == [(5_000, "room")]
    (proposal,) = _get(client, cast.buyer, "/match-proposals?state=open")["items"]
    lines = _get(client, cast.buyer, f"/match-proposals/{proposal['id']}/lines")
    assert sum(one["quantity"] for one in lines["items"]) == 25_000
    assert lines["items"][0]["explanation"]
    assert "reserve" not in str(lines)
    _post(client, cast.buyer, f"/match-proposals/{proposal['id']}/accept", {})
    done = _post(client, cast.everything, f"/match-proposals/{proposal['id']}/accept", {})
    assert done["state"] == "sold"
    refused = _post(client, cast.buyer, f"/match-proposals/{proposal['id']}/refuse", {"reason": "Tarde"}, 409)
    assert refused["code"] == "proposal_closed"


def test_lots_are_taken_back(client: FlaskClient, session: Session, cast: Cast, now: datetime) -> None:
    ids = [str(one) for one in offered(session, now, 2)]
    assert _post(client, cast.seller, "/match-offers/withdraw", {"lot_ids": ids}) == {"withdrawn": 2}
    _post(client, cast.clerk, "/match-offers/withdraw", {"lot_ids": ids}, 403)


def test_freight_by_both_sides(client: FlaskClient, cast: Cast) -> None:
    body = {
        "id": str(new_id()),
        "partner_id": str(cast.mill.id),
        "minor_per_unit": 150,
        "valid_from": "2026-03-01",
    }
    assert _post(client, cast.seller, "/freight", body, 201)["currency"] == "PEN"
    assert _post(client, cast.seller, "/freight", body, 200)["minor_per_unit"] == 150
    assert _get(client, cast.buyer, "/freight")["total"] == 1
    assert _get(client, cast.rival_buyer, "/freight")["total"] == 0
    _get(client, cast.clerk, "/freight", 404)
    _post(client, cast.clerk, "/freight", body | {"id": str(new_id())}, 403)


def test_others_find_nothing(client: FlaskClient, session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    found = one_proposal(session, now)
    for person in (cast.rival_buyer, cast.outsider):
        _get(client, person, f"/match-proposals/{found.id}", 404)
        _get(client, person, f"/match-proposals/{found.id}/lines", 404)
        _post(client, person, f"/match-proposals/{found.id}/accept", {}, 404)
        assert _get(client, person, "/match-proposals")["total"] == 0
    _get(client, cast.outsider, f"/match-runs/{found.run_id}", 404)
    _get(client, cast.buyer, f"/match-runs/{found.run_id}", 403)


def test_a_pool(client: FlaskClient, session: Session, cast: Cast, now: datetime) -> None:
    add_association(session)
    body = {"id": str(new_id()), "title": "Fibra del sur", "members": [SECOND.code]}
    made = _post(client, cast.seller, "/match-pools", body, 201)
    assert (made["joined"], made["own_state"]) == (1, "joined")
    assert _post(client, cast.seller, "/match-pools", body, 200)["id"] == made["id"]
    assert _get(client, cast.seller, f"/match-pools/{made['id']}/part")["members"] == 1
    _get(client, cast.outsider, f"/match-pools/{made['id']}", 404)
    assert _post(client, cast.seller, f"/match-pools/{made['id']}/close", {})["state"] == "closed"
