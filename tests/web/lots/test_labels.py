"""Labels: on every paper, for one lot, for several, for each bag, and never for somebody else's."""

import io
from datetime import datetime
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.bags import Bag
from chain.lots.label_content import SHEETS
from chain.lots.models import Lot
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import fibre, make_lot, make_producer


@pytest.fixture
def lots(session: Session, now: datetime, set_clock: Any) -> list[Lot]:
    set_clock(now)
    producer = make_producer(session, now)
    return [make_lot(session, now, fibre(producer, now)) for _ in range(3)]


def pages(client: ChainClient, url: str) -> list[str]:
    answer = client.get(url)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.mimetype == "application/pdf"
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.get_data())).pages]


def test_a_label_tells_everything_that_tells_lots_apart(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.clerk)
    (page,) = pages(client, f"/lots/labels.pdf?lot={lots[0].id}&size=100x50")
    page = " ".join(page.split())
    for words in ("CC01-000001-", "Fibra de alpaca", "Blanco", "Baby", "NTP-231.301:2014 propuesta", "12.5 kg", "Convencional",
                  "16 mar 2026", cast.centre.name):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(("size", "count"), [("50x30", 3), ("100x50", 3), ("a4-24", 1), ("a4-8", 1)])
def test_each_paper_has_its_size(
    client: ChainClient, cast: Cast, lots: list[Lot], size: str, count: int
) -> None:
    sign_in(client, cast.clerk)
    url = "/lots/labels.pdf?" + "&".join(f"lot={lot.id}" for lot in lots) + f"&size={size}"
    reader = PdfReader(io.BytesIO(client.get(url).get_data()))
    assert len(reader.pages) == count
    width, height = (210, 297) if size.startswith("a4") else (SHEETS[size].width, SHEETS[size].height)
    box = reader.pages[0].mediabox
    assert (round(float(box.width) / 72 * 25.4), round(float(box.height) / 72 * 25.4)) == (width, height)


def test_a_used_sheet_is_begun_at_its_first_free_label(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.clerk)
    assert len(pages(client, "/lots/labels.pdf?size=a4-24&start=22")) == 1
    first, second = pages(client, "/lots/labels.pdf?size=a4-24&start=24")
    assert (first.count("CC01-"), second.count("CC01-")) == (1, 2)
    for start in ("25", "0", "x"):
        answer = client.get(f"/lots/labels.pdf?size=a4-24&start={start}")
        assert (answer.status_code, "de 1 a 24" in answer.get_data(as_text=True)) == (422, True)


def test_each_bag_gets_its_label(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    bags = (Bag(gross_g=8_500, tare_g=500, code="SACO-7"), Bag(gross_g=5_000, tare_g=500))
    delivery = fibre(lots[0].producer_id or new_id(), now, gross_g=None, tare_g=None, bags=bags)
    bagged = make_lot(session, now, delivery)
    sign_in(client, cast.clerk)
    found = pages(client, f"/lots/labels.pdf?lot={bagged.id}&lot={lots[1].id}&bags=1")
    assert len(found) == 3
    assert "1/2 · SACO-7" in found[0]
    assert "8 kg" in found[0]
    assert "2/2" in found[1]
    assert "4.5 kg" in found[1]
    assert len(pages(client, f"/lots/labels.pdf?lot={bagged.id}")) == 1
    assert "Una etiqueta por cada bolsa" in client.get(f"/lots/labels?lot={bagged.id}").get_data(as_text=True)


def test_a_label_printer_gets_its_own_language(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    sign_in(client, cast.clerk)
    answer = client.get(f"/lots/labels.zpl?lot={lots[0].id}&size=50x30")
    assert answer.get_data(as_text=True).startswith("^XA\n^CI28\n^PW400\n^LL240\n")
    assert "charset=utf-8" in answer.content_type
    refused = client.get(f"/lots/labels.zpl?lot={lots[0].id}&size=a4-24")
    assert refused.status_code == 422


def test_labels_of_what_the_board_shows_are_bounded(
    client: ChainClient, cast: Cast, lots: list[Lot], monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in(client, cast.clerk)
    assert len(pages(client, "/lots/labels.pdf?commodity=alpaca-fibre&sort=number")) == 3
    assert client.get("/lots/labels.pdf?commodity=cheese").status_code == 404
    assert "no hay ningún lote" in client.get("/lots/labels?commodity=cheese").get_data(as_text=True).lower()
    monkeypatch.setattr("chain.lots.board_edge.MAX_LABELS", 2)
    assert client.get("/lots/labels.pdf").status_code == 413
    assert client.get("/lots/labels").status_code == 413


def test_labels_of_others_are_not_there(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    sign_in(client, cast.outsider)
    for path in ("/lots/labels", "/lots/labels.pdf", "/lots/labels.zpl"):
        assert client.get(f"{path}?lot={lots[0].id}").status_code == 404
        assert client.get(f"{path}?lot=x").status_code == 404
    assert client.get(f"/L/{lots[0].number}").status_code == 404
    sign_in(client, cast.buyer)
    assert client.get(f"/lots/labels?lot={lots[0].id}").status_code == 403


def test_a_label_that_a_telephone_reads_opens_the_lot(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    answer = client.get(f"/L/{lots[0].number}")
    assert answer.location.startswith("/signin?next=")
    sign_in(client, cast.clerk)
    for spelling in (lots[0].number, lots[0].number.lower()):
        assert client.get(f"/L/{spelling}").location == f"/lots/{lots[0].id}"
    page = client.get(f"/lots/{lots[0].id}").get_data(as_text=True)
    assert f"/lots/labels?lot={lots[0].id}" in page
