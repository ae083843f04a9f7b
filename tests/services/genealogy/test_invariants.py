"""The promises of docs/architecture.md on lots that are made of lots: grams, shares, cents, claims, and one effect of one command."""

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.genealogy.queries.shares import shares_of
from chain.genealogy.rules import Lost, Merge, Sort, SortedPart
from chain.genealogy.services import merge_lots, sort_lot
from chain.genealogy.services.verify import verify_genealogy
from chain.lots.models import Lot
from chain.lots.services import confirm_grade
from chain.market.services import close_tender, open_tender, place_bid
from chain.sales.queries.sales import sale_deliveries
from tests.support.cast import Cast
from tests.support.genealogy import CLERK, certify, lot_of, merge, split
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import sold

CAST = Cast()
DAY = timedelta(days=1)
#: Grams of each delivery, and who of three brought it; the first two are certified.
DELIVERIES = st.lists(st.tuples(st.integers(0, 2), st.integers(101, 60_000)), min_size=2, max_size=6)


@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    deliveries=DELIVERIES,
    shares=st.lists(st.integers(1, 30), min_size=1, max_size=3),
    price=st.integers(10_000, 13_337),
)
def test_grams_shares_claims_and_cents_from_the_scale_to_the_sale(
    session: Session, now: datetime, deliveries: list[tuple[int, int]], shares: list[int], price: int
) -> None:
    attempt = session.begin_nested()
    producers = [make_producer(session, now, name=f"Productora {name}") for name in ("Uno", "Dos", "Tres")]
    certify(session, now, producers[0], "full")
    certify(session, now, producers[1], "transition")
    lots = [make_lot(session, now, fibre(producers[who], now, gross_g=net + 500)) for who, net in deliveries]
    bulk = merge(session, now, *lots)
    # 5: the claim of the worst
    worst = {0: "organic", 1: "transition", 2: "conventional"}[max(who for who, _ in deliveries)]
    assert bulk.claim == worst

    parts = _sort(session, now, bulk, shares)
    # 1, 2, 6: grams and shares; no certified gram that did not come in
    assert {part.claim for part in parts} == {worst}
    assert sum(part.quantity for part in parts) <= sum(net for _, net in deliveries)
    for part in parts:
        assert sum(one.quantity for one in shares_of(session, [part.id])[part.id]) == part.quantity
    assert verify_genealogy(session, CAST.centre.id).is_whole

    # 3: cents, by the same shares
    _check_sale(session, now, parts[0], price)
    attempt.rollback()


def _sort(session: Session, now: datetime, bulk: Lot, shares: list[int]) -> list[Lot]:
    quantities = [max(1, bulk.quantity * share // 100) for share in shares]
    parts = tuple(SortedPart(id=new_id(), quantity=one, class_key="baby") for one in quantities)
    lost = (Lost(cause="dust", quantity=bulk.quantity - sum(quantities)),)
    order = Sort(id=new_id(), happened_at=now, lot_id=bulk.id, parts=parts, losses=lost)
    sort_lot(session, actor=CLERK, now=now, event=order)
    return [lot_of(session, part.id) for part in parts]


def _check_sale(session: Session, now: datetime, lot: Lot, price: int) -> None:
    confirm_grade(session, actor=CAST.grader.actor, now=now, lot_id=lot.id)
    tender = open_tender(
        session,
        actor=CAST.seller.actor,
        now=now,
        id=new_id(),
        title="Clasificado",
        lot_ids=[lot.id],
        reserve_minor_per_unit=10_000,
        closes_at=now + DAY,
    )
    place_bid(session, actor=CAST.buyer.actor, now=now, tender_id=tender.id, price_minor_per_unit=price)
    close_tender(session, actor=CAST.seller.actor, now=now + DAY, tender_id=tender.id)
    sale = sold(session, actor=CAST.everything.actor, now=now + DAY, tender_id=tender.id)
    paid = sale_deliveries(session, sale.id)
    assert sum(one.amount_minor for one in paid) == sale.proceeds_minor
    owned = {one.primary_id: one.quantity for one in shares_of(session, [lot.id])[lot.id]}
    assert {one.source_id: one.quantity for one in paid} == owned


def test_the_same_command_sent_again_has_the_effect_of_one(session: Session, now: datetime) -> None:
    producer = make_producer(session, now)
    lots = [make_lot(session, now, fibre(producer, now)) for _ in range(2)]
    order = Merge(id=new_id(), happened_at=now, lot_ids=tuple(lot.id for lot in lots), output_id=new_id())
    first = merge_lots(session, actor=CLERK, now=now, event=order)
    again = merge_lots(session, actor=CAST.second_clerk.actor, now=now + DAY, event=order)
    assert again is first
    assert verify_genealogy(session, CAST.centre.id).events == 1


@pytest.mark.parametrize(
    "forged",
    [
        "UPDATE lot_share SET quantity = quantity + 1",
        "DELETE FROM lot_share",
        "UPDATE lot_event SET loss_total = 0, output_total = input_total",
        "DELETE FROM lot_event_line",
        "UPDATE lot_event_line SET balance = 1",
        "UPDATE lot SET mix = NULL",
        "UPDATE lot SET made_by_event_id = NULL",
        "UPDATE lot SET claim = 'organic' WHERE origin = 'derived'",
        "UPDATE lot SET quantity = quantity + 1 WHERE origin = 'derived'",
    ],
)
def test_what_was_recorded_cannot_be_changed_afterwards(session: Session, now: datetime, forged: str) -> None:
    split(session, now, make_lot(session, now, fibre(make_producer(session, now), now)), 12_000, 500)
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(forged))
    assert verify_genealogy(session, CAST.centre.id).is_whole
