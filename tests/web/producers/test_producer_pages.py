"""Pages of producers."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.producers.models import Community, Membership, Producer
from chain.producers.rules import Person
from chain.producers.services import register_member
from tests.support.cast import Cast, sign_in
from tests.support.queries import Queries


@pytest.fixture
def rosa(session: Session, cast: Cast, now: datetime) -> Producer:
    person = Person("Rosa Quispe", "female", document_kind="dni", document_number="01234567")
    return register_member(session, actor=cast.clerk.actor, now=now, id=new_id(), person=person).producer


def test_the_roll_is_listed_and_searched(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    sign_in(client, cast.clerk)
    assert "Rosa Quispe" in client.get("/producers?q=rosa").text
    nobody = client.get("/producers?q=zzz").text
    assert "No hay nadie con este nombre" in nobody
    assert "name=zzz" in nobody, "the search goes on to the form"


def test_a_member_is_registered_and_a_second_submit_changes_nothing(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.clerk)
    form = {
        "id": str(new_id()),
        "full_name": "Juan Condori",
        "sex": "male",
        "document_kind": "",
        "community_id": "",
    }
    for _ in range(2):
        answer = client.post("/producers/new", data=form)
        assert answer.status_code == 302, answer.text
    assert session.scalar(select(func.count()).select_from(Membership)) == 1


def test_a_refused_form_keeps_what_was_typed(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    typed = {
        "id": str(new_id()),
        "full_name": "<b>Rosa</b>",
        "sex": "female",
        "document_kind": "dni",
        "document_number": "123",
        "birth_year": "abcd",
    }
    answer = client.post("/producers/new", data=typed)
    assert answer.status_code == 422
    assert "&lt;b&gt;Rosa&lt;/b&gt;" in answer.text
    assert 'value="123"' in answer.text
    assert 'value="abcd"' in answer.text
    assert "Escriba un número entero" in answer.text
    answer = client.post("/producers/new", data={**typed, "birth_year": "1980"})
    assert "El DNI tiene 8 dígitos." in answer.text


def test_a_homonym_is_shown_before_a_second_person_is_made(
    client: FlaskClient, cast: Cast, rosa: Producer, session: Session
) -> None:
    sign_in(client, cast.clerk)
    form = {"id": str(new_id()), "full_name": "ROSA  quispe", "sex": "female"}
    answer = client.post("/producers/new", data=form)
    assert answer.status_code == 422
    assert "Ya hay alguien con este nombre" in answer.text
    assert "CC01-0001" in answer.text
    assert client.post("/producers/new", data={**form, "is_other": "y"}).status_code == 302
    assert session.scalar(select(func.count()).select_from(Producer)) == 2


def test_the_document_is_shown_to_the_clerk_only(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    sign_in(client, cast.clerk)
    assert "01234567" in client.get(f"/producers/{rosa.id}").text
    sign_in(client, cast.treasurer)
    shown = client.get(f"/producers/{rosa.id}")
    assert "Rosa Quispe" in shown.text
    assert "01234567" not in shown.text


def test_data_are_changed(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    sign_in(client, cast.clerk)
    assert 'value="Rosa Quispe"' in client.get(f"/producers/{rosa.id}/edit").text
    form = {
        "full_name": "Rosa Quispe Puma",
        "sex": "female",
        "document_kind": "dni",
        "document_number": "01234567",
    }
    assert client.post(f"/producers/{rosa.id}/edit", data=form).status_code == 302
    assert "Rosa Quispe Puma" in client.get(f"/producers/{rosa.id}").text
    refused = client.post(f"/producers/{rosa.id}/edit", data={**form, "phone": "no"})
    assert refused.status_code == 422


def test_a_membership_ends_and_begins_again(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    sign_in(client, cast.clerk)
    early = client.post(f"/producers/{rosa.id}/leave", data={"left_on": "2001-01-01"})
    assert early.status_code == 422
    assert "El último día debe estar entre" in early.text
    assert client.post(f"/producers/{rosa.id}/leave", data={"left_on": "2026-03-16"}).status_code == 302
    assert "Ya no es socio" in client.get(f"/producers/{rosa.id}").text
    assert "Rosa Quispe" in client.get("/producers?former=1").text
    assert client.post(f"/producers/{rosa.id}/return").status_code == 302
    assert "Rosa Quispe" in client.get("/producers").text


def test_a_community_is_added(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.clerk)
    form = {"id": str(new_id()), "name": "Chaquella", "district": "Oropesa", "region": "Apurímac"}
    assert client.post("/communities/new", data=form).status_code == 302
    assert client.post("/communities/new", data={**form, "id": str(new_id())}).status_code == 422
    assert "Chaquella" in client.get("/communities").text
    assert session.scalars(select(Community.country)).all() == ["PE"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ""), ("GET", "/edit"), ("POST", "/edit"), ("POST", "/leave"), ("POST", "/return")],
)
def test_an_outsider_finds_nothing(
    client: FlaskClient, cast: Cast, rosa: Producer, method: str, path: str
) -> None:
    sign_in(client, cast.outsider)
    data = {"left_on": "2026-03-16", "full_name": "Otra Cosa", "sex": "male"} if method == "POST" else None
    answer = client.open(f"/producers/{rosa.id}{path}", method=method, data=data)
    assert answer.status_code == 404
    assert "Rosa" not in client.get("/producers").text


def test_who_may_not_write_gets_no_form(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.treasurer)
    assert client.get("/producers/new").status_code == 403
    assert "/producers/new" not in client.get("/producers").text


def test_absurd_page_numbers_and_sorts_do_no_harm(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    assert client.get(f"/producers?page={10**30}").status_code == 200
    assert client.get("/producers?sort=password").status_code == 422
    assert client.get("/producers?q=%00%25_'--").status_code == 200


def test_the_list_takes_the_same_number_of_queries_for_many(
    client: FlaskClient,
    cast: Cast,
    session: Session,
    now: datetime,
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    sign_in(client, cast.clerk)
    with query_count() as few:
        client.get("/producers")
    for number in range(20):
        person = Person(f"Persona {chr(97 + number)}", "female")
        register_member(session, actor=cast.clerk.actor, now=now, id=new_id(), person=person)
    with query_count() as many:
        client.get("/producers")
    assert many.count <= few.count, str(many)
