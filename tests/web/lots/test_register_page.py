import re
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.lots.models import Lot
from chain.producers.models import Producer
from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.lots import make_producer

URL = "/lots/new"


@pytest.fixture(autouse=True)
def _signed_in(client: ChainClient, cast: Cast, set_clock: Any, now: datetime) -> None:
    set_clock(now)
    sign_in(client, cast.clerk)


@pytest.fixture
def producer(session: Session, now: datetime) -> str:
    return str(make_producer(session, now))


def typed(producer: str | None, **changes: Any) -> dict[str, Any]:
    return {
        "step": "save",
        "commodity": "alpaca-fibre",
        "id": str(new_id()),
        "new_producer_id": str(new_id()),
        "producer": producer or "",
        "gross": "13",
        "tare": "0,5",
        "breed": "huacaya",
        "colour": "white",
        "micron": "22,4",
        "length_mm": "85",
        "delivered_at": "2026-03-16T09:30",
        **changes,
    }


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_screen_asks_what_each_product_needs(client: ChainClient) -> None:
    fibre = client.get(URL).get_data(as_text=True)
    assert 'value="2026-03-16T10:00"' in fibre  # Lima
    for name in ("gross", "tare", "colour", "micron", "length_mm"):
        assert f'name="{name}"' in fibre
    milk = client.get(f"{URL}?commodity=raw-milk").get_data(as_text=True)
    for name in ("net", "shift", "temperature_c", "fat_pct", "density_g_ml"):
        assert f'name="{name}"' in milk
    carcass = client.get(f"{URL}?commodity=llama-carcass").get_data(as_text=True)
    for name in ("gross", "age_class", "sarcocystis", "grade_class"):
        assert f'name="{name}"' in carcass


def test_a_delivery_is_saved_and_its_class_is_explained(
    client: ChainClient, session: Session, producer: str
) -> None:
    answer = client.post(URL, data=typed(producer), follow_redirects=True)
    page = answer.get_data(as_text=True)
    lot = session.scalars(select(Lot)).one()
    assert answer.request.path == f"/lots/{lot.id}/registered"
    assert (lot.gross_g, lot.tare_g, lot.quantity) == (13_000, 500, 12_500)
    assert lot.delivered_at == datetime.fromisoformat("2026-03-16T14:30:00+00:00")
    for words in (lot.number, "Baby", "doce kilos y medio", "22.4", "Convencional"):
        assert words in page


def test_sending_the_form_twice_stores_one_lot(client: ChainClient, session: Session, producer: str) -> None:
    sent = typed(producer)
    first, again = client.post(URL, data=sent), client.post(URL, data=sent)
    assert first.status_code == again.status_code == 302
    assert first.location == again.location
    assert count(session, Lot) == 1


def test_the_producer_is_found_without_script_and_what_was_typed_stays(
    client: ChainClient, session: Session, producer: str
) -> None:
    answer = client.post(URL, data=typed(None, step="find", q="quispe"))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    assert producer in page
    assert 'value="22,4"' in page
    assert count(session, Lot) == 0


def test_suggestions_are_a_part_of_the_page(client: ChainClient, producer: str) -> None:
    found = client.get("/lots/producers?q=rosa").get_data(as_text=True)
    assert producer in found
    assert "<html" not in found
    assert "Nadie" in client.get("/lots/producers?q=xyz").get_data(as_text=True)


def test_a_new_producer_is_registered_in_the_same_pass(client: ChainClient, session: Session) -> None:
    sent = typed(None, new_name="Juana Mamani", new_sex="female")
    assert client.post(URL, data=sent).status_code == 302
    assert client.post(URL, data=sent).status_code == 302
    made = session.scalars(select(Producer).where(Producer.full_name == "Juana Mamani")).one()
    assert session.scalars(select(Lot.producer_id)).one() == made.id


def test_a_refused_delivery_registers_no_producer_either(client: ChainClient, session: Session) -> None:
    sent = typed(None, new_name="Juana Mamani", new_sex="female", micron="80")
    before = (count(session, Producer), count(session, AuditRecord))
    answer = client.post(URL, data=sent)
    assert answer.status_code == 422
    assert "Juana Mamani" in answer.get_data(as_text=True)
    assert (count(session, Producer), count(session, AuditRecord)) == before


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"gross": "-5"}, "mayor que cero"),
        ({"gross": "9000"}, "Es demasiado"),
        ({"gross": "999999999999"}, "Es demasiado"),
        ({"gross": "12 kg"}, "no es un número"),
        ({"gross": ""}, "Llene este campo"),
        ({"tare": "14"}, "La tara es mayor que el peso bruto"),
        ({"tare": "-1"}, "La tara no puede ser menor que cero"),
        ({"micron": "5"}, "no es creíble"),
        ({"micron": "80"}, "no es creíble"),
        ({"micron": "'; DROP TABLE lot; --"}, "no es un número"),
        ({"colour": "verde"}, "no está en la lista de colores"),
        ({"delivered_at": "2026-03-17T09:30"}, "La entrega está en el futuro"),
        ({"delivered_at": "1999-03-17T09:30"}, "más de 10 años"),
        ({"delivered_at": "ayer"}, "Escriba la fecha y la hora"),
        ({"delivered_at": ""}, "Llene este campo"),
        ({"producer": ""}, "Elija al productor"),
        ({"producer": "018c0000-0000-7000-8000-00000000ffff"}, "No conocemos a este productor"),
        ({"producer": "x"}, "no es un identificador"),
        ({"id": "x"}, "no es un identificador"),
        ({"q": "x" * 200}, "100"),
    ],
)
def test_bad_input_gets_a_clear_refusal_keeps_the_form_and_writes_nothing(
    client: ChainClient, session: Session, producer: str, changes: dict[str, str], words: str
) -> None:
    before = count(session, AuditRecord)
    sent = typed(producer) | changes
    answer = client.post(URL, data=sent)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert words in page
    assert 'id="error-summary"' in page
    for name in ("gross", "tare", "micron", "length_mm"):
        if sent[name]:
            kept = re.search(rf'name="{name}"[^>]* value="([^"]*)"', page)
            assert kept is not None
            assert kept[1].replace("&#39;", "'") == sent[name]
    assert (count(session, Lot), count(session, AuditRecord)) == (0, before)


def test_html_and_sql_in_a_name_stay_text(client: ChainClient, session: Session) -> None:
    name = "<script>alert(1)</script> '); DROP TABLE lot;--"
    answer = client.post(URL, data=typed(None, new_name=name), follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert count(session, Lot) == 1


def test_milk_and_carcasses_are_saved_from_the_same_screen(
    client: ChainClient, session: Session, producer: str
) -> None:
    milk = typed(producer, commodity="raw-milk", net="23.5", shift="am", fat_pct="3.6", density_g_ml="1.0305")
    carcass = typed(
        producer, commodity="llama-carcass", gross="58", tare="", sarcocystis="absent", grade_class="extra"
    )
    for sent in (milk, carcass):
        page = client.post(URL, data=sent, follow_redirects=True).get_data(as_text=True)
        assert "registrado" in page
    lots = {lot.commodity: lot for lot in session.scalars(select(Lot))}
    assert lots["raw-milk"].attributes == {"shift": "am", "fat_pct": "3.6", "density_g_ml": "1.0305"}
    assert lots["llama-carcass"].grade_key == "extra"


def test_the_screen_opens_with_the_product_of_the_last_delivery(client: ChainClient, producer: str) -> None:
    assert 'name="gross"' in client.get(URL).get_data(as_text=True)
    client.post(URL, data=typed(producer, commodity="raw-milk", net="23.5"))
    assert 'name="fat_pct"' in client.get(URL).get_data(as_text=True)


def test_a_density_in_other_units_is_explained(client: ChainClient, producer: str) -> None:
    sent = typed(producer, commodity="raw-milk", net="23.5", density_g_ml="1030")
    assert "kg/m³" in client.post(URL, data=sent).get_data(as_text=True)


def test_only_clerks_register(client: ChainClient, cast: Cast, producer: str) -> None:
    for person in (cast.grader, cast.treasurer, cast.buyer):
        sign_in(client, person)
        assert client.get(URL).status_code == 403
        assert client.post(URL, data=typed(producer)).status_code == 403
    sign_in(client, None)
    assert client.get(URL).status_code == 302


def test_the_result_of_another_organisation_is_not_found(
    client: ChainClient, session: Session, cast: Cast, producer: str
) -> None:
    client.post(URL, data=typed(producer))
    lot = session.scalars(select(Lot)).one()
    sign_in(client, cast.outsider)
    for path in ("registered", "", "grade"):
        assert client.get(f"/lots/{lot.id}/{path}".rstrip("/")).status_code == 404
