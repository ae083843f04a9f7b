from datetime import datetime
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.producers.models import Producer
from tests.support.cast import Cast, Person, bearer
from tests.support.laboratory import OFDA_COLUMNS, file_with, graded_lot, sampled_lots
from tests.support.lots import fibre, make_lot, make_producer

URL = "/api/v1/laboratory"


@pytest.fixture
def lot(session: Session, now: datetime) -> Lot:
    return make_lot(session, now, fibre(make_producer(session, now), now))


def post(client: FlaskClient, person: Person, path: str, **body: Any) -> Any:
    return client.post(f"{URL}{path}", json=body, headers=bearer(person))


def get(client: FlaskClient, person: Person, path: str) -> Any:
    return client.get(f"{URL}{path}", headers=bearer(person))


def micron(now: datetime, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "attribute": "micron",
        "value": "18.9",
        "method": "laboratory",
        "measured_at": now.isoformat(),
        **changes,
    }


def test_from_the_sample_to_the_class(client: FlaskClient, cast: Cast, now: datetime, lot: Lot) -> None:
    lot_id = str(lot.id)
    wanted = {"id": str(new_id()), "lot_id": lot_id, "mass_g": 60}
    sample = post(client, cast.clerk, "/samples", **wanted)
    assert (sample.status_code, sample.json["lot_id"]) == (201, None)
    assert post(client, cast.clerk, "/samples", **wanted).status_code == 200
    assert post(client, cast.clerk, "/samples", **(wanted | {"mass_g": 61})).status_code == 409
    code = sample.json["code"]
    made = post(client, cast.grader, "/measurements", **micron(now, sample_code=code, uncertainty="0.4"))
    assert (made.status_code, made.json["lot_id"], made.json["value"]) == (201, None, "18.9")
    assert lot_id not in made.text
    assert lot_id not in get(client, cast.grader, f"/samples/{code}/measurements").text
    listed = get(client, cast.auditor, f"/measurements?lot_id={lot_id}").json
    assert [(one["value"], one["counts"]) for one in listed["items"]] == [("18.9", False)]
    chosen = post(
        client,
        cast.grader,
        "/choices",
        id=str(new_id()),
        lot_id=lot_id,
        attribute="micron",
        measurement_id=made.json["id"],
        reason="Informe",
    )
    assert (chosen.status_code, chosen.json["measured"]) == (200, {"micron": "18.9"})
    unsealed = post(client, cast.clerk, f"/samples/{code}/unseal")
    assert unsealed.json["lot_id"] == lot_id
    assert get(client, cast.outsider, f"/samples/{code}").status_code == 404


def test_instruments_and_their_files(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    terms = {"name": "OFDA 2000", "kind": "ofda", "method": "instrument", "uncertainties": {"micron": "0.4"}}
    made = post(client, cast.grader, "/instruments", id=str(new_id()), **terms)
    assert (made.status_code, made.json is None) == (201, False)
    path = f"/instruments/{made.json['id']}"
    columns = [
        {"place": one.place, "title": one.title, "meaning": one.meaning, "unit": one.unit, "basis": one.basis}
        for one in OFDA_COLUMNS
    ]
    mapping = {"header_row": 6, "decimal": ".", "columns": columns}
    kept: Any = client.put(f"{URL}{path}/mapping", json=mapping, headers=bearer(cast.grader))
    assert (kept.status_code, kept.json["mapping"]["header_row"]) == (200, 6)
    codes = [code for _, code in sampled_lots(session, now, 3)]
    content = file_with("ofda-synthetic.csv", codes)

    def send(content: bytes, person: Person = cast.clerk, **form: str) -> Any:
        data = {"file": (BytesIO(content), "ofda.csv"), **form}
        return client.post(f"{URL}{path}/import", data=data, headers=bearer(person))

    assert send(content, dry_run="true").json["new"] == 18
    first = send(content)
    assert (first.status_code, first.json["new"], first.json["outcome"]) == (201, 18, "stored")
    assert send(content).json["duplicates"] == 18
    bad = send(content + b"XXXXXXX,,20,,,,,,\n")
    assert (bad.status_code, bad.json["code"], bad.json["bad"]) == (422, "measurement_rows_refused", 1)
    assert send(content, cast.outsider).status_code == 404
    assert send(content, cast.seller).status_code == 403
    assert get(client, cast.outsider, path).status_code == 404
    changed: Any = client.put(f"{URL}{path}", json=terms | {"name": "OFDA"}, headers=bearer(cast.grader))
    assert changed.json["name"] == "OFDA"
    assert post(client, cast.grader, f"{path}/archive").json["archived_at"]
    assert send(content).status_code == 409
    assert get(client, cast.clerk, "/instruments").json["total"] == 1


def test_a_figure_is_calculated_once(client: FlaskClient, cast: Cast, now: datetime, lot: Lot) -> None:
    post(
        client,
        cast.clerk,
        "/measurements",
        **micron(now, lot_id=str(lot.id), attribute="yield_pct", value="91"),
    )
    wanted = {"id": str(new_id()), "lot_id": str(lot.id), "formula": "clean_mass"}
    made = post(client, cast.clerk, "/calculations", **wanted)
    assert (made.status_code, made.json["value"], made.json["method"]) == (201, "11.375", "calculated")
    assert post(client, cast.clerk, "/calculations", **wanted).status_code == 200
    missing = post(client, cast.clerk, "/calculations", **(wanted | {"id": str(new_id()), "formula": "cv"}))
    assert (missing.status_code, set(missing.json["errors"])) == (422, {"formula"})


def test_a_second_opinion_from_asking_to_agreement(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    lot = graded_lot(session, now)
    wanted = {"id": str(new_id()), "lot_id": str(lot.id), "reason": "No conforme"}
    asked = post(client, cast.seller, "/opinions", **wanted)
    assert (asked.status_code, asked.json["state"]) == (201, "open")
    assert post(client, cast.seller, "/opinions", **wanted).status_code == 200
    assert post(client, cast.clerk, "/opinions", **(wanted | {"id": str(new_id())})).status_code == 409
    queue = get(client, cast.everything, "/blind")
    (row,) = queue.json["items"]
    assert set(row) == {"id", "sample_code", "commodity", "scheme", "edition", "deadline"}
    assert str(lot.id) not in queue.text
    assert get(client, cast.grader, "/blind").json["total"] == 0
    decision = {"key": "fleece", "note": "Cerda"}
    assert post(client, cast.grader, f"/blind/{row['id']}/decide", **decision).status_code == 403
    done = post(client, cast.everything, f"/blind/{row['id']}/decide", **decision)
    assert (done.status_code, done.json["found_key"]) == (200, "fleece")
    assert set(done.json) == {"id", "state", "found_key", "decided_at"}
    (listed,) = get(client, cast.clerk, "/opinions?state=decided").json["items"]
    assert (listed["previous_key"], listed["found_key"], listed["is_upheld"]) == ("baby", "fleece", False)
    figures = get(client, cast.auditor, "/agreement?days=30").json
    assert [(one["kind"], one["n"], one["equal"]) for one in figures["rows"]] == [
        ("blind", 1, 0),
        ("confirmation", 1, 1),
    ]
    assert get(client, cast.outsider, "/agreement").json["rows"] == []
    assert post(client, cast.seller, f"/opinions/{row['id']}/withdraw").status_code == 409


def test_a_producer_asks_through_the_api(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    lot = graded_lot(session, now)
    session.get_one(Producer, lot.producer_id).user_id = cast.producer.id
    session.flush()
    wanted = {"id": str(new_id()), "lot_id": str(lot.id), "reason": "Mi fibra es fina"}
    assert post(client, cast.producer, "/own-opinions", **wanted).status_code == 201
    assert post(client, cast.clerk, "/own-opinions", **wanted).status_code == 403
    assert post(client, cast.producer, "/opinions", **wanted).status_code == 403


def test_what_can_be_measured_and_calculated_is_listed(client: FlaskClient, cast: Cast) -> None:
    attributes = {one["key"]: one for one in get(client, cast.clerk, "/attributes").json}
    assert attributes["freezing_point_c"]["bases"] == ["celsius", "hortvet", "unknown"]
    assert attributes["density_g_ml"]["other_units"] == ["kg/m³"]
    formulas = {one["key"]: one for one in get(client, cast.clerk, "/formulas").json}
    assert formulas["spinning_fineness"]["strength"] == "unconfirmed"
    assert formulas["invoice_mass"]["agreed"] == ["regain"]


def test_the_days_are_set_and_read(client: FlaskClient, cast: Cast) -> None:
    assert get(client, cast.clerk, "/terms").json == {"ask_days": 10, "decide_days": 7}
    body = {"ask_days": 15, "decide_days": 5}
    assert client.put(f"{URL}/terms", json=body, headers=bearer(cast.grader)).json == body
    assert client.put(f"{URL}/terms", json=body, headers=bearer(cast.clerk)).status_code == 403
    assert (
        client.put(
            f"{URL}/terms", json={"ask_days": 0, "decide_days": 5}, headers=bearer(cast.grader)
        ).status_code
        == 422
    )
