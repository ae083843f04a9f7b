"""The way of a run through the pages, and who may not go it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.core.ids import new_id
from chain.settlement.models import (
    Advance,
    DeductionRule,
    PeriodPrice,
    Receipt,
    SettlementLine,
    SettlementRun,
)
from chain.settlement.services.deductions import set_deduction
from chain.settlement.services.runs import approve_run, pay_run, prepare_sale_run
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.settling import add_members, sold_lots


def make_run(session: Session, cast: Cast, now: datetime, *, paid: bool = False) -> SettlementRun:
    sale, _ = sold_lots(session, [[10_000, 5_000], [7_321]])
    set_deduction(
        session,
        actor=cast.accountant.actor,
        now=now,
        rule_id=new_id(),
        name="Aporte",
        basis_points=250,
        valid_from=date(2026, 1, 1),
        valid_to=None,
        decided_by="Asamblea del 5 de enero",
    )
    run = prepare_sale_run(session, actor=cast.accountant.actor, now=now, run_id=new_id(), sale_id=sale.id)
    if paid:
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
        pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    return run


def text_of(response: TestResponse) -> str:
    return response.get_data(as_text=True)


def test_a_sale_is_prepared_approved_paid_and_printed_in_the_browser(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    sale, _ = sold_lots(session, [[10_000], [7_321]])
    sign_in(client, cast.accountant)
    assert "Repartir" in text_of(client.get("/settlement/runs/new"))
    prepared = client.post("/settlement/runs/new", data={"id": str(new_id()), "sale_id": str(sale.id)})
    address = prepared.headers["Location"]
    assert "por aprobar" in text_of(client.get(address))

    sign_in(client, cast.treasurer)
    assert client.post(f"{address}/approve").status_code == 302
    assert client.post(f"{address}/pay").status_code == 302
    page = text_of(client.get(address))
    assert "S/ 779.45" in page
    assert "Cuadra" in page
    pdf = client.post(f"{address}/print", data={"part": "0"})
    assert pdf.mimetype == "application/pdf"
    texts = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.data)).pages]
    assert len(texts) == 2
    assert "ORIGINAL" in texts[0]
    assert "COPIA 1" in PdfReader(io.BytesIO(client.post(f"{address}/print").data)).pages[0].extract_text()


def test_page_api_file_and_paper_show_the_same_figures(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = make_run(session, cast, now, paid=True)
    receipt = session.scalars(select(Receipt).order_by(Receipt.number)).first()
    assert receipt is not None
    sign_in(client, cast.treasurer)
    page = text_of(client.get(f"/settlement/runs/{run.id}"))
    rows = list(csv.reader(io.StringIO(text_of(client.get(f"/settlement/runs/{run.id}/export.csv")))))
    lines = client.get(f"/api/v1/settlement-runs/{run.id}/lines", headers=bearer(cast.treasurer)).json
    answer = client.get(f"/api/v1/receipts/{receipt.id}", headers=bearer(cast.treasurer)).json
    paper = PdfReader(io.BytesIO(client.get(f"/receipts/{receipt.id}/pdf").data)).pages[0].extract_text()
    assert lines is not None
    assert answer is not None
    line = lines["items"][0]
    assert line["net_minor"] == answer["net_minor"] == receipt.net_minor == 65_812
    assert rows[1][-2] == "658.12"
    for text in (page, paper, text_of(client.get(f"/receipts/{receipt.id}"))):
        assert "S/ 658.12" in text
    assert "16.88" in paper
    assert "Aporte 2.5 %" in paper
    assert "SEISCIENTOS CINCUENTA Y OCHO CON 12/100 SOLES" in paper
    assert rows[-1][6:10] == ["1004.45", "25.12", "0.00", "979.33"]
    assert "S/ 979.33" in page


def test_whoever_prepared_sees_no_button_to_approve_and_is_refused(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = prepare_sale_run(session, actor=cast.everything.actor, now=now, run_id=new_id(), sale_id=sale.id)
    sign_in(client, cast.everything)
    page = text_of(client.get(f"/settlement/runs/{run.id}"))
    assert "otra persona debe aprobarla" in page
    assert f"{run.id}/approve" not in page
    client.post(f"/settlement/runs/{run.id}/approve")
    session.expire_all()
    assert session.get_one(SettlementRun, run.id).state == "prepared"


def test_a_run_is_discarded_with_a_reason_only(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = make_run(session, cast, now)
    sign_in(client, cast.treasurer)
    assert client.post(f"/settlement/runs/{run.id}/discard", data={"reason": ""}).status_code == 422
    assert (
        client.post(f"/settlement/runs/{run.id}/discard", data={"reason": "Falta un lote"}).status_code == 302
    )
    assert "Falta un lote" in text_of(client.get(f"/settlement/runs/{run.id}"))


def test_an_outsider_gets_404_everywhere(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = make_run(session, cast, now, paid=True)
    line_id = session.scalars(select(SettlementLine.id)).first()
    receipt_id = session.scalars(select(Receipt.id)).first()
    rule_id = session.scalars(select(DeductionRule.id)).first()
    sign_in(client, cast.outsider)
    for path in (
        f"/settlement/runs/{run.id}",
        f"/settlement/runs/{run.id}/lines/{line_id}",
        f"/settlement/runs/{run.id}/export.csv",
        f"/settlement/runs/{run.id}/receipts",
        f"/settlement/runs/{run.id}/buyer-payment",
        f"/receipts/{receipt_id}",
        f"/receipts/{receipt_id}/pdf",
        f"/ledger/entries/{run.approval_entry_id}",
        f"/deductions/{rule_id}/end",
    ):
        assert client.get(path).status_code == 404, path
    for path in (
        f"/settlement/runs/{run.id}/approve",
        f"/settlement/runs/{run.id}/pay",
        f"/settlement/runs/{run.id}/print",
        f"/receipts/{receipt_id}/print",
    ):
        assert client.post(path).status_code == 404, path


def test_the_clerk_sees_no_settlement(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    for path in ("/settlement/runs", "/receipts", "/ledger", "/advances", "/period-prices", "/deductions"):
        assert client.get(path).status_code == 403, path


def test_a_producer_sees_the_own_receipts_and_nobody_elses(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    add_members(session, 1, user_id=cast.producer.id)
    run = make_run(session, cast, now, paid=True)
    other = session.scalars(select(Receipt)).first()
    assert other is not None
    sign_in(client, cast.producer)
    assert "Todavía no tiene recibos" in text_of(client.get("/my/receipts"))
    assert client.get(f"/receipts/{other.id}").status_code == 404
    assert client.get(f"/settlement/runs/{run.id}").status_code == 403


def test_the_public_page_tells_a_genuine_receipt_from_an_invented_one(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    make_run(session, cast, now, paid=True)
    receipt = session.scalars(select(Receipt)).first()
    assert receipt is not None
    page = client.get(f"/R/{receipt.check_code}")
    assert page.status_code == 200
    assert receipt.content["serial"] in text_of(page)
    assert "P. N." in text_of(page)
    assert receipt.content["producer"]["name"] not in text_of(page)
    assert client.get("/R/AAAAAAAAAAAAAAAA").status_code == 404
    assert client.get("/R/<script>").status_code == 404


def fresh_id(page: str) -> str:
    found = re.search(r'name="id"[^>]*value="([0-9a-f-]{36})"', page)
    assert found is not None
    return found[1]


def test_an_advance_sent_twice_is_given_once(client: ChainClient, session: Session, cast: Cast) -> None:
    (member,) = add_members(session, 1)
    sign_in(client, cast.accountant)
    form = {
        "id": fresh_id(text_of(client.get("/advances/new"))),
        "member_code": member.code,
        "amount": "150,50",
        "given_on": "2026-02-03",
        "note": "Esquila",
    }
    assert client.post("/advances/new", data=form).status_code == 302
    assert client.post("/advances/new", data=form).status_code == 302
    assert session.scalars(select(Advance.amount_minor)).all() == [15_050]
    wrong = client.post(
        "/advances/new", data=form | {"id": str(new_id()), "member_code": "NO-1", "amount": "1"}
    )
    assert wrong.status_code == 422
    assert "Esquila" in text_of(wrong)


@pytest.mark.parametrize("amount", ["-5", "0", "1.234", "mil", "99999999999"])
def test_an_absurd_advance_is_refused_and_kept_in_the_form(
    client: ChainClient, session: Session, cast: Cast, amount: str
) -> None:
    (member,) = add_members(session, 1)
    sign_in(client, cast.accountant)
    answer = client.post(
        "/advances/new",
        data={
            "id": str(new_id()),
            "member_code": member.code,
            "amount": amount,
            "given_on": "2026-02-03",
            "note": "Esquila",
        },
    )
    assert answer.status_code == 422
    assert f'value="{amount}"' in text_of(answer)
    assert session.scalars(select(Advance)).all() == []


def test_prices_do_not_overlap_and_the_refusal_names_the_other(
    client: ChainClient, session: Session, cast: Cast
) -> None:
    sign_in(client, cast.accountant)

    def send(first: str, last: str) -> TestResponse:
        return client.post(
            "/period-prices/new",
            data={
                "id": str(new_id()),
                "commodity": "raw-milk",
                "price": "1.75",
                "valid_from": first,
                "valid_to": last,
                "decided_by": "Acuerdo",
            },
        )

    assert send("2026-03-01", "2026-03-31").status_code == 302
    refused = send("2026-03-31", "2026-04-30")
    assert refused.status_code == 422
    assert "S/ 1.75" in text_of(refused)
    assert len(session.scalars(select(PeriodPrice)).all()) == 1


def test_a_period_without_deliveries_is_refused_at_the_form(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.accountant)
    answer = client.post(
        "/settlement/runs/new/period",
        data={
            "id": str(new_id()),
            "commodity": "raw-milk",
            "period_from": "2026-01-01",
            "period_to": "2026-01-15",
        },
    )
    assert answer.status_code == 422
    assert "ninguna entrega espera su pago" in text_of(answer)


def test_the_buyers_payment_is_recorded_once_and_never_above_the_debt(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    run = make_run(session, cast, now, paid=True)
    set_clock(now)
    sign_in(client, cast.treasurer)
    address = f"/settlement/runs/{run.id}/buyer-payment"
    form = {"id": str(new_id()), "amount": "1004.45", "paid_on": "2026-03-16"}
    assert client.post(address, data=form | {"id": str(new_id()), "amount": "1004.46"}).status_code == 422
    assert client.post(address, data=form).status_code == 302
    assert client.post(address, data=form).status_code == 302
    assert "S/ 1,004.45" not in text_of(client.get(f"{address}"))


def test_the_list_of_a_run_costs_few_queries(
    client: ChainClient,
    session: Session,
    cast: Cast,
    now: datetime,
    query_count: Callable[..., object],
) -> None:
    run = make_run(session, cast, now, paid=True)
    sign_in(client, cast.treasurer)
    with query_count() as queries:  # type: ignore[attr-defined]  # a context manager
        client.get(f"/settlement/runs/{run.id}")
    assert queries.count <= 18, str(queries)
