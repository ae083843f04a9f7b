from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask
from sqlalchemy import func, select

from chain.core.db import atomic, db
from chain.core.errors import DomainError
from chain.core.ids import new_id
from chain.income.models import Baseline, IncomeRecord
from chain.income.rules import BaselineTerms, EarlierSeason
from chain.income.services.baselines import set_baseline
from chain.income.services.earlier import bring_in_earlier_seasons
from tests.support.cast import Cast
from tests.support.lots import make_producer
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def test_of_two_baselines_for_one_season_one_stands(
    fresh_app: Flask, race: Race, cast: Cast, now: datetime
) -> None:
    def runner(price: int) -> Callable[[], UUID]:
        terms = BaselineTerms(
            "alpaca-fibre", 2025, price, "Acta de asamblea", "Precio medio de tres acopiadores", "declared"
        )

        def run() -> UUID:
            with atomic() as session:
                made, _ = set_baseline(
                    session, actor=cast.accountant.actor, now=now, baseline_id=new_id(), terms=terms
                )
                return made.id

        return run

    outcomes = race(runner(4000), runner(4100))
    assert all(one.won or isinstance(one.error, DomainError) for one in outcomes)
    with fresh_app.app_context():
        standing = select(func.count()).where(Baseline.replaced_at.is_(None))
        assert db.session.scalar(standing) == 1


def test_one_earlier_season_from_two_desks_is_kept_once(
    fresh_app: Flask, race: Race, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        rosa = make_producer(session, now)
    row = EarlierSeason(2023, "alpaca-fibre", 100_000, 230_000, 0, "Libro de caja", producer_id=rosa)

    def run() -> str:
        with atomic() as session:
            (result,) = bring_in_earlier_seasons(session, actor=cast.accountant.actor, now=now, rows=[row])
            return result.status.value

    outcomes = race(run, run)
    assert sum(one.won and one.value == "stored" for one in outcomes) == 1
    with fresh_app.app_context():
        assert db.session.scalar(select(func.count()).select_from(IncomeRecord)) == 1
