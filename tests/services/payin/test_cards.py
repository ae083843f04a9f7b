"""What the card provider says, brought into the books in any order and any number of times: only forward, and once."""

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.ledger.models import JournalEntry
from chain.ledger.rules import AccountCode
from chain.payin.card_facts import DisputeFacts, IntentFacts, MovementFacts, RefundFacts
from chain.payin.models import BuyerRefund, CardDispute, CardMovement, Invoice
from chain.payin.queries.cards import card_checks
from chain.payin.services.cards import apply_intent, apply_movement, ask_checkout
from tests.support.cast import Cast
from tests.support.payin import LATER, PROCEEDS, balance, check_books, invoiced

CAST = Cast()
FEE = 28_900


def movement(name: str, kind: str, amount: int, now: datetime, fee: int = 0) -> MovementFacts:
    return MovementFacts(name, kind, "ch_1", amount, fee, "PEN", now + LATER)


@pytest.fixture
def invoice(session: Session, now: datetime) -> Invoice:
    return invoiced(session, now)


@pytest.fixture
def charged(session: Session, now: datetime, invoice: Invoice) -> IntentFacts:
    """The facts of a payment of the whole invoice, with its fee."""
    checkout = ask_checkout(
        session, actor=CAST.buyer.actor, now=now + LATER, checkout_id=new_id(), invoice_id=invoice.id
    )
    return IntentFacts(
        id="pi_1", checkout_id=checkout.id, status="succeeded", amount_minor=PROCEEDS, currency="PEN",
        charge_id="ch_1", charged_at=now + LATER, movement=movement("txn_1", "charge", PROCEEDS, now, FEE),
    )  # fmt: skip


def refund(
    now: datetime, name: str, amount: int, *, ours: UUID | None = None, failed: bool = False
) -> RefundFacts:
    return RefundFacts(
        id=name,
        refund_id=ours,
        amount_minor=amount,
        status="failed" if failed else "succeeded",
        movement=movement(f"txn_{name}", "refund", -amount, now),
        failure=movement(f"txn_{name}_back", "refund_failure", amount, now) if failed else None,
    )


def dispute(
    now: datetime, amount: int, status: str, *, held: bool = True, back: bool = False
) -> DisputeFacts:
    found = [movement("txn_d", "adjustment", -amount, now, 1_500)] if held else []
    found += [movement("txn_d_back", "adjustment", amount, now)] if back else []
    return DisputeFacts("dp_1", amount, status, "fraudulent", found)


def tell(session: Session, now: datetime, *all_facts: IntentFacts) -> None:
    for facts in all_facts:
        assert apply_intent(session, organisation_id=CAST.centre.id, now=now + LATER, facts=facts)


def clearing(session: Session) -> int:
    return balance(session, AccountCode.CARD_CLEARING)


def states_of(charged: IntentFacts, now: datetime) -> Sequence[IntentFacts]:
    """What the provider says one after the other: charged, refunded in part, contested in part, lost."""
    refunded = replace(charged, refunds=[refund(now, "re_1", 20_000)])
    twice = replace(refunded, refunds=[*refunded.refunds, refund(now, "re_2", 30_000)])
    contested = replace(twice, disputes=[dispute(now, 100_000, "needs_response")])
    return [charged, refunded, twice, contested, replace(contested, disputes=[dispute(now, 100_000, "lost")])]


@pytest.mark.parametrize("seed", range(3))
def test_fifty_answers_in_disorder_have_the_effect_of_one(
    session: Session, now: datetime, invoice: Invoice, charged: IntentFacts, seed: int
) -> None:
    states = states_of(charged, now)
    told = list(states) * 10
    random.Random(seed).shuffle(told)
    tell(session, now, *told)
    once = session.scalar(select(func.count()).select_from(JournalEntry))
    tell(session, now, states[-1])
    assert session.scalar(select(func.count()).select_from(JournalEntry)) == once
    assert clearing(session) == PROCEEDS - FEE - 50_000 - 100_000 - 1_500
    assert balance(session, AccountCode.CARD_FEES) == FEE + 1_500
    assert balance(session, AccountCode.DISPUTED_PAYMENTS) == 0
    session.refresh(invoice)
    assert invoice.paid_minor == PROCEEDS - 150_000
    assert balance(session, AccountCode.RECEIVABLE_BUYERS) == 150_000
    assert [one.state for one in session.scalars(select(BuyerRefund))] == ["done", "done"]
    (check,) = card_checks(session, CAST.centre.id, {"PEN": clearing(session)})
    assert (check.difference_minor, check.book_difference_minor) == (0, 0)
    check_books(session)


@pytest.mark.parametrize("status", ["won", "warning_closed", "prevented"])
@pytest.mark.parametrize("held", [True, False])
def test_a_dispute_that_ends_well_leaves_everything_as_it_was_but_its_fee(
    session: Session, now: datetime, invoice: Invoice, charged: IntentFacts, status: str, *, held: bool
) -> None:
    opened = replace(charged, disputes=[dispute(now, PROCEEDS, "needs_response", held=held)])
    ended = replace(charged, disputes=[dispute(now, PROCEEDS, status, held=held, back=held)])
    tell(session, now, charged, opened, ended, opened)
    assert session.scalars(select(CardDispute)).one().state == "won"
    assert clearing(session) == PROCEEDS - FEE - (1_500 if held else 0)
    session.refresh(invoice)
    assert (invoice.paid_minor, balance(session, AccountCode.DISPUTED_PAYMENTS)) == (PROCEEDS, 0)
    check_books(session)


def test_a_dispute_over_more_than_a_refund_left_is_a_loss_of_the_organisation(
    session: Session, now: datetime, invoice: Invoice, charged: IntentFacts
) -> None:
    refunded = replace(charged, refunds=[refund(now, "re_1", 700_000)])
    lost = replace(refunded, disputes=[dispute(now, PROCEEDS, "lost")])
    tell(session, now, refunded, lost)
    session.refresh(invoice)
    assert invoice.paid_minor == 0
    assert balance(session, AccountCode.OTHER_EXPENSE) == 700_000
    assert clearing(session) == -FEE - 700_000 - 1_500
    check_books(session)


@pytest.mark.parametrize("disputed", [PROCEEDS, 700_000])
def test_a_failed_refund_gives_back_no_more_credit_than_it_took(
    session: Session, now: datetime, invoice: Invoice, charged: IntentFacts, disputed: int
) -> None:
    lost = replace(charged, disputes=[dispute(now, disputed, "lost")])
    refunded = replace(lost, refunds=[refund(now, "re_1", 50_000)])
    tell(session, now, lost, refunded)
    loss = 50_000 - (PROCEEDS - disputed)
    assert balance(session, AccountCode.OTHER_EXPENSE) == loss
    tell(session, now, replace(lost, refunds=[refund(now, "re_1", 50_000, failed=True)]))
    assert balance(session, AccountCode.OTHER_EXPENSE) == 0
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -(PROCEEDS - disputed)
    assert clearing(session) == PROCEEDS - FEE - disputed - 1_500
    session.refresh(invoice)
    assert invoice.paid_minor == 0
    check_books(session)


def test_a_refund_that_failed_is_credit_again_whatever_is_heard_first(
    session: Session, now: datetime, charged: IntentFacts
) -> None:
    tell(session, now, replace(charged, refunds=[refund(now, "re_1", 20_000, failed=True)]))
    tell(session, now, replace(charged, refunds=[refund(now, "re_1", 20_000)]))
    assert session.scalars(select(BuyerRefund)).one().state == "failed"
    assert clearing(session) == PROCEEDS - FEE
    assert balance(session, AccountCode.BUYER_PREPAYMENTS) == -20_000
    assert session.scalar(select(func.count()).select_from(CardMovement)) == 3
    check_books(session)


def test_payouts_and_the_providers_own_fees_are_posted_once(
    session: Session, now: datetime, charged: IntentFacts
) -> None:
    tell(session, now, charged)
    paid_out = MovementFacts("txn_p", "payout", "po_1", -500_000, 0, "PEN", now + LATER)
    failed = replace(paid_out, id="txn_pf", kind="payout_failure", amount_minor=500_000)
    fee = MovementFacts("txn_f", "stripe_fee", "", -900, 0, "PEN", now + LATER + timedelta(hours=1))
    for one in (fee, paid_out, failed, paid_out, fee):
        apply_movement(session, organisation_id=CAST.centre.id, now=now + LATER, movement=one)
    assert balance(session, AccountCode.BANK) == 0
    assert clearing(session) == PROCEEDS - FEE - 900
    dollars = MovementFacts("txn_u", "stripe_fee", "", -70, 0, "USD", now + LATER)
    apply_movement(session, organisation_id=CAST.centre.id, now=now + LATER, movement=dollars)
    assert session.get_one(CardMovement, "txn_u").entry_id is None, "an accountant books it by hand"
    check_books(session)


def test_a_payment_of_nobody_we_know_changes_nothing(
    session: Session, now: datetime, charged: IntentFacts
) -> None:
    strange = replace(charged, checkout_id=new_id())
    assert not apply_intent(session, organisation_id=CAST.centre.id, now=now, facts=strange)
    assert not apply_intent(session, organisation_id=CAST.other_centre.id, now=now, facts=charged)
    assert clearing(session) == 0
