"""Asks a PAC script about a URL: runs it again with each name that it wants to know, until it can answer."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mdelab.endpoint.pac.messages import Broken, Done, Outcome, Task
from mdelab.endpoint.pac.worker import LIMIT_S, MEMORY_BYTES
from mdelab.model.pac import Answer, PacFailure, Problem, Script, asked_about, read_answer

MOST_NAMES = 64
"""Each costs a run; a script that wants more would make a device ask its DNS server all day."""

Resolve = Callable[[str], Awaitable[str | None]]
"""The IPv4 address of a name as the device sees it; None when there is none."""


class Runner(Protocol):
    """Where scripts run."""

    async def run(self, task: Task) -> Outcome: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How the device that asks sees the world."""

    resolve: Resolve
    my_address: str
    now: datetime
    seed: int = 0
    is_whole_url: bool = False
    """Whether a script is told path and query of an https URL."""


async def check(runner: Runner, script: Script) -> PacFailure | None:
    """Whether an engine can read the script and finds its function; None when all is well."""
    outcome = await runner.run(Task(script=script.text, limit_s=LIMIT_S, memory_bytes=MEMORY_BYTES))
    return _failure(outcome) if isinstance(outcome, Broken) else None


async def evaluate(runner: Runner, script: Script, url: str, view: View) -> Answer | PacFailure:
    """What the script says about `url`. Raises LabError for what is no http(s) URL."""
    told, host = asked_about(url, is_whole=view.is_whole_url)
    names: dict[str, str | None] = {}
    while True:
        task = Task(
            script=script.text,
            url=told,
            host=host,
            names=names,
            my_address=view.my_address,
            now_ms=view.now.timestamp() * 1000,
            seed=view.seed,
            limit_s=LIMIT_S,
            memory_bytes=MEMORY_BYTES,
        )
        outcome = await runner.run(task)
        if isinstance(outcome, Done):
            return read_answer(outcome.value)
        if isinstance(outcome, Broken):
            return _failure(outcome)
        if len(names) >= MOST_NAMES:
            text = f"the PAC script asks for more than {MOST_NAMES} names about one URL"
            return PacFailure(problem=Problem.NAMES, text=text)
        for name in outcome.names:
            names[name] = await view.resolve(name)


def _failure(broken: Broken) -> PacFailure:
    at = f" in line {broken.line}" if broken.line else ""
    return PacFailure(problem=broken.problem, text=f"the PAC script failed{at}: {broken.text}", line=broken.line)
