"""Past prices for everybody: page, file, sheet; and the consent of a seller."""

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy.orm import Session

from tests.support.cast import Cast, sign_in
from tests.support.queries import Queries
from tests.support.settling import add_lot, add_members, add_sale


@pytest.fixture(autouse=True)
def _sale(session: Session, set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)
    (member,) = add_members(session, 1)
    add_sale(session, [add_lot(session, member, 12_500, grade_key="baby")], 4_550)


def test_nobody_needs_to_sign_in(client: FlaskClient) -> None:
    page = client.get("/prices")
    assert page.status_code == 200
    for words in (
        "Baby (NTP 231.301:2014)",
        "S/ 45.50",
        "12.5 kg",
        "no se dice",
        "aún sin pagar",
        "2026-W11",
    ):
        assert words in page.text
    assert "En estas semanas no se vendió nada." in client.get("/prices?commodity=raw-milk").text
    assert "S/ 45.50" in client.get("/prices?grade=ntp-231.301/2014/baby&from=2026-W11&to=2026-W11").text
    assert client.get("/prices", headers={"Accept-Language": "en"}).status_code == 200


@pytest.mark.parametrize("query", ["from=x", "from=2026-W20&to=2026-W10", "from=1999-W01&to=2026-W10"])
def test_weeks_that_cannot_be_read_are_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/prices?{query}")
    assert answer.status_code == 422
    assert "Escriba las semanas" in answer.text
    assert client.get(f"/prices.csv?{query}").status_code == 422


@pytest.mark.parametrize(
    "query", ["page=-1", "grade=%00&colour=x&centre='&commodity=gold", "page=99999999999999999999"]
)
def test_nonsense_in_the_address_does_no_harm(client: FlaskClient, query: str) -> None:
    assert client.get(f"/prices?{query}").status_code == 200


def test_the_file_and_the_sheet_hold_the_same(client: FlaskClient) -> None:
    text = client.get("/prices.csv").text
    assert "2026-W11" in text
    assert "45.50" in text
    answer = client.get("/prices.pdf?commodity=alpaca-fibre")
    assert answer.mimetype == "application/pdf"
    reader = PdfReader(io.BytesIO(answer.data))
    assert len(reader.pages) == 1
    assert "Lo que se pagó" in reader.pages[0].extract_text()


def test_a_full_sheet_is_one_page(client: FlaskClient, session: Session) -> None:
    (member,) = add_members(session, 1)
    for key in ("super_baby", "fleece", "medium_fleece", "huarizo", "gruesa"):
        for price in range(6):
            lot = add_lot(session, member, 1_000, grade_key=key)
            lot.colour = (
                "white",
                "beige",
                "light_fawn",
                "medium_fawn",
                "dark_rose_grey",
                "medium_silver_grey",
            )[price]
            add_sale(session, [lot], 4_000 + price)
    reader = PdfReader(io.BytesIO(client.get("/prices.pdf").data))
    assert len(reader.pages) == 1
    assert "9 líneas más" in " ".join(reader.pages[0].extract_text().split())


def test_a_seller_consents_to_be_named(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.admin)
    assert "Nuestros precios no nos nombran." in client.get("/prices/consent").text
    assert client.post("/prices/consent", data={"named": "yes"}).status_code == 302
    assert "Nuestros precios nos nombran." in client.get("/prices/consent").text
    sign_in(client, None)
    assert cast.centre.name in client.get("/prices").text
    assert cast.centre.name in client.get("/prices?centre=CC01").text
    sign_in(client, cast.seller)
    assert client.get("/prices/consent").status_code == 403


def test_many_sales_take_as_many_queries_as_few(
    client: FlaskClient, session: Session, query_count: Callable[[], AbstractContextManager[Queries]]
) -> None:
    with query_count() as few:
        client.get("/prices")
    (member,) = add_members(session, 1)
    for price in range(20):
        add_sale(session, [add_lot(session, member, 1_000, grade_key="fleece")], 4_000 + price)
    with query_count() as many:
        client.get("/prices")
    assert many.count <= few.count, str(many)
