"""Offers: who starts, who answers, what the history keeps, and how an acceptance becomes an award."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Role
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, SamePerson, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.lots.models import Lot
from chain.negotiation.errors import (
    LotNotForOffer,
    MixedOfferLots,
    NotYourProposal,
    NotYourTurn,
    OfferChanged,
    OfferExpired,
    OfferFirm,
    OfferStateRefused,
)
from chain.negotiation.handlers import expire_when_due, replay_offer
from chain.negotiation.models import Offer, OfferStep, OpenLot
from chain.negotiation.queries.offers import count_to_answer, get_offer_for, list_offers, steps_of
from chain.negotiation.rules import OfferState
from chain.negotiation.services import (
    accept_offer,
    counter_offer,
    hide_lots,
    refuse_offer,
    show_lots,
    start_offer,
    withdraw_offer,
)
from chain.sales.errors import BidderExcluded, ReasonMissing
from chain.sales.models import Award, AwardLine, BidderExclusion, Sale
from chain.sales.queries.log import check_chain, log_of
from chain.sales.services.awards import confirm_award, decline_award
from tests.support.cast import Cast
from tests.support.market import add_graded_lots, make_tender
from tests.support.negotiation import DAY, make_offer, shown, terms_for


def _accept(session: Session, cast: Cast, now: datetime, offer: Offer, person: str = "seller") -> Offer:
    actor = getattr(cast, person).actor
    return accept_offer(session, actor=actor, now=now, id=new_id(), offer_id=offer.id, seen=offer.last_step)


def test_a_buyer_offers_and_the_seller_accepts(session: Session, cast: Cast, now: datetime) -> None:
    offer = make_offer(session, now)
    assert (offer.state, offer.turn, offer.quantity, offer.amount_minor) == (
        "open",
        "seller",
        30_000,
        240_000,
    )
    accepted = _accept(session, cast, now, offer)
    assert accepted.state == OfferState.ACCEPTED
    award = session.get_one(Award, accepted.award_id)
    assert (award.method, award.event_id, award.buyer_id) == ("offer", offer.id, cast.mill.id)
    assert award.opened_by == cast.seller.id
    assert award.proceeds_minor == 240_000
    assert award.terms["payment_days"] == 15
    lots = session.scalars(select(Lot).join(AwardLine, AwardLine.lot_id == Lot.id)).all()
    assert {lot.state for lot in lots} == {"offered"}
    with pytest.raises(SamePerson):
        confirm_award(session, actor=cast.seller.actor, now=now, award_id=award.id)
    confirm_award(session, actor=cast.everything.actor, now=now, award_id=award.id)
    assert session.get_one(Offer, offer.id).state == OfferState.SOLD
    sale = session.scalars(select(Sale).where(Sale.event_id == offer.id)).one()
    assert (sale.method, sale.proceeds_minor) == ("offer", 240_000)
    check_chain(log_of(session, offer.id))
    replayed = replay_offer(session, offer.id)
    assert replayed.agrees
    assert replayed.entries == 4


def test_a_seller_offers_counter_offers_go_back_and_forth_and_the_price_maker_may_not_confirm(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot_ids = add_graded_lots(session, now, 2)
    offer = make_offer(session, now, lot_ids, actor=cast.seller.actor, price=10_000)
    assert (offer.turn, offer.buyer_id) == ("buyer", cast.mill.id)
    counter_offer(
        session, actor=cast.buyer.actor, now=now, id=new_id(), offer_id=offer.id, seen=1,
        terms=terms_for(session, lot_ids, now, price=8_000), reason="El micronaje es alto.",
    )  # fmt: skip
    assert (offer.state, offer.turn, offer.amount_minor) == ("countered", "seller", 240_000)
    counter_offer(
        session, actor=cast.everything.actor, now=now, id=new_id(), offer_id=offer.id, seen=2,
        terms=terms_for(session, lot_ids, now, price=9_000), reason="Es nuestro mínimo.",
    )  # fmt: skip
    _accept(session, cast, now, offer, "buyer")
    award = session.get_one(Award, offer.award_id)
    assert award.opened_by == cast.everything.id
    with pytest.raises(SamePerson):
        confirm_award(session, actor=cast.everything.actor, now=now, award_id=award.id)
    confirm_award(session, actor=cast.seller.actor, now=now, award_id=award.id)
    steps = steps_of(session, cast.buyer.actor, offer)
    assert [step.kind for step in steps] == ["offered", "countered", "countered", "accepted"]
    assert [step.lines[0].price_minor_per_unit for step in steps[:3]] == [10_000, 8_000, 9_000]
    assert steps[0].user_name is None, "a buyer reads the side and not the person"
    assert steps[1].user_name
    assert replay_offer(session, offer.id).agrees


def test_a_part_of_a_lot_is_split_off_when_the_offer_is_accepted(
    session: Session, cast: Cast, now: datetime
) -> None:
    (lot_id,) = shown(session, now, 1)
    offer = make_offer(session, now, [lot_id], quantity=4_000)
    _accept(session, cast, now, offer)
    line = session.scalars(select(AwardLine)).one()
    assert (line.quantity, line.amount_minor) == (4_000, 32_000)
    assert line.lot_id != lot_id
    part = session.get_one(Lot, line.lot_id)
    assert (part.state, part.grade_confirmed, part.quantity) == ("offered", True, 4_000)
    assert session.get_one(Lot, lot_id).used_by_event_id is not None
    rest = session.scalars(select(Lot).where(Lot.origin == "derived", Lot.id != part.id)).one()
    assert (rest.quantity, rest.state) == (6_000, "graded")
    assert session.get(OpenLot, rest.id) is not None


def test_of_two_accepted_offers_for_one_lot_the_second_finds_it_gone(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot_ids = shown(session, now)
    first = make_offer(session, now, lot_ids)
    second = make_offer(session, now, lot_ids[:1], actor=cast.rival_buyer.actor)
    _accept(session, cast, now, first)
    _accept(session, cast, now, second)
    assert second.state == OfferState.GONE
    assert second.award_id is None
    assert replay_offer(session, second.id).agrees
    assert len(session.scalars(select(Award)).all()) == 1


def test_an_award_that_is_declined_ends_the_offer_and_frees_the_lots(
    session: Session, cast: Cast, now: datetime
) -> None:
    offer = _accept(session, cast, now, make_offer(session, now))
    assert offer.award_id is not None
    decline_award(
        session, actor=cast.everything.actor, now=now, award_id=offer.award_id, reason="Muy barato."
    )
    assert session.get_one(Offer, offer.id).state == OfferState.DECLINED
    assert set(session.scalars(select(Lot.state))) == {"graded"}
    assert replay_offer(session, offer.id).agrees


def test_only_the_other_side_answers_and_only_the_own_proposal_is_taken_back(
    session: Session, cast: Cast, now: datetime
) -> None:
    offer = make_offer(session, now)
    values: dict[str, Any] = {"now": now, "id": new_id(), "offer_id": offer.id}
    with pytest.raises(NotYourTurn):
        accept_offer(session, actor=cast.buyer.actor, seen=1, **values)
    with pytest.raises(NotYourProposal):
        withdraw_offer(session, actor=cast.seller.actor, reason="No", **values)
    with pytest.raises(OfferChanged):
        accept_offer(session, actor=cast.seller.actor, seen=7, **values)
    with pytest.raises(ReasonMissing):
        refuse_offer(session, actor=cast.seller.actor, seen=1, reason=" ", **values)
    withdraw_offer(session, actor=cast.buyer.actor, reason="Cambió el plan.", **values)
    assert offer.state == OfferState.WITHDRAWN
    with pytest.raises(OfferStateRefused):
        _accept(session, cast, now, offer)


def test_a_firm_offer_is_taken_or_left(session: Session, cast: Cast, now: datetime) -> None:
    lot_ids = shown(session, now)
    offer = make_offer(session, now, lot_ids, is_firm=True)
    with pytest.raises(OfferFirm):
        counter_offer(
            session, actor=cast.seller.actor, now=now, id=new_id(), offer_id=offer.id, seen=1,
            terms=terms_for(session, lot_ids, now), reason="Más",
        )  # fmt: skip
    refuse_offer(
        session, actor=cast.seller.actor, now=now, id=new_id(), offer_id=offer.id, seen=1, reason="Muy bajo."
    )
    assert offer.state == OfferState.REFUSED


def test_an_offer_expires_by_the_clock_and_not_when_it_was_countered(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot_ids = shown(session, now)
    offer = make_offer(session, now, lot_ids)
    later = now + 2 * DAY
    with pytest.raises(OfferExpired):
        _accept(session, cast, later, offer)
    counter_offer(
        session, actor=cast.seller.actor, now=now + DAY, id=new_id(), offer_id=offer.id, seen=1,
        terms=terms_for(session, lot_ids, now + DAY, price=9_000), reason="Falta poco.",
    )  # fmt: skip
    expire_when_due(session, {"offer_id": str(offer.id), "step": 1}, later)
    assert offer.state == OfferState.COUNTERED
    expire_when_due(session, {"offer_id": str(offer.id), "step": 2}, now + 3 * DAY)
    assert session.get_one(Offer, offer.id).state == OfferState.EXPIRED
    assert replay_offer(session, offer.id).agrees


def test_the_same_command_twice_is_one_and_other_content_is_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot_ids = shown(session, now)
    values: dict[str, Any] = {"actor": cast.buyer.actor, "now": now, "id": new_id()}
    first = start_offer(session, terms=terms_for(session, lot_ids, now), **values)
    again = start_offer(session, terms=terms_for(session, lot_ids, now), **values)
    assert first.id == again.id
    with pytest.raises(IdempotencyConflict):
        start_offer(session, terms=terms_for(session, lot_ids, now, price=1), **values)
    answer: dict[str, Any] = {
        "actor": cast.seller.actor,
        "now": now,
        "id": new_id(),
        "offer_id": first.id,
        "seen": 1,
    }
    accept_offer(session, **answer)
    assert accept_offer(session, **answer).state == OfferState.ACCEPTED
    assert len(session.scalars(select(OfferStep)).all()) == 2


def test_a_buyer_offers_only_for_lots_that_it_is_shown(session: Session, cast: Cast, now: datetime) -> None:
    hidden = add_graded_lots(session, now, 1)
    with pytest.raises(NotFound):
        make_offer(session, now, hidden)
    show_lots(session, actor=cast.seller.actor, now=now, lot_ids=hidden)
    make_offer(session, now, hidden)
    hide_lots(session, actor=cast.seller.actor, now=now, lot_ids=hidden)
    with pytest.raises(NotFound):
        make_offer(session, now, hidden)


def test_lots_on_offer_elsewhere_and_lots_of_two_sellers_are_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    lot_ids = shown(session, now)
    make_tender(session, now, lot_ids[:1])
    with pytest.raises(LotNotForOffer):
        make_offer(session, now, lot_ids[:1], actor=cast.seller.actor)
    foreign = add_graded_lots(session, now, 1, house=cast.other_centre)
    show_lots(session, actor=cast.outsider.actor, now=now, lot_ids=foreign)
    with pytest.raises(MixedOfferLots):
        make_offer(session, now, [lot_ids[1], *foreign])


def test_terms_that_cannot_be_meant_are_refused_at_once(session: Session, cast: Cast, now: datetime) -> None:
    lot_ids = shown(session, now)
    with pytest.raises(ValidationFailed) as refused:
        make_offer(
            session, now, lot_ids, price=0, freight="nobody", payment_days=-1, expires_at=now, note="x" * 2001
        )
    assert set(refused.value.errors) == {"price", "freight", "payment_days", "expires_at", "note"}


def test_an_excluded_buyer_cannot_offer_nor_be_accepted(session: Session, cast: Cast, now: datetime) -> None:
    lot_ids = shown(session, now)
    offer = make_offer(session, now, lot_ids)
    session.add(
        BidderExclusion(
            organisation_id=cast.centre.id, buyer_id=cast.mill.id, reason="No pagó.", excluded_at=now
        )
    )
    session.flush()
    with pytest.raises(BidderExcluded):
        make_offer(session, now, lot_ids)
    with pytest.raises(BidderExcluded):
        _accept(session, cast, now, offer)


def test_a_rival_and_another_centre_see_nothing(session: Session, cast: Cast, now: datetime) -> None:
    offer = make_offer(session, now)
    for person in (cast.rival_buyer, cast.outsider):
        with pytest.raises(NotFound):
            get_offer_for(session, person.actor, offer.id)
        assert list_offers(session, person.actor, PageRequest()).total == 0
    with pytest.raises(NotFound):
        get_offer_for(session, cast.clerk.actor, offer.id)
    assert count_to_answer(session, cast.seller.actor) == 1
    assert count_to_answer(session, cast.buyer.actor) == 0
    auditor = cast.auditor.actor
    assert get_offer_for(session, auditor, offer.id).id == offer.id
    with pytest.raises(Forbidden):
        accept_offer(session, actor=auditor, now=now, id=new_id(), offer_id=offer.id, seen=1)


def test_the_public_log_tells_no_price(session: Session, cast: Cast, now: datetime) -> None:
    offer = make_offer(session, now)
    (entry,) = log_of(session, offer.id)
    assert set(entry.data) == {"step", "side", "said"}
    assert Role.SELLER in cast.seller.actor.roles
