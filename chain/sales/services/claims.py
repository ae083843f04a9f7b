"""What the mill finds of a lot after arrival, and the seller's answer where it differs from the contract."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.core import audit
from chain.core.clock import local_date
from chain.core.errors import FieldErrors, IdempotencyConflict, NotFound
from chain.core.i18n import N_, Message
from chain.custody.models import Dispatch, DispatchLine
from chain.custody.rules.words import DispatchState
from chain.lots.models import Lot
from chain.sales.adjusting import (
    CLAIM_STATE_LABELS,
    Change,
    ClaimState,
    class_change,
    floored,
    micron_change,
)
from chain.sales.errors import (
    ClaimAnswered,
    ClaimOpen,
    ClaimTooLate,
    NoPriceOfClass,
    NotArrived,
    SaleStateRefused,
)
from chain.sales.models import Sale, SaleClaim, SaleLine
from chain.sales.queries.due import is_kept
from chain.sales.queries.sales import get_sale_for
from chain.sales.rules import SALE_STATE_LABELS, SaleState, clean_reason, clean_text
from chain.sales.services.adjustments import add_adjustment, due_of_lot, lock_sale
from chain.sales.services.audit_tags import SalesAudit
from chain.sales.terms import Regrade, Terms, read_terms

MAX_MICRON_TENTHS = 1000
#: States of a load in which its lots have arrived.
ARRIVED = (DispatchState.ARRIVED.value, DispatchState.DISPUTED.value, DispatchState.SETTLED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the mill found of one lot. `amount_minor`: the change that the buyer asks for where no rule gives one."""

    id: UUID
    sale_id: UUID
    lot_id: UUID
    found_key: str | None = None
    found_micron_tenths: int | None = None
    amount_minor: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """A lot of a sale that has arrived."""

    lot: Lot
    price: int
    amount_minor: int
    accepted: int
    arrived_on: date


def record_finding(session: Session, *, actor: Actor, now: datetime, found: Found) -> SaleClaim:
    """Record what the mill found of a lot: it confirms the class, or it claims the change by the contract's rule.

    Raises:
        Forbidden: the actor may not record arrivals.
        NotFound: no such lot in a sale to the actor's organisation.
        NotArrived, ClaimTooLate, ClaimOpen, NoPriceOfClass, SaleStateRefused, ReasonMissing, ValidationFailed.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.ARRIVALS_CONFIRM)
    if get_sale_for(session, actor, found.sale_id).buyer_id != actor.org:
        raise NotFound
    sale = lock_sale(session, found.sale_id)
    known = session.get(SaleClaim, found.id)
    if known is not None:
        return _same(known, found)
    if sale.state != SaleState.AGREED:
        raise SaleStateRefused(state=Message(SALE_STATE_LABELS[SaleState(sale.state)]))
    line, terms = _arrived(session, sale, found.lot_id), read_terms(sale.terms)
    _check(found)
    last = line.arrived_on + timedelta(days=terms.claim_days)
    if local_date(now, get_organisation(session, sale.buyer_id).timezone) > last:
        raise ClaimTooLate(day=last)
    change, amount, basis = _change(session, sale, terms, line, found)
    state = ClaimState.AGREES if change is Change.CLASS and amount == 0 else ClaimState.OPEN
    if change is Change.MICRON and amount == 0:
        state = ClaimState.AGREES
    if state is ClaimState.OPEN:
        _refuse_second(session, sale, line.lot)
    row = SaleClaim(
        id=found.id,
        organisation_id=sale.organisation_id,
        buyer_id=sale.buyer_id,
        sale_id=sale.id,
        lot_id=found.lot_id,
        kind=change.value,
        state=state.value,
        found_key=found.found_key,
        found_micron_tenths=found.found_micron_tenths,
        accepted_quantity=line.accepted,
        amount_minor=floored(amount, due_of_lot(session, sale.id, found.lot_id)),
        basis=basis | {"asked": found.amount_minor},
        reason=clean_text(found.reason) if state is ClaimState.AGREES else clean_reason(found.reason),
        made_at=now,
        made_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    tag = SalesAudit.REGRADED if state is ClaimState.AGREES else SalesAudit.CLAIM_MADE
    after = {"sale_id": sale.id, "lot_id": found.lot_id, "kind": row.kind, "amount_minor": row.amount_minor}
    _note(session, tag, actor, now, row, after)
    return row


def answer_claim(
    session: Session, *, actor: Actor, now: datetime, claim_id: UUID, accept: bool, answer: str
) -> SaleClaim:
    """Accept a claim, which changes what is due, or reject it with a reason. The same answer again changes nothing.

    Raises:
        Forbidden: the actor may not answer for the seller.
        NotFound: there is no such claim on a sale of the actor's organisation.
        ClaimAnswered: it has the other answer.
        SaleStateRefused: the sale was settled meanwhile.
        ReasonMissing: a rejection without its reason.
    """
    actor.require(Permission.AWARDS_ACCEPT)
    known = session.get(SaleClaim, claim_id)
    if known is None or known.organisation_id != actor.org:
        raise NotFound
    sale = lock_sale(session, known.sale_id)
    claim = session.get_one(SaleClaim, claim_id, populate_existing=True)
    to = ClaimState.ACCEPTED if accept else ClaimState.REJECTED
    if claim.state == to:
        return claim
    if claim.state != ClaimState.OPEN:
        raise ClaimAnswered(state=Message(CLAIM_STATE_LABELS[ClaimState(claim.state)]))
    text = clean_text(answer) if accept else clean_reason(answer)
    if accept:
        if sale.state != SaleState.AGREED:
            raise SaleStateRefused(state=Message(SALE_STATE_LABELS[SaleState(sale.state)]))
        add_adjustment(
            session,
            now=now,
            sale=sale,
            lot_id=claim.lot_id,
            change=Change(claim.kind),
            source_id=claim.id,
            amount_minor=claim.amount_minor,
            basis=claim.basis,
            user_id=actor.user_id,
        )
    claim.state, claim.answer = to.value, text
    claim.answered_at, claim.answered_by = now, actor.user_id
    session.flush()
    _note(session, SalesAudit.CLAIM_ANSWERED, actor, now, claim, {"state": claim.state, "answer": text})
    return claim


def _same(known: SaleClaim, found: Found) -> SaleClaim:
    kept = (known.sale_id, known.lot_id, known.found_key, known.found_micron_tenths, known.basis.get("asked"))
    if kept != (found.sale_id, found.lot_id, found.found_key, found.found_micron_tenths, found.amount_minor):
        raise IdempotencyConflict
    return known


def _check(found: Found) -> None:
    errors = FieldErrors()
    if found.found_key is None and found.found_micron_tenths is None and found.amount_minor is None:
        errors.add("found_key", N_("Choose the class, or write the fineness or the amount."))
    micron = found.found_micron_tenths
    if micron is not None and not 0 < micron <= MAX_MICRON_TENTHS:
        errors.add("found_micron_tenths", N_("This figure cannot be right. Check it and its unit."))
    errors.raise_any()


def _arrived(session: Session, sale: Sale, lot_id: UUID) -> _Line:
    """Return a lot that the sale kept and that has arrived."""
    row = session.execute(
        select(Lot, SaleLine.price_minor_per_unit, SaleLine.amount_minor)
        .join(SaleLine, SaleLine.lot_id == Lot.id)
        .where(SaleLine.sale_id == sale.id, SaleLine.lot_id == lot_id, is_kept())
    ).first()
    if row is None:
        raise NotFound
    arrival = session.execute(
        select(Dispatch.arrived_at, DispatchLine.agreed_quantity, DispatchLine.quantity)
        .join(DispatchLine, DispatchLine.dispatch_id == Dispatch.id)
        .where(Dispatch.sale_id == sale.id, DispatchLine.lot_id == lot_id, Dispatch.state.in_(ARRIVED))
        .order_by(Dispatch.arrived_at.desc())
        .limit(1)
    ).first()
    if arrival is None or arrival.arrived_at is None:
        raise NotArrived(number=row.Lot.number)
    accepted = arrival.quantity if arrival.agreed_quantity is None else arrival.agreed_quantity
    day = local_date(arrival.arrived_at, get_organisation(session, sale.buyer_id).timezone)
    return _Line(row.Lot, row.price_minor_per_unit, row.amount_minor, accepted, day)


def _change(
    session: Session, sale: Sale, terms: Terms, line: _Line, found: Found
) -> tuple[Change, int, dict[str, Any]]:
    """Return the kind of the change, its amount, and the figures behind it."""
    basis: dict[str, Any] = {"rule": terms.regrade.value, "quantity": line.accepted}
    same_class = found.found_key is None or found.found_key == line.lot.grade_key
    if found.amount_minor is not None:
        return Change.AMOUNT, found.amount_minor, basis
    if terms.regrade is Regrade.MICRON and found.found_micron_tenths is not None and line.lot.micron_tenths:
        amount = micron_change(
            due_of_lot(session, sale.id, line.lot.id),
            line.lot.micron_tenths,
            found.found_micron_tenths,
            terms.micron_bp,
        )
        figures = {"agreed_tenths": line.lot.micron_tenths, "found_tenths": found.found_micron_tenths}
        return Change.MICRON, amount, basis | figures | {"micron_bp": terms.micron_bp}
    if same_class:
        return Change.CLASS, 0, basis
    price = None
    if terms.regrade is Regrade.PRICES and found.found_key is not None:
        price = _price_of(session, sale, terms, line.lot, found.found_key)
    if price is None:
        raise NoPriceOfClass
    prices: dict[str, Any] = {
        "class_before": line.lot.grade_key,
        "price_before": line.price,
        "price_after": price,
    }
    return Change.CLASS, class_change(line.accepted, line.price, price), basis | prices


def _price_of(session: Session, sale: Sale, terms: Terms, lot: Lot, key: str) -> int | None:
    """Return the price of a class in a contract: from its price table, or that of its other lots of the class."""
    if key in terms.class_prices:
        return terms.class_prices[key]
    prices = session.scalars(
        select(SaleLine.price_minor_per_unit)
        .join(Lot, Lot.id == SaleLine.lot_id)
        .where(
            SaleLine.sale_id == sale.id,
            Lot.grade_scheme == lot.grade_scheme,
            Lot.grade_edition == lot.grade_edition,
            Lot.grade_key == key,
        )
        .distinct()
        .limit(2)
    ).all()
    return prices[0] if len(prices) == 1 else None


def _refuse_second(session: Session, sale: Sale, lot: Lot) -> None:
    waiting = session.scalar(
        select(SaleClaim.id).where(
            SaleClaim.sale_id == sale.id,
            SaleClaim.lot_id == lot.id,
            SaleClaim.state == ClaimState.OPEN.value,
        )
    )
    if waiting is not None:
        raise ClaimOpen(number=lot.number)


def _note(  # noqa: PLR0917 - private; one line of facts
    session: Session, tag: SalesAudit, actor: Actor, now: datetime, row: SaleClaim, after: dict[str, Any]
) -> None:
    audit.record(
        session, tag=tag, actor=actor, now=now, subject_type="sale_claim", subject_id=row.id, after=after
    )
