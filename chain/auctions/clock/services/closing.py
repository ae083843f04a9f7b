"""Opening the requests at the end of a round: the raise, or the allotment with its awards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chain.accounts.queries import get_organisation
from chain.accounts.rules import Actor, OrganisationKind, Permission, Role, system_actor
from chain.auctions.clock.errors import RoundStillOpen
from chain.auctions.clock.models import Clock, ClockAllotment, ClockProduct
from chain.auctions.clock.rules import (
    FIRST,
    SECOND,
    Ask,
    ClockState,
    Part,
    Raise,
    Supply,
    check_transition,
    raised_price,
    round_of,
    serve,
    wanted,
)
from chain.auctions.clock.sealed import OpenedRequest, seed_context
from chain.auctions.clock.services.handing_over import Portion, hand_over
from chain.auctions.clock.services.steps import (
    DUE_MESSAGE,
    ClockAudit,
    asks_by_product,
    counting_requests,
    lock_clock_lots,
    lock_own_clock,
    note_clock,
    products_of,
    write_entries,
)
from chain.core.money import GRAMS_PER_KILOGRAM
from chain.core.outbox import enqueue
from chain.core.sealing import sealer
from chain.lots.models import Lot
from chain.sales.errors import BidderExcluded
from chain.sales.models import Award
from chain.sales.rules import AwardState, Entry
from chain.sales.services.bidders import check_not_excluded


@dataclass(slots=True)
class Closing:
    """What the end of a round works with; the clock and its lots are locked."""

    clock: Clock
    products: Sequence[ClockProduct]
    lots: list[Lot]
    product_of: dict[UUID, UUID]
    #: what counts in each round, without excluded buyers
    first: dict[UUID, list[Ask]]
    second: dict[UUID, list[Ask]]
    entries: list[Entry]

    def lots_of(self, product_id: UUID) -> list[Lot]:
        """Return the lots of a product that may be sold now, by number: those put on hold meanwhile stay."""
        return sorted(
            (lot for lot in self.lots if self.product_of[lot.id] == product_id and not lot.is_held),
            key=lambda lot: lot.number,
        )

    def supply_of(self, product: ClockProduct) -> Supply:
        """Return what there is of a product now."""
        grams = sum(lot.quantity for lot in self.lots_of(product.id))
        return Supply(product.id, min(product.kilograms, grams // GRAMS_PER_KILOGRAM), product.price_minor)


def close_round(session: Session, *, actor: Actor, now: datetime, clock_id: UUID) -> Clock:
    """Open the requests of the round whose hour has come: raise the prices once, or allot.

    The worker calls it when the hour comes; a person may when the worker is down. Once is as good as often.

    Raises:
        Forbidden: the actor may not offer lots.
        NotFound: there is no such clock here.
        RoundStillOpen: the hour has not come.
    """
    actor.require(Permission.TENDERS_WRITE)
    clock = lock_own_clock(session, actor, clock_id)
    current = round_of(clock.state)
    if current is None:
        return clock
    ends = clock.first_closes_at if current == FIRST else clock.second_closes_at
    if ends is None or now < ends:
        raise RoundStillOpen
    closing = _open_requests(session, now, clock, current)
    if current == FIRST and _raise_prices(session, now, closing):
        write_entries(session, clock, now, closing.entries)
        _note_step(session, actor, now, clock, before=ClockState.FIRST, tag=ClockAudit.RAISED)
        return clock
    _allot(session, actor, now, closing, before=ClockState(clock.state))
    return clock


def _note_step(
    session: Session, actor: Actor, now: datetime, clock: Clock, *, before: ClockState, tag: ClockAudit
) -> None:
    session.flush()
    note_clock(session, tag=tag, actor=actor, now=now, clock=clock, before=before.value)


def _open_requests(session: Session, now: datetime, clock: Clock, current: int) -> Closing:
    lots, product_of = lock_clock_lots(session, clock)
    entries: list[Entry] = []
    first = _counting(session, now, clock, FIRST, entries if current == FIRST else [])
    second = _counting(session, now, clock, SECOND, entries) if current == SECOND else []
    return Closing(
        clock,
        products_of(session, clock.id),
        lots,
        product_of,
        asks_by_product(first),
        asks_by_product(second),
        entries,
    )


def _counting(
    session: Session, now: datetime, clock: Clock, round_number: int, entries: list[Entry]
) -> list[OpenedRequest]:
    """Return the requests that count; note in the log what stood in each, and who was excluded."""
    found = []
    for request in counting_requests(session, clock.id, round_number):
        buyer_id = request.row.organisation_id
        try:
            check_not_excluded(
                session, seller_id=clock.organisation_id, buyer_id=buyer_id, event_id=clock.id, now=now
            )
        except BidderExcluded:
            entries.append(
                Entry("left_out", {"round": round_number, "request": request.row.id}, None, buyer_id)
            )
            continue
        found.append(request)
        data = {
            "round": round_number,
            "request": request.row.id,
            "at": request.row.placed_at,
            "nonce": request.nonce,
            "wishes": request.text,
        }
        entries.append(Entry("request_opened", data, None, buyer_id))
    return found


def _raise_prices(session: Session, now: datetime, closing: Closing) -> bool:
    """Set the prices of round 2 and open it; False: no product needs it."""
    clock, rule = closing.clock, Raise(closing.clock.raise_limit_bp, closing.clock.step_minor)
    supplies, demand, prices = {}, {}, {}
    for product in closing.products:
        supply = closing.supply_of(product)
        product.first_demand = wanted(closing.first.get(product.id, []))
        product.second_price_minor = raised_price(supply, product.first_demand, rule)
        supplies[str(product.id)], demand[str(product.id)] = supply.kilograms, product.first_demand
        if product.second_price_minor is not None:
            prices[str(product.id)] = product.second_price_minor
    if prices:
        check_transition(clock.state, ClockState.SECOND)
        clock.state = ClockState.SECOND.value
        clock.second_closes_at = now + timedelta(minutes=clock.second_minutes)
        enqueue(
            session,
            kind=DUE_MESSAGE,
            payload={"clock_id": clock.id, "round": SECOND},
            now=now,
            available_at=clock.second_closes_at,
            dedupe_key=f"{DUE_MESSAGE}:{clock.id}:2",
        )
    data = {
        "round": FIRST,
        "supply": supplies,
        "demand": demand,
        "prices": prices,
        "second_closes_at": clock.second_closes_at,
    }
    closing.entries.append(Entry("round_closed", data))
    return bool(prices)


def _allot(session: Session, actor: Actor, now: datetime, closing: Closing, *, before: ClockState) -> None:
    clock = closing.clock
    seed, _, nonce = sealer().open(clock.sealed_seed, seed_context(clock.id)).partition("\n")
    parts: dict[UUID, list[Part]] = {}
    supplies, demand = {}, {}
    for product in closing.products:
        supply = closing.supply_of(product)
        second = closing.second.get(product.id, [])
        if product.second_price_minor is not None:
            product.second_demand = wanted(second)
            demand[str(product.id)] = product.second_demand
        parts[product.id] = serve(
            supply, product.second_price_minor, closing.first.get(product.id, []), second, seed
        )
        supplies[str(product.id)] = supply.kilograms
    if before is ClockState.SECOND:
        closing.entries.append(
            Entry("round_closed", {"round": SECOND, "supply": supplies, "demand": demand, "prices": {}})
        )
    closing.entries.append(Entry("seed", {"seed": seed, "nonce": nonce}))
    for product_id, found in parts.items():
        closing.entries += [_part_entry(product_id, part) for part in found]
    to = ClockState.AWARDED if any(parts.values()) else ClockState.PASSED_IN
    check_transition(clock.state, to)
    clock.state, clock.closed_at = to.value, now
    closing.entries.append(Entry("closed", {"state": to.value}))
    _store_parts(session, clock, parts)
    kind = OrganisationKind(get_organisation(session, clock.organisation_id).kind)
    # the roles that a division of lots and an award need; whoever pressed the button stands in the clock's own record
    hands = system_actor(clock.organisation_id, kind, Role.SELLER, Role.CLERK)
    portions = [
        Portion(product.id, closing.lots_of(product.id), parts[product.id]) for product in closing.products
    ]
    awards = hand_over(session, actor=hands, now=now, clock=clock, lots=closing.lots, portions=portions)
    closing.entries += [
        Entry("awarded", {"award": award.id, "proceeds_minor": award.proceeds_minor}, None, award.buyer_id)
        for award in awards
    ]
    write_entries(session, clock, now, closing.entries)
    tag = ClockAudit.AWARDED if to is ClockState.AWARDED else ClockAudit.PASSED_IN
    _note_step(session, actor, now, clock, before=before, tag=tag)


def _part_entry(product_id: UUID, part: Part) -> Entry:
    data = {
        "product": product_id,
        "kilograms": part.kilograms,
        "price_minor": part.price_minor,
        "round": part.round,
    }
    return Entry("allotted", data, None, part.buyer_id)


def _store_parts(session: Session, clock: Clock, parts: dict[UUID, list[Part]]) -> None:
    rows = [
        {
            "product_id": product_id,
            "buyer_id": part.buyer_id,
            "round": part.round,
            "clock_id": clock.id,
            "kilograms": part.kilograms,
            "price_minor": part.price_minor,
        }
        for product_id, found in parts.items()
        for part in found
    ]
    session.flush()
    if rows:
        session.execute(insert(ClockAllotment), rows)


def after_answer(session: Session, actor: Actor, now: datetime, award: Award) -> None:
    """Bring a clock, whose row is locked, into the state that follows once all its awards were answered."""
    del actor, now
    clock = session.get_one(Clock, award.event_id)
    states = session.scalars(select(Award.state).where(Award.event_id == clock.id)).all()
    if clock.state != ClockState.AWARDED or AwardState.WAITING.value in states:
        return
    is_sold = AwardState.CONFIRMED.value in states
    clock.state = (ClockState.SOLD if is_sold else ClockState.DECLINED).value
    session.flush()
