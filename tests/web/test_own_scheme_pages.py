import re
from html.parser import HTMLParser
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.grading.models import LimitConfirmation, OwnPriceGrid, OwnScheme
from tests.support.cast import Cast, sign_in

FILE = """
kind: micron-classes
commodity: alpaca-fibre
status: confirmed
label: {es: Del archivo, en: From the file}
rounding: {decimals: 1, mode: half-up, status: confirmed}
classes:
  - {key: fina, names: {es: Fina, en: Fine}, printed: "<= 23", upper_micron: "23.0", status: confirmed, min_length_mm: {value: null, status: not_known}}
"""


def form(**changes: str) -> dict[str, str]:
    sent = {
        "id": str(new_id()),
        "kind": "micron-classes",
        "commodity": "alpaca-fibre",
        "label_es": "Clases de la planta",
        "word": "planta",
        "ground": "Contrato 2026",
        "row-0-name_es": "Fina A",
        "row-0-upper": "22,0",
        "row-1-name_es": "Fina B",
        "row-1-upper": "26.5",
        "row-2-name_es": "Resto",
        "action": "save",
    }
    return {**sent, **changes}


class Sent(HTMLParser):
    """What a browser would send of the form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.select: str | None = None

    @classmethod
    def of(cls, page: str) -> dict[str, str]:
        parser = cls()
        parser.feed(page)
        return parser.found

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name = given.get("name")
        if tag == "select":
            self.select = name
        elif tag == "option" and self.select and "selected" in given:
            self.found[self.select] = given.get("value") or ""
        elif tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.found[name] = given.get("value") or ""


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def test_a_list_is_written_previewed_and_saved(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.grader)
    assert client.get("/grading/own").status_code == 200
    page = text(client.get("/grading/own/new?kind=micron-classes"))
    assert page.count('name="row-') == 6 * 5
    more = text(client.post("/grading/own/new", data=form(action="add", shown="12")))
    assert more.count("-name_es") >= 18
    assert 'value="Fina B"' in more
    tried = text(client.post("/grading/own/new", data=form(action="preview")))
    assert "26.6 µm" in tried
    assert session.scalars(select(OwnScheme)).first() is None
    answer = client.post("/grading/own/new", data=form())
    assert answer.status_code == 302
    row = session.scalars(select(OwnScheme)).one()
    page = text(client.get(answer.location))
    assert "Fina B" in page
    assert row.key in page
    assert row.key in text(client.get("/grading/choices/new"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"row-1-upper": "21"}, "Fila 2: 21 no está por encima"),
        ({"row-0-upper": "abc"}, "Fila 1: “abc” no es un número"),
        ({"row-0-length": "poco"}, "Fila 1: aquí va un número entero"),
        ({"label_es": ""}, "Llene este campo"),
        ({"row-1-name_es": "Fina A"}, "dos clases tienen la misma clave"),
    ],
)
def test_refusals_stand_at_the_row_in_words(
    client: FlaskClient, cast: Cast, changes: dict[str, str], words: str
) -> None:
    sign_in(client, cast.grader)
    answer = client.post("/grading/own/new", data=form(**changes))
    assert answer.status_code == 422
    assert words in text(answer)
    assert 'value="Resto"' in text(answer)


@pytest.mark.parametrize(
    "source", ["ntp-231.301@2014", "nb-33013@undated", "ibnorca-camelid-carcass@1997", "colours-aoa@undated"]
)
def test_every_norm_of_these_kinds_may_be_copied_and_saved(
    client: FlaskClient, cast: Cast, session: Session, source: str
) -> None:
    sign_in(client, cast.grader)
    page = text(client.get(f"/grading/own/new?from={source}"))
    sent = Sent.of(page)
    sent |= {"ground": "Nuestro ejemplar", "word": "copia", "action": "save"}
    sent.setdefault("commodity", "alpaca-fibre")
    answer = client.post("/grading/own/new", data=sent)
    assert answer.status_code == 302, re.findall(r"error-summary.*?</ul>", text(answer), re.DOTALL)
    assert client.get(answer.location).status_code == 200
    assert session.scalars(select(OwnScheme)).one().document["sources"][0]["what"] == "Nuestro ejemplar"


def test_a_file_is_pasted_and_bad_files_are_refused(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.grader)
    for bad in (
        "a: [",
        "a: &x 1\nb: *x",
        "- 1",
        FILE.replace('"23.0"', "23.0"),
        "kind: !!python/object:os.system x",
    ):
        answer = client.post(
            "/grading/own/file", data={"id": str(new_id()), "word": "x", "words": bad, "action": "save"}
        )
        assert answer.status_code == 422, bad
    answer = client.post(
        "/grading/own/file", data={"id": str(new_id()), "word": "archivo", "words": FILE, "action": "save"}
    )
    assert answer.status_code == 302
    row = session.scalars(select(OwnScheme)).one()
    words = text(client.get(f"/grading/schemes/{row.key}/1/file"))
    assert "upper_micron: '23.0'" in words


def test_strangers_find_nothing(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.grader)
    client.post("/grading/own/new", data=form())
    row = session.scalars(select(OwnScheme)).one()
    sign_in(client, cast.outsider)
    base = f"/grading/schemes/{row.key}/1"
    for url in (base, f"{base}/file", f"{base}/confirm?value=x", f"/grading/own/new?from={row.key}@1"):
        assert client.get(url).status_code == 404, url
    for url in (f"/grading/own/{row.key}/1/share", f"/grading/own/{row.key}/1/withdraw"):
        assert client.post(url).status_code == 404, url
    assert row.key not in text(client.get("/grading/schemes"))
    assert row.key not in text(client.get("/grading/choices/new"))


def test_a_shared_list_is_seen_and_a_withdrawn_one_no_longer(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.buyer)
    client.post("/grading/own/new", data=form(is_shared="y"))
    row = session.scalars(select(OwnScheme)).one()
    sign_in(client, cast.grader)
    assert row.key in text(client.get("/grading/schemes"))
    sign_in(client, cast.buyer)
    assert client.post(f"/grading/own/{row.key}/1/withdraw").status_code == 302
    sign_in(client, cast.grader)
    assert row.key not in text(client.get("/grading/choices/new"))


def test_a_value_is_confirmed_and_withdrawn_on_the_page(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.grader)
    base = "/grading/schemes/ntp-202.001/2003"
    page = text(client.get(f"{base}/confirm?value=fat"))
    value = re.search(r'name="value" value="([^"]*)"', page)
    assert value
    sent = {
        "id": str(new_id()),
        "value_key": "fat",
        "value": value[1],
        "person": "Rosa Quispe",
        "basis": "Página 7",
    }
    assert client.post(f"{base}/confirm", data={**sent, "basis": ""}).status_code == 422
    assert client.post(f"{base}/confirm", data=sent).status_code == 302
    page = text(client.get(base))
    assert "confirmado por Rosa Quispe" in page
    row = session.scalars(select(LimitConfirmation)).one()
    assert client.post(f"/grading/confirmations/{row.id}/withdraw").status_code == 302
    assert "Confirmaciones retiradas" in text(client.get(base))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ntp-231.301/2014?micron=23.05&length_mm=60", "Fleece"),
        ("ntp-231.301/2014?micron=abc", "no es un número"),
        ("nb-33013/undated?temperature=12&fat=3.5&density=1.030", "Rechazada"),
        ("ntp-231.300/2014?baby_kg=5&fleece_kg=2", "Sin determinar"),
        ("ibnorca-camelid-carcass/1997?weight_g=40000&sarcocystis=absent&grade_class=primera", "Primera"),
    ],
)
def test_values_may_be_tried_on_the_page_of_a_norm(
    client: FlaskClient, cast: Cast, url: str, words: str
) -> None:
    sign_in(client, cast.clerk)
    assert words in text(client.get(f"/grading/schemes/{url}"))


def test_words_that_mean_two_things_are_told(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    page = text(client.get("/grading/schemes/ntp-231.301/2022"))
    assert "“Extrafina” significa otra cosa en otra norma" in page


def test_a_colour_list_is_chosen(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.grader)
    sent = form(
        kind="colours",
        word="color",
        **{"row-0-code": "LFX", "row-0-name_es": "beige", "row-0-stands_for": "light_fawn"},
    )
    sent = {key: value for key, value in sent.items() if not key.startswith(("row-1", "row-2"))}
    answer = client.post("/grading/own/new", data=sent)
    assert answer.status_code == 302
    key = answer.location.split("/")[-2]
    chosen = {"id": str(new_id()), "scheme": f"{key}@1", "valid_from": "2026-03-01"}
    assert client.post("/grading/colours/choose", data=chosen).status_code == 302
    assert "Clases de la planta" in text(client.get("/grading/schemes"))
    sign_in(client, cast.clerk)
    assert "LF · LFX" in text(client.get("/lots/new?commodity=alpaca-fibre"))


def test_a_price_grid_is_written_and_shown(client: FlaskClient, cast: Cast, session: Session) -> None:
    sign_in(client, cast.grader)
    assert "AAFL" in text(client.get("/grading/prices"))
    assert client.get("/grading/prices/aafl/2005-10-01").status_code == 200
    sent = {
        "id": str(new_id()),
        "label_es": "Precios",
        "word": "precios",
        "grades_from": "ntp-231.301@2014",
        "currency": "PEN",
        "unit": "kg",
        "valid_from": "2026-03-01",
        "row-0-grade": "Baby",
        "row-0-price": "30,50",
        "row-1-grade": "Gruesa",
        "row-1-outcome": "refused",
    }
    assert "Fila 1" in text(client.post("/grading/prices/new", data={**sent, "row-0-price": "-1"}))
    answer = client.post("/grading/prices/new", data=sent)
    assert answer.status_code == 302
    page = text(client.get(answer.location))
    assert "30.50" in page
    row = session.scalars(select(OwnPriceGrid)).one()
    assert client.get(f"/grading/prices/new?from={row.key}@1").status_code == 200
    sign_in(client, cast.outsider)
    assert client.get(f"/grading/prices/{row.key}/1").status_code == 404


def test_a_change_is_a_new_edition_and_the_second_of_two_people_is_told(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.grader)
    client.post("/grading/own/new", data=form())
    row = session.scalars(select(OwnScheme)).one()
    page = text(client.get(f"/grading/own/new?from={row.key}@1"))
    sent = {**Sent.of(page), "ground": "Contrato 2027", "row-0-upper": "21.5", "action": "save"}
    assert client.post("/grading/own/new", data=sent).status_code == 302
    editions = {one.edition: one for one in session.scalars(select(OwnScheme))}
    assert editions["2"].key == row.key
    assert editions["1"].document["classes"][0]["upper_micron"] == "22.0"
    assert editions["2"].document["classes"][0]["upper_micron"] == "21.5"
    late = client.post("/grading/own/new", data={**sent, "id": str(new_id())})
    assert late.status_code == 422
    assert "La edición 2 ya fue guardada" in text(late)
