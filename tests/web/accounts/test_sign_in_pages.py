"""Signing in and out in a browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from chain.accounts.edge import COOKIE_TOKEN
from chain.accounts.models import SignIn, User
from chain.accounts.views.sign_in import safe_next
from chain.core.config import Settings
from chain.core.models import InstallationMark
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in


def cookie_of(client: ChainClient) -> str:
    with client.session_transaction() as cookie:
        return str(cookie.get(COOKIE_TOKEN, ""))


def put_cookie(client: ChainClient, token: str) -> None:
    with client.session_transaction() as cookie:
        cookie[COOKIE_TOKEN] = token


def enter(client: ChainClient, username: str, password: str, address: str = "/signin"):  # type: ignore[no-untyped-def]  # noqa: ANN201 - werkzeug's test response
    return client.post(address, data={"username": username, "password": password})


def test_signing_in_leads_to_the_wanted_page(client: ChainClient, cast: Cast) -> None:
    response = enter(client, "clerk", cast.clerk.password, "/signin?next=/account")
    assert (response.status_code, response.location) == (302, "/account")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert client.get("/account").status_code == 200


def test_the_session_is_a_new_one_after_the_sign_in(client: ChainClient, cast: Cast) -> None:
    put_cookie(client, "planted")
    enter(client, "clerk", cast.clerk.password)
    first = cookie_of(client)
    assert first not in {"", "planted"}
    client.post("/signout")
    enter(client, "clerk", cast.clerk.password)
    assert cookie_of(client) != first


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
        "/%5c\\x",
    ],
)
def test_the_sign_in_leads_nowhere_else(client: ChainClient, cast: Cast, address: str) -> None:
    assert safe_next(address) is None
    response = client.post(
        "/signin", query_string={"next": address}, data={"username": "clerk", "password": cast.clerk.password}
    )
    assert response.location == "/"


def test_a_refusal_keeps_the_name_and_never_the_password(client: ChainClient) -> None:
    response = enter(client, "clerk", "not the password")
    assert response.status_code == 422
    assert 'value="clerk"' in response.text
    assert "not the password" not in response.text
    assert "no es correcta" in response.text


def test_too_many_attempts_are_refused_with_the_name_kept(
    client: ChainClient, app: Flask, cast: Cast
) -> None:
    settings: Settings = app.config["SETTINGS"]
    for _ in range(settings.sign_in_attempts):
        enter(client, "clerk", "wrong")
    response = enter(client, "clerk", cast.clerk.password)
    assert response.status_code == 429
    assert 'value="clerk"' in response.text
    assert "Demasiados intentos" in response.text


def test_after_signing_out_the_old_cookie_is_worth_nothing(client: ChainClient, cast: Cast) -> None:
    enter(client, "clerk", cast.clerk.password)
    old = cookie_of(client)
    client.post("/signout")
    put_cookie(client, old)
    assert client.get("/account").status_code == 302


def test_after_a_new_password_the_cookie_of_another_browser_is_worth_nothing(
    client: ChainClient, cast: Cast
) -> None:
    enter(client, "clerk", cast.clerk.password)
    other = cookie_of(client)
    enter_again = client.post("/signout")
    assert enter_again.status_code == 302
    enter(client, "clerk", cast.clerk.password)
    other = cast.clerk.cookie
    data = {"old_password": cast.clerk.password, "new_password": "quinua y oca al horno"}
    assert client.post("/account/password", data=data).status_code == 302
    assert client.get("/account").status_code == 200
    put_cookie(client, other)
    assert client.get("/account").status_code == 302


def test_an_expired_sign_in_leads_back_to_where_one_was(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    sign_in(client, cast.clerk)
    past = datetime.now(UTC) - timedelta(seconds=1)
    session.execute(update(SignIn).where(SignIn.user_id == cast.clerk.id).values(expires_at=past))
    response = client.get("/account?page=2")
    assert (response.status_code, response.location) == (302, "/signin?next=/account?page%3D2")


def test_a_password_set_by_somebody_else_comes_before_everything(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    session.execute(update(User).where(User.id == cast.clerk.id).values(must_change_password=True))
    sign_in(client, cast.clerk)
    for path in ("/", "/account", "/who-may"):
        assert client.get(path).location == "/account/password"
    assert client.post("/account/preferences", data={"language": "en"}).location == "/account/password"
    page = client.get("/account/password")
    assert page.status_code == 200
    assert "Otra persona puso su contraseña" in page.text
    data = {"old_password": cast.clerk.password, "new_password": "quinua y oca al horno"}
    assert client.post("/account/password", data=data).location == "/"
    assert client.get("/").status_code == 200


def test_a_form_without_its_token_is_refused(
    client: ChainClient, app: Flask, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert enter(client, "clerk", cast.clerk.password).status_code == 400
    page = client.get("/signin").text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found is not None
    data = {"username": "clerk", "password": cast.clerk.password, "csrf_token": found[1]}
    assert client.post("/signin", data=data).status_code == 302


def test_the_demonstration_proposes_sign_ins_and_real_data_none(
    client: ChainClient, session: Session
) -> None:
    assert "demo-accounts" not in client.get("/signin").text
    session.add(InstallationMark(key="demo_password", value="clave-de-muestra"))
    assert "clave-de-muestra" not in client.get("/signin").text
    session.add(InstallationMark(key="demo", value="1"))
    session.add(
        InstallationMark(key="demo_account_02", value="tesoreria treasurer: approves, pays, prints receipts")
    )
    session.add(
        InstallationMark(
            key="demo_account_01", value="acopio clerk of the fibre centres: weighs and registers"
        )
    )
    page = client.get("/signin").text
    assert "clave-de-muestra" in page
    assert page.index(">acopio<") < page.index("acopiadora de fibra") < page.index(">tesoreria<")


def test_the_language_is_kept_for_a_visitor_and_with_the_user(client: ChainClient, cast: Cast) -> None:
    client.post("/language", data={"language": "en", "next": "/signin"})
    assert "Sign in" in client.get("/signin").text
    sign_in(client, cast.clerk)
    client.post("/language", data={"language": "en", "next": "//evil.example"})
    assert "My account" in client.get("/account").text
