"""How things are measured: processor time and memory from /proc, several rounds, the median and the spread."""

import os
import statistics
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One measured quantity."""

    name: str
    unit: str
    rounds: list[float]
    limit: float | None = None
    """What it must not exceed; None for a peer or a wall time."""
    note: str = ""

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


class Skipped(Exception):
    """This measurement is impossible here; the message says why and what would make it possible."""


def cpu_s(pids: Iterable[int]) -> float:
    """Processor time that these processes have used so far, user and system; of finished children too."""
    return sum(_process_cpu_s(pid) for pid in pids)


def _process_cpu_s(pid: int) -> float:
    # schedstat counts nanoseconds; stat counts ticks of 10 ms, too coarse for short rounds.
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


def with_children(pid: int) -> list[int]:
    """`pid` and every process below it, as they are now."""
    return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]


def rss_bytes(pid: int) -> int:
    """Resident memory of one process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def machine() -> str:
    """One line on the machine, for the results."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        os.uname().machine,
    )
    return f"{os.cpu_count()} x {model}, Linux {os.uname().release}, {psutil.virtual_memory().total >> 30} GiB"
