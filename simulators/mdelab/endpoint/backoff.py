"""How long a channel waits before it tries again: doubling, bounded, with jitter from the device's own stream."""

import random
from datetime import timedelta


class Backoff:
    """The waits of one channel since its last success."""

    __slots__ = ("_failures", "_first", "_most", "_random")

    def __init__(self, first: timedelta, most: timedelta, source: random.Random) -> None:
        self._first = first
        self._most = most
        self._random = source
        self._failures = 0

    @property
    def failures(self) -> int:
        return self._failures

    def next(self, at_least: timedelta = timedelta()) -> timedelta:
        """The wait after one more failure: between half and all of min(most, first doubled), never below `at_least`.

        at_least: what the peer asked for (Retry-After). Half of it is added as jitter at the most, so that devices that
        were refused together do not come back together.
        """
        # The exponent is bounded because a device may fail for years of simulated time.
        whole = min(self._most, self._first * (1 << min(self._failures, 20)))
        self._failures += 1
        share = self._random.random()
        return max(whole * (0.5 + share / 2), at_least * (1 + share / 2))
