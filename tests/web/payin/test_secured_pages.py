"""Secured sales in the browser: the terms, the load that stays, the money held, the run that the worker prepares; and in the API."""

import csv
from collections.abc import Callable
from datetime import datetime, timedelta
from io import StringIO

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.custody.models import Dispatch
from chain.payin.handlers import share_secured_sales
from chain.sales.models import Sale
from chain.settlement.models import SettlementRun
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.market import make_sale
from tests.support.payin import LATER, PROCEEDS, invoiced
from tests.support.selling import arrive, lots_of, terms
from tests.web.sales.test_sale_pages import TERMS
from tests.web.settlement.test_settlement_pages import text_of

SECURED = TERMS | {
    "secured": "y",
    "producer_days": "1",
    "first_1": "",
    "last_1": "",
    "least_1": "",
    "most_1": "",
}


def _sold(session: Session, now: datetime) -> Sale:
    terms(session, now, secured=True, producer_days=1, claim_days=5)
    return make_sale(session, now)


def test_the_form_of_terms_takes_the_promise_with_the_security_only(
    client: ChainClient, session: Session, cast: Cast, set_clock: Callable[[datetime], None], now: datetime
) -> None:
    set_clock(now)
    sign_in(client, cast.seller)
    refused = client.post("/sales/terms", data=SECURED | {"secured": ""})
    assert refused.status_code == 422
    assert "Solo se puede prometer un día" in refused.text
    assert client.post("/sales/terms", data=SECURED).status_code == 302
    page = client.get("/sales/terms").text
    assert 'name="secured" value="y" checked' in page
    sale = make_sale(session, now)
    assert (sale.terms["secured"], sale.terms["producer_days"]) == (True, 1)


def test_from_the_first_refusal_to_the_run_that_the_worker_prepares(
    app: Flask,
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    set_clock: Callable[[datetime], None],
) -> None:
    set_clock(now)
    sale = _sold(session, now)
    lots = lots_of(session, sale)
    sign_in(client, cast.everything)
    page = text_of(client.get(f"/sales/{sale.id}"))
    assert "Pago antes de la salida" in page
    assert "faltan S/ 7,200.00" in page
    load = {"id": str(new_id()), "lot": [str(one) for one in lots], "to_organisation_id": str(sale.buyer_id)}
    refused = client.post("/stock/dispatches/new", data=load | {"vehicle": "X1A-222"})
    assert refused.status_code == 422
    assert "se necesitan S/ 7,200.00; han ingresado S/ 0.00" in text_of(refused)
    assert "Facture la venta y registre el pago" in page
    invoice = invoiced(session, now - LATER, sale)
    assert "X1A-222" in refused.text
    assert session.scalars(select(Dispatch.id)).all() == []
    sign_in(client, cast.treasurer)
    paid = {
        "id": str(new_id()), "buyer_id": str(sale.buyer_id), "invoices": [str(invoice.id)], "amount": "7200", "means": "bank",
        "paid_on": now.date().isoformat(), "currency": "PEN", "reference": "OP 77",
    }  # fmt: skip
    assert client.post("/buyer-payments/new", data=paid).status_code == 302
    page = text_of(client.get("/secured-sales"))
    assert page.count("S/ 7,200.00") >= 4
    assert "Dinero en custodia" in page
    rows = list(csv.reader(StringIO(client.get("/secured-sales.csv").text.lstrip("\ufeff"))))
    assert rows[1][3:7] == ["7200.00", "7200.00", "0.00", "7200.00"]
    sign_in(client, cast.everything)
    assert client.post("/stock/dispatches/new", data=load).status_code == 302
    sent = session.scalars(select(Dispatch)).one()
    arrive(session, now, sent, {lot: 10_000 * place for place, lot in enumerate(lots, 1)})
    day = now + timedelta(days=6)
    page = text_of(client.get(f"/sales/{sale.id}"))
    assert "Entonces la liquidación se prepara sola" in page
    with app.app_context():
        share_secured_sales(day - timedelta(days=1))
    assert session.scalars(select(SettlementRun.id)).all() == []
    with app.app_context():
        share_secured_sales(day)
        share_secured_sales(day)
    run = session.scalars(select(SettlementRun)).one()
    assert (run.sale_id, run.state, run.prepared_by) == (sale.id, "prepared", None)
    assert f"n.º {run.number}" in text_of(client.get(f"/settlement/runs/{run.id}"))


def test_the_buyer_sees_how_its_purchase_stands_and_others_nothing(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    set_clock(now)
    sale = _sold(session, now)
    sign_in(client, cast.buyer)
    page = text_of(client.get(f"/sales/{sale.id}"))
    assert "faltan S/ 7,200.00" in page
    assert "se prepara sola" not in page
    assert client.get("/secured-sales").status_code == 403
    sign_in(client, cast.rival_buyer)
    assert client.get(f"/sales/{sale.id}").status_code == 404


def test_a_script_lists_them(client: ChainClient, session: Session, cast: Cast, now: datetime) -> None:
    sale = _sold(session, now)
    found = client.get("/api/v1/secured-sales?open=true", headers=bearer(cast.treasurer)).get_json()
    (row,) = found["items"]
    assert (row["sale_id"], row["due_minor"], row["paid_minor"], row["accepted_on"]) == (
        str(sale.id), PROCEEDS, 0, None,
    )  # fmt: skip
    assert client.get("/api/v1/secured-sales", headers=bearer(cast.clerk)).status_code == 403
    other = client.get("/api/v1/secured-sales", headers=bearer(cast.outsider)).get_json()
    assert other["items"] == []
