"""Pages of standing demands."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.buyers.models import Demand
from chain.buyers.rules import Terms
from chain.buyers.services.demands import open_demand
from chain.core.ids import new_id
from tests.support.cast import Cast, sign_in
from tests.support.queries import Queries

FORM = {
    "title": "Baby blanca",
    "grades": ["ntp-231.301/2014/baby", "ntp-231.301/2014/super_baby"],
    "colours": ["white"],
    "micron_max_tenths": "22,5",
    "claim": "transition",
    "period": "validity",
    "freight": "seller",
    "min_quantity": "500.5",
    "price_minor_per_unit": "45.50",
    "valid_from": "2026-03-16",
    "valid_to": "2026-06-30",
}
TERMS = Terms(
    title="Baby blanca",
    commodity="alpaca-fibre",
    currency="PEN",
    valid_from=date(2026, 3, 1),
    valid_to=date(2026, 6, 30),
    colours=("white",),
    micron_max_tenths=220,
    min_quantity=500_000,
    price_minor_per_unit=4_550,
)


@pytest.fixture(autouse=True)
def _today(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


@pytest.fixture
def demand(session: Session, cast: Cast, now: datetime) -> Demand:
    return open_demand(session, actor=cast.buyer.actor, now=now, demand_id=new_id(), terms=TERMS)[0]


def test_a_demand_is_posted_once(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.buyer)
    form = {**FORM, "id": str(new_id())}
    for _ in range(2):
        answer = client.post("/demands/new?commodity=alpaca-fibre", data=form)
        assert answer.status_code == 302, answer.text
    kept = session.scalars(select(Demand)).one()
    assert (kept.micron_max_tenths, kept.min_quantity, kept.price_minor_per_unit) == (225, 500_500, 4_550)
    page = client.get(answer.location).text
    for word in (
        "Super Baby (NTP 231.301:2014)",
        "hasta 22.5 µm",
        "desde 500.5 kg",
        "S/ 45.50 / kg",
        "Vigente",
    ):
        assert word in page, word


def test_a_refused_form_keeps_what_was_typed(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.buyer)
    form = {
        **FORM,
        "id": str(new_id()),
        "min_quantity": "mucho",
        "micron_max_tenths": "22,55",
        "title": "<i>x</i>",
    }
    answer = client.post("/demands/new", data=form)
    assert answer.status_code == 422
    assert 'value="mucho"' in answer.text
    assert "&lt;i&gt;x&lt;/i&gt;" in answer.text
    assert 'value="ntp-231.301/2014/baby" checked' in answer.text
    answer = client.post("/demands/new", data={**form, "min_quantity": "1"})
    assert answer.status_code == 422
    assert "Escriba como máximo 1 decimales." in answer.text
    assert session.scalars(select(Demand)).first() is None


def test_milk_has_neither_classes_nor_microns(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.buyer)
    page = client.get("/demands/new?commodity=raw-milk").text
    assert "Micras" not in page
    assert "ntp-231.301" not in page
    assert client.get("/demands/new?commodity=gold").status_code == 200


def test_sellers_see_what_buyers_ask_for(client: FlaskClient, cast: Cast, demand: Demand) -> None:
    sign_in(client, cast.seller)
    page = client.get("/demands").text
    assert "Baby blanca" in page
    assert cast.mill.name in page
    assert "Baby blanca" not in client.get("/demands?commodity=raw-milk").text
    shown = client.get(f"/demands/{demand.id}").text
    assert "Retirar la demanda" not in shown


def test_a_rival_buyer_finds_nothing(client: FlaskClient, cast: Cast, demand: Demand) -> None:
    sign_in(client, cast.rival_buyer)
    assert "Baby blanca" not in client.get("/demands").text
    assert client.get(f"/demands/{demand.id}").status_code == 404
    assert client.post(f"/demands/{demand.id}/withdraw").status_code == 404


def test_a_demand_is_withdrawn(client: FlaskClient, cast: Cast, demand: Demand) -> None:
    sign_in(client, cast.buyer)
    assert client.post(f"/demands/{demand.id}/withdraw").status_code == 302
    assert "Retirada" in client.get(f"/demands/{demand.id}").text
    sign_in(client, cast.seller)
    assert client.get(f"/demands/{demand.id}").status_code == 404


def test_sellers_get_no_form(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.seller)
    assert client.get("/demands/new").status_code == 403


def test_the_list_takes_the_same_number_of_queries_for_many(
    client: FlaskClient,
    cast: Cast,
    session: Session,
    now: datetime,
    demand: Demand,
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    sign_in(client, cast.seller)
    with query_count() as few:
        client.get("/demands")
    for _ in range(20):
        open_demand(session, actor=cast.buyer.actor, now=now, demand_id=new_id(), terms=TERMS)
    with query_count() as many:
        client.get("/demands")
    assert many.count <= few.count, str(many)
