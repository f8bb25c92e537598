"""The process of a device in a container: `python -m mdelab.lab.remote.endpoint`.

Its disk is the container's own. Beside the lab it serves the stubs of the device's programs (`images/endpoint`): a command
that anybody starts in the container reaches the sensor through the unix socket `STUBS`.
"""

import asyncio
import contextlib
import logging
import os
import signal
import subprocess
from pathlib import Path

import msgspec
import uvloop

from mdelab.endpoint.files import FolderTree
from mdelab.endpoint.machine import DEFENDER
from mdelab.lab.remote.messages import MAX_LINE_BYTES, SwitchOn
from mdelab.lab.remote.process import Process, connect
from mdelab.lab.wire import ExecRequest
from mdelab.model.debian_package import QUIET
from mdelab.model.platform import Platform

CHANNEL = Path("/run/mdelab/lab")
"""The folder that the container shares with the lab."""

STUBS = Path("/run/mdelab/sensor.sock")

KEYS = Path("/run/mdelab/keys")

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


def main() -> None:
    log = os.open(CHANNEL / "process.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 1)
    os.dup2(log, 2)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    uvloop.run(_serve())


async def _serve() -> None:
    process = Process(lambda: FolderTree(Path("/"), OUTSIDE), KEYS, _prepare)
    serving = asyncio.create_task(process.serve(*await connect(CHANNEL / "lab.sock")))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, serving.cancel)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, msgspec.DecodeError):
            ask = msgspec.json.decode(await reader.readline(), type=ExecRequest)
            writer.write(msgspec.json.encode(await process.run_guest(ask)))
            await writer.drain()
        writer.close()

    stubs = await asyncio.start_unix_server(answer, str(STUBS), limit=MAX_LINE_BYTES)
    STUBS.chmod(0o666)  # any user of the device may run its programs
    await asyncio.gather(serving, return_exceptions=True)
    stubs.close()


def _prepare(asked: SwitchOn) -> None:
    """Make Debian the device's system: its own tools find the roots of the lab, and the package only where it is installed."""
    if asked.spec.platform is not Platform.LINUX:
        return
    PUBLIC_ROOTS.write_text(asked.cable.public_roots)
    if not asked.spec.installed:
        # Quietly: the sensor that the package's script would tell is this one, and it is not on yet.
        environment = {**os.environ, QUIET: "yes"}
        subprocess.run(["dpkg", "--remove", DEFENDER], check=True, capture_output=True, env=environment)


if __name__ == "__main__":
    main()
