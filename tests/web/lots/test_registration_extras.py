"""Pages around a registration: bags, weighing later, corrections, photos, notes, goods not taken, route sheets, notices."""

import io
import re
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import GoodsNotePrint, Lot, LotBag, LotPhoto, OpenWeighing, ProducerNotice, Rejection
from chain.producers.models import Producer
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import fibre, make_lot, make_producer, milk
from tests.support.photos import picture
from tests.support.registration import make_container, make_route, make_tank

URL = "/lots/new"


@pytest.fixture(autouse=True)
def _signed_in(client: ChainClient, cast: Cast, set_clock: Any, now: datetime) -> None:
    set_clock(now)
    sign_in(client, cast.clerk)


@pytest.fixture
def producer(session: Session, now: datetime) -> UUID:
    return make_producer(session, now)


def typed(producer: UUID, **changes: Any) -> dict[str, Any]:
    return {
        "step": "save",
        "commodity": "alpaca-fibre",
        "id": str(new_id()),
        "new_producer_id": str(new_id()),
        "producer": str(producer),
        "gross": "13",
        "tare": "0,5",
        "micron": "22,4",
        "delivered_at": "2026-03-16T09:30",
        **changes,
    }


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


# --- bags ------------------------------------------------------------------------------------------------------------


def test_the_plain_screen_asks_no_more_than_before(client: ChainClient) -> None:
    page = client.get(URL).get_data(as_text=True)
    visible = re.sub(r"<template>.*?</template>", "", page, flags=re.DOTALL)
    assert 'name="bag_gross"' not in visible
    assert 'name="container"' not in visible
    assert 'name="route"' not in visible


def test_another_bag_posts_back_and_keeps_everything(
    client: ChainClient, session: Session, producer: UUID
) -> None:
    sent = typed(producer, step="bag", bag_gross=["9,5"], bag_tare=["0,2"], bag_code=["B"])
    answer = client.post(URL, data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for kept in ('value="13"', 'value="9,5"', 'value="0,2"', 'value="B"', 'id="bag-3-gross"', 'value="22,4"'):
        assert kept in page
    assert count(session, Lot) == 0


def test_a_delivery_of_three_bags_is_saved(client: ChainClient, session: Session, producer: UUID) -> None:
    sack = make_container(session)
    sent = typed(
        producer,
        bag_gross=["10", "", "5"],
        bag_tare=["", "", "0.25"],
        bag_container=[str(sack), "", ""],
        bag_code=["B", "", ""],
    )
    page = client.post(URL, data=sent, follow_redirects=True).get_data(as_text=True)
    lot = session.scalars(select(Lot)).one()
    assert (lot.gross_g, lot.tare_g, lot.quantity, lot.bag_count) == (28_000, 1_200, 26_800, 3)
    assert "Saco de yute" in page
    assert "escrito" in page


def test_one_bag_with_its_kind_needs_no_tare(client: ChainClient, session: Session, producer: UUID) -> None:
    sent = typed(producer, tare="", container=str(make_container(session)))
    assert client.post(URL, data=sent).status_code == 302
    lot = session.scalars(select(Lot)).one()
    assert (lot.quantity, lot.bag_count) == (12_550, 1)


@pytest.mark.parametrize(
    ("gross", "tare", "words"),
    [
        ("heavy", "", "no es un número"),
        ("5", "6", "La tara es mayor que el peso bruto"),
        ("-5", "", "mayor que cero"),
        ("", "1", "Escriba el peso bruto"),
    ],
)
def test_a_wrong_bag_is_marked_and_everything_stays(
    client: ChainClient, session: Session, producer: UUID, gross: str, tare: str, words: str
) -> None:
    sent = typed(producer, bag_gross=["7", gross], bag_tare=["0", tare])
    answer = client.post(URL, data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert "#bag-3-gross" in page
    assert 'id="error-summary"' in page
    assert 'value="7"' in page
    assert (count(session, Lot), count(session, LotBag)) == (0, 0)


def test_cans_of_a_route_are_saved(client: ChainClient, session: Session, producer: UUID) -> None:
    route = make_route(session)
    sent = typed(
        producer, commodity="raw-milk", net="20", bag_litres=["3,5"], bag_code=["13"], route=str(route)
    )
    del sent["gross"], sent["tare"], sent["micron"]
    assert client.post(URL, data=sent).status_code == 302
    lot = session.scalars(select(Lot)).one()
    assert (lot.quantity, lot.bag_count, lot.route_id) == (23_500, 2, route)


# --- weighing later --------------------------------------------------------------------------------------------------


def test_weighing_goes_on_later_and_becomes_the_lot(
    client: ChainClient, session: Session, producer: UUID
) -> None:
    sent = typed(producer, step="pause", bag_gross=["10"], bag_tare=["0"])
    first, again = client.post(URL, data=sent), client.post(URL, data=sent)
    assert first.status_code == again.status_code == 302
    row = session.scalars(select(OpenWeighing)).one()
    assert first.location == f"/weighings/{row.id}"
    assert len(row.bags) == 2
    url = f"/weighings/{row.id}"
    page = client.get(url).get_data(as_text=True)
    assert "22.5 kg" in page
    assert 'value="22,4"' in page
    wrong = client.post(url, data={"step": "bag", "id": str(new_id()), "gross": "1", "tare": "2"})
    assert wrong.status_code == 422
    assert "La tara es mayor" in wrong.get_data(as_text=True)
    bag = {"step": "bag", "id": str(new_id()), "gross": "5", "tare": ""}
    assert client.post(url, data=bag).status_code == client.post(url, data=bag).status_code == 302
    assert row.id.hex in client.get("/weighings").get_data(as_text=True).replace("-", "")
    done = client.post(url, data={"step": "close", "micron": "22,4", "delivered_at": "2026-03-16T09:30"})
    assert done.location == f"/lots/{row.id}/registered"
    lot = session.get_one(Lot, row.id)
    assert (lot.quantity, lot.bag_count, lot.attributes["micron"]) == (27_500, 3, "22.4")
    assert client.get(url).location == f"/lots/{row.id}"


def test_a_weighing_is_given_up_with_a_reason(client: ChainClient, session: Session, producer: UUID) -> None:
    client.post(URL, data=typed(producer, step="pause"))
    row = session.scalars(select(OpenWeighing)).one()
    url = f"/weighings/{row.id}"
    assert client.post(url, data={"step": "discard", "reason": ""}).status_code == 422
    assert client.post(url, data={"step": "discard", "reason": "Se fue la luz"}).status_code == 302
    assert client.get(url).status_code == 404


def test_weighing_later_needs_a_producer(client: ChainClient, session: Session) -> None:
    answer = client.post(URL, data={**typed(new_id(), step="pause"), "producer": ""})
    assert answer.status_code == 422
    assert count(session, OpenWeighing) == 0


# --- corrections -----------------------------------------------------------------------------------------------------


def test_a_lot_is_corrected_on_the_same_screen(
    client: ChainClient, session: Session, producer: UUID, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    url = f"/lots/{lot.id}/correct"
    page = client.get(url).get_data(as_text=True)
    assert 'value="13"' in page
    assert 'value="0.5"' in page
    sent = typed(producer, tare="0.8")
    assert client.post(url, data=sent).status_code == 422
    answer = client.post(url, data={**sent, "reason": "Era otro saco"})
    assert answer.status_code == 302
    new = session.scalars(select(Lot).where(Lot.replaces_id == lot.id)).one()
    assert answer.location == f"/lots/{new.id}"
    for one in (lot, new):
        shown = client.get(f"/lots/{one.id}").get_data(as_text=True)
        for words in ("Era otro saco", "12.5 kg", "12.2 kg"):
            assert words in shown
    refused = client.post(url, data={**sent, "id": str(new_id()), "reason": "Otra vez"})
    assert refused.status_code == 422
    assert "ya se corrigió" in refused.get_data(as_text=True)


def test_a_lot_of_bags_is_corrected_bag_by_bag(client: ChainClient, session: Session, producer: UUID) -> None:
    client.post(URL, data=typed(producer, bag_gross=["10"], bag_tare=["0"], bag_code=["B"]))
    lot = session.scalars(select(Lot)).one()
    page = client.get(f"/lots/{lot.id}/correct").get_data(as_text=True)
    assert 'id="bag-2-gross" name="bag_gross" value="10"' in page
    assert 'value="B"' in page


# --- the producer is told ---------------------------------------------------------------------------------------------


def test_the_producer_reads_the_notice_on_the_own_page(
    client: ChainClient, cast: Cast, session: Session, producer: UUID, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    session.get_one(Producer, producer).user_id = cast.producer.id
    client.post(f"/lots/{lot.id}/correct", data={**typed(producer, tare="0.8"), "reason": "Era otro saco"})
    sign_in(client, cast.producer)
    page = client.get("/my/income").get_data(as_text=True)
    assert "12.2 kg en vez de 12.5 kg. Motivo: Era otro saco" in page
    notice = session.scalars(select(ProducerNotice)).one()
    assert client.post(f"/my/notices/{notice.id}").status_code == 302
    assert notice.read_at == now
    assert "Ya lo leí" not in client.get("/my/income").get_data(as_text=True)
    assert client.post(f"/my/notices/{new_id()}").status_code == 404


# --- photos ----------------------------------------------------------------------------------------------------------


def test_a_photo_is_added_and_shown(
    client: ChainClient, cast: Cast, session: Session, producer: UUID, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    url = f"/lots/{lot.id}/photos"
    sent = {"id": str(new_id()), "caption": "El saco <b>1</b>"}

    def send(content: bytes) -> Any:
        return client.post(url, data={**sent, "file": (io.BytesIO(content), "foto.jpg")})

    assert send(b"").status_code == 422
    assert send(b"<script>").status_code == 422
    assert send(picture(400, 300)).status_code == 302
    assert send(picture(400, 300)).status_code == 302
    photo = session.scalars(select(LotPhoto)).one()
    got = client.get(f"{url}/{photo.id}")
    assert (got.mimetype, got.headers["X-Content-Type-Options"]) == ("image/jpeg", "nosniff")
    assert "default-src 'none'" in got.headers["Content-Security-Policy"]
    assert client.get(f"{url}/{photo.id}", headers={"If-None-Match": got.headers["ETag"]}).status_code == 304
    for page in (url, f"/lots/{lot.id}"):
        text = client.get(page).get_data(as_text=True)
        assert str(photo.id) in text
        assert "<b>1</b>" not in text
    sign_in(client, cast.outsider)
    assert client.get(f"{url}/{photo.id}").status_code == 404


# --- notes -----------------------------------------------------------------------------------------------------------


def test_a_note_is_printed_on_three_papers_and_reads_aloud(
    client: ChainClient, session: Session, producer: UUID, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    url = f"/lots/{lot.id}/note"
    assert "Imprimir el original" in client.get(url).get_data(as_text=True)
    marks = []
    for paper in ("w80", "w58", "a5"):
        sent = {"id": str(new_id()), "paper": paper}
        answer = client.post(url, data=sent)
        assert client.post(url, data=sent).location == answer.location
        sheet = client.get(answer.location)
        if paper == "a5":
            assert (sheet.mimetype, sheet.data[:5]) == ("application/pdf", b"%PDF-")
        else:
            text = sheet.get_data(as_text=True)
            assert f"paper--{paper} paper--200" in text
            assert lot.number in text
            assert "doce kilos y medio" in text
            marks.append(re.findall(r"\*\*\* (.*?) \*\*\*", text)[0])
    assert marks == ["ORIGINAL", "COPIA 1"]
    assert count(session, GoodsNotePrint) == 3
    page = client.get(url).get_data(as_text=True)
    assert "doce kilos y medio" in page
    assert "Imprimir la copia 3" in page
    assert client.get(f"{url}/9").status_code == 404
    assert client.get(f"{url}.pdf").mimetype == "application/pdf"


def test_the_paper_of_a_cancelled_delivery_says_so(
    client: ChainClient, session: Session, producer: UUID, now: datetime
) -> None:
    lot, other = (make_lot(session, now, fibre(producer, now)) for _ in range(2))
    answer = client.post(f"/lots/{lot.id}/note", data={"id": str(new_id()), "paper": "w80"})
    client.post(f"/lots/{lot.id}/cancel", data={"reason": "Se anotó dos veces"})
    text = client.get(answer.location).get_data(as_text=True)
    assert "se anuló" in text
    assert "Se anotó dos veces" in text
    client.post(f"/lots/{other.id}/cancel", data={"reason": "Se anotó dos veces"})
    assert client.get(f"/lots/{other.id}/note").status_code == 409


# --- goods that were not taken ----------------------------------------------------------------------------------------


def test_part_of_a_delivery_is_not_taken(
    client: ChainClient, session: Session, producer: UUID, now: datetime
) -> None:
    lot = make_lot(session, now, fibre(producer, now))
    form = client.get(f"/rejections/new?lot={lot.id}").get_data(as_text=True)
    assert "Plástico, soga o fibra extraña" in form
    sent = {
        "lot": str(lot.id),
        "id": str(new_id()),
        "quantity": "1,5",
        "cause": "wet",
        "disposition": "to_collect",
        "collect_by": "2026-03-20",
        "file": (io.BytesIO(picture(50, 50)), "x.jpg"),
    }
    answer = client.post("/rejections/new", data=sent)
    row = session.scalars(select(Rejection)).one()
    assert answer.location == f"/rejections/{row.id}"
    assert (row.quantity, row.lot_id, row.producer_id) == (1_500, lot.id, producer)
    assert client.get(f"/rejections/{row.id}/photo").mimetype == "image/jpeg"
    assert "Húmeda" in client.get(f"/lots/{lot.id}").get_data(as_text=True)
    assert "Húmeda" in client.get("/rejections?cause=wet").get_data(as_text=True)
    assert client.post(f"/rejections/{row.id}", data={"disposition": "collected"}).status_code == 302
    assert row.disposition == "collected"


def test_goods_are_refused_wholly_after_looking_for_the_producer(
    client: ChainClient, session: Session, producer: UUID
) -> None:
    found = client.get("/rejections/new?commodity=raw-milk&q=quispe").get_data(as_text=True)
    assert f"producer={producer}" in found
    sent = {
        "producer": str(producer),
        "commodity": "raw-milk",
        "id": str(new_id()),
        "quantity": "20",
        "cause": "",
        "disposition": "returned",
    }
    assert client.post("/rejections/new", data=sent).status_code == 422
    for _ in range(2):
        answer = client.post("/rejections/new", data={**sent, "cause": "alcohol", "id": str(new_id())})
        assert answer.status_code == 302
    assert "vino 2 veces" in client.get(answer.location).get_data(as_text=True)
    for page in ("/rejections", f"/producers/{producer}"):
        assert "La misma causa otra vez" in client.get(page).get_data(as_text=True)


# --- sheets of routes ---------------------------------------------------------------------------------------------------


def test_the_sheet_of_a_route_marks_late_and_warm_cans(
    client: ChainClient, session: Session, producer: UUID, now: datetime
) -> None:
    route = make_route(session, due_minutes=9 * 60)
    make_tank(session, max_temperature_tenths=100)
    make_lot(session, now, milk(producer, now, route_id=route))
    page = client.get(f"/route-sheets?route={route}&day=2026-03-16").get_data(as_text=True)
    for words in ("Rosa Quispe Mamani", "atrasado", "caliente", "23.5 l", "Mañana"):
        assert words in page
    assert client.get("/route-sheets?day=yesterday").status_code == 200
    assert client.get(f"/route-sheets?route={new_id()}").status_code == 404


def test_without_routes_the_sheet_says_so(client: ChainClient) -> None:
    assert "Todavía no hay rutas" in client.get("/route-sheets").get_data(as_text=True)
