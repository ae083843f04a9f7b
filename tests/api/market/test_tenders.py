"""The tender over JSON, from the offer to the sale; what each side may see of it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, bearer
from tests.support.market import DAY, add_graded_lots, make_bid, make_tender

Clock = Callable[[datetime], None]
URL = "/api/v1/tenders"


def _post(
    client: ChainClient, person: Person, url: str, body: dict[str, Any] | None = None, **headers: str
) -> Any:
    return client.post(url, json=body if body is not None else {}, headers={**bearer(person), **headers})


def _get(client: ChainClient, person: Person, url: str) -> Any:
    return client.get(url, headers=bearer(person))


def _body(session: Session, now: datetime) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "title": "Fibra de marzo",
        "lot_ids": [str(one) for one in add_graded_lots(session, now)],
        "reserve_minor_per_unit": 10_437,
        "closes_at": (now + DAY).isoformat(),
    }


def test_from_the_offer_to_the_sale(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    body = _body(session, now)
    url = f"{URL}/{body['id']}"
    assert _post(client, cast.seller, URL, body).status_code == 201
    assert _post(client, cast.seller, URL, body).status_code == 200
    assert _post(client, cast.seller, URL, body | {"title": "Otra"}).json["code"] == "idempotency_conflict"

    bid = {"id": str(new_id()), "price_minor_per_unit": 12_000}
    assert _post(client, cast.buyer, f"{url}/bids", bid).status_code == 201
    assert _post(client, cast.buyer, f"{url}/bids", bid).status_code == 200
    again = _post(client, cast.buyer, f"{url}/bids", bid | {"price_minor_per_unit": 13_000})
    assert (again.status_code, again.json["code"]) == (409, "idempotency_conflict")
    rival = _post(
        client, cast.rival_buyer, f"{url}/bids", {"id": str(new_id()), "price_minor_per_unit": 12_500}
    )
    assert rival.json["sequence"] is None
    for seen in (
        _get(client, cast.rival_buyer, f"{url}/bids").json["items"][0],
        _get(client, cast.rival_buyer, f"/api/v1/bids/{rival.json['id']}").json,
    ):
        assert (seen["price_minor_per_unit"], seen["sequence"]) == (12_500, None)

    assert _post(client, cast.seller, f"{url}/close").json["code"] == "tender_still_open"
    set_clock(now + DAY)
    late = _post(client, cast.buyer, f"{url}/bids", {"id": str(new_id()), "price_minor_per_unit": 14_000})
    assert (late.status_code, late.json["code"]) == (409, "tender_closed")
    closed = _post(client, cast.seller, f"{url}/close")
    assert (closed.json["state"], closed.json["winning_bid_id"]) == ("awarded", rival.json["id"])
    log = _get(client, cast.seller, f"{url}/bids").json
    assert [(line["sequence"], line["price_minor_per_unit"]) for line in log["items"]] == [
        (1, 12_000),
        (2, 12_500),
    ]

    assert _post(client, cast.seller, f"{url}/accept").json["code"] == "same_person"
    sale = _post(client, cast.everything, f"{url}/accept")
    assert (sale.status_code, sale.json["proceeds_minor"]) == (200, 750_000)
    assert sale.json["buyer_id"] == str(cast.rival_mill.id)
    lots = _get(client, cast.rival_buyer, f"/api/v1/sales/{sale.json['id']}/lots").json
    assert sum(lot["amount_minor"] for lot in lots["items"]) == 750_000
    assert {lot["producer_name"] for lot in lots["items"]} == {None}
    theirs = _get(client, cast.seller, f"/api/v1/sales/{sale.json['id']}/lots").json
    assert {lot["producer_name"] for lot in theirs["items"]} == {"Productora Número 001"}
    for person in (cast.buyer, cast.outsider):
        assert _get(client, person, f"/api/v1/sales/{sale.json['id']}").status_code == 404
        assert _get(client, person, "/api/v1/sales").json["total"] == 0


def test_no_answer_to_the_seller_holds_a_price_before_the_closing(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    tender = make_tender(session, now)
    bid_id = make_bid(session, now, tender, 12_347)
    for person in (cast.seller, cast.everything, cast.auditor):
        detail = _get(client, person, f"{URL}/{tender.id}")
        assert (detail.json["bidders"], detail.json["winning_bid_id"]) == (1, None)
        log = _get(client, person, f"{URL}/{tender.id}/bids")
        assert (log.status_code, log.json["code"]) == (409, "tender_sealed")
        assert _get(client, person, f"/api/v1/bids/{bid_id}").status_code == 404
        for answer in (detail, log, _get(client, person, URL)):
            assert "12347" not in answer.text


def test_a_buyer_sees_neither_reserve_nor_rivals(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    tender = make_tender(session, now, reserve_minor_per_unit=10_437)
    bid_id = make_bid(session, now, tender, 12_347)
    for answer in (
        _get(client, cast.rival_buyer, f"{URL}/{tender.id}"),
        _get(client, cast.rival_buyer, URL),
        _get(client, cast.rival_buyer, f"{URL}/{tender.id}/lots"),
        _get(client, cast.rival_buyer, f"{URL}/{tender.id}/bids"),
    ):
        assert answer.status_code == 200
        assert "10437" not in answer.text
        assert "12347" not in answer.text
    assert _get(client, cast.rival_buyer, f"{URL}/{tender.id}").json["bidders"] is None
    assert _get(client, cast.rival_buyer, f"/api/v1/bids/{bid_id}").status_code == 404
    own = _get(client, cast.buyer, f"/api/v1/bids/{bid_id}")
    assert own.json["price_minor_per_unit"] == 12_347


def test_an_outsider_finds_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    tender = make_tender(session, now)
    url = f"{URL}/{tender.id}"
    for path in (url, f"{url}/lots", f"{url}/bids"):
        for person in (cast.outsider, cast.clerk, cast.producer):
            assert _get(client, person, path).status_code == 404, path
    for step in ("close", "accept", "decline", "cancel"):
        assert _post(client, cast.outsider, f"{url}/{step}", {}).status_code == 404, step
    assert _get(client, cast.outsider, URL).json["total"] == 0


def test_the_header_is_the_key_of_a_bid(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    tender = make_tender(session, now)
    url, key = f"{URL}/{tender.id}/bids", {"Idempotency-Key": "pedido-7"}
    first = _post(client, cast.buyer, url, {"id": str(new_id()), "price_minor_per_unit": 12_000}, **key)
    again = _post(client, cast.buyer, url, {"id": str(new_id()), "price_minor_per_unit": 12_000}, **key)
    assert (first.status_code, again.status_code, again.json["id"]) == (201, 200, first.json["id"])


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"price_minor_per_unit": 12_000, "max_quantity": 1}, 422, "validation_failed"),
        ({"grid": [{"grade": "no/such/class", "price_minor_per_unit": 12_000}]}, 422, "validation_failed"),
        ({"price_minor_per_unit": 0}, 422, "price_out_of_bounds"),
        ({"price_minor_per_unit": 10**9}, 422, "price_out_of_bounds"),
        ({"price_minor_per_unit": "120.00"}, 422, "validation_failed"),
        ({"price_minor_per_unit": 12_000, "currency": "USD"}, 422, "wrong_currency"),
        ({"price_minor_per_unit": 12_000, "id": "no"}, 422, "validation_failed"),
        ({}, 422, "validation_failed"),
    ],
)
def test_bad_bids_are_refused_and_nothing_is_kept(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    set_clock: Clock,
    change: dict[str, Any],
    status: int,
    code: str,
) -> None:
    set_clock(now)
    tender = make_tender(session, now)
    answer = _post(client, cast.buyer, f"{URL}/{tender.id}/bids", {"id": str(new_id())} | change)
    assert (answer.status_code, answer.json["code"]) == (status, code)
    own = _get(client, cast.buyer, f"{URL}/{tender.id}/bids").json
    assert own["total"] == 0


def test_a_tender_with_bad_terms_names_every_field(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    body = _body(session, now) | {
        "reserve_minor_per_unit": 0,
        "closes_at": (now - timedelta(hours=1)).isoformat(),
    }
    answer = _post(client, cast.seller, URL, body)
    assert (answer.status_code, set(answer.json["errors"])) == (422, {"reserve", "closes_at"})


def test_declining_and_cancelling(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    url = f"{URL}/{tender.id}"
    assert _post(client, cast.seller, f"{url}/cancel").json["code"] == "reason_missing"
    cancelled = _post(client, cast.seller, f"{url}/cancel", {"reason": "Se mojó"})
    assert (cancelled.json["state"], cancelled.json["reason"]) == ("cancelled", "Se mojó")
    assert _get(client, cast.seller, f"{url}/bids").json["code"] == "tender_sealed"
    assert (
        _post(client, cast.seller, f"{url}/decline", {"reason": "no"}).json["code"] == "tender_state_refused"
    )


def test_nul_in_words_harms_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    set_clock(now)
    body = _body(session, now) | {"title": "Fi\x00bra", "note": "\x00"}
    assert _post(client, cast.seller, URL, body).json["title"] == "Fibra"
    for query in ("grade=a%00b/c/d", "colour=%00", "centre=%00"):
        assert _get(client, cast.buyer, f"{URL}?{query}").status_code == 200
    cancelled = _post(client, cast.seller, f"{URL}/{body['id']}/cancel", {"reason": "\x00x"})
    assert cancelled.json["reason"] == "x"


def test_a_crash_tells_the_log_no_values(session: Session) -> None:
    with pytest.raises(DBAPIError) as crash, session.begin_nested():
        session.execute(
            text("INSERT INTO bid (id, price_minor_per_unit) VALUES (:id, :price)"),
            {"id": "x", "price": 98_765},
        )
    assert "98765" not in str(crash.value)
