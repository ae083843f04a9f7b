"""Payments by card: the real library over an in-memory transport, notices signed with its own helper."""

import random
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.rules import AccountCode
from chain.payin.card_edge import EXTENSION
from chain.payin.models import (
    BuyerPayment,
    BuyerRefund,
    CardCheckout,
    CardDispute,
    CardEvent,
    CardMovement,
    Invoice,
)
from chain.payin.provider import CardProvider
from tests.support.cast import Cast, sign_in
from tests.support.payin import PROCEEDS, balance, check_books, invoiced
from tests.support.stripe_fake import WEBHOOK_SECRET, FakeStripe

CAST = Cast()
HOOK = "/api/v1/webhooks/stripe"
FEE = PROCEEDS * 4 // 100 + 100


@pytest.fixture
def stripe(app: Flask) -> Iterator[FakeStripe]:
    """The provider of the centre."""
    fake = FakeStripe()
    app.extensions[EXTENSION] = CardProvider("sk_test_1", WEBHOOK_SECRET, CAST.centre.code, fake)
    yield fake
    app.extensions.pop(EXTENSION)


def _deliver(client: FlaskClient, stripe: FakeStripe, event: Mapping[str, Any]) -> str:
    body, header = stripe.signed(event)
    answer = client.post(HOOK, data=body, headers={"Stripe-Signature": header})
    assert answer.status_code == 200, answer.text
    return str(answer.get_json()["outcome"])


def _begin(client: FlaskClient, invoice_id: UUID, try_id: UUID | None = None) -> Any:
    sign_in(client, CAST.buyer)
    return client.post(f"/purchases/invoices/{invoice_id}/card", data={"id": str(try_id or new_id())})


def _session_id(session: Session, invoice_id: UUID) -> str:
    found = session.scalar(select(CardCheckout.provider_id).where(CardCheckout.invoice_id == invoice_id))
    assert found is not None
    return found


@pytest.fixture
def stopped(monkeypatch: pytest.MonkeyPatch) -> int:
    """The moment, in seconds since 1970, at which the clock stands from now on."""
    moment = int(time.time())
    monkeypatch.setattr(time, "time", lambda: moment)
    return moment


@pytest.fixture
def invoice_id(session: Session, now: datetime) -> UUID:
    """An invoice of 7,200.00 for the mill."""
    return invoiced(session, now).id


def _paid(client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID) -> str:
    assert _begin(client, invoice_id).status_code == 303
    provider_id = _session_id(session, invoice_id)
    _deliver(client, stripe, stripe.pay(provider_id))
    return provider_id


def test_a_buyer_is_sent_to_the_provider_and_the_notice_pays_the_invoice_with_its_fee(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    answer = _begin(client, invoice_id)
    assert answer.status_code == 303
    assert answer.location.startswith("https://checkout.stripe.com/")
    provider_id = _session_id(session, invoice_id)
    assert stripe.objects[provider_id]["amount_total"] == PROCEEDS
    event = stripe.pay(provider_id)
    assert _deliver(client, stripe, event) == "applied"
    assert _deliver(client, stripe, event) == "known"
    assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS
    assert balance(session, AccountCode.CARD_CLEARING) == PROCEEDS - FEE
    assert balance(session, AccountCode.CARD_FEES) == FEE
    assert balance(session, AccountCode.RECEIVABLE_BUYERS) == 0
    check_books(session)


def test_fifty_notices_in_disorder_have_one_effect(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    _begin(client, invoice_id)
    provider_id = _session_id(session, invoice_id)
    stripe.pay(provider_id)
    stripe.refund_on_page(stripe.charge_of(provider_id), 20_000)
    events = stripe.events * (50 // len(stripe.events) + 1)
    random.Random(7).shuffle(events)
    outcomes = [_deliver(client, stripe, event) for event in events[:50]]
    assert outcomes.count("applied") == len(stripe.events)
    assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS - 20_000
    assert balance(session, AccountCode.CARD_CLEARING) == PROCEEDS - FEE - 20_000
    assert len(session.scalars(select(CardEvent)).all()) == len(stripe.events)
    assert len(session.scalars(select(CardMovement)).all()) == 2
    check_books(session)


@pytest.mark.parametrize(
    ("shift", "secret"),
    [(-302, WEBHOOK_SECRET), (310, WEBHOOK_SECRET), (0, "whsec_other")],
    ids=["too old", "from the future", "another secret"],
)
def test_a_notice_that_is_old_or_from_the_future_or_not_signed_is_refused(
    client: FlaskClient,
    session: Session,
    stripe: FakeStripe,
    invoice_id: UUID,
    stopped: int,
    shift: int,
    secret: str,
) -> None:
    del invoice_id
    event = stripe.event("charge.succeeded", {"object": "charge", "id": "ch_1"})
    body, header = stripe.signed(event, at=stopped + shift, secret=secret)
    answer = client.post(HOOK, data=body, headers={"Stripe-Signature": header})
    assert (answer.status_code, answer.get_json()["code"]) == (422, "bad_notice")
    tampered = client.post(HOOK, data=body + b" ", headers={"Stripe-Signature": stripe.signed(event)[1]})
    assert tampered.status_code == 422
    assert client.post(HOOK, data=body).status_code == 422
    assert session.scalars(select(CardEvent)).all() == []


def test_a_notice_of_just_under_five_minutes_is_taken(
    client: FlaskClient, stripe: FakeStripe, invoice_id: UUID, stopped: int
) -> None:
    del invoice_id
    event = stripe.event("customer.created", {"object": "customer", "id": "cus_1"})
    body, header = stripe.signed(event, at=stopped - 298)
    assert client.post(HOOK, data=body, headers={"Stripe-Signature": header}).status_code == 200


def test_a_time_out_after_the_effect_charges_nothing_twice(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    try_id = new_id()
    stripe.time_out_after = 1
    assert _begin(client, invoice_id, try_id).status_code == 409
    answer = _begin(client, invoice_id, try_id)
    assert answer.status_code == 303
    pages = [one for one in stripe.objects.values() if one["object"] == "checkout.session"]
    assert len(pages) == 1
    assert answer.location == pages[0]["url"]
    assert _begin(client, invoice_id).location == pages[0]["url"]  # another try while the page is open
    assert len(session.scalars(select(CardCheckout)).all()) == 1


def test_a_bank_that_answers_later_pays_then_or_not_at_all(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    _begin(client, invoice_id)
    first = _session_id(session, invoice_id)
    _deliver(client, stripe, stripe.pay(first, later=True))
    checkout = session.scalars(select(CardCheckout)).one()
    assert (checkout.state, session.get_one(Invoice, invoice_id).paid_minor) == ("processing", 0)
    _deliver(client, stripe, stripe.finish_later(first, good=False))
    assert session.scalars(select(CardCheckout)).one().state == "failed"
    _begin(client, invoice_id)
    second = session.scalars(select(CardCheckout).where(CardCheckout.state == "open")).one()
    assert second.provider_id is not None
    _deliver(client, stripe, stripe.pay(second.provider_id, later=True))
    _deliver(client, stripe, stripe.finish_later(second.provider_id, good=True))
    assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS


def test_less_than_asked_leaves_the_invoice_open_and_more_is_the_buyers_credit(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    _begin(client, invoice_id)
    _deliver(client, stripe, stripe.pay(_session_id(session, invoice_id), amount=700_000))
    assert session.get_one(Invoice, invoice_id).paid_minor == 700_000
    _begin(client, invoice_id)
    second = session.scalars(select(CardCheckout).where(CardCheckout.state == "open")).one()
    assert second.amount_minor == 20_000
    _deliver(client, stripe, stripe.pay(second.provider_id or "", amount=30_000))
    assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -10_000
    check_books(session)


def test_a_refund_needs_two_people_is_sent_once_and_never_above_the_payment(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    _paid(client, session, stripe, invoice_id)
    payment = session.scalars(select(BuyerPayment)).one()
    sign_in(client, CAST.treasurer)
    refund_id = new_id()
    asked = {"id": str(refund_id), "amount": "200.00", "reason": "Error de cantidad"}
    assert client.post(f"/buyer-payments/{payment.id}/refund", data=asked).status_code == 302
    too_much = {"id": str(new_id()), "amount": "7000.01", "reason": "Demasiado"}
    assert client.post(f"/buyer-payments/{payment.id}/refund", data=too_much).status_code == 422
    assert client.post(f"/buyer-refunds/{refund_id}/approve").status_code == 403
    sign_in(client, CAST.second_treasurer)
    stripe.time_out_after = 1
    client.post(f"/buyer-refunds/{refund_id}/approve")
    assert sum(one["object"] == "refund" for one in stripe.objects.values()) == 1
    client.post("/card-payments/catch-up")  # the repeat carries the same key
    assert sum(one["object"] == "refund" for one in stripe.objects.values()) == 1
    for event in stripe.events:
        _deliver(client, stripe, event)
    assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS - 20_000
    assert balance(session, AccountCode.CARD_CLEARING) == PROCEEDS - FEE - 20_000
    (made,) = [one["id"] for one in stripe.objects.values() if one["object"] == "refund"]
    _deliver(client, stripe, stripe.fail_refund(made))
    assert balance(session, AccountCode.CARD_CLEARING) == PROCEEDS - FEE
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -20_000
    check_books(session)


def test_a_refund_that_the_provider_refuses_fails_and_holds_up_no_other(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    provider_id = _paid(client, session, stripe, invoice_id)
    payment = session.scalars(select(BuyerPayment)).one()
    large, small = new_id(), new_id()
    sign_in(client, CAST.treasurer)
    for refund_id, amount in ((large, "7000.00"), (small, "100.00")):
        asked = {"id": str(refund_id), "amount": amount, "reason": "Error de cantidad"}
        assert client.post(f"/buyer-payments/{payment.id}/refund", data=asked).status_code == 302
    sign_in(client, CAST.second_treasurer)
    stripe.is_down = True
    for refund_id in (large, small):
        client.post(f"/buyer-refunds/{refund_id}/approve")
    stripe.is_down = False
    stripe.refund_on_page(
        stripe.charge_of(provider_id), 50_000
    )  # somebody was quicker on the provider's page
    client.post("/card-payments/catch-up")
    refunds = session.scalars(select(BuyerRefund).order_by(BuyerRefund.number)).all()
    assert [(one.number, one.state, one.amount_minor) for one in refunds] == [
        (1, "failed", 700_000), (2, "done", 10_000), (3, "done", 50_000),
    ]  # fmt: skip
    assert [one.id for one in refunds[:2]] == [large, small]
    assert balance(session, AccountCode.CARD_CLEARING) == PROCEEDS - FEE - 50_000 - 10_000
    check_books(session)


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute_holds_the_money_and_opens_the_invoice_again_only_when_it_is_lost(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID, won: bool
) -> None:
    provider_id = _paid(client, session, stripe, invoice_id)
    dispute = stripe.dispute(stripe.charge_of(provider_id))
    opened = stripe.events[-1]
    closed = None
    if won:  # the end comes before the beginning
        closed = stripe.close_dispute(dispute["id"], won=True)
        _deliver(client, stripe, closed)
        _deliver(client, stripe, opened)
    else:
        _deliver(client, stripe, opened)
        assert balance(session, AccountCode.DISPUTED_PAYMENTS) == PROCEEDS
        assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS
        _deliver(client, stripe, stripe.close_dispute(dispute["id"], won=False))
    assert session.scalars(select(CardDispute)).one().state == ("won" if won else "lost")
    assert balance(session, AccountCode.DISPUTED_PAYMENTS) == 0
    assert session.get_one(Invoice, invoice_id).paid_minor == (PROCEEDS if won else 0)
    assert balance(session, AccountCode.CARD_CLEARING) == (PROCEEDS if won else 0) - FEE - 1500
    assert balance(session, AccountCode.RECEIVABLE_BUYERS) == (0 if won else PROCEEDS)
    check_books(session)


def test_what_was_missed_is_caught_up_and_the_balance_reconciles(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    _begin(client, invoice_id)
    stripe.pay(_session_id(session, invoice_id))  # no notice arrives
    stripe.pay_out(500_000)
    stripe.movement("stripe_fee", -900, 0, "pen", "")
    sign_in(client, CAST.treasurer)
    assert client.post("/card-payments/catch-up").status_code == 302
    assert session.get_one(Invoice, invoice_id).paid_minor == PROCEEDS
    assert balance(session, AccountCode.BANK) == 500_000
    assert balance(session, AccountCode.CARD_FEES) == FEE + 900
    left = PROCEEDS - FEE - 500_000 - 900
    assert balance(session, AccountCode.CARD_CLEARING) == left
    page = client.get("/card-payments").text
    assert "S/ 1,902.00" in page or f"{left / 100:,.2f}" in page
    client.post("/card-payments/catch-up")
    assert balance(session, AccountCode.CARD_CLEARING) == left
    stripe.movement("adjustment", 77, 0, "pen", "xx_1")
    client.post("/card-payments/catch-up")
    assert session.scalars(select(CardMovement).where(CardMovement.entry_id.is_(None))).one().net_minor == 77
    check_books(session)


def test_without_an_answer_a_notice_is_not_stored_and_comes_again(
    client: FlaskClient, session: Session, stripe: FakeStripe, invoice_id: UUID
) -> None:
    _begin(client, invoice_id)
    event = stripe.pay(_session_id(session, invoice_id))
    stripe.is_down = True
    body, header = stripe.signed(event)
    assert client.post(HOOK, data=body, headers={"Stripe-Signature": header}).status_code == 409
    assert session.scalars(select(CardEvent)).all() == []
    stripe.is_down = False
    assert _deliver(client, stripe, event) == "applied"


def test_without_keys_nobody_pays_by_card_and_the_page_says_so(client: FlaskClient, invoice_id: UUID) -> None:
    sign_in(client, CAST.buyer)
    page = client.get(f"/purchases/invoices/{invoice_id}")
    assert "no está activado" in page.text
    assert "checkout.stripe.com" not in page.headers["Content-Security-Policy"]
    assert (
        client.post(f"/purchases/invoices/{invoice_id}/card", data={"id": str(new_id())}).status_code == 409
    )
    assert client.post(HOOK, data=b"{}").status_code == 409


def test_the_page_lets_its_form_end_at_the_provider_only_when_cards_are_on(
    client: FlaskClient, stripe: FakeStripe, invoice_id: UUID
) -> None:
    del stripe
    sign_in(client, CAST.buyer)
    page = client.get(f"/purchases/invoices/{invoice_id}")
    assert "form-action 'self' https://checkout.stripe.com;" in page.headers["Content-Security-Policy"]
    assert "checkout.stripe.com" not in client.get("/purchases/invoices").headers["Content-Security-Policy"]


def test_a_rival_sees_nothing_of_it(client: FlaskClient, stripe: FakeStripe, invoice_id: UUID) -> None:
    del stripe
    sign_in(client, CAST.rival_buyer)
    assert client.get(f"/purchases/invoices/{invoice_id}").status_code == 404
    assert (
        client.post(f"/purchases/invoices/{invoice_id}/card", data={"id": str(new_id())}).status_code == 404
    )
