"""Cards on paper: name, centre and code, and nothing else of the person."""

import io
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.producers.queries import find_membership
from chain.producers.services import register_producer
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import make_producer


@pytest.fixture
def producer(session: Session, cast: Cast, now: datetime, set_clock: Any) -> UUID:
    set_clock(now)
    made = register_producer(
        session,
        actor=cast.clerk.actor,
        now=now,
        id=new_id(),
        full_name="Rosa <b>Quispe</b> Mamani",
        sex="female",
        birth_year=1971,
        document_kind="dni",
        document_number="41234567",
        phone="951 234 567",
    )
    return made.id


def token_of(session: Session, cast: Cast, producer: UUID) -> str | None:
    session.expire_all()
    membership = find_membership(session, cast.centre.id, producer)
    return membership.card_token if membership else None


def test_a_card_holds_the_least_there_can_be(
    client: ChainClient, session: Session, cast: Cast, producer: UUID
) -> None:
    sign_in(client, cast.clerk)
    page = client.get(f"/producers/{producer}").get_data(as_text=True)
    assert "Todavía no se hizo ningún carné" in page
    answer = client.post(f"/producers/{producer}/card", data={"paper": "card"})
    (paper,) = PdfReader(io.BytesIO(answer.get_data())).pages
    text = " ".join(paper.extract_text().split())
    for words in ("Rosa <b>Quispe</b>", cast.centre.name, "CC01-0001"):
        assert words in text
    for words in ("41234567", "1971", "951", "DNI"):
        assert words not in text
    assert round(float(paper.mediabox.width) / 72 * 25.4, 1) == 85.6
    first = token_of(session, cast, producer)
    client.post(f"/producers/{producer}/card")
    assert token_of(session, cast, producer) == first
    done = client.post(f"/producers/{producer}/card/replace", follow_redirects=True).get_data(as_text=True)
    assert "ya no vale" in done
    assert token_of(session, cast, producer) not in {first, None}


def test_cards_of_everybody_come_ten_to_a_sheet(
    client: ChainClient, session: Session, cast: Cast, now: datetime, producer: UUID
) -> None:
    for number in range(11):
        make_producer(session, now, name=f"Persona {number}")
    sign_in(client, cast.clerk)
    assert "Sin carné" in client.get("/producers/cards").get_data(as_text=True)
    answer = client.post("/producers/cards", data={"which": "without", "paper": "a4"})
    pages = PdfReader(io.BytesIO(answer.get_data())).pages
    assert [page.extract_text().count("Carné de socio") for page in pages] == [10, 2]
    again = client.post("/producers/cards", data={"which": "without"}, follow_redirects=True)
    assert "ya tienen carné" in again.get_data(as_text=True)
    answer = client.post("/producers/cards", data={"which": "all", "paper": "card", "part": "0"})
    assert len(PdfReader(io.BytesIO(answer.get_data())).pages) == 12


def test_a_scanned_card_opens_the_member(
    client: ChainClient, session: Session, cast: Cast, producer: UUID
) -> None:
    sign_in(client, cast.clerk)
    answer = client.post(
        f"/producers/{producer}/card", headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.mimetype == "application/pdf"
    from chain.producers.card_rules import CardCode

    token = token_of(session, cast, producer)
    assert token is not None
    code = CardCode("CC01-0001", token)
    assert client.get(f"/M/{code}").location == f"/producers/{producer}"
    assert client.get("/M/CC01-0001").status_code == 404
    wrong = client.get(f"/M/{CardCode('CC01-0001', '0' * 10)}")
    assert (wrong.status_code, "Este carné no vale aquí" in wrong.get_data(as_text=True)) == (404, True)
    sign_in(client, cast.outsider)
    assert client.get(f"/M/{code}").status_code == 404
    sign_in(client, cast.grader)
    assert client.post(f"/producers/{producer}/card").status_code == 403
    assert client.get("/producers/cards").status_code == 403
