"""The start page of each role and the page of the API."""

import pytest
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Permission
from chain.web import waiting
from chain.web.waiting import register_waiting
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_registered", {})


def test_each_role_sees_its_own_work(client: ChainClient, cast: Cast) -> None:
    for person in cast.people:
        sign_in(client, person)
        page = client.get("/")
        assert page.status_code == 200
        assert ('href="/users"' in page.text) == person.actor.may(Permission.USERS_MANAGE)
        assert ('href="/audit"' in page.text) == person.actor.may(Permission.AUDIT_READ)


def test_what_waits_is_counted_for_those_who_may_do_it(
    client: ChainClient, cast: Cast, registry: None
) -> None:
    def seven(session: Session, actor: Actor) -> int:
        assert session is not None
        return 7 if actor.organisation_id == cast.centre.id else 0

    register_waiting(Permission.GRADES_CONFIRM, "Lots waiting", "accounts.who_may", seven)
    sign_in(client, cast.grader)
    assert '<span class="door__count">7</span><span class="door__name">Lots waiting' in client.get("/").text
    for person in (cast.clerk, cast.outsider):
        sign_in(client, person)
        assert "Lots waiting" not in client.get("/").text


@pytest.mark.parametrize(("language", "title"), [("es", "API para programas"), ("en", "API for programs")])
def test_the_api_is_explained_to_everybody_in_both_languages(
    client: ChainClient, language: str, title: str
) -> None:
    response = client.get(f"/api/v1/?language={language}")
    assert response.status_code == 200
    assert title in response.text
    assert "/api/v1/organisations/{organisation_id}" in response.text
    assert "Authorization: Bearer $TOKEN" in response.text
    assert "<script" not in response.text
    assert "Set-Cookie" not in response.headers


def test_the_page_of_the_api_is_the_same_for_whoever_is_signed_in(client: ChainClient, cast: Cast) -> None:
    visitor = client.get("/api/v1/?language=es").text
    sign_in(client, cast.admin)
    signed_in = client.get("/api/v1/?language=es").text
    assert len(visitor) == len(signed_in)
    assert cast.admin.name not in signed_in
