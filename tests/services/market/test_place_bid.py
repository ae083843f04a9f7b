"""Placing bids: in time, once per key, and without a trace of the price anywhere but in the bid."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound
from chain.core.ids import new_id
from chain.core.models import AuditRecord, OutboxMessage
from chain.market.errors import NotABuyer, PriceOutOfBounds, TenderClosed, WrongCurrency
from chain.market.models import Bid
from chain.market.services import close_tender, place_bid
from tests.support.cast import Cast
from tests.support.market import make_bid, make_tender

SECOND = timedelta(seconds=1)


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(Bid)) or 0


def test_bids_are_numbered_as_they_come_and_time_never_runs_back(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    late, early = now + 2 * SECOND, now + SECOND
    make_bid(session, late, tender, 10_000)
    make_bid(session, early, tender, 10_000, cast.rival_buyer.actor)  # it waited for the lock longer
    bids = session.scalars(select(Bid).order_by(Bid.sequence)).all()
    assert [(bid.sequence, bid.placed_at) for bid in bids] == [(1, late), (2, late)]


def test_the_same_key_and_price_answers_the_first_bid_even_after_the_deadline(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)

    def bid(price: int, at: datetime) -> Bid:
        return place_bid(
            session,
            actor=cast.buyer.actor,
            now=at,
            tender_id=tender.id,
            price_minor_per_unit=price,
            idempotency_key="k-1",
        )

    first = bid(11_000, now)
    assert bid(11_000, tender.closes_at + SECOND).id == first.id
    with pytest.raises(IdempotencyConflict):
        bid(11_500, now)
    assert _count(session) == 1


def test_a_key_of_another_tender_is_a_conflict(session: Session, now: datetime, cast: Cast) -> None:
    bid_id, first, second = new_id(), make_tender(session, now), make_tender(session, now)

    def bid(tender_id: UUID) -> Bid:
        return place_bid(
            session,
            actor=cast.buyer.actor,
            now=now,
            tender_id=tender_id,
            price_minor_per_unit=11_000,
            id=bid_id,
        )

    bid(first.id)
    with pytest.raises(IdempotencyConflict):
        bid(second.id)


def test_at_the_deadline_it_is_too_late(session: Session, now: datetime) -> None:
    tender = make_tender(session, now)
    make_bid(session, tender.closes_at - SECOND, tender, 11_000)
    with pytest.raises(TenderClosed):
        make_bid(session, tender.closes_at, tender, 12_000)


def test_a_closed_tender_takes_no_bid_whatever_the_clock_says(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    with pytest.raises(TenderClosed):
        make_bid(session, now, tender, 12_000)


def test_a_bid_under_the_reserve_is_taken_and_judged_at_the_opening(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now, reserve_minor_per_unit=10_437)
    make_bid(session, now, tender, 10_436)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    assert tender.state == "passed_in"
    again = make_tender(session, now, reserve_minor_per_unit=10_437)
    make_bid(session, now, again, 10_437)
    close_tender(session, actor=cast.seller.actor, now=again.closes_at, tender_id=again.id)
    assert again.state == "awarded"


@pytest.mark.parametrize("price", [-5, 0, 100_001, 10**14])
def test_an_absurd_price_is_refused(session: Session, now: datetime, price: int) -> None:
    with pytest.raises(PriceOutOfBounds):
        make_bid(session, now, make_tender(session, now), price)


def test_another_currency_is_refused(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    with pytest.raises(WrongCurrency):
        place_bid(
            session,
            actor=cast.buyer.actor,
            now=now,
            tender_id=tender.id,
            price_minor_per_unit=12_000,
            currency="USD",
        )


def test_only_buyers_bid(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    for person in (cast.seller, cast.everything, cast.outsider, cast.auditor):
        with pytest.raises((Forbidden, NotABuyer)):
            make_bid(session, now, tender, 12_000, person.actor)


def test_before_the_opening_a_tender_is_not_there(session: Session, now: datetime) -> None:
    tender = make_tender(session, now, opens_at=now + timedelta(hours=1))
    with pytest.raises(NotFound):
        make_bid(session, now, tender, 12_000)
    make_bid(session, now + timedelta(hours=1), tender, 12_000)


def test_neither_the_audit_trail_nor_the_outbox_tells_a_price(session: Session, now: datetime) -> None:
    tender = make_tender(session, now, reserve_minor_per_unit=10_437)
    make_bid(session, now, tender, 12_345)
    kept = [str((row.before, row.after)) for row in session.scalars(select(AuditRecord))]
    kept += [str(row.payload) for row in session.scalars(select(OutboxMessage))]
    assert session.scalars(select(AuditRecord.tag).where(AuditRecord.tag == "market:bid:placed")).one()
    assert not [text for text in kept if "12345" in text or "10437" in text]
