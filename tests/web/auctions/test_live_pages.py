"""The live page of buyers and the seller's pages of auctions, without any script."""

import csv
import gzip
import hashlib
import io
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.auctions.models import Auction, AuctionBid, AuctionBidder
from chain.auctions.services.closing import close_due
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.auctions import HOUR, bid, lots_of, make_auction, maximum, price_of
from tests.support.cast import Cast, sign_in
from tests.support.live import ROOT
from tests.support.market import add_graded_lots

SetClock = Callable[[datetime], None]
#: Budget of the buyer portal, first load, gzip.
BUDGET_BYTES = 60_000


@pytest.fixture(autouse=True)
def _clock(set_clock: SetClock, now: datetime) -> None:
    set_clock(now)


def test_a_buyer_registers_and_bids_with_plain_forms(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, bidders=())
    (lot_id,) = lots_of(session, auction.id)
    sign_in(client, cast.buyer)
    assert "Remate de marzo" in client.get("/live").text
    page = client.get(f"/live/{auction.id}").text
    assert "Inscribirse" in page
    assert "data-bid" not in page  # nobody bids before
    assert client.post(f"/live/{auction.id}/register", data={"ceiling": ""}).status_code == 302
    page = client.get(f"/live/{auction.id}").text
    for words in ("S/ 100.00", "S/ 101.00", "S/ 104.00", "El reloj del servidor decide", "Actualizar"):
        assert words in page
    assert "S/ 110.00" not in page  # the reserve
    form = {"id": str(new_id()), "amount": "10000", "seen": ""}
    for _ in range(2):  # a double tap
        answer = client.post(f"/live/{auction.id}/lots/{lot_id}/bids", data=form)
        assert answer.status_code == 302
    assert session.scalar(select(func.count()).select_from(AuctionBid)) == 1
    page = client.get(f"/live/{auction.id}").text
    assert "Usted va primero, pero falta para el precio mínimo" in page
    assert "Se contó una sola vez" in page


def test_the_script_is_answered_in_words(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: SetClock
) -> None:
    auction = make_auction(session, now)
    (lot_id,) = lots_of(session, auction.id)
    maximum(session, now, lot_id, 12_000, cast.rival_buyer.actor)
    sign_in(client, cast.buyer)
    url = f"/live/{auction.id}/lots/{lot_id}/bids"
    json = {"Accept": "application/json"}

    def send(**form: object) -> dict[str, str]:
        form = {"id": str(new_id()), "seen": price_of(session, lot_id), **form}
        found: dict[str, str] = client.post(url, data=form, headers=json).json  # type: ignore[assignment]
        return found

    told = send(amount=11_500)
    assert told["tone"] == "error"
    assert "S/\u00a0116.00" in told["words"]
    told = send(kind="maximum", maximum="125,50")
    assert (told["tone"], "S/\u00a0121.00" in told["words"]) == ("success", True)
    assert send(amount=9_000)["tone"] == "error"
    assert send(kind="maximum", maximum="mucho")["tone"] == "error"
    assert send(kind="maximum", maximum="")["words"] == "Escriba un precio."
    set_clock(now + 2 * HOUR)
    assert "cerrado" in send(amount=13_000)["words"]


def test_the_poll_answers_only_what_moved_and_304_when_nothing_did(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=3)
    first, second, _ = lots_of(session, auction.id)
    sign_in(client, cast.buyer)
    url = f"/live/{auction.id}/state"
    answer = client.get(url)
    assert answer.json is not None
    assert [lot["n"] for lot in answer.json["lots"]] == [1, 2, 3]
    tag = answer.headers["ETag"]
    again = client.get(url, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert again.headers["X-Server-Now"] == now.isoformat()
    bid(session, now, second, 11_000, cast.rival_buyer.actor)
    seen = ",".join(f"{lot['n']}.{lot['s']}.{lot['state']}" for lot in answer.json["lots"])
    moved = client.get(f"{url}?seen={seen}", headers={"If-None-Match": tag})
    assert moved.status_code == 200
    assert moved.json is not None
    (lot,) = moved.json["lots"]
    assert (lot["n"], lot["price"], lot["words"]) == (2, "S/\u00a0110.00", "Postor 2 va primero.")
    assert cast.rival_mill.name not in moved.text
    bid(session, now, first, 11_000)
    bid(session, now, first, 12_000, cast.rival_buyer.actor)
    told = {one["n"]: one["words"] for one in client.get(url).json["lots"]}  # type: ignore[index]
    assert told[1] == "Otro ofreció más que usted. Postor 2 va primero."
    for nonsense in ("?seen=x", "?seen=1.2.3.4,,", "?seen=" + "9" * 6_000):
        assert client.get(url + nonsense).status_code == 200


def test_a_maximum_is_on_no_page_before_the_end(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: SetClock
) -> None:
    auction = make_auction(session, now)
    (lot_id,) = lots_of(session, auction.id)
    maximum(session, now, lot_id, 14_730)
    for person in (cast.buyer, cast.rival_buyer, cast.seller):
        sign_in(client, person)
        paths = [
            f"/live/{auction.id}/lots/{lot_id}",
            f"/auctions/{auction.id}/log.csv",
            f"/live/{auction.id}",
        ]
        for path in (*paths, f"/live/{auction.id}/state"):
            page = client.get(path).text
            assert "147.30" not in page, path
            assert "14730" not in page, path
    set_clock(now + 2 * HOUR)
    client.get(f"/live/{auction.id}")  # the first request after the end closes it
    session.expire_all()
    assert session.get_one(Auction, auction.id).state == "closed"
    table = client.get(f"/auctions/{auction.id}/log.csv").text
    assert "14730" in table
    assert all(line["hash"] == computed for line, computed in computed_from(table))
    sign_in(client, cast.buyer)
    assert "Usted ganó este lote" in client.get(f"/live/{auction.id}").text


def computed_from(table: str) -> Iterator[tuple[dict[str, str], str]]:
    """Compute the hashes of a published log as somebody else would, by the words of docs/auctions.md."""
    previous = "0" * 64
    for line in csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))):
        is_maximum = line["kind"] == "maximum"
        fields = (
            previous,
            line["lot_id"],
            line["line"],
            line["kind"],
            line["moment"],
            line["bidder_mark"],
            "" if is_maximum else line["amount_minor"],
            line["commitment"],
            line["price_minor"],
            line["leader_mark"],
            line["ends_at"],
        )
        previous = hashlib.sha256("\n".join(fields).encode()).hexdigest()
        yield line, previous


def test_a_seller_announces_an_auction_from_the_stock(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    add_graded_lots(session, now, 2)
    add_graded_lots(session, now, 1, colour="black", grade_key="baby")
    sign_in(client, cast.seller)
    page = client.get("/auctions/new").text
    white = re.search(r'name="price-([^"]+white)"', page)
    seen = re.search(r'name="seen" value="([^"]+)"', page)
    assert white
    assert seen
    form = {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "seen": seen[1],
        "title": "Blanca de marzo",
        "ends_at": "2026-03-17T10:00",
        f"price-{white[1]}": "100,50",
        f"reserve-{white[1]}": "90",
        "bundle": "lot",
        "closing": "each",
        "stagger_seconds": "60",
        "soft_close_seconds": "90",
        "award_by": "catalogue",
        "note": "En el almacén.",
    }
    refused = client.post("/auctions/new", data=form)
    assert refused.status_code == 422
    assert "Blanca de marzo" in refused.text
    assert "100,50" in refused.text
    assert client.post("/auctions/new", data=form | {f"reserve-{white[1]}": "x"}).status_code == 422
    good = form | {f"reserve-{white[1]}": "120"}
    for _ in range(2):
        assert client.post("/auctions/new", data=good).status_code == 302
    (auction,) = session.scalars(select(Auction)).all()
    assert (auction.lots, auction.soft_close_seconds, auction.award_by) == (2, 90, "catalogue")
    page = client.get(f"/auctions/{auction.id}").text
    assert "S/ 120.00" in page
    assert "Blanca de marzo" in client.get("/auctions").text
    assert (
        client.post("/auctions/new", data=good | {"id": str(new_id())}).status_code == 422
    )  # the stock is taken


def test_only_the_market_manager_pauses_and_others_read_why(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now)
    sign_in(client, cast.seller)
    assert client.post(f"/auctions/{auction.id}/pause", data={"reason": "x"}).status_code == 403
    assert client.post(f"/auctions/{auction.id}/cancel", data={"reason": ""}).status_code == 422
    assert client.post(f"/auctions/{auction.id}/cancel", data={"reason": "Lluvia."}).status_code == 302
    sign_in(client, cast.buyer)
    page = client.get(f"/live/{auction.id}").text
    assert "Lluvia." in page
    assert "data-bid" not in page


def test_others_find_no_auction_of_this_house(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now)
    (lot_id,) = lots_of(session, auction.id)
    sign_in(client, cast.outsider)
    for path in (f"/auctions/{auction.id}", f"/live/{auction.id}", f"/live/{auction.id}/state"):
        assert client.get(path).status_code == 404
    assert client.get(f"/live/{auction.id}/lots/{lot_id}").status_code == 404
    other = make_auction(session, now)
    sign_in(client, cast.buyer)
    assert client.get(f"/live/{other.id}/lots/{lot_id}").status_code == 404
    assert session.scalar(select(func.count()).select_from(AuctionBidder)) == 4


def test_the_first_load_of_a_live_page_keeps_the_budget_of_the_portal(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now, lots=20)
    for place, lot_id in enumerate(lots_of(session, auction.id)):
        bid(session, now, lot_id, 11_000 + 100 * place)
    sign_in(client, cast.buyer)
    page = client.get(f"/live/{auction.id}")
    total = len(gzip.compress(page.data))
    for path in sorted(set(re.findall(rb'/static/[^"?]+', page.data))):
        total += len(gzip.compress((ROOT / path.decode().lstrip("/")).read_bytes()))
    assert total < BUDGET_BYTES, f"{total} bytes"
    # a poll in which one lot of twenty moved takes less than a quarter of a second at 50 kbit/s
    state = client.get(f"/live/{auction.id}/state")
    assert state.json is not None
    seen = ",".join(f"{lot['n']}.{lot['s']}.open" for lot in state.json["lots"][1:])
    assert len(client.get(f"/live/{auction.id}/state?seen={seen}").data) < 1_500


def test_reading_a_live_page_takes_few_statements(
    client: ChainClient, session: Session, cast: Cast, now: datetime, query_count: Callable[[], object]
) -> None:
    auction = make_auction(session, now)
    sign_in(client, cast.buyer)
    url = f"/live/{auction.id}/state"
    tag = client.get(url).headers["ETag"]
    with query_count() as queries:  # type: ignore[attr-defined]
        client.get(url, headers={"If-None-Match": tag})
    assert queries.count <= 7, str(queries)


def test_a_late_bid_is_told_that_the_lot_closed_and_the_result_comes(
    session: Session, cast: Cast, now: datetime
) -> None:
    auction = make_auction(session, now)
    (lot_id,) = lots_of(session, auction.id)
    bid(session, now, lot_id, 12_000)
    late = bid(session, now + HOUR, lot_id, 13_000, cast.rival_buyer.actor)
    assert late.outcome == "closed"
    assert close_due(session, now=now + HOUR + timedelta(seconds=5), auction_id=auction.id) == [lot_id]
