from datetime import datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.errors import Forbidden, IdempotencyConflict, NotFound, ValidationFailed
from chain.core.ids import new_id
from chain.core.models import AuditRecord
from chain.core.paging import PageRequest
from chain.income.models import Baseline
from chain.income.queries.baselines import get_baseline_for, list_baselines
from chain.income.queries.passbook import passbook
from chain.income.rules import BaselineTerms
from chain.income.services.baselines import set_baseline
from tests.support.cast import Cast
from tests.support.income import Paid, pay_period
from tests.support.lots import make_producer


def terms(**changes: object) -> BaselineTerms:
    values: dict[str, object] = {
        "commodity": "alpaca-fibre",
        "season": 2025,
        "price_minor_per_unit": 4169,
        "source": "Boletín  de precios ",
        "method": "Precio medio de tres acopiadores",
        "strength": "declared",
    }
    return BaselineTerms(**(values | changes))  # type: ignore[arg-type]  # wrong on purpose in some tests


def test_a_baseline_is_kept_tidy_in_the_currency_of_the_books_and_audited(
    session: Session, cast: Cast, now: datetime
) -> None:
    made, is_new = set_baseline(
        session, actor=cast.accountant.actor, now=now, baseline_id=new_id(), terms=terms()
    )
    assert is_new
    assert (made.source, made.currency, made.created_by) == ("Boletín de precios", "PEN", cast.accountant.id)
    tags = session.scalars(select(AuditRecord.tag).where(AuditRecord.subject_id == made.id)).all()
    assert tags == ["income:baseline:set"]


def test_the_same_id_again_changes_nothing_and_with_other_content_conflicts(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor, key = cast.accountant.actor, new_id()
    set_baseline(session, actor=actor, now=now, baseline_id=key, terms=terms())
    _, is_new = set_baseline(session, actor=actor, now=now, baseline_id=key, terms=terms())
    assert not is_new
    with pytest.raises(IdempotencyConflict):
        set_baseline(session, actor=actor, now=now, baseline_id=key, terms=terms(price_minor_per_unit=4000))
    with pytest.raises(IdempotencyConflict):
        set_baseline(session, actor=cast.outsider.actor, now=now, baseline_id=key, terms=terms())


def test_a_correction_replaces_the_baseline_and_keeps_it_readable(
    session: Session, cast: Cast, now: datetime
) -> None:
    actor, rosa = cast.accountant.actor, make_producer(session, now)
    pay_period(session, [Paid(rosa, 10_000, 45_000)])
    old, _ = set_baseline(session, actor=actor, now=now, baseline_id=new_id(), terms=terms())
    set_baseline(session, actor=actor, now=now, baseline_id=new_id(), terms=terms(price_minor_per_unit=4000))
    listed = list_baselines(session, actor, PageRequest()).items
    assert len(listed) == 2
    assert session.get_one(Baseline, old.id).replaced_by == cast.accountant.id
    (season,) = passbook(session, rosa)
    assert [(one.baseline_minor, one.gain_minor) for one in season.rows] == [(40_000, 5_000)]


def test_another_season_or_product_has_a_baseline_of_its_own(
    session: Session, cast: Cast, now: datetime
) -> None:
    for one in (terms(), terms(season=2024), terms(commodity="raw-milk", price_minor_per_unit=110)):
        set_baseline(session, actor=cast.accountant.actor, now=now, baseline_id=new_id(), terms=one)
    listed = list_baselines(session, cast.accountant.actor, PageRequest(sort="season")).items
    assert [one.replaced_at for one in listed] == [None, None, None]
    assert listed[0].season == 2024


def test_a_season_that_has_not_begun_is_refused(session: Session, cast: Cast, now: datetime) -> None:
    with pytest.raises(ValidationFailed) as refused:
        set_baseline(
            session,
            actor=cast.accountant.actor,
            now=now,
            baseline_id=new_id(),
            terms=terms(season=2027, source=""),
        )
    assert set(refused.value.errors) == {"season", "source"}


@pytest.mark.parametrize("who", ["clerk", "treasurer", "auditor", "producer", "buyer"])
def test_only_the_accountant_sets_baselines(session: Session, cast: Cast, now: datetime, who: str) -> None:
    with pytest.raises(Forbidden):
        set_baseline(session, actor=getattr(cast, who).actor, now=now, baseline_id=new_id(), terms=terms())


def test_an_outsider_does_not_find_it(session: Session, cast: Cast, now: datetime) -> None:
    made, _ = set_baseline(session, actor=cast.accountant.actor, now=now, baseline_id=new_id(), terms=terms())
    assert get_baseline_for(session, cast.accountant.actor, made.id) is made
    with pytest.raises(NotFound):
        get_baseline_for(session, cast.outsider.actor, made.id)
