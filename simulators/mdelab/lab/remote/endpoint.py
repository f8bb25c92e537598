"""The process of a device in a container: `python -m mdelab.lab.remote.endpoint`.

Its disk is the container's own. Beside the lab it serves the stubs of the device's programs (`images/endpoint`): a command
that anybody starts in the container reaches the sensor through the unix socket `STUBS`. Each device has a process of its own,
forked from the one that the container starts with (`mdelab.lab.remote.keeper`).
"""

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import uvloop

from mdelab.endpoint.files import FolderTree
from mdelab.endpoint.machine import DEFENDER
from mdelab.lab.remote.keeper import keep
from mdelab.lab.remote.messages import MAX_LINE_BYTES, SwitchOn
from mdelab.lab.remote.place import DOOR, LOG
from mdelab.lab.remote.pristine import Pristine
from mdelab.lab.remote.process import Process
from mdelab.lab.remote.processes import Processes
from mdelab.lab.wire import ExecRequest
from mdelab.model.debian_package import QUIET
from mdelab.model.platform import Platform

CHANNEL = Path("/run/mdelab/lab")
"""The folder that the container shares with the lab."""

STUBS = Path("/run/mdelab/sensor.sock")

NOTED = Path("/run/mdelab/not-simulated")
"""What programs were asked for in here and do not do, a line each: a script may have thrown their messages away."""

KEYS = Path("/run/mdelab/keys")

EXECUTABLES = Path("/run/mdelab/bin")
"""What the client's processes were started from."""

PUBLIC_ROOTS = Path("/usr/local/share/ca-certificates/mdelab-public-roots.crt")
"""From here the real `update-ca-certificates` keeps them in the store."""

OUTSIDE = (
    *(
        "/proc",
        "/sys",
        "/dev",
        "/run",
        "/opt/venv",
        "/opt/mdelab",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/boot",
        "/mnt",
        "/srv",
    ),
    *("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec", "/usr/include"),
    *("/usr/share", "/usr/src", "/usr/games", "/usr/local/bin", "/usr/local/lib", "/usr/local/man"),
    *("/etc/ssl/certs", "/etc/apt", "/etc/dpkg", "/etc/pam.d", "/etc/alternatives", "/etc/cron.daily"),
    *("/var/lib", "/var/cache", "/var/backups", "/var/log/apt"),
)
"""What is no file of the device: the kernel's, the lab's, and the system that the image is made of."""


BORDERS = frozenset({"/proc", "/sys", "/dev/pts", str(CHANNEL)})
"""What the kernel shows and is on no disk; and the lab's."""

SYSTEM = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/libexec", "/usr/share", "/opt/venv", "/opt/mdelab")
"""Too large to be kept in memory, and no device has a reason to change it."""


_LOOKS_AGAIN_AFTER_S = 0.2


def main() -> None:
    while not (CHANNEL / DOOR).exists():
        time.sleep(_LOOKS_AGAIN_AFTER_S)  # started by somebody who did not wait for the lab, such as docker-compose
    _begin_log()
    sys.exit(keep(CHANNEL / DOOR, _live, lambda: Pristine(borders=_borders(), system=SYSTEM), _begin_log))


def _borders() -> frozenset[str]:
    """With what is mounted to be read only: nothing in here can change it."""
    mounts = (row.split() for row in Path("/proc/self/mountinfo").read_text().splitlines())
    return BORDERS | {mount[4] for mount in mounts if "ro" in mount[5].split(",")}


def _begin_log() -> None:
    """Write to a new file in the lab's folder what this process and its children have to say."""
    log = os.open(CHANNEL / LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)


def _live(lab: socket.socket) -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    uvloop.run(_serve(lab))


async def _serve(lab: socket.socket) -> None:
    process = Process(lambda: FolderTree(Path("/"), OUTSIDE), KEYS, _prepare, lambda commands: shown.show(commands))
    shown = Processes(EXECUTABLES, process.client_killed)
    serving = asyncio.create_task(process.serve(*await asyncio.open_unix_connection(sock=lab, limit=MAX_LINE_BYTES)))

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            ask = msgspec.json.decode(await reader.readline(), type=ExecRequest)
            result = await process.run_guest(ask)
            _note(result.not_simulated)
            writer.write(msgspec.json.encode(result))
            await writer.drain()
        writer.close()

    stubs = await asyncio.start_unix_server(answer, str(STUBS), limit=MAX_LINE_BYTES)
    STUBS.chmod(0o666)  # any user of the device may run its programs
    await asyncio.gather(serving, return_exceptions=True)
    stubs.close()
    shown.show(())


def _note(missing: list[str]) -> None:
    with NOTED.open("a") as noted:
        noted.writelines(f"{name}\n" for name in missing)


def _prepare(asked: SwitchOn) -> None:
    """Make Debian the device's system: its own tools find the roots of the lab, and the package only where it is installed."""
    if asked.spec.platform is not Platform.LINUX:
        return
    PUBLIC_ROOTS.write_text(asked.cable.public_roots)
    if not asked.spec.installed:
        # Quietly: the sensor that the package's script would tell is this one, and it is not on yet.
        environment = {**os.environ, QUIET: "yes"}
        subprocess.run(["dpkg", "--purge", DEFENDER], check=True, capture_output=True, env=environment)


if __name__ == "__main__":
    main()
