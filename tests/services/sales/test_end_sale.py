"""Sales that end early: by agreement, or by default; what had not left is free again."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.buyers.models import BuyerDeposit, LimitHold, TradingLimit
from chain.buyers.services.deposits import ask_return, return_when_free
from chain.core.errors import Forbidden, NotFound
from chain.core.ids import new_id
from chain.custody.errors import NotOfSale, SaleNeeded
from chain.lots.models import Lot
from chain.sales.errors import EndingAsked, NothingToEnd, ReasonMissing, SaleStateRefused, TooEarlyToDefault
from chain.sales.queries.buyers import buyers_of
from chain.sales.queries.due import due_in_books
from chain.sales.queries.records import counts_by_buyer
from chain.sales.queries.sales import sale_deliveries
from chain.sales.services.endings import answer_cancelling, ask_to_cancel, declare_default
from chain.settlement.errors import NothingToSettle
from chain.settlement.services.runs import approve_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.market import make_sale, make_tender
from tests.support.selling import FIRST, arrive, lots_of, send

LATER = timedelta(days=40)


def test_one_side_asks_and_the_other_agrees(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots[:1])
    arrive(session, now, load, {lots[0]: 10_000})
    asked = ask_to_cancel(
        session, actor=cast.buyer.actor, now=now, ending_id=new_id(), sale_id=sale.id, reason="Planta parada"
    )
    assert (asked.state, sale.ended) == ("asked", None)
    with pytest.raises(EndingAsked):
        ask_to_cancel(session, actor=FIRST, now=now, ending_id=new_id(), sale_id=sale.id, reason="También")
    with pytest.raises(NotFound):
        answer_cancelling(session, actor=cast.buyer.actor, now=now, ending_id=asked.id, agree=True)
    for _ in range(2):
        answer_cancelling(session, actor=FIRST, now=now, ending_id=asked.id, agree=True)
    assert sale.ended == "cancelled"
    assert asked.consequences is not None
    assert (asked.consequences["lots"], asked.consequences["kept_minor"]) == (2, 120_000)
    rows = session.execute(select(Lot.id, Lot.state).where(Lot.id.in_(lots)))
    states = {row.id: row.state for row in rows}
    assert [states[lot] for lot in lots] == ["sold", "graded", "graded"]
    assert session.scalars(select(Lot.sold_at).where(Lot.id == lots[1])).one() is None
    assert due_in_books(session, sale) == 120_000
    assert [one.lot_id for one in sale_deliveries(session, sale.id)] == lots[:1]
    assert list(buyers_of(session, FIRST, lots)) == lots[:1]
    hold = session.get_one(LimitHold, sale.award_id)
    assert (hold.amount_minor, hold.released_at) == (120_000, None)
    make_tender(session, now, lots[1:])  # they may be sold again
    run = prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    assert run.gross_minor == 120_000
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


def test_a_refusal_needs_its_reason_and_the_sale_goes_on(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    asked = ask_to_cancel(
        session, actor=FIRST, now=now, ending_id=new_id(), sale_id=sale.id, reason="Otro precio"
    )
    with pytest.raises(ReasonMissing):
        answer_cancelling(session, actor=cast.buyer.actor, now=now, ending_id=asked.id, agree=False)
    answer_cancelling(
        session,
        actor=cast.buyer.actor,
        now=now,
        ending_id=asked.id,
        agree=False,
        answer="La fibra ya se espera",
    )
    assert (asked.state, sale.ended) == ("refused", None)
    with pytest.raises(SaleStateRefused):
        answer_cancelling(session, actor=cast.buyer.actor, now=now, ending_id=asked.id, agree=True)


def test_a_default_waits_for_the_end_of_the_delivery(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    inputs: dict[str, Any] = {"sale_id": sale.id, "reason": "No recogió"}
    with pytest.raises(TooEarlyToDefault):
        declare_default(session, actor=FIRST, now=now, ending_id=new_id(), **inputs)
    with pytest.raises(Forbidden):
        declare_default(session, actor=cast.auditor.actor, now=now + LATER, ending_id=new_id(), **inputs)
    with pytest.raises(NotFound):
        declare_default(session, actor=cast.rival_buyer.actor, now=now + LATER, ending_id=new_id(), **inputs)
    ending_id = new_id()
    for _ in range(2):
        declare_default(session, actor=FIRST, now=now + LATER, ending_id=ending_id, **inputs)
    assert sale.ended == "buyer_default"
    assert session.get_one(LimitHold, sale.award_id).released_at is not None
    count = counts_by_buyer(session)[cast.mill.id]
    assert (count.sales, count.cancelled, count.buyer_defaults, count.seller_defaults) == (1, 0, 1, 0)
    with pytest.raises(NothingToSettle):
        prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    with pytest.raises(SaleStateRefused):
        ask_to_cancel(session, actor=FIRST, now=now, ending_id=new_id(), sale_id=sale.id, reason="Tarde")


def test_the_deposit_of_a_buyer_in_default_is_kept_before_it_could_return(
    session: Session, now: datetime, cast: Cast
) -> None:
    sale = make_sale(session, now)
    limit = session.get_one(TradingLimit, (sale.organisation_id, sale.buyer_id, sale.currency))
    limit.deposit_minor = 50_000
    session.flush()
    back = ask_return(
        session,
        actor=cast.buyer.actor,
        now=now,
        return_id=new_id(),
        seller_id=sale.organisation_id,
        currency=sale.currency,
        pay_to="BCP 191-1",
    )
    ending_id = new_id()
    for _ in range(2):
        ending = declare_default(
            session, actor=FIRST, now=now + LATER, ending_id=ending_id, sale_id=sale.id, reason="No recogió"
        )
    assert ending.consequences is not None
    assert ending.consequences["forfeited_minor"] == 50_000
    kept = session.scalars(select(BuyerDeposit)).one()
    assert (kept.kind, kept.amount_minor, kept.reference, kept.note) == (
        "kept",
        50_000,
        str(sale.number),
        "No recogió",
    )
    session.refresh(limit)
    assert (limit.deposit_minor, limit.held_minor) == (0, 0)
    return_when_free(session, actor=cast.buyer.actor, now=now + LATER, return_id=back.id)
    assert back.state == "waiting"  # nothing is left to pay back


def test_the_buyer_says_that_the_seller_did_not_deliver(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    row = declare_default(
        session,
        actor=cast.buyer.actor,
        now=now + LATER,
        ending_id=new_id(),
        sale_id=sale.id,
        reason="No llegó",
    )
    assert (row.kind, sale.ended) == ("seller_default", "seller_default")


def test_nothing_ends_once_everything_has_left(session: Session, now: datetime) -> None:
    sale = make_sale(session, now)
    send(session, now, sale, lots_of(session, sale))
    with pytest.raises(NothingToEnd):
        ask_to_cancel(session, actor=FIRST, now=now, ending_id=new_id(), sale_id=sale.id, reason="Tarde")


def test_lots_of_a_cancelled_sale_do_not_travel_under_it(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    asked = ask_to_cancel(
        session, actor=FIRST, now=now, ending_id=new_id(), sale_id=sale.id, reason="Otro precio"
    )
    answer_cancelling(session, actor=cast.buyer.actor, now=now, ending_id=asked.id, agree=True)
    with pytest.raises((NotOfSale, SaleNeeded)):
        send(session, now, sale, lots_of(session, sale))
