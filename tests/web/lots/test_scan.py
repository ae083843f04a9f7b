"""The scan page: labels, cards, numbers and codes lead on; what is unknown is said plainly."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.lots.models import Lot
from chain.lots.numbers import printed_number
from chain.producers.services import issue_cards
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import fibre, make_lot, make_producer


@pytest.fixture
def producer(session: Session, now: datetime, set_clock: Any) -> UUID:
    set_clock(now)
    return make_producer(session, now)


@pytest.fixture
def lot(session: Session, now: datetime, producer: UUID) -> Lot:
    return make_lot(session, now, fibre(producer, now))


def scan(client: ChainClient, code: str, **more: str) -> Any:
    return client.get("/scan", query_string={"code": code, **more})


def test_a_label_in_any_spelling_opens_its_lot(client: ChainClient, cast: Cast, lot: Lot) -> None:
    sign_in(client, cast.clerk)
    for code in (
        f"HTTPS://CHAIN.EXAMPLE/L/{lot.number}",
        f"HTTPSÑ--CHAIN.EXAMPLE-L-{lot.number.replace('-', chr(39))}",
        f"http://localhost/lots/{lot.id}",
        lot.number.lower(),
        printed_number(lot.number),
        "1",
    ):
        assert scan(client, code).location == f"/lots/{lot.id}", code


def test_a_card_or_a_member_code_opens_the_member(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    (card,) = issue_cards(session, actor=cast.clerk.actor, now=now, producer_ids=[producer])
    sign_in(client, cast.clerk)
    for code in (str(card.code), f"HTTPS://X.EXAMPLE/M/{card.code}", card.code.member_code.lower()):
        assert scan(client, code).location == f"/producers/{producer}", code


def test_a_form_lets_somebody_scan_and_gets_what_was_scanned(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lot: Lot, producer: UUID
) -> None:
    (card,) = issue_cards(session, actor=cast.clerk.actor, now=now, producer_ids=[producer])
    sign_in(client, cast.clerk)
    assert scan(client, "1", next="/lots/labels?size=a4-8").location == f"/lots/labels?size=a4-8&lot={lot.id}"
    there = scan(client, str(card.code), next="/lots/new").location
    assert there == f"/lots/new?producer={producer}"
    assert f'value="{producer}" checked' in client.get(there).get_data(as_text=True)
    for elsewhere in ("https://evil.example/", "//evil.example", "/\\evil.example"):
        assert scan(client, "1", next=elsewhere).location == f"/lots/{lot.id}"


def test_the_search_for_a_producer_takes_a_card(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    make_producer(session, now, name="Otra Persona")
    (card,) = issue_cards(session, actor=cast.clerk.actor, now=now, producer_ids=[producer])
    sign_in(client, cast.clerk)
    page = client.get("/lots/producers", query_string={"q": f"HTTPS://X.EXAMPLE/M/{card.code}"}).get_data(
        as_text=True
    )
    assert str(producer) in page
    assert "Otra Persona" not in page


@pytest.mark.parametrize(
    "code", ["CC01-999999", "CC01-000001-?", "Rosa", "http://x.example/L/", "\x00", "x" * 2000]
)
def test_unknown_codes_are_answered_plainly(client: ChainClient, cast: Cast, lot: Lot, code: str) -> None:
    sign_in(client, cast.clerk)
    answer = scan(client, code)
    assert answer.status_code == 404
    assert "No conocemos ningún lote" in answer.get_data(as_text=True)


def test_a_wrong_check_character_is_noticed(client: ChainClient, cast: Cast, lot: Lot) -> None:
    sign_in(client, cast.clerk)
    right = printed_number(lot.number)
    wrong = right[:-1] + ("A" if right[-1] != "A" else "B")
    assert scan(client, wrong).status_code == 404


def test_things_of_others_are_unknown(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lot: Lot, producer: UUID
) -> None:
    (card,) = issue_cards(session, actor=cast.clerk.actor, now=now, producer_ids=[producer])
    sign_in(client, cast.outsider)
    for code in (lot.number, f"http://x/lots/{lot.id}", str(card.code), card.code.member_code):
        assert scan(client, code).status_code == 404


def test_only_this_page_may_use_the_camera(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    answer = client.get("/scan")
    assert "camera=(self)" in answer.headers["Permissions-Policy"]
    assert "autofocus" in answer.get_data(as_text=True)
    assert "camera=()" in client.get("/lots").headers["Permissions-Policy"]
    assert client.get("/scan?code=%20").status_code == 422
    sign_in(client, cast.buyer)
    assert client.get("/scan").status_code == 403
