"""The sums under every page of income."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Subquery,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.clock import local_date
from chain.core.money import GRAMS_PER_KILOGRAM
from chain.income.models import Baseline, IncomeRecord
from chain.income.rules import season_of
from chain.sales.models import Sale
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import ItemKind, RunState

#: The columns that make a row of income; everything else is summed.
GROUP = ("organisation_id", "producer_id", "season", "commodity", "unit", "currency")
SUMS = ("quantity", "gross_minor", "deductions_minor", "net_minor")


def seasons_of_runs(
    session: Session, *, organisation_id: UUID | None = None, producer_id: UUID | None = None
) -> dict[UUID, int]:
    """Return the season of each paid run of an organisation, or of those that paid a producer."""
    statement = (
        select(
            SettlementRun.id,
            SettlementRun.kind,
            SettlementRun.period_to,
            Sale.agreed_at,
            Organisation.timezone,
        )
        .join(Organisation, Organisation.id == SettlementRun.organisation_id)
        .outerjoin(Sale, Sale.id == SettlementRun.sale_id)
        .where(SettlementRun.state == RunState.PAID)
    )
    if organisation_id is not None:
        statement = statement.where(SettlementRun.organisation_id == organisation_id)
    if producer_id is not None:
        paid = select(SettlementLine.run_id).where(SettlementLine.producer_id == producer_id)
        statement = statement.where(SettlementRun.id.in_(paid))
    return {
        run_id: season_of(
            kind, agreed_on=local_date(agreed_at, zone) if agreed_at else None, period_to=period_to
        )
        for run_id, kind, period_to, agreed_at, zone in session.execute(statement)
    }


def season_column(seasons: Mapping[UUID, int]) -> ColumnElement[int]:
    """Return the season of a run as a column."""
    runs: dict[int, list[UUID]] = {}
    for run_id, season in seasons.items():
        runs.setdefault(season, []).append(run_id)
    if not runs:
        return cast(literal(0), BigInteger)  # no run is paid: the column has no row
    whens = [(SettlementRun.id.in_(ids), literal(season, BigInteger)) for season, ids in sorted(runs.items())]
    return case(*whens)


def _paid_before(seasons: Mapping[UUID, int]) -> Select[Any]:
    """Take a floor price and its kilograms out of a second payment: they stand in the earlier run and count once."""
    return (
        select(
            SettlementRun.organisation_id,
            SettlementLine.producer_id,
            season_column(seasons).label("season"),
            SettlementRun.commodity,
            SettlementRun.unit,
            SettlementRun.currency,
            (-func.coalesce(SettlementItem.quantity, 0)).label("quantity"),
            SettlementItem.amount_minor.label("gross_minor"),
            SettlementItem.amount_minor.label("deductions_minor"),
            literal(0, BigInteger).label("net_minor"),
        )
        .join(SettlementLine, SettlementLine.id == SettlementItem.line_id)
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(SettlementRun.id.in_(seasons), SettlementItem.kind == ItemKind.PAID_BEFORE.value)
    )


def income_rows(
    seasons: Mapping[UUID, int], *, organisation_id: UUID | None = None, producer_id: UUID | None = None
) -> Subquery:
    """Return one row per organisation, producer, season, product and currency, with its baseline's amount.

    The baseline's amount is rounded here, once per row, half up, as `rules.baseline_amount` does it.
    """
    settled = (
        select(
            SettlementRun.organisation_id,
            SettlementLine.producer_id,
            season_column(seasons).label("season"),
            SettlementRun.commodity,
            SettlementRun.unit,
            SettlementRun.currency,
            SettlementLine.quantity,
            (SettlementLine.gross_minor + SettlementLine.additions_minor).label("gross_minor"),
            SettlementLine.deductions_minor,
            SettlementLine.net_minor,
        )
        .join(SettlementRun, SettlementRun.id == SettlementLine.run_id)
        .where(SettlementRun.id.in_(seasons))
    )
    paid_before = _paid_before(seasons)
    earlier = select(*(getattr(IncomeRecord, name) for name in (*GROUP, *SUMS)))
    if organisation_id is not None:
        settled = settled.where(SettlementRun.organisation_id == organisation_id)
        paid_before = paid_before.where(SettlementRun.organisation_id == organisation_id)
        earlier = earlier.where(IncomeRecord.organisation_id == organisation_id)
    if producer_id is not None:
        settled = settled.where(SettlementLine.producer_id == producer_id)
        paid_before = paid_before.where(SettlementLine.producer_id == producer_id)
        earlier = earlier.where(IncomeRecord.producer_id == producer_id)
    both = union_all(settled, paid_before, earlier).subquery("both")
    groups = [both.c[name] for name in GROUP]
    summed = (
        select(*groups, *(cast(func.sum(both.c[name]), BigInteger).label(name) for name in SUMS))
        .group_by(*groups)
        .subquery("summed")
    )
    price = Baseline.price_minor_per_unit
    amount = (summed.c.quantity * price + GRAMS_PER_KILOGRAM // 2) // GRAMS_PER_KILOGRAM
    return (
        select(*summed.c, Baseline.id.label("baseline_id"), amount.label("baseline_minor"))
        .outerjoin(
            Baseline,
            and_(
                Baseline.organisation_id == summed.c.organisation_id,
                Baseline.commodity == summed.c.commodity,
                Baseline.season == summed.c.season,
                Baseline.currency == summed.c.currency,
                Baseline.replaced_at.is_(None),
            ),
        )
        .subquery("income")
    )
