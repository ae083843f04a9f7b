from typing import Any

import pytest
from flask.testing import FlaskClient

from chain.core.ids import new_id
from tests.support.cast import Cast, bearer
from tests.support.own_schemes import fibre_document, grid_document

URL = "/api/v1/grading/own-schemes"


def sent(**changes: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "word": "planta", "document": fibre_document(), **changes}


def test_a_scheme_is_saved_once_and_found_by_its_key(client: FlaskClient, cast: Cast) -> None:
    body = sent()
    first = client.post(URL, json=body, headers=bearer(cast.grader))
    again = client.post(URL, json=body, headers=bearer(cast.grader))
    assert (first.status_code, again.status_code) == (201, 201)
    key = first.get_json()["scheme"]
    assert again.get_json()["scheme"] == key
    other = client.post(URL, json={**body, "word": "otra"}, headers=bearer(cast.grader))
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_conflict")
    detail = client.get(f"/api/v1/grading/schemes/{key}/1", headers=bearer(cast.grader)).get_json()
    assert [one["maximum"] for one in detail["values"]] == ["22.0", "26.5", None]
    choice = {"commodity": "alpaca-fibre", "scheme": key, "edition": "1", "valid_from": "2026-01-01"}
    answer = client.post("/api/v1/grading/choices", json=choice, headers=bearer(cast.grader))
    assert answer.status_code == 201


def test_a_new_edition_is_counted(client: FlaskClient, cast: Cast) -> None:
    key = client.post(URL, json=sent(), headers=bearer(cast.grader)).get_json()["scheme"]
    second = client.post(URL, json=sent(scheme=key), headers=bearer(cast.grader)).get_json()
    assert (second["scheme"], second["edition"]) == (key, "2")


def test_strangers_get_404_and_an_empty_list(client: FlaskClient, cast: Cast) -> None:
    key = client.post(URL, json=sent(), headers=bearer(cast.grader)).get_json()["scheme"]
    for url in (f"{URL}/{key}/1", f"/api/v1/grading/schemes/{key}/1"):
        assert client.get(url, headers=bearer(cast.outsider)).status_code == 404
    answer = client.post(f"{URL}/{key}/1/withdrawal", headers=bearer(cast.outsider))
    assert answer.status_code == 404
    assert client.get(URL, headers=bearer(cast.outsider)).get_json()["total"] == 0
    assert client.get(URL, headers=bearer(cast.clerk)).status_code == 403


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, "document.kind"),
        (fibre_document(("A", "22"), ("B", "21")), "document.classes[1].upper_micron"),
        ({**fibre_document(), "classes": "x"}, "document.classes"),
        ({**fibre_document(), "label": [[[["x"]]]]}, "document.label"),
    ],
)
def test_a_bad_document_names_the_path(
    client: FlaskClient, cast: Cast, document: dict[str, Any], field: str
) -> None:
    answer = client.post(URL, json=sent(document=document), headers=bearer(cast.grader))
    assert answer.status_code == 422
    assert list(answer.get_json()["errors"]) == [field]


def test_an_unconfirmed_value_is_confirmed_by_a_script(client: FlaskClient, cast: Cast) -> None:
    url = "/api/v1/grading/schemes/ntp-202.001/2003/unconfirmed"
    fat = next(one for one in client.get(url, headers=bearer(cast.grader)).get_json() if one["key"] == "fat")
    assert not fat["confirmed_by_organisation"]
    body = {
        "id": str(new_id()),
        "scheme": "ntp-202.001",
        "edition": "2003",
        "value_key": "fat",
        "value": fat["value"],
        "person": "Rosa Quispe",
        "basis": "Page 7",
    }
    made = client.post("/api/v1/grading/confirmations", json=body, headers=bearer(cast.grader))
    assert made.status_code == 201
    (now_fat,) = (
        one for one in client.get(url, headers=bearer(cast.grader)).get_json() if one["key"] == "fat"
    )
    assert now_fat["confirmed_by_organisation"]
    gone = f"/api/v1/grading/confirmations/{body['id']}/withdrawal"
    assert client.post(gone, headers=bearer(cast.outsider)).status_code == 404
    assert client.post(gone, headers=bearer(cast.grader)).get_json()["withdrawn_at"]


def test_price_grids_and_colour_lists(client: FlaskClient, cast: Cast) -> None:
    url = "/api/v1/grading/price-grids"
    body = {"id": str(new_id()), "word": "precios", "document": grid_document()}
    made = client.post(url, json=body, headers=bearer(cast.buyer))
    assert made.status_code == 201
    assert [one["grid"] for one in client.get(url, headers=bearer(cast.buyer)).get_json()] == [
        made.get_json()["grid"]
    ]
    assert client.get(url, headers=bearer(cast.rival_buyer)).get_json() == []
    answer = client.post(f"{url}/{made.get_json()['grid']}/1/withdrawal", headers=bearer(cast.rival_buyer))
    assert answer.status_code == 404
    choice = {"scheme": "colours-aoa", "edition": "undated", "valid_from": "2026-01-01"}
    answer = client.post("/api/v1/grading/colour-list-choices", json=choice, headers=bearer(cast.grader))
    assert answer.status_code == 201
