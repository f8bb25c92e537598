"""The schedule of a share keeps its rate and its due times."""

import asyncio
import itertools

from mdelab.load.pacing import Pace


class _Recorder:
    """An agent that writes down when a report was due."""

    def __init__(self, is_onboarded: bool = True) -> None:
        self.is_onboarded = is_onboarded
        self.due: list[float] = []
        self.enough = asyncio.Event()

    def report(self, due: float, events: int) -> None:
        self.due.append(due)
        if len(self.due) == 5:
            self.enough.set()


def test_reports_are_due_evenly_and_in_turn() -> None:
    async def run() -> tuple[_Recorder, _Recorder]:
        first, second = _Recorder(), _Recorder()
        pace = Pace([first, second], lambda lag_s: None)
        pace.set(1_000.0, 10)
        async with asyncio.timeout(10):
            await second.enough.wait()
        pace.rest()
        return first, second

    first, second = asyncio.run(run())
    assert len(first.due) - len(second.due) in (0, 1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(second.due)]
    assert all(abs(gap - 0.002) < 1e-6 for gap in gaps)


def test_an_agent_that_is_not_onboarded_misses_its_turn() -> None:
    async def run() -> _Recorder:
        absent, present = _Recorder(is_onboarded=False), _Recorder()
        pace = Pace([absent, present], lambda lag_s: None)
        pace.set(1_000.0, 1)
        async with asyncio.timeout(10):
            await present.enough.wait()
        pace.rest()
        return absent

    assert asyncio.run(run()).due == []


def test_a_late_step_keeps_the_time_at_which_it_was_due_and_tells_the_lag() -> None:
    async def run() -> tuple[list[float], float]:
        lags: list[float] = []
        agent = _Recorder()
        pace = Pace([agent], lags.append)
        pace.set(100.0, 1)
        loop = asyncio.get_running_loop()
        # The loop is kept busy, as by a slow machine: the steps of that time come late, none is left out.
        until = loop.time() + 0.06
        while loop.time() < until:
            pass
        async with asyncio.timeout(10):
            await agent.enough.wait()
        pace.rest()
        return agent.due, max(lags)

    due, lag_s = asyncio.run(run())
    assert lag_s > 0.02
    assert all(abs(later - earlier - 0.01) < 1e-6 for earlier, later in itertools.pairwise(due))


def test_a_rate_of_zero_rests() -> None:
    async def run() -> _Recorder:
        agent = _Recorder()
        pace = Pace([agent], lambda lag_s: None)
        pace.set(1_000.0, 1)
        async with asyncio.timeout(10):
            await agent.enough.wait()
        pace.set(0.0, 1)
        before = len(agent.due)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(agent.due) == before
        return agent

    asyncio.run(run())
