import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.lots.models import ImportBatch, Lot
from chain.producers.services import register_producer
from tests.support.cast import Cast, bearer, sign_in
from tests.support.import_files import CODES, SAMPLES

CAST = Cast()
Cli = Callable[..., Result]
FIBRE, BAD, BOOK = (
    SAMPLES / name for name in ("fibra-libras-windows.csv", "con-errores.csv", "acopio-marzo.xlsx")
)


@pytest.fixture(autouse=True)
def _members(fresh_app: Flask, now: datetime, set_clock: Callable[[datetime], None]) -> None:
    set_clock(now)
    with fresh_app.app_context(), atomic() as session:
        for code, name in zip(CODES, ("Rosa Quispe", "Juan Condori", "Eulalia Huamán"), strict=True):
            register_producer(
                session,
                actor=CAST.clerk.actor,
                now=now,
                id=new_id(),
                full_name=name,
                sex="female",
                member_code=code,
            )


@pytest.fixture
def bring(chain_cli: Cli) -> Cli:
    def run(path: Path, *options: str) -> Result:
        return chain_cli("lots", "import", str(path), "--centre", "cc01", *options)

    return run


def stored(app: Flask, model: Any = Lot) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_dry_run_writes_nothing_and_the_real_one_everything(bring: Cli, fresh_app: Flask) -> None:
    dry = bring(FIBRE, "--dry-run")
    assert (dry.exit_code, stored(fresh_app)) == (0, 0)
    assert "se pueden guardar 4 filas, ya están guardadas 0, tienen errores 0" in dry.stdout
    real = bring(FIBRE)
    assert (real.exit_code, stored(fresh_app)) == (0, 4)
    assert real.stdout == "Guardadas: 4. Ya estaban guardadas: 0. Con errores, no guardadas: 0.\n"
    again = bring(FIBRE, "--language", "en")
    assert (again.exit_code, stored(fresh_app)) == (0, 4)
    assert again.stdout == "Stored: 0. Already stored: 4. Bad and left out: 0.\n"


def test_bad_rows_are_listed_on_stderr_and_stop_everything(bring: Cli, fresh_app: Flask) -> None:
    result = bring(BAD)
    assert (result.exit_code, result.stdout, stored(fresh_app), stored(fresh_app, ImportBatch)) == (
        1,
        "",
        0,
        0,
    )
    lines = result.stderr.splitlines()
    assert (
        lines[0] == "Fila 3, columna codigo_socio: Ningún socio ni socia tiene ahora el código “CC01-9999”."
    )
    assert len(lines) == 12
    assert "11 filas tienen errores" in lines[-1]


def test_skip_bad_stores_the_rest_and_still_says_so(bring: Cli, fresh_app: Flask) -> None:
    result = bring(BAD, "--skip-bad")
    assert (result.exit_code, stored(fresh_app), len(result.stderr.splitlines())) == (1, 2, 11)


def test_a_workbook_and_options(bring: Cli, fresh_app: Flask) -> None:
    refused = bring(BOOK)
    assert refused.exit_code == 2
    assert refused.stderr == "Faltan estas columnas: producto (o elija el producto para todo el archivo).\n"
    result = bring(BOOK, "--commodity", "alpaca-fibre")
    assert (result.exit_code, stored(fresh_app)) == (0, 3)
    assert "Solo se leyó la hoja “Acopio marzo”." in result.stderr


def test_quintals_need_their_factor(bring: Cli, tmp_path: Path, fresh_app: Flask) -> None:
    file = tmp_path / "q.csv"
    file.write_text(f"socio,fecha,producto,neto\n{CODES[0]},2026-03-02,alpaca,1.5\n", encoding="utf-8")
    assert bring(file).exit_code == 2
    assert "quintales" in bring(file, "--unit", "qq").stderr
    assert bring(file, "--unit", "qq", "--grams-per-quintal", "46").exit_code == 2
    assert bring(file, "--unit", "qq", "--grams-per-quintal", "mucho").exit_code == 2
    assert stored(fresh_app) == 0
    assert bring(file, "--unit", "qq", "--grams-per-quintal", "46000").exit_code == 0
    with fresh_app.app_context():
        assert db.session.scalar(select(Lot.quantity)) == 69_000


@pytest.mark.parametrize("options", [("--centre", "NADIE"), ("--centre", "MILL")])
def test_an_organisation_without_lots_is_refused(chain_cli: Cli, options: tuple[str, ...]) -> None:
    result = chain_cli("lots", "import", str(FIBRE), *options)
    assert (result.exit_code, result.stdout) == (2, "")
    assert options[1] in result.stderr


def test_a_file_that_is_not_there_or_no_table(bring: Cli, tmp_path: Path) -> None:
    assert bring(tmp_path / "none.csv").exit_code == 2
    fake = tmp_path / "recibo.xlsx"
    fake.write_bytes(b"%PDF-1.7")
    result = bring(fake)
    assert result.exit_code == 2
    assert "PDF" in result.stderr


def page_problems(html: str) -> list[tuple[str, str, str]]:
    start = html.index("Filas con errores</caption>")
    rows = html[start : html.index("</table>", start)].split("<tr")[2:]
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [(one[0].strip().removeprefix("Fila "), one[1].strip(), one[2].strip()) for one in cells]


def test_command_page_and_api_say_the_same_of_one_file(bring: Cli, fresh_app: Flask) -> None:
    lines = bring(BAD, "--dry-run").stderr.splitlines()
    client: FlaskClient = fresh_app.test_client()
    answer = client.post(
        "/api/v1/lots/import",
        data={"file": BAD.open("rb"), "dry_run": "true"},
        headers={**bearer(CAST.clerk), "Accept-Language": "es"},
    ).get_json()
    sign_in(client, CAST.clerk)
    form = {"file": BAD.open("rb"), "unit": "", "quintal": "", "commodity": ""}
    page = client.post("/lots/import", data=form, follow_redirects=True)
    said = [f"Fila {one['row']}, columna {one['column']}: {one['reason']}" for one in answer["problems"]]
    assert said == lines
    html = page.text.replace("&#39;", "'")
    assert [f"Fila {row}, columna {column}: {reason}" for row, column, reason in page_problems(html)] == lines
    assert (answer["new"], answer["duplicates"], answer["bad"]) == (2, 0, 11)
    figures = re.findall(r'class="figure__value">\s*(\d+)', html)
    assert figures[:3] == ["2", "0", "11"]
    download = re.search(r'href="(/lots/import/bad-rows\.csv[^"]+)"', html)
    assert download is not None
    csv = client.get(download[1].replace("&amp;", "&")).data.decode("utf-8-sig").splitlines()
    assert len(csv) == 12
    assert stored(fresh_app) == 0
