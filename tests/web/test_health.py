"""The checks that supervisors call, and the start page."""

from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in


def test_the_process_says_that_it_answers(client: ChainClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_the_process_says_that_the_database_is_ready(client: ChainClient) -> None:
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (200, {"status": "ready"})


def test_a_visitor_is_led_to_the_sign_in(client: ChainClient) -> None:
    response = client.get("/")
    assert response.status_code == 302
    assert response.location == "/signin"


def test_a_signed_in_person_sees_the_start_page(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    response = client.get("/")
    assert response.status_code == 200
    assert cast.clerk.name in response.text
