"""Credit that a seller grants, deposits that it receives, and their way back. Each holds the limit's row while it writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.buyers.errors import DepositTooSmall, NotABuyer, ReturnStateRefused
from chain.buyers.limit_rules import RETURN_STATE_LABELS, DepositKind, Means, ReturnState
from chain.buyers.models import BuyerCredit, BuyerDeposit, DepositReturn, TradingLimit
from chain.buyers.services.audit_tags import BuyersAudit
from chain.buyers.services.limits import enqueue_return, lock_limit
from chain.buyers.services.vetting import own_seller
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_
from chain.core.money import Money
from chain.core.text import tidy, tidy_lines

MAX_AMOUNT_MINOR = 10**12
MAX_CREDIT = timedelta(days=3 * 366)
REFERENCE_LENGTH = 200

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Movement:
    """A movement of a deposit."""

    kind: str
    amount_minor: int
    means: str
    happened_on: date
    reference: str | None = None
    note: str | None = None


def grant_credit(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    credit_id: UUID,
    buyer_id: UUID,
    amount_minor: int,
    until: date,
    reason: str,
) -> BuyerCredit:
    """Grant a buyer credit in the seller's currency, in place of the credit before; 0 ends it. Once per id.

    Raises:
        NotFound: no such buying organisation.
        ValidationFailed: amount, day or reason cannot be right.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.CREDITS_WRITE)
    seller, _buyer = own_seller(session, actor), _buyer_organisation(session, buyer_id)
    content = {
        "organisation_id": seller.id,
        "buyer_id": buyer_id,
        "amount_minor": amount_minor,
        "currency": seller.currency,
        "until": until,
        "reason": tidy_lines(reason),
    }
    limit = lock_limit(session, seller_id=seller.id, buyer_id=buyer_id, currency=seller.currency)
    known = session.get(BuyerCredit, credit_id)
    if known is not None:
        return _same(known, content)
    today = local_date(now, seller.timezone)
    errors = FieldErrors()
    if not 0 <= amount_minor <= MAX_AMOUNT_MINOR:
        errors.add("amount", N_("The amount must be zero or above, and believable."))
    if not today <= until <= today + MAX_CREDIT:
        errors.add("until", N_("A credit runs from today for at most 3 years."))
    if not content["reason"]:
        errors.add("reason", N_("Write the reason."))
    errors.raise_any()
    row = BuyerCredit(id=credit_id, granted_at=now, granted_by=actor.user_id, **content)
    session.add(row)
    before = {"credit_minor": limit.credit_minor, "credit_until": limit.credit_until}
    limit.credit_minor, limit.credit_until = amount_minor, until
    session.flush()
    _note(session, BuyersAudit.CREDIT_GRANTED, actor, now, buyer_id, before=before, after=content)
    return row


def record_deposit(
    session: Session, *, actor: Actor, now: datetime, deposit_id: UUID, buyer_id: UUID, movement: Movement
) -> BuyerDeposit:
    """Keep a movement of a buyer's deposit, in the seller's currency, once per id.

    A return may not touch what covers commitments: the deposit stays at least as large as what is held above the credit.

    Raises:
        NotFound: no such buying organisation.
        ValidationFailed: the movement cannot be right.
        DepositTooSmall: more goes out than there is free.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.CREDITS_WRITE)
    seller, _buyer = own_seller(session, actor), _buyer_organisation(session, buyer_id)
    content = _content(movement, seller, buyer_id)
    limit = lock_limit(session, seller_id=seller.id, buyer_id=buyer_id, currency=seller.currency)
    known = session.get(BuyerDeposit, deposit_id)
    if known is not None:
        return _same(known, content)
    _check_movement(movement, local_date(now, seller.timezone)).raise_any()
    if movement.kind != DepositKind.RECEIVED:
        _check_enough(limit, movement)
    row = BuyerDeposit(id=deposit_id, recorded_at=now, recorded_by=actor.user_id, **content)
    session.add(row)
    sign = 1 if movement.kind == DepositKind.RECEIVED else -1
    limit.deposit_minor += sign * movement.amount_minor
    session.flush()
    _note(session, BuyersAudit.DEPOSIT_RECORDED, actor, now, buyer_id, after=content)
    return row


def ask_return(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    return_id: UUID,
    seller_id: UUID,
    currency: str,
    pay_to: str,
) -> DepositReturn:
    """Ask a seller for the own deposit back. It becomes due as soon as nothing is committed. Once per id.

    Raises:
        NotABuyer, NotFound: the actor's organisation buys nothing, or has no deposit there.
        ReturnStateRefused: it was asked for before.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.BIDS_PLACE)
    if actor.organisation_kind is not OrganisationKind.BUYER:
        raise NotABuyer
    known = session.get(DepositReturn, return_id)
    content: dict[str, Any] = {
        "organisation_id": seller_id,
        "buyer_id": actor.org,
        "currency": currency,
        "pay_to": tidy(pay_to),
    }
    if known is not None:
        return _same(known, content)
    if session.get(TradingLimit, (seller_id, actor.org, currency)) is None:
        raise NotFound
    limit = lock_limit(session, seller_id=seller_id, buyer_id=actor.org, currency=currency)
    errors = FieldErrors()
    if not 0 < len(content["pay_to"]) <= REFERENCE_LENGTH:
        errors.add("pay_to", N_("Write the account or the number of the QR wallet."))
    errors.raise_any()
    if limit.deposit_minor == 0:
        raise DepositTooSmall(free=Money(0, currency))
    open_one = session.scalar(
        select(DepositReturn.state).where(
            DepositReturn.organisation_id == seller_id,
            DepositReturn.buyer_id == actor.org,
            DepositReturn.currency == currency,
            DepositReturn.state == ReturnState.WAITING.value,
        )
    )
    if open_one is not None:
        raise ReturnStateRefused(state=RETURN_STATE_LABELS[ReturnState(open_one)])
    row = DepositReturn(
        id=return_id, state=ReturnState.WAITING.value, asked_at=now, asked_by=actor.user_id, **content
    )
    session.add(row)
    session.flush()
    _note(session, BuyersAudit.RETURN_ASKED, actor, now, actor.org, after=content)
    if limit.held_minor == 0:
        enqueue_return(session, limit, now)
    return row


def return_when_free(session: Session, *, actor: Actor, now: datetime, return_id: UUID) -> DepositReturn:
    """Take a deposit out of the limit so that it can be paid back, when nothing is committed; else wait on."""
    row = session.get_one(DepositReturn, return_id)
    limit = lock_limit(session, seller_id=row.organisation_id, buyer_id=row.buyer_id, currency=row.currency)
    row = session.get_one(DepositReturn, return_id, populate_existing=True)
    if row.state != ReturnState.WAITING or limit.held_minor or not limit.deposit_minor:
        return row
    row.state, row.amount_minor, row.due_at = ReturnState.TO_PAY.value, limit.deposit_minor, now
    session.add(
        BuyerDeposit(
            organisation_id=row.organisation_id,
            buyer_id=row.buyer_id,
            kind=DepositKind.RETURNED.value,
            amount_minor=limit.deposit_minor,
            currency=row.currency,
            means=Means.TRANSFER.value,
            reference=row.pay_to,
            happened_on=local_date(now, get_organisation(session, row.organisation_id).timezone),
            recorded_at=now,
        )
    )
    limit.deposit_minor = 0
    session.flush()
    after = {"state": row.state, "amount_minor": row.amount_minor}
    _note(session, BuyersAudit.RETURN_DUE, actor, now, row.buyer_id, after=after)
    return row


def pay_return(
    session: Session, *, actor: Actor, now: datetime, return_id: UUID, reference: str
) -> DepositReturn:
    """Note that a deposit was paid back, with the number of the transfer; the same again changes nothing.

    Raises:
        NotFound: none, or another seller's.
        ReturnStateRefused: it is not to be paid.
    """
    actor.require(Permission.CREDITS_WRITE)
    row = session.get(DepositReturn, return_id, with_for_update=True, populate_existing=True)
    if row is None or row.organisation_id != actor.org:
        raise NotFound
    text = tidy(reference)[:REFERENCE_LENGTH]
    if row.state == ReturnState.PAID and row.reference == text:
        return row
    if row.state != ReturnState.TO_PAY:
        raise ReturnStateRefused(state=RETURN_STATE_LABELS[ReturnState(row.state)])
    errors = FieldErrors()
    if not text:
        errors.add("reference", N_("Write the number of the transfer."))
    errors.raise_any()
    row.state, row.paid_at, row.paid_by, row.reference = ReturnState.PAID.value, now, actor.user_id, text
    session.flush()
    after = {"state": row.state, "reference": text}
    _note(session, BuyersAudit.RETURN_PAID, actor, now, row.buyer_id, after=after)
    return row


def withdraw_return(session: Session, *, actor: Actor, now: datetime, return_id: UUID) -> DepositReturn:
    """Take back the wish for a deposit while it waits; a withdrawn one stays as it is.

    Raises:
        NotFound: none, or another buyer's.
        ReturnStateRefused: it is due or paid.
    """
    actor.require(Permission.BIDS_PLACE)
    row = session.get(DepositReturn, return_id)
    if row is None or row.buyer_id != actor.org:
        raise NotFound
    lock_limit(session, seller_id=row.organisation_id, buyer_id=row.buyer_id, currency=row.currency)
    row = session.get_one(DepositReturn, return_id, populate_existing=True)
    if row.state == ReturnState.WITHDRAWN:
        return row
    if row.state != ReturnState.WAITING:
        raise ReturnStateRefused(state=RETURN_STATE_LABELS[ReturnState(row.state)])
    row.state = ReturnState.WITHDRAWN.value
    session.flush()
    _note(session, BuyersAudit.RETURN_WITHDRAWN, actor, now, actor.org, after={"state": row.state})
    return row


def _buyer_organisation(session: Session, buyer_id: UUID) -> Organisation:
    found = session.get(Organisation, buyer_id)
    if found is None or found.kind != OrganisationKind.BUYER:
        raise NotFound
    return found


def _content(movement: Movement, seller: Organisation, buyer_id: UUID) -> dict[str, Any]:
    return {
        "organisation_id": seller.id,
        "buyer_id": buyer_id,
        "kind": movement.kind,
        "amount_minor": movement.amount_minor,
        "currency": seller.currency,
        "means": movement.means,
        "reference": tidy(movement.reference or "")[:REFERENCE_LENGTH] or None,
        "happened_on": movement.happened_on,
        "note": tidy_lines(movement.note) or None,
    }


def _check_movement(movement: Movement, today: date) -> FieldErrors:
    errors = FieldErrors()
    if movement.kind not in set(DepositKind):
        errors.add("kind", N_("Choose one of the options."))
    if movement.means not in set(Means):
        errors.add("means", N_("Choose one of the options."))
    if not 0 < movement.amount_minor <= MAX_AMOUNT_MINOR:
        errors.add("amount", N_("The amount must be above zero and believable."))
    if movement.means != Means.CASH and not tidy(movement.reference or ""):
        errors.add("reference", N_("Write the number of the transfer."))
    if movement.happened_on > today:
        errors.add("happened_on", N_("The day is in the future."))
    if movement.kind == DepositKind.KEPT and not tidy_lines(movement.note):
        errors.add("note", N_("Write why the deposit is kept."))
    return errors


def _check_enough(limit: TradingLimit, movement: Movement) -> None:
    free = limit.deposit_minor
    if movement.kind == DepositKind.RETURNED:
        free = max(0, min(free, limit.deposit_minor - limit.held_minor))
    if movement.amount_minor > free:
        raise DepositTooSmall(free=Money(free, limit.currency))


def _same(known: Row, content: Mapping[str, Any]) -> Row:
    if any(getattr(known, name) != value for name, value in content.items()):
        raise IdempotencyConflict
    return known


def _note(
    session: Session,
    tag: BuyersAudit,
    actor: Actor,
    now: datetime,
    buyer_id: UUID,
    *,
    after: Mapping[str, Any],
    before: Mapping[str, Any] | None = None,
) -> None:
    audit.record(
        session,
        tag=tag,
        actor=actor,
        now=now,
        subject_type="organisation",
        subject_id=buyer_id,
        before=before,
        after=after,
    )
