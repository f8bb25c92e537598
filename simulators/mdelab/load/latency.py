"""A histogram of latencies with buckets that grow by two per cent: small, mergeable, exact enough for a percentile."""

import math
from collections import Counter

_GROWTH = math.log(1.02)


class Latencies:
    """Counts latencies in milliseconds. A percentile is at most two per cent above the true one."""

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0

    def add(self, latency_ms: float) -> None:
        self._buckets[math.ceil(math.log(max(latency_ms, 0.001)) / _GROWTH)] += 1
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
