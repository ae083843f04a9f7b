"""The passbook: what one producer earned, season by season, with the payments and receipts behind it."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.income.models import Baseline, IncomeRecord
from chain.income.queries.sums import SUMS, income_rows, seasons_of_runs
from chain.income.rules import gain
from chain.papers.models import Paper
from chain.papers.rules import PaperKind, serial
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.paper_subjects import LINE
from chain.settlement.rules import TAKEN, ItemKind, words


@dataclass(frozen=True, slots=True)
class House:
    """An organisation that paid."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class PassbookRow:
    """A season of one product with one organisation."""

    organisation: House
    season: int
    commodity: str
    unit: str
    currency: str
    quantity: int
    gross_minor: int
    deductions_minor: int
    net_minor: int
    baseline: Baseline | None
    baseline_minor: int | None
    #: the books that part of it was brought in from, if any
    earlier_source: str | None = None

    @property
    def gain_minor(self) -> int | None:
        """Gross minus baseline, or None without one."""
        return gain(self.gross_minor, self.baseline_minor)


@dataclass(frozen=True, slots=True)
class Payment:
    """A paid settlement with its receipt, if one was issued."""

    run_id: UUID
    organisation: House
    season: int
    kind: str
    commodity: str
    unit: str
    currency: str
    quantity: int
    gross_minor: int
    deductions_minor: int
    net_minor: int
    paid_at: datetime
    receipt_id: UUID | None
    receipt_number: str | None


@dataclass(frozen=True, slots=True)
class Deduction:
    """What was taken off in a season under one name; `label` is empty for earlier books, which name none."""

    kind: str
    label: str
    currency: str
    amount_minor: int


@dataclass(slots=True)
class PassbookSeason:
    """A calendar year."""

    year: int
    rows: list[PassbookRow] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    deductions: list[Deduction] = field(default_factory=list)
    #: what arrived in the hand, by currency
    net: dict[str, int] = field(default_factory=dict)
    gross: dict[str, int] = field(default_factory=dict)
    #: against the season before, where one in the same currency is known
    change: dict[str, int] = field(default_factory=dict)


def passbook(
    session: Session, producer_id: UUID, organisation_id: UUID | None = None
) -> list[PassbookSeason]:
    """Return a producer's seasons, newest first: with one organisation, or with all of them.

    The caller has made sure that whoever asks may see this producer. Five statements.
    """
    seasons = seasons_of_runs(session, organisation_id=organisation_id, producer_id=producer_id)
    years: dict[int, PassbookSeason] = {}
    for row in _rows(session, seasons, producer_id, organisation_id):
        years.setdefault(row.season, PassbookSeason(row.season)).rows.append(row)
    for payment in _payments(session, seasons, producer_id):
        years[payment.season].payments.append(payment)
    for season, deduction in _deductions(session, seasons, producer_id):
        years[season].deductions.append(deduction)
    listed = [years[year] for year in sorted(years)]
    for before, one in zip([None, *listed], listed, strict=False):
        _add_up(one, before)
    return listed[::-1]


def _add_up(season: PassbookSeason, before: PassbookSeason | None) -> None:
    for row in season.rows:
        season.net[row.currency] = season.net.get(row.currency, 0) + row.net_minor
        season.gross[row.currency] = season.gross.get(row.currency, 0) + row.gross_minor
    named: dict[str, int] = {}
    for one in season.deductions:
        named[one.currency] = named.get(one.currency, 0) + one.amount_minor
    for currency, gross in season.gross.items():
        rest = gross - season.net[currency] - named.get(currency, 0)
        if rest > 0:
            season.deductions.append(Deduction("earlier", "", currency, rest))
    if before is not None:
        for currency, net in season.net.items():
            if currency in before.net:
                season.change[currency] = net - before.net[currency]


def _rows(
    session: Session, seasons: dict[UUID, int], producer_id: UUID, organisation_id: UUID | None
) -> list[PassbookRow]:
    income = income_rows(seasons, organisation_id=organisation_id, producer_id=producer_id)
    statement = (
        select(
            Baseline,
            IncomeRecord.source,
            income.c.organisation_id,
            Organisation.name,
            income.c.season,
            income.c.commodity,
            income.c.unit,
            income.c.currency,
            *(income.c[name] for name in SUMS),
            income.c.baseline_minor,
        )
        .select_from(income)
        .join(Organisation, Organisation.id == income.c.organisation_id)
        .outerjoin(Baseline, Baseline.id == income.c.baseline_id)
        .outerjoin(
            IncomeRecord,
            (IncomeRecord.producer_id == income.c.producer_id)
            & (IncomeRecord.organisation_id == income.c.organisation_id)
            & (IncomeRecord.season == income.c.season)
            & (IncomeRecord.commodity == income.c.commodity)
            & (IncomeRecord.currency == income.c.currency),
        )
        .order_by(income.c.season, income.c.commodity, Organisation.name, income.c.currency)
    )
    return [_row(*row) for row in session.execute(statement)]


def _row(
    baseline: Baseline | None,
    source: str | None,
    organisation_id: UUID,
    name: str,
    *columns: Any,
) -> PassbookRow:
    *figures, baseline_minor = columns
    values = dict(zip(("season", "commodity", "unit", "currency", *SUMS), figures, strict=True))
    return PassbookRow(
        House(organisation_id, name),
        **values,
        baseline=baseline,
        baseline_minor=baseline_minor,
        earlier_source=source,
    )


def _payments(session: Session, seasons: dict[UUID, int], producer_id: UUID) -> list[Payment]:
    statement = (
        select(SettlementRun, SettlementLine, Organisation.name, Paper.id, Paper.series, Paper.number)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .join(Organisation, Organisation.id == SettlementRun.organisation_id)
        .outerjoin(
            Paper,
            (Paper.subject_id == SettlementLine.id)
            & (Paper.subject_type == LINE)
            & (Paper.kind == PaperKind.RECEIPT.value)
            & Paper.voided_at.is_(None),
        )
        .where(SettlementLine.producer_id == producer_id, SettlementRun.id.in_(seasons))
        .order_by(SettlementRun.paid_at.desc(), SettlementRun.id.desc())
    )
    return [
        Payment(
            run_id=run.id,
            organisation=House(run.organisation_id, name),
            season=seasons[run.id],
            kind=run.kind,
            commodity=run.commodity,
            unit=run.unit,
            currency=run.currency,
            quantity=line.quantity,
            gross_minor=line.gross_minor + line.additions_minor,
            deductions_minor=line.deductions_minor,
            net_minor=line.net_minor,
            paid_at=run.paid_at or run.prepared_at,
            receipt_id=receipt_id,
            receipt_number=serial(series, number) if receipt_id else None,
        )
        for run, line, name, receipt_id, series, number in session.execute(statement)
    ]


def _deductions(session: Session, seasons: dict[UUID, int], producer_id: UUID) -> list[tuple[int, Deduction]]:
    statement = (
        select(
            func.coalesce(SettlementItem.due_kind, SettlementItem.kind).label("kind"),
            SettlementItem.label,
            SettlementItem.amount_minor,
            SettlementRun.id,
            SettlementRun.currency,
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(
            SettlementLine.producer_id == producer_id,
            SettlementRun.id.in_(seasons),
            SettlementItem.kind.in_(words(TAKEN - {ItemKind.PAID_BEFORE})),
        )
        .order_by(SettlementItem.kind, SettlementItem.label)
    )
    sums: dict[tuple[int, str, str, str], int] = {}
    for kind, label, amount, run_id, currency in session.execute(statement):
        key = (seasons[run_id], kind, label, currency)
        sums[key] = sums.get(key, 0) - amount
    return [
        (season, Deduction(kind, label, currency, amount))
        for (season, kind, label, currency), amount in sums.items()
        if amount
    ]
