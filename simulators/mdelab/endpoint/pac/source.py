"""A device's PAC files: fetched when they are first needed, kept while they are fresh, left alone for a while after a failure.

Whoever asks brings the means to fetch, for a PAC file comes over the device's own connections and never through a proxy.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from mdelab.catalogue.platforms import PacRow
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.pac.evaluate import Runner, View, evaluate
from mdelab.model.pac import Answer, PacFailure, Problem, Script, decode

Fetch = Callable[[str], Awaitable[Reply | Failure]]
"""One GET, direct."""

_OF_THE_FILE = (Problem.SYNTAX, Problem.NO_FUNCTION, Problem.OUT_OF_TIME, Problem.OUT_OF_MEMORY)
"""What an engine finds when it runs a script and would find again for any URL; a loop may be of one URL, and waits as well."""

_TOO_MUCH = 63
"""curl's code for an answer larger than its reader takes."""


@dataclass(slots=True)
class _Kept:
    got: Script | PacFailure
    at: datetime
    failures: int


class PacFiles:
    """Of one device."""

    def __init__(self, runner: Runner, rules: PacRow) -> None:
        self._runner = runner
        self._rules = rules
        self._kept: dict[str, _Kept] = {}
        self._turn = asyncio.Lock()
        """Connections that are made at once wait for one fetch."""

    def forget(self) -> None:
        """The network has changed: everything is fetched anew."""
        self._kept.clear()

    async def ask(self, pac_url: str, url: str, view: View, fetch: Fetch) -> Answer | PacFailure:
        """What the file at `pac_url` says about `url`. Raises LabError for a `url` that is none."""
        async with self._turn:
            kept = self._kept.get(pac_url)
            if kept is None or view.now >= self._due(kept):
                got = await _get(pac_url, fetch)
                failures = (kept.failures if kept else 0) + 1 if isinstance(got, PacFailure) else 0
                kept = self._kept[pac_url] = _Kept(got, view.now, failures)
        if isinstance(kept.got, PacFailure):
            return kept.got
        said = await evaluate(self._runner, kept.got, url, view)
        if isinstance(said, PacFailure) and said.problem in _OF_THE_FILE and self._rules.retry_s.value:
            self._kept[pac_url] = _Kept(said, view.now, kept.failures + 1)
        return said

    def _due(self, kept: _Kept) -> datetime:
        if isinstance(kept.got, Script):
            return kept.at + timedelta(seconds=self._rules.fresh_s.value)
        ladder = self._rules.retry_s.value
        wait_s = ladder[min(kept.failures, len(ladder)) - 1] if ladder else 0
        return kept.at + timedelta(seconds=wait_s)


async def _get(pac_url: str, fetch: Fetch) -> Script | PacFailure:
    if not pac_url.lower().startswith(("http://", "https://")):
        text = f"{pac_url!r} is no URL of a PAC file: http and https are taken, nothing else"
        return PacFailure(problem=Problem.BAD_URL, text=text)
    came = await fetch(pac_url)
    if isinstance(came, Failure):
        problem = {"dns": Problem.NAME}.get(came.step, Problem.UNREACHABLE)
        problem = Problem.TOO_LARGE if came.curl_code == _TOO_MUCH else problem
        return PacFailure(problem=problem, text=f"the PAC file {pac_url} cannot be fetched: {came.text}")
    if came.status != 200:
        problem = Problem.AUTHENTICATION if came.status == 401 else Problem.STATUS
        return PacFailure(problem=problem, text=f"the PAC file {pac_url} was answered with {came.status}, not 200")
    return decode(came.body, came.headers.get("content-type", ""))
