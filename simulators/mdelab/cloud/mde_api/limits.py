"""Counts calls against the documented quotas, an application at a time, in windows that slide with its tenant's time."""

from collections import deque
from datetime import datetime, timedelta
from math import ceil

from mdelab.catalogue.quotas import Quota, QuotaName, quotas

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


class Limits:
    def __init__(self) -> None:
        self._calls: dict[tuple[str, str, QuotaName], deque[datetime]] = {}
        """(tenant id, client id, quota) -> when it called, for as long as that counts."""

    def admit(self, tenant_id: str, client_id: str, name: QuotaName, now: datetime) -> int:
        """Count one call; 0 when it is within the quota, else the seconds until the next one would be. A refusal counts not."""
        quota = quotas()[name]
        calls = self._calls.setdefault((tenant_id, client_id, name), deque())
        while calls and now - calls[0] >= (_HOUR if quota.per_hour else _MINUTE):
            calls.popleft()
        wait = _wait(calls, quota, now)
        if not wait:
            calls.append(now)
        return wait

    def forget(self, tenant_id: str) -> None:
        for key in [key for key in self._calls if key[0] == tenant_id]:
            del self._calls[key]


def _wait(calls: deque[datetime], quota: Quota, now: datetime) -> int:
    waits = [0]
    for most, window in ((quota.per_minute, _MINUTE), (quota.per_hour, _HOUR)):
        if most is not None and len(calls) >= most:
            # With the oldest of the last `most` calls a place becomes free.
            waits.append(ceil((calls[-most] + window - now).total_seconds()))
    return max(waits)
