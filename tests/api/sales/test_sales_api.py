"""Awards, sales, findings, endings, rule and terms as resources."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from tests.support.cast import Cast, bearer
from tests.support.market import make_award, make_sale
from tests.support.selling import arrive, award_of, lots_of, rule, send, terms


def test_two_officers_confirm_through_the_api(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    rule(session)
    award = award_of(session, make_award(session, now))
    award_id = award.id
    set_clock(award.made_at)  # type: ignore[operator]
    headers = bearer(cast.everything)
    listed = client.get("/api/v1/awards?state=waiting", headers=headers).get_json()
    assert [one["id"] for one in listed["items"]] == [str(award_id)]
    assert client.get(f"/api/v1/awards/{award_id}/lots", headers=headers).get_json()["total"] == 3
    first = client.post(f"/api/v1/awards/{award_id}/confirm", headers=headers)
    assert (first.status_code, first.get_json()["state"]) == (200, "waiting")
    assert client.post(f"/api/v1/awards/{award_id}/confirm", headers=bearer(cast.seller)).status_code == 403
    declined = client.post(
        f"/api/v1/awards/{award_id}/decline", headers=bearer(cast.seller), json={"reason": "Precio bajo"}
    )
    assert declined.get_json()["state"] == "declined"
    assert client.get(f"/api/v1/awards/{award_id}", headers=bearer(cast.buyer)).status_code == 200
    assert client.get(f"/api/v1/awards/{award_id}", headers=bearer(cast.rival_buyer)).status_code == 404


def test_a_sale_tells_what_is_due(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    terms(session, now, class_prices={"baby": 9_000})
    sale = make_sale(session, now)
    sale_id, lots = sale.id, lots_of(session, sale)
    load = send(session, now, sale, lots)
    arrive(session, now, load, {lot: 10_000 * place for place, lot in enumerate(lots, 1)})
    set_clock(now)  # type: ignore[operator]
    path = f"/api/v1/sales/{sale_id}"
    wanted = {"id": str(new_id()), "found_key": "baby", "reason": "OFDA"}
    answers = [
        client.post(f"{path}/lots/{lots[1]}/findings", json=wanted, headers=bearer(cast.buyer))
        for _ in range(2)
    ]
    assert [one.status_code for one in answers] == [201, 200]
    claim = answers[0].get_json()
    assert (claim["state"], claim["amount_minor"]) == ("open", -60_000)
    done = client.post(
        f"/api/v1/sale-claims/{claim['id']}/answer", json={"accept": True}, headers=bearer(cast.everything)
    )
    assert done.get_json()["state"] == "accepted"
    due = client.get(f"{path}/due", headers=bearer(cast.buyer)).get_json()
    assert (due["agreed_minor"], due["change_minor"], due["due_minor"]) == (720_000, -60_000, 660_000)
    assert (due["fulfilment"], due["accepted"]) == ("delivered", 60_000)
    assert [one["kind"] for one in due["adjustments"]] == ["class"]
    contract = client.get(f"{path}/contract", headers=bearer(cast.buyer)).get_json()
    assert contract["content"]["proceeds_minor"] == 720_000
    (listed,) = client.get("/api/v1/sales", headers=bearer(cast.buyer)).get_json()["items"]
    assert (listed["fulfilment"], listed["method"]) == ("delivered", "tender")
    for part in ("", "/due", "/contract", "/lots"):
        assert client.get(f"{path}{part}", headers=bearer(cast.outsider)).status_code == 404


def test_a_sale_is_cancelled_by_both_sides(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    sale_id = make_sale(session, now).id
    set_clock(now)  # type: ignore[operator]
    wanted = {"id": str(new_id()), "reason": "Planta parada"}
    path = f"/api/v1/sales/{sale_id}"
    codes = [
        client.post(f"{path}/cancellation", json=wanted, headers=bearer(cast.buyer)).status_code
        for _ in range(2)
    ]
    assert codes == [201, 200]
    early = client.post(
        f"{path}/default", json={"id": str(new_id()), "reason": "x"}, headers=bearer(cast.everything)
    )
    assert (early.status_code, early.get_json()["code"]) == (409, "too_early_to_default")
    answer = client.post(
        f"/api/v1/sale-endings/{wanted['id']}/answer", json={"accept": True}, headers=bearer(cast.everything)
    ).get_json()
    assert (answer["state"], answer["consequences"]["lots"]) == ("done", 3)
    records = client.get("/api/v1/buyer-records", headers=bearer(cast.buyer)).get_json()
    assert [(one["sales"], one["cancelled"], one["median_days"]) for one in records["items"]] == [
        (1, 1, None)
    ]


def test_rule_and_terms_are_read_and_set(client: FlaskClient, cast: Cast) -> None:
    wanted = {"confirmations_needed": 2, "confirm_hours": 24, "silence": "accepted"}
    assert client.put("/api/v1/market/rule", json=wanted, headers=bearer(cast.seller)).status_code == 403
    assert client.put("/api/v1/market/rule", json=wanted, headers=bearer(cast.admin)).get_json() == wanted
    assert client.get("/api/v1/market/rule", headers=bearer(cast.seller)).get_json() == wanted
    period = {"first": "2026-04-01", "last": "2026-04-30", "least": 1_000, "most": 5_000}
    sent = {
        "payment_days": 9,
        "periods": [period],
        "rates": {"USD": {"millionths": 3_745_000, "on": "2026-03-16", "source": "BCRP"}},
    }
    kept = client.put("/api/v1/market/terms", json=sent, headers=bearer(cast.seller)).get_json()
    assert (kept["payment_days"], kept["periods"], kept["freight"]) == (9, [period], "buyer")
    assert client.get("/api/v1/market/terms", headers=bearer(cast.seller)).get_json() == kept
    twice = client.put(
        "/api/v1/market/terms", json={"periods": [period, period]}, headers=bearer(cast.seller)
    )
    assert (twice.status_code, twice.get_json()["code"]) == (422, "validation_failed")
