"""The way of a run through the pages, and who may not go it."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, datetime

from pypdf import PdfReader
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from chain.accounts.models import User
from chain.accounts.queries import who_may
from chain.accounts.rules import Permission
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.ledger.models import LedgerAccount, Posting
from chain.papers.models import Paper
from chain.settlement.models import SettlementLine, SettlementRun
from chain.settlement.queries.runs import block_lines, get_block_for, page_of_block
from chain.settlement.services.runs import pay_run, prepare_sale_run
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.settling import (
    add_advance,
    add_fee,
    add_lot,
    add_members,
    add_price,
    add_sale,
    book,
    prepare_sale,
    sold_lots,
)


def make_run(session: Session, cast: Cast, now: datetime, *, paid: bool = False) -> SettlementRun:
    sale, _ = sold_lots(session, [[10_000, 5_000], [7_321]])
    add_fee(session, cast, now, 250)
    run = prepare_sale(session, cast, now, sale)
    if paid:
        book(session, cast, now, run)
        pay_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    return run


def text_of(response: TestResponse) -> str:
    return response.get_data(as_text=True)


def test_a_sale_is_prepared_approved_accounted_paid_and_printed_in_the_browser(
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
    sign_in(client, cast.accountant)
    assert "Contabilizar" in text_of(client.get(address))
    assert client.post(f"{address}/account").status_code == 302
    sign_in(client, cast.treasurer)
    page = text_of(client.get(address))
    assert page.index("Preparar pagos</a>") < page.index(
        "Pagada en efectivo a todos"
    )  # the usual way stands first
    assert client.post(f"{address}/pay").status_code == 302
    page = text_of(client.get(address))
    assert page.count('<option value="roll_') == 2
    assert "S/ 779.45" in page
    assert "Cuadra" in page
    pdf = client.post(f"{address}/print", data={"part": "0"})
    assert pdf.mimetype == "application/pdf"
    texts = [sheet.extract_text() for sheet in PdfReader(io.BytesIO(pdf.data)).pages]
    assert len(texts) == 2


def test_page_api_file_ledger_and_paper_show_the_same_figures(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale, members = sold_lots(session, [[10_000, 5_000], [7_321]])
    add_fee(session, cast, now, 250)
    add_advance(session, cast, now, members[0], 5_000)
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    line = session.scalars(select(SettlementLine).where(SettlementLine.producer_id == members[0].id)).one()
    paper = session.scalars(select(Paper).where(Paper.subject_id == line.id)).one()
    posted = session.scalars(
        select(Posting.amount_minor)
        .join(LedgerAccount, LedgerAccount.id == Posting.account_id)
        .where(Posting.party_id == members[0].id, LedgerAccount.code == "payable_producers")
    ).one()
    content, amount, line_id = paper.content, paper.amount_minor, line.id
    sign_in(client, cast.treasurer)
    page = text_of(client.get(f"/settlement/runs/{run.id}"))
    slip = text_of(client.get(f"/settlement/runs/{run.id}/lines/{line_id}"))
    rows = list(csv.reader(io.StringIO(text_of(client.get(f"/settlement/runs/{run.id}/export.csv")))))
    block = list(
        csv.reader(io.StringIO(text_of(client.get(f"/settlement/runs/{run.id}/blocks/1/export.csv"))))
    )
    answer = client.get(
        f"/api/v1/settlement-runs/{run.id}/lines/{line_id}", headers=bearer(cast.treasurer)
    ).json
    whole = client.get(
        f"/api/v1/settlement-runs/{run.id}/reconciliation", headers=bearer(cast.treasurer)
    ).json
    assert answer is not None
    assert whole is not None
    assert (
        60_812
        == answer["net_minor"]
        == sum(one["amount_minor"] for one in answer["items"])
        == amount
        == content["net_minor"]
        == -posted
    )
    for text in (page, slip):
        assert "S/ 608.12" in text
    assert (rows[0][11], rows[1][11], rows[-1][11]) == ("Neto", "608.12", "929.33")
    assert (block[2][-3], block[-1][-3]) == ("608.12", "929.33")
    assert rows[-1][7:10] == ["1004.45", "25.12", "50.00"]
    assert (whole["is_whole"], whole["blocks"][0]["net_minor"], whole["lots_minor"]) == (
        True,
        92_933,
        100_445,
    )
    assert "15 kg" in slip


def test_a_line_says_how_each_amount_came_about(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1)
    add_lot(session, member, 40_500, commodity="raw-milk", state="registered")
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 31))
    sign_in(client, cast.accountant)
    form = {"commodity": "raw-milk", "period_from": "2026-03-01", "period_to": "2026-03-15"}
    offered = text_of(client.get("/settlement/runs/new/period", query_string=form))
    assert "S/ 1.75" in offered
    assert "40.5 l" in offered
    made = client.post("/settlement/runs/new/period", data={"id": str(new_id()), **form})
    assert made.status_code == 302
    line_id = session.scalars(select(SettlementLine.id)).one()
    page = text_of(client.get(f"{made.headers['Location']}/lines/{line_id}"))
    assert "40.5 l × S/ 1.75 por litro = S/ 70.88." in page
    days = text_of(
        client.get("/settlement/runs/new/period", query_string=form | {"period_from": "2026-02-01"})
    )
    assert "Precios vigentes" in days


def test_a_run_is_taken_back_and_the_producer_reads_before_and_after(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    (member,) = add_members(session, 1, user_id=cast.producer.id)
    sale = add_sale(session, [add_lot(session, member, 10_000)])
    run = book(session, cast, now, prepare_sale(session, cast, now, sale))
    address = f"/settlement/runs/{run.id}"
    sign_in(client, cast.accountant)
    assert client.post(f"{address}/reverse", data={"why": ""}).status_code == 422
    assert client.post(f"{address}/reverse", data={"why": "Peso mal anotado"}).status_code == 302
    page = text_of(client.get(address))
    assert "Peso mal anotado" in page
    assert "por aprobar" in page
    sign_in(client, cast.producer)
    told = text_of(client.get("/my/income"))
    assert "ahora le debemos S/ 0.00 y no S/ 450.00" in told
    assert "Peso mal anotado" in told


def test_deliveries_are_paid_at_the_gate_by_one_person_where_it_was_decided(
    client: ChainClient, session: Session, cast: Cast, now: datetime, set_clock: Callable[[datetime], None]
) -> None:
    (member,) = add_members(session, 1)
    lot_id = add_lot(session, member, 20_000, commodity="raw-milk", state="registered").id
    add_price(session, cast, now, 175, date(2026, 3, 1), date(2026, 3, 31))
    set_clock(now)
    sign_in(client, cast.treasurer)
    rule = {
        "id": str(new_id()),
        "limit": "50",
        "valid_from": "2026-01-01",
        "decided_by": "Asamblea del 5 de enero",
    }
    assert client.post("/settlement/gate-rules", data=rule | {"limit": "x"}).status_code == 422
    assert client.post("/settlement/gate-rules", data=rule).status_code == 302
    assert "Asamblea del 5 de enero" in text_of(client.get("/settlement/gate-rules"))
    sign_in(client, cast.accountant)
    page = text_of(client.get("/settlement/runs/new/gate?day=2026-03-02"))
    assert str(lot_id) in page
    form = {"id": fresh_id(page), "day": "2026-03-02"}
    assert client.post("/settlement/runs/new/gate", data=form).status_code == 422
    paid = client.post("/settlement/runs/new/gate", data=form | {"lot": str(lot_id), "pay": "1"})
    assert paid.status_code == 302
    assert "Asamblea del 5 de enero" in text_of(client.get(paid.headers["Location"]))
    assert session.scalars(select(SettlementRun.state)).one() == "paid"


def test_whoever_prepared_sees_no_button_to_approve_and_is_refused(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = prepare_sale_run(session, actor=cast.everything.actor, now=now, run_id=new_id(), sale_id=sale.id)
    sign_in(client, cast.everything)
    page = text_of(client.get(f"/settlement/runs/{run.id}"))
    assert f"{run.id}/approve" not in page
    assert "Puede hacerlo: " in page
    assert cast.treasurer.name in page
    assert cast.everything.name not in page.partition("Puede hacerlo: ")[2].partition("</p>")[0]
    others = [user_id for user_id, _ in who_may(session, cast.centre.id, Permission.RUNS_APPROVE)]
    session.execute(
        update(User).where(User.id.in_(others), User.id != cast.everything.id).values(is_active=False)
    )
    alone = text_of(client.get(f"/settlement/runs/{run.id}"))
    assert "Nadie más de su organización puede hacerlo todavía." in alone
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


def test_a_payroll_is_paged_and_its_file_has_everybody(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = make_run(session, cast, now)
    _, block = get_block_for(session, cast.treasurer.actor, run.id, 1)
    whole = block_lines(session, run, block)
    assert len(whole) == 2
    for number, line in enumerate(whole, 1):
        page = page_of_block(session, run, block, PageRequest(number, 1))
        assert (page.items, page.total, page.pages) == ([line], 2, 2)
    sign_in(client, cast.treasurer)
    path = f"/settlement/runs/{run.id}/blocks/1"
    assert all(line.full_name in text_of(client.get(path)) for line in whole)
    beyond = text_of(client.get(f"{path}?page=2"))
    assert not [line for line in whole if line.full_name in beyond]


def test_an_outsider_gets_404_everywhere(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = make_run(session, cast, now, paid=True)
    line_id = session.scalars(select(SettlementLine.id)).first()
    sign_in(client, cast.outsider)
    for path in ("", f"/lines/{line_id}", "/blocks/1", "/blocks/1/export.csv", "/export.csv", "/receipts"):
        assert client.get(f"/settlement/runs/{run.id}{path}").status_code == 404, path
    for path in ("/approve", "/account", "/pay", "/print"):
        assert client.post(f"/settlement/runs/{run.id}{path}").status_code == 404, path
    taken = client.post(f"/settlement/runs/{run.id}/reverse", data={"why": "No es mía"})
    assert taken.status_code == 404


def test_the_clerk_sees_no_settlement(client: ChainClient, cast: Cast) -> None:
    sign_in(client, cast.clerk)
    for path in ("/settlement/runs", "/settlement/runs/new/gate", "/settlement/gate-rules"):
        assert client.get(path).status_code == 403, path


def fresh_id(page: str) -> str:
    found = re.search(r'name="id"[^>]*value="([0-9a-f-]{36})"', page)
    assert found is not None
    return found[1]


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
    assert queries.count <= 19, str(queries)


def test_the_producers_of_a_run_are_found_by_name_and_code(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    run = make_run(session, cast, now)
    sign_in(client, cast.treasurer)
    found = text_of(client.get(f"/settlement/runs/{run.id}?q=numero 002"))
    assert "Productora Número 002" in found
    assert "Productora Número 001" not in found
    assert "Nadie de esta liquidación" in text_of(client.get(f"/settlement/runs/{run.id}?q=zzz"))
