"""Demands that change, that are private, that ask of some centres, and what is still missing of them."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from chain.buyers import coverage, queries
from chain.buyers.coverage import Covered, register_coverage
from chain.buyers.gap_queries import demand_gaps_for, list_gaps
from chain.buyers.models import Demand
from chain.buyers.pricing import Premium, PriceRow, price_for
from chain.buyers.rules import OfferFacts, Terms
from chain.buyers.services.demands import change_demand, open_demand
from chain.core.errors import Conflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.paging import PageRequest
from tests.support.cast import CENTRE, MILL, OTHER_CENTRE, Cast, Person

DAY = date(2026, 3, 16)
BABY = "ntp-231.301/2014/baby"
TERMS = Terms(
    title="Baby blanca",
    commodity="alpaca-fibre",
    currency="PEN",
    valid_from=date(2026, 3, 1),
    valid_to=date(2026, 6, 30),
    period="month",
    min_quantity=500_000,
    max_quantity=2_000_000,
    price_grid=(PriceRow(4_500, BABY, "white"), PriceRow(3_900, BABY)),
    premiums=(Premium("claim", 300, claim="organic"),),
)


def post(session: Session, who: Person, now: datetime, terms: Terms = TERMS) -> Demand:
    return open_demand(session, actor=who.actor, now=now, demand_id=new_id(), terms=terms)[0]


@pytest.fixture
def covered() -> Iterator[list[Covered]]:
    """What a registered source tells."""
    found: list[Covered] = []

    def source(_session: Session, demand_ids: Collection[UUID]) -> Iterable[Covered]:
        return [one for one in found if one.demand_id in demand_ids]

    before = dict(coverage._sources)
    register_coverage("test", source)
    yield found
    coverage._sources.clear()
    coverage._sources.update(before)


def test_the_grid_is_kept_and_priced(session: Session, cast: Cast, now: datetime) -> None:
    demand = post(session, cast.buyer, now)
    session.expire(demand)
    offer = OfferFacts("alpaca-fibre", 1_000, claim="organic", grade=BABY, colour="true_black")
    assert price_for(demand, offer) == 4_200


def test_a_change_keeps_what_stood_before(session: Session, cast: Cast, now: datetime) -> None:
    demand = post(session, cast.buyer, now)
    new = replace(TERMS, title="Baby blanca y negra", max_quantity=3_000_000)

    def change(version: int, terms: Terms, who: Person = cast.buyer) -> Demand:
        return change_demand(
            session, actor=who.actor, now=now, demand_id=demand.id, version=version, terms=terms
        )

    assert change(1, TERMS).version == 1
    for _ in range(2):
        assert change(1, new).version == 2
    with pytest.raises(Conflict):
        change(1, replace(new, title="Otra"))
    with pytest.raises(NotFound):
        change(2, TERMS, cast.rival_buyer)
    with pytest.raises(ValidationFailed):
        change(2, replace(new, title=""))
    (old,) = queries.list_versions(session, demand)
    assert (old.version, old.terms["title"], demand.title) == (1, "Baby blanca", "Baby blanca y negra")
    again, is_new = open_demand(session, actor=cast.buyer.actor, now=now, demand_id=demand.id, terms=TERMS)
    assert (again is demand, is_new) == (True, False)


def test_a_private_demand_is_seen_by_those_named_only(session: Session, cast: Cast, now: datetime) -> None:
    demand = post(session, cast.buyer, now, replace(TERMS, private_to=(str(CENTRE.id),)))
    assert queries.get_demand_for(session, cast.seller.actor, demand.id, today=DAY) is demand
    with pytest.raises(NotFound):
        queries.get_demand_for(session, cast.outsider.actor, demand.id, today=DAY)
    for who, seen in ((cast.seller, 1), (cast.outsider, 0)):
        listed = queries.list_open_demands(session, who.actor, PageRequest(), today=DAY)
        assert listed.total == seen
        assert len(queries.open_demands(session, today=DAY, seller_id=who.house.id)) == seen
        assert list_gaps(session, who.actor, PageRequest(), today=DAY).total == seen
    with pytest.raises(ValidationFailed):
        post(session, cast.buyer, now, replace(TERMS, private_to=(str(MILL.id),)))


def test_the_gap_is_what_the_running_period_lacks(
    session: Session, cast: Cast, now: datetime, covered: list[Covered]
) -> None:
    demand = post(session, cast.buyer, now)
    covered += [
        Covered(demand.id, date(2026, 3, 20), 300_000),
        Covered(demand.id, date(2026, 4, 2), 2_500_000),
    ]
    (row,) = list_gaps(session, cast.seller.actor, PageRequest(), today=DAY).items
    assert (row.gap.covered, row.gap.missing, row.gap.room) == (300_000, 200_000, 1_700_000)
    gaps = demand_gaps_for(session, cast.buyer.actor, demand.id, today=DAY)
    assert [(one.missing, one.room) for one in gaps] == [
        (200_000, 1_700_000),
        (0, 0),
        (500_000, 2_000_000),
        (500_000, 2_000_000),
    ]
    assert not list_gaps(session, cast.rival_buyer.actor, PageRequest(), today=DAY).items


def test_centres_that_are_not_asked_have_no_gap_to_fill(session: Session, cast: Cast, now: datetime) -> None:
    post(session, cast.buyer, now, replace(TERMS, centres=(str(OTHER_CENTRE.id),)))
    assert not list_gaps(session, cast.seller.actor, PageRequest(), today=DAY).items
    assert list_gaps(session, cast.outsider.actor, PageRequest(), today=DAY).total == 1
