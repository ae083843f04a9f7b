"""Standing demands: who posts them, who sees them."""

from dataclasses import replace
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.accounts.rules import Role
from chain.buyers import queries
from chain.buyers.errors import NotABuyer
from chain.buyers.models import Demand
from chain.buyers.rules import OfferFacts, Terms, meets
from chain.buyers.services.audit_tags import BuyersAudit
from chain.buyers.services.demands import open_demand, withdraw_demand
from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from tests.support.cast import Cast, Person

DAY = date(2026, 3, 16)
TERMS = Terms(
    title="Baby  blanca",
    commodity="alpaca-fibre",
    currency="XXX",
    valid_from=date(2026, 3, 1),
    valid_to=date(2026, 6, 30),
    grades=("ntp-231.301/2014/baby", "ntp-231.301/2014/baby"),
    min_quantity=500_000,
    price_minor_per_unit=4_500,
)


def post(session: Session, who: Person, now: datetime, terms: Terms = TERMS) -> Demand:
    return open_demand(session, actor=who.actor, now=now, demand_id=new_id(), terms=terms)[0]


def test_a_demand_is_kept_in_the_buyers_currency(session: Session, cast: Cast, now: datetime) -> None:
    demand = post(session, cast.buyer, now)
    assert (demand.currency, demand.title, demand.grades) == ("PEN", "Baby blanca", ["ntp-231.301/2014/baby"])
    assert list(queries.open_demands(session, today=DAY)) == [demand]
    assert not queries.open_demands(session, today=DAY, commodity="raw-milk")
    assert meets(demand, OfferFacts("alpaca-fibre", 500_000, grade="ntp-231.301/2014/baby")) == []


@pytest.mark.parametrize("day", [date(2026, 2, 28), date(2026, 7, 1)])
def test_outside_its_days_a_demand_does_not_stand(
    session: Session, cast: Cast, now: datetime, day: date
) -> None:
    demand = post(session, cast.buyer, now)
    assert not queries.open_demands(session, today=day)
    with pytest.raises(NotFound):
        queries.get_demand_for(session, cast.seller.actor, demand.id, today=day)
    assert queries.get_demand_for(session, cast.buyer.actor, demand.id, today=day) is demand


def test_sellers_see_open_demands_and_rivals_do_not(session: Session, cast: Cast, now: datetime) -> None:
    demand = post(session, cast.buyer, now)
    assert queries.get_demand_for(session, cast.seller.actor, demand.id, today=DAY) is demand
    assert queries.get_demand_for(session, cast.seller.actor, demand.id) is demand
    with pytest.raises(NotFound):
        queries.get_demand_for(session, cast.rival_buyer.actor, demand.id, today=DAY)
    assert not queries.list_own_demands(session, cast.rival_buyer.actor, PageRequest()).items
    listed = queries.list_open_demands(session, cast.seller.actor, PageRequest(), today=DAY)
    assert [(row.demand.id, row.buyer_name) for row in listed.items] == [(demand.id, cast.mill.name)]


def test_a_withdrawn_demand_stands_no_more(session: Session, cast: Cast, now: datetime) -> None:
    demand = post(session, cast.buyer, now)
    with pytest.raises(NotFound):
        withdraw_demand(session, actor=cast.rival_buyer.actor, now=now, demand_id=demand.id)
    withdraw_demand(session, actor=cast.buyer.actor, now=now, demand_id=demand.id)
    withdraw_demand(session, actor=cast.buyer.actor, now=now, demand_id=demand.id)
    assert not queries.open_demands(session, today=DAY)
    with pytest.raises(NotFound):
        queries.get_demand_for(session, cast.seller.actor, demand.id)
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.subject_id == demand.id)).all()
    assert sorted(tags) == [BuyersAudit.DEMAND_OPENED, BuyersAudit.DEMAND_WITHDRAWN]


def test_the_same_demand_twice_is_one(session: Session, cast: Cast, now: datetime) -> None:
    key, actor = new_id(), cast.buyer.actor
    first, is_new = open_demand(session, actor=actor, now=now, demand_id=key, terms=TERMS)
    again, is_new_again = open_demand(session, actor=actor, now=now, demand_id=key, terms=TERMS)
    assert (again is first, is_new, is_new_again) == (True, True, False)
    other = replace(TERMS, title="Otra cosa")
    with pytest.raises(IdempotencyConflict):
        open_demand(session, actor=actor, now=now, demand_id=key, terms=other)
    with pytest.raises(IdempotencyConflict):
        open_demand(session, actor=cast.rival_buyer.actor, now=now, demand_id=key, terms=TERMS)


def test_wrong_terms_are_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(ValidationFailed) as refused:
        post(session, cast.buyer, now, replace(TERMS, title="", valid_to=date(2026, 3, 2)))
    assert set(refused.value.errors) == {"title", "valid_to"}


def test_sellers_post_no_demands(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(Forbidden):
        post(session, cast.seller, now)
    buyer_in_a_centre = Person(cast.seller.id, "seller", "x", cast.centre, (Role.BUYER,))
    with pytest.raises(NotABuyer):
        post(session, buyer_in_a_centre, now)
