"""The security intelligence that a device downloads: a version for each day of the tenant's time. Lab-defined."""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec

LINK_ID = "2120136"
DEFINITIONS_URL = "https://definitionupdates.microsoft.com/definitions/linux/latest.json"

_FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
_SERIES = "1.421"


class Definitions(msgspec.Struct, frozen=True, kw_only=True):
    version: str
    sha256: str
    released: datetime


def latest(now: datetime) -> Definitions:
    """The newest definitions at `now`: released at midnight UTC of that day."""
    days = (now - _FIRST_DAY) // timedelta(days=1)
    version = f"{_SERIES}.{days}.0"
    released = _FIRST_DAY + timedelta(days=days)
    return Definitions(version=version, sha256=hashlib.sha256(version.encode()).hexdigest(), released=released)
