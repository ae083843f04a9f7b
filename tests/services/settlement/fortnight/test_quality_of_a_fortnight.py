"""A fortnight whose price list pays composition, hygiene and cold milk: premiums and penalties beside the four prices."""

from collections import Counter
from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

import chain.settlement.explanations  # noqa: F401 - registers the words
from chain.core.ids import new_id
from chain.papers.labels import label_msgid
from chain.settlement.fortnight.errors import NotFourPrices
from chain.settlement.fortnight.models import MilkHoliday
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import set_quota
from chain.settlement.models import RunLot, SettlementBlock, SettlementItem, SettlementLine, SettlementRun
from chain.settlement.services.period import prepare_period_run
from chain.settlement.services.runs import account_run, approve_run
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing

MONDAY, SUNDAY = date(2026, 3, 2), date(2026, 3, 8)
FAT = {"parameter": "fat_pct", "basis": "point", "rate_minor": 20, "reference": "3.5"}
HYGIENE = {
    "name": "Higiene",
    "effect": "premium",
    "per_unit_minor": 10,
    "parameter": "reductase_hours",
    "low": "4",
}
COLD = {
    "name": "Leche fría",
    "effect": "premium",
    "basis_points": 200,
    "parameter": "temperature_c",
    "high": "6",
}

Found = list[tuple[str, str, str, int]]


def a_dairy(session: Session, cast: Cast, now: datetime) -> list[Any]:
    """Two producers on a Monday: one over the quota of 80 l with two analyses, one without any."""
    withhold_nothing(session)
    one, two = add_producers(session, 2)
    bring(session, one, MONDAY, 70, shift="am", fat_pct="3.8", reductase_hours="5", temperature_c="4")
    bring(session, one, MONDAY, 50, shift="pm", fat_pct="3.2", reductase_hours="2", temperature_c="9")
    bring(session, two, MONDAY, 50)
    weigh(session, cast.accountant.actor, now, {MONDAY: 168_000})
    span = {"valid_from": MARCH.first, "valid_to": MARCH.last, "per_day_ml": 80_000}
    set_quota(session, actor=cast.accountant.actor, now=now, quota_id=new_id(), producer_id=one, **span)  # type: ignore[arg-type]
    return [one, two]


def items_of(session: Session, run: SettlementRun, producer: Any) -> Found:
    rows = session.scalars(
        select(SettlementItem)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id, SettlementLine.producer_id == producer)
        .order_by(SettlementItem.position)
    )
    return [(one.block or "", one.kind, one.label, one.amount_minor) for one in rows]


def test_premiums_and_penalties_stand_in_the_payroll_of_their_litres(
    session: Session, cast: Cast, now: datetime
) -> None:
    set_four_prices(session, composition=[FAT], adjustments=[HYGIENE, COLD])
    one, two = a_dairy(session, cast, now)
    run = prepare_fortnight_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), first_day=MARCH.first
    )
    # 80 l within the quota: 70 l with 3.8 % of fat, clean and cold; 10 l with 3.2 %; 40 l of these over it
    assert Counter(items_of(session, run, one)) == Counter(
        [
            ("weekday", "delivery", "Milk, Monday to Saturday", 40_000),
            ("weekday", "premium", "Fat", 420),
            ("weekday", "penalty", "Fat", -60),
            ("weekday", "premium", "Higiene", 700),
            ("weekday", "premium", "Leche fría", 700),
            ("weekday", "weighing", "Weighing difference", -615),
            ("excess_weekday", "delivery", "Milk over the quota, Monday to Saturday", 16_000),
            ("excess_weekday", "penalty", "Fat", -240),
        ]
    )
    assert Counter(items_of(session, run, two)) == Counter(
        [
            ("weekday", "delivery", "Milk, Monday to Saturday", 25_000),
            ("weekday", "missing", "Fat", 0),
            ("weekday", "missing", "Higiene", 0),
            ("weekday", "missing", "Leche fría", 0),
            ("weekday", "weighing", "Weighing difference", -385),
        ]
    )
    words = {label for producer in (one, two) for _, _, label, _ in items_of(session, run, producer)}
    own = {label for label in words if label_msgid(label)}
    assert words - own == {"Higiene", "Leche fría"}, (
        "the program's own words are told in the reader's language"
    )
    assert run.goods_minor == 40_000 + 1_760 + 16_000 - 240 + 25_000
    per_line = select(RunLot.line_id, func.sum(RunLot.amount_minor)).group_by(RunLot.line_id)
    paid = {key: int(value) for key, value in session.execute(per_line)}
    lines = session.execute(select(SettlementLine.id, SettlementLine.goods_minor))
    assert paid == {row.id: row.goods_minor for row in lines}
    blocks = session.scalars(select(SettlementBlock).where(SettlementBlock.run_id == run.id)).all()
    assert sum(block.net_minor for block in blocks) == run.net_minor

    approve_run(session, actor=cast.treasurer.actor, now=now, run_id=run.id)
    assert account_run(session, actor=cast.accountant.actor, now=now, run_id=run.id).state == "accounted"


def test_each_premium_says_how_it_came_about(session: Session, cast: Cast, now: datetime) -> None:
    set_four_prices(session, composition=[FAT])
    one, _ = a_dairy(session, cast, now)
    run = prepare_fortnight_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), first_day=MARCH.first
    )
    (told,) = session.scalars(
        select(SettlementItem.explanation)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(
            SettlementLine.run_id == run.id,
            SettlementLine.producer_id == one,
            SettlementItem.kind == "premium",
        )
    )
    assert told is not None
    assert (told["parameter"], told["measured"], told["scheme"]) == ("fat_pct", "3.8", "Milk")
    assert told["params"] == {"quantity_ml": 70_000, "amount_minor": 420}


def test_a_holiday_is_paid_like_a_sunday_with_its_premiums(
    session: Session, cast: Cast, now: datetime
) -> None:
    set_four_prices(session, adjustments=[HYGIENE | {"per_unit_minor": 0, "basis_points": 1_000}])
    withhold_nothing(session)
    (one,) = add_producers(session, 1)
    bring(session, one, MONDAY, 10, reductase_hours="5")
    session.add(MilkHoliday(organisation_id=cast.centre.id, day=MONDAY, name="Aniversario"))
    session.flush()
    run = prepare_fortnight_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), first_day=MARCH.first
    )
    assert [item[0::3] for item in items_of(session, run, one)] == [("sunday", 4_500), ("sunday", 450)]


@pytest.mark.parametrize(
    "content",
    [
        {"unit": "kg", "density": "1.03"},
        {"composition": [{"parameter": "fat_pct", "basis": "gram", "rate_minor": 2_000}]},
    ],
)
def test_a_price_list_without_a_price_of_a_litre_settles_the_days_as_a_period(
    session: Session, cast: Cast, now: datetime, content: dict[str, Any]
) -> None:
    set_four_prices(session, **content)
    one, _ = a_dairy(session, cast, now)
    actor = cast.accountant.actor
    with pytest.raises(NotFourPrices):
        prepare_fortnight_run(session, actor=actor, now=now, run_id=new_id(), first_day=MARCH.first)
    run = prepare_period_run(
        session,
        actor=actor,
        now=now,
        run_id=new_id(),
        commodity="raw-milk",
        period_from=MARCH.first,
        period_to=MARCH.last,
    )
    assert run.method == "prices"
    over = [
        item.amount_minor
        for item in session.scalars(
            select(SettlementItem)
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .where(SettlementLine.producer_id == one, SettlementItem.kind == "delivery")
        )
        if item.explanation and item.explanation.get("block") == "excess_weekday"
    ]
    assert over, "milk over the quota has its own price here too"
