"""The buyer's pages: the board, an offer, bids and their results, matches of a demand."""

from collections.abc import Callable
from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.buyers.models import Demand
from chain.core.ids import new_id
from chain.market.models import Bid
from chain.market.queries.sealed import offer_of
from chain.market.services import close_tender
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.market import DAY, add_graded_lots, make_bid, make_sale, make_tender, sold

Clock = Callable[[datetime], None]


@pytest.fixture(autouse=True)
def _clock(set_clock: Clock, now: datetime) -> None:
    set_clock(now)


def test_the_board_shows_what_is_offered_and_filters_by_the_address(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    make_tender(session, now, title="Blanca")
    lots = add_graded_lots(session, now, 2, grade_key="baby", micron_tenths=224, claim="organic")
    make_tender(session, now, lots, title="Verde")
    sign_in(client, cast.buyer)
    page = client.get("/board").text
    for words in ("Blanca", "Verde", "60 kg", "19.8 µm", "22.4 µm", "Ecológico", "blanco"):
        assert words in page
    assert "S/ 100.00" not in page  # the reserve
    filtered = client.get("/board?claim=organic&micron_max=22,5&kg=20").text
    assert "Verde" in filtered
    assert "Blanca" not in filtered
    for nonsense in (
        "?micron_max=x&kg=%00&grade=a&claim=b&page=-1",
        "?page=99999999999999999999",
        "?kg=1e99",
    ):
        assert client.get(f"/board{nonsense}").status_code == 200


def test_a_bid_is_placed_replaced_and_sent_twice_without_harm(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    sign_in(client, cast.buyer)
    page = client.get(f"/board/{tender.id}").text
    assert "a las ofertas que juntas" in page
    form = {"id": str(new_id()), "price": "120,50"}
    for _ in range(2):
        assert client.post(f"/board/{tender.id}", data=form).status_code == 302
    client.post(f"/board/{tender.id}", data={"id": str(new_id()), "price": "118"})
    bids = session.scalars(select(Bid).order_by(Bid.sequence)).all()
    assert [offer_of(bid).price_minor for bid in bids] == [12_050, 11_800]
    page = client.get(f"/board/{tender.id}").text
    assert page.index("S/ 118.00") < page.index("S/ 120.50")
    assert "S/ 118.00" in client.get("/bids").text
    sign_in(client, cast.rival_buyer)
    for path in (f"/board/{tender.id}", "/board", "/bids"):
        assert "118.00" not in client.get(path).text


@pytest.mark.parametrize(
    ("price", "words"),
    [
        ("", "Complete"),
        ("-1", "mayor que cero"),
        ("0", "mayor que cero"),
        ("1.000,00", "no es un número"),
        ("120.005", "dos decimales"),
        ("999999", "debe estar entre"),
    ],
)
def test_a_bad_price_is_refused_and_stays_in_the_form(
    client: ChainClient, session: Session, cast: Cast, now: datetime, price: str, words: str
) -> None:
    tender = make_tender(session, now)
    sign_in(client, cast.buyer)
    answer = client.post(f"/board/{tender.id}", data={"id": str(new_id()), "price": price})
    assert answer.status_code == 422
    if price:
        assert words in answer.text
        assert f'value="{price}"' in answer.text
    assert "100.00" not in answer.text
    assert session.scalar(select(func.count()).select_from(Bid)) == 0


def test_after_the_deadline_the_page_takes_no_bid(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Clock
) -> None:
    tender = make_tender(session, now)
    set_clock(tender.closes_at)
    sign_in(client, cast.buyer)
    answer = client.post(f"/board/{tender.id}", data={"id": str(new_id()), "price": "120"})
    assert (answer.status_code, "está cerrado" in answer.text) == (422, True)


def test_results_are_told_to_each_bidder_without_the_others_price(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    make_bid(session, now, tender, 13_100, cast.rival_buyer.actor)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    sold(session, actor=cast.everything.actor, now=tender.closes_at, tender_id=tender.id)
    sign_in(client, cast.buyer)
    for path in ("/bids", f"/board/{tender.id}"):
        page = client.get(path).text
        assert "Usted no ganó" in page
        assert "131.00" not in page
    sign_in(client, cast.rival_buyer)
    assert "Usted compró" in client.get("/bids").text


def test_a_purchase_shows_lots_and_never_producers(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale = make_sale(session, now - 2 * DAY)
    sign_in(client, cast.buyer)
    page = client.get(f"/sales/{sale.id}").text
    assert "S/ 7,200.00" in page
    assert "Productora" not in page
    assert "Compras" in client.get("/sales").text
    sign_in(client, cast.rival_buyer)
    assert client.get(f"/sales/{sale.id}").status_code == 404


def test_matches_tell_what_fits_and_what_is_missing(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    make_tender(session, now)
    make_tender(session, now, add_graded_lots(session, now, 1, grade_key="baby", micron_tenths=224))
    demand = Demand(
        organisation_id=cast.mill.id,
        title="Superbaby",
        commodity="alpaca-fibre",
        grades=["ntp-231.301/2014/super_baby"],
        colours=[],
        min_quantity=100_000,
        currency="PEN",
        valid_from=now.date(),
        valid_to=(now + DAY).date(),
        created_at=now,
    )
    session.add(demand)
    session.flush()
    sign_in(client, cast.buyer)
    page = client.get(f"/demands/{demand.id}/matches").text
    for words in ("60 kg", "Faltan 40 kg", "se pide: Super Baby"):
        assert words in page
    sign_in(client, cast.rival_buyer)
    assert client.get(f"/demands/{demand.id}/matches").status_code == 404
