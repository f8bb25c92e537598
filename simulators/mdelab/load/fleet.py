"""A fleet: it starts the worker processes, hands out shares of agents, gathers their batches and adds up their counters.

It knows neither Locust nor the lab's API. It uses threads and blocking pipes, which gevent turns into greenlets when
Locust has patched them, so the same code runs in both worlds. The agents are in `mdelab.load.worker`.
"""

import contextlib
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import reduce
from typing import IO

from mdelab.load.latency import Latencies
from mdelab.load.protocol import (
    CHANNELS,
    Batch,
    Begin,
    Counts,
    Drain,
    Drained,
    Equip,
    FleetPlan,
    Operation,
    Order,
    Rate,
    Ready,
    Share,
    Stop,
    Trouble,
    decode_message,
    encode,
)
from mdelab.model.errors import LabError, NotReady
from mdelab.model.latency import LatencyFigures, LoadChannel

_START_S = 30.0
"""A worker imports and answers in under a second; a crowded machine gets thirty."""
_STOP_S = 10.0


class _Worker:
    """One worker process and what it said last."""

    def __init__(self, number: int, changed: threading.Condition, on_operation: Callable[[Operation], None]) -> None:
        self.number = number
        self.counts = Counts()
        self.is_ready = False
        self.drained: Drained | None = None
        self.end = ""
        """How it ended, once it has without being asked to."""
        self._is_stopping = False
        self._changed = changed
        self._on_operation = on_operation
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  read when the process has ended
        self.process = subprocess.Popen(
            [sys.executable, "-m", "mdelab.load.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._reader = threading.Thread(target=self._read, name=f"fleet worker {number}", daemon=True)
        self._reader.start()

    def tell(self, order: Order) -> None:
        """A worker that is gone hears nothing; its end is told by the reader."""
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError, ValueError):
            self.process.stdin.write(encode(order) + b"\n")
            self.process.stdin.flush()

    def stop(self) -> None:
        self._is_stopping = True
        self.tell(Stop())
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(_STOP_S)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self._errors.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        trouble = ""
        for line in self.process.stdout:
            match decode_message(line):
                case Ready():
                    self.is_ready = True
                case Batch(counts=counts, operations=operations):
                    self.counts = counts
                    for operation in operations:
                        self._on_operation(operation)
                case Drained() as drained:
                    self.counts = drained.counts
                    self.drained = drained
                case Trouble(message=message):
                    trouble = message
            with self._changed:
                self._changed.notify_all()
        if not self._is_stopping:
            self.end = trouble or self._how_it_ended()
        with self._changed:
            self._changed.notify_all()

    def _how_it_ended(self) -> str:
        code = self.process.wait()
        self._errors.seek(0)
        last = self._errors.read().decode(errors="replace").strip().splitlines()[-1:]
        how = f"was killed by signal {-code}" if code < 0 else f"exited with {code}"
        return f"it {how}" + (f": {last[0]}" if last else "")


class Fleet:
    """All agents of one plan, over several processes. Use it as a context manager."""

    def __init__(
        self, plan: FleetPlan, *, processes: int = 1, on_operation: Callable[[Operation], None] | None = None
    ) -> None:
        """on_operation: called from reader threads, once for each operation."""
        self._plan = plan
        self._processes = processes
        self._forward = on_operation
        self._changed = threading.Condition()
        self._workers: list[_Worker] = []
        self._stopped: list[_Worker] = []
        self._home: dict[int, _Worker] = {}
        self._lock = threading.Lock()
        self._latencies = Latencies()
        self._by_channel = {channel: Latencies() for channel in CHANNELS.values()}
        self._operations = 0
        self._failures = 0
        self._failure_texts: dict[str, int] = {}

    def __enter__(self) -> "Fleet":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the workers and wait until they take orders. Raises LabError when one cannot."""
        self._workers = [_Worker(number, self._changed, self._on_operation) for number in range(self._processes)]
        for worker in self._workers:
            worker.tell(Equip(self._plan))
        if not self._wait(lambda: all(worker.is_ready or worker.end for worker in self._workers), _START_S):
            self.stop()
            raise NotReady(
                f"a fleet worker did not answer within {_START_S:g} s. The machine may be out of memory or processor "
                "time; use fewer endpoints or fewer processes."
            )
        if self.reason:
            reason = self.reason
            self.stop()
            raise LabError(reason)

    def begin(self, share: Share) -> None:
        """Make the agents of `share` and onboard them. A share lives in one process; shares must not overlap."""
        worker = self._workers[len(self._home) % len(self._workers)]
        self._home[share.first] = worker
        worker.tell(Begin(share))

    def rate(self, share: Share, reports_per_s: float, events: int = 10) -> None:
        self._home[share.first].tell(Rate(share, reports_per_s, events))

    def drain(self, within_s: float) -> None:
        """Let every agent finish: no new events, nothing waiting, offboarded if planned. Returns when all have or time is up."""
        for worker in self._workers:
            worker.tell(Drain(within_s))
        self._wait(lambda: all(worker.drained or worker.end for worker in self._workers), within_s + _STOP_S)

    def wait_until(self, condition: Callable[[Counts], bool], within_s: float) -> bool:
        """Wait until the fleet's counts meet `condition`; False when time was up or a worker ended."""
        self._wait(lambda: bool(self.reason) or condition(self.counts()), within_s)
        return condition(self.counts())

    def stop(self) -> None:
        """End every worker. Harmless when repeated."""
        workers, self._workers = self._workers, []
        self._stopped = self._stopped + workers
        for worker in workers:
            worker.stop()

    @property
    def _all(self) -> list[_Worker]:
        return self._stopped + self._workers

    def counts(self) -> Counts:
        return reduce(Counts.__add__, (worker.counts for worker in self._all), Counts())

    @property
    def pids(self) -> list[int]:
        return [worker.process.pid for worker in self._workers]

    @property
    def drains(self) -> list[Drained]:
        """What each worker said when it was drained."""
        return [worker.drained for worker in self._all if worker.drained]

    @property
    def reason(self) -> str:
        """Why the counters cannot be trusted as complete; "" while every worker lives or ended as it was told."""
        for worker in self._all:
            if worker.end:
                return (
                    f"fleet worker {worker.number + 1} of {self._processes} ended early with {worker.counts.agents} agents: "
                    f"{worker.end}. What its agents had sent since their last batch is unknown; run the load again, "
                    "with fewer endpoints if the machine ran out of memory."
                )
        return ""

    @property
    def operations(self) -> int:
        return self._operations

    @property
    def failures(self) -> int:
        return self._failures

    @property
    def failure_texts(self) -> dict[str, int]:
        """What failed -> how often."""
        return dict(self._failure_texts)

    def percentile_ms(self, share: float) -> float:
        """Over successful operations, measured from their intended start."""
        return self._latencies.percentile(share)

    def channels(self) -> dict[LoadChannel, LatencyFigures]:
        """The same, by channel."""
        return {channel: latencies.figures() for channel, latencies in self._by_channel.items()}

    def _on_operation(self, operation: Operation) -> None:
        with self._lock:
            self._operations += 1
            if operation.outcome:
                self._failures += 1
                self._failure_texts[operation.outcome] = self._failure_texts.get(operation.outcome, 0) + 1
            else:
                self._latencies.add(operation.latency_ms)
                self._by_channel[CHANNELS[operation.name]].add(operation.latency_ms)
        if self._forward:
            self._forward(operation)

    def _wait(self, condition: Callable[[], bool], within_s: float) -> bool:
        deadline = time.monotonic() + within_s
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(left)
        return True
