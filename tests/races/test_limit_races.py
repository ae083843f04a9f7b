"""Two commitments that want the last room of one limit."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.buyers.errors import LimitExceeded
from chain.buyers.models import LimitHold, SellerLimitRule, TradingLimit
from chain.buyers.services.limits import hold_limit, release_limit
from chain.core.db import atomic, db
from chain.core.ids import new_id
from tests.support.cast import CENTRE, MILL
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def _prepare(app: Flask, now: datetime, *, deposit: int) -> None:
    with app.app_context(), atomic() as session:
        session.add(SellerLimitRule(organisation_id=CENTRE.id, limit_required=True, changed_at=now))
        session.add(
            TradingLimit(organisation_id=CENTRE.id, buyer_id=MILL.id, currency="PEN", deposit_minor=deposit)
        )


def _hold(now: datetime, amount: int, ref_id: UUID) -> UUID:
    with atomic() as session:
        hold_limit(
            session,
            buyer_id=MILL.id,
            seller_id=CENTRE.id,
            kind="award",
            ref_id=ref_id,
            amount_minor=amount,
            currency="PEN",
            now=now,
        )
    return ref_id


def _sums(app: Flask) -> tuple[int, int]:
    with app.app_context():
        held = db.session.scalar(select(TradingLimit.held_minor).where(TradingLimit.buyer_id == MILL.id))
        kept = db.session.scalar(
            select(func.sum(LimitHold.amount_minor)).where(LimitHold.released_at.is_(None))
        )
    return int(held or 0), int(kept or 0)


def test_the_last_room_goes_to_one_of_two(fresh_app: Flask, race: Race, now: datetime) -> None:
    _prepare(fresh_app, now, deposit=100_000)
    first, second = new_id(), new_id()
    outcomes = race(lambda: _hold(now, 60_000, first), lambda: _hold(now, 60_000, second))
    assert sum(outcome.won for outcome in outcomes) == 1
    assert [type(outcome.error) for outcome in outcomes if not outcome.won] == [LimitExceeded]
    assert _sums(fresh_app) == (60_000, 60_000)


def test_the_same_hold_twice_in_the_same_instant_counts_once(
    fresh_app: Flask, race: Race, now: datetime
) -> None:
    _prepare(fresh_app, now, deposit=100_000)
    ref_id = new_id()
    outcomes = race(lambda: _hold(now, 60_000, ref_id), lambda: _hold(now, 60_000, ref_id))
    assert all(outcome.won for outcome in outcomes)
    assert _sums(fresh_app) == (60_000, 60_000)


def test_two_releases_in_the_same_instant_free_once(fresh_app: Flask, race: Race, now: datetime) -> None:
    _prepare(fresh_app, now, deposit=100_000)
    ref_id, other = new_id(), new_id()
    with fresh_app.app_context():
        _hold(now, 60_000, ref_id)
        _hold(now, 10_000, other)

    def release() -> None:
        with atomic() as session:
            release_limit(session, ref_id=ref_id, now=now)

    assert all(outcome.won for outcome in race(release, release))
    assert _sums(fresh_app) == (10_000, 10_000)
