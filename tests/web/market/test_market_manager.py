"""The market manager's pages: logs of events, their replay, excluded bidders; and what each reader sees of them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.market.services import close_tender
from chain.sales.models import BidderExclusion
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.market import make_bid, make_tender

Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _clock(set_clock: Clock, now: datetime) -> None:
    set_clock(now)


def test_the_log_shows_aliases_and_replays_to_the_same_result(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_347)
    sign_in(client, cast.auditor)
    url = f"/market/events/{tender.id}"
    before = client.get(url).text
    assert "Postor 1" in before
    assert "Hilandería" not in before
    assert "12347" not in before
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    page = client.get(f"{url}/replay").text
    assert "El mismo resultado." in page
    assert "12347" in page
    assert cast.mill.name not in page
    assert "Fibra de marzo" in client.get("/market/events").text
    table = client.get(f"{url}/log.csv")
    assert (table.status_code, table.mimetype) == (200, "text/csv")
    said = client.get(f"{url}/replay.json").json
    assert said is not None
    assert (said["agrees"], len(said["log"])) == (True, 7)
    assert [line["hash"] for line in said["log"]] == list(computed_from(said))
    sign_in(client, cast.market_manager)
    assert cast.mill.name in client.get(url).text
    for person in (cast.outsider,):
        sign_in(client, person)
        assert client.get(url).status_code == 404
    sign_in(client, cast.buyer)
    assert client.get(url).status_code == 403


def computed_from(said: dict[str, Any]) -> Iterator[str]:
    """Compute the hashes of a published log as somebody else would, by the words of docs/market.md."""
    previous = "0" * 64
    for line in said["log"]:
        text = json.dumps(
            {
                "at": line["at"],
                "buyer": line["bidder_mark"],
                "data": line["data"],
                "event": said["event"],
                "kind": line["kind"],
                "previous": previous,
                "sequence": line["sequence"],
                "user": line["user_mark"],
            },
            separators=(",", ":"),
            sort_keys=True,
            ensure_ascii=False,
        )
        previous = hashlib.sha256(text.encode()).hexdigest()
        yield previous


def test_the_manager_excludes_and_lifts_on_the_page(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    sign_in(client, cast.market_manager)
    assert client.get(f"/market/exclusions?event={tender.id}").status_code == 200
    form: dict[str, Any] = {"id": str(new_id()), "buyer": str(cast.mill.id), "event": str(tender.id)}
    refused = client.post("/market/exclusions", data=form)
    assert refused.status_code == 422
    for _ in range(2):
        assert client.post("/market/exclusions", data=form | {"reason": "No pagó"}).status_code == 302
    row = session.scalars(select(BidderExclusion)).one()
    assert "No pagó" in client.get("/market/exclusions").text
    assert "No pagó" in client.get(f"/tenders/{tender.id}").text
    sign_in(client, cast.buyer)
    page = client.get(f"/board/{tender.id}").text
    assert "El motivo fue: No pagó" in page
    assert 'name="price"' not in page
    sign_in(client, cast.seller)
    lift = f"/market/exclusions/{row.id}/lift"
    assert client.post(lift, data={"reason": "x"}).status_code == 403
    assert client.post("/market/exclusions", data=form | {"reason": "x"}).status_code == 403
    sign_in(client, cast.market_manager)
    assert client.post(lift, data={"reason": ""}).status_code == 422
    assert client.post(lift, data={"reason": "Pagó"}).status_code == 302
    sign_in(client, cast.buyer)
    assert 'name="price"' in client.get(f"/board/{tender.id}").text


def test_the_manager_sees_the_tender_without_its_reserve_and_opens_the_bids(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    tender = make_tender(session, now, reserve_minor_per_unit=10_437)
    make_bid(session, now, tender, 12_347)
    sign_in(client, cast.market_manager)
    page = client.get(f"/tenders/{tender.id}").text
    assert "104.37" not in page
    assert "Solo lo ve el comité" in page
    set_clock(tender.closes_at)
    assert client.post(f"/tenders/{tender.id}/close").status_code == 302
    assert "123.47" in client.get(f"/tenders/{tender.id}").text
    assert client.get("/tenders/new").status_code == 403


def test_a_bid_by_class_goes_through_the_page(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    from tests.support.market import add_graded_lots

    lots = [
        *add_graded_lots(session, now, 2, grade_key="baby"),
        *add_graded_lots(session, now, 1, grade_key="fleece"),
    ]
    tender = make_tender(session, now, lots)
    sign_in(client, cast.buyer)
    page = client.get(f"/board/{tender.id}").text
    assert 'name="class_0"' in page
    assert 'name="lot_2"' in page
    form = {"id": str(new_id()), "kind": "grid", "class_0": "120,5", "condition": "parts", "most": "25"}
    assert client.post(f"/board/{tender.id}", data=form).status_code == 302
    shown = client.get(f"/board/{tender.id}").text
    assert "S/ 120.50 / kg" in shown
    assert "como máximo 25 kg" in shown
    empty = {"id": str(new_id()), "kind": "lots", "condition": "parts"}
    answer = client.post(f"/board/{tender.id}", data=empty)
    assert (answer.status_code, "Escriba un precio" in answer.text) == (422, True)
    for path in ("/bids/export.csv",):
        table = client.get(path)
        assert "120.50" in table.text
    sign_in(client, cast.seller)
    assert "Fibra de marzo" in client.get("/tenders/export.csv").text
    assert client.get(f"/tenders/{tender.id}/bids.csv").status_code == 409


def test_a_private_tender_with_its_own_reserves_is_opened_on_the_page(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    from chain.market.models import Tender, TenderLot
    from tests.support.market import add_graded_lots

    add_graded_lots(session, now, 1, grade_key="baby")
    add_graded_lots(session, now, 1, grade_key="fleece")
    sign_in(client, cast.seller)
    form = {
        "id": str(new_id()), "title": "Privado", "reserve": "100", "closes_at": "2026-03-17T10:00", "scope": "filter",
        "commodity": "alpaca-fibre", "seen": "20000", "seen_by": "invited", "reserve_0": "130",
    }  # fmt: skip
    assert client.post("/tenders/new", data=form).status_code == 422
    assert client.post("/tenders/new", data=form | {"invited": [str(cast.mill.id)]}).status_code == 302
    tender = session.scalars(select(Tender)).one()
    assert tender.is_private
    assert sorted(session.scalars(select(TenderLot.reserve_minor_per_unit)), key=str) == [13_000, None]
    sign_in(client, cast.buyer)
    assert "Privado" in client.get("/board").text
    sign_in(client, cast.rival_buyer)
    assert "Privado" not in client.get("/board").text
    assert client.get(f"/board/{tender.id}").status_code == 404
