"""Opening and cancelling clocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import exists, insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, Permission
from chain.auctions.clock.errors import ClockLotRefused
from chain.auctions.clock.models import Clock, ClockLot, ClockProduct, ClockRequest
from chain.auctions.clock.rules import (
    MAX_LOTS,
    ClockState,
    ClockTerms,
    Raise,
    check_terms,
    check_transition,
)
from chain.auctions.clock.sealed import seed_context
from chain.auctions.clock.services.steps import (
    DUE_MESSAGE,
    ClockAudit,
    lock_clock_lots,
    lock_own_clock,
    note_clock,
    write_entries,
)
from chain.core.errors import FieldErrors, IdempotencyConflict
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.ids import new_id
from chain.core.money import GRAMS_PER_KILOGRAM
from chain.core.outbox import enqueue
from chain.core.sealing import commitment, new_nonce, sealer
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.lots.rules import LotState
from chain.lots.services.states import change_lot_states
from chain.sales.rules import MAX_NOTE, Entry, clean_reason, clean_text
from chain.sales.services.numbers import Series, next_number


@dataclass(frozen=True, slots=True)
class NewProduct:
    """Lots of one class and colour, and their price in round 1 for a kilogram or litre."""

    lot_ids: tuple[UUID, ...]
    price_minor: int


def open_clock(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    title: str,
    products: Sequence[NewProduct],
    first_closes_at: datetime,
    second_minutes: int,
    raise_limit_bp: int = 2_000,
    step_minor: int = 50,
    note: str | None = None,
) -> Clock:
    """Offer the lots of a campaign in two rounds; the lots are reserved from now on.

    Raises:
        Forbidden: the actor may not offer lots.
        ValidationFailed: the terms, or lots of different kinds in one product.
        NotFound: a lot does not exist or is another organisation's.
        ClockLotRefused: a lot has no confirmed class or is on offer.
        IdempotencyConflict: the id was used with other content.
    """
    actor.require(Permission.TENDERS_WRITE)
    rule = Raise(raise_limit_bp, step_minor)
    terms = ClockTerms(clean_text(title), clean_text(note) or None, first_closes_at, second_minutes, rule)
    digest = _digest(actor, terms, products)
    earlier = _opened_before(session, id, digest)
    if earlier is not None:
        return earlier
    check_terms(terms, [one.price_minor for one in products], now=now, max_note=MAX_NOTE)
    wanted = [lot_id for one in products for lot_id in one.lot_ids]
    by_id = {lot.id: lot for lot in lock_lots(session, actor.org, wanted)}
    earlier = _opened_before(session, id, digest)  # a second click may have waited for the lots
    if earlier is not None:
        return earlier
    _check_lots(products, by_id)
    change_lot_states(session, actor=actor, now=now, lots=list(by_id.values()), to=LotState.OFFERED)
    clock = _insert(session, actor, now, id, terms=terms, by_id=by_id, digest=digest)
    rows = _insert_products(session, clock, products, by_id)
    _announce(session, actor, now, clock, rows)
    return clock


def _digest(actor: Actor, terms: ClockTerms, products: Sequence[NewProduct]) -> str:
    return content_hash(
        {
            "organisation": actor.org,
            "title": terms.title,
            "note": terms.note,
            "first_closes_at": terms.first_closes_at.astimezone(UTC),
            "second_minutes": terms.second_minutes,
            "raise": [terms.rule.limit_bp, terms.rule.step_minor],
            "products": [[sorted(map(str, one.lot_ids)), one.price_minor] for one in products],
        }
    )


def _opened_before(session: Session, clock_id: UUID, digest: str) -> Clock | None:
    found = session.get(Clock, clock_id)
    if found is not None and found.content_hash != digest:
        raise IdempotencyConflict
    return found


def _check_lots(products: Sequence[NewProduct], by_id: Mapping[UUID, Lot]) -> None:
    errors = FieldErrors()
    if sum(len(one.lot_ids) for one in products) != len(by_id):
        errors.add("products", N_("A lot stands in one product only."))
    if len(by_id) > MAX_LOTS:
        errors.add("products", N_("A clock takes at most %(limit)s lots."), limit=MAX_LOTS)
    if len({(lot.commodity, lot.unit) for lot in by_id.values()}) > 1:
        errors.add("products", N_("All lots must be of one commodity."))
    for one in products:
        lots = [by_id[lot_id] for lot_id in one.lot_ids]
        kinds = {(lot.grade_scheme, lot.grade_edition, lot.grade_key, lot.colour) for lot in lots}
        if len(kinds) != 1:
            errors.add("products", N_("A product needs lots, all of one class and colour."))
        elif _whole(lots) < 1:
            errors.add("products", N_("A product needs a whole kilogram at least."))
    errors.raise_any()
    for lot in by_id.values():
        if lot.state != LotState.GRADED or not lot.grade_confirmed:
            raise ClockLotRefused(number=lot.number)


def _whole(lots: Sequence[Lot]) -> int:
    return sum(lot.quantity for lot in lots) // GRAMS_PER_KILOGRAM


def _insert(
    session: Session,
    actor: Actor,
    now: datetime,
    clock_id: UUID,
    *,
    terms: ClockTerms,
    by_id: Mapping[UUID, Lot],
    digest: str,
) -> Clock:
    lot = next(iter(by_id.values()))
    clock = Clock(
        id=clock_id,
        organisation_id=actor.org,
        number=next_number(session, actor.org, Series.CLOCK),
        title=terms.title,
        note=terms.note,
        commodity=lot.commodity,
        unit=lot.unit,
        currency=get_organisation(session, actor.org).currency,
        state=ClockState.FIRST.value,
        opened_at=now,
        opened_by=actor.user_id,
        first_closes_at=terms.first_closes_at,
        second_minutes=terms.second_minutes,
        raise_limit_bp=terms.rule.limit_bp,
        step_minor=terms.rule.step_minor,
        sealed_seed=sealer().seal(f"{new_nonce()}\n{new_nonce()}", seed_context(clock_id)),
        content_hash=digest,
    )
    session.add(clock)
    session.flush()
    return clock


def _insert_products(
    session: Session, clock: Clock, products: Sequence[NewProduct], by_id: Mapping[UUID, Lot]
) -> list[ClockProduct]:
    rows = []
    for place, one in enumerate(products, 1):
        lots = [by_id[lot_id] for lot_id in one.lot_ids]
        rows.append(
            ClockProduct(
                id=new_id(),
                clock_id=clock.id,
                position=place,
                grade_scheme=lots[0].grade_scheme,
                grade_edition=lots[0].grade_edition,
                grade_key=lots[0].grade_key,
                colour=lots[0].colour,
                kilograms=_whole(lots),
                price_minor=one.price_minor,
            )
        )
    session.add_all(rows)
    session.flush()
    session.execute(
        insert(ClockLot),
        [
            {"product_id": row.id, "lot_id": lot_id, "clock_id": clock.id}
            for row, one in zip(rows, products, strict=True)
            for lot_id in one.lot_ids
        ],
    )
    return rows


def _announce(
    session: Session, actor: Actor, now: datetime, clock: Clock, rows: Sequence[ClockProduct]
) -> None:
    seed, _, nonce = sealer().open(clock.sealed_seed, seed_context(clock.id)).partition("\n")
    data = {
        "products": [
            {"product": row.id, "kilograms": row.kilograms, "price_minor": row.price_minor} for row in rows
        ],
        "first_closes_at": clock.first_closes_at,
        "second_minutes": clock.second_minutes,
        "raise_limit_bp": clock.raise_limit_bp,
        "step_minor": clock.step_minor,
        "seed_commitment": commitment(seed, nonce),
    }
    write_entries(session, clock, now, [Entry("opened", data, actor.user_id)])
    more = {"number": clock.number, "products": len(rows)}
    note_clock(session, tag=ClockAudit.OPENED, actor=actor, now=now, clock=clock, before=None, more=more)
    enqueue(
        session,
        kind=DUE_MESSAGE,
        payload={"clock_id": clock.id, "round": 1},
        now=now,
        available_at=clock.first_closes_at,
        dedupe_key=f"{DUE_MESSAGE}:{clock.id}:1",
    )


def cancel_clock(
    session: Session, *, actor: Actor, now: datetime, clock_id: UUID, reason: str | None = None
) -> Clock:
    """Withdraw a clock while a round is open. Its requests stay sealed for good; the lots go back to the stock.

    Once somebody has asked, a reason is needed. The same person's second click changes nothing.

    Raises:
        Forbidden: the actor neither offers lots nor watches over the market.
        NotFound: there is no such clock here.
        ClockStateRefused: no round is open.
        ReasonMissing: there are requests and no reason.
    """
    if not actor.may(Permission.MARKET_MANAGE):
        actor.require(Permission.TENDERS_WRITE)
    clock = lock_own_clock(session, actor, clock_id)
    if clock.state == ClockState.CANCELLED:
        return clock
    check_transition(clock.state, ClockState.CANCELLED)
    has_requests = bool(session.scalar(select(exists().where(ClockRequest.clock_id == clock.id))))
    clock.reason = clean_reason(reason) if has_requests or clean_text(reason) else None
    before, clock.state, clock.closed_at = clock.state, ClockState.CANCELLED.value, now
    lots, _ = lock_clock_lots(session, clock)
    change_lot_states(session, actor=actor, now=now, lots=lots, to=LotState.GRADED)
    write_entries(session, clock, now, [Entry("cancelled", {"reason": clock.reason}, actor.user_id)])
    more = {"reason": clock.reason}
    note_clock(session, tag=ClockAudit.CANCELLED, actor=actor, now=now, clock=clock, before=before, more=more)
    return clock
