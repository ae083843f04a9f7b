"""From a sale to its invoices and back."""

from datetime import datetime

from sqlalchemy.orm import Session

from tests.conftest import ChainClient
from tests.support.cast import Cast, sign_in
from tests.support.payin import invoiced, settled_sale


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
