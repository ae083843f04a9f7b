"""From the scale to the receipt, whatever is weighed, certified and bid: no gram, no cent and no claim comes or goes."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from chain.certification.services import register_certificate
from chain.core.ids import new_id
from chain.core.quantity import Unit
from chain.ledger.services.posting import verify_ledger
from chain.lots.models import Lot
from chain.lots.services import confirm_grade
from chain.market.services import close_tender, open_tender, place_bid
from chain.sales.models import Sale, SaleLine
from chain.settlement.models import SettlementItem, SettlementLine
from chain.settlement.services.runs import account_run, approve_run, pay_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.lots import fibre, make_lot, make_producer
from tests.support.market import sold

CAST = Cast()
DAY = timedelta(days=1)
#: One delivery: which of three producers, grams net, days before today. Odd grams and primes, so that splits leave a rest.
DELIVERIES = st.lists(
    st.tuples(st.integers(0, 2), st.integers(101, 60_000), st.integers(0, 30)), min_size=1, max_size=8
)
#: A level and when it begins and ends, in days before today; the second producer holds it.
CERTIFICATE = st.tuples(st.sampled_from(["transition", "organic"]), st.integers(10, 25), st.integers(1, 9))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries=DELIVERIES, certificate=CERTIFICATE, price=st.integers(10_000, 13_337))
def test_nothing_is_lost_or_gained_between_scale_and_receipt(
    session: Session,
    now: datetime,
    deliveries: list[tuple[int, int, int]],
    certificate: tuple[str, int, int],
    price: int,
) -> None:
    attempt = session.begin_nested()
    producers = [make_producer(session, now, name=f"Productora {name}") for name in ("Uno", "Dos", "Tres")]
    _certify(session, now, producers[1], certificate)
    lots = [
        make_lot(session, now, fibre(producers[who], now - ago * DAY, gross_g=net + 500))
        for who, net, ago in deliveries
    ]
    expected = [
        certificate[0] if who == 1 and certificate[2] <= ago <= certificate[1] else "conventional"
        for who, _net, ago in deliveries
    ]
    assert [lot.claim for lot in lots] == expected
    sale = _sell(session, now, lots, price)

    # 1, 2: grams. 5, 6: what leaves with a claim came in with it.
    weighed = sum(net for _, net, _ in deliveries)
    lines = session.scalars(select(SaleLine).where(SaleLine.sale_id == sale.id)).all()
    assert weighed == sale.quantity == sum(line.quantity for line in lines)
    by_id = {lot.id: lot for lot in lots}
    for claim in ("transition", "organic", "conventional"):
        came = sum(net for (_, net, _), own in zip(deliveries, expected, strict=True) if own == claim)
        assert came == sum(line.quantity for line in lines if by_id[line.lot_id].claim == claim)

    # 3: cents. 4: books.
    assert sum(line.amount_minor for line in lines) == sale.proceeds_minor
    _settle(session, now, sale, weighed)
    attempt.rollback()


def _certify(session: Session, now: datetime, producer: UUID, certificate: tuple[str, int, int]) -> None:
    level, begins, ends = certificate
    today: date = now.date()
    register_certificate(
        session,
        actor=CAST.everything.actor,
        now=now,
        id=new_id(),
        producer_id=producer,
        scheme="spg-peru",
        level="full" if level == "organic" else level,
        number="SPG-1",
        issued_by="Comité",
        valid_from=today - begins * DAY,
        valid_to=today - ends * DAY,
    )


def _sell(session: Session, now: datetime, lots: list[Lot], price: int) -> Sale:
    for lot in lots:
        confirm_grade(session, actor=CAST.grader.actor, now=now, lot_id=lot.id)
    tender = open_tender(
        session,
        actor=CAST.seller.actor,
        now=now,
        id=new_id(),
        title="Todo",
        lot_ids=[lot.id for lot in lots],
        reserve_minor_per_unit=10_000,
        closes_at=now + DAY,
    )
    place_bid(session, actor=CAST.buyer.actor, now=now, tender_id=tender.id, price_minor_per_unit=price)
    close_tender(session, actor=CAST.seller.actor, now=now + DAY, tender_id=tender.id)
    return sold(session, actor=CAST.everything.actor, now=now + DAY, tender_id=tender.id)


def _settle(session: Session, now: datetime, sale: Sale, weighed: int) -> None:
    run = prepare_sale_run(
        session, actor=CAST.accountant.actor, now=now + DAY, run_id=new_id(), sale_id=sale.id
    )
    approve_run(session, actor=CAST.treasurer.actor, now=now + DAY, run_id=run.id)
    account_run(session, actor=CAST.treasurer.actor, now=now + DAY, run_id=run.id)
    pay_run(session, actor=CAST.treasurer.actor, now=now + DAY, run_id=run.id)
    lines = session.scalars(select(SettlementLine).where(SettlementLine.run_id == run.id)).all()
    assert sum(line.quantity for line in lines) == weighed
    assert sum(line.gross_minor for line in lines) == sale.proceeds_minor
    items = session.scalar(
        select(func.coalesce(func.sum(SettlementItem.amount_minor), 0)).where(
            SettlementItem.line_id.in_([line.id for line in lines])
        )
    )
    assert sum(line.net_minor for line in lines) == items
    assert run.net_minor == sum(line.net_minor for line in lines)
    assert verify_ledger(session, CAST.centre.id).is_whole


@pytest.mark.parametrize(
    "forged",
    [
        "claim = 'organic'",
        "quantity = quantity + 1",
        "delivered_on = '2026-01-01'",
        "producer_id = id",
        "organisation_id = id",
    ],
)
def test_what_was_weighed_and_claimed_cannot_be_changed_afterwards(
    session: Session, now: datetime, forged: str
) -> None:
    lot = make_lot(session, now, fibre(make_producer(session, now), now))
    with pytest.raises(DBAPIError, match="append-only"), session.begin_nested():
        session.execute(text(f"UPDATE lot SET {forged}"))
    session.refresh(lot)
    assert (lot.claim, lot.quantity, lot.unit) == ("conventional", 12_500, Unit.GRAM.value)
