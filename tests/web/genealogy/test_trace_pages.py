"""Where a lot comes from, what became of it, whose it is, and calling it back."""

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.producers.models import Producer
from tests.conftest import ChainClient
from tests.support.cast import CENTRE, Cast, sign_in
from tests.support.genealogy import merge, sort, split
from tests.support.genealogy_pages import fibre_lots
from tests.support.settling import add_members

MANY = 5_000


@pytest.fixture(autouse=True)
def _clock(set_clock: Any, now: datetime) -> None:
    set_clock(now)


def many_lots(session: Session, now: datetime, count: int = MANY) -> list[Lot]:
    """Deliveries of a kilogram each by forty members, written in one go."""
    members = add_members(session, 40, CENTRE)
    rows: Iterator[dict[str, Any]] = (
        {
            "id": new_id(),
            "organisation_id": CENTRE.id,
            "number": f"{CENTRE.code}-9{number:05}",
            "commodity": "alpaca-fibre",
            "producer_id": members[number % 40].id,
            "delivered_at": now,
            "delivered_on": now.date(),
            "quantity": 1_000,
            "unit": "g",
            "attributes": {},
            "claim": "conventional",
            "state": "registered",
            "registered_at": now,
            "content_hash": "0" * 64,
        }
        for number in range(count)
    )
    session.execute(insert(Lot), list(rows))
    return list(session.scalars(select(Lot).where(Lot.number.like(f"{CENTRE.code}-9%"))))


def test_the_trace_shows_table_drawing_and_json(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lots = fibre_lots(session, now)
    bale = merge(session, now, *lots, label="Fardo <1>")
    parts = sort(session, now, bale, {"baby": 20_000, "fleece": 17_500})
    sign_in(client, cast.auditor)
    back = client.get(f"/genealogy/lots/{parts['baby'].id}/trace").text
    for lot in (*lots, bale, parts["baby"]):
        assert back.count(lot.number) >= 3  # twice in a drawing, once in the table
    assert back.count("<svg") == 2
    assert "style=" not in back
    assert "Fardo &lt;1&gt;" in back
    assert parts["fleece"].number not in back
    forward = client.get(f"/genealogy/lots/{lots[0].id}/trace?direction=forward").text
    assert parts["fleece"].number in forward
    assert lots[1].number not in forward
    answer = client.get(f"/genealogy/lots/{parts['baby'].id}/trace.json")
    assert answer.mimetype == "application/json"
    assert len(answer.get_json()["nodes"]) == 5
    alone = client.get(f"/genealogy/lots/{lots[0].id}/trace").text
    assert "no se hizo de otros" in alone
    assert "<svg" not in alone


def test_a_lot_s_page_says_where_it_comes_from_and_whose_it_is(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lots = fibre_lots(session, now)
    bale = merge(session, now, *lots)
    sign_in(client, cast.clerk)
    page = client.get(f"/lots/{bale.id}").text
    for words in ("Productora 0", "Productora 2", "12.5 kg", "22.4 µm", "Lista de retiro"):
        assert words in page
    assert f"/genealogy/new?lot_id={bale.id}" in page
    source = client.get(f"/lots/{lots[0].id}").text
    assert "Usado en" in source
    assert f"/genealogy/new?lot_id={lots[0].id}" not in source  # used up
    sign_in(client, cast.auditor)
    assert f"/genealogy/new?lot_id={bale.id}" not in client.get(f"/lots/{bale.id}").text


def test_shares_are_listed_and_given_as_a_file(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    bale = merge(session, now, *fibre_lots(session, now))
    sign_in(client, cast.clerk)
    page = client.get(f"/genealogy/lots/{bale.id}/producers").text
    assert page.count("33.3 %") == 3
    text = client.get(f"/genealogy/lots/{bale.id}/producers.csv").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows[0][-1] == "Kilos"
    assert sorted(row[-1] for row in rows[1:]) == ["12.500"] * 3


def test_a_recall_names_deliverers_lots_and_receivers(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    lots = fibre_lots(session, now)
    session.execute(update(Producer).where(Producer.full_name == "Productora 1").values(phone="951 234 567"))
    bale = merge(session, now, *lots)
    first, second = split(session, now, bale, 20_000, 17_500)
    session.execute(update(Lot).where(Lot.id == second.id).values(left_at=now))
    sign_in(client, cast.clerk)
    url = f"/genealogy/lots/{first.id}/recall"
    delivered = client.get(url).text
    assert "951 234 567" in delivered
    assert "(3)" in delivered
    assert second.number in client.get(f"{url}?list=lots").text
    received = client.get(f"{url}?list=received").text
    assert second.number in received
    assert "Despachado" in received
    text = client.get(f"{url}.csv").get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]].count("Quién recibió") == 1
    assert any("951 234 567" in row for row in rows)
    paper = client.get(f"{url}/print").text
    assert "951 234 567" in paper
    sign_in(client, cast.seller)  # sees lots, not people's telephones
    assert "951 234 567" not in client.get(url).text
    assert "951 234 567" not in client.get(f"{url}.csv").get_data(as_text=True)
    assert "951 234 567" not in client.get(f"{url}/print").text
    sign_in(client, cast.buyer)
    assert client.get(url).status_code == 403


def test_five_thousand_deliveries_make_light_pages(
    client: ChainClient, session: Session, cast: Cast, now: datetime, query_count: Any
) -> None:
    lots = many_lots(session, now)
    bale = merge(session, now, *lots)
    sign_in(client, cast.clerk)
    for path in (
        f"/lots/{bale.id}",
        f"/genealogy/events/{bale.made_by_event_id}",
        f"/genealogy/lots/{bale.id}/trace",
        f"/genealogy/lots/{lots[0].id}/trace?direction=forward",
        f"/genealogy/lots/{bale.id}/recall",
        f"/genealogy/lots/{bale.id}/recall?list=lots",
        f"/genealogy/lots/{bale.id}/producers",
        "/genealogy",
    ):
        with query_count() as queries:
            answer = client.get(path)
        assert answer.status_code == 200, path
        assert len(answer.data) < 300_000, path
        assert len(gzip.compress(answer.data)) < 40_000, path
        assert queries.count <= 30, f"{path}\n{queries}"
    trace = client.get(f"/genealogy/lots/{bale.id}/trace").text
    assert "5000 entregas" in trace or "5,000 entregas" in trace


def test_the_pickers_stay_light_with_five_thousand_lots(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    many_lots(session, now)
    sign_in(client, cast.clerk)
    for path in ("merge?commodity=alpaca-fibre", "split", "sort", "process", "transfer"):
        answer = client.get(f"/genealogy/{path}")
        assert len(gzip.compress(answer.data)) < 40_000, path
    picker = client.get("/genealogy/merge?commodity=alpaca-fibre").text
    assert "5,000" in picker
    assert "5,000 kg" in picker
