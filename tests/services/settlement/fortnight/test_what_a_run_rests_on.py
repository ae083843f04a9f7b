"""A run that was prepared is outdated as soon as something that its prices rest on is another: results, who brought it, terms, the scale."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.models import DeductionRule
from chain.dues.services.rules import (
    end_deduction,
    set_deduction,
    set_group_charge,
    set_recovery_cap,
    withdraw_group_charge,
)
from chain.laboratory.services import choose_measurement
from chain.lots.errors import LotBeingSettled
from chain.lots.models import Lot
from chain.lots.queries import lock_lots
from chain.pricing.models import PriceVersion
from chain.producers.models import Producer
from chain.settlement.errors import RunOutdated
from chain.settlement.fortnight.errors import FortnightLocked
from chain.settlement.fortnight.models import MilkHoliday, ScaleReadingRow
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import add_licence, set_quota, set_reserve
from chain.settlement.fortnight.services.zones import Reading, add_zone, place_routes, record_readings
from chain.settlement.models import SettlementRun
from chain.settlement.services.period import prepare_gate_run, prepare_period_run
from chain.settlement.services.runs import account_run, approve_run, discard_run
from tests.support.cast import Cast
from tests.support.dairy import (
    MARCH,
    add_producers,
    add_route,
    bring,
    set_four_prices,
    weigh,
    withhold_nothing,
)
from tests.support.laboratory import measure
from tests.support.settling import add_fee, prepare_sale, sold_lots

MONDAY, TUESDAY, FEBRUARY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 2, 3)
FAT = {"parameter": "fat_pct", "basis": "point", "rate_minor": 20, "reference": "3.5"}
COLD = {"name": "Fría", "effect": "premium", "basis_points": 200, "parameter": "temperature_c", "high": "6"}
WOMEN = {"name": "Mujeres", "effect": "premium", "per_unit_minor": 5, "is_for_women": True}


class Dairy:
    """Two producers with milk: one with an analysis, one who lives by that of an earlier fortnight; 100 litres each, a Monday."""

    def __init__(self, session: Session, cast: Cast, now: datetime, **content: Any) -> None:
        self.session, self.cast, self.now = session, cast, now
        self.actor = cast.accountant.actor
        set_four_prices(session, **content)
        withhold_nothing(session)
        self.one, self.two, self.three = add_producers(session, 3)
        self.route = add_route(session, "R1")
        self.earlier = bring(session, self.two, FEBRUARY, 50, fat_pct="3.9")
        session.execute(update(Lot).where(Lot.id == self.earlier).values(state="settled"))
        self.measured = bring(
            session, self.one, MONDAY, 100, route=self.route, fat_pct="3.8", temperature_c="4"
        )
        self.unmeasured = bring(session, self.two, MONDAY, 100)
        self.zone = weigh(session, self.actor, now, {MONDAY: 199_000})

    def prepare(self) -> SettlementRun:
        return prepare_fortnight_run(
            self.session, actor=self.actor, now=self.now, run_id=new_id(), first_day=MARCH.first
        )

    def prepare_other(self, kind: str) -> SettlementRun:
        """Pay the same milk at the gate, or as a period."""
        facts: dict[str, Any] = {"actor": self.actor, "now": self.now, "run_id": new_id()}
        if kind == "gate":
            return prepare_gate_run(self.session, **facts, lot_ids=[self.measured, self.unmeasured])
        return prepare_period_run(
            self.session, **facts, commodity="raw-milk", period_from=MONDAY, period_to=TUESDAY
        )

    def approve(self, run: SettlementRun) -> SettlementRun:
        return approve_run(self.session, actor=self.cast.treasurer.actor, now=self.now, run_id=run.id)

    def choose(self, lot_id: UUID, attribute: str, value: str) -> None:
        """Let a result of the laboratory count for a delivery."""
        (lot,) = lock_lots(self.session, self.cast.centre.id, [lot_id])
        facts = {"attribute": attribute, "value": value, "basis": "unknown", "uncertainty": None}
        if attribute != "fat_pct":
            facts["basis"] = None
        made = measure(self.session, self.now, lot, **facts)
        choose_measurement(
            self.session,
            actor=self.cast.grader.actor,
            now=self.now,
            id=new_id(),
            lot_id=lot_id,
            attribute=attribute,
            measurement_id=made.id,
            reason="Informe del laboratorio",
        )


def _corrected_analysis(dairy: Dairy) -> None:
    dairy.choose(dairy.measured, "fat_pct", "3.4")


def _late_analysis(dairy: Dairy) -> None:
    dairy.choose(dairy.unmeasured, "fat_pct", "4.2")


def _cold_measurement(dairy: Dairy) -> None:
    dairy.choose(dairy.measured, "temperature_c", "9")


def _earlier_analysis(dairy: Dairy) -> None:
    """The mean of the last three of somebody without an analysis is another."""
    lot_id = bring(dairy.session, dairy.two, FEBRUARY, 50, fat_pct="3.1")
    dairy.session.execute(update(Lot).where(Lot.id == lot_id).values(state="settled"))


def _another_sex(dairy: Dairy) -> None:
    dairy.session.execute(update(Producer).where(Producer.id == dairy.one).values(sex="male"))


CHANGES = [
    ({"composition": [FAT]}, _corrected_analysis),
    ({"composition": [FAT]}, _late_analysis),
    ({"composition": [FAT]}, _earlier_analysis),
    ({"adjustments": [COLD]}, _cold_measurement),
    ({"adjustments": [WOMEN]}, _another_sex),
]


@pytest.mark.parametrize(("content", "change"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_a_fortnight_whose_premiums_rest_on_something_else_by_now_is_not_approved(
    session: Session, cast: Cast, now: datetime, content: dict[str, Any], change: Callable[[Dairy], None]
) -> None:
    dairy = Dairy(session, cast, now, **content)
    run = dairy.prepare()
    change(dairy)
    with pytest.raises(RunOutdated):
        dairy.approve(run)
    discard_run(session, actor=dairy.actor, now=now, run_id=run.id, reason="Otro análisis")
    again = dairy.prepare()
    assert again.goods_minor != run.goods_minor
    dairy.approve(again)
    assert account_run(session, actor=dairy.actor, now=now, run_id=again.id).state == "accounted"


@pytest.mark.parametrize(("content", "change"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_plain_prices_rest_on_none_of_these(
    session: Session, cast: Cast, now: datetime, content: dict[str, Any], change: Callable[[Dairy], None]
) -> None:
    dairy = Dairy(session, cast, now)
    run = dairy.prepare()
    change(dairy)
    assert dairy.approve(run).state == "approved"


def test_what_another_price_would_look_at_does_not_matter(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now, composition=[FAT])
    run = dairy.prepare()
    _cold_measurement(dairy)
    _another_sex(dairy)
    assert dairy.approve(run).state == "approved"


def test_results_of_an_approved_run_stand_but_those_it_takes_a_mean_of_are_looked_at_again(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now, composition=[FAT])
    run = dairy.approve(dairy.prepare())
    with pytest.raises(LotBeingSettled):
        _corrected_analysis(dairy)
    _earlier_analysis(dairy)
    with pytest.raises(RunOutdated):
        account_run(session, actor=dairy.actor, now=now, run_id=run.id)


def test_a_run_keeps_the_version_that_it_was_prepared_by(session: Session, cast: Cast, now: datetime) -> None:
    dairy = Dairy(session, cast, now, composition=[FAT])
    run = dairy.prepare()
    session.execute(update(PriceVersion).values(state="withdrawn"))
    assert dairy.approve(run).state == "approved"


@pytest.mark.parametrize("kind", ["period", "gate"])
@pytest.mark.parametrize("change", [_corrected_analysis, _late_analysis, _earlier_analysis])
def test_a_period_and_a_payment_at_the_gate_rest_on_results_too(
    session: Session, cast: Cast, now: datetime, kind: str, change: Callable[[Dairy], None]
) -> None:
    dairy = Dairy(session, cast, now, composition=[FAT])
    run = dairy.prepare_other(kind)
    change(dairy)
    with pytest.raises(RunOutdated):
        dairy.approve(run)


def test_milk_by_weight_rests_on_its_density(session: Session, cast: Cast, now: datetime) -> None:
    dairy = Dairy(session, cast, now, unit="kg", density="1.03")
    run = prepare_period_run(
        session,
        actor=dairy.actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=MARCH.first,
        period_to=MARCH.last,
    )
    lot = session.get_one(Lot, dairy.measured)
    lot.measured = {"density_g_ml": "1.028"}
    session.flush()
    with pytest.raises(RunOutdated):
        dairy.approve(run)


def _reading_behind_the_back(dairy: Dairy) -> None:
    dairy.session.execute(
        update(ScaleReadingRow).where(ScaleReadingRow.day == MONDAY).values(quantity_ml=198_000)
    )


def _quota(dairy: Dairy) -> None:
    set_quota(
        dairy.session,
        actor=dairy.actor,
        now=dairy.now,
        quota_id=new_id(),
        producer_id=dairy.one,
        per_day_ml=80_000,
        valid_from=MARCH.first,
        valid_to=MARCH.last,
    )


def _reserve(dairy: Dairy) -> None:
    set_reserve(
        dairy.session,
        actor=dairy.actor,
        now=dairy.now,
        reserve_id=new_id(),
        fraction_ppm=10_000,
        valid_from=MARCH.first,
        valid_to=None,
        decided_by="Asamblea",
    )


def _licence(dairy: Dairy) -> None:
    add_licence(
        dairy.session,
        actor=dairy.actor,
        now=dairy.now,
        licence_id=new_id(),
        producer_id=dairy.one,
        number="L-1",
        valid_from=MARCH.first,
        valid_to=MARCH.last,
    )


def _holiday(dairy: Dairy) -> None:
    dairy.session.add(MilkHoliday(organisation_id=dairy.cast.centre.id, day=MONDAY, name="Aniversario"))
    dairy.session.flush()


def _route_in_another_zone(dairy: Dairy) -> None:
    actor = dairy.cast.everything.actor
    zone = add_zone(dairy.session, actor=actor, now=dairy.now, zone_id=new_id(), code="2", name="Norte")
    place_routes(dairy.session, actor=actor, now=dairy.now, zones={dairy.route: zone.id})


def _deduction(dairy: Dairy) -> None:
    add_fee(dairy.session, dairy.cast, dairy.now, 300)


def _ended_deduction(dairy: Dairy) -> None:
    rule = dairy.session.scalars(select(DeductionRule).order_by(DeductionRule.valid_from)).first()
    assert rule is not None
    end_deduction(
        dairy.session,
        actor=dairy.actor,
        now=dairy.now,
        rule_id=rule.id,
        last_day=MARCH.last - timedelta(days=1),
    )


def _charge(dairy: Dairy) -> UUID:
    charge = set_group_charge(
        dairy.session,
        actor=dairy.actor,
        now=dairy.now,
        charge_id=new_id(),
        name="Camino",
        amount_minor=1_000,
        charged_on=MONDAY,
        zone_id=dairy.zone,
        decided_by="Asamblea del 1 mar 2026",
    )
    return charge.id


def _cap(dairy: Dairy) -> None:
    set_recovery_cap(
        dairy.session,
        actor=dairy.actor,
        now=dairy.now,
        cap_id=new_id(),
        left_basis_points=5_000,
        valid_from=MONDAY,
        decided_by="Asamblea del 1 mar 2026",
    )


@pytest.mark.parametrize("change", [_deduction, _ended_deduction, _charge, _cap])
@pytest.mark.parametrize("is_approved", [False, True])
def test_a_fortnight_that_takes_what_is_due_otherwise_by_now_is_not_brought_into_the_books(
    session: Session, cast: Cast, now: datetime, change: Callable[[Dairy], None], is_approved: bool
) -> None:
    dairy = Dairy(session, cast, now)
    add_fee(session, cast, now, 100, "Aporte de antes")
    run = dairy.prepare()
    if is_approved:
        dairy.approve(run)
    change(dairy)
    step = account_run if is_approved else approve_run
    with pytest.raises(RunOutdated):
        step(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


def test_a_group_charge_that_a_run_shares_out_itself_is_the_same_charge(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now)
    charge_id = _charge(dairy)
    run = dairy.prepare()
    assert dairy.approve(run).state == "approved"
    withdraw_group_charge(session, actor=dairy.actor, now=now, charge_id=charge_id)
    with pytest.raises(RunOutdated):
        account_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


def test_a_rule_of_later_days_outdates_nothing(session: Session, cast: Cast, now: datetime) -> None:
    dairy = Dairy(session, cast, now)
    run = dairy.prepare()
    set_deduction(
        session,
        actor=dairy.actor,
        now=now,
        rule_id=new_id(),
        name="Cuota",
        basis_points=100,
        valid_from=MARCH.last + timedelta(days=1),
        valid_to=None,
        decided_by="Asamblea del 1 mar 2026",
    )
    assert dairy.approve(run).state == "approved"


@pytest.mark.parametrize("kind", ["period", "gate"])
def test_the_deductions_of_a_period_and_of_a_payment_at_the_gate_are_looked_at_again(
    session: Session, cast: Cast, now: datetime, kind: str
) -> None:
    dairy = Dairy(session, cast, now)
    run = dairy.prepare_other(kind)
    _deduction(dairy)
    with pytest.raises(RunOutdated):
        dairy.approve(run)


def test_the_deductions_of_a_sale_are_looked_at_again(session: Session, cast: Cast, now: datetime) -> None:
    sale, _ = sold_lots(session, [[10_000]])
    run = prepare_sale(session, cast, now, sale)
    add_fee(session, cast, now, 300)
    with pytest.raises(RunOutdated):
        approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)


@pytest.mark.parametrize(
    "change",
    [_reading_behind_the_back, _quota, _reserve, _licence, _holiday, _route_in_another_zone],
)
def test_a_fortnight_calculated_by_other_terms_is_not_approved(
    session: Session, cast: Cast, now: datetime, change: Callable[[Dairy], None]
) -> None:
    dairy = Dairy(session, cast, now)
    run = dairy.prepare()
    change(dairy)
    with pytest.raises(RunOutdated):
        dairy.approve(run)


def test_a_quota_of_somebody_who_brought_no_milk_and_of_other_days_does_not_matter(
    session: Session, cast: Cast, now: datetime
) -> None:
    dairy = Dairy(session, cast, now)
    run = dairy.prepare()
    facts: dict[str, Any] = {"actor": dairy.actor, "now": now, "per_day_ml": 10_000}
    april, march = date(2026, 4, 1), MARCH.first
    set_quota(session, **facts, quota_id=new_id(), producer_id=dairy.one, valid_from=april, valid_to=april)
    set_quota(session, **facts, quota_id=new_id(), producer_id=dairy.three, valid_from=march, valid_to=march)
    assert dairy.approve(run).state == "approved"


def test_a_reading_is_not_corrected_while_a_run_stands(session: Session, cast: Cast, now: datetime) -> None:
    dairy = Dairy(session, cast, now)
    dairy.prepare()
    with pytest.raises(FortnightLocked):
        record_readings(session, actor=dairy.actor, now=now, readings=[Reading(dairy.zone, MONDAY, 198_000)])
