"""Accepting and declining an award, and what the settlement reads of the sale."""

from datetime import datetime

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor, Role
from chain.core.errors import Forbidden, NotFound, SamePerson
from chain.core.models import AuditRecord
from chain.lots.models import Lot
from chain.market.errors import TenderStateRefused
from chain.market.services import close_tender, decline_award
from chain.sales.errors import ReasonMissing
from chain.sales.models import Sale, SaleLine
from chain.sales.queries import get_sale_for, sale_deliveries
from tests.support.cast import Cast
from tests.support.market import add_graded_lots, make_award, make_bid, make_sale, make_tender, sold


def _lot_states(session: Session) -> set[str]:
    return set(session.scalars(select(Lot.state)))


def test_accepting_makes_the_sale_and_its_lines(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now, price=12_345)
    assert (sale.number, sale.buyer_id, sale.quantity) == (1, cast.mill.id, 60_000)
    assert (sale.proceeds_minor, sale.currency, sale.state) == (740_700, "PEN", "agreed")
    lines = session.execute(
        select(SaleLine.quantity, SaleLine.amount_minor).order_by(SaleLine.quantity)
    ).all()
    assert [tuple(line) for line in lines] == [(10_000, 123_450), (20_000, 246_900), (30_000, 370_350)]
    assert _lot_states(session) == {"sold"}


def test_the_parts_sum_to_the_proceeds_to_the_cent(session: Session, now: datetime, cast: Cast) -> None:
    lots = add_graded_lots(session, now, 7, quantity=3_333)
    tender = make_tender(session, now, lots)
    make_bid(session, now, tender, 10_001)
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    sale = sold(session, actor=cast.everything.actor, now=tender.closes_at, tender_id=tender.id)
    deliveries = sale_deliveries(session, sale.id)
    assert sum(one.amount_minor for one in deliveries) == sale.proceeds_minor == 233_333
    assert {one.grade_label for one in deliveries} == {"Super Baby (NTP 231.301:2014)"}
    assert [one.lot_id for one in deliveries] == sorted(lots)


def test_who_opened_the_tender_cannot_accept(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_award(session, now)
    with pytest.raises(SamePerson):
        sold(session, actor=cast.seller.actor, now=now, tender_id=tender.id)
    for person in (cast.clerk, cast.accountant, cast.buyer):
        with pytest.raises(Forbidden):
            sold(session, actor=person.actor, now=now, tender_id=tender.id)
    with pytest.raises(NotFound):
        sold(session, actor=cast.outsider.actor, now=now, tender_id=tender.id)


def test_a_second_click_answers_the_same_sale_and_a_second_person_is_refused(
    session: Session, now: datetime, cast: Cast
) -> None:
    tender = make_award(session, now)
    sale = sold(session, actor=cast.everything.actor, now=now, tender_id=tender.id)
    assert sold(session, actor=cast.everything.actor, now=now, tender_id=tender.id).id == sale.id
    other = Actor(cast.treasurer.id, cast.centre.id, cast.centre.kind, frozenset({Role.SELLER}))
    with pytest.raises(TenderStateRefused):
        sold(session, actor=other, now=now, tender_id=tender.id)
    assert session.scalar(select(func.count()).select_from(Sale)) == 1


def test_declining_needs_a_reason_and_releases_the_lots(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_award(session, now)
    with pytest.raises(ReasonMissing):
        decline_award(session, actor=cast.seller.actor, now=now, tender_id=tender.id, reason="")
    decline_award(
        session, actor=cast.seller.actor, now=now, tender_id=tender.id, reason="La asamblea no quiso"
    )
    assert (tender.state, tender.reason, _lot_states(session)) == (
        "declined",
        "La asamblea no quiso",
        {"graded"},
    )
    with pytest.raises(TenderStateRefused):
        sold(session, actor=cast.everything.actor, now=now, tender_id=tender.id)


def test_an_open_tender_has_no_award(session: Session, now: datetime, cast: Cast) -> None:
    tender = make_tender(session, now)
    with pytest.raises(TenderStateRefused):
        sold(session, actor=cast.everything.actor, now=now, tender_id=tender.id)


def test_each_change_of_the_tender_writes_one_audit_record(session: Session, now: datetime) -> None:
    sale = make_sale(session, now)
    tags = session.scalars(
        select(AuditRecord.tag).where(AuditRecord.subject_id == sale.event_id).order_by(AuditRecord.id)
    ).all()
    assert tags == ["market:tender:opened", "market:tender:awarded", "market:award:accepted"]


def test_a_sale_is_seen_by_its_two_sides_only(session: Session, now: datetime, cast: Cast) -> None:
    sale = make_sale(session, now)
    for person in (cast.seller, cast.accountant, cast.treasurer, cast.auditor, cast.buyer):
        assert get_sale_for(session, person.actor, sale.id).id == sale.id
    for person in (cast.outsider, cast.rival_buyer, cast.clerk, cast.producer):
        with pytest.raises(NotFound):
            get_sale_for(session, person.actor, sale.id)
