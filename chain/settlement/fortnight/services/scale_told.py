"""Telling producers that a reading of the scale was corrected: litres, and their part of the difference before and after (C18)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chain.accounts.models import Organisation
from chain.core.errors import DomainError
from chain.core.i18n import N_
from chain.lots.services.notices import Told, kilos, sentence, tell_producers
from chain.settlement.fortnight.errors import NotFourPrices
from chain.settlement.fortnight.facts import FortnightInput
from chain.settlement.fortnight.period import DayType, Period, day_type, fortnight_of
from chain.settlement.fortnight.queries.facts import milk_facts, taken_back
from chain.settlement.fortnight.rules import weighed

SCALE_CORRECTED = N_("Scale of %(zones)s, %(day)s: it showed %(after)s l, not %(before)s l. %(share)s")
SCALES_CORRECTED = N_(
    "Scale of %(zones)s, %(count)s days from %(day)s to %(last_day)s: it showed %(after)s l in all, not %(before)s l. %(share)s"
)
SHARE = N_(
    "With it, weighing difference and reserve of the fortnight make %(after_minor)s for you, before it %(before_minor)s."
)
SHARE_LATER = N_("Your part of the difference follows with the settlement.")


@dataclass(frozen=True, slots=True)
class Correction:
    """A reading that said something else before."""

    zone_id: UUID
    day: date
    before_ml: int
    after_ml: int


def tell_of_corrections(
    session: Session, *, organisation: Organisation, now: datetime, corrections: Sequence[Correction]
) -> int:
    """Tell the producers whose milk lay on the scales and waits to be paid; return how many notices were left.

    The readings are stored already, and no run of their fortnights stands: what is in the books does not change by them.
    """
    by_period: dict[date, list[Correction]] = {}
    for one in corrections:
        by_period.setdefault(fortnight_of(one.day).first, []).append(one)
    told = [
        notice
        for first, found in sorted(by_period.items())
        for notice in _of_fortnight(session, organisation, fortnight_of(first), found)
    ]
    return tell_producers(session, organisation_id=organisation.id, now=now, told=told)


def _of_fortnight(
    session: Session, organisation: Organisation, period: Period, corrections: Sequence[Correction]
) -> list[Told]:
    """Return the notices of a fortnight; none where its milk has no price of a litre, by which a difference could be valued."""
    try:
        taken = taken_back(session, organisation.id, period)
        given = milk_facts(session, organisation, period, taken)
    except NotFourPrices:
        return []
    weekdays = {day for day in period.days if day_type(day, given.choices.holidays) is DayType.WEEKDAY}
    counting = [one for one in corrections if one.day in weekdays]
    if not counting:
        return []
    msgid, params = _words(given, counting)
    shares = _shares(given, counting)
    if shares is None:
        later = sentence(SHARE_LATER)
        return [Told(key, msgid, {**params, "share": later}) for key in _bringers(given, counting, weekdays)]
    return [
        Told(
            key,
            msgid,
            {
                **params,
                "currency": organisation.currency,
                "share": sentence(SHARE, before_minor=before, after_minor=after),
            },
        )
        for key, (before, after) in sorted(shares.items())
        if before != after
    ]


def _words(given: FortnightInput, corrections: Sequence[Correction]) -> tuple[str, dict[str, Any]]:
    days = sorted({one.day for one in corrections})
    zones = sorted({given.zones[one.zone_id].name for one in corrections})
    params: dict[str, Any] = {
        "zones": ", ".join(zones)[:200],
        "day": days[0].isoformat(),
        "before": kilos(sum(one.before_ml for one in corrections)),
        "after": kilos(sum(one.after_ml for one in corrections)),
    }
    if len(days) == 1:
        return SCALE_CORRECTED, params
    return SCALES_CORRECTED, params | {"last_day": days[-1].isoformat(), "count": len(days)}


def _shares(
    given: FortnightInput, corrections: Sequence[Correction]
) -> Mapping[UUID, tuple[int, int]] | None:
    """Return each producer's part before and after; None while the fortnight cannot be calculated, for want of a reading or price."""
    old = {(one.zone_id, one.day): one.before_ml for one in corrections}
    readings = [
        replace(one, quantity_ml=old.get((one.zone, one.day), one.quantity_ml)) for one in given.readings
    ]
    try:
        after = weighed(given)
        before = weighed(replace(given, readings=readings))
    except DomainError:
        return None
    return {key: (before.get(key, 0), after[key]) for key in after}


def _bringers(
    given: FortnightInput, corrections: Sequence[Correction], weekdays: Collection[date]
) -> list[UUID]:
    """Return who brought milk to the zones of the scales on weekdays, by whose litres the difference is shared."""
    zones = {one.zone_id for one in corrections}
    return sorted({one.producer for one in given.milk if one.zone in zones and one.day in weekdays})
