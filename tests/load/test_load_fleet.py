"""A fleet against a real TLS cloud: what its counters promise, what it sees when the cloud breaks its own."""

import os
import signal

import msgspec
import pytest
from tiny_cloud import TinyCloud

from mdelab.load.fleet import Fleet
from mdelab.load.protocol import ENROL, OFFBOARD, REPORT, Counts, Operation, Share
from mdelab.load.result import FleetSummary, judge
from mdelab.model.errors import LabError

_WITHIN_S = 30.0


def _summary(fleet: Fleet, endpoints: int) -> FleetSummary:
    return FleetSummary(
        endpoints=endpoints,
        counts=fleet.counts(),
        operations=fleet.operations,
        failures=fleet.failures,
        failure_texts=fleet.failure_texts,
        p50_ms=fleet.percentile_ms(0.5),
        p95_ms=fleet.percentile_ms(0.95),
        lag_ms=0.0,
        cpu_s=0.0,
        rss_bytes=0,
        reason=fleet.reason,
    )


def _load(fleet: Fleet, endpoints: int, events: int) -> None:
    """Onboard all, let `events` events be acknowledged, drain."""
    fleet.begin(Share(0, endpoints))
    assert fleet.wait_until(lambda counts: counts.onboarded == endpoints, _WITHIN_S), fleet.failure_texts
    fleet.rate(Share(0, endpoints), 200.0, 10)
    assert fleet.wait_until(lambda counts: counts.acknowledged >= events, _WITHIN_S), fleet.failure_texts
    fleet.drain(_WITHIN_S)


def test_everything_sent_is_received_and_stored(cloud: TinyCloud) -> None:
    seen: list[Operation] = []
    with Fleet(cloud.plan(5), on_operation=seen.append) as fleet:
        _load(fleet, 5, 200)
        result = judge(_summary(fleet, 5), cloud.accounting())
    assert result.reason == ""
    assert result.sent == result.received == result.stored >= 200
    assert {operation.name for operation in seen} == {ENROL, REPORT}
    assert sum(operation.events for operation in seen) % 10 == 0


def test_each_agent_has_an_address_of_its_own(cloud: TinyCloud) -> None:
    plan = cloud.plan(4)
    with Fleet(plan) as fleet:
        _load(fleet, 4, 40)
    assert cloud.peers == set(plan.range.addresses)


def test_a_refused_report_is_sent_again_and_nothing_is_lost(cloud: TinyCloud) -> None:
    cloud.busy_answers = 3
    with Fleet(cloud.plan(3)) as fleet:
        fleet.begin(Share(0, 3))
        assert fleet.wait_until(lambda counts: fleet.failures == 3, _WITHIN_S)
        fleet.rate(Share(0, 3), 100.0, 10)
        assert fleet.wait_until(lambda counts: counts.sent > 60, _WITHIN_S)
        # The agents wait for half a minute after a 503; a drain does not.
        fleet.drain(_WITHIN_S)
        result = judge(_summary(fleet, 3), cloud.accounting())
    assert result.reason == ""
    assert result.failures == 3
    assert result.sent == result.stored


def test_a_cloud_that_acknowledges_without_storing_is_found_out(cloud: TinyCloud) -> None:
    with Fleet(cloud.plan(2)) as fleet:
        cloud.forgets = 1
        _load(fleet, 2, 60)
        result = judge(_summary(fleet, 2), cloud.accounting())
    assert result.lost > 0
    assert "acknowledged what it had not committed" in result.reason


def test_agents_offboard_at_the_end_when_the_plan_has_a_package(cloud: TinyCloud) -> None:
    seen: list[Operation] = []
    with Fleet(cloud.plan(3, offboard=True), on_operation=seen.append) as fleet:
        _load(fleet, 3, 30)
        assert fleet.counts().offboarded == 3
    assert cloud.offboarded == 3
    assert sum(operation.name == OFFBOARD for operation in seen) == 3


def test_a_killed_worker_is_a_reason_and_no_success(cloud: TinyCloud) -> None:
    with Fleet(cloud.plan(4), processes=2) as fleet:
        fleet.begin(Share(0, 2))
        fleet.begin(Share(2, 2))
        assert fleet.wait_until(lambda counts: counts.onboarded == 4, _WITHIN_S)
        os.kill(fleet.pids[1], signal.SIGKILL)
        fleet.drain(_WITHIN_S)
        reason = judge(_summary(fleet, 4), cloud.accounting()).reason
    assert "worker 2 of 2 ended early with 2 agents" in reason
    assert "signal 9" in reason


def test_a_plan_that_cannot_be_used_is_told_in_words(cloud: TinyCloud) -> None:
    plan = cloud.plan(1)
    broken = msgspec.structs.replace(plan, range=msgspec.structs.replace(plan.range, root_set="/nowhere/roots.pem"))
    with pytest.raises(LabError, match=r"/nowhere/roots\.pem"):
        Fleet(broken).start()


def test_shares_rest_and_go_on(cloud: TinyCloud) -> None:
    with Fleet(cloud.plan(2)) as fleet:
        fleet.begin(Share(0, 2))
        assert fleet.wait_until(lambda counts: counts.onboarded == 2, _WITHIN_S)
        fleet.rate(Share(0, 2), 100.0, 1)
        assert fleet.wait_until(lambda counts: counts.acknowledged > 10, _WITHIN_S)
        fleet.rate(Share(0, 2), 0.0)
        assert fleet.wait_until(lambda counts: counts.waiting == 0, _WITHIN_S)
        fleet.rate(Share(0, 2), 100.0, 1)
        before = fleet.counts().acknowledged
        assert fleet.wait_until(lambda counts: counts.acknowledged > before + 10, _WITHIN_S)


def test_counts_add_up() -> None:
    assert Counts(sent=1, waiting=2) + Counts(sent=3, dropped=1) == Counts(sent=4, waiting=2, dropped=1)
