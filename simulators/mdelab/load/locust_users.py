"""The Locust side of a fleet: users that steer a share each, and report what its agents did.

This is a locustfile: `locust -f` loads it (`loadtests/locustfile.py` re-exports it for your own tests). It is the only
module that imports locust, and it runs in Locust's process alone. The agents run in the worker processes of
`mdelab.load.fleet`, never under gevent; a user only sends orders and fires Locust's request events from the batches.
"""

import logging
import math
import os
from collections import deque
from pathlib import Path
from typing import Any

import gevent
import gevent.os
import msgspec
from locust import User, constant, events, task
from locust.env import Environment
from locust.exception import StopUser

from mdelab.lab.client import LabClient, connect
from mdelab.lab.wire import FleetCounts
from mdelab.load.fleet import Fleet
from mdelab.load.order import order_fleet, order_tenant
from mdelab.load.protocol import Operation, Share
from mdelab.load.result import FleetSummary
from mdelab.model.errors import LabError, NotReady

ADDRESS, TOKEN, TENANT, OWNED = (
    "MDELAB_LOAD_ADDRESS",
    "MDELAB_LOAD_TOKEN",
    "MDELAB_LOAD_TENANT",
    "MDELAB_LOAD_OWNED",
)
"""How `mdelab.load.run` hands over the lab: by the environment, which other users of the machine cannot read."""

_log = logging.getLogger("mdelab.load")


class AgentFailure(Exception):
    """An operation of an agent that failed, for Locust's failure table."""


def _options(parser: Any) -> None:
    group = parser.add_argument_group("mdelab")
    group.add_argument("--lab", default="default", help="name of the running lab (see `mdelab status`)")
    group.add_argument("--endpoints", type=int, default=50, help="agents of this Locust process")
    group.add_argument("--share", type=int, default=0, help="agents steered by one user; 0 divides them evenly")
    group.add_argument("--reports-per-s", type=float, default=0.5, help="reports a second of each agent")
    group.add_argument("--events", type=int, default=10, help="events in a report")
    group.add_argument("--fleet-processes", type=int, default=1, help="worker processes that run the agents")
    group.add_argument("--drain-within", type=float, default=60.0, help="seconds to onboard and deliver what is late")
    group.add_argument("--steer-seconds", type=float, default=0.0, help="end this long after every user has a share")
    group.add_argument("--fleet-summary", default="", help="file for the fleet's own counters (JSON)")


class Steering:
    """The fleet of this Locust process, the shares that are free, and the operations that are not yet fired."""

    def __init__(self, environment: Environment) -> None:
        options: Any = environment.parsed_options
        address, token = os.environ.get(ADDRESS), os.environ.get(TOKEN)
        self.client = LabClient(address, token) if address and token else connect(options.lab)
        named = os.environ.get(TENANT)
        self._owns_tenant = not named
        self.runner = environment.runner
        self.tenant = self.client.tenant(named) if named else order_tenant(self.client, f"load-{os.getpid()}")
        self.options = options
        self.plan = order_fleet(self.client, self.tenant, endpoints=options.endpoints, prefix=f"fleet{os.getpid()}")
        self.inboxes: dict[int, deque[Operation]] = {}
        size = options.share or math.ceil(options.endpoints / max(options.num_users or 1, 1))
        self._free = deque(
            Share(first, min(size, options.endpoints - first)) for first in range(0, options.endpoints, size)
        )
        self._begun: set[int] = set()
        self.fleet = Fleet(self.plan, processes=options.fleet_processes, on_operation=self._keep)
        self.fleet.start()
        self._reporter = gevent.spawn(self._report_counts)

    def take(self) -> Share:
        """The next free share, begun. Raises StopUser when all agents are steered already."""
        if not self._free:
            raise StopUser
        share = self._free.popleft()
        self.inboxes.setdefault(share.first, deque())
        if share.first not in self._begun:
            self._begun.add(share.first)
            self.fleet.begin(share)
        self.fleet.rate(share, share.count * self.options.reports_per_s, self.options.events)
        return share

    def rest(self, share: Share) -> None:
        """The share's agents stay onboarded and send nothing more until another user takes it."""
        self.fleet.rate(share, 0.0)
        self._free.append(share)

    def finish(self) -> FleetSummary:
        """Drain, hand the final counts to the lab, and end the workers."""
        fleet = self.fleet
        fleet.drain(self.options.drain_within)
        self._reporter.kill()
        self._put_counts()
        drains = fleet.drains
        fleet.stop()
        summary = FleetSummary(
            endpoints=fleet.counts().agents,
            counts=fleet.counts(),
            operations=fleet.operations,
            failures=fleet.failures,
            failure_texts=fleet.failure_texts,
            p50_ms=fleet.percentile_ms(0.5),
            p95_ms=fleet.percentile_ms(0.95),
            channels=fleet.channels(),
            lag_ms=max((one.lag_ms for one in drains), default=0.0),
            cpu_s=sum(one.cpu_s for one in drains),
            rss_bytes=sum(one.rss_bytes for one in drains),
            reason=fleet.reason,
        )
        if self._owns_tenant:
            self.tenant.delete()
        return summary

    def _keep(self, operation: Operation) -> None:
        self.inboxes[operation.share].append(operation)

    def _report_counts(self) -> None:
        while True:
            gevent.sleep(1.0)
            self._put_counts()

    def _put_counts(self) -> None:
        counts = self.fleet.counts()
        self.tenant.fleet_counts(self.plan.prefix, FleetCounts(sent=counts.sent, waiting=counts.waiting))


_steering: dict[int, Steering] = {}
"""Locust builds users without arguments; they find the fleet by their environment."""


def _start(environment: Environment, **_: object) -> None:
    try:
        _steering[id(environment)] = Steering(environment)
    except (LabError, NotReady) as error:
        _log.error("%s", error)
        environment.process_exit_code = 3
        if environment.runner is not None:
            gevent.spawn(environment.runner.quit)  # not from here: this listener runs in the greenlet that it ends


def _time_the_end(user_count: int, **_: object) -> None:
    """Begin to count `--steer-seconds`. Locust's own --run-time begins before the fleet has started, which may take longer."""
    for steering in _steering.values():
        if steering.options.steer_seconds and steering.runner is not None:
            gevent.spawn_later(steering.options.steer_seconds, steering.runner.quit)


def _finish(environment: Environment, **_: object) -> None:
    steering = _steering.pop(id(environment), None)
    if steering is None:
        return
    summary = steering.finish()
    for inbox in steering.inboxes.values():
        _fire(environment, inbox)
    if summary.reason:
        _log.error("%s", summary.reason)
        environment.process_exit_code = 3
    counts = summary.counts
    _log.info("fleet: %d sent, %d waiting, %d acknowledged", counts.sent, counts.waiting, counts.acknowledged)
    if steering.options.fleet_summary:
        Path(steering.options.fleet_summary).write_bytes(msgspec.json.format(msgspec.json.encode(summary), indent=2))


def _end_with_owner(environment: Environment, **_: object) -> None:
    """A Locust that was started by a load run ends when the pipe to it closes, so that nothing is left behind."""
    if os.environ.get(OWNED):
        gevent.spawn(_watch_owner)


def _watch_owner() -> None:
    gevent.os.tp_read(0, 1)
    os._exit(3)


def _fire(environment: Environment, inbox: deque[Operation]) -> None:
    request: Any = environment.events.request  # locust's hooks are untyped
    while inbox:
        one = inbox.popleft()
        request.fire(
            request_type="agent",
            name=one.name,
            start_time=one.intended_at,
            response_time=one.latency_ms,
            response_length=0,
            exception=AgentFailure(one.outcome) if one.outcome else None,
            context={},
        )


class FleetUser(User):
    """Steers one share of the fleet while it lives."""

    wait_time = constant(0.25)

    def on_start(self) -> None:
        steering = _steering.get(id(self.environment))
        if steering is None:
            raise StopUser  # the fleet could not be made; the log says why
        self._steering = steering
        self._share = steering.take()

    @task
    def report(self) -> None:
        _fire(self.environment, self._steering.inboxes[self._share.first])

    def on_stop(self) -> None:
        self._steering.rest(self._share)


_hooks: Any = events
"""Locust's hooks are untyped. A locustfile registers when it is loaded: that is how Locust finds it."""
_hooks.init_command_line_parser.add_listener(_options)
_hooks.init.add_listener(_end_with_owner)
_hooks.test_start.add_listener(_start)
_hooks.spawning_complete.add_listener(_time_the_end)
_hooks.test_stop.add_listener(_finish)
