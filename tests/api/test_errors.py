"""Every refusal of the API has one shape, whoever refused: the parser, the router, a permission or a rule."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from chain.accounts.errors import Throttled
from chain.core.ids import new_id
from chain.web.errors import handle_domain_error
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer

API = "/api/v1"
SHAPE = {"code", "message", "errors"}
LANGUAGES = ("es", "en")
#: An id in an address.
ID = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}(?=/|$)")


def operations(client: ChainClient) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield method, address (with ids that nobody has) and description of each documented operation."""
    document = client.get(f"{API}/openapi.json").json
    assert document is not None
    for path, described in document["paths"].items():
        for method, operation in described.items():
            if method == "parameters":
                continue
            address = (
                path.replace("{key}", "none").replace("{edition}", "none").replace("{day}", "2026-03-16")
            )
            while "{" in address:
                address = address[: address.index("{")] + str(new_id()) + address[address.index("}") + 1 :]
            yield method.upper(), address, operation


def assert_shape(answer: TestResponse, status: int, code: str) -> None:
    told = (answer.request.method, answer.request.path, answer.text)
    assert answer.status_code == status, told
    assert answer.content_type == "application/json", told
    assert answer.json is not None
    assert set(answer.json) == SHAPE, told
    assert answer.json["code"] == code, told
    assert answer.json["message"]
    assert isinstance(answer.json["errors"], dict)


def takes_json(operation: dict[str, Any]) -> bool:
    return "application/json" in operation.get("requestBody", {}).get("content", {})


def test_without_a_token_every_operation_answers_401(client: ChainClient) -> None:
    public, signed = set(), set()
    for method, address, operation in operations(client):
        answer = client.open(address, method=method)
        if operation.get("security") == [{"stripe_signature": []}]:
            assert_shape(answer, 409, "cards_off")
            signed.add((method, address))
            continue
        if operation.get("security") == []:
            assert answer.status_code == 200, address
            public.add((method, address))
            continue
        assert_shape(answer, 401, "not_signed_in")
        assert answer.headers["WWW-Authenticate"] == "Bearer", address
    assert public == {("GET", f"{API}/paper-keys"), ("GET", f"{API}/prices")}
    assert signed == {("POST", f"{API}/webhooks/stripe")}


def test_without_the_permission_every_guarded_operation_answers_403(
    client: ChainClient, app: Flask, cast: Cast
) -> None:
    asked = 0
    for method, address, _ in operations(client):
        endpoint, _ids = app.url_map.bind("").match(address, method=method)
        needed = getattr(app.view_functions[endpoint], "needs_permission", None)
        if needed is None or needed == "signed-in" or cast.operator.actor.may(needed):
            continue
        assert_shape(client.open(address, method=method, headers=bearer(cast.operator)), 403, "forbidden")
        asked += 1
    assert asked > 40


def test_malformed_json_is_a_bad_request_everywhere(client: ChainClient, cast: Cast) -> None:
    for method, address, operation in operations(client):
        if not takes_json(operation):
            continue
        person = _who_may(cast, client, method, address)
        for body in (b"{", b'{"id": }', b"\xff\xfe"):
            answer = client.open(
                address, method=method, data=body, content_type="application/json", headers=bearer(person)
            )
            assert_shape(answer, 400, "bad_request")


def test_another_kind_of_content_is_told_apart_everywhere(client: ChainClient, cast: Cast) -> None:
    for method, address, operation in operations(client):
        if not takes_json(operation):
            continue
        person = _who_may(cast, client, method, address)
        for kind in ("text/plain", "application/xml", "application/x-www-form-urlencoded"):
            answer = client.open(
                address, method=method, data="a=1", content_type=kind, headers=bearer(person)
            )
            assert_shape(answer, 415, "unsupported_media_type")


def test_a_body_of_another_type_names_a_field_everywhere(client: ChainClient, cast: Cast) -> None:
    bodies: tuple[Any, ...] = ([], "text", 1, {"surprise": 1})
    for method, address, operation in operations(client):
        if not takes_json(operation):
            continue
        person = _who_may(cast, client, method, address)
        for body in bodies:
            answer = client.open(address, method=method, json=body, headers=bearer(person))
            assert_shape(answer, 422, "validation_failed")
            assert answer.json is not None
            assert answer.json["errors"], (address, body)


def _who_may(cast: Cast, client: ChainClient, method: str, address: str) -> Any:
    for person in (
        cast.everything,
        cast.buyer,
        cast.market_manager,
        cast.operator,
        cast.certifier,
        cast.producer,
    ):
        if client.open(address, method=method, headers=bearer(person)).status_code != 403:
            return person
    raise AssertionError(f"nobody may {method} {address}")


def test_an_id_that_nobody_has_is_not_found(client: ChainClient, cast: Cast) -> None:
    asked = 0
    for method, address, operation in operations(client):
        needs_more = any(
            one.get("required") for one in operation.get("parameters", ()) if one["in"] == "query"
        )
        if method != "GET" or not ID.search(address) or needs_more:
            continue
        person = _who_may(cast, client, method, address)
        assert_shape(client.get(address, headers=bearer(person)), 404, "not_found")
        for wrong in ("no-id", "1"):
            answer = client.get(ID.sub(f"/{wrong}", address), headers=bearer(person))
            assert_shape(answer, 404, "not_found")
        asked += 1
    assert asked > 60


def test_an_unknown_address_and_another_method(client: ChainClient, cast: Cast) -> None:
    assert_shape(client.get(f"{API}/nothing-here"), 404, "not_found")
    answer = client.delete(f"{API}/lots", headers=bearer(cast.clerk))
    assert_shape(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].replace(" ", "").split(","))


def test_too_many_attempts_answer_429(app: Flask) -> None:
    with app.test_request_context(f"{API}/lots"):
        answer = handle_domain_error(Throttled(minutes=15))
    assert isinstance(answer, tuple)
    response, status = answer
    assert status == 429
    assert not isinstance(response, str)
    assert set(response.json or {}) == SHAPE


@pytest.mark.parametrize(("language", "words"), [("es", "Entre para seguir"), ("en", "Sign in")])
def test_a_stranger_is_refused_in_the_language_that_the_program_asks_for(
    client: ChainClient, language: str, words: str
) -> None:
    answer = client.get(f"{API}/lots", headers={"Accept-Language": language})
    assert answer.json is not None
    assert words in answer.json["message"]


def test_the_openapi_document_describes_each_operation_and_its_refusals(client: ChainClient) -> None:
    document = client.get(f"{API}/openapi.json").json
    assert document is not None
    assert document["openapi"].startswith("3.1")
    assert document["security"] == [{"bearer": []}]
    error = set(document["components"]["schemas"]["Error"]["properties"])
    assert error == SHAPE
    described = list(operations(client))
    assert len(described) > 60
    for method, address, operation in described:
        assert operation.get("summary"), (method, address)
        assert {"401", "403", "404", "409", "413", "415", "422", "default"} <= set(operation["responses"])
    for resource in ("organisations", "producers", "lots", "tenders", "bids", "sales", "settlement-runs", "receipts",
                     "income"):  # fmt: skip
        assert f"{API}/{resource}" in document["paths"], resource
