"""The facts of a fortnight from the database, summed there per zone, producer and day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, case, cast, func, literal, or_, select
from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.dues.models import DeductionRule
from chain.dues.queries.dues import dues_for_run
from chain.dues.rules import DueKind
from chain.genealogy.models import LotEventLine
from chain.genealogy.queries.taken import taken_of
from chain.genealogy.words import LineRole
from chain.lots.models import Lot
from chain.lots.rules import LotState
from chain.pricing.queries import Basis, schemes_between
from chain.pricing.rules import has_four_prices
from chain.pricing.rules.content import SchemeSpan
from chain.pricing.rules.spans import prices_of
from chain.producers.queries import names_of
from chain.settlement.fortnight.errors import NotFourPrices
from chain.settlement.fortnight.facts import (
    Choices,
    DayMilk,
    FortnightInput,
    Licence,
    Member,
    Prices,
    Quota,
    Reserve,
    ScaleReading,
    Withholding,
    Zone,
)
from chain.settlement.fortnight.models import (
    FortnightSetting,
    MilkHoliday,
    MilkQuota,
    MilkReserve,
    MilkZone,
    MilkZoneRoute,
    ScaleReadingRow,
    TaxLicence,
)
from chain.settlement.fortnight.period import Period
from chain.settlement.fortnight.queries.one_offs import bank_fees, open_incomes
from chain.settlement.fortnight.queries.quality import quality_of
from chain.settlement.queries.classes import hash_of_lots
from chain.settlement.queries.deliveries import UNPAID, delivered_between, standing_run_of, waiting
from chain.settlement.services.taking import not_shared_yet, planned_takings

MILK = "raw-milk"
#: Prices without a last day stand until further notice.
FAR = date(9999, 12, 31)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a fortnight is calculated from, and what else its run writes down."""

    given: FortnightInput
    #: names and versions of the price, for the run's facts
    price_name: str
    #: quantity that producers took back, by delivery
    taken: Mapping[UUID, int] = field(default_factory=dict)
    #: hash of the classes that premiums and penalties looked at (chain.settlement.queries.classes)
    classes: str | None = None
    #: what those rest on: the results that count (chain.pricing.rules.basis)
    basis: Basis | None = None
    #: hash of the deductions and the cap (chain.dues.rules.Dues.terms)
    dues: str = ""


def read_facts(session: Session, organisation: Organisation, period: Period) -> Facts:
    """Read everything that a fortnight of an organisation is calculated from.

    Raises:
        NotFourPrices: the price in force has no price of a litre.
    """
    taken = taken_back(session, organisation.id, period)
    given = milk_facts(session, organisation, period, taken)
    spans = schemes_between(session, organisation, MILK, period.first, period.last)
    zones = zones_of(session, organisation.id)
    dues = dues_for_run(
        session,
        organisation.id,
        organisation.currency,
        period.first,
        period.last,
        zone_ids=[zone.id for zone in zones],
        planned=planned_takings(session, organisation.id),
    )
    dues = not_shared_yet(session, dues)
    setting = session.get(FortnightSetting, organisation.id)
    quality, basis = (
        quality_of(
            session,
            organisation.id,
            period,
            spans,
            commodity=MILK,
            zone=zone_of_lot(zones),
            quotas=given.quotas,
            elsewhere=given.elsewhere,
            holidays=given.choices.holidays,
        )
        if given.milk
        else ([], None)
    )
    given = replace(
        given,
        licences=licences_of(session, organisation.id, period),
        rules=dues.rules,
        withholding=withholding_on(session, organisation.id, period.last, setting),
        movements=dues.movements,
        bank_fees=bank_fees(session, organisation, period),
        incomes=open_incomes(session, organisation, period),
        cap=dues.cap,
        quality=quality,
    )
    classes = hash_of_lots(session, left_of(taken), unpaid_milk(organisation.id, period)) if basis else None
    name = ", ".join(f"{span.name} ({span.number})" for span in spans)
    return Facts(given, name, taken, classes, basis, dues.terms)


def milk_facts(
    session: Session, organisation: Organisation, period: Period, taken: Mapping[UUID, int]
) -> FortnightInput:
    """Read what the milk and its weighing are worth by: no debts and no premiums.

    Raises:
        NotFourPrices: the price in force has no price of a litre.
    """
    zones = zones_of(session, organisation.id)
    milk = day_milk(session, organisation.id, period, zones, taken)
    spans = schemes_between(session, organisation, MILK, period.first, period.last)
    setting = session.get(FortnightSetting, organisation.id)
    return FortnightInput(
        period=period,
        members=members_of(session, organisation.id, {one.producer for one in milk}),
        zones={zone.id: Zone(zone.id, zone.code, zone.name) for zone in zones},
        milk=milk,
        readings=readings_of(session, organisation.id, period),
        prices=[_prices(span) for span in spans],
        elsewhere=milk_elsewhere(session, organisation.id, period, zones, taken, milk),
        quotas=quotas_of(session, organisation.id, period),
        reserves=reserves_of(session, organisation.id, period),
        choices=choices_of(session, organisation.id, period, setting),
    )


def zones_of(session: Session, organisation_id: UUID) -> Sequence[MilkZone]:
    """Return the zones of an organisation by code."""
    return session.scalars(
        select(MilkZone).where(MilkZone.organisation_id == organisation_id).order_by(MilkZone.code)
    ).all()


def zone_names(session: Session, organisation_id: UUID) -> list[tuple[UUID, str]]:
    """Return id and name of an organisation's zones; group charges name them."""
    return [(zone.id, zone.name) for zone in zones_of(session, organisation_id)]


def zone_of_lot(zones: Sequence[MilkZone]) -> ColumnElement[UUID]:
    """Return the zone of a delivery: that of its route, or the default one. Outer-join `MilkZoneRoute` for it."""
    default = next(zone.id for zone in zones if zone.is_default)
    return func.coalesce(MilkZoneRoute.zone_id, literal(default, type_=MilkZone.id.type))


def unpaid_milk(organisation_id: UUID, period: Period) -> list[ColumnElement[bool]]:
    """Return the conditions of a fortnight's deliveries that wait for payment."""
    return [
        *waiting(organisation_id),
        Lot.commodity == MILK,
        *delivered_between(period.first, period.last),
    ]


def standing_milk(organisation_id: UUID, period: Period) -> list[ColumnElement[bool]]:
    """Return the conditions of all milk that was delivered in a fortnight, whoever pays it."""
    return [
        Lot.organisation_id == organisation_id,
        Lot.origin == "delivery",
        Lot.state != LotState.CANCELLED.value,
        Lot.commodity == MILK,
        *delivered_between(period.first, period.last),
    ]


def left_of(taken: Mapping[UUID, int]) -> ColumnElement[int]:
    """Return the quantity of a delivery without what its producer took back."""
    return Lot.quantity - case(taken, value=Lot.id, else_=0) if taken else Lot.quantity.expression


def day_milk(
    session: Session,
    organisation_id: UUID,
    period: Period,
    zones: Sequence[MilkZone],
    taken: Mapping[UUID, int],
) -> list[DayMilk]:
    """Return the sums per zone, producer and day; one statement for any number of deliveries."""
    return _sums_by_day(session, zones, taken, unpaid_milk(organisation_id, period))


def milk_elsewhere(  # noqa: PLR0917 - what `day_milk` takes and gives
    session: Session,
    organisation_id: UUID,
    period: Period,
    zones: Sequence[MilkZone],
    taken: Mapping[UUID, int],
    milk: Sequence[DayMilk],
) -> list[DayMilk]:
    """Return the sums of the milk that stands and does not wait: other settlements pay it, or it is on offer or sold.

    One sum tells whether there is any.
    """
    standing = standing_milk(organisation_id, period)
    whole = session.scalar(select(func.sum(left_of(taken))).where(*standing))
    if int(whole or 0) == sum(one.quantity_ml for one in milk):
        return []
    bound = or_(Lot.state.not_in(UNPAID), standing_run_of(Lot.id))
    return _sums_by_day(session, zones, taken, [*standing, bound])


def _sums_by_day(
    session: Session,
    zones: Sequence[MilkZone],
    taken: Mapping[UUID, int],
    conditions: Sequence[ColumnElement[bool]],
) -> list[DayMilk]:
    if not any(zone.is_default for zone in zones):
        return []
    zone = zone_of_lot(zones)
    statement: Select[Any] = (
        select(
            zone,
            Lot.producer_id,
            Lot.delivered_on,
            cast(func.sum(left_of(taken)), BigInteger),
            func.count(),
        )
        .select_from(Lot)
        .outerjoin(MilkZoneRoute, MilkZoneRoute.route_id == Lot.route_id)
        .where(*conditions)
        .group_by(zone, Lot.producer_id, Lot.delivered_on)
    )
    return [DayMilk(*row) for row in session.execute(statement) if row[3] > 0]


def milk_sums(
    session: Session, organisation_id: UUID, period: Period, left: ColumnElement[int]
) -> tuple[dict[tuple[UUID, UUID], int], int]:
    """Return all milk that stands by zone and producer, and how many deliveries of it no settlement has paid."""
    zone = zone_of_lot(zones_of(session, organisation_id))
    unpaid = func.count(case((Lot.state.in_(UNPAID), 1)))
    rows = session.execute(
        select(zone, Lot.producer_id, cast(func.sum(left), BigInteger), unpaid)
        .select_from(Lot)
        .outerjoin(MilkZoneRoute, MilkZoneRoute.route_id == Lot.route_id)
        .where(*standing_milk(organisation_id, period))
        .group_by(zone, Lot.producer_id)
    ).all()
    return {(row[0], row[1]): row[2] for row in rows}, sum(row[3] for row in rows)


def taken_back(session: Session, organisation_id: UUID, period: Period) -> dict[UUID, int]:
    """Return what producers took back of the deliveries of a fortnight; few did."""
    ids = session.scalars(
        select(LotEventLine.lot_id)
        .join(Lot, Lot.id == LotEventLine.lot_id)
        .where(
            LotEventLine.role == LineRole.TAKEN.value,
            Lot.organisation_id == organisation_id,
            Lot.commodity == MILK,
            *delivered_between(period.first, period.last),
        )
        .distinct()
    ).all()
    return taken_of(session, [one for one in ids if one is not None]) if ids else {}


def members_of(session: Session, organisation_id: UUID, producer_ids: set[UUID]) -> dict[UUID, Member]:
    """Return producers with the codes that decide ties; somebody without one comes by id, after the others."""
    names = names_of(session, organisation_id, producer_ids)
    found = {}
    for key in producer_ids:
        name = names.get(key)
        code = (name.member_code if name else None) or f"~{key}"
        found[key] = Member(key, code, name.full_name if name else "")
    return found


def _prices(span: SchemeSpan) -> Prices:
    content = span.content
    if not has_four_prices(content):
        raise NotFourPrices(name=span.name)
    four = prices_of(content)
    return Prices(
        four.weekday,
        four.sunday,
        four.excess_weekday,
        four.excess_sunday,
        span.valid_from,
        span.valid_to or FAR,
    )


def readings_of(session: Session, organisation_id: UUID, period: Period) -> list[ScaleReading]:
    """Return what the scales of all zones showed in a period."""
    rows = session.execute(
        select(ScaleReadingRow.zone_id, ScaleReadingRow.day, ScaleReadingRow.quantity_ml).where(
            ScaleReadingRow.organisation_id == organisation_id,
            ScaleReadingRow.day.between(period.first, period.last),
        )
    )
    return [ScaleReading(*row) for row in rows]


def quotas_of(session: Session, organisation_id: UUID, period: Period) -> list[Quota]:
    """Return the quotas in force on some day of a period."""
    rows = session.execute(
        select(
            MilkQuota.producer_id,
            MilkQuota.per_day_ml,
            MilkQuota.valid_from,
            MilkQuota.valid_to,
            MilkQuota.weekday_minor,
            MilkQuota.sunday_minor,
        ).where(
            MilkQuota.organisation_id == organisation_id,
            MilkQuota.is_enabled,
            MilkQuota.valid_from <= period.last,
            MilkQuota.valid_to >= period.first,
        )
    )
    return [Quota(*row) for row in rows]


def licences_of(session: Session, organisation_id: UUID, period: Period) -> list[Licence]:
    """Return the licences that cover a period wholly."""
    rows = session.execute(
        select(TaxLicence.producer_id, TaxLicence.number, TaxLicence.valid_from, TaxLicence.valid_to).where(
            TaxLicence.organisation_id == organisation_id,
            TaxLicence.valid_from <= period.first,
            TaxLicence.valid_to >= period.last,
        )
    )
    return [Licence(*row) for row in rows]


def reserves_of(session: Session, organisation_id: UUID, period: Period) -> list[Reserve]:
    """Return the reserve fractions in force on the last day of a period."""
    rows = session.execute(
        select(MilkReserve.fraction_ppm, MilkReserve.valid_from, MilkReserve.valid_to).where(
            MilkReserve.organisation_id == organisation_id,
            MilkReserve.valid_from <= period.last,
            or_(MilkReserve.valid_to.is_(None), MilkReserve.valid_to >= period.last),
        )
    )
    return [Reserve(*row) for row in rows]


def withholding_on(
    session: Session, organisation_id: UUID, day: date, setting: FortnightSetting | None
) -> Withholding:
    """Tell what is known about the tax that is withheld on a day."""
    confirmed = session.scalars(
        select(DeductionRule.confirmed_at.is_not(None)).where(
            DeductionRule.organisation_id == organisation_id,
            DeductionRule.kind == DueKind.WITHHOLDING.value,
            DeductionRule.valid_from <= day,
            or_(DeductionRule.valid_to.is_(None), DeductionRule.valid_to >= day),
        )
    ).all()
    if confirmed:
        return Withholding.SET if all(confirmed) else Withholding.UNCONFIRMED
    if setting is not None and setting.no_withholding_from and setting.no_withholding_from <= day:
        return Withholding.NONE
    return Withholding.MISSING


def choices_of(
    session: Session, organisation_id: UUID, period: Period, setting: FortnightSetting | None
) -> Choices:
    """Return what the association decided differently from the practice."""
    days = session.scalars(
        select(MilkHoliday.day).where(
            MilkHoliday.organisation_id == organisation_id,
            MilkHoliday.day.between(period.first, period.last),
        )
    ).all()
    return Choices(
        holidays=frozenset(days),
        debts_reach_pure=bool(setting and setting.debts_reach_pure),
        debts_reach_income=bool(setting and setting.debts_reach_income),
    )
