"""The seller's pages: a new tender, its steps, and what they do not show."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.market.models import Tender
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.market import DAY, add_graded_lots, make_award, make_bid, make_sale, make_tender

Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _clock(set_clock: Clock, now: datetime) -> None:
    set_clock(now)


def _form(**changes: object) -> dict[str, object]:
    values = {
        "id": str(new_id()),
        "title": "Fibra de marzo",
        "reserve": "104,37",
        "closes_at": "2026-03-17T10:00",
        "scope": "filter",
        "commodity": "alpaca-fibre",
        "seen": "60000",
    }
    return values | changes


def test_all_lots_of_the_filter_go_on_offer_at_the_local_deadline(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    add_graded_lots(session, now)
    add_graded_lots(session, now, 1, colour="beige")
    sign_in(client, cast.seller)
    form = _form(colour="white")
    answer = client.post("/tenders/new", data=form)
    assert answer.status_code == 302
    assert client.post("/tenders/new", data=form).location == answer.location  # a second click
    tender = session.scalars(select(Tender)).one()
    assert (tender.quantity, tender.reserve_minor_per_unit) == (60_000, 10_437)
    assert tender.closes_at.isoformat() == "2026-03-17T15:00:00+00:00"
    assert "no lo ven" in client.get(answer.location).text


def test_ticked_lots_go_on_offer(client: ChainClient, session: Session, cast: Cast, now: datetime) -> None:
    first, _, third = add_graded_lots(session, now)
    sign_in(client, cast.seller)
    answer = client.post("/tenders/new", data=_form(scope="chosen", lots=[str(first), str(third)]))
    assert answer.status_code == 302
    assert session.scalars(select(Tender.quantity)).one() == 40_000


def test_when_lots_came_meanwhile_the_seller_looks_again(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    add_graded_lots(session, now, 4)
    sign_in(client, cast.seller)
    answer = client.post("/tenders/new", data=_form())
    assert answer.status_code == 422
    assert "cambiaron" in answer.text
    assert session.scalar(select(func.count()).select_from(Tender)) == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "Título"),
        ({"reserve": "12,345"}, "dos decimales"),
        ({"reserve": "0"}, "El precio debe estar entre"),
        ({"reserve": "mil"}, "no es un número"),
        ({"closes_at": "2026-03-15T10:00"}, "debe estar en el futuro"),
        ({"closes_at": "mañana"}, "la hora"),
        ({"scope": "chosen", "lots": []}, "al menos un lote"),
        ({"scope": "chosen", "lots": ["x"]}, ""),
    ],
)
def test_bad_input_is_refused_and_what_was_typed_stays(
    client: ChainClient, session: Session, cast: Cast, now: datetime, change: dict[str, object], words: str
) -> None:
    add_graded_lots(session, now)
    sign_in(client, cast.seller)
    answer = client.post("/tenders/new", data=_form(note="<b>saco</b>") | change)
    assert answer.status_code == 422
    assert words in answer.text
    assert "&lt;b&gt;saco" in answer.text
    assert set(session.scalars(select(Lot.state))) == {"graded"}


def test_no_page_of_the_seller_holds_a_price_before_the_opening(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_347)
    pages = ("/tenders", f"/tenders/{tender.id}", f"/board/{tender.id}", "/board", "/sales")
    for person in (cast.seller, cast.everything):
        sign_in(client, person)
        for moment in (now, tender.closes_at + timedelta(minutes=5)):  # the worker may be late
            set_clock(moment)
            for page in pages:
                assert "123.47" not in client.get(page).text, page
    set_clock(tender.closes_at)
    assert client.post(f"/tenders/{tender.id}/close").status_code == 302
    assert "123.47" in client.get(f"/tenders/{tender.id}").text


def test_the_creator_cannot_accept_and_another_person_can(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_award(session, now)
    sign_in(client, cast.seller)
    assert "Aceptar y vender" not in client.get(f"/tenders/{tender.id}").text
    assert client.post(f"/tenders/{tender.id}/accept").status_code == 422
    sign_in(client, cast.everything)
    assert "Aceptar y vender" in client.get(f"/tenders/{tender.id}").text
    assert client.post(f"/tenders/{tender.id}/accept").status_code == 302
    page = client.get(f"/tenders/{tender.id}").text
    link = re.search(r'href="(/sales/[^"]+)"', page)
    assert link
    sale = client.get(link.group(1)).text
    assert "S/ 7,200.00" in sale
    assert "Productora Número 001" in sale


def test_declining_without_a_reason_is_refused_on_the_page(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_award(session, now)
    sign_in(client, cast.seller)
    answer = client.post(f"/tenders/{tender.id}/decline", data={"reason": " "})
    assert (answer.status_code, "Escriba el motivo" in answer.text) == (422, True)
    assert client.post(f"/tenders/{tender.id}/decline", data={"reason": "Muy bajo"}).status_code == 302
    assert "Muy bajo" in client.get(f"/tenders/{tender.id}").text


def test_others_find_neither_tender_nor_sale(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender, sale = make_tender(session, now), make_sale(session, now)
    sign_in(client, cast.outsider)
    for path in (f"/tenders/{tender.id}", f"/board/{tender.id}", f"/sales/{sale.id}"):
        assert client.get(path).status_code == 404, path
    for step in ("close", "accept", "decline", "cancel"):
        assert client.post(f"/tenders/{tender.id}/{step}", data={"reason": "x"}).status_code == 404
    sign_in(client, cast.clerk)
    for path in ("/tenders", "/tenders/new", f"/tenders/{tender.id}", "/board", "/bids", "/sales"):
        assert client.get(path).status_code == 403, path
    sign_in(client, None)
    assert client.get("/tenders").status_code == 302


def test_a_stranger_lot_number_is_shown_escaped(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now, title="<script>alert(1)</script>'; DROP TABLE bid; --")
    sign_in(client, cast.seller)
    for path in ("/tenders", f"/tenders/{tender.id}", f"/board/{tender.id}"):
        assert "<script>alert" not in client.get(path).text


def test_lists_ask_as_often_for_many_rows_as_for_few(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    query_count: Callable[..., object],
) -> None:
    sign_in(client, cast.everything)

    def statements() -> list[int]:
        counts = []
        for path in ("/tenders", "/sales", "/board"):
            with query_count() as queries:  # type: ignore[attr-defined]  # a context manager
                assert client.get(path).status_code == 200
            counts.append(queries.count)
        return counts

    make_tender(session, now)
    make_sale(session, now - 2 * DAY)
    few = statements()
    for _ in range(4):
        make_tender(session, now)
        make_sale(session, now - 2 * DAY)
    assert statements() == few
    assert max(few) <= 12
