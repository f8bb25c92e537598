"""A histogram of latencies with buckets that grow by two per cent: small, mergeable, exact enough for a percentile."""

import math
from collections import Counter

from mdelab.model.latency import LatencyFigures

_GROWTH = math.log(1.02)


class Latencies:
    """Counts latencies in milliseconds. A percentile is at most two per cent above the true one."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self._most = 0.0
        self.count = 0

    def add(self, latency_ms: float) -> None:
        self._buckets[math.ceil(math.log(max(latency_ms, 0.001)) / _GROWTH)] += 1
        self._most = max(self._most, latency_ms)
        self.count += 1

    def percentile(self, share: float) -> float:
        """The latency that `share` (0..1) of the operations did not exceed; 0.0 when there were none."""
        wanted = math.ceil(share * self.count)
        seen = 0
        for bucket in sorted(self._buckets):
            seen += self._buckets[bucket]
            if seen >= wanted:
                return math.exp(bucket * _GROWTH)
        return 0.0

    def figures(self) -> LatencyFigures:
        shares = {"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99}
        # A bucket ends above what is in it.
        found = {name: round(min(self.percentile(share), self._most), 3) for name, share in shares.items()}
        return LatencyFigures(count=self.count, **found, max=round(self._most, 3))
