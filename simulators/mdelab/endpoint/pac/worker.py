"""Owns the process that runs PAC scripts: starts it when it is first needed, kills it when a script will not end.

One for each process of the lab, warm, shared by all devices. What the process does with a script is
`mdelab.endpoint.pac.engine`; which names a script is told is `mdelab.endpoint.pac.evaluate`'s affair.
"""

import asyncio
import hashlib
import os
import sys

import msgspec

from mdelab.endpoint.pac.messages import Broken, Outcome, Task
from mdelab.model.pac import Problem

LIMIT_S = 2.0
"""Processor time of one run. WinHTTP grants 60 s; nobody waits that long for a test to say so."""

_AGAIN_S = 0.5
"""For a script that had to be stopped once already: whoever loops for one host mostly does for all."""

_GUARD_S = 10.0
"""Host time after which the process itself is killed: on a busy machine the processor time of a loop may be long in coming,
and every other script waits behind it."""

MEMORY_BYTES = 64 * 1024 * 1024
_MOST_LINE_BYTES = 16 * 1024 * 1024
_MOST_REMEMBERED = 256


class ScriptWorker:
    """Runs PAC scripts, one at a time."""

    def __init__(self, guard_s: float = _GUARD_S) -> None:
        """guard_s: host time that one run may take altogether."""
        self._guard_s = guard_s
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._stopped: dict[bytes, None] = {}
        """Digests of scripts that ran out of time, the oldest first."""
        self._encode = msgspec.json.Encoder().encode
        self._decoder: msgspec.json.Decoder[Outcome] = msgspec.json.Decoder(Outcome)

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def run(self, task: Task) -> Outcome:
        """Run one task; its limit is shortened for a script that had to be stopped before."""
        digest = hashlib.sha256(task.script.encode()).digest()
        async with self._turn:
            if digest in self._stopped:
                task = msgspec.structs.replace(task, limit_s=min(task.limit_s, _AGAIN_S))
            outcome = await self._run(task)
        if isinstance(outcome, Broken) and outcome.problem is Problem.OUT_OF_TIME:
            self._stopped[digest] = None
            if len(self._stopped) > _MOST_REMEMBERED:
                del self._stopped[next(iter(self._stopped))]
        return outcome

    async def stop(self) -> None:
        """End the process. Harmless when there is none."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.returncode is None:
            process.kill()
        await process.wait()

    async def _run(self, task: Task) -> Outcome:
        process = await self._ensure()
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            async with asyncio.timeout(self._guard_s):
                process.stdin.write(self._encode(task) + b"\n")
                await process.stdin.drain()
                line = await process.stdout.readline()
        except TimeoutError:
            await self.stop()
            return Broken(problem=Problem.OUT_OF_TIME, text=f"killed after {self._guard_s:g} s")
        except BaseException as error:
            # The answer that is still to come belongs to nobody: the next task needs a process without it.
            await self.stop()
            if isinstance(error, OSError):
                return Broken(problem=Problem.ENGINE, text=f"the engine's process has ended: {error}")
            raise
        if not line:
            await self.stop()
            return Broken(problem=Problem.OUT_OF_MEMORY, text="the engine's process ended while the script ran")
        return self._decoder.decode(line)

    async def _ensure(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "mdelab.endpoint.pac.engine",
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                limit=_MOST_LINE_BYTES,
                # Scripts see no time zone but the lab's.
                env={**{name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}, "TZ": "UTC"},
                start_new_session=True,  # Ctrl-C in a terminal is the lab's to handle
            )
        return self._process
