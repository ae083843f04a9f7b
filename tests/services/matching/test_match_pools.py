"""Pools: associations see their part, join, are matched together; each keeps what its own lots bring."""

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, OrganisationKind, Role
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from chain.matching.errors import NotASeller, PoolClosed, PoolCurrency
from chain.matching.queries.pools import list_pools
from chain.matching.queries.proposals import list_proposals
from chain.matching.queries.runs import get_run_for, run_misses, run_sellers
from chain.matching.services.pools import close_pool, join_pool, leave_pool, open_pool, part_in_pool
from tests.support.cast import Cast
from tests.support.matching import SECOND, add_association, make_demand, offered, proposals_of, run

ALL = PageRequest()


def _pool(session: Session, cast: Cast, now: datetime) -> tuple[Actor, UUID]:
    neighbour = add_association(session)
    pool, _ = open_pool(
        session, actor=cast.seller.actor, now=now, id=new_id(), title="Fibra del sur", members=[SECOND.code]
    )
    return neighbour, pool.id


def test_together_they_reach_a_least_quantity_that_none_reaches_alone(
    session: Session, cast: Cast, now: datetime
) -> None:
    neighbour, pool_id = _pool(session, cast, now)
    offered(session, now, 1)  # 10 kg
    offered(session, now, 1, house=SECOND, actor=neighbour)
    make_demand(session, now, min_quantity=15_000)
    part = part_in_pool(session, actor=neighbour, now=now, pool_id=pool_id)
    assert (part.alone_net_minor, part.pool_net_minor, part.members) == (0, 120_000, 2)
    member = join_pool(session, actor=neighbour, now=now, pool_id=pool_id, part=part)
    assert (member.state, member.seen["pool_net_minor"]) == ("joined", 120_000)
    made = run(session, now, pool_id=pool_id)
    proposals = proposals_of(session, made.id)
    assert {one.organisation_id: one.quantity for one in proposals} == {
        cast.centre.id: 10_000,
        SECOND.id: 10_000,
    }
    leader = get_run_for(session, cast.seller.actor, made.id)
    assert len(run_sellers(session, cast.seller.actor, leader)) == 2
    guest = get_run_for(session, neighbour, made.id)
    assert [one.seller_id for one in run_sellers(session, neighbour, guest)] == [SECOND.id]
    own = list_proposals(session, neighbour, ALL, run_id=made.id).items
    assert [view.proposal.organisation_id for view in own] == [SECOND.id]
    with pytest.raises(NotFound):
        get_run_for(session, cast.outsider.actor, made.id)


def test_near_misses_are_told_to_the_lots_owner_only(session: Session, cast: Cast, now: datetime) -> None:
    neighbour, pool_id = _pool(session, cast, now)
    offered(session, now, 1)
    offered(session, now, 1, house=SECOND, actor=neighbour, reserve=12_500)
    make_demand(session, now)
    join_pool(session, actor=neighbour, now=now, pool_id=pool_id)
    made = run(session, now, pool_id=pool_id)
    assert run_misses(session, cast.seller.actor, made.id, ALL).items == []
    (miss,) = run_misses(session, neighbour, made.id, ALL).items
    assert (miss.condition, miss.offered_minor_per_unit, miss.needed_minor_per_unit) == (
        "reserve",
        12_000,
        12_500,
    )


def test_who_has_not_joined_or_has_left_takes_no_part(session: Session, cast: Cast, now: datetime) -> None:
    neighbour, pool_id = _pool(session, cast, now)
    offered(session, now, 1)
    offered(session, now, 1, house=SECOND, actor=neighbour)
    make_demand(session, now)
    assert run(session, now, pool_id=pool_id).lots == 1
    join_pool(session, actor=neighbour, now=now, pool_id=pool_id)
    assert run(session, now, pool_id=pool_id, with_proposed=True).lots == 2
    leave_pool(session, actor=neighbour, now=now, pool_id=pool_id)
    assert run(session, now, pool_id=pool_id, with_proposed=True).lots == 1


def test_a_market_manager_runs_a_pool_but_not_own_lots(session: Session, cast: Cast, now: datetime) -> None:
    _, pool_id = _pool(session, cast, now)
    offered(session, now, 1)
    make_demand(session, now)
    manager = Actor(cast.admin.id, cast.centre.id, OrganisationKind.CENTRE, frozenset({Role.MARKET_MANAGER}))
    assert run(session, now, actor=manager, pool_id=pool_id).lots == 1
    with pytest.raises(Forbidden):
        run(session, now, actor=manager)


def test_what_cannot_be_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    neighbour, pool_id = _pool(session, cast, now)
    seller = cast.seller.actor
    for members, refusal in (
        (["MILL"], NotASeller),
        (["CC02"], PoolCurrency),
        ([], ValidationFailed),
    ):
        with pytest.raises(refusal):
            open_pool(session, actor=seller, now=now, id=new_id(), title="Otro", members=members)
    with pytest.raises(IdempotencyConflict):
        open_pool(session, actor=seller, now=now, id=pool_id, title="Otro", members=[SECOND.code])
    again, is_new = open_pool(
        session,
        actor=seller,
        now=now,
        id=pool_id,
        title="Fibra del sur",
        members=[SECOND.code],
    )
    assert (again.id, is_new) == (pool_id, False)
    with pytest.raises(NotFound):
        join_pool(session, actor=cast.outsider.actor, now=now, pool_id=pool_id)
    with pytest.raises(NotFound):
        close_pool(session, actor=neighbour, now=now, pool_id=pool_id)
    close_pool(session, actor=seller, now=now, pool_id=pool_id)
    with pytest.raises(PoolClosed):
        join_pool(session, actor=neighbour, now=now, pool_id=pool_id)
    assert list_pools(session, neighbour, ALL).total == 1
    assert list_pools(session, cast.outsider.actor, ALL).total == 0
