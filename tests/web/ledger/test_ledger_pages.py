import re
from datetime import date, datetime
from io import BytesIO
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.models import JournalEntry, LedgerPeriod
from chain.ledger.rules import AccountCode, EntryKind, LedgerLine
from tests.support.cast import Cast, sign_in
from tests.support.ledger import add_member, moved, post, post_season

PAGES = (
    "/ledger",
    "/ledger/entries",
    "/ledger/entries?first=2026-02-01&last=2026-02-28&kind=run_account",
    "/ledger/trial-balance?on=2026-03-31&first=2026-02-01",
    "/ledger/trial-balance.csv",
    "/ledger/parties",
    "/ledger/parties?q=mamani&show=all&account=advances_to_producers",
    "/ledger/chart",
    "/ledger/periods",
    "/ledger/export",
    "/ledger/days",
    "/ledger/days?day=2026-03-16&mark=0123456789",
)
WRITING = ("/ledger/entries/new", "/ledger/opening", "/ledger/chart/new", "/ledger/chart/cash")


@pytest.fixture
def member(session: Session, cast: Cast, now: datetime) -> UUID:
    found = add_member(session, cast, now, "P001")
    post_season(session, cast, now, [found])
    return found


@pytest.mark.usefixtures("member")
def test_the_accountant_opens_every_page(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    for path in PAGES + WRITING:
        assert client.get(path).status_code == 200, path
    sign_in(client, cast.auditor)
    for path in WRITING:
        assert client.get(path).status_code == 403, path
    sign_in(client, cast.clerk)
    assert client.get("/ledger/trial-balance").status_code == 403


def test_an_entry_by_hand_keeps_what_was_typed_until_it_balances(
    client: FlaskClient, cast: Cast, session: Session
) -> None:
    sign_in(client, cast.accountant)
    typed = {
        "id": str(new_id()),
        "occurred_on": "2026-03-10",
        "description": "Depósito <b>al</b> banco",
        "currency": "PEN",
        "lines-0-account": "bank",
        "lines-0-debit": "120,50",
        "lines-1-account": "cash",
        "lines-1-credit": "120",
    }
    refused = client.post("/ledger/entries/new", data=typed)
    assert refused.status_code == 422
    assert "120,50" in refused.text
    assert re.search(r"los lados difieren en S/\s0\.50\.", refused.text)  # soles, not céntimos
    assert "Registrar el asiento" in refused.text
    assert "<b>al" not in refused.text
    more = client.post("/ledger/entries/new", data=typed | {"more": "1"})
    assert more.text.count('name="lines-') > refused.text.count('name="lines-')
    done = client.post(
        "/ledger/entries/new", data=typed | {"lines-1-credit": "120.50"}, follow_redirects=True
    )
    assert "Depósito" in done.text
    again = client.post("/ledger/entries/new", data=typed | {"lines-1-credit": "120.50"})
    assert again.status_code == 302
    entry = session.scalars(select(JournalEntry)).one()
    assert client.post(f"/ledger/entries/{entry.id}/reverse", data={"reason": " "}).status_code == 422
    undone = client.post(
        f"/ledger/entries/{entry.id}/reverse", data={"reason": "duplicado"}, follow_redirects=True
    )
    assert "duplicado" in undone.text
    assert client.post(f"/ledger/entries/{entry.id}/reverse", data={"reason": "otra"}).status_code == 422


def test_refusals_of_lines_stand_at_their_fields(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    page = client.post(
        "/ledger/entries/new",
        data={
            "id": str(new_id()),
            "occurred_on": "2026-03-10",
            "description": "x",
            "currency": "PEN",
            "lines-1-account": "payable_producers",
            "lines-1-debit": "1",
            "lines-3-account": "cash",
            "lines-3-party": "NADIE",
            "lines-3-credit": "1",
        },
    )
    assert page.status_code == 422
    assert 'href="#lines-1-party"' in page.text
    assert 'href="#lines-3-party"' in page.text


def test_what_a_run_posted_cannot_be_reversed_by_hand(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    entry_id = post(session, cast, now, moved(5), kind=EntryKind.RUN_ACCOUNT).id
    sign_in(client, cast.accountant)
    assert "/reverse" not in client.get(f"/ledger/entries/{entry_id}").text
    assert client.post(f"/ledger/entries/{entry_id}/reverse", data={"reason": "x"}).status_code == 422


def test_a_statement_shows_the_opening_balance_and_the_same_figures_as_its_file(
    client: FlaskClient, cast: Cast, member: UUID
) -> None:
    sign_in(client, cast.accountant)
    path = f"/ledger/parties/{member}"
    page = client.get(f"{path}?first=2026-02-01&last=2026-02-28&account=payable_producers")
    assert "1,000.00" in page.text
    assert "900.00" not in page.text
    rows = client.get(f"{path}.csv?first=2026-03-01&account=payable_producers").text.splitlines()
    assert ",-1000.00,PEN" in rows[1]
    assert rows[-1].endswith(",-100.00,PEN")
    for unknown in ("0", "EUR", "'"):  # no such money: that of the books
        assert "S/" in client.get(path, query_string={"currency": unknown}).text
        assert ",PEN" in client.get(f"{path}.csv", query_string={"currency": unknown}).text
    sign_in(client, cast.outsider)
    assert client.get(path).status_code == 404
    assert client.get(f"{path}.csv").status_code == 404


def test_a_month_is_closed_and_opened_again_by_another_person(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    post(session, cast, now, moved(5), day=date(2026, 1, 31))
    sign_in(client, cast.auditor)
    page = client.get("/ledger/periods").text
    assert "El próximo mes por cerrar es 01/2026. Su función no cierra meses:" in page
    assert "/who-may" in page
    sign_in(client, cast.treasurer)
    page = client.get("/ledger/periods").text
    assert "Cerrar 01/2026" in page
    assert "/ledger/trial-balance?on=2026-01-31" in page
    assert client.post("/ledger/periods", data={"month": "2026-02-01"}).status_code == 422
    assert client.post("/ledger/periods", data={"month": "2026-01-01"}).status_code == 302
    period = session.scalars(select(LedgerPeriod)).one()
    path = f"/ledger/periods/{period.id}/reopen"
    assert path not in client.get("/ledger/periods").text
    assert client.post(path, data={"reason": "x"}).status_code == 422
    sign_in(client, cast.second_treasurer)
    assert path in client.get("/ledger/periods").text
    assert client.post(path, data={"reason": "faltó un gasto"}).status_code == 302
    assert "faltó un gasto" in client.get("/ledger/periods").text
    sign_in(client, cast.outsider)
    assert client.get(path).status_code == 404


@pytest.mark.usefixtures("member")
def test_opening_balances_are_looked_at_and_then_posted(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    data = {"occurred_on": "2026-01-01"}
    bad = b"cuenta;socio;monto\r\n101;;100,00\r\n421;;-5\r\nnada;;1\r\n"
    page = client.post("/ledger/opening", data=data | {"file": (BytesIO(bad), "s.csv")})
    assert page.status_code == 200
    assert "nada" in page.text
    assert "account</td>" not in page.text
    assert 'name="take"' not in page.text
    good = b"cuenta;socio;monto\r\n101;;100,00\r\n421;P001;-25,50\r\n"
    page = client.post("/ledger/opening", data=data | {"file": (BytesIO(good), "s.csv")})
    found = re.search(r'name="content" value="([^"]+)"', page.text)
    assert found is not None
    assert "74.50" in page.text
    taken = {"occurred_on": "2026-01-01", "content": found[1], "take": "1"}
    assert client.post("/ledger/opening", data=taken).status_code == 302
    again = client.post("/ledger/opening", data=taken, follow_redirects=True)
    assert "No se registró nada de nuevo" in again.text
    assert client.post("/ledger/opening", data={"occurred_on": "2026-01-01"}).status_code == 422


def test_an_account_gets_another_number_and_an_own_one_is_added(client: FlaskClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    assert client.post("/ledger/chart/cash", data={"number": "104 1", "name": "Caja"}).status_code == 422
    assert client.post("/ledger/chart/cash", data={"number": "1041", "name": "Caja"}).status_code == 422
    assert client.post("/ledger/chart/cash", data={"number": "1011", "name": "Caja chica"}).status_code == 302
    assert client.get("/ledger/chart/nada").status_code == 404
    own = {"id": str(new_id()), "number": "1042", "name": "Banco de la Nación", "kind": "asset"}
    assert client.post("/ledger/chart/new", data=own).status_code == 302
    page = client.get("/ledger/chart").text
    assert "Caja chica" in page
    assert "Banco de la Nación" in page
    assert "Banco de la Nación" in client.get("/ledger/entries/new").text


@pytest.mark.usefixtures("member")
@pytest.mark.parametrize("wanted", ["csv", "xlsx", "hledger", "beancount"])
def test_the_export_is_a_file(client: FlaskClient, cast: Cast, wanted: str) -> None:
    sign_in(client, cast.accountant)
    answer = client.get(f"/ledger/export?first=2026-01-01&last=2026-03-31&format={wanted}")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    assert len(answer.data) > 500
    assert client.get(f"/ledger/export?first=2026-04-01&last=2026-03-31&format={wanted}").status_code == 422


def test_a_year_is_closed_and_taken_back_by_another_person(
    client: FlaskClient, cast: Cast, session: Session, now: datetime
) -> None:
    fees = [LedgerLine(AccountCode.CASH, 60_000), LedgerLine(AccountCode.FEE_INCOME, -60_000)]
    post(session, cast, now, fees, day=date(2025, 12, 31))
    sign_in(client, cast.treasurer)
    page = client.get("/ledger/years").text
    assert 'value="2025-12-31"' in page
    assert client.post("/ledger/years", data={"last_day": "2025-12-30"}).status_code == 422
    assert client.post("/ledger/years", data={"last_day": "2025-12-31"}).status_code == 302
    entry = session.scalars(select(JournalEntry).where(JournalEntry.kind == "closing")).one()
    path = f"/ledger/years/{entry.id}/reopen"
    page = client.get("/ledger/years").text
    assert "S/ 600.00" in page.replace("\xa0", " ")
    assert path not in page
    assert client.post(path, data={"reason": "x"}).status_code == 422
    sign_in(client, cast.second_treasurer)
    assert path in client.get("/ledger/years").text
    assert client.get(path).status_code == 200
    assert client.post(path, data={"reason": "faltó un gasto"}).status_code == 302
    assert "Cierre anulado" in client.get("/ledger/years").text
    sign_in(client, cast.auditor)
    assert client.post("/ledger/years", data={"last_day": "2025-12-31"}).status_code == 403
    sign_in(client, cast.outsider)
    assert client.get(path).status_code == 404
