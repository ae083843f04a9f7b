"""Two versions that want the same days come into force in the same instant: one does."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from flask import Flask

from chain.core.db import atomic, db
from chain.pricing.errors import PriceOverlaps
from chain.pricing.models import PriceVersion
from chain.pricing.rules.states import SERVING
from chain.pricing.services.states import activate_version
from tests.services.pricing.test_versions import scheme, version
from tests.support.cast import Cast
from tests.support.races import Outcome

Race = Callable[..., Sequence[Outcome]]


def test_two_versions_for_the_same_days_never_both_come_into_force(
    fresh_app: Flask, race: Race, cast: Cast, now: datetime
) -> None:
    with fresh_app.app_context(), atomic() as session:
        lists = [scheme(session, cast, now, key=key) for key in ("una", "otra")]
        drafts = [version(session, cast, now, one.id, is_in_force=False).id for one in lists]

    def activate(version_id: UUID) -> Callable[[], str]:
        def step() -> str:
            with atomic() as session:
                return activate_version(
                    session, actor=cast.accountant.actor, now=now, version_id=version_id
                ).state

        return step

    outcomes = race(*(activate(one) for one in drafts))
    assert sum(outcome.won for outcome in outcomes) == 1
    assert [type(outcome.error) for outcome in outcomes if not outcome.won] == [PriceOverlaps]
    with fresh_app.app_context():
        states = [db.session.get_one(PriceVersion, one).state for one in drafts]
        assert sum(state in SERVING for state in states) == 1
