"""Officers confirm awards: two of them, never the opener, within the time, and what silence means."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.buyers.models import LimitHold
from chain.core.errors import Forbidden, NotFound, SamePerson, ValidationFailed
from chain.core.hashing import content_hash
from chain.core.models import AuditRecord, OutboxMessage
from chain.core.paging import PageRequest
from chain.lots.models import Lot
from chain.market.services import close_tender
from chain.sales.errors import AlreadyAnswered, AwardStateRefused, RateMissing, ReasonMissing, TermsBound
from chain.sales.models import Sale, SaleContract
from chain.sales.queries.awards import count_to_confirm, list_awards
from chain.sales.queries.log import check_chain, log_of
from chain.sales.services.awards import answer_by_silence, confirm_award, decline_award
from chain.sales.services.market_rules import set_market_rule
from chain.sales.services.terms import set_event_terms
from chain.sales.terms import Period, Rate, Terms
from tests.support.cast import Cast
from tests.support.market import make_award, make_bid, make_tender
from tests.support.selling import FIRST, SECOND, THIRD, award_of, in_dollars, rule, terms


def _states(session: Session) -> set[str]:
    return set(session.scalars(select(Lot.state)))


def test_two_officers_make_the_sale_and_its_contract(session: Session, now: datetime) -> None:
    rule(session)
    award = award_of(session, make_award(session, now))
    confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    assert (award.state, _states(session)) == ("waiting", {"offered"})
    assert count_to_confirm(session, FIRST, now) == 0
    assert count_to_confirm(session, SECOND, now) == 1
    confirm_award(session, actor=SECOND, now=now, award_id=award.id)
    assert (award.state, _states(session)) == ("confirmed", {"sold"})
    sale = session.scalars(select(Sale)).one()
    contract = session.get_one(SaleContract, sale.id)
    assert contract.content["proceeds_minor"] == sale.proceeds_minor == award.proceeds_minor
    assert len(contract.content["officers"]) == 2
    assert contract.content_hash == content_hash(contract.content)
    check_chain(log_of(session, award.event_id))


def test_one_officer_does_not_count_twice_and_the_opener_never(
    session: Session, now: datetime, cast: Cast
) -> None:
    rule(session)
    award = award_of(session, make_award(session, now))
    with pytest.raises(SamePerson):
        confirm_award(session, actor=cast.seller.actor, now=now, award_id=award.id)
    for _ in range(2):
        confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    assert award.state == "waiting"
    with pytest.raises(AlreadyAnswered):
        decline_award(session, actor=FIRST, now=now, award_id=award.id, reason="No")
    with pytest.raises(NotFound):
        confirm_award(session, actor=cast.outsider.actor, now=now, award_id=award.id)
    with pytest.raises(Forbidden):
        confirm_award(session, actor=cast.buyer.actor, now=now, award_id=award.id)


def test_one_officer_is_enough_to_decline_and_the_limit_is_free_again(
    session: Session, now: datetime
) -> None:
    rule(session)
    award = award_of(session, make_award(session, now))
    held = session.get_one(LimitHold, award.id)
    assert (held.amount_minor, held.released_at) == (award.proceeds_minor, None)
    confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    with pytest.raises(ReasonMissing):
        decline_award(session, actor=SECOND, now=now, award_id=award.id, reason=" ")
    decline_award(session, actor=SECOND, now=now, award_id=award.id, reason="Precio bajo")
    assert (award.state, award.reason, _states(session)) == ("declined", "Precio bajo", {"graded"})
    assert held.released_at is not None
    with pytest.raises(AwardStateRefused):
        confirm_award(session, actor=THIRD, now=now, award_id=award.id)


@pytest.mark.parametrize(
    ("silence", "state", "lots"), [("accepted", "confirmed", "sold"), ("declined", "lapsed", "graded")]
)
def test_silence_means_what_the_association_decided(
    session: Session, now: datetime, cast: Cast, silence: str, state: str, lots: str
) -> None:
    rule(session, silence=silence, hours=5)
    tender = make_award(session, now)
    award = award_of(session, tender)
    assert award.confirm_by == tender.closes_at + timedelta(hours=5)
    timer = session.scalars(select(OutboxMessage).where(OutboxMessage.kind == "sales.award_due")).one()
    assert timer.available_at == award.confirm_by
    actor = system_actor(cast.centre.id, OrganisationKind(cast.centre.kind), Role.SELLER)
    answer_by_silence(session, actor=actor, now=tender.closes_at, award_id=award.id)
    assert award.state == "waiting"
    with pytest.raises(AwardStateRefused):
        confirm_award(session, actor=FIRST, now=award.confirm_by, award_id=award.id)
    answer_by_silence(session, actor=actor, now=award.confirm_by, award_id=award.id)
    assert (award.state, _states(session)) == (state, {lots})


def test_silence_sells_no_lot_on_hold(session: Session, now: datetime, cast: Cast) -> None:
    rule(session, silence="accepted", hours=5)
    award = award_of(session, make_award(session, now))
    session.execute(update(Lot).values(is_held=True))
    actor = system_actor(cast.centre.id, OrganisationKind(cast.centre.kind), Role.SELLER)
    answer_by_silence(session, actor=actor, now=award.confirm_by, award_id=award.id)
    assert (award.state, _states(session)) == ("lapsed", {"graded"})
    assert session.scalars(select(Sale)).all() == []


def test_a_new_rule_leaves_awards_that_wait_as_they_are(session: Session, now: datetime, cast: Cast) -> None:
    rule(session, 1)
    award = award_of(session, make_award(session, now))
    wanted: dict[str, Any] = {"confirmations_needed": 3, "confirm_hours": 24, "silence": "accepted"}
    set_market_rule(session, actor=cast.admin.actor, now=now, **wanted)
    set_market_rule(session, actor=cast.admin.actor, now=now, **wanted)
    changes = select(func.count()).where(AuditRecord.tag == "sales:rule:changed")
    assert session.scalar(changes) == 1
    confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    assert award.state == "confirmed"
    with pytest.raises(Forbidden):
        set_market_rule(session, actor=cast.seller.actor, now=now, **wanted)
    for wrong in ({"confirmations_needed": 0}, {"confirm_hours": 721}, {"silence": "maybe"}):
        with pytest.raises(ValidationFailed):
            set_market_rule(session, actor=cast.admin.actor, now=now, **(wanted | wrong))


def test_both_sides_see_the_award_and_nobody_else(session: Session, now: datetime, cast: Cast) -> None:
    rule(session)
    make_award(session, now)
    for actor, count in (
        (FIRST, 1),
        (cast.buyer.actor, 1),
        (cast.rival_buyer.actor, 0),
        (cast.outsider.actor, 0),
    ):
        assert list_awards(session, actor, PageRequest()).total == count
    (row,) = list_awards(session, FIRST, PageRequest()).items
    assert row.event is not None
    assert row.event.title == "Fibra de marzo"


def test_terms_of_the_event_are_frozen_on_award_and_sale(session: Session, now: datetime, cast: Cast) -> None:
    rule(session, 1)
    terms(session, now, payment_days=7)
    tender = make_tender(session, now)
    period = Period(now.date(), now.date() + timedelta(days=30), 10_000, 60_000)
    given = Terms(payment_days=9, periods=(period,))
    inputs: dict[str, Any] = {"now": now, "method": "tender", "event_id": tender.id, "terms": given}
    set_event_terms(session, actor=cast.seller.actor, **inputs)
    with pytest.raises(NotFound):
        set_event_terms(session, actor=cast.outsider.actor, **inputs)
    make_bid(session, now, tender, 12_000)
    with pytest.raises(TermsBound):
        set_event_terms(session, actor=cast.seller.actor, **{**inputs, "terms": Terms(payment_days=90)})
    close_tender(session, actor=cast.seller.actor, now=tender.closes_at, tender_id=tender.id)
    terms(session, now, payment_days=90)
    award = award_of(session, tender)
    confirm_award(session, actor=FIRST, now=tender.closes_at, award_id=award.id)
    sale = session.scalars(select(Sale)).one()
    assert (sale.terms["payment_days"], sale.terms["periods"][0]["most"]) == (9, 60_000)
    assert "terms" in {line.kind for line in log_of(session, tender.id)}


def test_a_price_in_dollars_needs_its_rate_which_the_sale_freezes(session: Session, now: datetime) -> None:
    rule(session, 1)
    award = in_dollars(session, award_of(session, make_award(session, now, price=12_001)).id)
    with pytest.raises(RateMissing), session.begin_nested():
        confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    session.expire_all()
    terms(session, now, rates={"USD": Rate(3_745_125, now.date(), "BCRP")})
    confirm_award(session, actor=FIRST, now=now, award_id=award.id)
    sale = session.scalars(select(Sale)).one()
    assert (sale.proceeds_minor, sale.currency, sale.book_currency) == (720_060, "USD", "PEN")
    assert sale.book_minor == 2_696_715  # 720,060 × 3.745125 = 2,696,714.7
    assert (sale.rate_on, sale.rate_source) == (now.date(), "BCRP")
