"""The same fortnight, drawn by chance, from files and from the database: every figure agrees."""

import csv
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from random import Random

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.dues.models import RecoveryCap
from chain.producers.models import Membership
from chain.settlement.fortnight.cli import settle
from chain.settlement.fortnight.services.one_offs import add_bank_fee, add_income
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import set_quota, set_reserve
from chain.settlement.models import SettlementItem, SettlementLine
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing


def write(folder: Path, name: str, titles: str, rows: Sequence[Sequence[object]]) -> None:
    with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(titles.split())
        writer.writerows(rows)


class Drawn:
    """A fortnight of six producers, in the tables and as rows of files."""

    def __init__(self, session: Session, actor: Actor, now: datetime, seed: int) -> None:
        random = Random(seed)
        self.session, self.actor, self.now = session, actor, now
        self.producers = add_producers(session, 6)
        self.codes = {key: f"M-{number:05}" for number, key in enumerate(self.producers, 1)}
        self.deliveries = [
            (random.choice(self.producers), random.choice(MARCH.days), random.randint(1_000, 90_000))
            for _ in range(60)
        ]
        sums: dict[date, int] = {}
        for producer, day, quantity in self.deliveries:
            bring(session, producer, day, quantity / 1000)
            sums[day] = sums.get(day, 0) + quantity
        self.scale = {day: total + random.randint(-900, 900) for day, total in sums.items()}
        self.quotas = [(key, random.randint(1, 60) * 1000) for key in self.producers[:4]]

    def set_terms(self) -> None:
        """Set prices, quotas, reserve, cap, an other income and a bank fee of each, some larger than what was earned."""
        session, actor, now = self.session, self.actor, self.now
        set_four_prices(session)
        withhold_nothing(session)
        cap = RecoveryCap(id=new_id(), organisation_id=actor.org, left_basis_points=0, created_at=now)
        cap.valid_from, cap.decided_by = date(2026, 1, 1), "Assembly"
        session.add(cap)
        weigh(session, actor, now, self.scale)
        span = {"valid_from": MARCH.first, "valid_to": MARCH.last}
        for key, per_day in self.quotas:
            own = {"producer_id": key, "per_day_ml": per_day, "weekday_minor": 333}
            set_quota(session, actor=actor, now=now, quota_id=new_id(), **own, **span)  # type: ignore[arg-type]
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
            producer_id=self.producers[0],
            amount_minor=777,
            dated_on=MARCH.days[4],
            name="Refund",
        )
        for place, key in enumerate(self.producers):
            add_bank_fee(
                session,
                actor=actor,
                now=now,
                fee_id=new_id(),
                producer_id=key,
                amount_minor=250 * 10**place,
                dated_on=MARCH.days[place],
                name="Transfer",
            )

    def write(self, folder: Path) -> None:
        """Write the same as files."""
        litres = [(self.codes[key], day, f"{ml / 1000:.3f}") for key, day, ml in self.deliveries]
        write(folder, "deliveries", "producer date litres", litres)
        readings = [(day, f"{ml / 1000:.3f}") for day, ml in self.scale.items()]
        write(folder, "weighings", "date litres", readings)
        four = ("5.00", "4.50", "4.00", "4.00", "2026-01-01", "2026-12-31")
        write(folder, "prices", "weekday sunday excess_weekday excess_sunday from to", [four])
        quotas = [(self.codes[key], ml // 1000, "3.33", MARCH.first, MARCH.last) for key, ml in self.quotas]
        write(folder, "quotas", "producer litres_per_day override_weekday from to", quotas)
        write(folder, "reserve", "fraction from", [("0.012345", MARCH.first)])
        income = ("other_income", self.codes[self.producers[0]], MARCH.days[4], "7.77", "Refund")
        fees = [
            ("bank_fee", self.codes[key], MARCH.days[place], f"{2.5 * 10**place:.2f}", "Transfer")
            for place, key in enumerate(self.producers)
        ]
        write(folder, "movements", "kind producer date amount name", [income, *fees])
        write(folder, "settings", "name value", [("keep_percent", "0")])


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_files_and_database_agree(
    session: Session, cast: Cast, now: datetime, tmp_path: Path, seed: int
) -> None:
    drawn = Drawn(session, cast.accountant.actor, now, seed)
    drawn.set_terms()
    run = prepare_fortnight_run(
        session, actor=cast.accountant.actor, now=now, run_id=new_id(), first_day=MARCH.first
    )
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
    drawn.write(tmp_path)
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
