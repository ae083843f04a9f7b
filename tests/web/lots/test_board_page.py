"""The page of the board, its files and the saved searches."""

import csv
import io
import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots import board_file
from chain.lots.models import Lot, SavedSearch
from chain.lots.views import board as board_views
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.genealogy import merge
from tests.support.lots import carcass, fibre, make_lot, make_producer, milk


@pytest.fixture
def lots(session: Session, now: datetime, set_clock: Any) -> list[Lot]:
    set_clock(now)
    producer = make_producer(session, now, name="=1+1 Quispe")
    return [make_lot(session, now, make(producer, now)) for make in (fibre, milk, carcass)]


def text_of(client: ChainClient, url: str, status: int = 200) -> str:
    answer = client.get(url)
    assert answer.status_code == status
    return answer.get_data(as_text=True)


def rows_of(content: bytes) -> list[tuple[Any, ...]]:
    sheet: Any = load_workbook(io.BytesIO(content)).active
    return list(sheet.iter_rows())


def test_every_unknown_value_is_told_and_no_lots_are_shown(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.clerk)
    page = text_of(client, "/lots?commodity=gold&micron_from=abc&sort=x&text=rosa", 422)
    for words in (
        "“gold” no es una de las opciones",
        "«abc» no es un número",
        "“x” no es una de las opciones",
    ):
        assert words in page
    assert 'href="#filter-micron_from"' in page
    assert 'value="rosa"' in page
    assert lots[0].number not in page
    assert "no dice dónde empieza la página" in text_of(client, "/lots?after=xyz", 422)
    assert "No conocemos la clase" in text_of(client, "/lots?class=ntp-231.301@2014:gold", 422)


def test_used_and_cancelled_lots_are_one_tap_away(
    client: ChainClient, session: Session, cast: Cast, lots: list[Lot]
) -> None:
    lots[0].used_by_event_id, lots[1].state = new_id(), "cancelled"
    session.flush()
    sign_in(client, cast.clerk)
    page = text_of(client, "/lots")
    assert lots[2].number in page
    assert lots[0].number not in page
    for word, lot in (("used", lots[0]), ("cancelled", lots[1]), ("all", lots[0])):
        (link,) = re.findall(rf'href="(/lots\?[^"]*availability={word})"', page)
        assert lot.number in text_of(client, link)


def test_pages_go_forward_and_back_with_the_filters_in_the_address(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    for minutes in range(60):
        make_lot(session, now, fibre(lots[0].producer_id or new_id(), now - timedelta(minutes=minutes + 1)))
    sign_in(client, cast.clerk)
    first = text_of(client, "/lots?commodity=alpaca-fibre&sort=number")
    assert "61 lotes" in first
    (onward,) = re.findall(r'rel="next" href="([^"]+)"', first)
    assert 'rel="prev"' not in first
    second = text_of(client, onward.replace("&amp;", "&"))
    shown = re.findall(r"CC01-\d{6}(?=</a>)", second)
    assert len(shown) == 11
    assert shown == sorted(shown)
    (back,) = re.findall(r'rel="prev" href="([^"]+)"', second)
    assert "commodity=alpaca-fibre" in unquote(back)
    assert re.findall(r"CC01-\d{6}(?=</a>)", text_of(client, back.replace("&amp;", "&"))) == re.findall(
        r"CC01-\d{6}(?=</a>)", first
    )


def test_a_class_of_any_norm_finds_what_was_measured(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    """22.4 microns are baby by the Peruvian norm; the American ladder has another word for them."""
    sign_in(client, cast.clerk)
    page = text_of(client, "/lots")
    words = re.findall(r'<option value="([^"]+@[^"]+:[^"]+)"', page)
    assert "ntp-231.301@2014:baby" in words
    finds = [word for word in words if lots[0].number in text_of(client, f"/lots?class={word}")]
    schemes = {word.partition("@")[0] for word in finds}
    assert "ntp-231.301" in schemes
    assert len(schemes) > 1


def test_the_page_asks_the_database_no_more_than_it_must(
    client: ChainClient, cast: Cast, lots: list[Lot], query_count: Any
) -> None:
    sign_in(client, cast.clerk)
    text_of(client, "/lots")
    with query_count() as queries:
        text_of(client, "/lots?class=ntp-231.301@2014:baby&text=quispe")
    assert queries.count <= 11, str(queries)


def test_a_lot_made_of_several_says_of_how_many(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    made = [
        make_lot(session, now, milk(make_producer(session, now, name=name), now))
        for name in ("Ana Uno", "Bea Dos")
    ]
    merged = merge(session, now, *made)
    sign_in(client, cast.clerk)
    page = text_of(client, "/lots")
    assert merged.number in page
    assert "Varios productores (2)" in page
    assert "Varios productores (2)" in text_of(client, f"/lots/{merged.id}")
    rows = list(csv.reader(io.StringIO(text_of(client, "/lots.csv").removeprefix("\ufeff"))))
    assert rows[1][3] == "Varios productores (2)"


def test_an_excel_file_has_numbers_as_numbers_and_no_formula(
    client: ChainClient, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.clerk)
    answer = client.get("/lots.xlsx?commodity=alpaca-fibre")
    assert (answer.mimetype or "").endswith("spreadsheetml.sheet")
    header, row = rows_of(answer.get_data())
    cells = {title.value: cell for title, cell in zip(header, row, strict=True)}
    assert (cells["Productor"].value, cells["Productor"].data_type) == ("=1+1 Quispe", "s")
    assert (cells["Neto (kg o l)"].value, cells["Micronaje medio"].value) == (12.5, 22.4)
    assert cells["Entregado"].value == datetime(2026, 3, 16, 10, 0)  # noqa: DTZ001 - a spreadsheet knows no zone


def test_files_hold_exactly_what_is_shown_or_say_why_not(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    lots: list[Lot],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(60):
        make_lot(session, now, fibre(lots[0].producer_id or new_id(), now))
    sign_in(client, cast.clerk)
    url = "?commodity=alpaca-fibre&sort=-number"
    rows = list(csv.reader(io.StringIO(text_of(client, f"/lots.csv{url}").removeprefix("\ufeff"))))
    assert len(rows) == 62
    assert [row[0] for row in rows[1:]] == sorted((row[0] for row in rows[1:]), reverse=True)
    sheet = rows_of(client.get(f"/lots.xlsx{url}").get_data())
    assert [row[0].value for row in sheet] == [row[0] for row in rows]
    monkeypatch.setattr(board_views, "MAX_CSV_ROWS", 60)
    monkeypatch.setattr(board_views, "MAX_XLSX_ROWS", 60)
    for kind in ("csv", "xlsx"):
        assert "Son más de 60 lotes" in text_of(client, f"/lots.{kind}{url}", 413)
    assert text_of(client, "/lots.csv?commodity=x", 422)


def test_cells_keep_their_decimals_in_the_sign_of_the_country() -> None:
    cell = board_file._csv_cell
    assert cell(Decimal(12_500).scaleb(-3), is_comma=True) == "12,500"
    assert cell(Decimal(224).scaleb(-1), is_comma=False) == "22.4"
    assert cell("-5", is_comma=False) == "-5"
    assert cell("-5+1", is_comma=False) == "'-5+1"


def test_a_search_is_saved_opened_renamed_and_deleted(
    client: ChainClient, session: Session, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.clerk)
    form = {"id": str(new_id()), "name": "Blancas", "query": "/lots?colour=white&sort=micron"}
    answer = client.post("/lots/searches", data=form, follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert answer.request.full_path == "/lots?colour=white&sort=micron"
    assert ">Blancas</a>" in page
    search = session.query(SavedSearch).one()
    assert client.get(f"/lots/searches/{search.id}").location == "/lots?colour=white&sort=micron"
    twice = client.post("/lots/searches", data=form | {"id": str(new_id())})
    assert (twice.status_code, "Ya tiene una búsqueda" in twice.get_data(as_text=True)) == (422, True)
    assert client.post(f"/lots/searches/{search.id}/rename", data={"name": ""}).status_code == 422
    client.post(f"/lots/searches/{search.id}/rename", data={"name": "Finas"})
    assert "Finas" in text_of(client, "/lots/searches")
    sign_in(client, cast.grader)
    for path in ("", "/rename", "/delete"):
        call = client.get if not path else client.post
        assert call(f"/lots/searches/{search.id}{path}", data={"name": "x"}).status_code == 404
    sign_in(client, cast.clerk)
    client.post(f"/lots/searches/{search.id}/delete")
    assert "Todavía no guardó" in text_of(client, "/lots/searches")


def test_the_page_is_whole_in_english(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    sign_in(client, cast.clerk)
    client.post("/language", data={"language": "en", "next": "/lots"})
    page = text_of(client, "/lots")
    for words in ("In stock", "Claim, at least", "Save this search", "Newest first"):
        assert words in page
