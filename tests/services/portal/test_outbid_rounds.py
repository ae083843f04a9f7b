"""Who was outbid hears of it once per bid, from a round of the worker that writes nothing when there is no news."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

import chain.portal.handlers  # noqa: F401 - it makes the rounds
from chain.core.models import OutboxMessage
from chain.core.rounds import make_every_round
from chain.portal.models import Alert
from chain.portal.news.openings import look_for_outbid
from chain.portal.rules import AlertKind
from tests.support.auctions import bid, lots_of, make_auction
from tests.support.cast import Cast


def _told(session: Session) -> list[object]:
    rows = session.scalars(
        select(Alert.user_id).where(Alert.kind == AlertKind.OUTBID.value).order_by(Alert.created_at, Alert.id)
    )
    return list(rows)


def test_the_topped_buyer_is_told_once_for_each_own_bid(session: Session, cast: Cast, now: datetime) -> None:
    lot_id = lots_of(session, make_auction(session, now - timedelta(minutes=5)).id)[0]
    bid(session, now, lot_id, 11_000)
    assert not look_for_outbid(session, now)
    bid(session, now, lot_id, 12_000, cast.rival_buyer.actor)
    assert look_for_outbid(session, now)
    make_every_round(session, now)
    assert _told(session) == [cast.buyer.id]
    assert not look_for_outbid(session, now)
    bid(session, now, lot_id, 13_000)
    bid(session, now, lot_id, 14_000, cast.rival_buyer.actor)
    make_every_round(session, now + timedelta(minutes=1))
    assert _told(session) == [cast.buyer.id, cast.buyer.id]


def test_a_round_leaves_nothing_in_the_outbox(session: Session, cast: Cast, now: datetime) -> None:
    lot_id = lots_of(session, make_auction(session, now - timedelta(minutes=5)).id)[0]
    bid(session, now, lot_id, 11_000)
    bid(session, now, lot_id, 12_000, cast.rival_buyer.actor)
    before = session.scalars(select(OutboxMessage.id)).all()
    make_every_round(session, now)
    assert session.scalars(select(OutboxMessage.id)).all() == before


def test_an_auction_that_has_ended_tells_nobody(session: Session, cast: Cast, now: datetime) -> None:
    auction = make_auction(session, now - timedelta(minutes=5))
    lot_id = lots_of(session, auction.id)[0]
    bid(session, now, lot_id, 11_000)
    bid(session, now, lot_id, 12_000, cast.rival_buyer.actor)
    auction.state = "closed"
    session.flush()
    assert not look_for_outbid(session, now)
