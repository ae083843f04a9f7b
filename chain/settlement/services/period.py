"""Preparing runs of deliveries: those of a period, and those that are paid at the gate."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.accounts.queries import get_own_organisation
from chain.accounts.rules import Actor, Permission
from chain.core.clock import local_date
from chain.core.errors import FieldErrors
from chain.core.hashing import content_hash
from chain.core.i18n import N_
from chain.core.money import BASIS_POINTS
from chain.ledger.services.posting import lock_books
from chain.lots.products import DELIVERED
from chain.pricing.queries import basis_of, look_at, schemes_between
from chain.pricing.rules import (
    DeliveryFacts,
    Part,
    Quota,
    SchemeSpan,
    has_four_prices,
    price_deliveries,
)
from chain.pricing.rules.states import Lane
from chain.settlement.errors import GateMixed, GateTooMany, NothingToSettle
from chain.settlement.fortnight.period import Period, fortnight_of
from chain.settlement.fortnight.quality import day_quotas
from chain.settlement.fortnight.queries.facts import MILK, quotas_of, zones_of
from chain.settlement.fortnight.services.preparing import prepare_fortnight_run
from chain.settlement.lines import blocks_of
from chain.settlement.models import SettlementRun
from chain.settlement.pricing_lines import priced_lines
from chain.settlement.queries.classes import hash_of_deliveries, looks_at_classes
from chain.settlement.queries.deliveries import chosen_deliveries, unpaid_deliveries
from chain.settlement.rules import MAX_GATE_LOTS, MAX_PERIOD_DAYS, RunKind, RunMethod
from chain.settlement.services.storing import Basis, known_run, store_run
from chain.settlement.services.taking import dues_not_planned, take_dues


def prepare_period_run(
    session: Session,
    *,
    actor: Actor,
    now: datetime,
    run_id: UUID,
    commodity: str,
    period_from: date,
    period_to: date,
) -> SettlementRun:
    """Pay the deliveries of a period, both days included, by the scheme's version in force on each delivery's day.

    What a producer took back of a delivery is not paid. A dairy that set up zones settles its fortnights by the rules of
    `prepare_fortnight_run`, whose refusals it gets, unless its price list has no price of a litre. Milk over a quota has its price in either.

    Raises:
        Forbidden: the actor may not prepare runs.
        ValidationFailed: the period cannot be used.
        NothingToSettle: no delivery of the period waits for payment.
        NoPriceInForce: some days have no price; they are named.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    organisation = get_own_organisation(session, actor)
    if _is_fortnight(session, organisation, commodity, period_from, period_to):
        return prepare_fortnight_run(session, actor=actor, now=now, run_id=run_id, first_day=period_from)
    digest = content_hash(
        {"kind": RunKind.PERIOD.value, "commodity": commodity, "from": period_from, "to": period_to}
    )
    known = known_run(session, actor, run_id, digest)
    if known is not None:
        return known
    check_period(commodity, period_from, period_to, local_date(now, organisation.timezone))
    deliveries = unpaid_deliveries(session, actor.org, commodity, period_from, period_to)
    if not deliveries:
        raise NothingToSettle
    spans = schemes_between(session, organisation, commodity, period_from, period_to)
    period = Period(period_from, period_to)
    quotas = quotas_of(session, actor.org, period) if commodity == MILK else []
    return _store_priced(
        session,
        actor,
        now,
        run_id,
        digest,
        organisation,
        deliveries,
        spans,
        kind=RunKind.PERIOD,
        period=(period_from, period_to),
        quotas=day_quotas(quotas, period.days),
    )


def _is_fortnight(
    session: Session, organisation: Organisation, commodity: str, first: date, last: date
) -> bool:
    """Tell whether a dairy that works by zones settles a fortnight of its milk: it has four payrolls then."""
    period = fortnight_of(first)
    if commodity != MILK or (period.first, period.last) != (first, last):
        return False
    if not zones_of(session, organisation.id):
        return False
    spans = schemes_between(session, organisation, commodity, first, last)
    return all(has_four_prices(span.content) for span in spans)


def prepare_gate_run(
    session: Session, *, actor: Actor, now: datetime, run_id: UUID, lot_ids: Collection[UUID]
) -> SettlementRun:
    """Pay deliveries when they are brought: the whole price, or the floor that the scheme pays until the sale.

    Raises:
        Forbidden: the actor may not prepare runs.
        NothingToSettle: one of them does not wait for payment.
        GateTooMany, GateMixed: too many at once, or of two products.
        NoPriceInForce: there is no price today.
        IdempotencyConflict: the id was used for something else.
    """
    actor.require(Permission.RUNS_PREPARE)
    lock_books(session, actor.org)
    wanted = sorted(set(lot_ids))
    digest = content_hash({"kind": RunKind.GATE.value, "lots": [str(one) for one in wanted]})
    known = known_run(session, actor, run_id, digest)
    if known is not None:
        return known
    if len(wanted) > MAX_GATE_LOTS:
        raise GateTooMany(limit=MAX_GATE_LOTS)
    deliveries = chosen_deliveries(session, actor.org, wanted)
    if not deliveries or len(deliveries) != len(wanted):
        raise NothingToSettle
    if len({one.commodity for one in deliveries}) > 1:
        raise GateMixed
    organisation = get_own_organisation(session, actor)
    days = [one.delivered_on for one in deliveries]
    first, last, commodity = min(days), max(days), deliveries[0].commodity
    spans = _gate_spans(session, organisation, commodity, first, last)
    return _store_priced(
        session,
        actor,
        now,
        run_id,
        digest,
        organisation,
        deliveries,
        spans,
        kind=RunKind.GATE,
        period=(first, last),
    )


def _gate_spans(
    session: Session, organisation: Organisation, commodity: str, first: date, last: date
) -> list[SchemeSpan]:
    """Return what pays at the gate: a scheme with an advance first, because its rest follows; otherwise the price."""
    shares = schemes_between(session, organisation, commodity, first, last, lane=Lane.SHARE)
    with_floor = [span for span in shares if span.content.advance is not None]
    return with_floor or schemes_between(session, organisation, commodity, first, last)


def _store_priced(  # noqa: PLR0917 - private; the two callers give each fact once
    session: Session,
    actor: Actor,
    now: datetime,
    run_id: UUID,
    digest: str,
    organisation: Organisation,
    deliveries: Sequence[DeliveryFacts],
    spans: Sequence[SchemeSpan],
    *,
    kind: RunKind,
    period: tuple[date, date],
    quotas: Mapping[tuple[UUID, date], Quota] | None = None,
) -> SettlementRun:
    is_floor = bool(spans) and kind is RunKind.GATE and all(span.content.advance for span in spans)
    part = Part.ADVANCE if is_floor else Part.WHOLE
    whole = period if kind is RunKind.PERIOD else None
    looked = look_at(session, organisation.id, spans, deliveries, whole)
    groups = price_deliveries(
        spans, looked.deliveries, period=whole, history=looked.history, quotas=quotas, part=part
    )
    if not groups:
        raise NothingToSettle
    used = {span.version_id: span for span in spans}
    lines = priced_lines(groups, used)
    of_group = kind is RunKind.PERIOD
    today = (
        None if of_group else local_date(now, organisation.timezone)
    )  # who is paid now pays back what is owed now
    dues = dues_not_planned(
        session, actor.org, organisation.currency, *period, debts_to=today, of_group=of_group
    )
    take_dues(session, lines, dues, deliveries[0].unit)
    basis = Basis(
        kind=kind,
        method=RunMethod.PRICES,
        commodity=deliveries[0].commodity,
        currency=organisation.currency,
        unit=deliveries[0].unit,
        period_from=period[0],
        period_to=period[1],
        rest_basis_points=_rest(spans) if is_floor else None,
        rest_decided_by=_decided(spans) if is_floor else None,
        facts={"schemes": [_told(span) for span in spans], "dues": dues.terms}
        | ({"classes": hash_of_deliveries(deliveries)} if looks_at_classes(spans) else {})
        | ({"basis": basis} if (basis := basis_of(looked)) else {}),
    )
    return store_run(
        session,
        actor=actor,
        now=now,
        run_id=run_id,
        digest=digest,
        basis=basis,
        lines=lines,
        blocks=blocks_of(lines),
    )


def _rest(spans: Sequence[SchemeSpan]) -> int:
    """Return which part of the final proceeds is due for what was paid a floor price."""
    found = [span.content.share_basis_points for span in spans]
    return next((one for one in found if one is not None), BASIS_POINTS)


def _decided(spans: Sequence[SchemeSpan]) -> str:
    """Return the dated rule of the rest in words."""
    span = spans[-1]
    decided = f", {span.decided_by}" if span.decided_by else ""
    return f"{span.name}{decided} ({span.valid_from.isoformat()})"[:200]


def _told(span: SchemeSpan) -> dict[str, Any]:
    return {
        "name": span.name,
        "version": span.number,
        "version_id": str(span.version_id),
        "valid_from": span.valid_from.isoformat(),
        "valid_to": span.valid_to.isoformat() if span.valid_to else None,
        "decided_by": span.decided_by,
        "base_minor": span.content.base_minor,
    }


def check_period(commodity: str, period_from: date, period_to: date, today: date) -> None:
    """Refuse a period that cannot be settled.

    Raises:
        ValidationFailed: no such product, days the wrong way round, too long, or not over yet.
    """
    errors = FieldErrors()
    if commodity not in DELIVERED:
        errors.add("commodity", N_("Choose one of the products."))
    if period_to < period_from:
        errors.add("period_to", N_("The last day lies before the first."))
    elif period_to - period_from > timedelta(days=MAX_PERIOD_DAYS):
        errors.add("period_to", N_("A settlement covers at most a year."))
    if period_to > today:
        errors.add("period_to", N_("The period is not over yet."))
    errors.raise_any()
