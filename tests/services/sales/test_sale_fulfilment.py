"""Loads, weights, findings of the mill, claims; what is due sums up to what the settlement pays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.errors import IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import OutboxMessage
from chain.core.paging import PageRequest
from chain.lots.models import ProducerNotice
from chain.sales.errors import (
    ClaimAnswered,
    ClaimOpen,
    ClaimTooLate,
    NoPriceOfClass,
    NotArrived,
    ReasonMissing,
    SaleStateRefused,
    SaleWaits,
)
from chain.sales.models import Sale, SaleAdjustment
from chain.sales.queries.due import due_in_books, dues_of
from chain.sales.queries.fulfilment import delivered_of
from chain.sales.queries.sales import list_sales, sale_deliveries
from chain.sales.services.adjustments import adjust_by_arrivals
from chain.sales.services.claims import Found, answer_claim, record_finding
from chain.sales.terms import Period, Regrade, read_terms
from chain.settlement.errors import RunOutdated
from chain.settlement.services.notices import SALE_CHANGED
from chain.settlement.services.runs import approve_run, prepare_sale_run
from tests.support.cast import Cast
from tests.support.market import make_sale
from tests.support.selling import FIRST, arrive, lots_of, send, settle, terms
from tests.support.settling import book


def _delivered(session: Session, now: datetime, sale: Sale) -> list[Any]:
    """Send the whole sale and let it arrive as sent."""
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots)
    arrive(session, now, load, {lot: 10_000 * place for place, lot in enumerate(lots, 1)})
    return lots


def _found(sale: Sale, lot_id: Any, **changes: Any) -> Found:
    return Found(
        **({"id": new_id(), "sale_id": sale.id, "lot_id": lot_id, "reason": "Medido en planta"} | changes)
    )


def test_within_the_tolerance_nothing_changes(session: Session, now: datetime) -> None:
    terms(session, now, tolerance_bp=100)
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots)
    assert load.tolerance_bp == 100  # the contract's, whatever the sender typed
    arrive(session, now, load, {lots[0]: 9_900, lots[1]: 20_000, lots[2]: 30_000})
    assert load.state == "arrived"
    assert adjust_by_arrivals(session, now=now, sale_id=sale.id) == 0
    assert due_in_books(session, sale) == sale.proceeds_minor


def test_a_weight_settled_on_changes_what_is_due_once(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    load = send(session, now, sale, lots)
    arrive(session, now, load, {lots[0]: 9_000, lots[1]: 20_000, lots[2]: 30_000})
    with pytest.raises(SaleWaits):
        prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    settle(session, now, load, {lots[0]: 9_500, lots[1]: 20_000, lots[2]: 30_000})
    waiting = select(func.count()).where(OutboxMessage.kind == "custody.load_settled")
    assert session.scalar(waiting) == 1
    assert adjust_by_arrivals(session, now=now, sale_id=sale.id) == 1
    assert adjust_by_arrivals(session, now=now, sale_id=sale.id) == 0
    assert session.scalar(select(SaleAdjustment.amount_minor)) == -6_000  # half a kilogram at 120.00
    run = prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    assert run.gross_minor == sale.proceeds_minor - 6_000
    assert sum(one.amount_minor for one in sale_deliveries(session, sale.id)) == run.gross_minor
    book(session, cast, now, run)
    assert sale.state == "settled"
    told = session.scalars(select(ProducerNotice).where(ProducerNotice.msgid == SALE_CHANGED)).all()
    assert sum(one.params["before_minor"] - one.params["after_minor"] for one in told) == 6_000
    assert {one.params["reason"] for one in told} == {"peso"}


def test_a_sale_shows_what_was_sent_in_each_period(session: Session, now: datetime, cast: Cast) -> None:
    first = Period(now.date(), now.date() + timedelta(days=9), 20_000, 25_000)
    second = Period(now.date() + timedelta(days=10), now.date() + timedelta(days=19), 10_000, 40_000)
    terms(session, now, periods=(first, second))
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    assert list_sales(session, FIRST, PageRequest()).items[0].fulfilment == "open"
    load = send(session, now + timedelta(days=2), sale, lots[:1])
    arrive(session, now + timedelta(days=3), load, {lots[0]: 10_000})
    assert list_sales(session, cast.buyer.actor, PageRequest()).items[0].fulfilment == "partly"
    send(session, now + timedelta(days=12), sale, lots[1:])
    later = now.date() + timedelta(days=13)
    total, periods = delivered_of(session, sale, read_terms(sale.terms), zone="America/Lima", today=later)
    assert (total.sent, total.arrived, total.accepted) == (60_000, 10_000, 10_000)
    assert [(one.delivered.sent, one.is_short, one.is_above) for one in periods] == [
        (10_000, True, False),
        (50_000, False, True),
    ]


def test_another_class_is_claimed_at_the_contract_s_price_and_paid_when_accepted(
    session: Session, now: datetime, cast: Cast
) -> None:
    terms(session, now, class_prices={"baby": 9_000})
    sale = make_sale(session, now)
    lots = _delivered(session, now, sale)
    claim = record_finding(
        session, actor=cast.buyer.actor, now=now, found=_found(sale, lots[1], found_key="baby")
    )
    assert (claim.kind, claim.state, claim.amount_minor) == ("class", "open", -60_000)
    assert due_in_books(session, sale) == 720_000
    with pytest.raises(ClaimOpen):
        record_finding(
            session, actor=cast.buyer.actor, now=now, found=_found(sale, lots[1], found_key="baby")
        )
    with pytest.raises(SaleWaits):
        prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    for _ in range(2):
        answer_claim(session, actor=FIRST, now=now, claim_id=claim.id, accept=True, answer="")
    assert due_in_books(session, sale) == 660_000
    with pytest.raises(ClaimAnswered):
        answer_claim(session, actor=FIRST, now=now, claim_id=claim.id, accept=False, answer="No")
    run = prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    assert run.gross_minor == 660_000


def test_a_claim_after_the_run_was_prepared_makes_it_outdated_and_after_its_approval_is_refused(
    session: Session, now: datetime, cast: Cast
) -> None:
    sale = make_sale(session, now)
    lots = _delivered(session, now, sale)
    run = prepare_sale_run(session, actor=cast.preparer.actor, now=now, run_id=new_id(), sale_id=sale.id)
    asked = _found(sale, lots[0], amount_minor=-10_000)
    claim = record_finding(session, actor=cast.buyer.actor, now=now, found=asked)
    with pytest.raises(RunOutdated), session.begin_nested():
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    session.expire_all()
    answer_claim(
        session,
        actor=FIRST,
        now=now,
        claim_id=claim.id,
        accept=False,
        answer="La contramuestra dice otra cosa",
    )
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    with pytest.raises(SaleStateRefused):
        record_finding(session, actor=cast.buyer.actor, now=now, found=_found(sale, lots[0], amount_minor=-1))


def test_each_micron_coarser_costs_the_agreed_percentage(session: Session, now: datetime, cast: Cast) -> None:
    terms(session, now, regrade=Regrade.MICRON, micron_bp=300)
    sale = make_sale(session, now)
    lots = _delivered(session, now, sale)
    coarser = record_finding(
        session, actor=cast.buyer.actor, now=now, found=_found(sale, lots[0], found_micron_tenths=208)
    )
    assert (coarser.kind, coarser.amount_minor) == ("micron", -3_600)  # 3 % of 1,200.00
    finer = record_finding(
        session, actor=cast.buyer.actor, now=now, found=_found(sale, lots[1], found_micron_tenths=193)
    )
    assert finer.amount_minor == 3_600  # half a micron finer, 1.5 % of 2,400.00
    same = record_finding(
        session,
        actor=cast.buyer.actor,
        now=now,
        found=_found(sale, lots[2], found_micron_tenths=198, reason=""),
    )
    assert same.state == "agrees"


def test_findings_that_cannot_be(session: Session, now: datetime, cast: Cast) -> None:
    terms(session, now, claim_days=5)
    sale = make_sale(session, now)
    lots = lots_of(session, sale)
    buyer = cast.buyer.actor
    with pytest.raises(NotArrived):
        record_finding(session, actor=buyer, now=now, found=_found(sale, lots[0], found_key="baby"))
    _delivered(session, now, sale)
    with pytest.raises(NoPriceOfClass):
        record_finding(session, actor=buyer, now=now, found=_found(sale, lots[0], found_key="baby"))
    with pytest.raises(ValidationFailed):
        record_finding(session, actor=buyer, now=now, found=_found(sale, lots[0]))
    with pytest.raises(ReasonMissing):
        record_finding(
            session, actor=buyer, now=now, found=_found(sale, lots[0], amount_minor=-5, reason=" ")
        )
    late = now + timedelta(days=6)
    with pytest.raises(ClaimTooLate):
        record_finding(session, actor=buyer, now=late, found=_found(sale, lots[0], amount_minor=-5))
    with pytest.raises(NotFound):
        record_finding(session, actor=FIRST, now=now, found=_found(sale, lots[0], amount_minor=-5))
    found = _found(sale, lots[0], amount_minor=-5)
    claim = record_finding(session, actor=buyer, now=now, found=found)
    assert record_finding(session, actor=buyer, now=now, found=found).id == claim.id
    with pytest.raises(IdempotencyConflict):
        record_finding(
            session, actor=buyer, now=now, found=_found(sale, lots[0], id=found.id, amount_minor=-6)
        )
    with pytest.raises(NotFound):
        answer_claim(session, actor=cast.outsider.actor, now=now, claim_id=claim.id, accept=True, answer="")


def test_never_less_than_nothing_is_due(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    lots = _delivered(session, now, sale)
    claim = record_finding(
        session, actor=cast.buyer.actor, now=now, found=_found(sale, lots[0], amount_minor=-9_999_999)
    )
    answer_claim(session, actor=FIRST, now=now, claim_id=claim.id, accept=True, answer="")
    assert min(one.due_minor for one in dues_of(session, sale)) == 0
