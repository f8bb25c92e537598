"""A worker process of a fleet: `python -m mdelab.load.worker`. It runs agents as its owner orders, and says what they did.

Orders come as JSON lines on standard input, batches go out on standard output (`mdelab.load.protocol`). When standard
input closes, the process ends. The agents themselves are `mdelab.load.agents`, their schedule `mdelab.load.pacing`.
"""

import asyncio
import contextlib
import gc
import os
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from typing import Final

import msgspec
import uvloop

from mdelab.load.agents import FleetAgent
from mdelab.load.ground import Ground
from mdelab.load.pacing import Pace
from mdelab.load.protocol import (
    Batch,
    Begin,
    Counts,
    Drain,
    Drained,
    Equip,
    Message,
    Operation,
    Order,
    Rate,
    Ready,
    Share,
    Stop,
    Trouble,
    decode_order,
    encode,
)
from mdelab.model.errors import LabError

_BATCH_S: Final = 0.5
_BATCH_SIZE: Final = 1_000
"""Operations after which a batch goes out early, so that one line stays small."""
_LOOK_S: Final = 0.05
"""How often a drain looks whether all agents are done."""
_HURRY_S: Final = 1.0
"""How long a drain first waits for back-offs."""
_LINE_BYTES: Final = 64 * 1024 * 1024
"""The plan of a large fleet is one line."""
_ONBOARDINGS_PER_S: Final = 200.0
"""Packages dropped a second: a handshake costs the cloud 0.3 ms, so this leaves it most of its time."""


class Worker:
    """The agents of one process."""

    def __init__(self, out: asyncio.StreamWriter) -> None:
        self._out = out
        self._ground: Ground | None = None
        self._agents: list[FleetAgent] = []
        self._paces: dict[int, Pace] = {}
        self._operations: list[Operation] = []
        self._lag_s = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._told = Counts()

    async def obey(self, order: Order) -> bool:
        """Carry out one order. False when it was the last."""
        match order:
            case Equip(plan=plan):
                self._ground = Ground(plan, self._note)
                self._spawn(self._send_batches())
                self._say(Ready(os.getpid()))
            case Begin(share=share):
                agents = self._make(share)
                self._spawn(_drop_packages(agents, self._ground_now.onboarding_file))
            case Rate(share=share, reports_per_s=reports_per_s, events=events):
                self._paces[share.first].set(reports_per_s, events)
            case Drain(within_s=within_s):
                self._spawn(self._drain(within_s))
            case Stop():
                return False
        return True

    async def close(self) -> None:
        for pace in self._paces.values():
            pace.rest()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for agent in self._agents:
            await agent.close()

    @property
    def _ground_now(self) -> Ground:
        if self._ground is None:
            raise LabError("the worker was given orders before its plan. Send `equip` first.")
        return self._ground

    def _make(self, share: Share) -> list[FleetAgent]:
        ground = self._ground_now
        agents = [ground.agent(number, share.first) for number in range(share.first, share.first + share.count)]
        self._agents += agents
        self._paces[share.first] = Pace(agents, self._see_lag)
        return agents

    async def _drain(self, within_s: float) -> None:
        """Onboard who is late, deliver what waits, offboard if planned; then say what the counters are."""
        for pace in self._paces.values():
            pace.rest()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._until_all(lambda agent: agent.is_onboarded and not agent.waiting)
                if file := self._ground_now.offboarding_file:
                    for agent in self._agents:
                        agent.offboard(asyncio.get_running_loop().time(), file)
                    await self._until_all(lambda agent: agent.is_offboarded)
        self._send_batch()
        usage = resource.getrusage(resource.RUSAGE_SELF)
        self._say(
            Drained(
                counts=self._counts(),
                rss_bytes=_resident_bytes(),
                cpu_s=usage.ru_utime + usage.ru_stime,
                lag_ms=self._lag_s * 1000,
            )
        )

    async def _until_all(self, holds: Callable[[FleetAgent], object]) -> None:
        """Return when it holds for every agent; who waits after a failure is hurried, ever more rarely."""
        loop = asyncio.get_running_loop()
        patience_s = _HURRY_S
        hurry_at = loop.time() + patience_s
        while late := [agent for agent in self._agents if not holds(agent)]:
            await asyncio.sleep(_LOOK_S)
            if loop.time() >= hurry_at:
                for agent in late:
                    agent.hurry()
                patience_s *= 2
                hurry_at = loop.time() + patience_s

    async def _send_batches(self) -> None:
        while True:
            await asyncio.sleep(_BATCH_S)
            self._send_batch()

    def _send_batch(self) -> None:
        counts = self._counts()
        if self._operations or counts != self._told:
            self._told = counts
            operations, self._operations = self._operations, []
            self._say(Batch(counts, operations))

    def _counts(self) -> Counts:
        return Counts(
            agents=len(self._agents),
            onboarded=sum(agent.was_onboarded for agent in self._agents),
            offboarded=sum(agent.is_offboarded for agent in self._agents),
            sent=sum(agent.sent for agent in self._agents),
            waiting=sum(agent.waiting for agent in self._agents),
            acknowledged=sum(agent.acknowledged for agent in self._agents),
            dropped=sum(agent.dropped for agent in self._agents),
        )

    def _note(self, name: str, share: int, due: float, outcome: str, events: int) -> None:
        now = asyncio.get_running_loop().time()
        self._operations.append(Operation(name, share, time.time() - (now - due), (now - due) * 1000, outcome, events))
        if len(self._operations) >= _BATCH_SIZE:
            self._send_batch()

    def _see_lag(self, lag_s: float) -> None:
        self._lag_s = max(self._lag_s, lag_s)

    def _say(self, message: Message) -> None:
        self._out.write(encode(message) + b"\n")

    def _spawn(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._say(Trouble(f"{type(error).__name__}: {error}"))
            raise error


async def _drop_packages(agents: list[FleetAgent], file: str) -> None:
    """One after the other, at a rate that leaves the cloud time for the reports of the others."""
    loop = asyncio.get_running_loop()
    start = loop.time()
    for turn, agent in enumerate(agents):
        due = start + turn / _ONBOARDINGS_PER_S
        if (wait_s := due - loop.time()) > 0:
            await asyncio.sleep(wait_s)
        agent.onboard(due, file)


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


async def serve() -> None:
    """Take orders from standard input until `Stop` or its end."""
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader(limit=_LINE_BYTES)
    in_pipe, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin.buffer)
    out_pipe, protocol = await loop.connect_write_pipe(asyncio.streams.FlowControlMixin, sys.stdout.buffer)
    out = asyncio.StreamWriter(out_pipe, protocol, None, loop)
    worker = Worker(out)
    try:
        while line := await orders.readline():
            if not await worker.obey(decode_order(line)):
                break
    except (LabError, msgspec.DecodeError) as error:
        out.write(encode(Trouble(str(error))) + b"\n")
    finally:
        await worker.close()
        in_pipe.close()
        # The owner may be gone: then nobody reads the last lines.
        with contextlib.suppress(OSError):
            await out.drain()
        out.close()


def main() -> None:
    # One agent holds one connection: the soft limit of 1,024 files would end at a thousand agents.
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    # Thousands of long-lived agents make full collections dear and find nothing.
    gc.set_threshold(50_000, 50, 1_000)
    uvloop.run(serve())


if __name__ == "__main__":
    main()
