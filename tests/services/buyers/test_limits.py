"""Who may trade, and what is kept of a buyer's limit."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.buyers.errors import HoldElsewhere, LimitExceeded, NotVetted
from chain.buyers.models import BuyerVetting, LimitHold, SellerLimitRule, TradingLimit
from chain.buyers.services.limits import check_may_trade, hold_limit, release_limit, room_of
from chain.core.ids import new_id
from tests.support.cast import CENTRE, MILL, OTHER_CENTRE


@pytest.fixture
def limit(session: Session, now: datetime) -> TradingLimit:
    """A limit of 1,000.00 (600.00 of deposit, 400.00 of credit) with a seller that asks everybody for one."""
    session.add(SellerLimitRule(organisation_id=CENTRE.id, limit_required=True, changed_at=now))
    row = TradingLimit(
        organisation_id=CENTRE.id,
        buyer_id=MILL.id,
        currency="PEN",
        credit_minor=40_000,
        credit_until=date(2026, 12, 31),
        deposit_minor=60_000,
        held_minor=0,
    )
    session.add(row)
    session.flush()
    return row


def check(session: Session, now: datetime, amount: int, currency: str = "PEN") -> None:
    check_may_trade(
        session, buyer_id=MILL.id, seller_id=CENTRE.id, amount_minor=amount, currency=currency, now=now
    )


def hold(session: Session, now: datetime, amount: int, ref_id: object = None, **changes: object) -> None:
    values = {
        "buyer_id": MILL.id,
        "seller_id": CENTRE.id,
        "kind": "award",
        "ref_id": ref_id or new_id(),
        "amount_minor": amount,
        "currency": "PEN",
        "now": now,
    }
    hold_limit(session, **(values | changes))  # type: ignore[arg-type]  # values are of the right types


def decide(session: Session, when: datetime, status: str, **changes: object) -> None:
    values: dict[str, object] = {"tier": "full", "documents": [], "valid_until": None}
    session.add(BuyerVetting(buyer_id=MILL.id, status=status, decided_at=when, **(values | changes)))
    session.flush()


def test_a_vetted_buyer_trades_freely_where_nobody_asks_for_a_limit(session: Session, now: datetime) -> None:
    check(session, now, 10**9)
    assert room_of(session, CENTRE.id, MILL.id, now=now).free_minor is None


@pytest.mark.parametrize("status", ["pending", "suspended"])
def test_a_buyer_that_is_not_vetted_does_not_trade(session: Session, now: datetime, status: str) -> None:
    decide(session, now, status)
    with pytest.raises(NotVetted):
        check(session, now, 1)


def test_an_organisation_without_a_decision_is_pending(session: Session, now: datetime) -> None:
    with pytest.raises(NotVetted):
        check_may_trade(
            session, buyer_id=OTHER_CENTRE.id, seller_id=CENTRE.id, amount_minor=1, currency="PEN", now=now
        )


def test_the_last_day_of_a_vetting_counts(session: Session, now: datetime) -> None:
    decide(session, now, "vetted", valid_until=now.date())
    check(session, now, 1)
    with pytest.raises(NotVetted):
        check(session, now + timedelta(days=1), 1)


def test_the_limit_binds_to_the_cent(session: Session, now: datetime, limit: TradingLimit) -> None:
    check(session, now, 100_000)
    with pytest.raises(LimitExceeded) as refused:
        check(session, now, 100_001)
    assert refused.value.params["by"].minor == 1
    with pytest.raises(LimitExceeded):
        check(session, now, 1, "USD")
    assert limit.held_minor == 0


def test_a_credit_after_its_last_day_counts_for_nothing(
    session: Session, now: datetime, limit: TradingLimit
) -> None:
    limit.credit_until = now.date() - timedelta(days=1)
    session.flush()
    found = room_of(session, CENTRE.id, MILL.id, now=now)
    assert (found.credit_minor, found.free_minor) == (0, 60_000)


def test_a_small_mill_trades_up_to_its_deposit(session: Session, now: datetime) -> None:
    decide(session, now, "vetted", tier="deposit")
    with pytest.raises(LimitExceeded):
        check(session, now, 1)
    session.add(
        TradingLimit(organisation_id=CENTRE.id, buyer_id=MILL.id, currency="PEN", deposit_minor=50_000)
    )
    session.flush()
    check(session, now, 50_000)


def test_holds_fill_the_room_and_releases_empty_it(
    session: Session, now: datetime, limit: TradingLimit
) -> None:
    first, second = new_id(), new_id()
    hold(session, now, 70_000, first)
    hold(session, now, 70_000, first)
    assert room_of(session, CENTRE.id, MILL.id, now=now).free_minor == 30_000
    with pytest.raises(LimitExceeded):
        hold(session, now, 30_001, second)
    hold(session, now, 90_000, first)  # the bid was raised
    hold(session, now, 10_000, second)
    for _ in range(2):
        release_limit(session, ref_id=first, now=now)
    assert limit.held_minor == 10_000
    hold(session, now, 90_000, first)
    assert limit.held_minor == 100_000
    release_limit(session, ref_id=new_id(), now=now)
    held = session.scalars(select(LimitHold).where(LimitHold.released_at.is_(None))).all()
    assert sum(one.amount_minor for one in held) == limit.held_minor


def test_what_was_promised_before_may_be_held_above_the_limit(
    session: Session, now: datetime, limit: TradingLimit
) -> None:
    hold(session, now, 150_000, enforce=False)
    found = room_of(session, CENTRE.id, MILL.id, now=now)
    assert (limit.held_minor, found.free_minor) == (150_000, 0)


def test_one_thing_is_held_for_one_buyer(session: Session, now: datetime) -> None:
    ref_id = new_id()
    hold(session, now, 1, ref_id)
    with pytest.raises(HoldElsewhere):
        hold(session, now, 1, ref_id, seller_id=OTHER_CENTRE.id)
    with pytest.raises(HoldElsewhere):
        hold(session, now, 1, ref_id, currency="USD")
