"""The provider's balance against the books for scripts, with the keys and without."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.payin.card_edge import EXTENSION
from chain.payin.models import CardCheckout
from chain.payin.provider import CardProvider
from tests.support.cast import Cast, bearer, sign_in
from tests.support.payin import PROCEEDS, invoiced
from tests.support.stripe_fake import WEBHOOK_SECRET, FakeStripe

CAST = Cast()
PATH = "/api/v1/card-payments"


@pytest.fixture
def stripe(app: Flask) -> Iterator[FakeStripe]:
    fake = FakeStripe()
    app.extensions[EXTENSION] = CardProvider("sk_test_1", WEBHOOK_SECRET, CAST.centre.code, fake)
    yield fake
    app.extensions.pop(EXTENSION)


def test_a_script_catches_up_and_finds_no_difference(
    client: FlaskClient, session: Session, now: datetime, stripe: FakeStripe
) -> None:
    invoice_id = invoiced(session, now).id
    sign_in(client, CAST.buyer)
    client.post(f"/purchases/invoices/{invoice_id}/card", data={"id": str(new_id())})
    page = session.scalars(select(CardCheckout.provider_id)).one()
    assert page is not None
    stripe.pay(page)
    head = bearer(CAST.treasurer)
    assert client.get(f"{PATH}/reconciliation", headers=bearer(CAST.clerk)).status_code == 403
    (before,) = client.get(f"{PATH}/reconciliation", headers=head).get_json()["checks"]
    assert before["difference_minor"] == before["provider_minor"] > 0
    found = client.post(f"{PATH}/catch-up", headers=head).get_json()
    assert found["events"] >= 1
    assert client.post(f"{PATH}/catch-up", headers=head).get_json()["events"] == 0
    after = client.get(f"{PATH}/reconciliation", headers=head).get_json()
    (check,) = after["checks"]
    assert (check["difference_minor"], check["book_difference_minor"], after["unbooked"]) == (0, 0, [])
    assert client.get(f"/api/v1/invoices/{invoice_id}", headers=head).get_json()["paid_minor"] == PROCEEDS
    stripe.is_down = True
    assert client.get(f"{PATH}/reconciliation", headers=head).get_json()["is_away"]
    assert client.post(f"{PATH}/catch-up", headers=head).get_json()["code"] == "card_provider_away"


def test_without_keys_it_says_that_cards_are_off(client: FlaskClient) -> None:
    head = bearer(CAST.treasurer)
    found = client.get(f"{PATH}/reconciliation", headers=head).get_json()
    assert (found["is_on"], found["checks"]) == (False, [])
    refused = client.post(f"{PATH}/catch-up", headers=head)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "cards_off")
