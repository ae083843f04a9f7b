"""The pages of awards, sales, contracts, claims and endings, for both sides."""

from datetime import datetime, timedelta
from io import BytesIO

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.sales.models import MarketRule, Sale, SaleClaim, SaleEnding, SaleTerms
from chain.sales.terms import Period, Rate
from tests.support.cast import Cast, sign_in
from tests.support.market import make_award, make_sale, make_tender
from tests.support.selling import arrive, award_of, lots_of, rule, send, terms

TERMS = {
    "freight": "seller",
    "payment_days": "20",
    "tolerance_bp": "0,5",
    "claim_days": "10",
    "regrade": "micron",
    "micron_bp": "2.5",
    "buyer_default_bp": "50",
    "seller_default_bp": "0",
    "interest_bp": "0",
    "first_1": "2026-04-01",
    "last_1": "2026-04-30",
    "least_1": "100",
    "most_1": "400.5",
}


def test_an_officer_confirms_and_the_second_one_makes_the_sale(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    rule(session)
    award = award_of(session, make_award(session, now))
    set_clock(award.made_at)  # type: ignore[operator]
    sign_in(client, cast.everything)
    page = client.get("/sales/awards?state=waiting").text
    assert "Adjudicaciones por confirmar" in page
    assert "Fibra de marzo" in page
    detail = client.get(f"/sales/awards/{award.id}").text
    assert "La adjudicación caduca y los lotes vuelven al almacén" in detail
    assert "0 de 2" in detail
    client.post(f"/sales/awards/{award.id}/confirm")
    detail = client.get(f"/sales/awards/{award.id}").text
    assert "Usted ya confirmó" in detail
    assert "Confirmar la adjudicación" not in detail
    refused = client.post(f"/sales/awards/{award.id}/decline", data={"reason": "x"})
    assert (refused.status_code, "Usted ya respondió" in refused.text) == (422, True)


def test_who_opened_the_tender_reads_that_others_confirm(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    rule(session)
    award = award_of(session, make_award(session, now))
    set_clock(award.made_at)  # type: ignore[operator]
    sign_in(client, cast.seller)
    assert "Usted abrió esta venta" in client.get(f"/sales/awards/{award.id}").text
    assert client.post(f"/sales/awards/{award.id}/confirm").status_code == 422
    missing = client.post(f"/sales/awards/{award.id}/decline", data={"reason": ""})
    assert missing.status_code == 422
    done = client.post(
        f"/sales/awards/{award.id}/decline", data={"reason": "Precio bajo"}, follow_redirects=True
    )
    assert "El vendedor rechazó: Precio bajo" in done.text


def test_outsiders_find_nothing(client: FlaskClient, session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    sign_in(client, cast.outsider)
    for path in ("", "/contract.pdf", "/cancel", "/default"):
        assert client.get(f"/sales/{sale.id}{path}").status_code == 404
    assert client.get(f"/sales/awards/{sale.award_id}").status_code == 404


def test_the_administrator_sets_the_rule_and_others_read_it(
    client: FlaskClient, session: Session, cast: Cast
) -> None:
    sign_in(client, cast.admin)
    sent = {"confirmations_needed": "2", "confirm_hours": "48", "silence": "accepted"}
    assert "La regla está guardada" in client.post("/sales/rule", data=sent, follow_redirects=True).text
    assert session.get_one(MarketRule, cast.centre.id).confirm_hours == 48
    wrong = client.post("/sales/rule", data=sent | {"confirm_hours": "0"})
    assert wrong.status_code == 422
    client.get("/sign-out")
    sign_in(client, cast.seller)
    assert "La adjudicación vale como confirmada" in client.get("/sales/rule").text
    assert client.post("/sales/rule", data=sent).status_code == 403


def test_the_seller_writes_terms_and_half_a_period_is_refused(
    client: FlaskClient, session: Session, now: datetime, cast: Cast
) -> None:
    path = f"/sales/terms/tender/{make_tender(session, now).id}"
    sign_in(client, cast.seller)
    assert client.get("/sales/terms").status_code == 200
    done = client.post("/sales/terms", data=TERMS, follow_redirects=True)
    assert "Las condiciones están guardadas" in done.text
    kept = session.get_one(SaleTerms, cast.centre.id).terms
    assert (kept["micron_bp"], kept["tolerance_bp"], kept["periods"][0]["most"]) == (250, 50, 400_500)
    half = client.post("/sales/terms", data=TERMS | {"last_1": ""})
    assert (half.status_code, "Escriba los dos días" in half.text) == (422, True)
    rate = client.post("/sales/terms", data=TERMS | {"rate": "3.745"})
    assert "Llene moneda, tipo de cambio, día y fuente" in rate.text
    assert "Fibra de marzo" in client.get(path).text
    done = client.post(path, data=TERMS, follow_redirects=True)
    assert "Valen solo para este evento" in done.text
    assert client.get(f"/sales/terms/tender/{new_id()}").status_code == 404
    other_way = path.replace("/tender/", "/auction/")
    assert client.get(other_way).status_code == client.post(other_way, data=TERMS).status_code == 404


@pytest.mark.parametrize(("language", "words"), [("es", "Contrato de venta"), ("en", "Contract of sale")])
def test_the_contract_is_a_paper_in_plain_words(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, language: str, words: str
) -> None:
    period = Period(now.date(), now.date() + timedelta(days=30), 10_000, 90_000)
    terms(session, now, periods=(period,), rates={"USD": Rate(3_745_000, now.date(), "BCRP")})
    sale = make_sale(session, now)
    sign_in(client, cast.buyer)
    answer = client.get(f"/sales/{sale.id}/contract.pdf?language={language}")
    assert answer.content_type == "application/pdf"
    text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
    assert words in text
    assert cast.mill.name in text
    assert "7,200.00" in text


def test_anybody_may_check_a_contract_without_learning_the_price(
    client: FlaskClient, session: Session, now: datetime, cast: Cast
) -> None:
    sale = make_sale(session, now)
    page = client.get(f"/K/{sale.id}")
    assert "Este contrato es válido" in page.text
    assert cast.mill.name not in page.text
    assert "7,200" not in page.text
    assert client.get(f"/K/{new_id()}").status_code == 404


def test_the_list_is_a_file_too(client: FlaskClient, session: Session, now: datetime, cast: Cast) -> None:
    make_sale(session, now)
    sign_in(client, cast.buyer)
    assert "Sin entregas todavía" in client.get("/sales").text
    lines = client.get("/sales.csv").text.splitlines()
    assert lines[1].startswith("1,2026-03-17")
    assert "7200.00" in lines[1]


def test_a_claim_goes_from_the_mill_to_the_seller(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    terms(session, now, class_prices={"baby": 9_000})
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots)
    arrive(session, now, load, {lot: 10_000 * place for place, lot in enumerate(lots, 1)})
    set_clock(now)  # type: ignore[operator]
    sign_in(client, cast.buyer)
    path = f"/sales/{sale.id}/lots/{lots[0]}/finding"
    assert "Calidad que encontró" in client.get(path).text
    empty = client.post(path, data={"id": str(new_id())})
    assert (empty.status_code, "Elija la calidad" in empty.text) == (422, True)
    sent = {"id": str(new_id()), "found_key": "baby", "reason": "OFDA: 21.4"}
    done = client.post(path, data=sent, follow_redirects=True)
    assert "Su reclamo está con el vendedor" in done.text
    claim = session.scalars(select(SaleClaim)).one()
    client.post("/sign-out")
    sign_in(client, cast.everything)
    assert "Lo que encontraron las plantas" in client.get("/sales/claims?state=open").text
    answered = client.post(
        f"/sales/claims/{claim.id}/answer", data={"answer": "accept"}, follow_redirects=True
    )
    assert "Aceptado" in answered.text
    assert "Se debe" in client.get(f"/sales/{sale.id}").text


def test_a_sale_is_cancelled_by_both_sides(
    client: FlaskClient, session: Session, now: datetime, cast: Cast, set_clock: object
) -> None:
    sale = make_sale(session, now)
    set_clock(now)  # type: ignore[operator]
    sign_in(client, cast.buyer)
    assert (
        client.post(f"/sales/{sale.id}/cancel", data={"id": str(new_id()), "reason": ""}).status_code == 422
    )
    sent = {"id": str(new_id()), "reason": "Planta parada"}
    page = client.post(f"/sales/{sale.id}/cancel", data=sent, follow_redirects=True).text
    assert "Usted pidió anular esta venta" in page
    early = client.post(f"/sales/{sale.id}/default", data={"id": str(new_id()), "reason": "Nada llegó"})
    assert "El plazo de entrega no ha terminado" in early.text
    ending = session.scalars(select(SaleEnding)).one()
    client.post("/sign-out")
    sign_in(client, cast.everything)
    assert "Planta parada" in client.get(f"/sales/{sale.id}").text
    path = f"/sales/endings/{ending.id}/answer"
    assert client.post(path, data={"answer": "refuse"}).status_code == 422
    assert client.post(path, data={"answer": "agree"}).status_code == 302
    page = client.get(f"/sales/{sale.id}").text
    assert "Anulada de común acuerdo" in page
    assert "Lotes liberados" in page
    assert session.get_one(Sale, sale.id).ended == "cancelled"


def test_how_buyers_pay_is_shown_to_all(
    client: FlaskClient, session: Session, now: datetime, cast: Cast
) -> None:
    make_sale(session, now)
    sign_in(client, cast.buyer)
    page = client.get("/buyers/records").text
    assert "Cómo pagan los compradores" in page
    assert cast.mill.name in page


def test_bidders_read_the_terms_before_they_bid(
    client: FlaskClient, session: Session, now: datetime, cast: Cast
) -> None:
    terms(session, now, payment_days=33, note="Fardos de yute")
    tender_id = make_tender(session, now).id
    sign_in(client, cast.buyer)
    page = client.get(f"/board/terms/{tender_id}").text
    assert "hasta 33 días" in page
    assert "Fardos de yute" in page
    assert "Fibra de marzo" not in page
    assert client.get(f"/board/terms/{new_id()}").status_code == 404
