"""What waits for a buyer: in the order of its hours, bounded, and for nobody else."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

import chain.negotiation.handlers
import chain.portal.handlers  # noqa: F401 - they say which lots are shown
from chain.core.attention import Attention, Section, Waiting, most_urgent
from chain.core.i18n import Message
from chain.core.paging import PageRequest
from chain.negotiation.services import send_sample
from chain.portal.queries import attention
from chain.portal.queries.payments import due_payments, list_payments
from tests.support.cast import Cast
from tests.support.market import make_bid, make_sale, make_tender
from tests.support.negotiation import make_offer, make_sample

DAY = timedelta(days=1)


def test_the_nearest_hour_stands_first_and_then_what_waits_longest(now: datetime) -> None:
    section = Section("x", "p", "X", "e", lambda *_: [])
    items = (
        Attention(Message("late"), "/3", None, now),
        Attention(Message("old"), "/2", None, now - DAY),
        Attention(Message("soon"), "/1", now + DAY),
        Attention(Message("now"), "/0", now),
    )
    found = most_urgent([Waiting(section, items)], 3)
    assert [one.href for one in found] == ["/0", "/1", "/2"]


def test_each_provider_names_what_waits_for_the_buyer_only(
    session: Session, cast: Cast, now: datetime
) -> None:
    make_offer(session, now, actor=cast.seller.actor)
    sample = make_sample(session, now)
    send_sample(session, actor=cast.seller.actor, now=now, sample_id=sample.id, grams=100)
    tender = make_tender(session, now, closes_at=now + DAY / 2)
    providers = (attention.offers_to_answer, attention.samples, attention.deadlines_near)
    for provider in providers:
        assert len(list(provider(session, cast.buyer.actor, now))) == 1, provider
    for provider in providers[:2]:
        assert not list(provider(session, cast.rival_buyer.actor, now)), provider
    make_bid(session, now, tender, 12_000)
    (mine,) = attention.deadlines_near(session, cast.buyer.actor, now)
    (theirs,) = attention.deadlines_near(session, cast.rival_buyer.actor, now)
    assert "You have bid." in mine.title.msgid
    assert "You have not bid." in theirs.title.msgid
    for provider in (attention.outbid, attention.proposals_to_answer, attention.arrivals, attention.claims):
        assert not list(provider(session, cast.buyer.actor, now))


def test_payments_are_due_once_goods_arrived(session: Session, cast: Cast, now: datetime) -> None:
    sale = make_sale(session, now)
    (row,) = list_payments(session, cast.buyer.actor, PageRequest()).items
    assert (row.sale_id, row.due_minor, row.paid_minor, row.due_on) == (sale.id, 720_000, 0, None)
    assert not due_payments(session, cast.buyer.actor, now, limit=5), "nothing has arrived"
    assert not list_payments(session, cast.rival_buyer.actor, PageRequest()).items
