"""Pages of certification."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.certification.models import Certificate
from chain.certification.services import register_certificate
from chain.core.ids import new_id
from chain.producers.rules import Person
from chain.producers.services import register_member
from tests.support.cast import Cast, sign_in
from tests.support.queries import Queries

FORM = {
    "member_code": "CC01-0001",
    "scheme": "spg-peru",
    "level": "transition",
    "number": "SPG-7",
    "issued_by": "Consejo Regional",
    "valid_from": "2026-01-01",
    "valid_to": "2026-12-31",
}


@pytest.fixture(autouse=True)
def _today(set_clock: Callable[[datetime], None], now: datetime) -> None:
    set_clock(now)


@pytest.fixture
def kept(session: Session, cast: Cast, now: datetime) -> Certificate:
    rosa = register_member(
        session, actor=cast.clerk.actor, now=now, id=new_id(), person=Person("Rosa Quispe", "female")
    ).producer
    return register_certificate(
        session,
        actor=cast.everything.actor,
        now=now,
        id=new_id(),
        producer_id=rosa.id,
        scheme="spg-peru",
        level="full",
        number="SPG-1",
        issued_by="Consejo Regional",
        valid_from=date(2026, 1, 1),
        valid_to=date(2026, 4, 30),
    )


def test_certificates_are_listed_with_level_and_state(
    client: FlaskClient, cast: Cast, kept: Certificate
) -> None:
    sign_in(client, cast.clerk)
    page = client.get("/certificates").text
    for word in ("Rosa Quispe", "ecológico (sello verde)", "Vence en 60 días o menos", "SPG-1"):
        assert word in page
    assert "SPG-1" in client.get("/certificates?state=expiring&q=rosa").text
    assert "SPG-1" not in client.get("/certificates?state=suspended").text
    assert "SPG-1" in client.get(f"/certificates?producer={kept.producer_id}").text
    assert client.get("/certificates?producer=nobody&state=odd").status_code == 200


def test_a_certificate_is_registered_once(
    client: FlaskClient, cast: Cast, kept: Certificate, session: Session
) -> None:
    sign_in(client, cast.everything)
    assert "CC01-0001" in client.get(f"/certificates/new?producer={kept.producer_id}").text
    form = {**FORM, "id": str(new_id())}
    for _ in range(2):
        answer = client.post("/certificates/new", data=form)
        assert answer.status_code == 302, answer.text
    assert session.scalar(select(func.count()).select_from(Certificate)) == 2
    assert "en transición (sello blanco)" in client.get(answer.location).text


def test_a_refused_form_keeps_what_was_typed(client: FlaskClient, cast: Cast, kept: Certificate) -> None:
    sign_in(client, cast.everything)
    answer = client.post("/certificates/new", data={**FORM, "id": str(new_id()), "member_code": "X9"})
    assert answer.status_code == 422
    assert "Esta persona no es socia" in answer.text
    assert 'value="SPG-7"' in answer.text
    taken = client.post("/certificates/new", data={**FORM, "id": str(new_id()), "number": "SPG-1"})
    assert "Ya hay un certificado con el número SPG-1." in taken.text


def test_a_certificate_is_suspended_with_a_reason(client: FlaskClient, cast: Cast, kept: Certificate) -> None:
    sign_in(client, cast.everything)
    path = f"/certificates/{kept.id}"
    assert (
        client.post(f"{path}/suspend", data={"suspended_from": "2026-03-16", "reason": ""}).status_code == 422
    )
    late = client.post(f"{path}/suspend", data={"suspended_from": "2027-03-16", "reason": "Insumos"})
    assert late.status_code == 422
    assert "Insumos</textarea>" in late.text
    done = client.post(f"{path}/suspend", data={"suspended_from": "2026-03-16", "reason": "Insumos"})
    assert done.status_code == 302
    page = client.get(path).text
    assert "Suspendido desde el 16 mar 2026" in page
    assert "Insumos" in page
    assert "Suspender el certificado" not in page


def test_an_outsider_finds_nothing(client: FlaskClient, cast: Cast, kept: Certificate) -> None:
    sign_in(client, cast.outsider)
    assert client.get(f"/certificates/{kept.id}").status_code == 404
    form = {"suspended_from": "2026-03-16", "reason": "Insumos"}
    assert client.post(f"/certificates/{kept.id}/suspend", data=form).status_code == 404
    assert "SPG-1" not in client.get("/certificates").text


def test_a_clerk_reads_and_does_not_write(client: FlaskClient, cast: Cast, kept: Certificate) -> None:
    sign_in(client, cast.clerk)
    assert client.get("/certificates/new").status_code == 403
    assert "Suspender" not in client.get(f"/certificates/{kept.id}").text


def test_the_list_takes_the_same_number_of_queries_for_many(
    client: FlaskClient,
    cast: Cast,
    session: Session,
    now: datetime,
    kept: Certificate,
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    sign_in(client, cast.clerk)
    with query_count() as few:
        client.get("/certificates")
    for number in range(20):
        register_certificate(
            session,
            actor=cast.everything.actor,
            now=now,
            id=new_id(),
            producer_id=kept.producer_id,
            scheme="third-party-organic",
            level="full",
            number=f"T-{number}",
            issued_by="Certificadora",
            valid_from=date(2026, 1, 1),
            valid_to=date(2026, 12, 31),
        )
    with query_count() as many:
        client.get("/certificates")
    assert many.count <= few.count, str(many)
