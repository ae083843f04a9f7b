"""From a sale to its invoices and back."""

from datetime import datetime
from io import BytesIO

from pypdf import PdfReader
from sqlalchemy.orm import Session

from chain.papers.models import Paper
from chain.payin.queries.invoicing import lots_to_invoice
from chain.payin.services.invoices import void_invoice
from tests.conftest import ChainClient
from tests.support.cast import Cast, bearer, sign_in
from tests.support.payin import LATER, invoiced, settled_sale


def test_the_page_of_a_sale_leads_to_the_form_and_then_to_the_invoice(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale = settled_sale(session, now)
    sign_in(client, cast.treasurer)
    form = f'href="/sales/{sale.id}/invoice"'
    assert form in client.get(f"/sales/{sale.id}").text
    invoice = invoiced(session, now, sale)
    page = client.get(f"/sales/{sale.id}").text
    assert form not in page  # nothing is left to invoice
    assert f'href="/invoices/{invoice.id}"' in page
    shown = client.get(f"/invoices/{invoice.id}").text
    assert shown.index("Nota de crédito") < shown.index("Lotes</caption>")
    sign_in(client, cast.seller)
    assert "/invoices/" not in client.get(f"/sales/{sale.id}").text


def test_an_invoice_issued_again_names_the_voided_one_to_both_sides(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale = settled_sale(session, now)
    lots = [lot.lot_id for lot in lots_to_invoice(session, sale)]
    other = invoiced(session, now, sale, lot_ids=lots[2:])
    first = invoiced(session, now, sale, lot_ids=lots[:2])
    actor = cast.treasurer.actor
    void_invoice(session, actor=actor, now=now + LATER, invoice_id=first.id, reason="Nota mala")
    second = invoiced(session, now, sale, lot_ids=lots[:2])
    told = f"Reemplaza a la factura anulada {first.serial}"
    for person, path in ((cast.treasurer, "/invoices"), (cast.buyer, "/purchases/invoices")):
        sign_in(client, person)
        page = client.get(f"{path}/{second.id}").text
        assert told in page
        assert f'href="{path}/{first.id}"' in page
        assert "Reemplaza" not in client.get(f"{path}/{other.id}").text
    listed = client.get("/api/v1/invoices?sort=serial", headers=bearer(cast.treasurer)).json
    assert listed is not None
    again = [{"id": str(first.id), "serial": first.serial}]
    assert [one["replaces"] for one in listed["items"]] == [[], [], again]
    void_invoice(session, actor=actor, now=now + LATER * 2, invoice_id=second.id, reason="Otra vez")
    third = invoiced(session, now + LATER * 2, sale, lot_ids=lots[:1])
    one = client.get(f"/api/v1/invoices/{third.id}", headers=bearer(cast.treasurer)).json
    assert one is not None
    assert [replaced["serial"] for replaced in one["replaces"]] == [second.serial]


def test_the_paper_of_an_invoice_issued_again_says_which_one_it_replaces(
    client: ChainClient, session: Session, cast: Cast, now: datetime
) -> None:
    sale = settled_sale(session, now)
    lots = [lot.lot_id for lot in lots_to_invoice(session, sale)]
    voided = [invoiced(session, now, sale, lot_ids=lots[:1]), invoiced(session, now, sale, lot_ids=lots[1:])]
    for one in voided:
        void_invoice(
            session, actor=cast.treasurer.actor, now=now + LATER, invoice_id=one.id, reason="Nota mala"
        )
    again = invoiced(session, now + LATER, sale)
    paper = session.get_one(Paper, again.paper_id)
    assert paper.content["replaces"] == [one.serial for one in voided]
    told = [f"Reemplaza a la factura anulada {one.serial}" for one in voided]
    data = client.get(f"/api/v1/papers/{paper.id}", headers=bearer(cast.treasurer)).json
    assert data is not None
    assert data["content"]["replaces"] == [one.serial for one in voided]
    for person in (cast.treasurer, cast.buyer):
        sign_in(client, person)
        answer = client.get(f"/papers/{paper.id}/pdf")
        text = " ".join(page.extract_text() for page in PdfReader(BytesIO(answer.data)).pages)
        assert all(words in " ".join(text.split()) for words in told)
    sign_in(client, cast.treasurer)
    page = client.get(f"/papers/{paper.id}").text
    assert all(words in page for words in told)
    first = session.get_one(Paper, voided[0].paper_id)
    assert first.content["replaces"] == []
    assert "Reemplaza" not in client.get(f"/papers/{first.id}").text
