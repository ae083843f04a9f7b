"""Alerts before a load is lost: known answers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.custody.rules.cold import (
    AlertKind,
    AlertLevel,
    Load,
    Reading,
    alerts_of,
    minutes_to_limit,
    worst_level,
)

MORNING = datetime(2026, 3, 16, 5, 0, tzinfo=UTC)
LIMIT, HOURS = 100, 12


def at(hours: float) -> datetime:
    return MORNING + timedelta(hours=hours)


def load(*readings: tuple[float, int], limit: int | None = LIMIT, hours: int | None = HOURS) -> Load:
    return Load(MORNING, limit, hours, [Reading(at(hour), tenths) for hour, tenths in readings])


def kinds(one: Load, now: datetime) -> list[AlertKind]:
    return [alert.kind for alert in alerts_of(one, now)]


@pytest.mark.parametrize(
    ("readings", "hour", "expected"),
    [
        ([(3, 60), (4, 75)], 4, []),  # 1.5 °C an hour: 9.0 °C within the hour
        ([(3, 60), (4, 86)], 4, [AlertKind.WARMING]),  # 2.6 °C an hour: 11.2 °C within the hour
        ([(3, 80), (4, 90)], 4, [AlertKind.WARMING]),  # exactly 10.0 °C in exactly one hour
        ([(3, 80), (4, 89)], 4, []),  # 9.8 °C in an hour
        ([(4, 100)], 4, [AlertKind.TOO_WARM]),  # at the limit is not below it
        ([(4, 99)], 4, []),  # a single reading has no trend
        ([(4, 40), (5, 40)], 5, []),
        ([(4, 120), (5, 90)], 5, []),  # it is cooling down
        ([(1, 40)], 6, [AlertKind.NO_READING]),  # five hours old
        ([], 3, []),  # the milk has just come
        ([], 4, [AlertKind.NO_READING]),
        ([(8.9, 40)], 9, [AlertKind.TIME_SHORT]),  # three quarters of twelve hours
        ([(8.9, 40)], 8.99, []),
        ([(11.9, 40)], 12, [AlertKind.TIME_OVER]),
        ([(11.9, 105)], 12, [AlertKind.TOO_WARM, AlertKind.TIME_OVER]),
        ([(9.5, 70), (10, 95)], 10, [AlertKind.WARMING, AlertKind.TIME_SHORT]),
    ],
)
def test_a_load_is_threatened_as_expected(
    readings: list[tuple[float, int]], hour: float, expected: list[AlertKind]
) -> None:
    assert kinds(load(*readings), at(hour)) == expected


def test_an_empty_place_is_never_threatened() -> None:
    warm = [Reading(at(1), 300)]
    assert alerts_of(Load(None, LIMIT, HOURS, warm), at(30)) == []


def test_without_limits_there_is_nothing_to_warn_of() -> None:
    assert kinds(load((1, 300), limit=None, hours=None), at(40)) == []


def test_alarms_stand_before_warnings_and_give_the_level() -> None:
    found = alerts_of(load((9.9, 120)), at(10))
    assert [alert.level for alert in found] == [AlertLevel.ALARM, AlertLevel.WARNING]
    assert worst_level(found) is AlertLevel.ALARM
    assert worst_level([]) is None


def test_the_words_name_the_figures() -> None:
    (alert,) = alerts_of(load((3, 60), (4, 86)), at(4))
    assert alert.message.params == {"now": Decimal("8.6"), "limit": Decimal(10), "minutes": 32}
    (over,) = alerts_of(load((12.4, 40)), at(12.5))
    assert over.message.params == {"hours": Decimal("12.5"), "limit": 12}


def test_the_rate_is_read_over_ten_minutes_at_least() -> None:
    close = [Reading(at(4), 60), Reading(at(4) + timedelta(minutes=5), 80)]
    assert minutes_to_limit(close, LIMIT, at(4)) is None
    earlier = [Reading(at(3), 60), *close]
    # 2.0 °C in 65 minutes: the missing 2.0 °C take another 65
    assert minutes_to_limit(earlier, LIMIT, close[-1].measured_at) == 65
    assert minutes_to_limit(earlier, LIMIT, close[-1].measured_at + timedelta(minutes=60)) == 5
    assert minutes_to_limit(earlier, LIMIT, close[-1].measured_at + timedelta(hours=3)) == 0


def test_a_trend_over_more_than_six_hours_says_nothing() -> None:
    assert minutes_to_limit([Reading(at(0), 20), Reading(at(7), 95)], LIMIT, at(7)) is None


@given(
    first=st.integers(-300, 99),
    rise=st.integers(1, 200),
    minutes=st.integers(10, 360),
)
def test_the_forecast_never_comes_too_late(first: int, rise: int, minutes: int) -> None:
    later = Reading(MORNING + timedelta(minutes=minutes), first + rise)
    found = minutes_to_limit([Reading(MORNING, first), later], LIMIT, later.measured_at)
    assert found is not None
    # at that moment, at the present rate, the limit is not passed by a whole minute's rise yet
    assert (found - 1) * rise <= max(LIMIT - later.celsius_tenths, 0) * minutes
