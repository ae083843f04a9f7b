"""Facts of fortnights for tests: producers and zones by code, amounts and litres as people write them."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from chain.dues.rules import (
    DEFAULT_ORDER,
    RULE_ACCOUNTS,
    Basis,
    DueKind,
    DueRule,
    OpenMovement,
)
from chain.settlement.fortnight.facts import (
    DayMilk,
    FortnightInput,
    Member,
    Prices,
    Quota,
    ScaleReading,
    Zone,
)
from chain.settlement.fortnight.period import Period, fortnight_of

JULY = fortnight_of(date(2026, 7, 1))
#: a Wednesday and a Sunday of it
WEDNESDAY, SUNDAY = date(2026, 7, 8), date(2026, 7, 12)
PRICES = Prices(500, 450, 400, 400, date(2026, 7, 1), date(2026, 7, 31))


def key(code: str) -> UUID:
    """Return the same id for the same code."""
    return UUID(bytes=hashlib.sha256(code.encode()).digest()[:16])


def minor(text: str) -> int:
    """Return cents."""
    return int(Decimal(text) * 100)


def millilitres(text: str) -> int:
    """Return millilitres for litres."""
    return int(Decimal(text) * 1000)


def milk(producer: str, day: date, litres: str, zone: str = "Z") -> DayMilk:
    """Return a delivery."""
    return DayMilk(key(zone), key(producer), day, millilitres(litres))


def scale(day: date, litres: str, zone: str = "Z") -> ScaleReading:
    """Return a reading."""
    return ScaleReading(key(zone), day, millilitres(litres))


def quota(producer: str, litres: str, **more: Any) -> Quota:
    """Return a quota over the whole of July."""
    return Quota(key(producer), millilitres(litres), PRICES.first, PRICES.last, **more)


def rule(kind: DueKind, basis: Basis, value: int, **more: Any) -> DueRule:
    """Return a charge with the usual order and account."""
    return DueRule(
        id=key(f"{kind}{value}{more}"),
        name=kind.value,
        kind=kind,
        basis=basis,
        value=value,
        order=DEFAULT_ORDER[kind],
        account=RULE_ACCOUNTS[kind],
        decided_by="Assembly of 3 March 2026",
        **more,
    )


def debt(number: int, kind: str, day: str, balance: str, producer: str = "P-A") -> OpenMovement:
    """Return a debt."""
    dated_on = date.fromisoformat(day)
    return OpenMovement(
        key(f"M{number}"), number, DueKind(kind), kind, dated_on, key(producer), minor(balance)
    )


def given(
    deliveries: Sequence[DayMilk],
    readings: Sequence[ScaleReading] = (),
    *,
    codes: Sequence[str] = ("P-A", "P-B", "P-C"),
    zones: Sequence[str] = ("Z",),
    period: Period = JULY,
    more: Mapping[str, Any] | None = None,
) -> FortnightInput:
    """Return facts; what is not said is empty."""
    facts: dict[str, Any] = {"prices": [PRICES]}
    facts.update(more or {})
    return FortnightInput(
        period=period,
        members={key(code): Member(key(code), code) for code in reversed(codes)},
        zones={key(code): Zone(key(code), code) for code in zones},
        milk=deliveries,
        readings=readings,
        **facts,
    )
