"""Telling producers of a dairy that quotas, licences, the reserve, other income or a fee of the bank change: before and after (C18)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.i18n import N_
from chain.lots.services.notices import Told, kilos, tell_producers
from chain.settlement.fortnight.models import BankFeeRow, MilkQuota, MilkReserve, OtherIncomeRow, TaxLicence
from chain.settlement.fortnight.queries.facts import MILK
from chain.settlement.queries.touched import who_delivers
from chain.settlement.services.notices import planned_words

QUOTA_SET = N_(
    "From %(day)s to %(last_day)s your quota of milk is %(after)s l a day; on the day before, %(before)s l (0: none)."
)
QUOTA_ENDED = N_(
    "Your quota of %(quantity)s l of milk a day counts up to %(last_day)s; after that you have none. Before, the last day was "
    "%(planned_day)s."
)
QUOTA_OFF = N_(
    "Your quota of %(quantity)s l of milk a day from %(day)s to %(last_day)s was taken back: you have none for these days."
)
LICENCE_NOTED = N_(
    "Your tax licence %(number)s is noted from %(day)s to %(last_day)s: nothing is withheld in fortnights that it covers; "
    "without it, the tax is."
)
RESERVE_SET = N_(
    "From %(day)s on, %(after)s %% of the weighed milk is kept as a reserve; on the day before, %(before)s %%. Decided by: "
    "%(decided_by)s."
)
RESERVE_ENDED = N_(
    "%(before)s %% of the weighed milk is kept as a reserve up to %(last_day)s; after that, %(after)s %%. %(planned)s"
)
INCOME_CHANGED = N_(
    "Other income of %(day)s, %(name)s: we owe you %(after_minor)s for it, not %(before_minor)s."
)
FEE_CHANGED = N_(
    "Fee of the bank of %(day)s, %(name)s: %(after_minor)s is taken off your milk, not %(before_minor)s."
)
ONE_DAY = timedelta(days=1)
Row = MilkQuota | TaxLicence | MilkReserve | OtherIncomeRow | BankFeeRow


def tell_of_row(session: Session, now: datetime, row: Row, before: Mapping[str, Any] | None) -> int:
    """Tell whom a row concerns that was added (`before` is None), ended or withdrawn; return how many."""
    if isinstance(row, MilkQuota):
        told = _of_quota(session, row, before)
    elif isinstance(row, MilkReserve):
        told = _of_reserve(session, now, row, before)
    elif isinstance(row, TaxLicence):
        told = [Told(row.producer_id, LICENCE_NOTED, {"number": row.number, **_span(row)})]
    else:
        told = [_of_amount(row)]
    return tell_producers(session, organisation_id=row.organisation_id, now=now, told=told)


def _span(row: MilkQuota | TaxLicence) -> dict[str, str]:
    return {"day": row.valid_from.isoformat(), "last_day": row.valid_to.isoformat()}


def _of_quota(session: Session, row: MilkQuota, before: Mapping[str, Any] | None) -> list[Told]:
    litres = kilos(row.per_day_ml)
    if before is None:
        old = session.scalar(
            select(MilkQuota.per_day_ml).where(
                MilkQuota.organisation_id == row.organisation_id,
                MilkQuota.producer_id == row.producer_id,
                MilkQuota.is_enabled,
                MilkQuota.valid_from < row.valid_from,
                MilkQuota.valid_to >= row.valid_from - ONE_DAY,
            )
        )
        return [Told(row.producer_id, QUOTA_SET, {"after": litres, "before": kilos(old or 0), **_span(row)})]
    if before["is_enabled"] and not row.is_enabled:
        return [Told(row.producer_id, QUOTA_OFF, {"quantity": litres, **_span(row)})]
    if before["valid_to"] == row.valid_to:
        return []
    params = {"quantity": litres, "planned_day": before["valid_to"].isoformat(), **_span(row)}
    return [Told(row.producer_id, QUOTA_ENDED, params)]


def _of_reserve(
    session: Session, now: datetime, row: MilkReserve, before: Mapping[str, Any] | None
) -> list[Told]:
    params: dict[str, Any]
    if before is None:
        eve = row.valid_from - ONE_DAY
        old = session.scalar(
            select(MilkReserve.fraction_ppm).where(
                MilkReserve.organisation_id == row.organisation_id,
                MilkReserve.valid_from <= eve,
                (MilkReserve.valid_to.is_(None)) | (MilkReserve.valid_to >= eve),
            )
        )
        msgid, params = RESERVE_SET, {"day": row.valid_from.isoformat(), "decided_by": row.decided_by}
        params |= {"before": _percent(old or 0), "after": _percent(row.fraction_ppm)}
    elif before["valid_to"] == row.valid_to or row.valid_to is None:
        return []
    else:
        planned = before["valid_to"]
        msgid, params = RESERVE_ENDED, {"last_day": row.valid_to.isoformat()}
        params |= {"before": _percent(row.fraction_ppm), "after": "0"}
        params["planned"] = planned_words(planned.isoformat() if planned else None)
    producers = who_delivers(session, row.organisation_id, now.date(), commodity=MILK)
    return [Told(one, msgid, params) for one in producers]


def _percent(fraction_ppm: int) -> str:
    """Return a fraction as a percentage in text: 5,000 millionths → "0.5"."""
    return format((Decimal(fraction_ppm) / 10_000).normalize(), "f")


def _of_amount(row: OtherIncomeRow | BankFeeRow) -> Told:
    is_gone = row.withdrawn_at is not None
    params = {
        "day": row.dated_on.isoformat(),
        "name": row.name,
        "before_minor": row.amount_minor if is_gone else 0,
        "after_minor": 0 if is_gone else row.amount_minor,
        "currency": row.currency,
    }
    return Told(row.producer_id, INCOME_CHANGED if isinstance(row, OtherIncomeRow) else FEE_CHANGED, params)
