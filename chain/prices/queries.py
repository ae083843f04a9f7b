"""Reads the sales that prices are published of: of every way of selling, without what was cancelled or defaulted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.rules import Actor, OrganisationKind
from chain.core.clock import local_date
from chain.grading.models import OwnScheme
from chain.lots.models import Lot
from chain.prices.models import PriceConsent
from chain.prices.rules import PriceLine, Sold, Week, price_lines
from chain.sales.models import Sale, SaleAdjustment, SaleLine
from chain.settlement.models import SettlementItem, SettlementLine, SettlementRun
from chain.settlement.rules import EARNED, TAKEN, ItemKind, RunState, words

#: The most groups of equal lots that are looked at for one answer; the filters narrow them.
MAX_GROUPS = 50_000


@dataclass(frozen=True, slots=True)
class PriceFilters:
    """Which prices are wanted."""

    first: Week
    last: Week
    commodity: str | None = None
    #: "scheme/edition/key"
    grade: str | None = None
    colour: str | None = None
    #: code of a seller; only those that consented can be found
    centre: str | None = None


def published_prices(session: Session, filters: PriceFilters) -> list[PriceLine]:
    """Return the price lines of some weeks, the newest first. Four statements."""
    sold = _sold(session, filters)
    names = consenting_sellers(session)
    sold = _without_telling_classes(session, sold, names, filters.grade)
    if filters.centre:
        wanted = {key for key, (code, _) in names.items() if code == filters.centre.upper()}
        sold = [one for one in sold if one.seller_id in wanted]
    return price_lines(sold, {key: name for key, (_, name) in names.items()})


def _without_telling_classes(
    session: Session, sold: Sequence[Sold], names: Mapping[UUID, object], asked: str | None
) -> list[Sold]:
    """Leave out classes of own schemes of sellers, which carry the code of their owner, where the seller is not to be named.

    Whoever asks for such a class finds none of these sales.
    """
    telling = set(
        session.scalars(
            select(OwnScheme.key)
            .join(Organisation, Organisation.id == OwnScheme.organisation_id)
            .where(Organisation.kind != OrganisationKind.BUYER.value)
        )
    )
    found = []
    for one in sold:
        if one.seller_id in names or one.grade is None or one.grade.partition("/")[0] not in telling:
            found.append(one)
        elif asked is None:
            found.append(replace(one, grade=None))
    return found


def consenting_sellers(session: Session) -> Mapping[UUID, tuple[str, str]]:
    """Return code and name of the sellers that let prices name them."""
    rows = session.execute(
        select(Organisation.id, Organisation.code, Organisation.name)
        .join(PriceConsent, PriceConsent.organisation_id == Organisation.id)
        .where(PriceConsent.is_named)
    )
    return {row.id: (row.code, row.name) for row in rows}


def get_consent(session: Session, actor: Actor) -> PriceConsent | None:
    """Return what the actor's organisation said, None when it never said anything."""
    return session.get(PriceConsent, actor.org)


def _sold(session: Session, filters: PriceFilters) -> list[Sold]:
    # a day more on both sides: whose day it is depends on the seller's clock
    start = datetime.combine(filters.first.first - timedelta(days=1), time(), UTC)
    end = datetime.combine(filters.last.last + timedelta(days=2), time(), UTC)
    rows = session.execute(_statement(filters, start, end)).all()
    parts = _producers_parts(session, {row.sale_id for row in rows})
    return [
        one
        for row in rows
        if filters.first.first <= (one := _one(row, parts)).day <= filters.last.last and one.amount_minor > 0
    ]


def _statement(filters: PriceFilters, start: datetime, end: datetime) -> Any:
    changed = (
        select(
            SaleAdjustment.sale_id,
            SaleAdjustment.lot_id,
            func.sum(SaleAdjustment.amount_minor).label("minor"),
        )
        .group_by(SaleAdjustment.sale_id, SaleAdjustment.lot_id)
        .subquery()
    )
    columns = (
        Sale.id.label("sale_id"),
        Sale.organisation_id,
        Organisation.timezone,
        Sale.agreed_at,
        Sale.currency,
        Lot.unit,
        Lot.commodity,
        Lot.grade_scheme,
        Lot.grade_edition,
        Lot.grade_key,
        Lot.colour,
        SaleLine.price_minor_per_unit,
    )
    statement = (
        select(
            *columns,
            func.sum(SaleLine.quantity).label("quantity"),
            func.sum(SaleLine.amount_minor + func.coalesce(changed.c.minor, 0)).label("amount_minor"),
        )
        .select_from(Sale)
        .join(Organisation, Organisation.id == Sale.organisation_id)
        .join(SaleLine, SaleLine.sale_id == Sale.id)
        .join(Lot, Lot.id == SaleLine.lot_id)
        .outerjoin(changed, and_(changed.c.sale_id == Sale.id, changed.c.lot_id == SaleLine.lot_id))
        .where(Sale.agreed_at >= start, Sale.agreed_at < end, Sale.ended.is_(None))
        .group_by(*columns)
        .order_by(Sale.agreed_at.desc(), Sale.id)
        .limit(MAX_GROUPS)
    )
    if filters.commodity:
        statement = statement.where(Lot.commodity == filters.commodity)
    if filters.colour:
        statement = statement.where(Lot.colour == filters.colour)
    if filters.grade:
        scheme, _, rest = filters.grade.partition("/")
        edition, _, key = rest.partition("/")
        statement = statement.where(
            Lot.grade_scheme == scheme, Lot.grade_edition == edition, Lot.grade_key == key
        )
    return statement


def _one(row: Any, parts: Mapping[UUID, Fraction]) -> Sold:
    has_class = row.grade_scheme and row.grade_edition and row.grade_key
    return Sold(
        sale_id=row.sale_id,
        seller_id=row.organisation_id,
        day=local_date(row.agreed_at, row.timezone),
        commodity=row.commodity,
        grade=f"{row.grade_scheme}/{row.grade_edition}/{row.grade_key}" if has_class else None,
        colour=row.colour,
        currency=row.currency,
        unit=row.unit,
        quantity=int(row.quantity),
        amount_minor=int(row.amount_minor),
        producers_part=parts.get(row.sale_id),
    )


#: What is taken off by a rule; debts and what was paid before were the producer's money already.
RULES = TAKEN - {ItemKind.MOVEMENT, ItemKind.PAID_BEFORE}


def _producers_parts(session: Session, sale_ids: set[UUID]) -> Mapping[UUID, Fraction]:
    """Return which part of the gross amount producers got after fees, of sales whose settlement was paid.

    Debts that were taken back count as got, and what was paid before: the producer had that money already.
    """
    ids: Sequence[UUID] = list(sale_ids)
    found: dict[UUID, Fraction] = {}
    fees = func.sum(case((SettlementItem.kind.in_(words(RULES)), SettlementItem.amount_minor), else_=0))
    gross = func.sum(case((SettlementItem.kind.in_(words(EARNED)), SettlementItem.amount_minor), else_=0))
    for begin in range(0, len(ids), 500):
        rows = session.execute(
            select(SettlementRun.sale_id, gross.label("gross"), fees.label("fees"))
            .join(SettlementLine, SettlementLine.run_id == SettlementRun.id)
            .join(SettlementItem, SettlementItem.line_id == SettlementLine.id)
            .where(
                SettlementRun.sale_id.in_(ids[begin : begin + 500]),
                SettlementRun.state == RunState.PAID.value,
            )
            .group_by(SettlementRun.sale_id)
        )
        for row in rows:
            if row.sale_id is not None and row.gross:
                found[row.sale_id] = Fraction(int(row.gross) + int(row.fees), int(row.gross))
    return found
