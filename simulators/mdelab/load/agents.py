"""The shell of one fleet agent: it gives the endpoint's agent its network and timers, keeps nothing on disk, and counts.

The agent (`mdelab.endpoint.agent`) is the endpoints' own. Two things differ from the sensor's shell: what the agent wants kept
stays in memory, and the waits `notice` and `upload` are cut short, because a load run says itself when something is due.
Waits after a failure are the agent's own. What many agents share is `mdelab.load.ground`.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Protocol

from mdelab.endpoint import events as happened
from mdelab.endpoint.agent import Agent, AgentState
from mdelab.endpoint.answers import body_of, error_text
from mdelab.endpoint.commands import (
    CancelWake,
    Channel,
    Command,
    Execute,
    Request,
    WakeAfter,
)
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.load.protocol import ENROL, OFFBOARD, REPORT
from mdelab.model.channel import Stored
from mdelab.model.package import Package

Note = Callable[[str, int, float, str, int], None]
"""(operation, share, when it was due by the loop's time, "" or what failed, events acknowledged)."""

_OPERATIONS: dict[Channel, str] = {"enrol": ENROL, "report": REPORT, "offboard": OFFBOARD}
"""What is measured; polls, results and definitions run beside it."""

_RETRY_TIMERS = {"enrol": "enrol", "report": "upload", "offboard": "goodbye"}
"""Operation's channel -> the timer with which the agent tries again."""


class Network(Protocol):
    """One agent's way to the cloud."""

    def send(self, request: Request) -> Awaitable[Reply | Failure]: ...

    async def close(self) -> None: ...


class FleetAgent:
    """One endpoint of a fleet."""

    __slots__ = (
        "_agent",
        "_due",
        "_failing",
        "_network",
        "_note",
        "_package",
        "_reports",
        "_running",
        "_share",
        "_template",
        "_timers",
        "acknowledged",
        "was_onboarded",
    )

    def __init__(
        self,
        agent: Agent,
        network: Network,
        *,
        share: int,
        note: Note,
        template: happened.Observed,
        package: Package | None = None,
    ) -> None:
        """template: what each event of a report shows. package: the fleet's, one value for all agents."""
        self._agent = agent
        self._network = network
        self._share = share
        self._note = note
        self._package = package
        self._template = template
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._due: dict[Channel, float] = {}
        """When the enrolment or the offboarding was due."""
        self._reports: deque[tuple[float, int, int]] = deque()
        """Reports under way: when due, the count of acknowledged events that completes it, its events."""
        self._failing: set[Channel] = set()
        self.acknowledged = 0
        """Events that the cloud's answers said are stored."""
        self.was_onboarded = False

    @property
    def is_onboarded(self) -> bool:
        return self._agent.licensed

    @property
    def is_offboarded(self) -> bool:
        return self._agent.state is AgentState.OFFBOARDED

    @property
    def sent(self) -> int:
        return self._agent.sent

    @property
    def waiting(self) -> int:
        return self._agent.waiting

    @property
    def dropped(self) -> int:
        return self._agent.queue.dropped

    def onboard(self, due: float, file: str) -> None:
        """The onboarding file appears. due: the loop's time. file: its text."""
        self._due["enrol"] = due
        self._handle(happened.Started())
        self._handle(happened.PackageDropped(kind="onboarding", text=file))
        self._fire("notice")

    def report(self, due: float, events: int) -> None:
        """The device sees `events` things and reports them now, unless it still waits after a failure."""
        for _ in range(events):
            # The wait to collect more is cut short below.
            for command in self._agent.handle(self._template, _now()):
                if not isinstance(command, WakeAfter):
                    self._carry_out(command)
        self._reports.append((due, self._agent.sent - self.dropped, events))
        if "report" not in self._failing:
            self._fire("upload")

    def offboard(self, due: float, file: str) -> None:
        """The offboarding file appears."""
        self._due["offboard"] = due
        self._handle(happened.PackageDropped(kind="offboarding", text=file))
        self._fire("notice")

    def hurry(self) -> None:
        """Try again now what waits after a failure, as the end of a run is no time for back-offs."""
        for channel in tuple(self._failing):
            self._fire(_RETRY_TIMERS[channel])

    async def close(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._network.close()

    def _handle(self, event: happened.Event) -> None:
        for command in self._agent.handle(event, _now()):
            self._carry_out(command)
        if self._agent.licensed and not self.was_onboarded:
            self.was_onboarded = True
            self._share_package()

    def _share_package(self) -> None:
        """Hold the fleet's copy of the package instead of an equal one of the agent's own: it is kilobytes of each agent."""
        saved = self._agent.saved()
        if self._package is not None and saved.package == self._package.text:
            self._agent.onboarding = self._package
            saved.package = self._package.text

    def _carry_out(self, command: Command) -> None:
        match command:
            case Request():
                task = asyncio.get_running_loop().create_task(self._exchange(command))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            case WakeAfter(name=name, delay=delay):
                self._cancel(name)
                self._timers[name] = asyncio.get_running_loop().call_later(delay.total_seconds(), self._fire, name)
            case CancelWake(name=name):
                self._cancel(name)
            case Execute(command=ordered):
                self._handle(
                    happened.CommandExecuted(id=ordered.id, status="Failed", message="a load agent carries out nothing")
                )
            case _:
                # Persist, the queue's disk, the log: a fleet keeps none of them.
                pass

    def _fire(self, name: str) -> None:
        self._cancel(name)
        self._handle(happened.TimerFired(name=name))

    def _cancel(self, name: str) -> None:
        timer = self._timers.pop(name, None)
        if timer is not None:
            timer.cancel()

    async def _exchange(self, request: Request) -> None:
        came = await self._network.send(request)
        event: happened.AnswerReceived | happened.Refused
        if isinstance(came, Failure):
            event = happened.Refused(request=request, reason=came.text)
            outcome = f"{came.step}: {came.text}"
        else:
            wait = came.headers.get("retry-after", "")
            event = happened.AnswerReceived(
                request=request, status=came.status, body=came.body, retry_after_s=int(wait) if wait.isdigit() else 0
            )
            outcome = "" if came.status < 300 else f"answered {came.status}: {error_text(came.body)}"
        self._measure(request, event, outcome)
        self._handle(event)

    def _measure(self, request: Request, event: happened.AnswerReceived | happened.Refused, outcome: str) -> None:
        channel = request.channel
        name = _OPERATIONS.get(channel)
        if name is None:
            return
        stored = body_of(event, Stored) if isinstance(event, happened.AnswerReceived) and channel == "report" else None
        if channel == "report" and stored is None:
            outcome = outcome or "answered 200 without saying what is stored"
        if outcome:
            self._failing.add(channel)
            self._note(name, self._share, self._first_due(channel), outcome, 0)
            return
        self._failing.discard(channel)
        if stored is None:
            self._note(name, self._share, self._first_due(channel), "", 0)
            return
        # What the cloud says, not what was in the report: this counter must not lean on the agent's own.
        self.acknowledged += stored.stored + stored.duplicates
        while self._reports and self._reports[0][1] <= self.acknowledged:
            due, _, events = self._reports.popleft()
            self._note(name, self._share, due, "", events)

    def _first_due(self, channel: Channel) -> float:
        """When the operation that a request belongs to was due."""
        if channel == "report":
            return self._reports[0][0] if self._reports else asyncio.get_running_loop().time()
        return self._due[channel]


def _now() -> datetime:
    return datetime.now(UTC)
