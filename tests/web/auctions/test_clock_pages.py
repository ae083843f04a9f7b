"""Pages and resources of the two-round clock."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.auctions.clock.models import Clock, ClockRequest
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.clocks import HOUR, ask, close, make_clock, products
from tests.support.market import add_graded_lots

SetClock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _clock(set_clock: SetClock, now: datetime) -> None:
    set_clock(now)


def test_a_seller_opens_a_clock_from_the_stock(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    add_graded_lots(session, now, 2)
    add_graded_lots(session, now, 1, colour="black", grade_key="baby")
    sign_in(client, cast.seller)
    page = client.get("/clocks/new").text
    names = re.findall(r'name="price-([^"]+)"', page)
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert len(names) == 2
    assert seen
    form = {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "seen": seen[1],
        "title": "Campaña de marzo",
        "first_closes_at": "2026-03-18T10:00",
        "second_minutes": "30",
        "raise_limit": "12,5",
        "step": "0,20",
        f"price-{names[0]}": "90",
        f"price-{names[1]}": "70,5",
    }
    refused = client.post("/clocks/new", data=form | {"second_minutes": "0", "title": ""})
    assert refused.status_code == 422
    assert "12,5" in refused.text
    for _ in range(2):
        assert client.post("/clocks/new", data=form).status_code == 302
    (clock,) = session.scalars(select(Clock)).all()
    assert (clock.raise_limit_bp, clock.step_minor) == (1_250, 20)
    page = client.get(f"/clocks/{clock.id}").text
    for words in ("Campaña de marzo", "S/ 90.00", "S/ 70.50", "30 kg", "12.5", "sobre cerrado"):
        assert words in page, words
    assert "Campaña de marzo" in client.get("/clocks").text
    changed = client.post("/clocks/new", data=form | {"id": str(new_id())})
    assert changed.status_code == 422


def test_a_buyer_asks_in_a_sealed_request(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    clock = make_clock(session, now)
    white, black = products(session, clock)
    sign_in(client, cast.buyer)
    assert "Campaña de marzo" in client.get("/live").text
    url = f"/clocks/{clock.id}"
    form = {"id": str(new_id()), "round": "1", f"kilograms-{white.id}": "45", f"kilograms-{black.id}": ""}
    bad = client.post(f"{url}/requests", data=form | {f"kilograms-{white.id}": "61"})
    assert bad.status_code == 422
    assert "Pida de 0 a 60." in bad.text
    assert 'value="61"' in bad.text
    assert client.post(f"{url}/requests", data=form | {f"kilograms-{white.id}": "x"}).status_code == 422
    for _ in range(2):
        assert client.post(f"{url}/requests", data=form).status_code == 302
    assert session.scalar(select(func.count()).select_from(ClockRequest)) == 1
    assert 'value="45"' in client.get(url).text


def test_round_two_is_asked_with_a_best_price_and_closed_by_hand(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: SetClock
) -> None:
    clock = make_clock(session, now)
    white, _ = products(session, clock)
    ask(session, now, clock, 45)
    ask(session, now, clock, 60, actor=cast.rival_buyer.actor)
    close(session, now + HOUR, clock)
    set_clock(now + HOUR)
    url = f"/clocks/{clock.id}"
    sign_in(client, cast.buyer)
    page = client.get(url).text
    assert "S/ 120.00" in page
    assert "usted pidió 45 kg" in page
    second = {"id": str(new_id()), "round": "2", f"kilograms-{white.id}": "40", f"best-{white.id}": "131,50"}
    assert client.post(f"{url}/requests", data=second).status_code == 302
    low = client.post(f"{url}/requests", data=second | {"id": str(new_id()), f"best-{white.id}": "119"})
    assert low.status_code == 422
    assert "El mejor precio no puede ser menor" in low.text
    late = client.post(f"{url}/requests", data=second | {"id": str(new_id()), "round": "1"})
    assert late.status_code == 422
    assert "La ronda 1 está cerrada" in late.text
    sign_in(client, cast.seller)
    assert client.post(f"{url}/close").status_code == 422  # too early
    set_clock(now + 2 * HOUR)
    assert client.post(f"{url}/close").status_code == 302
    page = client.get(url).text
    assert "Quién recibió qué" in page
    assert cast.mill.name in page
    sign_in(client, cast.rival_buyer)
    page = client.get(url).text
    assert "Postor 1" in page
    assert cast.mill.name not in page


def test_the_api_sells_a_campaign(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: SetClock
) -> None:
    lots = add_graded_lots(session, now, 2)
    body: dict[str, Any] = {
        "id": str(new_id()),
        "title": "Marzo",
        "products": [{"lot_ids": [str(one) for one in lots], "price_minor": 10_000}],
        "first_closes_at": (now + HOUR).isoformat(),
        "second_minutes": 30,
    }
    url = "/api/v1/clocks"
    made = client.post(url, json=body, headers=bearer(cast.seller))
    assert made.status_code == 201, made.text
    assert client.post(url, json=body, headers=bearer(cast.seller)).status_code == 200
    other = client.post(url, json=body | {"title": "Abril"}, headers=bearer(cast.seller))
    assert (other.status_code, other.json["code"]) == (409, "idempotency_conflict")  # type: ignore[index]
    assert made.json is not None
    product = made.json["products"][0]["id"]
    one = f"{url}/{body['id']}"
    request = {"id": str(new_id()), "round": 1, "wishes": [{"product_id": product, "kilograms": 20}]}
    for status in (201, 200):
        answer = client.post(f"{one}/requests", json=request, headers=bearer(cast.buyer))
        assert answer.status_code == status, answer.text
    assert client.get(f"{one}/requests", headers=bearer(cast.buyer)).json["total"] == 1  # type: ignore[index]
    assert client.get(f"{one}/requests", headers=bearer(cast.rival_buyer)).json["total"] == 0  # type: ignore[index]
    hidden = client.get(f"{one}/log", headers=bearer(cast.rival_buyer)).json
    assert hidden is not None
    assert [line["kind"] for line in hidden["items"]] == ["opened"]
    early = client.post(f"{one}/close", headers=bearer(cast.seller))
    assert (early.status_code, early.json["code"]) == (409, "clock_round_still_open")  # type: ignore[index]
    set_clock(now + HOUR)
    closed = client.post(f"{one}/close", headers=bearer(cast.seller)).json
    assert closed is not None
    assert (closed["state"], closed["allotments"][0]["kilograms"]) == ("awarded", 20)
    assert closed["allotments"][0]["buyer_id"] == str(cast.mill.id)
    seen = client.get(one, headers=bearer(cast.rival_buyer)).json
    assert seen is not None
    assert seen["allotments"][0]["buyer_id"] is None
    told = client.get(f"{one}/replay", headers=bearer(cast.buyer)).json
    assert told is not None
    assert told["agrees"], told
    for path in ("", "/log", "/replay"):
        assert client.get(f"{one}{path}", headers=bearer(cast.outsider)).status_code == 404
    assert client.get(url, headers=bearer(cast.buyer)).json["total"] == 1  # type: ignore[index]
    assert client.get(url, headers=bearer(cast.outsider)).json["total"] == 0  # type: ignore[index]
    tardy = client.post(f"{one}/cancel", json={"reason": "Tarde"}, headers=bearer(cast.seller))
    assert tardy.json["code"] == "clock_state_refused"  # type: ignore[index]
