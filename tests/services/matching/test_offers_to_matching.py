"""Offering lots to matching and taking them back."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, NotFound, ValidationFailed
from chain.core.paging import PageRequest
from chain.lots.errors import LotOffered
from chain.lots.models import Lot
from chain.lots.queries.wanted import WantedLots
from chain.matching.errors import LotInProposal, LotNotConfirmed, NoLotsChosen
from chain.matching.models import MatchOffer
from chain.matching.queries.offers import list_offers, offerable_ids, offerable_sum
from chain.matching.services.offers import Offered, OfferTerms, offer_lots, withdraw_lots
from tests.support.cast import Cast
from tests.support.market import add_graded_lots, make_tender
from tests.support.matching import make_demand, offered, run

ALL = PageRequest()


def _terms(now: datetime, reserve: int = 9_000) -> OfferTerms:
    return OfferTerms(reserve, is_divisible=True, valid_to=now.date() + timedelta(days=10))


def test_offered_lots_stay_graded_and_the_same_again_changes_nothing(
    session: Session, cast: Cast, now: datetime
) -> None:
    ids = add_graded_lots(session, now)
    first = offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids, terms=_terms(now))
    again = offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids, terms=_terms(now))
    assert (first, again) == (Offered(3, 0, 0), Offered(0, 0, 3))
    assert set(session.scalars(select(Lot.state))) == {"graded"}
    page = list_offers(session, cast.seller.actor, WantedLots(), ALL)
    assert [
        (row.lot.quantity, row.reserve_minor_per_unit, row.is_free, row.proposed) for row in page.items
    ] == [
        (10_000, 9_000, True, 0),
        (20_000, 9_000, True, 0),
        (30_000, 9_000, True, 0),
    ]


def test_other_terms_take_the_place_of_the_first(session: Session, cast: Cast, now: datetime) -> None:
    ids = offered(session, now, 2)
    changed = offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids, terms=_terms(now, 8_000))
    assert changed == Offered(0, 2, 0)
    states = sorted(session.scalars(select(MatchOffer.state)))
    assert states == ["open", "open", "withdrawn", "withdrawn"]


def test_lots_of_a_filter_are_found_until_they_are_offered(
    session: Session, cast: Cast, now: datetime
) -> None:
    add_graded_lots(session, now, 2)
    add_graded_lots(session, now, 1, colour="dark_brown")
    white = WantedLots(commodity="alpaca-fibre", colour="white", grade="ntp-231.301/2014/super_baby")
    assert offerable_sum(session, cast.seller.actor, white) == (2, 30_000)
    ids = offerable_ids(session, cast.seller.actor, white)
    offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids, terms=_terms(now))
    assert offerable_sum(session, cast.seller.actor, white) == (0, 0)
    assert offerable_sum(session, cast.seller.actor, WantedLots()) == (1, 10_000)


def test_what_cannot_be_offered_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    unconfirmed = add_graded_lots(session, now, 1, grade_confirmed=False)
    strange = add_graded_lots(session, now, 1, house=cast.other_centre)
    tendered = add_graded_lots(session, now, 1)
    make_tender(session, now, tendered)

    def offer(lot_ids: list[object], **changes: object) -> object:
        del changes
        with session.begin_nested():
            return offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=lot_ids, terms=_terms(now))  # type: ignore[arg-type]

    for lot_ids, refusal in (
        ([], NoLotsChosen),
        (unconfirmed, LotNotConfirmed),
        (strange, NotFound),
        (tendered, LotOffered),
    ):
        with pytest.raises(refusal):
            offer(list(lot_ids))
    free = add_graded_lots(session, now, 1)
    past = OfferTerms(-1, is_divisible=True, valid_to=now.date() - timedelta(days=3))
    with pytest.raises(ValidationFailed) as refused:
        offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=free, terms=past)
    assert set(refused.value.errors) == {"reserve", "valid_to"}
    with pytest.raises(Forbidden):
        offer_lots(session, actor=cast.clerk.actor, now=now, lot_ids=free, terms=_terms(now))


def test_lots_are_taken_back_unless_a_proposal_waits(session: Session, cast: Cast, now: datetime) -> None:
    ids = offered(session, now, 2)
    assert withdraw_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids[:1]) == 1
    assert withdraw_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids[:1]) == 0
    make_demand(session, now)
    run(session, now)
    with pytest.raises(LotInProposal), session.begin_nested():
        withdraw_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids)
    with pytest.raises(LotInProposal):
        offer_lots(session, actor=cast.seller.actor, now=now, lot_ids=ids[1:], terms=_terms(now, 7_000))
