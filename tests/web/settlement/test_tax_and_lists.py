"""The list for signatures, tax papers and invoices as pages and files."""

from datetime import datetime
from io import BytesIO

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.settlement.models import SettlementRun
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.settling import Member, book, prepare_sale, sold_lots
from tests.support.tax import complete, confirm_peru, withhold

Sold = tuple[SettlementRun, list[Member]]


@pytest.fixture
def sold(session: Session, cast: Cast, now: datetime) -> Sold:
    withhold(session, cast, now)
    sale, members = sold_lots(session, [[2000], [3000], [500]])
    return book(session, cast, now, prepare_sale(session, cast, now, sale)), members


def text_of(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(data)).pages)


def test_the_list_for_signatures_names_everybody_and_sums(
    client: ChainClient, cast: Cast, sold: Sold
) -> None:
    run, members = sold
    sign_in(client, cast.treasurer)
    answer = client.get(f"/settlement/runs/{run.id}/list.pdf")
    text = text_of(answer.data)
    assert all(member.code in text for member in members)
    assert "Firma" in text
    assert "resumen" in text
    sign_in(client, cast.outsider)
    assert client.get(f"/settlement/runs/{run.id}/list.pdf").status_code == 404


def test_tax_papers_are_off_then_issued_and_drawn(
    client: ChainClient, session: Session, cast: Cast, now: datetime, sold: Sold
) -> None:
    run, members = sold
    path = f"/settlement/runs/{run.id}/tax-papers"
    sign_in(client, cast.accountant)
    page = client.get(path).text
    assert "están desactivados" in page
    assert "No" in page
    confirm_peru(session, cast, now)
    complete(session, cast, now, members[0])
    assert "no se envían a la SUNAT" in client.get(path).text
    client.post(path)
    page = client.get(path).text
    assert "L001-00000001" in page
    assert "Falta el ubigeo" in page
    resource = client.get(f"/api/v1/tax/runs/{run.id}/papers", headers=bearer(cast.accountant)).get_json()
    assert [one["number"] for one in resource["papers"]] == ["L001-00000001"]
    assert "L001-00000001" in client.get(path + ".csv").text
    paper_id = next(row["paper_id"] for row in resource["rows"] if row["paper_id"])
    text = text_of(client.get(f"/papers/{paper_id}/pdf").data)
    assert "LIQUIDACIÓN DE" in text
    assert "SEE-SOL" in text
    assert client.get(f"/papers/{paper_id}").status_code == 200
    assert "Anular este documento" in client.get(f"/papers/{paper_id}").text
    assert "Con ella se anula 1 documento tributario" in client.get(f"/settlement/runs/{run.id}").text
    sign_in(client, cast.treasurer)
    assert "Anular este documento" not in client.get(f"/papers/{paper_id}").text
    void = client.post(f"/papers/{paper_id}/void", data={"reason": "No le toca"})
    assert void.status_code == 403
    assert "1 documento tributario está vigente" in client.get(f"/settlement/runs/{run.id}").text
    sign_in(client, cast.clerk)
    assert client.get(path).status_code == 403


def test_a_setting_is_entered_shown_as_off_and_confirmed(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    form = {
        "id": str(new_id()), "kind": "income_retention", "value": "1.5", "valid_from": "2026-01-01",
        "source": "R.S. 234-2005", "text": "", "commodity": "",
    }  # fmt: skip
    bad = client.post("/settlement/tax-settings", data=form | {"value": "1.555"})
    assert bad.status_code == 422
    assert "R.S. 234-2005" in bad.text
    client.post("/settlement/tax-settings", data=form)
    assert "Desactivado: sin confirmar" in client.get("/settlement/tax-settings").text
    client.post(f"/settlement/tax-settings/{form['id']}/confirm")
    page = client.get("/settlement/tax-settings").text
    assert "sin confirmar" not in page
    assert "1.5 %" in page


def test_what_a_producer_showed_is_noted(client: ChainClient, cast: Cast, sold: Sold, app: Flask) -> None:
    del app
    _, members = sold
    sign_in(client, cast.accountant)
    path = f"/settlement/tax-facts/{members[0].id}"
    form = {
        "id": str(new_id()), "valid_from": "2026-01-01", "address": "Palca", "ubigeo": "210701", "address_kind": "02",
        "has_tax_number": "no", "rau_number": "", "rau_valid_to": "",
    }  # fmt: skip
    assert client.post(path, data=form | {"ubigeo": "12"}).status_code == 422
    assert client.post(path, data=form).status_code == 302
    page = client.get(path).text
    assert 'value="210701"' in page
    assert "RAU" not in page  # a certificate of the other country
    assert f"/producers/{members[0].id}" in page  # where the identity document is written down


def test_what_is_noted_for_a_settlement_leads_back_to_its_papers(
    client: ChainClient, cast: Cast, sold: Sold
) -> None:
    run, members = sold
    sign_in(client, cast.accountant)
    papers = f"/settlement/runs/{run.id}/tax-papers"
    path = f"/settlement/tax-facts/{members[0].id}?run={run.id}"
    listed = client.get(papers).text
    assert path in listed
    assert "El RUC lo anota un administrador" in listed
    assert "3 filas" in listed
    assert f'action="{path}"' in client.get(path).text
    form = {"id": str(new_id()), "valid_from": "2026-01-01", "address": "Palca", "ubigeo": "210701"}
    answer = client.post(path, data=form | {"address_kind": "02", "has_tax_number": "no"})
    assert answer.headers["Location"] == papers


def test_the_button_that_takes_a_settlement_out_of_the_books_says_so(
    client: ChainClient, cast: Cast, sold: Sold
) -> None:
    run, _ = sold
    sign_in(client, cast.accountant)
    page = client.get(f"/settlement/runs/{run.id}").text
    assert page.count("Revertir la liquidación") >= 2  # what unfolds, and its button
    assert "Retirarla" not in page  # the word of an offer's page
