"""A spreadsheet of the dairy is looked at row by row before somebody brings it in."""

import io
import re
from datetime import datetime
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.files import store_file
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.dues.models import Movement
from chain.ledger.models import JournalEntry
from chain.settlement.fortnight.models import OtherIncomeRow, ScaleReadingRow
from tests.support.cast import Cast, sign_in
from tests.support.dairy import add_producers

ADDRESS = "/settlement/dairy/import"
MOVEMENTS = (
    "tipo,productor,fecha,monto,saldo,detalle\n"
    "veterinario,M-00001,2026-03-05,43.37,,=CMD()<b>\n"
    "credito,M-00002,2026-02-05,10,0,Pagado\n"
    "otros_ingresos,M-00002,2026-03-07,5,,Devolución\n"
)


@pytest.fixture
def producers(session: Session) -> list[UUID]:
    return add_producers(session, 2)


def upload(client: FlaskClient, table: str, text: str) -> str:
    data = {"table": table, "file": (io.BytesIO(text.encode()), "archivo.csv")}
    answer = client.post(ADDRESS, data=data, content_type="multipart/form-data")
    assert answer.status_code == 302, answer.text
    return answer.location


def figures(page: str) -> list[str]:
    """Return rows, new ones, replacing, known and left out, as the page counts them."""
    return re.findall(r'<dd class="figure__value">(\d+)</dd>', page)


def stored(session: Session) -> list[int]:
    models = (Movement, OtherIncomeRow, ScaleReadingRow, JournalEntry, AuditRecord)
    return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


@pytest.mark.usefixtures("producers")
def test_movements_are_shown_row_by_row_and_stored_when_somebody_says_so(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    sign_in(client, cast.everything)
    before = stored(session)
    preview = upload(client, "movements", MOVEMENTS)
    page = client.get(preview).text
    assert re.search(r"Traer\s*</button>", page)
    assert stored(session) == before
    assert figures(page) == ["3", "2", "0", "0", "1"]
    assert "=CMD()&lt;b&gt;" in page
    assert [page.count(f">{word}</strong>") for word in ("nueva", "se deja fuera")] == [2, 1]
    assert client.post(preview).status_code == 302
    assert session.scalars(select(Movement.amount_minor)).all() == [4_337]
    assert session.scalars(select(OtherIncomeRow.amount_minor)).all() == [500]
    kept = stored(session)
    assert client.post(preview).status_code == 302  # a second click
    assert stored(session) == kept
    again = client.get(preview).text
    assert figures(again) == ["3", "0", "0", "2", "1"]
    assert not re.search(r"Traer\s*</button>", again)


def test_a_reading_that_takes_the_place_of_another_one_is_said_so(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.everything)
    client.post(upload(client, "weighings", "fecha;litros\n2026-03-02;98\n2026-03-03;12\n"))
    page = client.get(upload(client, "weighings", "fecha;litros\n2026-03-02;99\n2026-03-03;12\n")).text
    assert figures(page) == ["2", "0", "1", "1", "0"]
    assert "reemplaza a otra" in page


@pytest.mark.usefixtures("producers")
def test_a_file_that_cannot_be_taken_any_more_says_why(
    client: FlaskClient, session: Session, cast: Cast, now: datetime
) -> None:
    sign_in(client, cast.everything)
    kept = store_file(
        session, organisation_id=cast.centre.id, name="foto.jpg", media_type="image/jpeg", content=b"\xff\xd8\0",
        now=now, user_id=None,
    )  # fmt: skip
    session.flush()
    for send in (client.get, client.post):
        answer = send(f"{ADDRESS}/movements/{kept.id}")
        assert answer.status_code == 422
        assert "foto.jpg" in answer.text


@pytest.mark.usefixtures("producers")
def test_others_neither_see_nor_take_a_file(client: FlaskClient, session: Session, cast: Cast) -> None:
    sign_in(client, cast.everything)
    preview = upload(client, "movements", MOVEMENTS)
    before = stored(session)
    for address in (f"{ADDRESS}/movements/{new_id()}", f"{ADDRESS}/cows/{new_id()}"):
        assert client.get(address).status_code == 404
    sign_in(client, cast.outsider)
    assert client.get(preview).status_code in {403, 404}
    assert client.post(preview).status_code in {403, 404}
    sign_in(client, cast.clerk)
    assert client.get(preview).status_code == 403
    assert client.post(preview).status_code == 403
    assert stored(session) == before
