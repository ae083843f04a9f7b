"""Officers, the timer, cancellations and loads in the same instant."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.accounts.rules import OrganisationKind, Role, system_actor
from chain.core.db import atomic, db
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.sales.models import Sale, SaleRelease
from chain.sales.services.awards import answer_by_silence, confirm_award
from chain.sales.services.endings import answer_cancelling, ask_to_cancel
from tests.support.cast import Cast
from tests.support.market import make_award, make_sale
from tests.support.races import Outcome
from tests.support.selling import FIRST, SECOND, award_of, lots_of, rule, send

Race = Callable[..., Sequence[Outcome]]


def _award(app: Flask, now: datetime, needed: int, silence: str = "declined") -> tuple[UUID, datetime]:
    with app.app_context(), atomic() as session:
        rule(session, needed, silence=silence)
        award = award_of(session, make_award(session, now))
        return award.id, award.confirm_by


def _sales(app: Flask) -> tuple[int, set[str]]:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Sale)) or 0, set(
            db.session.scalars(select(Lot.state))
        )


def test_two_officers_in_the_same_instant_make_one_sale(fresh_app: Flask, race: Race, now: datetime) -> None:
    award_id, _ = _award(fresh_app, now, 2)

    def confirm(actor: object) -> Callable[[], str]:
        def run() -> str:
            with atomic() as session:
                return confirm_award(session, actor=actor, now=now, award_id=award_id).state  # type: ignore[arg-type]

        return run

    outcomes = race(confirm(FIRST), confirm(SECOND))
    assert sorted(str(one.value) for one in outcomes) == ["confirmed", "waiting"]
    assert _sales(fresh_app) == (1, {"sold"})


def test_the_last_confirmation_against_the_timer_has_one_end(
    fresh_app: Flask, race: Race, now: datetime, cast: Cast
) -> None:
    award_id, due = _award(fresh_app, now, 1)
    worker = system_actor(cast.centre.id, OrganisationKind(cast.centre.kind), Role.SELLER)

    def officer() -> str:
        with atomic() as session:
            return confirm_award(session, actor=FIRST, now=now, award_id=award_id).state

    def timer() -> str:
        with atomic() as session:
            return answer_by_silence(session, actor=worker, now=due, award_id=award_id).state

    race(officer, timer)
    assert _sales(fresh_app) in [(1, {"sold"}), (0, {"graded"})]


def test_a_lot_leaves_or_is_released_never_both(
    fresh_app: Flask, race: Race, now: datetime, cast: Cast
) -> None:
    with fresh_app.app_context(), atomic() as session:
        sale = make_sale(session, now)
        sale_id, lots = sale.id, lots_of(session, sale)
        asked = ask_to_cancel(
            session, actor=FIRST, now=now, ending_id=new_id(), sale_id=sale_id, reason="Otro precio"
        ).id

    def leave() -> None:
        with atomic() as session:
            send(session, now, session.get_one(Sale, sale_id), lots[:1])

    def cancel() -> None:
        with atomic() as session:
            answer_cancelling(session, actor=cast.buyer.actor, now=now, ending_id=asked, agree=True)

    race(leave, cancel)
    with fresh_app.app_context():
        left = set(db.session.scalars(select(Lot.id).where(Lot.left_at.is_not(None))))
        released = set(db.session.scalars(select(SaleRelease.lot_id)))
        assert not left & released
        assert left | released == set(lots)
