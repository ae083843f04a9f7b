"""Every refusal of the API has one shape, whoever refused."""

from tests.conftest import ChainClient


def test_an_unknown_address_answers_in_the_one_shape(client: ChainClient) -> None:
    response = client.get("/api/v1/nothing-here")
    assert response.status_code == 404
    assert response.json is not None
    assert set(response.json) == {"code", "message", "errors"}


def test_the_openapi_document_is_served(client: ChainClient) -> None:
    response = client.get("/api/v1/openapi.json")
    assert response.status_code == 200
    assert response.json is not None
    assert response.json["openapi"].startswith("3.1")
