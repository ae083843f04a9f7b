"""Alerts before a load is lost: temperature, its trend, and the time that is left. Pure.

The limits are those of the place (a norm's or the organisation's own). That a load is watched with a look ahead of one
hour, from three quarters of its time on, and that readings older than four hours say nothing any more, are choices of
the project.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from chain.core.i18n import N_, Message

LOOK_AHEAD = timedelta(hours=1)
#: A trend is read between the latest reading and one that is at least so much, at most so much older.
TREND_LEAST, TREND_MOST = timedelta(minutes=10), timedelta(hours=6)
#: An older latest reading says nothing of the present.
STALE = timedelta(hours=4)
#: The warning comes when three quarters of the time are over.
TIME_WARNING = Decimal("0.75")
#: What a thermometer of a milk tank or a cold store may show, in tenths of a degree.
LOWEST_TENTHS, HIGHEST_TENTHS = -400, 600


class AlertKind(StrEnum):
    """What threatens a load."""

    TOO_WARM = "too_warm"
    WARMING = "warming"
    TIME_OVER = "time_over"
    TIME_SHORT = "time_short"
    NO_READING = "no_reading"


class AlertLevel(StrEnum):
    """How bad it is."""

    ALARM = "alarm"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Reading:
    """A temperature at a moment."""

    measured_at: datetime
    celsius_tenths: int


@dataclass(frozen=True, slots=True)
class Load:
    """What lies in a place and how it is watched. `readings` in the order of time."""

    #: the moment the oldest of its contents came; None: the place is empty
    oldest_at: datetime | None
    limit_tenths: int | None
    max_hours: int | None
    readings: Sequence[Reading] = ()


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that threatens a load, in words."""

    kind: AlertKind
    level: AlertLevel
    message: Message


def alerts_of(load: Load, now: datetime) -> list[Alert]:
    """Return what threatens a load now, alarms first; an empty place is never threatened.

    Worked example (limit 10.0 °C and 12 h, milk of 05:00): at 09:00 with 6.0 °C at 08:00 and 7.5 °C at 09:00 the load
    warms 1.5 °C an hour and stands at 9.0 °C within the hour: nothing. With 8.6 °C at 09:00 it would be at 11.2 °C:
    a warning. At 14:00 nine of twelve hours are over: a warning. At 17:00 an alarm.
    """
    if load.oldest_at is None:
        return []
    found = [*_temperature_alerts(load, now), *_time_alerts(load, load.oldest_at, now)]
    return sorted(found, key=lambda alert: alert.level is not AlertLevel.ALARM)


def _temperature_alerts(load: Load, now: datetime) -> list[Alert]:
    limit = load.limit_tenths
    if limit is None or load.oldest_at is None:
        return []
    if not load.readings:
        is_new = now - load.oldest_at < STALE
        text = N_("Nobody has read the temperature yet.")
        return [] if is_new else [_warning(AlertKind.NO_READING, text)]
    return _reading_alerts(load.readings, limit, now)


def _reading_alerts(readings: Sequence[Reading], limit: int, now: datetime) -> list[Alert]:
    latest = readings[-1]
    shown = {"now": degrees(latest.celsius_tenths), "limit": degrees(limit)}
    if latest.celsius_tenths >= limit:
        text = N_("It is at %(now)s °C and must stay below %(limit)s °C.")
        return [Alert(AlertKind.TOO_WARM, AlertLevel.ALARM, Message(text, shown))]
    if now - latest.measured_at > STALE:
        text = N_("The last temperature is older than %(hours)s hours.")
        return [_warning(AlertKind.NO_READING, text, hours=int(STALE.total_seconds()) // 3600)]
    minutes = minutes_to_limit(readings, limit, now)
    if minutes is None or timedelta(minutes=minutes) > LOOK_AHEAD:
        return []
    text = N_(
        "It is at %(now)s °C and rising: in about %(minutes)s min it reaches the limit of %(limit)s °C."
    )
    return [_warning(AlertKind.WARMING, text, minutes=minutes, **shown)]


def _time_alerts(load: Load, oldest_at: datetime, now: datetime) -> list[Alert]:
    if load.max_hours is None:
        return []
    allowed, elapsed = timedelta(hours=load.max_hours), now - oldest_at
    if elapsed >= allowed:
        text = N_("The time is over: the oldest part came %(hours)s h ago, at most %(limit)s h are allowed.")
        return [
            Alert(
                AlertKind.TIME_OVER,
                AlertLevel.ALARM,
                Message(text, {"hours": _hours(elapsed), "limit": load.max_hours}),
            )
        ]
    if _seconds(elapsed) < TIME_WARNING * _seconds(allowed):
        return []
    hours, minutes = divmod(_seconds(allowed - elapsed) // 60, 60)
    text = N_("Only %(hours)s h %(minutes)s min are left of the %(limit)s h that it may be kept.")
    return [_warning(AlertKind.TIME_SHORT, text, hours=hours, minutes=minutes, limit=load.max_hours)]


def minutes_to_limit(readings: Sequence[Reading], limit_tenths: int, now: datetime) -> int | None:
    """Return in how many minutes from now the limit is reached at the present rate, rounded down; None: not rising.

    The rate is that between the latest reading and the nearest one that is at least ten minutes older.
    """
    if not readings:
        return None
    latest = readings[-1]
    earlier = next(
        (one for one in reversed(readings) if latest.measured_at - one.measured_at >= TREND_LEAST), None
    )
    if earlier is None or latest.measured_at - earlier.measured_at > TREND_MOST:
        return None
    rise = latest.celsius_tenths - earlier.celsius_tenths
    if rise <= 0:
        return None
    span = _seconds(latest.measured_at - earlier.measured_at)
    until = max(limit_tenths - latest.celsius_tenths, 0) * span // rise
    return max(until - _seconds(now - latest.measured_at), 0) // 60


def degrees(tenths: int) -> Decimal:
    """Return degrees Celsius for tenths."""
    return Decimal(tenths) / 10


def worst_level(alerts: Sequence[Alert]) -> AlertLevel | None:
    """Return the level of the worst alert; None: there is none."""
    return min((alert.level for alert in alerts), key=list(AlertLevel).index, default=None)


def _warning(kind: AlertKind, text: str, **params: object) -> Alert:
    return Alert(kind, AlertLevel.WARNING, Message(text, params))


def _seconds(span: timedelta) -> int:
    return span // timedelta(seconds=1)


def _hours(span: timedelta) -> Decimal:
    return Decimal(_seconds(span) * 10 // 3600) / 10
