import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.clock import utc_now
from chain.core.ids import new_id
from chain.grading.models import SchemeChoice
from chain.grading.scheme_files import all_schemes
from tests.support.cast import Cast, sign_in


def form(**changes: str) -> dict[str, str]:
    return {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "scheme": "ntp-231.301@2022",
        "valid_from": utc_now().date().isoformat(),
        **changes,
    }


def send(client: FlaskClient, **changes: str) -> tuple[int, str]:
    page = client.get("/grading/choices/new").get_data(as_text=True)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    answer = client.post("/grading/choices/new", data=form(csrf_token=token[1] if token else "", **changes))
    return answer.status_code, answer.get_data(as_text=True)


def test_a_visitor_is_led_to_the_sign_in(client: FlaskClient) -> None:
    assert client.get("/grading/schemes").status_code in {302, 303}


def test_the_list_shows_what_is_in_use_and_how_well_it_is_known(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    page = client.get("/grading/schemes").get_data(as_text=True)
    assert "Fibra de alpaca clasificada (NTP 231.301:2014)" in page
    assert "sin confirmar" in page
    assert "por analogía" in page
    assert "/grading/choices/new" not in page


def test_a_buyer_sees_the_norms_without_the_choices_of_a_centre(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.buyer)
    page = client.get("/grading/schemes").get_data(as_text=True)
    assert "NTP 231.301:2022" in page
    assert "En uso hoy" not in page


@pytest.mark.parametrize("language", ["es", "en"])
def test_every_scheme_has_its_page_in_both_languages(
    client: FlaskClient, cast: Cast, session: Session, language: str
) -> None:
    sign_in(client, cast.clerk)
    session.get_one(User, cast.clerk.id).language = language
    heading = {"es": "Fuentes", "en": "Sources"}[language]
    for scheme in all_schemes():
        answer = client.get(f"/grading/schemes/{scheme.key}/{scheme.edition}")
        assert answer.status_code == 200, scheme.id
        assert f">{heading}</h2>" in answer.get_data(as_text=True)


def test_numbers_of_norms_that_nobody_confirmed_are_not_printed(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    page = client.get("/grading/schemes/ibnorca-camelid-carcass/1997").get_data(as_text=True)
    assert "IBNORCA 1997" in page
    assert "310001" not in page


def test_unconfirmed_norms_say_so_on_top(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    page = client.get("/grading/schemes/ntp-202.001/2003").get_data(as_text=True)
    assert "Nadie comparó todavía estos valores" in page
    assert "solo se registra" in page


def test_an_unknown_scheme_is_not_found(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    assert client.get("/grading/schemes/ntp-231.301/1999").status_code == 404


def test_the_grader_chooses_an_edition(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.grader)
    status, _ = send(client)
    assert status in {302, 303}
    assert session.scalar(select(func.count()).select_from(SchemeChoice)) == 1
    page = client.get("/grading/schemes").get_data(as_text=True)
    assert "Elecciones de la organización" in page
    assert "La norma quedó elegida" in page


def test_a_refusal_keeps_what_was_typed(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.grader)
    far = (utc_now() + timedelta(days=900)).date().isoformat()
    status, page = send(client, valid_from=far, scheme="infoalpacas@undated")
    assert status == 422
    assert f'value="{far}"' in page
    assert '<option value="infoalpacas@undated" selected>' in page
    assert "El primer día debe estar entre" in page
    assert session.scalar(select(func.count()).select_from(SchemeChoice)) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"valid_from": ""},
        {"valid_from": "mañana"},
        {"scheme": "x"},
        {"commodity": "papa"},
        {"scheme": "nb-33013@undated"},
        {"id": "1"},
    ],
)
def test_bad_input_is_refused_with_a_page(client: FlaskClient, cast: Cast, changes: dict[str, str]) -> None:
    sign_in(client, cast.grader)
    status, page = send(client, **changes)
    assert status == 422
    assert "error-summary" in page


def test_the_form_of_one_product_offers_its_norms_only(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.grader)
    page = client.get("/grading/choices/new?commodity=raw-milk").get_data(as_text=True)
    assert "nb-33013@undated" in page
    assert "ntp-231.301" not in page
    assert "Fibra de alpaca" not in page


def test_a_clerk_may_not_choose(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    assert client.get("/grading/choices/new").status_code == 403
