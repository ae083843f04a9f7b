"""What a run was priced by stands while the run does: from its approval on it is refused, before it the run is outdated."""

from collections.abc import Callable
from datetime import date, datetime

import pytest
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.lots.errors import LotBeingSettled
from chain.lots.models import Lot
from chain.lots.services.regrading import let_finding_count, recalculate_lot, set_second_opinion
from chain.settlement.errors import RunOutdated
from chain.settlement.models import SettlementRun
from chain.settlement.services.period import prepare_period_run
from chain.settlement.services.runs import account_run, approve_run, discard_run
from tests.services.settlement.test_second_payment import class_scheme
from tests.support.cast import Cast
from tests.support.settling import add_lot, add_members, add_price

MARCH = (date(2026, 3, 1), date(2026, 3, 15))


def prepare(session: Session, cast: Cast, now: datetime) -> SettlementRun:
    return prepare_period_run(
        session,
        actor=cast.accountant.actor,
        now=now,
        run_id=new_id(),
        commodity="alpaca-fibre",
        period_from=MARCH[0],
        period_to=MARCH[1],
    )


@pytest.fixture
def lot(session: Session, cast: Cast, now: datetime) -> Lot:
    class_scheme(session, cast, now, {"baby": 2200, "gruesa": 775})
    (ana,) = add_members(session, 1)
    return add_lot(session, ana, 10_000, grade_key="baby")


def test_no_class_changes_under_a_run_that_was_approved(
    session: Session, cast: Cast, now: datetime, lot: Lot
) -> None:
    run = prepare(session, cast, now)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    facts = {"actor": cast.grader.actor, "now": now, "lot": lot}
    with pytest.raises(LotBeingSettled):
        let_finding_count(session, **facts, key="gruesa", reason="Partida")  # type: ignore[arg-type]
    with pytest.raises(LotBeingSettled):
        recalculate_lot(session, **facts, measured={"micron": "31"}, reason="Laboratorio")  # type: ignore[arg-type]
    found = {"scheme": "ntp-231.301", "edition": "2014", "key": "gruesa", "note": "A ciegas"}
    assert not set_second_opinion(session, **facts, **found)  # type: ignore[arg-type]
    account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id)
    assert (lot.grade_key, run.gross_minor) == ("baby", 22_000)


def _coarse(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    let_finding_count(
        session, actor=cast.grader.actor, now=now, lot=lot, key="gruesa", reason="Partida al medio"
    )


def _dyed(session: Session, cast: Cast, now: datetime, lot: Lot) -> None:
    lot.colour = "blanco"
    session.flush()


@pytest.mark.parametrize("change", [_coarse, _dyed])
def test_a_run_that_was_priced_otherwise_is_not_approved(
    session: Session,
    cast: Cast,
    now: datetime,
    lot: Lot,
    change: Callable[[Session, Cast, datetime, Lot], None],
) -> None:
    run = prepare(session, cast, now)
    change(session, cast, now, lot)
    with pytest.raises(RunOutdated):
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    discard_run(session, actor=cast.accountant.actor, now=now, run_id=run.id, reason="Otra clase")
    again = prepare(session, cast, now)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=again.id)
    assert again.gross_minor == (7_750 if lot.grade_key == "gruesa" else 22_000)


def test_one_price_for_all_looks_at_no_class(session: Session, cast: Cast, now: datetime) -> None:
    add_price(session, cast, now, 1_500, *MARCH, commodity="alpaca-fibre")
    (ana,) = add_members(session, 1)
    lot = add_lot(session, ana, 10_000, grade_key="baby")
    run = prepare(session, cast, now)
    _coarse(session, cast, now, lot)
    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert run.gross_minor == 15_000
