"""Running a match: what takes part, what comes out, what is kept."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.buyers.pricing import Premium, PremiumKind, PriceRow
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.matching.errors import ListChanged, NothingToMatch
from chain.matching.kept_instance import from_record, hash_of, result_hash
from chain.matching.models import MatchProposal
from chain.matching.rules.engine import solve
from chain.matching.services.freight import enter_freight
from chain.matching.services.replay import replay
from chain.matching.services.runs import calculate, make_run
from chain.sales.queries.log import check_chain, log_of
from tests.support.cast import Cast
from tests.support.matching import (
    SUPER_BABY,
    lines_of,
    make_demand,
    offered,
    one_proposal,
    proposals_of,
    run,
)


def test_a_run_proposes_to_each_buyer_what_brings_most(session: Session, cast: Cast, now: datetime) -> None:
    ids = offered(session, now)  # 10, 20 and 30 kg
    best = make_demand(session, now, max_quantity=25_000, price_minor_per_unit=13_000)
    rest = make_demand(session, now, actor=cast.rival_buyer.actor)
    made = run(session, now)
    assert (made.lots, made.demands, made.status, made.gap) == (3, 2, "optimal", "0.000000")
    assert made.value_minor == made.bound_minor == 25 * 13_000 + 35 * 12_000
    proposals = {one.demand_id: one for one in proposals_of(session, made.id)}
    assert {one: found.quantity for one, found in proposals.items()} == {best.id: 25_000, rest.id: 35_000}
    assert proposals[best.id].buyer_id == cast.mill.id
    assert proposals[best.id].amount_minor == 25 * 13_000
    assert proposals[best.id].expires_at == now + timedelta(hours=72)
    lines = [line for one in proposals.values() for line in lines_of(session, one.id)]
    assert {line.lot_id for line in lines} == set(ids)
    assert sum(line.quantity for line in lines) == 60_000
    entries = log_of(session, proposals[best.id].id)
    check_chain(entries)
    assert [entry.kind for entry in entries] == ["proposed"]
    assert "reserve" not in str(entries[0].data)
    due = session.scalars(select(OutboxMessage.kind)).all()
    assert due.count("matching.proposal_due") == 2


def test_prices_come_from_grid_and_premiums_and_the_volume_counts_once_it_is_known(
    session: Session, now: datetime
) -> None:
    offered(session, now, 2)  # 30 kg of 19.8 µm, white
    make_demand(
        session,
        now,
        price_minor_per_unit=9_000,
        price_grid=(PriceRow(11_000, SUPER_BABY), PriceRow(12_500, SUPER_BABY, "white")),
        premiums=(
            Premium(PremiumKind.MICRON_STEP, 20, high_tenths=200),
            Premium(PremiumKind.CLAIM, 300, claim="organic"),
            Premium(PremiumKind.VOLUME, 100, from_quantity=30_000),
        ),
    )
    proposal = one_proposal(session, now)
    assert {line.price_minor_per_unit for line in lines_of(session, proposal.id)} == {12_500 + 40 + 100}
    assert proposal.amount_minor == 30 * 12_640


def test_freight_is_taken_off_and_kept_with_the_proposal(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1, reserve=11_000)
    make_demand(session, now)
    make_demand(session, now, actor=cast.rival_buyer.actor, price_minor_per_unit=11_800)
    enter_freight(
        session,
        actor=cast.seller.actor,
        now=now,
        id=new_id(),
        partner_id=cast.mill.id,
        minor_per_unit=300,
        valid_from=now.date(),
    )
    proposal = one_proposal(session, now)
    # 118.00 without freight brings more than 120.00 less 3.00
    assert proposal.buyer_id == cast.rival_mill.id
    assert (proposal.freight_minor_per_unit, proposal.freight_minor) == (None, 0)
    enter_freight(
        session,
        actor=cast.rival_buyer.actor,
        now=now,
        id=new_id(),
        partner_id=cast.centre.id,
        minor_per_unit=250,
        valid_from=now.date(),
    )
    proposal = one_proposal(session, now, with_proposed=True)
    assert proposal.buyer_id == cast.mill.id
    assert (proposal.freight_minor_per_unit, proposal.freight_minor) == (300, 3_000)


def test_lots_and_demands_of_open_proposals_take_part_with_their_rest(
    session: Session, now: datetime
) -> None:
    offered(session, now, 1)
    make_demand(session, now, max_quantity=4_000)
    assert one_proposal(session, now).quantity == 4_000
    with pytest.raises(NothingToMatch):
        run(session, now)
    make_demand(session, now, max_quantity=50_000)
    assert one_proposal(session, now).quantity == 6_000


def test_a_whole_lot_goes_to_one_demand_or_none(session: Session, now: datetime) -> None:
    offered(session, now, 1, divisible=False)  # 10 kg
    make_demand(session, now, max_quantity=9_000)
    assert proposals_of(session, run(session, now).id) == []
    fitting = make_demand(session, now, max_quantity=10_000)
    assert one_proposal(session, now).demand_id == fitting.id


def test_demands_in_another_currency_are_counted_and_left_out(
    session: Session, cast: Cast, now: datetime
) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    foreign = make_demand(session, now)
    foreign.currency = "BOB"
    session.flush()
    made = run(session, now)
    assert (made.demands, made.demands_other_currency) == (1, 1)


def test_private_demands_are_for_the_sellers_that_they_name(
    session: Session, cast: Cast, now: datetime
) -> None:
    offered(session, now, 1)
    make_demand(session, now, private_to=(str(cast.other_centre.id),), price_minor_per_unit=20_000)
    with pytest.raises(NothingToMatch):
        run(session, now)
    mine = make_demand(session, now, private_to=(str(cast.centre.id),))
    assert one_proposal(session, now).demand_id == mine.id


def test_a_preview_writes_nothing_and_other_figures_are_refused(
    session: Session, cast: Cast, now: datetime
) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    seen = calculate(session, actor=cast.seller.actor, now=now)
    assert (seen.net_minor, seen.quantity) == (120_000, 10_000)
    assert session.scalar(select(func.count()).select_from(MatchProposal)) == 0
    offered(session, now, 1)
    with pytest.raises(ListChanged):
        make_run(session, actor=cast.seller.actor, now=now, id=new_id(), seen=seen.input_hash)


def test_a_run_is_made_once_and_only_by_those_who_may(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 1)
    make_demand(session, now)
    run_id = new_id()
    first, is_new = make_run(session, actor=cast.seller.actor, now=now, id=run_id)
    again, is_new_again = make_run(session, actor=cast.seller.actor, now=now, id=run_id)
    assert (first.id, is_new, again.id, is_new_again) == (run_id, True, run_id, False)
    with pytest.raises(IdempotencyConflict):
        make_run(session, actor=cast.seller.actor, now=now, id=run_id, answer_hours=5)
    with pytest.raises(ValidationFailed):
        make_run(session, actor=cast.seller.actor, now=now, id=new_id(), answer_hours=0)
    for person in (cast.clerk, cast.buyer, cast.auditor):
        with pytest.raises(Forbidden):
            make_run(session, actor=person.actor, now=now, id=new_id())
    with pytest.raises(NotFound):
        make_run(session, actor=cast.seller.actor, now=now, id=new_id(), pool_id=new_id())


def test_the_kept_input_gives_the_same_result_again(session: Session, cast: Cast, now: datetime) -> None:
    offered(session, now, 5)
    offered(session, now, 2, divisible=False, colour="dark_brown")
    make_demand(session, now, max_quantity=70_000, premiums=(Premium("micron_step", 10, high_tenths=210),))
    make_demand(
        session,
        now,
        actor=cast.rival_buyer.actor,
        min_quantity=20_000,
        price_minor_per_unit=11_000,
        price_grid=(PriceRow(11_500, SUPER_BABY, "dark_brown"),),
    )
    made = run(session, now)
    session.expire_all()
    instance = from_record(made.input)
    assert hash_of(instance) == made.input_hash
    assert result_hash(solve(instance)) == made.result_hash
    for proposal in proposals_of(session, made.id):
        answer = replay(session, proposal.id)
        assert answer.agrees, [str(line) for line in answer.lines]
