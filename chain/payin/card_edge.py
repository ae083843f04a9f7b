"""Between the card provider and the books: ask outside of transactions, apply inside one. Used by pages, command and timer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import find_organisation_by_code
from chain.core.config import Settings
from chain.core.db import atomic, db
from chain.payin.errors import CardProviderAway, CardRefundRefused, CardsOff
from chain.payin.models import (
    BuyerPayment,
    BuyerRefund,
    CardCheckout,
    CardDispute,
    CardEvent,
    CardMovement,
    Invoice,
)
from chain.payin.provider import CardProvider, Notice
from chain.payin.queries.cards import CardCheck, card_checks, open_disputes, unbooked_movements
from chain.payin.rules import CheckoutState, Means, RefundState
from chain.payin.services import cards

log = structlog.get_logger(__name__)

EXTENSION = "chain_card_provider"
#: How far back a catch-up looks beyond the last known event: notices come out of order.
OVERLAP = timedelta(hours=6)
#: The provider keeps its events for 30 days.
MOST_DAYS = 30
#: Kinds of events that say something about our payments; whatever else comes is stored and changes nothing.
FAILED = "checkout.session.async_payment_failed"
OURS = ("checkout.session.", "charge.", "refund.", "payment_intent.")


def card_provider() -> CardProvider | None:
    """Return the provider, or None when its keys are not set."""
    app = current_app
    if EXTENSION not in app.extensions:
        settings: Settings = app.config["SETTINGS"]
        app.extensions[EXTENSION] = (
            CardProvider(
                settings.stripe_secret_key, settings.stripe_webhook_secret, settings.stripe_organisation
            )
            if settings.stripe_secret_key
            else None
        )
    found: CardProvider | None = app.extensions[EXTENSION]
    return found


def card_house(session: Session) -> tuple[CardProvider, Organisation]:
    """Return the provider with the organisation whose account it is.

    Raises:
        CardsOff: there is no provider, or no such organisation.
    """
    provider = card_provider()
    house = None if provider is None else find_organisation_by_code(session, provider.organisation_code)
    if provider is None or house is None:
        raise CardsOff
    return provider, house


def takes_cards(session: Session, organisation_id: UUID) -> bool:
    """Tell whether the invoices of an organisation can be paid by card."""
    try:
        return card_house(session)[1].id == organisation_id
    except CardsOff:
        return False


@dataclass(frozen=True, slots=True)
class CardReconciliation:
    """The books against the provider's balance."""

    is_on: bool
    is_away: bool
    checks: list[CardCheck]
    unbooked: Sequence[CardMovement]
    disputes: Sequence[CardDispute]


def reconcile_cards(house_id: UUID) -> CardReconciliation:
    """Ask the provider for its balance and hold our movements and the books against it."""
    is_on = takes_cards(db.session, house_id)
    balances, is_away = None, False
    if is_on:
        try:
            balances = card_house(db.session)[0].balance()
        except CardProviderAway:
            is_away = True
    return CardReconciliation(
        is_on,
        is_away,
        card_checks(db.session, house_id, balances),
        unbooked_movements(db.session, house_id),
        open_disputes(db.session, house_id),
    )


def open_checkout(checkout_id: UUID, *, success_url: str, cancel_url: str, language: str) -> str:
    """Return the address of the provider's page for a try that was begun; the same one on every repeat.

    Raises:
        CardsOff: the keys are not set or belong to another organisation.
        CardProviderAway: no answer; nothing is charged, and a repeat finds the same page.
    """
    provider, house = card_house(db.session)
    checkout = db.session.get_one(CardCheckout, checkout_id)
    invoice = db.session.get_one(Invoice, checkout.invoice_id)
    if checkout.organisation_id != house.id:
        raise CardsOff
    if checkout.url and checkout.state == CheckoutState.OPEN:
        return checkout.url
    facts = provider.open_checkout(
        checkout_id=checkout.id,
        invoice_id=invoice.id,
        serial=invoice.serial,
        seller=house.name,
        amount_minor=checkout.amount_minor,
        currency=checkout.currency,
        expires_at=checkout.expires_at,
        success_url=success_url,
        cancel_url=cancel_url,
        language=language,
    )
    with atomic() as session:
        cards.apply_session(session, organisation_id=house.id, facts=facts)
    if not facts.url:
        raise CardProviderAway
    return facts.url


def take_notice(notice: Notice, now: datetime) -> str:
    """Bring what a notice tells into the books, once; return applied, nothing or known.

    Raises:
        CardsOff: there is no provider.
        CardProviderAway: the object could not be asked for; the notice is not stored and comes again.
    """
    provider, house = card_house(db.session)
    if db.session.get(CardEvent, notice.id) is not None:
        return "known"
    db.session.rollback()
    effect = _effect_of(provider, house.id, notice, now)
    with atomic() as session:
        is_new = cards.keep_event(
            session,
            organisation_id=house.id,
            now=now,
            notice=notice,
            outcome="nothing" if effect is None else "applied",
        )
        if not is_new:
            return "known"
        if effect is not None:
            effect(session)
    return "nothing" if effect is None else "applied"


Effect = Callable[[Session], None]


def _effect_of(provider: CardProvider, house_id: UUID, notice: Notice, now: datetime) -> Effect | None:
    """Ask the provider for the state of what a notice names, and return how it is applied."""
    if not notice.type.startswith(OURS):
        return None
    if notice.object_kind == "checkout.session":
        facts = provider.session(notice.object_id)
        intent = provider.intent(facts.intent_id) if facts.intent_id else None

        def apply_all(session: Session) -> None:
            cards.apply_session(session, organisation_id=house_id, facts=facts)
            if intent is not None:
                cards.apply_intent(session, organisation_id=house_id, now=now, facts=intent)
            if notice.type == FAILED:
                cards.fail_checkout(session, organisation_id=house_id, checkout_id=facts.checkout_id)

        return apply_all
    intent_id = notice.intent_id
    if intent_id is None and notice.charge_id is not None:
        intent_id = provider.intent_of_charge(notice.charge_id)
    if intent_id is None:
        return None
    found = provider.intent(intent_id)

    def apply(session: Session) -> None:
        cards.apply_intent(session, organisation_id=house_id, now=now, facts=found)

    return apply


def push_refund(refund_id: UUID, now: datetime) -> None:
    """Send an approved refund to the card and book it; the same refund again sends nothing twice.

    Raises:
        CardsOff: there is no provider.
        CardRefundRefused: it cannot be; the refund is marked as failed.
        CardProviderAway: no answer; the catch-up tries again.
    """
    refund = db.session.get_one(BuyerRefund, refund_id, populate_existing=True)
    if refund.state != RefundState.APPROVED:
        return
    provider, house = card_house(db.session)
    checkout = db.session.scalar(select(CardCheckout).where(CardCheckout.payment_id == refund.payment_id))
    if checkout is None or not checkout.charge_id:
        return
    charge, intent = checkout.charge_id, checkout.intent_id
    db.session.rollback()
    try:
        provider.send_refund(
            refund_id=refund.id, charge_id=charge, amount_minor=refund.amount_minor, currency=refund.currency
        )
    except CardRefundRefused:
        with atomic() as session:
            cards.fail_refund(session, organisation_id=house.id, now=now, refund_id=refund_id)
        raise
    if intent is None:
        return
    facts = provider.intent(intent)
    with atomic() as session:
        cards.apply_intent(session, organisation_id=house.id, now=now, facts=facts)


def send_refund(refund_id: UUID, now: datetime) -> bool:
    """Send an approved refund to the card, if it is one; False when the provider could not be reached and the catch-up sends it.

    Raises:
        CardRefundRefused: it cannot be; the refund is marked as failed.
    """
    try:
        push_refund(refund_id, now)
    except (CardProviderAway, CardsOff):
        return False
    return True


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What a catch-up found."""

    events: int
    movements: int
    refunds: int
    expired: int


def catch_up(now: datetime, *, since: datetime | None = None) -> CaughtUp:
    """Ask for what was missed: events, movements of the balance, refunds to send; each is applied once.

    Raises:
        CardsOff: there is no provider.
        CardProviderAway: no answer; what was applied stays.
    """
    provider, house = card_house(db.session)
    oldest = now - timedelta(days=MOST_DAYS)
    last = db.session.scalar(select(func.max(CardEvent.made_at)))
    start = since or max(oldest, last - OVERLAP if last is not None else oldest)
    db.session.rollback()
    events = sum(take_notice(one, now) == "applied" for one in provider.notices(start))
    movements = _catch_movements(provider, house.id, now, since or oldest)
    refunds = _push_waiting(house.id, now)
    with atomic() as session:
        expired = _expire(session, house.id, now)
    log.info("card_catch_up", events=events, movements=movements, refunds=refunds, expired=expired)
    return CaughtUp(events, movements, refunds, expired)


def _catch_movements(provider: CardProvider, house_id: UUID, now: datetime, oldest: datetime) -> int:
    """Read the movements that are not kept: those of payments through their payment, the others as they are."""
    count = 0
    listed = provider.movements(oldest)
    known = set(db.session.scalars(select(CardMovement.provider_id).where(CardMovement.made_at >= oldest)))
    charges = {
        row.charge_id: row.intent_id
        for row in db.session.execute(
            select(CardCheckout.charge_id, CardCheckout.intent_id).where(
                CardCheckout.organisation_id == house_id, CardCheckout.intent_id.is_not(None)
            )
        )
    }
    db.session.rollback()
    for one in listed:
        if one.id in known:
            continue
        intent_id = charges.get(one.source)
        if intent_id is None and one.source.startswith("ch_"):
            intent_id = provider.intent_of_charge(one.source)
        facts = provider.intent(intent_id) if intent_id is not None else None
        with atomic() as session:
            if facts is not None:
                cards.apply_intent(session, organisation_id=house_id, now=now, facts=facts)
            count += cards.apply_movement(session, organisation_id=house_id, now=now, movement=one)
    return count


def _push_waiting(house_id: UUID, now: datetime) -> int:
    waiting = db.session.scalars(
        select(BuyerRefund.id)
        .join(BuyerPayment, BuyerPayment.id == BuyerRefund.payment_id)
        .where(
            BuyerRefund.organisation_id == house_id,
            BuyerRefund.state == RefundState.APPROVED.value,
            BuyerPayment.means == Means.CARD.value,
        )
        .order_by(BuyerRefund.asked_at)
    ).all()
    db.session.rollback()
    sent = 0
    for refund_id in waiting:
        try:
            push_refund(refund_id, now)
        except (CardProviderAway, CardRefundRefused) as refused:  # one that hangs holds up no other
            log.warning("card_refund_not_sent", refund=str(refund_id), code=refused.code)
        else:
            sent += 1
    return sent


def _expire(session: Session, house_id: UUID, now: datetime) -> int:
    """Close tries whose page was never opened."""
    rows = session.scalars(
        select(CardCheckout).where(
            CardCheckout.organisation_id == house_id,
            CardCheckout.state == CheckoutState.ASKED.value,
            CardCheckout.expires_at < now,
        )
    ).all()
    for row in rows:
        row.state = CheckoutState.EXPIRED.value
    return len(rows)
