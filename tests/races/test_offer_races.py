"""Offers in the same instant: accept against withdraw, two offers for one lot, one acceptance clicked four times. On both databases."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.accounts.rules import Actor
from chain.core.db import atomic, db, run_atomic
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.negotiation.errors import OfferStateRefused
from chain.negotiation.handlers import replay_offer
from chain.negotiation.models import Offer
from chain.negotiation.services import accept_offer, counter_offer, expire_offer, withdraw_offer
from chain.sales.models import Award
from tests.support.cast import Cast
from tests.support.negotiation import make_offer, shown, terms_for
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def _offers(app: Flask, now: datetime, cast: Cast, *actors: Actor) -> list[UUID]:
    """Make an offer of each actor for the same lot."""
    with app.app_context(), atomic() as session:
        lot_ids = shown(session, now, 1)
        return [make_offer(session, now, lot_ids, actor=actor).id for actor in actors or (cast.buyer.actor,)]


def _accept(offer_id: UUID, actor: Actor, now: datetime, step_id: UUID | None = None) -> Callable[[], Any]:
    key = step_id or new_id()

    def unit(session: Any) -> str:
        return accept_offer(session, actor=actor, now=now, id=key, offer_id=offer_id, seen=1).state

    return lambda: run_atomic(unit)


def _withdraw(offer_id: UUID, actor: Actor, now: datetime) -> Callable[[], Any]:
    def unit(session: Any) -> str:
        return withdraw_offer(
            session, actor=actor, now=now, id=new_id(), offer_id=offer_id, reason="Cambió el plan."
        ).state

    return lambda: run_atomic(unit)


def test_of_accept_and_withdraw_exactly_one_holds(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    for _ in range(3):
        (offer_id,) = _offers(fresh_app, now, cast)
        outcomes = race(_accept(offer_id, cast.seller.actor, now), _withdraw(offer_id, cast.buyer.actor, now))
        assert sum(outcome.won for outcome in outcomes) == 1
        assert {type(one.error) for one in outcomes if not one.won} == {OfferStateRefused}
        with fresh_app.app_context():
            offer = db.session.get_one(Offer, offer_id)
            awards = db.session.scalar(
                select(func.count()).select_from(Award).where(Award.event_id == offer_id)
            )
            assert (offer.state, awards) in {("accepted", 1), ("withdrawn", 0)}
            assert replay_offer(db.session, offer_id).agrees


def test_of_two_accepted_offers_for_one_lot_one_sells_and_the_other_finds_it_gone(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    first, second = _offers(fresh_app, now, cast, cast.buyer.actor, cast.rival_buyer.actor)
    outcomes = race(_accept(first, cast.seller.actor, now), _accept(second, cast.everything.actor, now))
    assert sorted(outcome.value for outcome in outcomes) == ["accepted", "gone"]
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Award)) == 1
        assert set(db.session.scalars(select(Lot.state))) == {"offered"}


def test_one_acceptance_sent_four_times_makes_one_award(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    (offer_id,) = _offers(fresh_app, now, cast)
    outcomes = race(*[_accept(offer_id, cast.seller.actor, now, new_id())] * 4)
    assert [outcome.value for outcome in outcomes] == ["accepted"] * 4
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Award)) == 1


def test_an_acceptance_meets_the_clock_and_a_counter_offer(
    race: Race, fresh_app: Flask, cast: Cast, now: datetime
) -> None:
    (offer_id,) = _offers(fresh_app, now, cast)
    with fresh_app.app_context():
        offer = db.session.get_one(Offer, offer_id)
        expires_at, lot_ids = offer.expires_at, list(db.session.scalars(select(Lot.id)))

    def expire() -> str:
        return run_atomic(
            lambda session: expire_offer(session, now=expires_at, offer_id=offer_id, step=1).state
        )

    def counter() -> str:
        return run_atomic(
            lambda session: (
                counter_offer(
                    session,
                    actor=cast.everything.actor,
                    now=now,
                    id=new_id(),
                    offer_id=offer_id,
                    seen=1,
                    terms=terms_for(session, lot_ids, now, price=9_000),
                    reason="Más.",
                ).state
            )
        )

    race(_accept(offer_id, cast.seller.actor, now), expire, counter)
    with fresh_app.app_context():
        offer = db.session.get_one(Offer, offer_id)
        assert offer.state in {"accepted", "expired", "countered"}
        assert offer.last_step == 2
        assert replay_offer(db.session, offer_id).agrees
