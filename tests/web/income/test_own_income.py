import gzip
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from chain.accounts.models import User
from chain.core.ids import new_id
from chain.income.rules import BaselineTerms
from chain.income.services.baselines import set_baseline
from chain.producers.models import Producer
from tests.support.cast import Cast, sign_in
from tests.support.income import Paid, pay_period
from tests.support.lots import make_producer
from tests.support.queries import Queries

ROOT = Path(__file__).resolve().parents[3]
BUDGET_BYTES = 20_000


@pytest.fixture
def rosa(session: Session, cast: Cast, now: datetime) -> Producer:
    made = session.get_one(Producer, make_producer(session, now))
    made.user_id = cast.producer.id
    return made


def text_of(client: FlaskClient, path: str = "/my/income") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def pay(session: Session, rosa: Producer, year: int = 2025, kilos: int = 143) -> None:
    paid = Paid(rosa.id, kilos * 1000, kilos * 4500, fee_minor=kilos * 90, advance_minor=10_000)
    pay_period(session, [paid], to=date(year, 12, 31))


def baseline(session: Session, cast: Cast, now: datetime, price: int) -> None:
    terms = BaselineTerms(
        "alpaca-fibre", 2025, price, "Boletín de precios", "Precio medio de tres acopiadores", "declared"
    )
    set_baseline(session, actor=cast.accountant.actor, now=now, baseline_id=new_id(), terms=terms)


def test_the_page_lays_out_what_arrived_in_notes_and_then_the_numeral(
    client: FlaskClient, session: Session, cast: Cast, rosa: Producer
) -> None:
    pay(session, rosa)
    sign_in(client, cast.producer)
    page = text_of(client)
    received = re.search(r"Usted recibió</span>(.*?)pile__total\">([^<]*)<", page, re.DOTALL)
    assert received is not None
    # 143 kg × 45.00 = 6,435.00; less 128.70 and 100.00
    assert received[2].strip() == "S/ 6,206.30"
    assert received[1].count("wad") == 6
    assert received[1].count("note--200") == 1
    assert received[1].count("coin") == 2
    assert "Le descontaron: Cuota de la asociación" in page
    assert "−S/ 128.70" in page
    assert "%" not in re.sub(r"<(style|script).*?</\1>", "", page.split("<main", 1)[1])


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (4169, ("Con la asociación ganó todo esto más:", "S/ 473.33")),
        (4600, ("El intermediario le habría pagado todo esto más:", "S/ 143.00")),
        (4500, ("Los dos habrían pagado lo mismo.",)),
    ],
)
def test_the_comparison_names_price_source_and_strength(
    client: FlaskClient,
    session: Session,
    cast: Cast,
    now: datetime,
    rosa: Producer,
    price: int,
    words: tuple[str, ...],
) -> None:
    pay(session, rosa)
    baseline(session, cast, now, price)
    sign_in(client, cast.producer)
    page = text_of(client)
    for expected in (*words, "Boletín de precios", "Declarado por los productores"):
        assert expected in page


def test_without_a_baseline_the_page_says_that_it_does_not_know(
    client: FlaskClient, session: Session, cast: Cast, rosa: Producer
) -> None:
    pay(session, rosa)
    sign_in(client, cast.producer)
    page = text_of(client)
    assert "No decimos cuánto ganó de más" in page
    assert "ganó todo esto más" not in page


def test_the_page_exists_in_english(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    pay(session, rosa)
    baseline(session, cast, now, 4169)
    session.get_one(User, cast.producer.id).language = "en"
    sign_in(client, cast.producer)
    page = text_of(client)
    assert "With the association you earned this much more:" in page
    assert "Usted" not in page


def test_only_the_own_money_is_shown(
    client: FlaskClient, session: Session, cast: Cast, now: datetime, rosa: Producer
) -> None:
    pay(session, rosa)
    neighbour = make_producer(session, now, name="Vecina Choque")
    pay_period(session, [Paid(neighbour, 77_000, 777_700)])
    sign_in(client, cast.producer)
    page = text_of(client)
    assert "Vecina" not in page
    assert "7,777.00" not in page
    assert client.get(f"/income/producers/{neighbour}").status_code == 403
    assert client.get("/income").status_code == 403


def test_a_user_who_is_no_producer_is_told_whom_to_ask(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.producer)
    assert "Pídalo en su asociación" in text_of(client)


def test_a_producer_who_was_never_paid_is_told_so(client: FlaskClient, cast: Cast, rosa: Producer) -> None:
    sign_in(client, cast.producer)
    assert "Todavía no hay pagos" in text_of(client)


def test_five_years_stay_light_and_take_few_statements(
    client: FlaskClient,
    session: Session,
    cast: Cast,
    rosa: Producer,
    query_count: Callable[[], AbstractContextManager[Queries]],
) -> None:
    for year in range(2021, 2026):
        pay(session, rosa, year, kilos=year - 1880)
    sign_in(client, cast.producer)
    text_of(client)
    with query_count() as queries:
        page = text_of(client)
    assert queries.count <= 12, str(queries)
    files = {ROOT / path for path in re.findall(r'(?:href|src)="/(static/[^"?]+)', page)}
    size = sum(len(gzip.compress(part)) for part in (page.encode(), *(path.read_bytes() for path in files)))
    assert size <= BUDGET_BYTES, size
