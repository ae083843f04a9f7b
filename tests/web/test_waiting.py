"""What waits on the start pages: counted for those who may act, one cheap statement each; where the menu says one is."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from chain.certification.models import Certificate
from chain.market.rules import TenderState
from chain.web import waiting
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, sign_in
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import make_award, make_sale, make_tender
from tests.support.queries import Queries


def waits(client: ChainClient, person: Person) -> dict[str, int]:
    """Return the labels and numbers on somebody's start page."""
    sign_in(client, person)
    found = re.findall(r'door__count">(\d+)</span><span class="door__name">([^<]+)<', client.get("/").text)
    return {label: int(number) for number, label in found}


def test_lots_wait_for_the_second_person(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    producer = make_producer(session, now)
    for _ in range(2):
        make_lot(session, now, fibre(producer, now))
    assert waits(client, cast.grader) == {"Lotes cuya clase espera su confirmación": 2}
    assert waits(client, cast.clerk) == {}


def test_tenders_wait_for_buyers_and_best_bids_for_another_seller(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    tender = make_tender(session, now)
    set_clock(now + timedelta(minutes=1))
    assert waits(client, cast.buyer) == {
        "Concursos abiertos a ofertas": 1,
        "Concursos que cierran en un día": 1,
    }
    assert waits(client, cast.seller) == {}
    tender.state = TenderState.AWARDED.value
    session.flush()
    assert waits(client, cast.buyer) == {}
    assert tender.created_by == cast.seller.id
    assert waits(client, cast.seller) == {}
    assert waits(client, cast.everything)["Ofertas ganadoras por aceptar o rechazar"] == 1


def test_a_sale_waits_for_the_accountant(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    make_sale(session, now)
    assert waits(client, cast.accountant) == {"Ventas que esperan su liquidación": 1}
    assert waits(client, cast.treasurer) == {}


def test_certificates_that_end_soon_wait_for_their_keeper(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    producer = make_producer(session, now)
    for days in (-1, 60, 61):
        session.add(
            Certificate(
                producer_id=producer,
                issuer_id=cast.certifier.house.id,
                scheme="spg-pe",
                level="full",
                number=f"C-{days}",
                issued_by="SPG",
                valid_from=(now - timedelta(days=300)).date(),
                valid_to=(now + timedelta(days=days)).date(),
                created_at=now,
            )
        )
    session.flush()
    assert waits(client, cast.certifier) == {"Certificados que vencen en 60 días o menos": 1}
    assert waits(client, cast.clerk) == {}


def test_each_counter_is_one_statement_and_only_for_those_who_may_act(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    query_count: Callable[[], AbstractContextManager[Queries]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_award(session, now)
    registered = dict(waiting._registered)
    for person in cast.people:
        sign_in(client, person)
        client.get("/")
        with query_count() as queries:
            client.get("/")
        monkeypatch.setattr(waiting, "_registered", {})
        with query_count() as without:
            client.get("/")
        monkeypatch.setattr(waiting, "_registered", registered)
        held = sum(person.actor.may(entry.permission) for entry in registered.values())
        assert queries.count - without.count <= held, queries
    assert len(registered) >= 7


@pytest.mark.parametrize(
    ("path", "section"),
    [
        ("/lots", "/lots"),
        ("/lots/new", "/lots/new"),
        ("/lots/import", "/lots"),
        ("/communities", "/producers"),
        ("/grading/schemes/ntp-231.301/2014", "/grading/schemes"),
        ("/account", None),
    ],
)
def test_the_menu_marks_the_section_of_every_page(
    client: ChainClient, cast: Cast, path: str, section: str | None
) -> None:
    sign_in(client, cast.clerk)
    menu = client.get(path).text.split("</nav>")[0]
    marked = re.findall(r'<a href="([^"]+)" aria-current="(page|true)"', menu)
    assert marked == ([] if section is None else [(section, "page" if path == section else "true")])
