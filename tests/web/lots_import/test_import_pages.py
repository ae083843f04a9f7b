import io
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.config import Settings
from chain.core.ids import new_id
from chain.lots.importing.sheets import open_sheet
from chain.lots.models import ImportBatch, Lot
from chain.lots.uploads import KEPT_SECONDS
from chain.producers.services import register_producer
from tests.support.cast import Cast, sign_in
from tests.support.import_files import BAD_ROWS, CODES, SAMPLES

CAST = Cast()
NAMES = ("Rosa Quispe Mamani", "Juan Condori Ñaupa", "Eulalia <b>Huamán")
FIBRE = (SAMPLES / "fibra-libras-windows.csv").read_bytes()


@pytest.fixture(autouse=True)
def _members(
    session: Session,
    client: FlaskClient,
    now: datetime,
    set_clock: Callable[[datetime], None],
    monkeypatch: pytest.MonkeyPatch,
    app: Flask,
    tmp_path: Path,
) -> None:
    settings: Settings = app.config["SETTINGS"]
    values = {name: getattr(settings, name) for name in settings.__slots__}
    monkeypatch.setitem(app.config, "SETTINGS", Settings(**{**values, "var_dir": tmp_path}))
    set_clock(now)
    for code, name in zip(CODES, NAMES, strict=True):
        register_producer(
            session,
            actor=CAST.clerk.actor,
            now=now,
            id=new_id(),
            full_name=name,
            sex="female",
            member_code=code,
        )
    sign_in(client, CAST.clerk)


def upload(client: FlaskClient, content: bytes, name: str = "acopio.csv", **choices: str) -> TestResponse:
    data: dict[str, Any] = {
        "unit": "",
        "quintal": "",
        "quintal_kg": "",
        "commodity": "",
        "kept": "",
        **choices,
    }
    if content:
        data["file"] = (io.BytesIO(content), name)
    return client.post("/lots/import", data=data)


def slip(page: TestResponse) -> str:
    found = re.search(r'name="t" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def lots(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Lot)) or 0


def test_a_file_is_looked_at_confirmed_and_stored(client: FlaskClient, session: Session) -> None:
    sent = upload(client, FIBRE, "C:\\temp\\..\\Acopio <b>.csv")
    assert sent.status_code == 303
    preview = client.get(sent.location)
    assert "Acopio &lt;b&gt;.csv" in preview.text
    assert "Eulalia &lt;b&gt;Huamán" in preview.text
    assert "Guardar 4 lotes" in preview.text
    assert lots(session) == 0
    done = client.post("/lots/import/confirm", data={"t": slip(preview)})
    assert done.status_code == 303
    assert lots(session) == 4
    result = client.get(done.location)
    assert "Carla Registradora" in result.text
    again = client.post("/lots/import/confirm", data={"t": slip(preview)})
    assert again.location == done.location
    assert (lots(session), session.scalar(select(func.count()).select_from(ImportBatch))) == (4, 1)
    assert "Carla Registradora" in client.get("/lots/import").text
    repeated = client.get(upload(client, FIBRE).location)
    assert "Este mismo archivo lo importó Carla Registradora" in repeated.text
    assert "No hay nada que hacer" in repeated.text


def test_bad_rows_are_shown_downloaded_and_left_out_on_request(client: FlaskClient, session: Session) -> None:
    preview = client.get(upload(client, BAD_ROWS.encode()).location)
    assert "“vicuña” no es uno de los productos." in preview.text
    slip_text = slip(preview)
    refused = client.post("/lots/import/confirm", data={"t": slip_text})
    assert (refused.status_code, lots(session)) == (422, 0)
    assert "No se guardó nada" in refused.text
    download = client.get("/lots/import/bad-rows.csv", query_string={"t": slip_text})
    assert download.headers["Content-Disposition"] == 'attachment; filename="filas-con-errores.csv"'
    assert download.data.startswith(b"\xef\xbb\xbfFila;Columna;Motivo\r\n3;codigo_socio;")
    done = client.post("/lots/import/confirm", data={"t": slip_text, "skip_bad": "1"})
    assert (done.status_code, lots(session)) == (303, 2)
    assert "filas con errores (CSV)" in client.get(done.location).text


def test_a_formula_as_a_title_is_disarmed_in_the_download(client: FlaskClient) -> None:
    content = b"codigo_socio;fecha;=bruto_kg\n=1+1;ayer;x\n"
    preview = client.get(upload(client, content, commodity="alpaca-fibre").location)
    found = re.search(r'bad-rows\.csv\?t=([^"]+)', preview.text)
    assert found is not None
    text = client.get("/lots/import/bad-rows.csv", query_string={"t": found[1]}).text
    assert "'=bruto_kg" in text
    assert not re.search(r"(^|;)=", text, re.MULTILINE)


def test_a_missing_choice_is_asked_without_choosing_the_file_again(
    client: FlaskClient, session: Session
) -> None:
    content = f"socio;fecha;producto;neto\n{CODES[0]};2026-03-02;alpaca;1,5\n".encode()
    asked = upload(client, content)
    assert asked.status_code == 422
    assert "Falta la unidad de los pesos." in asked.text
    kept = re.search(r'name="kept" value="([^"]+)"', asked.text)
    assert kept is not None
    asked = upload(client, b"", unit="qq", kept=kept[1])
    assert (asked.status_code, "El archivo usa quintales" in asked.text) == (422, True)
    asked = upload(client, b"", unit="qq", quintal="other", kept=kept[1])
    assert "Escriba cuántos kilos tiene un quintal." in asked.text
    sent = upload(client, b"", unit="qq", quintal="other", quintal_kg="46", kept=kept[1])
    client.post("/lots/import/confirm", data={"t": slip(client.get(sent.location))})
    assert session.scalar(select(Lot.quantity)) == 69_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Elija un archivo."),
        (b" ", "El archivo está vacío."),
        (b"%PDF-1.7", "PDF"),
        (b"PK\x03\x04nonsense", "dañado"),
        (b"hola\n", "títulos"),
    ],
)
def test_an_unusable_file_is_refused_at_its_field(
    client: FlaskClient, session: Session, content: bytes, words: str
) -> None:
    answer = upload(client, content, "lotes.xlsx")
    assert (answer.status_code, words in answer.text) == (422, True)
    assert 'id="file-error"' in answer.text
    assert lots(session) == 0


def test_a_slip_of_another_person_or_house_or_none_is_refused(client: FlaskClient, session: Session) -> None:
    location = upload(client, FIBRE).location
    slip_text = slip(client.get(location))
    for person in (CAST.second_clerk, CAST.outsider):
        sign_in(client, person)
        assert client.get(location).status_code == 422
        assert client.post("/lots/import/confirm", data={"t": slip_text}).status_code == 422
    for text in ("", "x", slip_text[:-3]):
        assert client.get("/lots/import/preview", query_string={"t": text}).status_code == 422
    assert lots(session) == 0


def test_a_file_that_waited_too_long_is_gone(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    location = upload(client, FIBRE).location
    (kept,) = (tmp_path / "uploads" / CAST.centre.id.hex).iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    kept.write_bytes(b"something else")
    assert client.get(location).status_code == 422
    upload(client, FIBRE)
    assert client.get(location).status_code == 200
    later = kept.stat().st_mtime + KEPT_SECONDS + 60
    monkeypatch.setattr("chain.lots.uploads.time.time", lambda: later)
    assert client.get(location).status_code == 422
    upload(client, BAD_ROWS.encode())
    assert not kept.exists()


def test_only_those_who_may_import_see_the_pages(client: FlaskClient) -> None:
    for person in (CAST.grader, CAST.treasurer, CAST.auditor, CAST.buyer):
        sign_in(client, person)
        assert client.get("/lots/import").status_code == 403
        assert upload(client, FIBRE).status_code == 403
    sign_in(client, None)
    assert client.get("/lots/import").status_code == 302


def test_an_import_of_another_house_is_not_found(client: FlaskClient) -> None:
    done = client.post("/lots/import/confirm", data={"t": slip(client.get(upload(client, FIBRE).location))})
    sign_in(client, CAST.outsider)
    assert client.get(done.location).status_code == 404
    assert "acopio.csv" not in client.get("/lots/import").text


def test_the_template_is_read_by_the_import(client: FlaskClient) -> None:
    answer = client.get("/lots/import/template.xlsx")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="plantilla-lotes.xlsx"'
    sheet = open_sheet(answer.data)
    assert (sheet.header.ignored, len(sheet.header.columns), len(sheet.rows)) == ((), 18, 0)
