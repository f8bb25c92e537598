"""The client's processes in a container, as a list of processes shows them: real ones, which can be seen and killed.

They do nothing: the work is the sensor's. When somebody kills the one that the service manager knows, the sensor is told.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

_IDLES = "/bin/cat"
"""What they really are: it waits for the sensor's end of a pipe, so that none outlives it, and needs no argument."""


class Processes:
    """Of one device."""

    def __init__(self, folder: Path, on_killed: Callable[[], None]) -> None:
        """folder: for their executables, by whose names a system calls them. on_killed: somebody else ended the first."""
        self._folder = folder
        self._on_killed = on_killed
        self._wanted: tuple[str, ...] = ()
        self._running: list[subprocess.Popen[bytes]] = []

    def show(self, commands: Sequence[str]) -> None:
        """From now on exactly these run: the path of an executable each, and what it would be told."""
        wanted = tuple(commands)
        if wanted != self._wanted:
            self._wanted = wanted
            for process in self._running:
                self._end(process)
            self._running = [self._start(command) for command in wanted]

    def _start(self, command: str) -> subprocess.Popen[bytes]:
        executable = self._folder / _name(command)
        if not executable.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(_IDLES, executable)
        # Not asyncio's: the loop puts the executable's path in the place of what a list of processes is to show.
        process = subprocess.Popen(
            [command],
            executable=str(executable),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
        )
        asyncio.get_running_loop().add_reader(_output(process), self._ended, process)
        return process

    def _ended(self, process: subprocess.Popen[bytes]) -> None:
        """Its output has closed, so it is gone, and not by this program."""
        self._end(process)
        if process is self._running[0]:
            self._on_killed()

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        if process.returncode is None:
            asyncio.get_running_loop().remove_reader(_output(process))
            process.kill()
            process.communicate()


def _output(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return process.stdout.fileno()


def _name(command: str) -> str:
    """Of a process, as the kernel keeps it: the last part of its executable's path."""
    path = command.rsplit("/", 1)[-1] if command.startswith("/") else command.rsplit("\\", 1)[-1]
    return path.split(" ")[0]
