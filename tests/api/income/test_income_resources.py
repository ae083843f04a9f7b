from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.producers.models import Producer
from tests.support.cast import Cast, bearer
from tests.support.income import Paid, pay_period
from tests.support.lots import make_producer

BASELINE = {
    "commodity": "alpaca-fibre",
    "season": 2025,
    "price_minor_per_unit": 4169,
    "source": "Boletín de precios",
    "method": "Precio medio de tres acopiadores",
    "strength": "published",
}
ROW = {
    "season": 2023,
    "commodity": "alpaca-fibre",
    "quantity": 100_000,
    "gross_minor": 230_000,
    "source": "Libro de caja",
}


def test_a_baseline_is_set_once_and_the_gain_follows(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 143_750, 646_875, fee_minor=12_938)])
    sent = BASELINE | {"id": str(new_id())}
    made = client.post("/api/v1/baselines", json=sent, headers=bearer(cast.accountant))
    assert (made.status_code, made.get_json()["currency"]) == (201, "PEN")
    again = client.post("/api/v1/baselines", json=sent, headers=bearer(cast.accountant))
    assert (again.status_code, again.get_json()) == (200, made.get_json())
    other = client.post(
        "/api/v1/baselines", json=sent | {"price_minor_per_unit": 1}, headers=bearer(cast.accountant)
    )
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_conflict")
    listed = client.get("/api/v1/baselines", headers=bearer(cast.auditor)).get_json()
    assert [one["id"] for one in listed["items"]] == [sent["id"]]
    one = client.get(f"/api/v1/baselines/{sent['id']}", headers=bearer(cast.auditor)).get_json()
    assert one["source"] == "Boletín de precios"
    (season,) = client.get("/api/v1/income", headers=bearer(cast.treasurer)).get_json()["items"]
    assert season["total"]["gain_minor"] == 646_875 - 599_294
    assert season["by_sex"]["female"]["producers"] == 1


def test_the_passbook_is_one_thing_for_staff_and_for_the_producer(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 143_750, 646_875, fee_minor=12_938)])
    session.get_one(Producer, rosa).user_id = cast.producer.id
    staff = client.get(f"/api/v1/income/producers/{rosa}", headers=bearer(cast.treasurer)).get_json()
    own = client.get("/api/v1/income/me", headers=bearer(cast.producer)).get_json()
    assert staff == own
    (season,) = own["seasons"]
    assert season["season"] == 2025
    assert season["net_minor"] == {"PEN": 633_937}
    assert season["rows"][0]["gain_minor"] is None
    assert season["payments"][0]["receipt_number"] == "R001-00000001"
    assert season["deductions"] == [
        {"kind": "fee", "label": "Cuota de la asociación", "currency": "PEN", "amount_minor": 12_938}
    ]


def test_outsiders_and_those_without_the_permission_get_nothing(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 1000, 4500)])
    path = f"/api/v1/income/producers/{rosa}"
    assert client.get(path, headers=bearer(cast.outsider)).status_code == 404
    assert client.get(path, headers=bearer(cast.producer)).status_code == 403
    assert client.get(path).status_code == 401
    assert client.get("/api/v1/income", headers=bearer(cast.outsider)).get_json()["items"] == []
    assert client.get("/api/v1/income/me", headers=bearer(cast.producer)).status_code == 404
    assert client.get("/api/v1/income/me", headers=bearer(cast.treasurer)).status_code == 403


def test_earlier_seasons_come_in_a_batch_with_one_result_each(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    items = [ROW | {"producer_id": str(rosa)}, ROW | {"member_code": "NOBODY"}]
    answer = client.post("/api/v1/income/earlier", json={"items": items}, headers=bearer(cast.accountant))
    assert answer.status_code == 200
    first, second = answer.get_json()["items"]
    assert first == {"status": "stored", "errors": {}}
    assert second["status"] == "rejected"
    assert second["errors"] == {"member_code": ["Ningún socio tiene este código o identificador."]}
    changed = [items[0] | {"gross_minor": 1}]
    again = client.post("/api/v1/income/earlier", json={"items": changed}, headers=bearer(cast.accountant))
    assert again.get_json()["items"][0]["status"] == "conflict"
    refused = client.post("/api/v1/income/earlier", json={"items": items}, headers=bearer(cast.clerk))
    assert refused.status_code == 403


def test_a_row_out_of_bounds_is_a_bad_request_as_a_whole(client: FlaskClient, cast: Cast) -> None:
    answer = client.post(
        "/api/v1/income/earlier",
        json={"items": [ROW | {"member_code": "A", "quantity": -1}]},
        headers=bearer(cast.accountant),
    )
    assert (answer.status_code, answer.get_json()["code"]) == (422, "validation_failed")


def test_the_producers_of_a_season_are_listed_in_pages(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    people = [make_producer(session, now, name=f"Socia {name}") for name in ("Ana", "Eva", "Inés")]
    pay_period(session, [Paid(one, 1000, 4500 + at) for at, one in enumerate(people)])
    path = "/api/v1/income/producers?season=2025&page_size=2&sort=-net"
    page = client.get(path, headers=bearer(cast.treasurer)).get_json()
    assert [one["full_name"] for one in page["items"]] == ["Socia Inés", "Socia Eva"]
    assert page["total"] == 3
    wrong = client.get("/api/v1/income/producers?season=2025&sort=height", headers=bearer(cast.treasurer))
    assert wrong.status_code == 422
