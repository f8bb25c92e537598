"""Keeps a container fit for one device after another: `keep` runs a process for each, and between two of them it takes away
every trace of the first. What cannot be taken away ends the container.

A trace is whatever the next device could find: a process, a socket, a file, something in the kernel's tables. Disks are
`mdelab.lab.remote.pristine`; the lab's side is `mdelab.lab.remote.pool`.
"""

import contextlib
import gc
import logging
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mdelab.lab.remote.pristine import Pristine, Spoilt, remove

_GONE_WITHIN_S = 5.0
"""Host time that killed processes and their sockets may take to go."""

_LOOKS_AGAIN_AFTER_S = 0.002

_TABLES = (
    *("/proc/self/mountinfo", "/proc/net/route", "/proc/net/fib_trie", "/proc/sys/kernel/hostname"),
    *("/proc/sysvipc/msg", "/proc/sysvipc/sem", "/proc/sysvipc/shm"),
    *("/proc/self/limits", "/proc/self/oom_score_adj"),
)
"""What a device, or a fault of its link, may change and nobody here can put right."""

_SOCKETS = ("tcp", "tcp6", "udp", "udp6", "raw", "raw6")

_log = logging.getLogger(__name__)


def keep(
    door: Path, live: Callable[[socket.socket], None], note: Callable[[], Pristine], begin_log: Callable[[], None]
) -> int:
    """Be a device, and then the next one, until the lab wants none any more; the exit code.

    door: the lab's socket, in a folder that is for this container alone. live: is a device over that connection, and returns
    when the lab has closed it. note: notes the disk; it is called once, before there is a device. begin_log: begins the log
    of the next device, in the door's folder. Only for the one process of a container: all others are killed.
    """
    lab = _connect(door)
    disk, tables, sockets = note(), _tables(), set(_sockets())
    gc.collect()
    gc.freeze()  # what was imported stays shared with each device's process
    while lab is not None:
        child = os.fork()
        if child == 0:
            _live(live, lab)
        lab.close()
        os.waitpid(child, 0)
        try:
            _end_others()
            lab = _connect(door)
            if lab is None:
                break
            disk.restore()
            for path in {*door.parent.iterdir()} - {door}:
                remove(str(path))
            begin_log()
            _wait_until(lambda: set(_sockets()) == sockets, "sockets of the device stayed open")
            if changed := [path for path, text in _tables().items() if text != tables[path]]:
                raise Spoilt(f"what the kernel says in {', '.join(changed)} is not what it said")
            if _others():
                raise Spoilt("a program was started after the device had gone")
        except (Spoilt, OSError) as why:
            _log.error("this container cannot be used again: %s", why)
            return 1
    return 0


def _live(live: Callable[[socket.socket], None], lab: socket.socket) -> None:
    """The child's life. It ends without what Python does at its end, which is the keeper's to do."""
    code = 1
    try:
        live(lab)
        code = 0
    except BaseException:
        _log.exception("the device's process failed")
    finally:
        os._exit(code)


def _connect(door: Path) -> socket.socket | None:
    """None when the lab is gone, or wants no device here any more."""
    lab = socket.socket(socket.AF_UNIX)
    try:
        lab.connect(str(door))
    except OSError:
        lab.close()
        return None
    return lab


def _end_others() -> None:
    def kill() -> bool:
        if not _others():
            return True
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        return False

    _wait_until(kill, "processes of the device cannot be killed")


def _others() -> set[str]:
    """Every process of the container but its first, which Docker put there, and this one."""
    return {name for name in os.listdir("/proc") if name.isdigit()} - {"1", str(os.getpid())}


def _sockets() -> Iterator[tuple[str, ...]]:
    """Kind, local and remote address."""
    for kind in _SOCKETS:
        with contextlib.suppress(FileNotFoundError):
            for row in Path(f"/proc/net/{kind}").read_text().splitlines()[1:]:
                yield kind, *row.split()[1:3]


def _tables() -> dict[str, str]:
    return {path: Path(path).read_text() for path in _TABLES}


def _wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + _GONE_WITHIN_S
    while not holds():
        if time.monotonic() > end:
            raise Spoilt(otherwise)
        time.sleep(_LOOKS_AGAIN_AFTER_S)
