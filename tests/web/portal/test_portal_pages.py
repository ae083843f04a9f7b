"""A buyer's home, alerts, searches, payments and documents."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.outbox import run_next
from chain.negotiation.services import send_sample
from chain.portal.models import Alert, AlertSetting, BoardSearch
from chain.portal.services.settings import setting_of
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.market import make_sale, make_tender
from tests.support.negotiation import make_offer, make_sample

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def stopped(set_clock: object, now: datetime) -> None:
    set_clock(now)  # type: ignore[operator]


def _drain(session: Session, now: datetime) -> None:
    while run_next(session, now=now):
        pass


def test_the_home_of_a_buyer_lists_what_waits_and_a_rival_sees_nothing_of_it(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    offer = make_offer(session, now, actor=cast.seller.actor)
    sample = make_sample(session, now)
    send_sample(session, actor=cast.seller.actor, now=now, sample_id=sample.id, grams=100)
    make_tender(session, now, closes_at=now + DAY / 2)
    sign_in(client, cast.buyer)
    page = client.get("/").text
    assert f"/offers/{offer.id}" in page
    assert f"/samples/{sample.id}" in page
    assert "Usted no ha ofertado" in page
    assert client.get("/portal").status_code == 200
    sign_in(client, cast.rival_buyer)
    page = client.get("/").text
    assert f"/offers/{offer.id}" not in page
    assert f"/samples/{sample.id}" not in page
    sign_in(client, cast.seller)
    assert "Necesita su atención" not in client.get("/").text
    assert client.get("/portal").status_code == 403


def test_alerts_are_read_one_by_one_or_all_at_once(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    offer = make_offer(session, now, actor=cast.seller.actor)
    make_offer(session, now, actor=cast.seller.actor)
    _drain(session, now)
    sign_in(client, cast.buyer)
    assert "2 avisos sin leer" in client.get("/").text
    page = client.get("/alerts").text
    assert "le propone un trato" in page
    assert client.get("/alerts.csv").mimetype == "text/csv"
    alert_id = session.scalars(select(Alert.id).where(Alert.path == f"/offers/{offer.id}")).one()
    assert client.post(f"/alerts/{alert_id}/open").location == f"/offers/{offer.id}"
    sign_in(client, cast.rival_buyer)
    assert client.post(f"/alerts/{alert_id}/open").status_code == 404
    sign_in(client, cast.buyer)
    assert client.post("/alerts/read").status_code == 302
    assert "sin leer" not in client.get("/").text
    answer = client.get("/api/v1/alerts?unread=1", headers=bearer(cast.buyer))
    assert answer.get_json()["total"] == 0


def test_without_a_mail_server_the_page_says_so_and_takes_no_address(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    sign_in(client, cast.buyer)
    assert "no envía correos" in client.get("/alerts/settings").text
    assert client.post("/alerts/settings/email", data={"email": "a@b.pe"}).status_code == 422
    assert client.post("/alerts/settings", data={"pace": "daily", "kinds": ["offer"]}).status_code == 422
    assert client.post("/alerts/settings", data={"pace": "off", "kinds": ["offer"]}).status_code == 302
    row = session.scalars(select(AlertSetting)).one()
    assert row.kinds == ["offer"]


def test_the_way_out_of_the_mails_needs_no_sign_in_and_a_look_changes_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    row = setting_of(session, cast.buyer.id, now=now)
    row.email, row.confirmed_at, row.pace = "a@b.pe", now, "at_once"
    session.flush()
    path = f"/alerts/unsubscribe/{row.unsubscribe_token}"
    assert client.get(path).status_code == 200
    assert session.get_one(AlertSetting, cast.buyer.id).pace == "at_once"
    assert client.post(path, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert session.get_one(AlertSetting, cast.buyer.id).pace == "off"
    assert client.post("/alerts/unsubscribe/nonsense").status_code == 200


def test_a_search_is_saved_listed_and_deleted(client: ChainClient, session: Session, cast: Cast) -> None:
    sign_in(client, cast.buyer)
    data = {
        "id": str(new_id()), "name": "Baby fina", "commodity": "alpaca-fibre", "grade": "", "colour": "white",
        "claim": "", "centre": "", "micron_max": "21,5", "kilograms": "100",
    }  # fmt: skip
    assert client.post("/portal/searches", data=data).status_code == 302
    assert client.post("/portal/searches", data=data).status_code == 302
    row = session.scalars(select(BoardSearch)).one()
    assert row.filters == {
        "commodity": "alpaca-fibre", "colour": "white", "micron_max_tenths": 215, "min_quantity": 100_000,
    }  # fmt: skip
    assert "Baby fina" in client.get("/portal/searches").text
    empty = {
        "id": str(new_id()),
        "name": "Nada",
        "commodity": "",
        "grade": "",
        "colour": "",
        "claim": "",
        "centre": "",
    }
    assert client.post("/portal/searches", data=empty).status_code == 422
    sign_in(client, cast.rival_buyer)
    assert "Baby fina" not in client.get("/portal/searches").text
    assert client.post(f"/portal/searches/{row.id}/delete").status_code == 404
    sign_in(client, cast.buyer)
    assert client.post(f"/portal/searches/{row.id}/delete").status_code == 302
    assert not session.scalars(select(BoardSearch)).all()


def test_payments_and_documents_are_the_buyers_own(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale = make_sale(session, now)
    sign_in(client, cast.buyer)
    assert f"/sales/{sale.id}" in client.get("/portal/payments").text
    assert f"/sales/{sale.id}/contract.pdf" in client.get("/portal/documents").text
    assert "7200.00" in client.get("/portal/payments.csv").text
    answer = client.get("/api/v1/payments-due", headers=bearer(cast.buyer))
    assert answer.get_json()["items"][0]["open_minor"] == 720_000
    sign_in(client, cast.rival_buyer)
    assert f"/sales/{sale.id}" not in client.get("/portal/payments").text
    assert f"/sales/{sale.id}" not in client.get("/portal/documents").text


def test_every_path_of_an_alert_leads_to_a_page_of_the_program(client: ChainClient) -> None:
    rules = {
        rule.rule.split("<")[0]
        for rule in client.application.url_map.iter_rules()
        if "GET" in (rule.methods or ())
    }
    for path in ("/board/", "/live/", "/clocks/", "/offers/", "/samples/", "/matching/proposals/", "/arrivals/", "/sales/",
                 "/sales/claims/", "/sales/awards/"):  # fmt: skip
        assert path in rules, path
