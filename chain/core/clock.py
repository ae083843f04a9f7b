"""Time: aware UTC everywhere; only templates know a time zone."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC. Only the edge calls it; services take `now` as an argument."""
    return datetime.now(UTC)


def local_date(moment: datetime, timezone_name: str) -> date:
    """Return the calendar day of an aware `moment` in a named zone ("America/Lima")."""
    return moment.astimezone(ZoneInfo(timezone_name)).date()


def local_moment(naive: datetime, timezone_name: str) -> datetime:
    """Return the aware UTC moment of a wall-clock time that somebody typed in a named zone."""
    return naive.replace(tzinfo=ZoneInfo(timezone_name)).astimezone(UTC)
