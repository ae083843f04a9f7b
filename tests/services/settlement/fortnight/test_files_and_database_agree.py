"""The same fortnight, drawn by chance, from files and from the database: every figure agrees."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.core.ids import new_id
from chain.dues.models import RecoveryCap
from chain.producers.models import Membership
from chain.settlement.fortnight.cli import settle
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import add_income, set_quota, set_reserve
from chain.settlement.models import SettlementItem, SettlementLine
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing


def write(folder: Path, name: str, titles: str, rows: Sequence[Sequence[object]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles.split())
        writer.writerows(rows)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_files_and_database_agree(
    session: Session, cast: Cast, now: datetime, tmp_path: Path, seed: int
) -> None:
    random = Random(seed)
    actor = cast.accountant.actor
    set_four_prices(session)
    withhold_nothing(session)
    session.add(
        RecoveryCap(
            id=new_id(),
            organisation_id=actor.org,
            left_basis_points=0,
            valid_from=date(2026, 1, 1),
            decided_by="Assembly",
            created_at=now,
        )
    )
    producers = add_producers(session, 6)
    codes = {key: f"M-{number:05}" for number, key in enumerate(producers, 1)}
    deliveries: list[tuple[UUID, date, int]] = [
        (random.choice(producers), random.choice(MARCH.days), random.randint(1_000, 90_000))
        for _ in range(60)
    ]
    sums: dict[date, int] = {}
    for producer, day, quantity in deliveries:
        bring(session, producer, day, quantity / 1000)
        sums[day] = sums.get(day, 0) + quantity
    scale = {day: total + random.randint(-900, 900) for day, total in sums.items()}
    weigh(session, actor, now, scale)
    quotas = [(key, random.randint(1, 60) * 1000) for key in producers[:4]]
    for key, per_day in quotas:
        set_quota(
            session,
            actor=actor,
            now=now,
            quota_id=new_id(),
            producer_id=key,
            per_day_ml=per_day,
            valid_from=MARCH.first,
            valid_to=MARCH.last,
            weekday_minor=333,
        )
    set_reserve(
        session,
        actor=actor,
        now=now,
        reserve_id=new_id(),
        fraction_ppm=12_345,
        valid_from=MARCH.first,
        valid_to=None,
        decided_by="Assembly",
    )
    add_income(
        session,
        actor=actor,
        now=now,
        income_id=new_id(),
        producer_id=producers[0],
        amount_minor=777,
        dated_on=MARCH.days[4],
        name="Refund",
    )
    run = prepare_fortnight_run(session, actor=actor, now=now, run_id=new_id(), first_day=MARCH.first)
    found = {
        (row[0], row[1]): int(row[2])
        for row in session.execute(
            select(Membership.member_code, SettlementItem.block, func.sum(SettlementItem.amount_minor))
            .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
            .join(Membership, Membership.producer_id == SettlementLine.producer_id)
            .where(SettlementLine.run_id == run.id)
            .group_by(Membership.member_code, SettlementItem.block)
        )
    }
    write(
        tmp_path,
        "deliveries",
        "producer date litres",
        [(codes[key], day, f"{quantity / 1000:.3f}") for key, day, quantity in deliveries],
    )
    write(tmp_path, "weighings", "date litres", [(day, f"{ml / 1000:.3f}") for day, ml in scale.items()])
    write(
        tmp_path,
        "prices",
        "weekday sunday excess_weekday excess_sunday from to",
        [("5.00", "4.50", "4.00", "4.00", "2026-01-01", "2026-12-31")],
    )
    write(
        tmp_path,
        "quotas",
        "producer litres_per_day override_weekday from to",
        [(codes[key], per_day // 1000, "3.33", MARCH.first, MARCH.last) for key, per_day in quotas],
    )
    write(tmp_path, "reserve", "fraction from", [("0.012345", MARCH.first)])
    write(
        tmp_path,
        "movements",
        "kind producer date amount name",
        [("other_income", codes[producers[0]], MARCH.days[4], "7.77", "Refund")],
    )
    options = ["--scheme", "milk-fortnight", "--from", str(MARCH.first), "--to", str(MARCH.last)]
    result = CliRunner().invoke(settle, [str(tmp_path), *options, "--out", str(tmp_path / "out.csv")])
    assert result.exit_code == 0, result.stderr
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        listed = {
            (row["producer"], row["payroll"]): int(row["net"].replace(".", ""))
            for row in csv.DictReader(file)
        }
    assert listed == found
    assert sum(listed.values()) == run.net_minor
