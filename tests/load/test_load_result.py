"""The rule by which a load run is judged: each disagreement between the counters has its own words."""

import msgspec
import pytest

from mdelab.lab.wire import Accounting
from mdelab.load.protocol import Counts
from mdelab.load.result import FleetSummary, judge

_COUNTS = Counts(agents=5, onboarded=5, sent=100, waiting=0, acknowledged=100)
_STORED = Accounting(sent=100, waiting=0, received=110, stored=100, duplicates=10)
_SUMMARY = FleetSummary(
    endpoints=5,
    counts=_COUNTS,
    operations=15,
    failures=0,
    failure_texts={},
    p50_ms=1.0,
    p95_ms=2.0,
    lag_ms=3.0,
    cpu_s=0.1,
    rss_bytes=1,
)


def test_a_run_whose_counters_agree_has_no_reason() -> None:
    result = judge(_SUMMARY, _STORED)
    assert (result.reason, result.lost, result.note) == ("", 0, "")


def test_repeats_after_lost_answers_are_not_losses() -> None:
    assert judge(_SUMMARY, _STORED).duplicates == 10


@pytest.mark.parametrize(
    ("counts", "accounting", "said"),
    [
        ({}, {"stored": 90, "received": 100}, "10 of 100 events are lost"),
        ({}, {"stored": 101, "received": 111}, "stored 1 events more"),
        ({}, {"received": 120}, "do not agree"),
        ({"onboarded": 4}, {}, "4 of 5 endpoints were onboarded"),
        ({"acknowledged": 99}, {}, "acknowledged 99 events"),
        ({"sent": 110, "waiting": 10}, {}, "10 events were still waiting"),
        ({"sent": 110, "dropped": 10}, {}, "threw 10 events away"),
        ({"sent": 0, "acknowledged": 0}, {"stored": 0, "received": 10}, "sent no event"),
    ],
)
def test_a_disagreement_is_named(counts: dict[str, int], accounting: dict[str, int], said: str) -> None:
    summary = msgspec.structs.replace(_SUMMARY, counts=msgspec.structs.replace(_COUNTS, **counts))
    assert said in judge(summary, msgspec.structs.replace(_STORED, **accounting)).reason


def test_a_fleet_that_is_incomplete_comes_before_every_count() -> None:
    summary = msgspec.structs.replace(_SUMMARY, reason="worker 1 was killed")
    assert judge(summary, msgspec.structs.replace(_STORED, stored=0)).reason == "worker 1 was killed"


def test_the_most_frequent_failure_is_quoted() -> None:
    summary = msgspec.structs.replace(
        _SUMMARY,
        counts=msgspec.structs.replace(_COUNTS, onboarded=0),
        failure_texts={"tcp: connection refused": 7, "answered 503": 2},
    )
    assert "(7 times): tcp: connection refused" in judge(summary, _STORED).reason


def test_a_late_schedule_is_a_note_and_no_failure() -> None:
    result = judge(msgspec.structs.replace(_SUMMARY, lag_ms=900.0), _STORED)
    assert "900 ms late" in result.note
    assert result.reason == ""
