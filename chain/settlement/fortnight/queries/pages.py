"""What the pages of a dairy show: what is still to do, its fortnights, readings beside deliveries, and lists of terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor
from chain.core.errors import DomainError
from chain.core.i18n import Message
from chain.core.paging import Page, PageRequest, SortColumns, order_by, paginate_rows
from chain.lots.models import Lot
from chain.producers.models import Membership, Producer
from chain.settlement.fortnight.checks import price_of, problems_of
from chain.settlement.fortnight.errors import NotFourPrices
from chain.settlement.fortnight.facts import Prices
from chain.settlement.fortnight.models import (
    BankFeeRow,
    MilkQuota,
    MilkReserve,
    MilkZone,
    MilkZoneRoute,
    OtherIncomeRow,
    ScaleReadingRow,
    TaxLicence,
)
from chain.settlement.fortnight.period import Period, fortnight_of
from chain.settlement.fortnight.queries.facts import MILK, read_facts, zone_of_lot
from chain.settlement.models import SettlementRun
from chain.settlement.queries.deliveries import delivered_between
from chain.settlement.rules import RunKind, RunMethod, RunState

RECENT = 8


@dataclass(frozen=True, slots=True)
class ToDo:
    """What a fortnight looks like before it is prepared."""

    deliveries: int
    quantity_ml: int
    #: sentences about what is missing; empty: it can be prepared
    problems: Sequence[Message]
    #: the price list has no price of a litre: these days are settled as a period by their prices
    is_for_period: bool = False
    #: the four prices that serve the fortnight, and the price list and version that they are of
    prices: Prices | None = None
    price_name: str = ""


@dataclass(frozen=True, slots=True)
class DayReading:
    """A day of a zone: what the producers' book says and what the scale showed."""

    day: date
    book_ml: int
    scale_ml: int | None

    @property
    def difference_ml(self) -> int | None:
        """Scale less book."""
        return None if self.scale_ml is None else self.scale_ml - self.book_ml


@dataclass(frozen=True, slots=True)
class TermRow:
    """A row of a list of terms, with the producer that it is about."""

    row: Any
    full_name: str | None
    member_code: str | None


def to_do(session: Session, organisation: Organisation, period: Period) -> ToDo:
    """Return what a fortnight still needs, all at once (risk 13: a new site needs its first price row, and more)."""
    try:
        facts = read_facts(session, organisation, period)
    except DomainError as refused:
        return ToDo(0, 0, [refused.message], is_for_period=isinstance(refused, NotFourPrices))
    given, milk = facts.given, facts.given.milk
    quantity = sum(one.quantity_ml for one in milk)
    problems = [problem.message for problem in problems_of(given)] if milk else []
    deliveries = sum(one.deliveries for one in milk)
    return ToDo(deliveries, quantity, problems, prices=price_of(given), price_name=facts.price_name)


def recent_runs(session: Session, organisation_id: UUID) -> Mapping[date, SettlementRun]:
    """Return the standing runs of the last fortnights, by first day."""
    runs = session.scalars(
        select(SettlementRun)
        .where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.method == RunMethod.MILK_FORTNIGHT.value,
            SettlementRun.state != RunState.DISCARDED.value,
        )
        .order_by(SettlementRun.period_from.desc())
        .limit(RECENT)
    )
    return {run.period_from: run for run in runs if run.period_from is not None}


def milk_runs(session: Session, organisation_id: UUID) -> Mapping[date, SettlementRun]:
    """Return the standing runs of whole fortnights by first day, also those that were settled as any other period."""
    runs = session.scalars(
        select(SettlementRun)
        .where(
            SettlementRun.organisation_id == organisation_id,
            SettlementRun.kind == RunKind.PERIOD.value,
            SettlementRun.commodity == MILK,
            SettlementRun.state != RunState.DISCARDED.value,
        )
        .order_by(SettlementRun.period_from.desc())
        .limit(RECENT)
    )
    return {
        run.period_from: run
        for run in runs
        if run.period_from is not None and fortnight_of(run.period_from).last == run.period_to
    }


def readings_of(
    session: Session, organisation_id: UUID, zones: Sequence[MilkZone], zone_id: UUID, period: Period
) -> list[DayReading]:
    """Return every day of a fortnight with its deliveries and reading."""
    zone = zone_of_lot(zones)
    book = {
        row[0]: int(row[1])
        for row in session.execute(
            select(Lot.delivered_on, cast(func.sum(Lot.quantity), BigInteger))
            .outerjoin(MilkZoneRoute, MilkZoneRoute.route_id == Lot.route_id)
            .where(
                Lot.organisation_id == organisation_id,
                Lot.commodity == MILK,
                Lot.origin == "delivery",
                Lot.state != "cancelled",
                *delivered_between(period.first, period.last),
                zone == zone_id,
            )
            .group_by(Lot.delivered_on)
        )
    }
    scale = {
        row.day: row.quantity_ml
        for row in session.execute(
            select(ScaleReadingRow.day, ScaleReadingRow.quantity_ml).where(
                ScaleReadingRow.zone_id == zone_id,
                ScaleReadingRow.day.between(period.first, period.last),
            )
        )
    }
    return [DayReading(day, book.get(day, 0), scale.get(day)) for day in period.days]


def routes_of_zones(session: Session, organisation_id: UUID) -> Mapping[UUID, UUID]:
    """Return the zone of each route that has one."""
    rows = session.execute(
        select(MilkZoneRoute.route_id, MilkZoneRoute.zone_id)
        .join(MilkZone, MilkZone.id == MilkZoneRoute.zone_id)
        .where(MilkZone.organisation_id == organisation_id)
    )
    return {row.route_id: row.zone_id for row in rows}


def list_readings(session: Session, actor: Actor, request: PageRequest) -> Page[ScaleReadingRow]:
    """Return readings, the newest first; sort by day."""
    statement = (
        select(ScaleReadingRow)
        .where(ScaleReadingRow.organisation_id == actor.org)
        .order_by(ScaleReadingRow.day.desc(), ScaleReadingRow.id)
    )
    return _page(session, statement, request, {"day": ScaleReadingRow.day}, ScaleReadingRow.id)


def list_quotas(session: Session, actor: Actor, request: PageRequest) -> Page[TermRow]:
    """Return quotas by producer, the latest first; sort by valid_from."""
    return _terms(session, actor, request, MilkQuota, {"valid_from": MilkQuota.valid_from})


def list_licences(session: Session, actor: Actor, request: PageRequest) -> Page[TermRow]:
    """Return tax licences by producer, the latest first; sort by valid_from."""
    return _terms(session, actor, request, TaxLicence, {"valid_from": TaxLicence.valid_from})


def list_incomes(session: Session, actor: Actor, request: PageRequest) -> Page[TermRow]:
    """Return other incomes, the latest first; sort by dated_on."""
    return _terms(session, actor, request, OtherIncomeRow, {"dated_on": OtherIncomeRow.dated_on})


def list_bank_fees(session: Session, actor: Actor, request: PageRequest) -> Page[TermRow]:
    """Return fees of the bank, the latest first; sort by dated_on."""
    return _terms(session, actor, request, BankFeeRow, {"dated_on": BankFeeRow.dated_on})


def list_reserves(session: Session, actor: Actor, request: PageRequest) -> Page[MilkReserve]:
    """Return reserve fractions, the latest first; sort by valid_from."""
    statement = (
        select(MilkReserve)
        .where(MilkReserve.organisation_id == actor.org)
        .order_by(MilkReserve.valid_from.desc(), MilkReserve.id)
    )
    return _page(session, statement, request, {"valid_from": MilkReserve.valid_from}, MilkReserve.id)


def _terms(
    session: Session, actor: Actor, request: PageRequest, table: Any, sorts: SortColumns
) -> Page[TermRow]:
    first = next(iter(sorts.values()))
    statement = (
        select(table, Producer.full_name, Membership.member_code)
        .join(Producer, Producer.id == table.producer_id)
        .outerjoin(
            Membership,
            (Membership.producer_id == table.producer_id)
            & (Membership.organisation_id == table.organisation_id),
        )
        .where(table.organisation_id == actor.org)
        .order_by(first.desc(), table.id)
    )
    page = paginate_rows(session, order_by(statement, request.sort, sorts, table.id.expression), request)
    return Page([TermRow(*row) for row in page.items], page.page, page.page_size, page.total)


def _page(
    session: Session, statement: Select[Any], request: PageRequest, sorts: SortColumns, last: Any
) -> Page[Any]:
    ordered = order_by(statement, request.sort, sorts, last.expression)
    page = paginate_rows(session, ordered, request)
    return Page([row[0] for row in page.items], page.page, page.page_size, page.total)
