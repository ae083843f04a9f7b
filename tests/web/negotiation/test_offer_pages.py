"""Pages of offers, open lots and samples, as a buyer and a seller use them."""

import re
from datetime import datetime
from uuid import UUID

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.market.services import close_tender
from chain.negotiation.models import Offer, SampleRequest
from tests.support.cast import Cast, sign_in
from tests.support.market import add_graded_lots, make_tender
from tests.support.negotiation import make_offer, make_sample, shown


def test_a_buyer_finds_lots_offers_and_the_seller_counters_and_the_buyer_accepts(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    lot_ids = shown(session, now)
    sign_in(client, cast.buyer)
    page = client.get("/open-lots").text
    assert all(str(lot_id) in page for lot_id in lot_ids)
    answer = client.post("/open-lots", data={"lot": [str(one) for one in lot_ids], "step": "offer"})
    assert answer.status_code == 302
    page = client.get(answer.location).text
    assert 'value="90.00"' in page or 'value="90"' in page
    data = {
        "id": str(new_id()), "lot": [str(one) for one in lot_ids], "price_0": "75,50", "quantity_0": "5",
        "freight": "buyer", "payment_days": "10", "stands": "3", "note": "Recogemos el viernes.",
    }  # fmt: skip
    answer = client.post("/offers/new", data=data)
    assert answer.status_code == 302, answer.text
    assert client.post("/offers/new", data=data).status_code == 302, "a second click"
    offer = session.scalars(select(Offer)).one()
    assert offer.quantity == 25_000
    assert offer.amount_minor == 188_750
    sign_in(client, cast.seller)
    assert "Le toca" in client.get("/offers").text or "Su turno" in client.get("/offers").text
    page = client.get(f"/offers/{offer.id}").text
    assert "Recogemos el viernes." in page
    assert client.get(f"/offers/{offer.id}/counter").status_code == 200
    counter = data | {"id": str(new_id()), "seen": "1", "price_0": "80", "reason": "Es fibra muy fina."}
    assert client.post(f"/offers/{offer.id}/counter", data=counter).status_code == 302
    sign_in(client, cast.buyer)
    assert "Es fibra muy fina." in client.get(f"/offers/{offer.id}").text
    answer = client.post(f"/offers/{offer.id}/accept", data={"id": str(new_id()), "seen": "2"})
    assert answer.status_code == 302
    page = client.get(f"/offers/{offer.id}").text
    assert "reservados" in page
    log = client.get(f"/offers/{offer.id}/log").text
    assert "Comprobado" in log
    assert "80.00" not in log
    assert session.get_one(Offer, offer.id).state == "accepted"


def test_a_form_that_is_refused_keeps_what_was_typed(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    lot_ids = shown(session, now, 1)
    sign_in(client, cast.buyer)
    data = {
        "id": str(new_id()), "lot": str(lot_ids[0]), "price_0": "0", "quantity_0": "11", "freight": "seller",
        "payment_days": "1000", "stands": "3", "note": "Hola",
    }  # fmt: skip
    answer = client.post("/offers/new", data=data)
    assert answer.status_code == 422
    assert "Hola" in answer.text
    assert 'value="11"' in answer.text
    assert not session.scalars(select(Offer)).all()


def test_a_seller_shows_hides_and_offers_to_one_buyer(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    (lot_id,) = add_graded_lots(session, now, 1)
    sign_in(client, cast.seller)
    assert (
        client.post("/open-lots", data={"lot": str(lot_id), "step": "show", "asking": "85"}).status_code
        == 302
    )
    assert "85.00" in client.get("/open-lots").text
    assert client.post("/open-lots", data={"lot": str(lot_id), "step": "hide"}).status_code == 302
    page = client.get(f"/offers/new?lot={lot_id}&to={cast.mill.id}").text
    assert re.search(rf'value="{cast.mill.id}" selected|selected[^>]*value="{cast.mill.id}"', page)
    data = {
        "id": str(new_id()), "lot": str(lot_id), "to": str(cast.mill.id), "price_0": "85", "quantity_0": "10",
        "freight": "seller", "payment_days": "15", "stands": "2", "is_firm": "y",
    }  # fmt: skip
    assert client.post("/offers/new", data=data).status_code == 302
    offer = session.scalars(select(Offer)).one()
    assert (offer.buyer_id, offer.turn) == (cast.mill.id, "buyer")


def test_accepting_lots_that_are_gone_says_so(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    offer = make_offer(session, now)
    session.execute(Lot.__table__.update().values(is_held=True))  # type: ignore[attr-defined]
    sign_in(client, cast.seller)
    answer = client.post(
        f"/offers/{offer.id}/accept", data={"id": str(new_id()), "seen": "1"}, follow_redirects=True
    )
    assert "ya no están disponibles" in answer.text
    assert session.get_one(Offer, offer.id).state == "gone"


def test_files_of_offers_lots_and_samples_disarm_formulas(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    make_offer(session, now)
    sample = make_sample(session, now)
    sample.comment = "=1+1"
    session.flush()
    sign_in(client, cast.buyer)
    for path in ("/offers.csv", "/open-lots.csv", "/samples.csv"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert answer.mimetype == "text/csv"
    assert ",'=1+1" in client.get("/samples.csv").text
    sign_in(client, cast.rival_buyer)
    assert client.get("/offers.csv").text.count("\n") == 1
    assert client.get("/samples.csv").text.count("\n") == 1


def test_a_rival_gets_404_everywhere(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    offer, sample = make_offer(session, now), make_sample(session, now)
    paths = [f"/offers/{offer.id}{end}" for end in ("", "/log", "/counter")] + [f"/samples/{sample.id}"]
    posts = [f"/offers/{offer.id}/{end}" for end in ("accept", "refuse", "withdraw", "counter")]
    for person in (cast.rival_buyer, cast.outsider):
        sign_in(client, person)
        assert [client.get(path).status_code for path in paths] == [404] * len(paths)
        data = {"id": str(new_id()), "seen": "1", "reason": "x"}
        assert [client.post(path, data=data).status_code for path in posts] == [404] * len(posts)


def test_a_sample_goes_its_way_through_the_pages_and_comes_back_to_the_lot(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    (lot_id,) = shown(session, now, 1)
    sign_in(client, cast.buyer)
    assert client.get(f"/samples/new?lot={lot_id}").status_code == 200
    bad = client.post(
        "/samples/new", data={"id": str(new_id()), "lot": str(lot_id), "grams": "99999", "address": "x"}
    )
    assert bad.status_code == 422
    data = {"id": str(new_id()), "lot": str(lot_id), "grams": "200", "address": "Arequipa"}
    assert client.post("/samples/new", data=data).status_code == 302
    sample_id = session.scalars(select(SampleRequest.id)).one()
    _as_seller(client, cast, sample_id)
    sign_in(client, cast.buyer)
    assert client.post(f"/samples/{sample_id}/receive").status_code == 302
    assert client.post(f"/samples/{sample_id}/judge", data={"would_buy": "at_price"}).status_code == 422
    found = {
        "would_buy": "yes",
        "grade": "baby",
        "micron": "21,4",
        "colour": "white",
        "comment": "Muy limpio.",
    }
    assert client.post(f"/samples/{sample_id}/judge", data=found).status_code == 302
    assert "Muy limpio." in client.get(f"/samples/{sample_id}").text
    sign_in(client, cast.grader)
    page = client.get(f"/lots/{lot_id}").text
    assert "Muy limpio." in page
    assert "21.4 µm" in page


def _as_seller(client: FlaskClient, cast: Cast, sample_id: UUID) -> None:
    sign_in(client, cast.seller)
    assert "Arequipa" in client.get(f"/samples/{sample_id}").text
    assert client.post(f"/samples/{sample_id}/agree").status_code == 302
    sent = {"grams": "180", "carrier": "Cruz del Sur", "tracking": "G-12"}
    assert client.post(f"/samples/{sample_id}/send", data=sent).status_code == 302
    assert "G-12" in client.get("/samples.csv").text


def test_a_tender_that_was_passed_in_leads_to_an_offer_for_its_lots(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    tender = make_tender(session, now)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    set_clock(tender.closes_at)  # type: ignore[operator]
    sign_in(client, cast.buyer)
    page = client.get(f"/board/{tender.id}").text
    assert f"/offers/new?tender={tender.id}" in page
    assert client.get(f"/offers/new?tender={tender.id}").text.count('name="lot"') == 3
    sign_in(client, cast.seller)
    page = client.get(f"/offers/new?buyer={cast.mill.id}&tender={tender.id}").text
    assert page.count('name="lot"') == 3
    assert f'name="source" value="{tender.id}"' in page
    assert "/open-lots" in client.get("/tenders").text
