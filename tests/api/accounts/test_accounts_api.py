"""The JSON resources of accounts."""

from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.edge import write_token_use
from chain.accounts.models import ApiToken
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in


def test_a_token_says_whom_it_speaks_for(client: ChainClient, cast: Cast) -> None:
    answer = client.get("/api/v1/me", headers=bearer(cast.clerk)).json
    assert answer is not None
    assert answer["username"] == "clerk"
    assert answer["organisation"]["code"] == "CC01"
    assert answer["organisation"]["kind"] == "centre"
    assert answer["roles"] == ["clerk"]
    assert "org:lots:register" in answer["permissions"]


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer x", "Basic Y2xlcms6eA==", "bearer token-of-clerk"]
)
def test_without_a_valid_token_the_api_answers_401(client: ChainClient, header: str) -> None:
    response = client.get("/api/v1/me", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json is not None
    assert response.json["code"] == "not_signed_in"


def test_the_cookie_of_a_browser_opens_no_resource(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.admin)
    assert client.get("/api/v1/me").status_code == 401
    assert client.post("/api/v1/users", json={}).status_code == 401


def test_a_token_opens_no_page(client: ChainClient, cast: Cast) -> None:
    assert client.get("/account", headers=bearer(cast.clerk)).status_code == 302


def test_the_permission_is_asked_before_the_content_is_read(client: ChainClient, cast: Cast) -> None:
    refused = client.post("/api/v1/users", json={"odd": 1}, headers=bearer(cast.clerk))
    assert refused.status_code == 403
    wrong = client.post("/api/v1/users", json={"odd": 1}, headers=bearer(cast.admin))
    assert wrong.status_code == 422
    assert wrong.json is not None
    assert {"odd", "id", "username", "roles"} <= set(wrong.json["errors"])


def test_a_user_is_made_once_and_the_password_told_once(client: ChainClient, cast: Cast) -> None:
    body = {"id": str(new_id()), "username": "rosa", "display_name": "Rosa Mamani", "roles": ["clerk"]}
    first = client.post("/api/v1/users", json=body, headers=bearer(cast.admin))
    again = client.post("/api/v1/users", json=body, headers=bearer(cast.admin))
    other = client.post("/api/v1/users", json={**body, "roles": ["seller"]}, headers=bearer(cast.admin))
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json is not None
    assert again.json is not None
    assert first.json["first_password"]
    assert again.json["first_password"] is None
    assert first.json["must_change_password"]
    taken = client.post("/api/v1/users", json={**body, "id": str(new_id())}, headers=bearer(cast.admin))
    assert taken.status_code == 409
    assert taken.json is not None
    assert (taken.json["code"], list(taken.json["errors"])) == ("username_taken", ["username"])


def test_users_are_listed_for_their_administrator(client: ChainClient, cast: Cast) -> None:
    path = "/api/v1/users?text=carla&role=clerk&active=true&sort=-username&page_size=1"
    answer = client.get(path, headers=bearer(cast.admin)).json
    assert answer is not None
    assert (answer["total"], answer["items"][0]["username"]) == (1, "clerk")
    assert client.get("/api/v1/users?sort=password_hash", headers=bearer(cast.admin)).status_code == 422
    assert client.get(f"/api/v1/users/{cast.clerk.id}", headers=bearer(cast.admin)).status_code == 200
    assert client.get(f"/api/v1/users/{cast.clerk.id}", headers=bearer(cast.outsider)).status_code == 404


def test_organisations_are_the_own_ones_and_all_for_the_operator(client: ChainClient, cast: Cast) -> None:
    own = client.get("/api/v1/organisations", headers=bearer(cast.clerk)).json
    everything = client.get("/api/v1/organisations?sort=code", headers=bearer(cast.operator)).json
    assert own is not None
    assert everything is not None
    assert [row["code"] for row in own["items"]] == ["CC01"]
    assert everything["total"] >= 6
    path = f"/api/v1/organisations/{cast.centre.id}"
    assert client.get(path, headers=bearer(cast.operator)).status_code == 200
    assert client.get(path, headers=bearer(cast.outsider)).status_code == 404


def test_the_operator_makes_an_organisation_once(client: ChainClient, cast: Cast) -> None:
    body = {
        "id": str(new_id()),
        "kind": "centre",
        "code": "CC77",
        "name": "Centro de Turco",
        "country": "BO",
        "administrator": {"id": str(new_id()), "username": "tania", "display_name": "Tania Turco"},
    }
    first = client.post("/api/v1/organisations", json=body, headers=bearer(cast.operator))
    again = client.post("/api/v1/organisations", json=body, headers=bearer(cast.operator))
    other = client.post("/api/v1/organisations", json={**body, "name": "Otro"}, headers=bearer(cast.operator))
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert first.json is not None
    assert (first.json["currency"], bool(first.json["first_password"])) == ("BOB", True)
    assert client.post("/api/v1/organisations", json=body, headers=bearer(cast.admin)).status_code == 403


def test_the_audit_trail_is_read_by_those_who_may(client: ChainClient, cast: Cast) -> None:
    body = {"id": str(new_id()), "username": "rosa", "display_name": "Rosa", "roles": ["clerk"]}
    client.post("/api/v1/users", json=body, headers=bearer(cast.admin))
    path = f"/api/v1/audit?tag=accounts:user&subject_id={body['id']}&since=2020-01-01T00:00:00%2B00:00"
    answer = client.get(path, headers=bearer(cast.auditor)).json
    assert answer is not None
    assert [row["tag"] for row in answer["items"]] == ["accounts:user:created"]
    assert answer["items"][0]["actor_name"] == cast.admin.name
    assert client.get(path, headers=bearer(cast.clerk)).status_code == 403
    others = client.get(path, headers=bearer(cast.outsider)).json
    assert others is not None
    assert others["total"] == 0


def test_the_day_of_a_token_s_use_is_kept_after_the_answer(
    client: ChainClient, app: Flask, session: Session, cast: Cast
) -> None:
    token = select(ApiToken).where(ApiToken.user_id == cast.clerk.id)
    response = client.get("/api/v1/me", headers=bearer(cast.clerk))
    assert session.scalars(token).one().last_used_on is None
    response.close()
    used: datetime | None = (
        session.scalars(token.execution_options(populate_existing=True)).one().last_used_on
    )
    assert used is not None
    write_token_use(app, new_id())  # a token that is gone is nobody's worry
