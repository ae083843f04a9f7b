"""The same fortnight with composition, hygiene, cold and volume, drawn by chance, from files and from the database: every item agrees."""

import csv
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chain.accounts.rules import Actor
from chain.core.ids import new_id
from chain.lots.models import Lot
from chain.pricing.rules.tariff import NOTE_MEAN, NOTE_NONE, NOTE_TYPICAL
from chain.producers.models import Membership
from chain.settlement.fortnight.cli import settle
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.fortnight.services.terms import set_quota
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from tests.services.settlement.fortnight.test_files_and_database_agree import write
from tests.support.cast import Cast
from tests.support.dairy import MARCH, add_producers, bring, set_four_prices, weigh, withhold_nothing

FAT = {
    "parameter": "fat_pct",
    "basis": "point",
    "rate_minor": 23,
    "reference": "3.5",
    "low": "3",
    "high": "4.5",
    "typical": "3.4",
}
PROTEIN = {"parameter": "protein_pct", "basis": "point", "rate_minor": 31, "reference": "3.1"}
ADJUSTMENTS: list[dict[str, Any]] = [
    {
        "name": "Higiene",
        "effect": "premium",
        "per_unit_minor": 12,
        "parameter": "reductase_hours",
        "low": "5",
    },
    {
        "name": "Higiene",
        "effect": "premium",
        "per_unit_minor": 5,
        "parameter": "reductase_hours",
        "low": "3",
        "high": "4.99",
    },
    {
        "name": "Sin frío",
        "effect": "penalty",
        "basis_points": 350,
        "parameter": "temperature_c",
        "low": "8.1",
    },
    {"name": "Volumen", "effect": "premium", "per_unit_minor": 3, "volume_low": 400_000},
]
PREMIUM_ROWS = [
    ("Higiene", "premium", "0.12", "", "reductasa", "5", "", ""),
    ("Higiene", "premio", "0.05", "", "reductase_hours", "3", "4.99", ""),
    ("Sin frío", "penalidad", "", "3.5", "temperature", "8.1", "", ""),
    ("Volumen", "premium", "0.03", "", "", "", "", "400"),
]
KEYS = ("fat_pct", "protein_pct", "reductase_hours", "temperature_c")
#: producer, day, shift, millilitres, results
Delivery = tuple[UUID, date, str, int, dict[str, str]]


class Drawn:
    """Six producers in the morning and afternoon of some days; the last one never had an analysis, two have earlier ones."""

    def __init__(self, session: Session, actor: Actor, now: datetime, seed: int) -> None:
        random = Random(seed)
        self.session, self.actor, self.now = session, actor, now
        producers = add_producers(session, 6)
        self.codes = {key: f"M-{number:05}" for number, key in enumerate(producers, 1)}
        self.earlier = [
            self._delivery(random, producer, MARCH.first - timedelta(days=days), "am", 1)
            for producer in producers[:2]
            for days in random.sample(range(1, 11), 5)
        ]
        self.deliveries = [
            self._delivery(random, producer, day, shift, 0 if producer == producers[-1] else 0.5)
            for producer in producers
            for day in MARCH.days
            for shift in ("am", "pm")
            if random.random() < 0.6
        ]
        self.quotas = [(key, random.randint(5, 50) * 1000) for key in producers[:4]]
        self.scale: dict[date, int] = {}
        for _, day, _, quantity, _ in self.deliveries:
            self.scale[day] = self.scale.get(day, random.randint(-700, 700)) + quantity

    @staticmethod
    def _delivery(random: Random, producer: UUID, day: date, shift: str, measured: float) -> Delivery:
        drawn = {
            "fat_pct": f"{random.randint(250, 480) / 100}",
            "protein_pct": f"{random.randint(270, 360) / 100}",
            "reductase_hours": f"{random.randint(1, 7)}",
            "temperature_c": f"{random.randint(30, 150) / 10}",
        }
        results = {key: text for key, text in drawn.items() if random.random() < measured}
        return producer, day, shift, random.randint(1_000, 60_000), results

    def store(self) -> SettlementRun:
        """Bring it into the books and prepare it there."""
        session, actor, now = self.session, self.actor, self.now
        set_four_prices(session, composition=[FAT, PROTEIN], adjustments=ADJUSTMENTS)
        withhold_nothing(session)
        for place, (producer, day, shift, quantity, results) in enumerate([*self.earlier, *self.deliveries]):
            measured: dict[str, Any] = {"shift": shift, **results}
            lot_id = bring(session, producer, day, quantity / 1000, **measured)
            if place < len(self.earlier):
                session.execute(update(Lot).where(Lot.id == lot_id).values(state="settled"))
        weigh(session, actor, now, self.scale)
        span: dict[str, Any] = {"valid_from": MARCH.first, "valid_to": MARCH.last}
        for key, per_day in self.quotas:
            own = {"producer_id": key, "per_day_ml": per_day, "weekday_minor": 333}
            set_quota(session, actor=actor, now=now, quota_id=new_id(), **own, **span)  # type: ignore[arg-type]
        return prepare_fortnight_run(session, actor=actor, now=now, run_id=new_id(), first_day=MARCH.first)

    def write(self, folder: Path) -> None:
        """Write the same as files."""
        litres = [
            (self.codes[key], day, shift, f"{ml / 1000:.3f}") for key, day, shift, ml, _ in self.deliveries
        ]
        write(folder, "deliveries", "producer date shift litres", litres)
        write(
            folder, "weighings", "date litres", [(day, f"{ml / 1000:.3f}") for day, ml in self.scale.items()]
        )
        titles = (
            "weekday sunday excess_weekday excess_sunday from to fat_point fat_reference fat_low fat_high "
            "grasa_tipico protein_point proteina_referencia"
        )
        four = ("5.00", "4.50", "4.00", "4.00", "2026-01-01", "2026-12-31")
        write(folder, "prices", titles, [(*four, "0.23", "3.5", "3", "4.5", "3.4", "0.31", "3.1")])
        quotas = [(self.codes[key], ml // 1000, "3.33", MARCH.first, MARCH.last) for key, ml in self.quotas]
        write(folder, "quotas", "producer litres_per_day override_weekday from to", quotas)
        analyses = [
            (self.codes[key], day, shift, *(results.get(one, "") for one in KEYS))
            for key, day, shift, _, results in [*self.earlier, *self.deliveries]
            if results
        ]
        write(folder, "analisis", "producer fecha turno grasa protein reductase temperatura", analyses)
        write(folder, "premiums", "name kind amount percent result low high litres_low", PREMIUM_ROWS)
        write(folder, "settings", "name value", [("keep_percent", "0")])


def run_settle(folder: Path) -> list[dict[str, str]]:
    """Settle the folder; return its slips."""
    options = ["--scheme", "milk-fortnight", "--from", str(MARCH.first), "--to", str(MARCH.last)]
    out = ["--out", str(folder / "out.csv"), "--language", "en"]
    result = CliRunner().invoke(settle, [str(folder), *options, *out])
    assert result.exit_code == 0, result.stderr
    return read(folder / "out-slips.csv")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_files_and_database_agree_on_every_item(
    session: Session, cast: Cast, now: datetime, tmp_path: Path, seed: int
) -> None:
    drawn = Drawn(session, cast.accountant.actor, now, seed)
    run = drawn.store()
    rows = session.execute(
        select(
            Membership.member_code,
            SettlementItem.block,
            SettlementItem.label,
            SettlementItem.amount_minor,
            SettlementItem.explanation,
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(Membership, Membership.producer_id == SettlementLine.producer_id)
        .where(SettlementLine.run_id == run.id)
    ).all()
    drawn.write(tmp_path)
    slips = run_settle(tmp_path)
    listed = Counter(
        (row["producer"], row["payroll"], row["item"], int(row["amount"].replace(".", "")))
        for row in slips
        if row["payroll"] != "total"
    )
    assert listed == Counter(tuple(row[:4]) for row in rows)
    notes = {row.explanation.get("note") for row in rows}
    assert notes >= {NOTE_MEAN, NOTE_TYPICAL, NOTE_NONE}, "all that may happen was drawn"
    for note in (NOTE_MEAN, NOTE_TYPICAL, NOTE_NONE):
        in_books = Counter(row.member_code for row in rows if row.explanation.get("note") == note)
        assert Counter(row["producer"] for row in slips if note in row["explanation"]) == in_books
    lists = read(tmp_path / "out.csv")
    told = sum(int(row["premiums_and_penalties"].replace(".", "")) for row in lists)
    kinds = {"premium", "penalty", "missing"}
    items = session.execute(
        select(SettlementItem.kind, SettlementItem.amount_minor)
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .where(SettlementLine.run_id == run.id)
    )
    assert told == sum(row.amount_minor for row in items if row.kind in kinds)
    assert sum(int(row["net"].replace(".", "")) for row in lists) == run.net_minor
