"""Users, organisations, the audit trail and who may do what, in a browser."""

import re
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from chain.accounts.rules import PERMISSION_LABELS, Permission
from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.queries import Queries


def test_an_administrator_adds_a_user_who_signs_in_with_the_shown_password(
    client: ChainClient, cast: Cast
) -> None:
    sign_in(client, cast.admin)
    data = {
        "id": str(new_id()),
        "display_name": "Rosa Mamani",
        "username": "rosa",
        "roles": ["clerk", "grader"],
    }
    page = client.post("/users/new", data=data)
    password = re.search(r"<code>([a-z0-9-]{14})</code>", page.text)
    assert password is not None
    assert "Otra persona debe confirmar" in page.text
    again = client.post("/users/new", data=data)
    assert again.location == f"/users/{data['id']}"
    client.post("/signout")
    client.post("/signin", data={"username": "rosa", "password": password[1]})
    assert client.get("/").location == "/account/password"


def test_a_refused_user_keeps_what_was_typed(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.admin)
    data = {"id": str(new_id()), "display_name": "Rosa <i>", "username": "clerk", "roles": ["seller"]}
    response = client.post("/users/new", data=data)
    assert response.status_code == 422
    assert "Otra persona ya tiene este nombre" in response.text
    assert "Rosa &lt;i&gt;" in response.text
    assert re.search(r'value="seller" checked', response.text)


def test_roles_are_changed_and_access_is_taken_and_given(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.admin)
    path = f"/users/{cast.clerk.id}"
    assert client.post(f"{path}/roles", data={"roles": ["grader"]}).location == path
    assert client.post(f"{path}/roles", data={}).status_code == 422
    assert client.post(f"{path}/roles", data={"roles": ["operator"]}).status_code == 422
    assert client.post(f"{path}/deactivate").location == path
    assert "Desactivado" in client.get(path).text
    assert client.post(f"{path}/reactivate").location == path
    assert client.post(f"{path}/reset-password").status_code == 200
    assert client.post(f"/users/{cast.admin.id}/deactivate").status_code == 409
    added = client.post("/users/colleague", data={"username": "outsider", "roles": ["auditor"]})
    assert added.location == f"/users/{cast.outsider.id}"
    assert "trabaja también" in client.get(f"/users/{cast.outsider.id}").text


def test_an_outsider_finds_neither_user_nor_organisation(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.outsider)
    path = f"/users/{cast.clerk.id}"
    assert client.get(path).status_code == 404
    for action in ("roles", "deactivate", "reactivate", "reset-password"):
        assert client.post(f"{path}/{action}", data={"roles": ["clerk"]}).status_code == 404
    assert client.get(f"/organisations/{cast.centre.id}").status_code == 404
    assert client.get("/organisations").status_code == 403


def test_the_operator_creates_an_organisation(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.operator)
    data = {
        "id": str(new_id()),
        "user_id": str(new_id()),
        "kind": "association",
        "name": "Asociación de Turco",
        "code": "turco",
        "country": "BO",
        "parent": "",
        "display_name": "Tania Turco",
        "username": "tania",
    }
    assert "tania" in client.post("/organisations/new", data=data).text
    assert "TURCO" in client.get("/organisations?text=turco&kind=association").text
    page = client.get(f"/organisations/{data['id']}").text
    assert "America/La_Paz" in page
    assert "Tania Turco" in page
    refused = client.post("/organisations/new", data={**data, "id": str(new_id()), "username": "other"})
    assert refused.status_code == 422
    assert "ya tiene este código" in refused.text
    assert client.get(f"/users/{data['user_id']}").status_code == 200


def test_an_administrator_changes_the_organisation(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.admin)
    assert client.get("/organisation").location == f"/organisations/{cast.centre.id}"
    data = {"name": "Centro Nuevo", "place": "Oropesa", "tax_id": ""}
    assert client.post("/organisation/edit", data=data).status_code == 302
    assert "Centro Nuevo" in client.get(f"/organisations/{cast.centre.id}").text
    assert client.post("/organisation/edit", data={"name": ""}).status_code == 422


def test_the_audit_trail_is_read_filtered_and_downloaded(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.admin)
    client.post("/organisation/edit", data={"name": "=HYPERLINK(1)", "place": "", "tax_id": ""})
    sign_in(client, cast.auditor)
    page = client.get("/audit?tag=accounts&person=alicia").text
    assert "Datos de la organización cambiados" in page
    assert "<del>Centro de acopio de prueba</del>" in page
    assert "Datos de la organización" not in client.get("/audit?since=2999-01-01").text
    for odd in ("/audit?since=x&until=9999-12-31&subject=x&page=0", "/audit?tag=%25&person=%27%3B--"):
        assert client.get(odd).status_code == 200
    file = client.get("/audit.csv")
    assert file.mimetype == "text/csv"
    assert file.text.startswith("\ufeffCuándo,")
    assert "accounts:organisation:changed" in file.text
    assert "attachment" in file.headers["Content-Disposition"]
    sign_in(client, cast.clerk)
    assert client.get("/audit").status_code == client.get("/audit.csv").status_code == 403


@pytest.mark.parametrize("path", ["/users", "/audit"])
def test_lists_take_few_statements(
    client: ChainClient, cast: Cast, query_count: Callable[[], AbstractContextManager[Queries]], path: str
) -> None:
    sign_in(client, cast.admin)
    client.get(path)
    with query_count() as queries:
        client.get(path)
    assert queries.count <= 9, str(queries)


def test_everybody_reads_who_may_do_what(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.producer)
    page = client.get("/who-may").text
    assert "Quien prepara una liquidación no la aprueba." in page
    client.post("/language", data={"language": "en"})
    page = client.get("/who-may").text
    assert all(
        PERMISSION_LABELS[one].replace("'", "&#39;") in page or PERMISSION_LABELS[one] in page
        for one in Permission
    )
