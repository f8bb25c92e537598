"""Times as the Defender API writes them: .NET ticks in alert ids, seven fractional digits in fields."""

from datetime import UTC, datetime, timedelta

_ZERO = datetime(1, 1, 1, tzinfo=UTC)


def ticks(moment: datetime) -> int:
    """Units of 100 ns since the year 1, as .NET counts."""
    return (moment - _ZERO) // timedelta(microseconds=1) * 10


def stamp(moment: datetime | None) -> str | None:
    """`2026-01-05T09:00:00.0000000Z`; None stays None."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "0Z"
