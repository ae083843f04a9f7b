"""Closing, cancelling, and the worker that closes."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import NotFound
from chain.core.models import AuditRecord
from chain.core.outbox import run_next
from chain.lots.models import Lot
from chain.market.errors import TenderClosed, TenderStateRefused, TenderStillOpen
from chain.market.models import Tender
from chain.market.services import cancel_tender, close_tender
from chain.sales.errors import ReasonMissing
from tests.support.cast import Cast
from tests.support.market import make_bid, make_tender

SECOND = timedelta(seconds=1)


def _lot_states(session: Session) -> set[str]:
    return set(session.scalars(select(Lot.state)))


def test_the_highest_last_bid_wins(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 15_000)
    rival = make_bid(session, now + SECOND, tender, 12_000, cast.rival_buyer.actor)
    make_bid(session, now + 2 * SECOND, tender, 11_000)  # replaces the 150.00
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    assert (tender.state, tender.winning_bid_id) == ("awarded", rival)
    assert _lot_states(session) == {"offered"}


def test_the_earlier_of_two_equal_prices_wins(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    first = make_bid(session, now, tender, 12_000, cast.rival_buyer.actor)
    make_bid(session, now + SECOND, tender, 12_000)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    assert tender.winning_bid_id == first


def test_without_a_bid_the_lots_return_to_the_stock(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    assert (tender.state, _lot_states(session)) == ("passed_in", {"graded"})
    make_tender(session, now, [lot.id for lot in session.scalars(select(Lot))])


def test_nobody_opens_the_bids_before_the_deadline(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    with pytest.raises(TenderStillOpen):
        close_tender(session, actor=cast.seller.actor, now=tender.closes_at - SECOND, tender_id=tender.id)
    with pytest.raises(NotFound):
        close_tender(session, actor=cast.outsider.actor, now=tender.closes_at, tender_id=tender.id)


def test_the_worker_closes_at_the_deadline_and_a_second_closing_changes_nothing(
    session: Session, now: datetime, cast: Cast
) -> None:
    import chain.market.handlers  # noqa: F401 - registers the handler

    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    while run_next(session, now=tender.closes_at - SECOND):  # whoever is told of a new tender
        pass
    assert session.get_one(Tender, tender.id).state == "open"
    assert run_next(session, now=tender.closes_at)
    session.expire_all()
    closed = session.get_one(Tender, tender.id)
    assert (closed.state, closed.closed_at) == ("awarded", tender.closes_at)
    close_tender(session, actor=cast.seller.actor, now=now + timedelta(days=3), tender_id=tender.id)
    tags = session.scalars(
        select(AuditRecord.tag).where(AuditRecord.subject_id == tender.id).order_by(AuditRecord.at)
    ).all()
    assert tags == ["market:tender:opened", "market:tender:awarded"]


def test_a_tender_without_bids_is_cancelled_without_a_reason(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_tender(session, now)
    cancel_tender(session, actor=cast.seller.actor, now=now, tender_id=tender.id)
    assert (tender.state, tender.reason, _lot_states(session)) == ("cancelled", None, {"graded"})


def test_once_somebody_has_bid_cancelling_needs_a_reason(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    with pytest.raises(ReasonMissing):
        cancel_tender(session, actor=cast.seller.actor, now=now, tender_id=tender.id, reason="  ")
    cancel_tender(session, actor=cast.seller.actor, now=now, tender_id=tender.id, reason="Se mojó la fibra")
    assert (tender.state, tender.reason) == ("cancelled", "Se mojó la fibra")


def test_after_the_deadline_a_tender_cannot_be_cancelled(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    make_bid(session, now, tender, 12_000)
    with pytest.raises(TenderClosed):
        cancel_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id, reason="x")
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    with pytest.raises(TenderStateRefused):
        cancel_tender(session, actor=cast.seller.actor, now=now, tender_id=tender.id, reason="x")
