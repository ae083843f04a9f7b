"""Requests of buyers, sealed until the round closes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Permission
from chain.auctions.clock.errors import NotAClockBuyer, RoundClosed
from chain.auctions.clock.models import Clock, ClockProduct, ClockRequest
from chain.auctions.clock.queries import last_request, open_round
from chain.auctions.clock.rules import FIRST, SECOND, ProductFacts, Supply, Wish, check_wishes, most_value
from chain.auctions.clock.sealed import open_request, seal_context, words_of
from chain.auctions.clock.services.steps import (
    ClockAudit,
    lock_clock,
    note_clock,
    products_of,
    write_entries,
)
from chain.buyers.services.limits import check_may_trade
from chain.core.errors import IdempotencyConflict
from chain.core.sealing import commitment, new_nonce, sealer
from chain.sales.rules import Entry
from chain.sales.services.bidders import check_not_excluded


def place_request(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    clock_id: UUID,
    id: UUID,  # noqa: A002 - the name that every command of the product uses
    wishes: Sequence[Wish],
    round_number: int | None = None,
) -> ClockRequest:
    """Ask for kilograms in the round that is open, or replace the own last request of it.

    `now` is the server's and decides. `round_number` is the round that the buyer saw: a request for round 1 never counts in
    round 2. The same id with the same wishes answers the first request, even after the round.

    Raises:
        Forbidden: the actor may not bid.
        NotAClockBuyer: not a buying organisation, or its own lots.
        NotFound: there is no such clock.
        BidderExcluded, NotVetted, LimitExceeded: the buyer may not bid, or not for so much.
        RoundClosed: the round is over.
        ValidationFailed: a wish cannot stand.
        IdempotencyConflict: the id was used with other wishes.
    """
    actor.require(Permission.BIDS_PLACE)
    clock = lock_clock(session, clock_id)
    if actor.organisation_kind is not OrganisationKind.BUYER or clock.organisation_id == actor.org:
        raise NotAClockBuyer
    text = words_of(wishes)
    earlier = session.get(ClockRequest, id)
    if earlier is not None:
        if (
            earlier.organisation_id != actor.org
            or earlier.clock_id != clock.id
            or open_request(earlier).text != text
        ):
            raise IdempotencyConflict
        return earlier
    current = open_round(clock, now)
    if current is None or (round_number is not None and round_number != current):
        raise RoundClosed(round=round_number or FIRST)
    check_not_excluded(
        session, seller_id=clock.organisation_id, buyer_id=actor.org, event_id=clock.id, now=now
    )
    facts = _facts(session, clock, actor.org, current)
    check_wishes(wishes, facts, current)
    check_may_trade(  # checked only, never held: what is held would tell what was asked for
        session,
        buyer_id=actor.org,
        seller_id=clock.organisation_id,
        amount_minor=most_value(wishes, facts),
        currency=clock.currency,
        now=now,
    )
    return _insert(session, actor, now, clock, request_id=id, round_number=current, text=text)


def _facts(
    session: Session, clock: Clock, organisation_id: UUID, round_number: int
) -> dict[UUID, ProductFacts]:
    asked: dict[UUID, int] = {}
    if round_number == SECOND:
        earlier = last_request(session, clock.id, organisation_id, FIRST)
        if earlier is not None:
            asked = {wish.product_id: wish.kilograms for wish in open_request(earlier).wishes}
    return {row.id: facts_of(row, asked.get(row.id, 0)) for row in products_of(session, clock.id)}


def facts_of(row: ClockProduct, asked_first: int) -> ProductFacts:
    """Return what of a product decides about wishes."""
    return ProductFacts(Supply(row.id, row.kilograms, row.price_minor), row.second_price_minor, asked_first)


def _insert(
    session: Session,
    actor: Actor,
    now: datetime,
    clock: Clock,
    *,
    request_id: UUID,
    round_number: int,
    text: str,
) -> ClockRequest:
    last = session.execute(
        select(ClockRequest.sequence, ClockRequest.placed_at)
        .where(ClockRequest.clock_id == clock.id)
        .order_by(ClockRequest.sequence.desc())
        .limit(1)
    ).first()
    nonce = new_nonce()
    row = ClockRequest(
        id=request_id,
        clock_id=clock.id,
        organisation_id=actor.org,
        round=round_number,
        sequence=last.sequence + 1 if last else 1,
        # whoever got the lock first stands first, so that order of time and of sequence are one
        placed_at=max(now, last.placed_at) if last else now,
        placed_by=actor.user_id,
        sealed=sealer().seal(f"{nonce}\n{text}", seal_context(request_id)),
        commitment=commitment(text, nonce),
    )
    session.add(row)
    session.flush()
    data = {"request": row.id, "round": round_number, "commitment": row.commitment}
    write_entries(session, clock, row.placed_at, [Entry("request", data, None, actor.org)])
    note_clock(
        session,
        tag=ClockAudit.REQUESTED,
        actor=actor,
        now=now,
        clock=clock,
        before=None,
        more={"round": round_number},
    )
    return row
