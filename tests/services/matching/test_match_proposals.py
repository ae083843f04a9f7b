"""Proposals: both sides answer, lots are divided and reserved, others follow the rest or come to their end."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chain.buyers.coverage import coverage_of
from chain.buyers.errors import LimitExceeded
from chain.buyers.models import BuyerVetting, Demand
from chain.buyers.services.demands import withdraw_demand
from chain.core.errors import Forbidden, NotFound
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.outbox import run_next
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.errors import LotOffered
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.lots.stock import available
from chain.matching.errors import (
    AnsweredOtherwise,
    DemandChanged,
    DemandClosed,
    DemandFull,
    LotChanged,
    ProposalClosed,
)
from chain.matching.models import MatchOffer, MatchProposal
from chain.matching.services.proposals import accept_proposal, refuse_proposal
from chain.sales.errors import BidderExcluded, ReasonMissing
from chain.sales.models import Award, BidderExclusion, MarketRule, Sale, SaleLine
from chain.sales.queries.log import check_chain, log_of
from chain.sales.services.awards import confirm_award, decline_award
from chain.sales.services.endings import answer_cancelling, ask_to_cancel
from tests.support.cast import Cast
from tests.support.market import make_tender
from tests.support.matching import (
    accept,
    lines_of,
    make_demand,
    offered,
    one_proposal,
    proposals_of,
    run,
)

HOUR = timedelta(hours=1)


def test_both_accept_and_one_officer_suffices_the_lots_are_sold(
    session: Session, cast: Cast, now: datetime
) -> None:
    ids = offered(session, now)
    demand = make_demand(session, now)
    proposal = one_proposal(session, now)
    accept(session, now, proposal.id, cast.everything.actor)
    assert proposal.state == "open"
    assert session.scalar(select(Award.id)) is None
    accept(session, now + HOUR, proposal.id, cast.buyer.actor)
    assert proposal.state == "sold"
    sale = session.scalars(select(Sale)).one()
    assert (sale.event_id, sale.method, sale.proceeds_minor) == (proposal.id, "match", 60 * 12_000)
    assert set(session.scalars(select(Lot.state).where(Lot.id.in_(ids)))) == {"sold"}
    assert set(session.scalars(select(MatchOffer.state))) == {"taken"}
    assert [quantity for _, quantity in coverage_of(session, [demand.id])[demand.id]] == [60_000]
    entries = log_of(session, proposal.id)
    check_chain(entries)
    assert [entry.kind for entry in entries] == [
        "proposed",
        "accepted",
        "accepted",
        "awarded",
        "confirm",
        "confirmed",
    ]


def test_what_an_ended_sale_let_go_does_not_fill_the_demand(
    session: Session, cast: Cast, now: datetime
) -> None:
    offered(session, now)
    demand = make_demand(session, now)
    accept(session, now, one_proposal(session, now).id, cast.everything.actor, cast.buyer.actor)
    sale = session.scalars(select(Sale)).one()
    asked = ask_to_cancel(
        session, actor=cast.buyer.actor, now=now, ending_id=new_id(), sale_id=sale.id, reason="Planta parada"
    )
    answer_cancelling(session, actor=cast.everything.actor, now=now, ending_id=asked.id, agree=True)
    assert [quantity for _, quantity in coverage_of(session, [demand.id])[demand.id]] == [0]


def test_who_ran_the_match_does_not_confirm_its_award(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    accept(session, now, proposal.id, cast.buyer.actor, cast.seller.actor)
    assert proposal.state == "awarded"
    assert proposal.award_id is not None
    confirm_award(session, actor=cast.everything.actor, now=now, award_id=proposal.award_id)
    session.refresh(proposal)
    assert proposal.state == "sold"


def test_where_two_officers_are_needed_the_acceptance_is_the_first(
    session: Session, cast: Cast, now: datetime
) -> None:
    session.execute(
        update(MarketRule).where(MarketRule.organisation_id == cast.centre.id).values(confirmations_needed=2)
    )
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now, actor=cast.everything.actor)
    accept(session, now, proposal.id, cast.seller.actor, cast.buyer.actor)
    award = session.scalars(select(Award)).one()
    assert (award.state, award.opened_by, proposal.state) == ("waiting", cast.everything.id, "awarded")
    assert session.scalars(select(Lot.state)).all() == ["offered"]


def test_accepting_twice_is_accepting_once(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    accept(session, now, proposal.id, cast.everything.actor, cast.everything.actor)
    assert proposal.state == "open"
    accept(session, now, proposal.id, cast.buyer.actor)
    again = accept(session, now, proposal.id, cast.buyer.actor)
    assert again.state == "sold"
    assert len(session.scalars(select(Award)).all()) == 1


def test_a_part_is_divided_from_a_lot_and_others_follow_the_rest(
    session: Session, cast: Cast, now: datetime
) -> None:
    (lot_id,) = offered(session, now, 1)  # 10 kg
    make_demand(session, now, max_quantity=4_000, price_minor_per_unit=14_000)
    make_demand(session, now, actor=cast.rival_buyer.actor, max_quantity=5_000)
    first, second = sorted(proposals_of(session, run(session, now).id), key=lambda one: one.quantity)
    accept(session, now, first.id)
    (line,) = lines_of(session, first.id)
    assert line.lot_id != lot_id
    assert line.run_lot_id == lot_id
    sold = session.get_one(Lot, line.lot_id)
    assert (sold.quantity, sold.state, sold.grade_confirmed) == (4_000, "sold", True)
    assert session.get_one(Lot, lot_id).used_by_event_id is not None
    (other,) = lines_of(session, second.id)
    rest = session.get_one(Lot, other.lot_id)
    assert (rest.id != lot_id, rest.quantity, rest.state) == (True, 6_000, "graded")
    accept(session, now, second.id, cast.everything.actor, cast.rival_buyer.actor)
    free = session.scalars(select(Lot).where(available(), Lot.state == LotState.GRADED.value)).one()
    assert free.quantity == 1_000
    offers = session.scalars(select(MatchOffer).where(MatchOffer.state == "open")).all()
    assert [one.lot_id for one in offers] == [free.id]
    assert not verify_genealogy(session).problems
    assert sorted(session.scalars(select(SaleLine.quantity))) == [4_000, 5_000]


def test_a_proposal_whose_lot_was_taken_comes_to_its_end(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now, max_quantity=8_000)
    first = one_proposal(session, now)
    make_demand(session, now, actor=cast.rival_buyer.actor, max_quantity=9_000, price_minor_per_unit=15_000)
    second = next(
        one
        for one in proposals_of(session, run(session, now, with_proposed=True).id)
        if one.quantity == 9_000
    )
    accept(session, now, second.id, cast.everything.actor, cast.rival_buyer.actor)
    session.refresh(first)
    assert first.state == "stale"
    assert first.reason is not None
    with pytest.raises(ProposalClosed):
        accept(session, now, first.id, cast.buyer.actor)


def test_a_declined_award_gives_the_lots_back_to_matching(
    session: Session, cast: Cast, now: datetime
) -> None:
    offered(session, now, 1)
    make_demand(session, now, max_quantity=4_000)
    proposal = one_proposal(session, now)
    accept(session, now, proposal.id, cast.seller.actor, cast.buyer.actor)
    assert proposal.award_id is not None
    decline_award(
        session, actor=cast.everything.actor, now=now, award_id=proposal.award_id, reason="Precio bajo"
    )
    session.refresh(proposal)
    assert (proposal.state, proposal.reason) == ("fallen", "Precio bajo")
    open_offers = session.scalars(select(MatchOffer).where(MatchOffer.state == "open")).all()
    assert len(open_offers) == 2
    assert one_proposal(session, now).quantity == 4_000


def test_a_refusal_needs_a_reason_and_ends_it(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    with pytest.raises(ReasonMissing), session.begin_nested():
        refuse_proposal(session, actor=cast.buyer.actor, now=now, proposal_id=proposal.id, reason=" ")
    refuse_proposal(session, actor=cast.buyer.actor, now=now, proposal_id=proposal.id, reason="Muy lejos")
    refuse_proposal(session, actor=cast.buyer.actor, now=now, proposal_id=proposal.id, reason="Muy lejos")
    assert (proposal.state, proposal.reason, proposal.closed_by_side) == ("refused", "Muy lejos", "buyer")
    with pytest.raises(ProposalClosed):
        accept(session, now, proposal.id, cast.everything.actor)


def test_who_accepted_does_not_refuse(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    accept(session, now, proposal.id, cast.buyer.actor)
    with pytest.raises(AnsweredOtherwise):
        refuse_proposal(session, actor=cast.buyer.actor, now=now, proposal_id=proposal.id, reason="No")


def test_time_ends_what_one_side_only_answered(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now, answer_hours=2)
    accept(session, now, proposal.id, cast.buyer.actor)
    with pytest.raises(ProposalClosed), session.begin_nested():
        accept(session, now + 2 * HOUR, proposal.id, cast.everything.actor)
    while run_next(session, now=now + 2 * HOUR):
        pass
    session.refresh(proposal)
    assert proposal.state == "expired"
    message = session.scalars(
        select(OutboxMessage).where(OutboxMessage.kind == "matching.proposal_due")
    ).one()
    assert message.state == "done"


def test_strangers_find_nothing_and_others_may_not_answer(
    session: Session, cast: Cast, now: datetime
) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    for person in (cast.rival_buyer, cast.outsider, cast.clerk):
        with pytest.raises(NotFound):
            accept_proposal(session, actor=person.actor, now=now, proposal_id=proposal.id)
    with pytest.raises(Forbidden):
        accept_proposal(session, actor=cast.auditor.actor, now=now, proposal_id=proposal.id)
    with pytest.raises(NotFound):
        accept_proposal(session, actor=cast.buyer.actor, now=now, proposal_id=new_id())


def test_a_lot_that_went_to_a_tender_is_refused_clearly(session: Session, cast: Cast, now: datetime) -> None:
    ids = offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    make_tender(session, now, ids)
    accept(session, now, proposal.id, cast.everything.actor)
    with pytest.raises(LotOffered):
        accept(session, now, proposal.id, cast.buyer.actor)


def test_what_changed_after_the_run_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    demand = make_demand(session, now)
    proposal = one_proposal(session, now)
    accept(session, now, proposal.id, cast.everything.actor)

    def refused(error: type[Exception]) -> None:
        with pytest.raises(error), session.begin_nested():
            accept(session, now, proposal.id, cast.buyer.actor)

    session.execute(update(Lot).values(grade_key="baby"))
    refused(LotChanged)
    session.execute(update(Lot).values(grade_key="super_baby"))
    session.execute(update(Demand).values(version=2))
    refused(DemandChanged)
    session.execute(update(Demand).values(version=1, max_quantity=9_000))
    refused(DemandFull)
    session.execute(update(Demand).values(max_quantity=None))
    withdraw_demand(session, actor=cast.buyer.actor, now=now, demand_id=demand.id)
    refused(DemandClosed)


def test_buyers_who_may_not_trade_do_not_accept(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    proposal = one_proposal(session, now)
    shut = BidderExclusion(
        id=new_id(),
        organisation_id=cast.centre.id,
        buyer_id=cast.mill.id,
        reason="No pagó",
        excluded_at=now - HOUR,
    )
    session.add(shut)
    session.flush()
    with pytest.raises(BidderExcluded), session.begin_nested():
        accept(session, now, proposal.id, cast.buyer.actor)
    shut.lifted_at = now
    session.add(
        BuyerVetting(
            id=new_id(), buyer_id=cast.mill.id, status="vetted", tier="deposit", documents=[], decided_at=now
        )
    )
    session.flush()
    with pytest.raises(LimitExceeded):
        accept(session, now, proposal.id, cast.buyer.actor)


def test_two_runs_do_not_fill_a_demand_twice(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 2)
    make_demand(session, now, max_quantity=15_000)
    first = one_proposal(session, now)
    second = one_proposal(session, now, with_proposed=True)
    accept(session, now, first.id)
    session.refresh(second)
    if second.state == "open":
        with pytest.raises(DemandFull):
            accept(session, now, second.id)
    assert session.scalars(select(MatchProposal.state).where(MatchProposal.state == "sold")).all() == ["sold"]
