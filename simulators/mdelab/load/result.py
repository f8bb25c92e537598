"""What a load run leaves behind, and the rule by which its counters are judged."""

import msgspec

from mdelab.lab.wire import Accounting
from mdelab.load.protocol import Counts
from mdelab.model.latency import LATE_MS, LatencyFigures, LoadChannel


class FleetSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What the process that steered the fleet saw; written to `fleet.json` in the run's folder."""

    endpoints: int
    counts: Counts
    operations: int
    failures: int
    failure_texts: dict[str, int]
    """What failed -> how often."""
    p50_ms: float
    p95_ms: float
    lag_ms: float
    """How late the schedule of the slowest worker was at the worst."""
    cpu_s: float
    """Processor time of all workers."""
    rss_bytes: int
    """Resident memory of all workers when they were drained."""
    channels: dict[LoadChannel, LatencyFigures] = {}
    reason: str = ""
    """Why the fleet's counters are incomplete; "" when they are not."""


class LoadResult(msgspec.Struct, frozen=True, kw_only=True):
    """One load run, judged."""

    endpoints: int
    onboarded: int
    operations: int
    failures: int
    """Operations that failed; the agents tried again, so a failure is no loss."""
    sent: int
    waiting: int
    received: int
    stored: int
    duplicates: int
    lost: int
    p50_ms: float
    p95_ms: float
    reason: str
    """What was broken or kept the run from being a result; "" when every counter agrees."""
    lag_ms: float = 0.0
    """How late the generator was at the worst, by its own schedule."""
    channels: dict[LoadChannel, LatencyFigures] = {}
    note: str = ""
    """What a reader of the latencies must know; never a failure."""


def judge(summary: FleetSummary, accounting: Accounting) -> LoadResult:
    """Hold the fleet's own counters against the cloud's: sent - waiting = received - duplicates = stored.

    accounting: the lab's, asked for after the fleet was drained and its counts were handed in.
    """
    counts = summary.counts
    lost = counts.sent - counts.waiting - accounting.stored
    return LoadResult(
        endpoints=summary.endpoints,
        onboarded=counts.onboarded,
        operations=summary.operations,
        failures=summary.failures,
        sent=counts.sent,
        waiting=counts.waiting,
        received=accounting.received,
        stored=accounting.stored,
        duplicates=accounting.duplicates,
        lost=lost,
        p50_ms=round(summary.p50_ms, 3),
        p95_ms=round(summary.p95_ms, 3),
        reason=_reason(summary, accounting, lost),
        lag_ms=round(summary.lag_ms, 3),
        channels=summary.channels,
        note=_note(summary),
    )


def _reason(summary: FleetSummary, accounting: Accounting, lost: int) -> str:
    """The first broken promise, the most telling first."""
    counts = summary.counts
    if summary.reason:
        return summary.reason
    if counts.onboarded < summary.endpoints:
        return f"{counts.onboarded} of {summary.endpoints} endpoints were onboarded.{_most_often(summary)}"
    if counts.dropped:
        return f"full queues threw {counts.dropped} events away: the endpoints made more than the cloud took."
    if lost > 0:
        return (
            f"{lost} of {counts.sent} events are lost: the agents hold {counts.waiting} and were told that the others are "
            f"stored, the cloud's store has {accounting.stored}. The cloud acknowledged what it had not committed."
        )
    if lost < 0:
        return (
            f"the cloud stored {-lost} events more than the agents sent ({accounting.stored} stored, {counts.sent} sent, "
            f"{counts.waiting} waiting). An event was stored twice, or the tenant has other endpoints: load needs its own."
        )
    if accounting.received - accounting.duplicates != accounting.stored:
        return (
            f"the cloud received {accounting.received} events, {accounting.duplicates} of them again, but stored "
            f"{accounting.stored}: the counter on the wire and the count over committed rows do not agree."
        )
    if counts.acknowledged != counts.sent - counts.waiting - counts.dropped:
        return (
            f"the cloud's answers acknowledged {counts.acknowledged} events, the agents count "
            f"{counts.sent - counts.waiting - counts.dropped} as delivered."
        )
    if counts.waiting:
        return f"{counts.waiting} events were still waiting when the time for draining was up.{_most_often(summary)}"
    if not counts.sent:
        return "the fleet sent no event, so nothing was tested. Give it more time or a higher rate."
    return ""


def _most_often(summary: FleetSummary) -> str:
    if not summary.failure_texts:
        return " No operation failed, so there was too little time: give the run more seconds or fewer endpoints."
    text, times = max(summary.failure_texts.items(), key=lambda one: one[1])
    return f" The most frequent failure ({times} times): {text}."


def _note(summary: FleetSummary) -> str:
    if summary.lag_ms > LATE_MS:
        return (
            f"the load generator ran up to {summary.lag_ms:.0f} ms late, so the latencies include its own delay; "
            "the counts are not affected"
        )
    return ""
