"""What a load says about the latencies of one channel: a handful of figures that travel from the fleet to the report.

How they are counted is in `mdelab.load.latency`; what a gate makes of them in `mdelab.report.threshold`.
"""

from typing import Literal, get_args

import msgspec

LoadChannel = Literal["enrol", "cyber", "offboard"]
"""What a load measures: enrolments, reports of cyber telemetry, offboardings."""
Statistic = Literal["p50", "p90", "p95", "p99", "max"]

CHANNELS: tuple[LoadChannel, ...] = get_args(LoadChannel)
LATE_MS = 250.0
"""A load generator that runs later than this by its own schedule adds its own delay to every latency."""

STATISTICS: tuple[Statistic, ...] = get_args(Statistic)


class LatencyFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of successful operations, in milliseconds from when each was due."""

    count: int
    """How many there were; the others are 0.0 when there were none."""
    p50: float
    p90: float
    p95: float
    p99: float
    max: float
