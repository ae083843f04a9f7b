from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.genealogy import make_site
from tests.support.lots import fibre, make_lot, make_producer

URL = "/api/v1/genealogy"


@pytest.fixture(autouse=True)
def _clock(set_clock: Any, now: datetime) -> None:
    set_clock(now)


@pytest.fixture
def lots(session: Session, now: datetime) -> list[Lot]:
    rosa, juan = (make_producer(session, now, name=name) for name in ("Rosa Quispe", "Juan Mamani"))
    return [make_lot(session, now, fibre(producer, now)) for producer in (rosa, juan)]


def head(now: datetime, **values: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "happened_at": now.isoformat(), **values}


def merging(lots: list[Lot], now: datetime, **values: Any) -> dict[str, Any]:
    return head(now, lot_ids=[str(lot.id) for lot in lots], output_id=str(new_id()), **values)


def test_a_merge_answers_201_then_200_then_409_with_other_content(
    client: ChainClient, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    sent = merging(lots, now)
    first = client.post(f"{URL}/merges", json=sent, headers=bearer(cast.clerk))
    assert first.status_code == 201, first.get_json()
    assert (first.get_json()["kind"], first.get_json()["input_total"], first.get_json()["output_total"]) == (
        "merge",
        25_000,
        25_000,
    )
    again = client.post(
        f"{URL}/merges", json={**sent, "lot_ids": sent["lot_ids"][::-1]}, headers=bearer(cast.clerk)
    )
    assert (again.status_code, again.get_json()) == (200, first.get_json())
    other = client.post(f"{URL}/merges", json={**sent, "label": "otro"}, headers=bearer(cast.clerk))
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_conflict")


def test_shares_trace_and_recall_of_a_merged_lot(
    client: ChainClient, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    sent = merging(lots, now)
    client.post(f"{URL}/merges", json=sent, headers=bearer(cast.clerk))
    lot = f"{URL}/lots/{sent['output_id']}"
    shares = client.get(f"{lot}/shares", headers=bearer(cast.auditor)).get_json()
    assert [one["quantity"] for one in shares["items"]] == [12_500, 12_500]
    back = client.get(f"{lot}/trace", headers=bearer(cast.auditor)).get_json()
    assert {one["number"]: one["depth"] for one in back["nodes"]} == {
        "CC01-000001": 1,
        "CC01-000002": 1,
        "CC01-000003": 0,
    }
    assert sorted(edge["role"] for edge in back["edges"]) == ["input", "input", "output"]
    forward = client.get(
        f"{URL}/lots/{lots[0].id}/trace?direction=forward", headers=bearer(cast.auditor)
    ).get_json()
    assert [one["number"] for one in forward["nodes"]] == ["CC01-000001", "CC01-000003"]
    found = client.get(f"{URL}/lots/{lots[0].id}/recall", headers=bearer(cast.auditor)).get_json()
    assert [(one["producer_name"], one["quantity"]) for one in found["delivered_by"]] == [
        ("Rosa Quispe", 12_500)
    ]
    assert len(found["lots"]) == 2
    assert found["received_by"] == []
    events = client.get(f"{lot}/events", headers=bearer(cast.auditor)).get_json()
    assert [one["kind"] for one in events] == ["merge"]
    lines = client.get(f"{URL}/events/{sent['id']}/lines", headers=bearer(cast.auditor)).get_json()
    assert [(one["role"], one["balance"]) for one in lines["items"]] == [
        ("input", 12_500),
        ("input", 12_500),
        ("output", 25_000),
    ]


def test_every_kind_of_event_over_the_api(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    def send(path: str, **values: Any) -> dict[str, Any]:
        answer = client.post(f"{URL}/{path}", json=head(now, **values), headers=bearer(cast.clerk))
        assert answer.status_code == 201, answer.get_json()
        found: dict[str, Any] = answer.get_json()
        return found

    site = make_site(session, "A1")
    ids = [str(new_id()) for _ in range(12)]
    first, second = (str(lot.id) for lot in lots)
    owner = str(lots[0].producer_id)
    parts = [{"id": ids[0], "quantity": 12_000}, {"id": ids[1], "quantity": 500}]
    assert send("splits", lot_id=first, parts=parts)["kind"] == "split"
    classes = [{"id": ids[2], "quantity": 11_000, "class_key": "baby", "colour": "white"}]
    lost = [{"cause": "dust", "quantity": 1_000}]
    assert send("sorts", lot_id=ids[0], parts=classes, losses=lost)["loss_total"] == 1_000
    made = [{"id": ids[3], "commodity": "scoured-fibre", "quantity": 10_000}]
    run = send("processes", process="scour", lot_ids=[ids[2]], outputs=made, losses=lost)
    assert (run["process"], run["balance_unit"]) == ("scour", "g")
    assert send("transfers", lot_ids=[ids[3], second], to_site_id=str(site.id))["site_id"] == str(site.id)
    back = send("take-backs", lot_id=ids[3], producer_id=owner, quantity=4_000, remainder_id=ids[4])
    assert back["taken_total"] == 4_000
    assert send("losses", lot_id=ids[1], quantity=500, cause="moisture")["output_total"] == 0
    up = send("gains", lot_id=ids[4], quantity=10, cause="weighing", output_id=ids[5])
    undone = send(f"events/{up['id']}/undo", reason="pesado dos veces")
    assert (undone["kind"], undone["reverses_id"]) == ("undo", up["id"])
    listed = client.get(f"{URL}/events?kind=gain", headers=bearer(cast.auditor)).get_json()
    assert [one["reversed_by_id"] for one in listed["items"]] == [undone["id"]]


def test_refusals_name_their_field(client: ChainClient, cast: Cast, now: datetime, lots: list[Lot]) -> None:
    bad = head(now, lot_id=str(lots[0].id), parts=[{"id": str(new_id()), "quantity": 12_000}])
    answer = client.post(f"{URL}/splits", json=bad, headers=bearer(cast.clerk))
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["parts"])
    bad["parts"].append({"id": str(new_id()), "quantity": 100})
    answer = client.post(f"{URL}/splits", json=bad, headers=bearer(cast.clerk))
    assert (answer.status_code, answer.get_json()["code"]) == (422, "not_conserved")
    assert "0.4 kg" in answer.get_json()["message"]


def test_a_stranger_finds_nothing_and_an_auditor_changes_nothing(
    client: ChainClient, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    sent = merging(lots, now)
    assert client.post(f"{URL}/merges", json=sent, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(f"{URL}/merges", json=sent, headers=bearer(cast.auditor)).status_code == 403
    assert client.post(f"{URL}/merges", json=sent, headers=bearer(cast.clerk)).status_code == 201
    paths = [f"lots/{sent['output_id']}/{one}" for one in ("shares", "trace", "recall", "events")]
    for path in [*paths, f"events/{sent['id']}", f"events/{sent['id']}/lines", f"lots/{uuid4()}/trace"]:
        assert client.get(f"{URL}/{path}", headers=bearer(cast.outsider)).status_code == 404, path
    undo = head(now, reason="por error")
    stranger = client.post(f"{URL}/events/{sent['id']}/undo", json=undo, headers=bearer(cast.outsider))
    assert stranger.status_code == 404
    stolen = client.post(f"{URL}/merges", json=sent, headers=bearer(cast.outsider))
    assert (stolen.status_code, stolen.get_json()["code"]) == (409, "idempotency_conflict")


def test_recipes_are_copied_from_examples_replaced_and_archived(client: ChainClient, cast: Cast) -> None:
    examples = client.get(f"{URL}/recipes/examples", headers=bearer(cast.grader)).get_json()["items"]
    sent = {key: value for key, value in examples[0].items() if key != "key"} | {"id": str(new_id())}
    first = client.post(f"{URL}/recipes", json=sent, headers=bearer(cast.grader))
    assert (first.status_code, first.get_json()["strength"]) == (201, "unconfirmed")
    assert client.post(f"{URL}/recipes", json=sent, headers=bearer(cast.grader)).status_code == 200
    assert client.post(f"{URL}/recipes", json=sent, headers=bearer(cast.clerk)).status_code == 403
    newer = {**sent, "id": str(new_id()), "name": "Faeneo propio", "replaces_id": sent["id"]}
    assert client.post(f"{URL}/recipes", json=newer, headers=bearer(cast.grader)).status_code == 201
    listed = client.get(f"{URL}/recipes", headers=bearer(cast.clerk)).get_json()
    assert [one["id"] for one in listed["items"]] == [newer["id"]]
    every = client.get(f"{URL}/recipes?with_archived=true", headers=bearer(cast.clerk)).get_json()
    assert every["total"] == 2
    done = client.post(f"{URL}/recipes/{newer['id']}/archive", headers=bearer(cast.grader))
    assert done.get_json()["archived_at"] is not None
    assert client.get(f"{URL}/recipes/{newer['id']}", headers=bearer(cast.outsider)).status_code == 404


def test_a_merged_lot_tells_what_it_is_a_mixture_of(
    client: ChainClient, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    sent = merging(lots, now, label="Fardo 12")
    client.post(f"{URL}/merges", json=sent, headers=bearer(cast.clerk))
    made = client.get(f"/api/v1/lots/{sent['output_id']}", headers=bearer(cast.clerk)).get_json()
    assert (made["origin"], made["label"], made["is_held"], made["used_by_event_id"]) == (
        "derived",
        "Fardo 12",
        False,
        None,
    )
    assert sum(one["quantity"] for one in made["mix"]["class"]) == made["quantity"] == 25_000
    used = client.get(f"/api/v1/lots/{lots[0].id}", headers=bearer(cast.clerk)).get_json()
    assert (used["origin"], used["mix"], used["used_by_event_id"]) == ("delivery", None, sent["id"])
