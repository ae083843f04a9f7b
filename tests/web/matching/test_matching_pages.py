"""The pages of matching, for both sides."""

from datetime import datetime

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.matching.models import FreightRate, MatchOffer, MatchProposal, MatchRun
from tests.support.cast import Cast, sign_in
from tests.support.market import add_graded_lots
from tests.support.matching import DAY, SECOND, add_association, make_demand, offered, one_proposal, run


def test_a_seller_offers_all_lots_of_the_filter_and_takes_one_back(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    ids = add_graded_lots(session, now, 2)
    sign_in(client, cast.seller)
    page = client.get("/matching/lots/new").text
    assert 'name="seen" value="30000"' in page
    terms = {"scope": "filter", "reserve": "95,50", "kind": "whole", "valid_to": str(now.date() + DAY)}
    changed = client.post("/matching/lots/new", data={**terms, "seen": "1", "commodity": "alpaca-fibre"})
    assert changed.status_code == 422
    assert "cambiaron" in changed.text
    done = client.post("/matching/lots/new", data={**terms, "seen": "30000", "commodity": "alpaca-fibre"})
    assert done.status_code == 302
    found = session.scalars(select(MatchOffer)).all()
    assert {(one.reserve_minor_per_unit, one.is_divisible) for one in found} == {(9_550, False)}
    assert "95.50" in client.get("/matching/lots").text
    assert client.get("/matching/lots.csv").text.count("95.50") == 2
    client.post("/matching/lots/withdraw", data={"lots": [str(ids[0])]})
    assert sorted(session.scalars(select(MatchOffer.state))) == ["open", "withdrawn"]


def test_typed_terms_are_kept_when_something_is_wrong(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    add_graded_lots(session, now, 1)
    sign_in(client, cast.seller)
    answer = client.post(
        "/matching/lots/new", data={"scope": "chosen", "reserve": "x", "valid_to": "2026-99-01"}
    )
    assert answer.status_code == 422
    assert 'value="x"' in answer.text


def test_without_lots_or_demands_the_preview_says_so(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.seller)
    assert "No hay nada que emparejar" in client.get("/matching/runs/new").text


def test_a_preview_then_the_run_with_its_near_misses(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    sign_in(client, cast.seller)
    offered(session, now, 1)
    offered(session, now, 1, reserve=12_500)
    make_demand(session, now)
    page = client.get("/matching/runs/new").text
    assert "S/ 1,200.00" in page
    seen = page.split('name="seen" value="')[1][:64]
    form = {"id": str(new_id()), "seen": seen, "answer_hours": "48", "pool": ""}
    for _ in range(2):
        assert client.post("/matching/runs/new", data=form).status_code == 302
    made = session.scalars(select(MatchRun)).one()
    assert made.answer_hours == 48
    detail = client.get(f"/matching/runs/{made.id}").text
    assert "S/ 125.00" in detail
    assert "por debajo de la reserva" in detail
    assert client.get("/matching/runs").status_code == 200
    assert "125.00" in client.get(f"/matching/runs/{made.id}/misses.csv").text


def test_both_sides_answer_on_the_page_and_the_buyer_never_reads_a_reserve(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    offered(session, now, 1, reserve=10_123)
    make_demand(session, now)
    proposal_id = one_proposal(session, now).id
    address = f"/matching/proposals/{proposal_id}"
    sign_in(client, cast.buyer)
    page = client.get(address).text
    assert "101.23" not in page
    assert "19.8 µm" in page
    assert "Super baby para marzo" in client.get("/matching/for-buyers").text
    assert "Super baby para marzo" in client.get("/matching/proposals.csv").text
    refused = client.post(f"{address}/refuse", data={"reason": ""})
    assert refused.status_code == 422
    assert client.post(f"{address}/accept").status_code == 302
    sign_in(client, cast.everything)
    assert client.get("/matching").status_code == 200
    assert client.post(f"{address}/accept").status_code == 302
    session.expire_all()
    assert session.get_one(MatchProposal, proposal_id).state == "sold"
    assert client.get(address).status_code == 200


def test_strangers_find_no_proposal(client: FlaskClient, session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    found = one_proposal(session, now)
    for person in (cast.rival_buyer, cast.outsider):
        sign_in(client, person)
        assert client.get(f"/matching/proposals/{found.id}").status_code == 404
        assert client.post(f"/matching/proposals/{found.id}/accept").status_code == 404
    sign_in(client, cast.outsider)
    assert client.get(f"/matching/runs/{found.run_id}").status_code == 404


def test_freight_is_noted_by_both_sides(client: FlaskClient, session: Session, cast: Cast) -> None:
    for person, partner in ((cast.seller, cast.mill), (cast.buyer, cast.centre)):
        sign_in(client, person)
        form = {
            "id": str(new_id()),
            "partner": str(partner.id),
            "minor_per_unit": "1.50",
            "valid_from": "2026-03-01",
        }
        assert client.post("/matching/freight", data=form).status_code == 302
        assert "S/ 1.50" in client.get("/matching/freight").text
        assert client.post("/matching/freight", data=form | {"minor_per_unit": "x"}).status_code == 422
    assert len(session.scalars(select(FreightRate)).all()) == 2


def test_a_pool_is_opened_and_run(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, set_clock: object
) -> None:
    set_clock(now)  # type: ignore[operator]
    add_association(session)
    offered(session, now, 1)
    make_demand(session, now)
    sign_in(client, cast.seller)
    pool_id = new_id()
    form = {"id": str(pool_id), "title": "Fibra del sur", "members": [SECOND.code]}
    assert client.post("/matching/pools", data=form).status_code == 302
    assert "Fibra del sur" in client.get("/matching/pools").text
    page = client.get(f"/matching/pools/{pool_id}").text
    assert "Asociación vecina" in page
    assert client.get(f"/matching/runs/new?pool={pool_id}").status_code == 200
    assert client.post(f"/matching/pools/{pool_id}/close").status_code == 302


def test_lists_ask_few_questions(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, query_count: object
) -> None:
    offered(session, now, 3)
    for price in (11_000, 12_000, 13_000):
        make_demand(session, now, price_minor_per_unit=price, max_quantity=9_000)
    made = run(session, now)
    sign_in(client, cast.seller)
    for address in ("/matching", "/matching/lots", f"/matching/runs/{made.id}"):
        with query_count() as queries:  # type: ignore[operator]
            assert client.get(address).status_code == 200
        assert queries.count <= 14, str(queries)
