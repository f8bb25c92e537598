"""Durations as people write them: `90s`, `10m`, `1h30m`, `12 hours`, `7 days`."""

import re
from datetime import timedelta

from mdelab.model.errors import LabError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_PART = re.compile(
    r"\s*(\d+(?:\.\d+)?)\s*(s|sec|secs|seconds?|m|min|mins|minutes?|h|hours?|d|days?|w|weeks?)(?![a-z])\s*",
    re.IGNORECASE,
)
_MOST = timedelta(days=36_500)


def parse_duration(text: str) -> timedelta:
    """Read `text`. Raises LabError for anything else, and for more than a century."""
    rest, seconds = text.removeprefix("+").replace(" and ", " "), 0.0
    while rest and (match := _PART.match(rest)):
        seconds += float(match[1]) * _UNITS[match[2][0].lower()]
        rest = rest[match.end() :]
    if rest or not text.strip() or seconds > _MOST.total_seconds():
        why = "that is more than a hundred years" if not rest and text.strip() else "no such duration is known"
        raise LabError(f"{text!r} cannot be used as a duration: {why}. Write it as '90s', '10m', '1h30m' or '7 days'.")
    return timedelta(seconds=seconds)
