"""Preparing the settlement of a sale: what each producer is owed of its proceeds, in one transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_organisation, get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import NotFound
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.ledger.services.posting import lock_books
from chain.lots.models import Lot
from chain.pricing.queries import class_values, schemes_between
from chain.pricing.rules.classes import value_of
from chain.pricing.rules.states import Lane
from chain.sales.errors import GoodsNotAccepted, SaleWaits
from chain.sales.models import Sale, SaleLine
from chain.sales.queries import SaleDelivery, get_sale_for, sale_deliveries
from chain.sales.queries.acceptance import accepted_on
from chain.sales.queries.due import due_in_books, is_kept, is_unclear
from chain.sales.services.adjustments import adjust_by_arrivals
from chain.sales.terms import in_books, read_terms
from chain.settlement.errors import NothingToSettle, SaleAlreadySettled
from chain.settlement.lines import blocks_of
from chain.settlement.models import SettlementRun
from chain.settlement.queries.earlier import PaidParts, paid_parts
from chain.settlement.rules import RunKind, RunMethod, RunState
from chain.settlement.services.storing import Basis, known_run, store_run
from chain.settlement.services.taking import dues_not_planned, take_dues
from chain.settlement.sharing import (
    PREMIUM_LABELS,
    Premium,
    Share,
    Sold,
    by_class_value,
    retain,
    sale_lines,
    take_paid_before,
)

BY_VALUE = N_("One price for all classes: shared by quantity times class value.")
BY_PRICE = N_("Each lot at its own agreed price.")


def prepare_sale_run(
    session: Session, *, actor: Actor, now: datetime, run_id: UUID, sale_id: UUID
) -> SettlementRun:
    """Share a sale's proceeds over its producers and take off what is due; the same id again changes nothing.

    What is due is the agreed amount with its adjustments, in the currency of the books at the contract's rate. A sale at
    one price for several classes is shared by quantity times class value, when values are in force. What was made of deliveries
    that a period run has paid already (cheese of bought milk) is the organisation's own. What a run paid as a floor price
    at the delivery is taken off: this is the second payment.

    Raises:
        Forbidden: the actor may not prepare runs.
        NotFound: the sale is not one of the organisation's.
        SaleAlreadySettled: another run of this sale stands.
        SaleWaits: a claim or a load in dispute may change what is due.
        GoodsNotAccepted: the buyer paid before the goods left, and has not accepted them yet.
        NothingToSettle: the sale ended and let all its lots go.
        PeriodRunWaits: a run that may still be discarded pays some of the deliveries.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    digest = content_hash({"kind": RunKind.SALE.value, "sale_id": sale_id})
    known = known_run(session, actor, run_id, digest)
    if known is not None:
        return known
    sale = _sale_to_settle(session, actor, now, sale_id)
    parts = sale_deliveries(session, sale.id)
    if not parts:
        raise NothingToSettle
    organisation = get_own_organisation(session, actor)
    day = local_date(sale.agreed_at, organisation.timezone)
    total = sum(one.amount_minor for one in parts)
    assert total == due_in_books(session, sale), "a sale's lots sum to what is due"  # noqa: S101 - an invariant of the sales
    sold, is_by_value = shared_parts(session, sale, parts, day)
    paid = paid_parts(session, actor.org, sold)
    owed = [one for one in sold if one.source_id not in paid.bought]
    own = [one for one in sold if one.source_id in paid.bought]
    lines = sale_lines(owed, sale.unit, total)
    retain(lines, _shares(session, organisation, sale.commodity, owed, paid))
    take_paid_before(lines, paid.earlier)
    today = local_date(now, organisation.timezone)
    dues = dues_not_planned(session, actor.org, sale.book_currency, day, day, debts_to=today)
    take_dues(session, lines, dues, sale.unit, _charged(owed, paid))
    sharing = BY_VALUE if is_by_value else BY_PRICE
    basis = _basis(session, sale, own, total, {"sharing": sharing, "dues": dues.terms})
    return store_run(
        session,
        actor=actor,
        now=now,
        run_id=run_id,
        digest=digest,
        basis=basis,
        lines=lines,
        blocks=blocks_of(lines),
    )


def _basis(session: Session, sale: Sale, own: Sequence[Sold], total: int, more: Mapping[str, str]) -> Basis:
    return Basis(
        kind=RunKind.SALE,
        method=RunMethod.PROCEEDS,
        commodity=sale.commodity,
        currency=sale.book_currency,
        unit=sale.unit,
        sale_id=sale.id,
        own_quantity=sum(one.quantity for one in own),
        own_minor=sum(one.amount_minor for one in own),
        facts={
            **more,
            "total_minor": total,
            "buyer": get_organisation(session, sale.buyer_id).name,
            "sale_number": sale.number,
            "rate": _rate(sale),
        },
    )


def _charged(owed: Collection[Sold], paid: PaidParts) -> dict[UUID, int]:
    """Return how much of the sale was charged when its floor price was paid, by producer."""
    found: dict[UUID, int] = {}
    for one in owed:
        if one.source_id in paid.rests:
            found[one.producer_id] = found.get(one.producer_id, 0) + one.quantity
    return found


def _sale_to_settle(session: Session, actor: Actor, now: datetime, sale_id: UUID) -> Sale:
    sale = get_sale_for(session, actor, sale_id)
    if sale.organisation_id != actor.org:
        raise NotFound  # the buyer sees the sale, and settles nothing
    number = session.scalar(
        select(SettlementRun.number).where(
            SettlementRun.sale_id == sale.id, SettlementRun.state != RunState.DISCARDED.value
        )
    )
    if number is not None:
        raise SaleAlreadySettled(number=number)
    adjust_by_arrivals(session, now=now, sale_id=sale.id, user_id=actor.user_id)
    if is_unclear(session, sale.id):
        raise SaleWaits(number=sale.number)
    if read_terms(sale.terms).secured:
        day = accepted_on(session, sale)
        if day is None or day > local_date(now, get_organisation(session, sale.buyer_id).timezone):
            raise GoodsNotAccepted(number=sale.number)
    return sale


def _rate(sale: Sale) -> dict[str, object] | None:
    if sale.currency == sale.book_currency:
        return None
    return {
        "currency": sale.currency,
        "book_currency": sale.book_currency,
        "rate_millionths": sale.rate_millionths,
        "on": sale.rate_on.isoformat() if sale.rate_on else "",
        "source": sale.rate_source,
    }


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a lot's part of a mixed sale is valued by."""

    colour: str | None
    price_minor: int | None
    claim: str


def shared_parts(
    session: Session, sale: Sale, parts: Sequence[SaleDelivery], day: date
) -> tuple[list[Sold], bool]:
    """Return the parts with their amounts, and whether they were shared by class value."""
    sold = [
        Sold(
            one.lot_id,
            one.source_id,
            one.producer_id,
            one.quantity,
            one.grade_label or sale.commodity,
            one.delivered_on,
            one.amount_minor,
        )
        for one in parts
    ]
    classes = {one.grade_key for one in parts}
    facts = _facts(session, sale.id)
    prices = {one.price_minor for one in facts.values()}
    values = class_values(session, sale.organisation_id, sale.commodity, day)
    if len(classes) < 2 or len(prices) != 1:  # noqa: PLR2004 - one class needs no sharing, two do
        return _with_premiums(session, sale, sold, parts, facts, values), False
    found = [value_of(values, one.grade_key, facts[one.lot_id].colour) for one in parts]
    known = [value for value in found if value]
    if len(known) != len(parts):
        return _with_premiums(session, sale, sold, parts, facts, values), False
    return by_class_value(sold, known, sum(one.amount_minor for one in sold)), True


def _with_premiums(  # noqa: PLR0917 - private; two calls
    session: Session,
    sale: Sale,
    sold: Sequence[Sold],
    parts: Sequence[SaleDelivery],
    facts: Mapping[UUID, _Facts],
    values: Mapping[tuple[str, str | None], int],
) -> list[Sold]:
    """Mark what of a lot's price the buyer pays for its claim: above the same class and colour without it, in this sale or by its value.

    Prices are compared in the currency of the books, at the contract's rate.
    """
    prices = {
        lot_id: in_books(one.price_minor, sale.rate_millionths) if one.price_minor else 0
        for lot_id, one in facts.items()
    }
    plain: dict[tuple[str, str | None], int] = {}
    for one in sold:
        fact, price = facts[one.lot_id], prices[one.lot_id]
        if fact.claim not in PREMIUM_LABELS and price:
            key = (one.label, fact.colour)
            plain[key] = min(plain.get(key, price), price)
    buyer = get_organisation(session, sale.buyer_id).name
    found = []
    for one, part in zip(sold, parts, strict=True):
        fact, price = facts[one.lot_id], prices[one.lot_id]
        base = plain.get((one.label, fact.colour)) or value_of(values, part.grade_key, fact.colour)
        if fact.claim in PREMIUM_LABELS and base is not None and price > base:
            found.append(replace(one, premium=Premium(fact.claim, sale.number, buyer, price, base)))
        else:
            found.append(one)
    return found


def _facts(session: Session, sale_id: UUID) -> dict[UUID, _Facts]:
    rows = session.execute(
        select(SaleLine.lot_id, Lot.colour, SaleLine.price_minor_per_unit, Lot.claim)
        .join(Lot, Lot.id == SaleLine.lot_id)
        .where(SaleLine.sale_id == sale_id, is_kept())
    )
    return {row.lot_id: _Facts(row.colour, row.price_minor_per_unit, row.claim) for row in rows}


def _shares(
    session: Session,
    organisation: Organisation,
    commodity: str,
    owed: Collection[Sold],
    paid: PaidParts,
) -> Mapping[UUID, Share]:
    """Return which part of the proceeds each delivery gets: by the rule of its floor price, or the share in force on its day."""
    found = dict(paid.rests)
    days = {one.delivered_on for one in owed if one.source_id not in found}
    if not days:
        return found
    spans = schemes_between(session, organisation, commodity, min(days), max(days), lane=Lane.SHARE)
    for one in owed:
        if one.source_id in found:
            continue
        span = next((span for span in spans if span.holds(one.delivered_on)), None)
        if span is not None and span.content.share_basis_points is not None:
            found[one.source_id] = Share(span.content.share_basis_points, span.name, span.decided_by)
    return found
