"""The API around a registration: bags, corrections, photos, notes, goods not taken, weighings, route sheets."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.bags import Bag
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer
from tests.support.lots import fibre, make_lot, make_producer, milk
from tests.support.photos import picture
from tests.support.registration import make_container, make_route, make_tank

BASE = "/api/v1"


@pytest.fixture(autouse=True)
def _clock(set_clock: Any, now: datetime) -> None:
    set_clock(now)


def body(producer: UUID, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "producer_id": str(producer),
        "delivered_at": "2026-03-16T09:30:00-05:00",
        "attributes": {"micron": "22.4", "colour": "white"},
        **changes,
    }


def test_bags_come_in_and_are_shown(client: ChainClient, cast: Cast, session: Session, now: datetime) -> None:
    sack = make_container(session)
    sent = body(
        make_producer(session, now),
        bags=[
            {"gross_g": 20_000, "container_type_id": str(sack), "code": "A"},
            {"gross_g": 10_000, "tare_g": 300, "source": "device"},
        ],
    )
    answer = client.post(f"{BASE}/lots", json=sent, headers=bearer(cast.clerk))
    assert answer.status_code == 201
    assert (answer.get_json()["quantity"], answer.get_json()["bag_count"]) == (29_250, 2)
    assert client.post(f"{BASE}/lots", json=sent, headers=bearer(cast.clerk)).status_code == 200
    shown = client.get(f"{BASE}/lots/{sent['id']}", headers=bearer(cast.auditor)).get_json()
    assert [(one["net"], one["container"], one["source"]) for one in shown["bags"]] == [
        (19_550, "Saco de yute", "typed"),
        (9_700, None, "device"),
    ]


def test_wrong_bags_are_named_one_by_one_alone_and_in_a_batch(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    producer = make_producer(session, now)
    wrong = body(producer, bags=[{"gross_g": 100}, {"gross_g": 100, "tare_g": 200}])
    answer = client.post(f"{BASE}/lots", json=wrong, headers=bearer(cast.clerk))
    assert answer.status_code == 422
    assert "Envase 2" in answer.get_json()["errors"]["bags.1.tare_g"][0]
    malformed = body(producer, bags=[{"gross_g": "heavy"}])
    assert client.post(f"{BASE}/lots", json=malformed, headers=bearer(cast.clerk)).status_code == 422
    batch = {"items": [wrong, body(producer, bags=[{"gross_g": 9_000}]), malformed]}
    items = client.post(f"{BASE}/lots/batch", json=batch, headers=bearer(cast.clerk)).get_json()["items"]
    assert [one["status"] for one in items] == ["rejected", "stored", "rejected"]


def test_a_live_llama_has_no_class_and_is_confirmed_as_such(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    sent = body(
        make_producer(session, now),
        commodity="live-llama",
        gross_g=310_000,
        attributes={"heads": 3, "sex": "male", "age_class": "4D"},
    )
    made = client.post(f"{BASE}/lots", json=sent, headers=bearer(cast.clerk))
    assert (made.status_code, made.get_json()["grade_scheme"], made.get_json()["grade_key"]) == (
        201,
        None,
        None,
    )
    done = client.post(f"{BASE}/lots/{sent['id']}/grade", json={}, headers=bearer(cast.grader))
    assert (done.status_code, done.get_json()["state"]) == (200, "graded")
    assert client.get(f"{BASE}/lots?commodity=live-llama", headers=bearer(cast.clerk)).get_json()["items"]


def test_a_correction_answers_with_both_versions(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    producer = make_producer(session, now)
    lot = make_lot(session, now, fibre(producer, now))
    url = f"{BASE}/lots/{lot.id}/correct"
    sent = {"reason": "Otra tara", "delivery": body(producer, gross_g=13_000, tare_g=800)}
    answer = client.post(url, json=sent, headers=bearer(cast.clerk))
    assert answer.status_code == 201
    assert (answer.get_json()["old"]["state"], answer.get_json()["new"]["replaces_id"]) == (
        "cancelled",
        str(lot.id),
    )
    changed = {one["field"]: (one["before"], one["after"]) for one in answer.get_json()["changes"]}
    assert changed["tare_g"] == (500, 800)
    assert client.post(url, json=sent, headers=bearer(cast.clerk)).status_code == 200
    other = {**sent, "delivery": body(producer, gross_g=13_000, tare_g=900)}
    refused = client.post(url, json=other, headers=bearer(cast.clerk))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "already_corrected")
    shown = client.get(f"{BASE}/lots/{lot.id}", headers=bearer(cast.clerk)).get_json()
    assert shown["replaced_by_id"] == answer.get_json()["new"]["id"]
    assert client.post(url, json=sent, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(url, json=sent, headers=bearer(cast.grader)).status_code == 403


def test_a_photo_is_put_listed_and_given_with_its_type(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    url = f"{BASE}/lots/{lot.id}/photos/{new_id()}"
    content = picture(3000, 1000)
    for _ in range(2):
        put = client.put(
            f"{url}?caption=Saco", data=content, content_type="image/jpeg", headers=bearer(cast.clerk)
        )
        assert (put.status_code, put.get_json()["caption"]) == (200, "Saco")
    got = client.get(url, headers=bearer(cast.auditor))
    assert (got.mimetype, got.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert len(client.get(f"{BASE}/lots/{lot.id}/photos", headers=bearer(cast.clerk)).get_json()) == 1
    assert client.get(url, headers=bearer(cast.outsider)).status_code == 404
    assert client.get(url).status_code == 401
    other = f"{BASE}/lots/{lot.id}/photos/{new_id()}"
    html = client.put(other, data=b"<html>", content_type="image/png", headers=bearer(cast.clerk))
    assert (html.status_code, html.get_json()["code"]) == (422, "not_a_photo")
    assert (
        client.put(other, data=content, content_type="text/html", headers=bearer(cast.clerk)).status_code
        == 415
    )


def test_a_note_is_printed_read_aloud_and_given_as_pdf(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    url = f"{BASE}/lots/{lot.id}/note"
    assert client.get(url, headers=bearer(cast.clerk)).status_code == 404
    sent = {"id": str(new_id()), "paper": "w80"}
    for _ in range(2):
        printed = client.post(f"{url}/prints", json=sent, headers=bearer(cast.clerk))
        assert (printed.status_code, printed.get_json()["copy_number"]) == (201, 0)
    shown = client.get(url, headers=bearer(cast.auditor)).get_json()
    assert shown["content"]["number"] == lot.number
    assert shown["check_code"].replace(" ", "").lower() == shown["content_hash"][:16]
    assert "doce kilos y medio" in shown["sentences"][0]
    assert len(shown["prints"]) == 1
    pdf = client.get(f"{url}.pdf", headers=bearer(cast.auditor))
    assert (pdf.mimetype, pdf.data[:5]) == ("application/pdf", b"%PDF-")
    assert client.get(url, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(f"{url}/prints", json=sent, headers=bearer(cast.auditor)).status_code == 403


def test_goods_not_taken_are_recorded_listed_and_collected(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    sent = {
        "id": str(new_id()),
        "producer_id": str(make_producer(session, now)),
        "commodity": "raw-milk",
        "quantity": 20_000,
        "cause": "alcohol",
        "disposition": "to_collect",
        "collect_by": "2026-03-18",
    }
    for _ in range(2):
        made = client.post(f"{BASE}/rejections", json=sent, headers=bearer(cast.clerk))
        assert (made.status_code, made.get_json()["unit"]) == (201, "ml")
    found = client.get(f"{BASE}/rejections?disposition=to_collect", headers=bearer(cast.auditor)).get_json()
    assert [one["id"] for one in found["items"]] == [sent["id"]]
    url = f"{BASE}/rejections/{sent['id']}"
    photo = client.put(
        f"{url}/photo", data=picture(20, 20, "PNG"), content_type="image/png", headers=bearer(cast.clerk)
    )
    assert photo.status_code == 200
    assert client.get(f"{url}/photo", headers=bearer(cast.clerk)).mimetype == "image/jpeg"
    closed = client.post(f"{url}/close", json={"disposition": "collected"}, headers=bearer(cast.clerk))
    assert closed.get_json()["collected_at"] is not None
    assert client.get(url, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(f"{BASE}/rejections", json=sent, headers=bearer(cast.auditor)).status_code == 403
    assert client.get(f"{BASE}/rejections/repeated", headers=bearer(cast.clerk)).get_json() == []


def test_a_weighing_goes_on_over_several_calls(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    sent = {"id": str(new_id()), "producer_id": str(make_producer(session, now)), "commodity": "alpaca-fibre"}
    assert client.post(f"{BASE}/weighings", json=sent, headers=bearer(cast.clerk)).status_code == 201
    url = f"{BASE}/weighings/{sent['id']}"
    for person, gross in ((cast.clerk, 20_000), (cast.second_clerk, 10_000)):
        bag = {"id": str(new_id()), "gross_g": gross, "tare_g": 500}
        added = client.post(f"{url}/bags", json=bag, headers=bearer(person))
    assert (added.status_code, added.get_json()["net"]) == (201, 29_000)
    assert [one["net"] for one in client.get(f"{BASE}/weighings", headers=bearer(cast.clerk)).get_json()] == [
        29_000
    ]
    close = {"delivered_at": "2026-03-16T09:30:00-05:00", "attributes": {"micron": "22.4"}}
    made = client.post(f"{url}/close", json=close, headers=bearer(cast.clerk))
    assert (made.status_code, made.get_json()["id"], made.get_json()["quantity"]) == (201, sent["id"], 29_000)
    assert client.post(f"{url}/close", json=close, headers=bearer(cast.clerk)).status_code == 200
    refused = client.post(f"{url}/discard", json={"reason": "nada"}, headers=bearer(cast.clerk))
    assert (refused.status_code, refused.get_json()["code"]) == (409, "weighing_closed")
    assert client.get(url, headers=bearer(cast.outsider)).status_code == 404


def test_a_route_sheet_flags_late_and_warm_cans(
    client: ChainClient, cast: Cast, session: Session, now: datetime
) -> None:
    route, producer = make_route(session, due_minutes=9 * 60), make_producer(session, now)
    make_tank(session, max_temperature_tenths=100)
    early = datetime.fromisoformat("2026-03-16T08:30:00-05:00")
    late = datetime.fromisoformat("2026-03-16T09:30:00-05:00")
    cans = (Bag(volume_ml=20_000, code="12"), Bag(volume_ml=3_000, code="13"))
    make_lot(
        session,
        now,
        milk(producer, early, quantity=None, bags=cans, route_id=route, attributes={"temperature_c": "9"}),
    )
    make_lot(
        session,
        now,
        milk(producer, late, quantity=7_000, route_id=route, attributes={"temperature_c": "12.5"}),
    )
    make_lot(session, now, milk(producer, late))
    url = f"{BASE}/route-sheets/{route}?day=2026-03-16"
    sheet = client.get(url, headers=bearer(cast.auditor)).get_json()
    assert [(one["code"], one["quantity"], one["is_late"], one["is_warm"]) for one in sheet["cans"]] == [
        ("12", 20_000, False, False),
        ("13", 3_000, False, False),
        (None, 7_000, True, True),
    ]
    assert (sheet["totals"], sheet["flagged"]) == ({"ml": 30_000}, 1)
    assert client.get(url, headers=bearer(cast.outsider)).status_code == 404
