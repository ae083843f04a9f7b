import csv
import io
from datetime import datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.ids import new_id
from chain.income.models import Baseline, IncomeRecord
from chain.papers.models import Paper
from chain.producers.queries import names_of
from tests.support.cast import Cast, bearer, sign_in
from tests.support.income import Paid, pay_period
from tests.support.lots import make_producer

PAGES = ("/income", "/income/seasons/2025", "/income/baselines", "/income/baselines/new", "/income/earlier")


def baseline(**changes: str) -> dict[str, str]:
    return {
        "id": str(new_id()),
        "commodity": "alpaca-fibre",
        "season": "2025",
        "price": "41,69",
        "source": "Boletín de precios",
        "method": "Precio medio de tres acopiadores",
        "strength": "published",
        **changes,
    }


def test_page_api_csv_and_receipts_tell_the_same_figures(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    people = [make_producer(session, now, name=f"Socia {name}") for name in ("Ana", "Eva", "Inés")]
    pay_period(session, [Paid(one, 12_345, 55_553 + at, fee_minor=1_111) for at, one in enumerate(people)])
    sign_in(client, cast.accountant)
    client.post("/income/baselines/new", data=baseline())
    received = session.scalar(select(func.sum(Paper.amount_minor)))
    (season,) = client.get("/api/v1/income", headers=bearer(cast.accountant)).get_json()["items"]
    assert season["total"]["net_minor"] == received == 3 * 54_442 + 3
    page = client.get("/income").get_data(as_text=True)
    detail = client.get("/income/seasons/2025").get_data(as_text=True)
    for name in ("net_minor", "gross_minor", "gain_minor"):
        shown = f"S/ {season['total'][name] / 100:,.2f}"
        assert shown in page
        assert shown in detail
    text = client.get("/income/seasons/2025/file.csv").get_data(as_text=True)
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert [row["Productor"] for row in rows] == ["Socia Ana", "Socia Eva", "Socia Inés"]
    assert sum(round(float(row["Neto"]) * 100) for row in rows) == received
    assert sum(round(float(row["Ganado de más"]) * 100) for row in rows) == season["total"]["gain_minor"]


def test_a_name_that_is_a_formula_is_disarmed_in_the_file(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    pay_period(session, [Paid(make_producer(session, now, name="=HYPERLINK(A1) Quispe"), 1000, 4500)])
    sign_in(client, cast.accountant)
    text = client.get("/income/seasons/2025/file.csv").get_data(as_text=True)
    assert "'=HYPERLINK" in text


def test_a_loss_against_the_intermediary_is_a_number_in_the_file(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    pay_period(session, [Paid(make_producer(session, now), 1000, 4000)])
    sign_in(client, cast.accountant)
    client.post("/income/baselines/new", data=baseline())
    assert ",-1.69,PEN" in client.get("/income/seasons/2025/file.csv").get_data(as_text=True)


@pytest.mark.parametrize(
    ("language", "title"), [("es", "Ingresos de los productores"), ("en", "Income of the producers")]
)
def test_every_page_exists_in_both_languages(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, language: str, title: str
) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 1000, 4500)])
    session.get_one(User, cast.accountant.id).language = language
    sign_in(client, cast.accountant)
    assert title in client.get("/income").get_data(as_text=True)
    for path in (*PAGES, f"/income/producers/{rosa}"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert f'lang="{language}"' in answer.get_data(as_text=True)


def test_an_outsider_finds_nothing(client: FlaskClient, session: Session, cast: Cast, now: datetime) -> None:
    rosa = make_producer(session, now)
    pay_period(session, [Paid(rosa, 1000, 4500)])
    sign_in(client, cast.outsider)
    assert client.get(f"/income/producers/{rosa}").status_code == 404
    assert client.get("/income/seasons/2025").status_code == 404
    assert "Rosa" not in client.get("/income/seasons/2025/file.csv").get_data(as_text=True)


@pytest.mark.parametrize("season", ["2199", "9" * 40])
def test_a_season_that_nobody_lived_is_not_found(client: FlaskClient, cast: Cast, season: str) -> None:
    sign_in(client, cast.accountant)
    assert client.get(f"/income/seasons/{season}").status_code == 404
    assert client.get(f"/income/seasons/{season}/file.csv").status_code == 404


@pytest.mark.parametrize("path", PAGES)
def test_the_clerk_has_no_business_here(client: FlaskClient, cast: Cast, path: str) -> None:
    sign_in(client, cast.clerk)
    assert client.get(path).status_code == 403


@pytest.mark.parametrize("path", ["/income/baselines/new", "/income/earlier"])
def test_the_vigilance_committee_reads_and_writes_nothing(client: FlaskClient, cast: Cast, path: str) -> None:
    sign_in(client, cast.auditor)
    assert client.get("/income/baselines").status_code == 200
    assert client.get(path).status_code == 403
    assert client.post(path, data={}).status_code == 403


def test_a_double_submit_sets_one_baseline(client: FlaskClient, session: Session, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    sent = baseline()
    assert client.post("/income/baselines/new", data=sent).status_code == 302
    assert client.post("/income/baselines/new", data=sent).status_code == 302
    assert session.scalars(select(Baseline.price_minor_per_unit)).all() == [4169]
    assert "Boletín de precios" in client.get("/income/baselines").get_data(as_text=True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"price": "41.695"}, "dos decimales"),
        ({"price": "-1"}, "mayor que 0"),
        ({"price": "mucho"}, "mucho"),
        ({"season": "2199"}, "La campaña es un año"),
        ({"source": ""}, "Precio medio de tres acopiadores"),
        ({"strength": ""}, "Publicado"),
        ({"method": "<b>poco"}, "&lt;b&gt;poco"),
    ],
)
def test_a_refused_baseline_keeps_what_was_typed(
    client: FlaskClient, session: Session, cast: Cast, changes: dict[str, str], words: str
) -> None:
    sign_in(client, cast.accountant)
    answer = client.post("/income/baselines/new", data=baseline(**changes))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert 'href="#' in page
    assert session.scalar(select(func.count()).select_from(Baseline)) == 0


def upload(client: FlaskClient, content: str) -> tuple[int, str]:
    data = {"file": (io.BytesIO(content.encode()), "libro.csv")}
    answer = client.post("/income/earlier", data=data, content_type="multipart/form-data")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_file_of_earlier_seasons_is_brought_in(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    rosa = make_producer(session, now)
    code = names_of(session, cast.centre.id, [rosa])[rosa].member_code
    head = "codigo,campaña,producto,kilos,bruto,fuente\n"
    sign_in(client, cast.accountant)
    status, page = upload(client, f"{head}{code},2023,fibra,100,2300,Libro\nX,23,fibra,1,1,Libro\n")
    assert status == 422
    assert "1 filas tienen errores" in page
    assert "cuatro cifras" in page
    assert session.scalar(select(func.count()).select_from(IncomeRecord)) == 0
    assert upload(client, f"{head}{code},2023,fibra,100,2300,Libro\n")[0] == 302
    assert "S/ 2,300.00" in client.get("/income").get_data(as_text=True)


@pytest.mark.parametrize(
    ("content", "words"), [("", "vacío"), ("a,b\n1,2\n", "Falta la columna"), ("\0\1", "CSV")]
)
def test_a_file_that_is_no_table_is_refused_in_words(
    client: FlaskClient, cast: Cast, content: str, words: str
) -> None:
    sign_in(client, cast.accountant)
    status, page = upload(client, content)
    assert status == 422
    assert words in page


def test_no_file_is_refused(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    assert client.post("/income/earlier", data={}).status_code == 422
