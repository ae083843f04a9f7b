"""Fifty notices at once and a killed process: exactly one effect, on both databases."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.ledger.models import JournalEntry
from chain.ledger.rules import AccountCode
from chain.payin.card_edge import EXTENSION, open_checkout, take_notice
from chain.payin.models import BuyerPayment, CardCheckout, CardEvent, CardMovement, Invoice
from chain.payin.provider import CardProvider, Notice, notice_of
from chain.payin.services.cards import ask_checkout
from tests.support.cast import Cast
from tests.support.payin import PROCEEDS, balance, check_books, invoiced
from tests.support.stripe_fake import WEBHOOK_SECRET, FakeStripe

CAST = Cast()
THREADS = 10
FEE = PROCEEDS * 4 // 100 + 100


@pytest.fixture
def stripe(fresh_app: Flask) -> FakeStripe:
    """The provider of the centre."""
    fake = FakeStripe()
    fresh_app.extensions[EXTENSION] = CardProvider("sk_test_1", WEBHOOK_SECRET, CAST.centre.code, fake)
    return fake


def _open(now: datetime) -> tuple[Any, str]:
    """Invoice a sale and open the provider's page; return the invoice's id and the page's."""
    with atomic() as session:
        invoice_id = invoiced(session, now).id
    with atomic() as session:
        checkout_id = ask_checkout(
            session, actor=CAST.buyer.actor, now=now, checkout_id=new_id(), invoice_id=invoice_id
        ).id
    open_checkout(checkout_id, success_url="http://a/", cancel_url="http://a/", language="es")
    page = db.session.get_one(CardCheckout, checkout_id, populate_existing=True).provider_id
    assert page is not None
    return invoice_id, page


def _check(invoice_id: Any, stripe: FakeStripe) -> None:
    db.session.rollback()
    session = db.session
    assert session.get_one(Invoice, invoice_id, populate_existing=True).paid_minor == PROCEEDS - 20_000
    assert session.scalar(select(func.count()).select_from(BuyerPayment)) == 1
    assert session.scalar(select(func.count()).select_from(CardEvent)) == len(stripe.events)
    assert session.scalar(select(func.count()).select_from(CardMovement)) == 2
    assert balance(session, AccountCode.CARD_CLEARING) == PROCEEDS - FEE - 20_000
    check_books(session)


def test_a_notice_that_comes_fifty_times_in_disorder_has_one_effect(
    fresh_app: Flask, race: Callable[..., Sequence[Any]], stripe: FakeStripe, now: datetime
) -> None:
    with fresh_app.app_context():
        invoice_id, page = _open(now)
    stripe.pay(page)
    stripe.refund_on_page(stripe.charge_of(page), 20_000)
    notices = [notice_of(one) for one in stripe.events]

    def deliver(place: int) -> Callable[[], list[str]]:
        def run() -> list[str]:
            turn = notices[place % len(notices) :] + notices[: place % len(notices)]
            return [take_notice(one, now) for one in (*turn, turn[0])]

        return run

    outcomes = race(*(deliver(place) for place in range(THREADS)))
    assert all(outcome.won for outcome in outcomes), [outcome.error for outcome in outcomes]
    said = [word for outcome in outcomes for word in outcome.value]
    assert len(said) == THREADS * (len(notices) + 1) == 50
    assert said.count("applied") == len(notices)
    with fresh_app.app_context():
        _check(invoice_id, stripe)


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


def test_a_notice_that_is_cut_off_anywhere_is_applied_wholly_or_not_at_all(
    fresh_app: Flask, stripe: FakeStripe, now: datetime
) -> None:
    from sqlalchemy import event as events

    with fresh_app.app_context():
        invoice_id, page = _open(now)
        stripe.pay(page)
        stripe.refund_on_page(stripe.charge_of(page), 20_000)
        notices: list[Notice] = [notice_of(one) for one in stripe.events]
        left = [0]

        def cut(*_: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Killed

        events.listen(db.engine, "before_cursor_execute", cut)
        try:
            for point in range(3, 150, 12):
                entries = db.session.scalar(select(func.count()).select_from(JournalEntry)) or 0
                left[0] = point
                try:
                    for one in notices:
                        take_notice(one, now)
                except Killed:
                    left[0] = 0
                    db.session.rollback()
                left[0] = 0
                now_there = db.session.scalar(select(func.count()).select_from(JournalEntry)) or 0
                assert now_there >= entries
                check_books(db.session)
        finally:
            events.remove(db.engine, "before_cursor_execute", cut)
        for one in notices:
            take_notice(one, now)
        _check(invoice_id, stripe)
