import csv
import io
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.models import Lot, LotGrade
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import carcass, fibre, make_lot, make_producer, milk


@pytest.fixture
def lots(session: Session, now: datetime, set_clock: Any) -> list[Lot]:
    set_clock(now)
    producer = make_producer(session, now, name="=1+1 Quispe")
    return [make_lot(session, now, make(producer, now)) for make in (fibre, milk, carcass)]


def _producer_of(lot: Lot) -> UUID:
    assert lot.producer_id is not None
    return lot.producer_id


def text_of(client: ChainClient, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def test_the_list_filters_and_pages(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    sign_in(client, cast.clerk)
    page = text_of(client, "/lots")
    for lot in lots:
        assert lot.number in page
    only_milk = text_of(client, "/lots?commodity=raw-milk&state=registered&claim=conventional")
    assert lots[1].number in only_milk
    assert lots[0].number not in only_milk
    nonsense = "/lots?commodity=x&state=x&from_day=x&producer_id=x&sort=x&grade_key=%00&text=%00"
    assert client.get(nonsense).status_code == 422


def test_the_list_needs_a_fixed_number_of_statements(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lots: list[Lot], query_count: Any
) -> None:
    sign_in(client, cast.clerk)
    text_of(client, "/lots")
    with query_count() as few:
        text_of(client, "/lots?commodity=alpaca-fibre")
    for _ in range(10):
        make_lot(session, now, fibre(_producer_of(lots[0]), now))
    with query_count() as many:
        text_of(client, "/lots?commodity=alpaca-fibre")
    assert few.count == many.count <= 9, str(many)


def test_the_file_for_spreadsheets_defuses_formulas(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    sign_in(client, cast.clerk)
    answer = client.get("/lots.csv?commodity=alpaca-fibre")
    text = answer.get_data(as_text=True)
    assert answer.mimetype == "text/csv"
    assert text.startswith("\ufeff")
    header, row = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    named = dict(zip(header, row, strict=True))
    assert named["Productor"] == "'=1+1 Quispe"
    assert (named["Bruto (kg)"], named["Clase"], named["Micronaje medio"]) == ("13.000", "Baby", "22.4")


def test_a_bolivian_file_has_semicolons_and_decimal_commas(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Any
) -> None:
    set_clock(now)
    producer = make_producer(session, now, actor=cast.outsider.actor)
    make_lot(session, now, fibre(producer, now), cast.outsider.actor)
    sign_in(client, cast.outsider)
    text = client.get("/lots.csv").get_data(as_text=True)
    assert ";13,000;0,500;12,500;" in text


def test_one_lot_shows_everything_and_can_be_cancelled(
    client: ChainClient, session: Session, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.clerk)
    url = f"/lots/{lots[0].id}"
    page = text_of(client, url)
    for words in ("12.5 kg", "doce kilos y medio", "Blanco (WH)", "22.4 µm", "NTP 231.301", cast.clerk.name):
        assert words in page
    refused = client.post(f"{url}/cancel", data={"reason": " "})
    assert refused.status_code == 422
    assert session.get_one(Lot, lots[0].id).state == "registered"
    done = client.post(f"{url}/cancel", data={"reason": "<b>Pesado</b> dos veces"}, follow_redirects=True)
    assert "&lt;b&gt;Pesado&lt;/b&gt; dos veces" in done.get_data(as_text=True)
    assert session.get_one(Lot, lots[0].id).state == "cancelled"
    again = client.post(f"{url}/cancel", data={"reason": "Otra vez"})
    assert (again.status_code, "no puede pasar a" in again.get_data(as_text=True)) == (422, True)


def test_the_second_person_confirms_many_at_once(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    unmeasured = make_lot(session, now, fibre(_producer_of(lots[0]), now, attributes={}))
    sign_in(client, cast.grader)
    page = text_of(client, "/lots/to-grade")
    for lot in (lots[0], lots[2], unmeasured):
        assert lot.number in page
    assert lots[1].number not in page  # a can of milk without a class is confirmed by whoever opens it
    marked = [str(lot.id) for lot in lots] + [str(unmeasured.id), "x", str(new_id())]
    answer = client.post("/lots/to-grade", data={"lot": marked}, follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "Se confirmaron 3 clases." in page
    assert f"{unmeasured.number}: La clase no está determinada." in page
    states = {lot.id: lot.state for lot in session.scalars(select(Lot))}
    assert [states[lot.id] for lot in lots] == ["graded"] * 3
    assert states[unmeasured.id] == "registered"
    assert "Marque al menos un lote" in client.post("/lots/to-grade", follow_redirects=True).get_data(
        as_text=True
    )


def test_the_second_person_sets_another_class_with_a_note(
    client: ChainClient, session: Session, cast: Cast, lots: list[Lot]
) -> None:
    sign_in(client, cast.grader)
    url = f"/lots/{lots[0].id}/grade"
    assert "20.1" in text_of(client, url)
    refused = client.post(url, data={"key": "fleece", "note": ""})
    assert refused.status_code == 422
    assert "por qué la clase es otra" in refused.get_data(as_text=True)
    assert client.post(url, data={"note": ""}).status_code == 422
    done = client.post(url, data={"key": "fleece", "note": "Infinity"}, follow_redirects=True)
    assert "está confirmada" in done.get_data(as_text=True)
    assert session.get_one(Lot, lots[0].id).grade_key == "fleece"
    assert "Infinity" in text_of(client, f"/lots/{lots[0].id}")
    assert "no espera confirmación" in text_of(client, url)
    assert client.post(url, data={"key": "fleece"}).status_code == 422


def test_nobody_confirms_what_they_registered(
    client: ChainClient, session: Session, cast: Cast, now: datetime, lots: list[Lot]
) -> None:
    own = make_lot(session, now, fibre(_producer_of(lots[0]), now), cast.everything.actor)
    sign_in(client, cast.everything)
    assert f'value="{own.id}"' not in text_of(client, "/lots/to-grade")
    assert "Otra persona debe confirmar" in text_of(client, f"/lots/{own.id}/grade")
    answer = client.post("/lots/to-grade", data={"lot": str(own.id)}, follow_redirects=True)
    assert "Otra persona debe" in answer.get_data(as_text=True)
    assert session.get_one(Lot, own.id).state == "registered"


def test_whoever_proposed_the_class_by_a_measurement_cannot_mark_it(
    client: ChainClient, session: Session, cast: Cast, lots: list[Lot], now: datetime
) -> None:
    session.add(
        LotGrade(
            lot_id=lots[0].id,
            kind="recalculation",
            scheme=lots[0].grade_scheme,
            edition=lots[0].grade_edition,
            key=lots[0].grade_key,
            reasons=[],
            graded_at=now,
            graded_by=cast.grader.id,
        )
    )
    session.flush()
    sign_in(client, cast.grader)
    page = text_of(client, "/lots/to-grade")
    assert f'value="{lots[0].id}"' not in page
    assert f'value="{lots[2].id}"' in page


def test_each_page_asks_for_its_permission(client: ChainClient, cast: Cast, lots: list[Lot]) -> None:
    sign_in(client, cast.buyer)
    for url in ("/lots", "/lots.csv", f"/lots/{lots[0].id}", "/lots/to-grade", "/lots/producers"):
        assert client.get(url).status_code == 403
    sign_in(client, cast.clerk)
    assert client.get("/lots/to-grade").status_code == 403
    assert client.get(f"/lots/{lots[0].id}/grade").status_code == 403
    sign_in(client, cast.grader)
    assert client.post(f"/lots/{lots[0].id}/cancel", data={"reason": "Motivo"}).status_code == 403
    sign_in(client, cast.auditor)
    assert client.get("/lots").status_code == 200
