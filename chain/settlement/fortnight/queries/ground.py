"""What a fortnight is calculated from besides prices and debts, as one hash that stands in the facts of its run."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chain.core.hashing import content_hash
from chain.settlement.fortnight.facts import (
    Choices,
    FortnightInput,
    Key,
    Licence,
    Quota,
    Reserve,
    ScaleReading,
)
from chain.settlement.fortnight.models import FortnightSetting
from chain.settlement.fortnight.period import Period
from chain.settlement.fortnight.queries.facts import (
    choices_of,
    licences_of,
    quotas_of,
    readings_of,
    reserves_of,
)
from chain.settlement.models import SettlementLine, SettlementRun

#: Millilitres by zone and producer.
MilkSums = Mapping[tuple[Key, Key], int]


def ground_of(given: FortnightInput) -> str:
    """Return the hash of what a fortnight is about to be calculated from."""
    sums: dict[tuple[Key, Key], int] = {}
    for one in (*given.milk, *given.elsewhere):
        sums[one.zone, one.producer] = sums.get((one.zone, one.producer), 0) + one.quantity_ml
    return _hash(
        given.period,
        sums,
        given.members,
        given.readings,
        given.quotas,
        given.licences,
        given.reserves,
        given.choices,
    )


def ground_now(session: Session, run: SettlementRun, period: Period, sums: MilkSums) -> str:
    """Return the same hash of what stands now; `sums` is all milk of the fortnight, in no matter which settlement."""
    organisation_id = run.organisation_id
    producers = session.scalars(select(SettlementLine.producer_id).where(SettlementLine.run_id == run.id))
    return _hash(
        period,
        sums,
        frozenset(producers),
        readings_of(session, organisation_id, period),
        quotas_of(session, organisation_id, period),
        licences_of(session, organisation_id, period),
        reserves_of(session, organisation_id, period),
        choices_of(session, organisation_id, period, session.get(FortnightSetting, organisation_id)),
    )


def _hash(  # noqa: PLR0917 - private; the facts, each once
    period: Period,
    sums: MilkSums,
    producers: Collection[UUID],
    readings: Iterable[ScaleReading],
    quotas: Iterable[Quota],
    licences: Iterable[Licence],
    reserves: Iterable[Reserve],
    choices: Choices,
) -> str:
    """Only what can touch this fortnight counts: the producers that it pays, and quotas as far as they reach into it."""
    content = {
        "milk": sorted([str(zone), str(producer), ml] for (zone, producer), ml in sums.items() if ml),
        "readings": sorted([str(one.zone), one.day.isoformat(), one.quantity_ml] for one in readings),
        "quotas": sorted(
            [
                str(one.producer),
                max(one.first, period.first).isoformat(),
                min(one.last, period.last).isoformat(),
                one.per_day_ml,
                one.weekday_minor,
                one.sunday_minor,
            ]
            for one in quotas
            if one.producer in producers
        ),
        "licences": sorted({str(one.producer) for one in licences if one.producer in producers}),
        "reserves": sorted(one.fraction_ppm for one in reserves),
        "holidays": sorted(day.isoformat() for day in choices.holidays),
        "debts_reach": [choices.debts_reach_pure, choices.debts_reach_income],
    }
    return content_hash(content)
