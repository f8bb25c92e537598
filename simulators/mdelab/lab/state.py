"""The state files of running labs: how a command finds one, and how what a kill left behind is swept."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
import psutil

from mdelab.model.errors import LabError

_FILE = "lab.json"

DEFAULT_NAME = "default"


class LabState(msgspec.Struct, frozen=True, kw_only=True):
    """What lab.json holds. Its token opens the lab's control API, so the file is its owner's only."""

    id: str
    name: str
    pid: int
    started: float
    """The process's creation time, so that a pid that was used again is not taken for the lab."""
    address: str
    """http://127.0.0.1:port of the control API."""
    token: str
    version: str
    is_owned: bool = False
    """Whether it belongs to another process, such as a pytest run, and ends with it: nobody else should use it."""
    children: tuple[tuple[int, float], ...] = ()
    """Pid and creation time of the processes that the lab started."""

    def is_alive(self) -> bool:
        return _runs(self.pid, self.started)


class Ready(msgspec.Struct, frozen=True, kw_only=True):
    """What a starting lab says on its standard output, in one line of JSON."""

    state: LabState | None = None
    error: str = ""
    """Why the lab could not start; the message is complete when it came from a LabError."""
    is_expected: bool = False
    """Whether the error is a complete message: what, why, and what to do."""
    is_of_machine: bool = False
    """Whether this machine lacks something, such as a container engine; else the caller asked for what is impossible."""


def labs_folder() -> Path:
    """Where labs keep their state: below $XDG_RUNTIME_DIR, else the temporary folder with the user's id."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    base = Path(runtime) / "mdelab" if runtime else Path(tempfile.gettempdir()) / f"mdelab-{os.getuid()}"
    folder = base / "labs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise LabError(
            f"the state folder {str(folder)!r} belongs to another user, who could read this lab's keys. "
            "Remove it, or set XDG_RUNTIME_DIR to a folder of your own."
        )
    return folder


def claim(name: str) -> Path:
    """Make the folder of a new lab called `name`. Raises LabError when a running lab has that name."""
    sweep()
    folder = labs_folder() / name
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        state = read(folder)
        whose = f"process {state.pid}" if state else "it is starting just now, or a start was cut off a moment ago"
        raise LabError(
            f"a lab called {name!r} runs already ({whose}). "
            f"End it with `mdelab down --lab {name}`, or choose another name with `mdelab up --name`."
        ) from error
    (folder / "starting").write_text(f"{os.getpid()} {psutil.Process().create_time()}")
    return folder


def publish(folder: Path, state: LabState) -> None:
    """Write lab.json; from then on other commands find the lab."""
    temporary = folder / f"{_FILE}.new"
    temporary.touch(mode=0o600)
    temporary.write_bytes(msgspec.json.encode(state))
    temporary.replace(folder / _FILE)


def read(folder: Path) -> LabState | None:
    """The state in a lab's folder; None when there is none yet or it cannot be read."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=LabState)
    except (OSError, msgspec.DecodeError):
        return None


def running() -> list[LabState]:
    """All labs of this user that run now, by name; those that belong to another process among them."""
    return sorted((state for _, state in _states() if state.is_alive()), key=lambda state: state.name)


def find(name: str = DEFAULT_NAME) -> LabState:
    """The running lab called `name`. Raises LabError with advice when there is none."""
    known = running()
    for state in known:
        if state.name == name:
            return state
    listed = ", ".join(repr(state.name) for state in known if not state.is_owned) or "none"
    raise LabError(
        f"no lab called {name!r} runs (running: {listed}). Start one with `mdelab up`, or name another with --lab."
    )


def sweep() -> list[str]:
    """Remove what labs left behind that did not end by themselves; returns their names.

    Their children end with them, because each holds a pipe to its lab; one that still runs is killed.
    """
    swept = []
    for folder in labs_folder().iterdir():
        state = read(folder)
        if state is None:
            if _is_starting(folder):
                continue
        elif state.is_alive():
            continue
        else:
            for pid, started in state.children:
                _kill(pid, started)
        shutil.rmtree(folder, ignore_errors=True)
        swept.append(folder.name)
    return swept


def _states() -> Iterator[tuple[Path, LabState]]:
    for folder in labs_folder().iterdir():
        if state := read(folder):
            yield folder, state


def _is_starting(folder: Path) -> bool:
    try:
        pid, started = (folder / "starting").read_text().split()
        return _runs(int(pid), float(started))
    except (OSError, ValueError):
        return False


def _runs(pid: int, started: float) -> bool:
    try:
        process = psutil.Process(pid)
        return abs(process.create_time() - started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _kill(pid: int, started: float) -> None:
    if _runs(pid, started):
        with contextlib.suppress(psutil.NoSuchProcess):
            psutil.Process(pid).kill()
