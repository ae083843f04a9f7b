"""Price lists, versions, their steps and the preview as resources."""

from datetime import date
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from tests.conftest import ChainClient
from tests.support.cast import Cast, Person, bearer
from tests.support.pricing import add_milk
from tests.support.settling import add_members

API = "/api/v1"
CONTENT: dict[str, Any] = {
    "kind": "milk",
    "unit": "l",
    "base_minor": 500,
    "days": {"sunday_minor": 450},
    "composition": [{"parameter": "fat_pct", "basis": "point", "rate_minor": 20, "reference": "3.5"}],
    "adjustments": [
        {"name": "Mujer", "effect": "premium", "per_unit_minor": 5, "is_for_women": True},
        {
            "name": "Estiaje",
            "effect": "premium",
            "basis_points": 1000,
            "season_from": "06-01",
            "season_to": "08-31",
        },
    ],
}


def body(response: TestResponse, status: int = 200) -> dict[str, Any]:
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.json is not None
    found: dict[str, Any] = response.json
    return found


def post(client: ChainClient, person: Person, path: str, data: dict[str, Any]) -> TestResponse:
    return client.post(API + path, headers=bearer(person), json=data)


def get(client: ChainClient, person: Person, path: str) -> TestResponse:
    return client.get(API + path, headers=bearer(person))


def opened(
    client: ChainClient, cast: Cast, content: dict[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """Open a list of milk and write its first draft; return the path of the draft and what was sent."""
    one = {"id": str(new_id()), "key": "leche-2026", "name": "Leche", "commodity": "raw-milk"}
    body(post(client, cast.accountant, "/price-schemes", one), 201)
    assert body(post(client, cast.accountant, "/price-schemes", one))["key"] == "leche-2026"
    draft = {
        "id": str(new_id()),
        "valid_from": "2026-03-01",
        "decided_by": "Asamblea",
        "content": content or CONTENT,
    }
    versions = f"/price-schemes/{one['id']}/versions"
    made = body(post(client, cast.accountant, versions, draft), 201)
    assert (made["number"], made["state"], made["valid_to"]) == (1, "draft", None)
    assert body(post(client, cast.accountant, versions, draft))["id"] == draft["id"]
    changed = post(client, cast.accountant, versions, draft | {"decided_by": "Otra"})
    assert body(changed, 409)["code"] == "idempotency_conflict"
    assert len(body(get(client, cast.accountant, versions))["items"]) == 1
    return f"/price-versions/{draft['id']}", draft


def test_a_version_goes_from_draft_to_its_end(client: ChainClient, session: Session, cast: Cast) -> None:
    path, draft = opened(client, cast)
    shown = body(get(client, cast.auditor, path))
    assert shown["content"]["composition"][0]["reference"] == "3.5"
    assert shown["content"]["adjustments"][1]["season_from"] == "06-01"
    new = {key: draft[key] for key in ("valid_from", "decided_by", "content")} | {"valid_to": "2026-03-31"}
    changed = client.put(API + path, headers=bearer(cast.accountant), json=new)
    assert body(changed)["valid_to"] == "2026-03-31"
    assert body(post(client, cast.clerk, f"{path}/activate", {}), 403)["code"] == "forbidden"
    assert post(client, cast.outsider, f"{path}/activate", {}).status_code == 404
    assert body(post(client, cast.accountant, f"{path}/activate", {}))["state"] == "in_force"
    frozen = client.put(API + path, headers=bearer(cast.accountant), json=new)
    assert body(frozen, 409)["code"] == "version_state_refused"
    assert client.delete(API + path, headers=bearer(cast.accountant)).status_code == 409
    ended = body(post(client, cast.accountant, f"{path}/end", {"last_day": "2026-03-20"}))
    assert (ended["state"], ended["valid_to"]) == ("ended", "2026-03-20")
    withdrawn = body(post(client, cast.accountant, f"{path}/withdraw", {"reason": "Error de tipeo"}))
    assert withdrawn["state"] == "withdrawn"
    listed = body(get(client, cast.accountant, "/price-schemes?sort=-name"))
    assert [one["key"] for one in listed["items"]] == ["leche-2026"]


def test_a_draft_is_thrown_away(client: ChainClient, session: Session, cast: Cast) -> None:
    path, _ = opened(client, cast)
    assert client.delete(API + path, headers=bearer(cast.accountant)).status_code == 204
    assert get(client, cast.accountant, path).status_code == 404


def test_what_is_wrong_is_named_by_its_place(client: ChainClient, session: Session, cast: Cast) -> None:
    path, _ = opened(client, cast)
    wrong = {
        **CONTENT,
        "adjustments": [{"name": "x", "effect": "premium", "parameter": "fat_pct"}],
        "base_minor": 0,
    }
    new = {"valid_from": "2026-03-01", "decided_by": "x", "content": wrong}
    refused = body(client.put(API + path, headers=bearer(cast.accountant), json=new), 422)
    assert set(refused["errors"]) == {"base", "adjustments.0.amount", "adjustments.0.low"}
    typed = client.put(API + path, headers=bearer(cast.accountant), json=new | {"content": {"kind": "magic"}})
    assert body(typed, 422)["code"] == "validation_failed"


def test_a_version_is_said_in_the_reader_s_words(client: ChainClient, session: Session, cast: Cast) -> None:
    path, _ = opened(client, cast)
    sentences = body(get(client, cast.accountant, f"{path}/words"))["sentences"]
    assert sentences[0] == "Cada litro de lunes a sábado: S/\u00a05.00."
    assert sentences[1] == "Cada litro en domingo: S/\u00a04.50."
    assert "Mujer: suma S/\u00a00.05 por litro, para mujeres." in sentences


def test_the_preview_compares_before_and_after(client: ChainClient, session: Session, cast: Cast) -> None:
    (member,) = add_members(session, 1)
    add_milk(session, member, date(2026, 3, 2), results={"fat_pct": "4.0"})
    price = {
        "id": str(new_id()),
        "commodity": "raw-milk",
        "price_minor_per_unit": 480,
        "valid_from": "2026-03-01",
        "valid_to": "2026-03-31",
        "decided_by": "Acuerdo",
    }
    body(post(client, cast.accountant, "/period-prices", price), 201)
    assert body(get(client, cast.accountant, "/period-prices"))["items"][0]["price_minor_per_unit"] == 480
    path, _ = opened(client, cast)
    (row,) = body(get(client, cast.accountant, f"{path}/preview"))["items"]
    # 10 l × (5.00 + 0.5 points × 0.20 + 0.05 for women)
    assert (row["before_minor"], row["after_minor"], row["difference_minor"]) == (4_800, 5_150, 350)
    assert get(client, cast.outsider, f"{path}/preview").status_code == 404
