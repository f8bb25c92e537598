"""The checks of `mdelab doctor`: each looks at one thing of this machine and says what to do about it."""

import os
import platform
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Literal

Verdict = Literal["ok", "weak", "missing"]

_MIN_FILES = 1024
_MIN_DISK_MB = 500
_MIN_YEAR = 2025
"""Certificates are made for the host's time; a clock that was never set would make every one of them wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What one look at the machine found."""

    name: str
    verdict: Verdict
    """`weak`: a lab runs, but some of it does not or not well; `missing`: no lab runs."""
    found: str
    advice: str = ""


def check_all() -> list[Check]:
    """Every check, in the order in which a lab would meet them."""
    return [
        check_python(),
        check_curl(),
        check_loopback(),
        check_files(),
        check_disk(),
        check_clock(),
        check_locust(),
        check_docker(),
    ]


def check_python() -> Check:
    # Nothing to judge: an older Python cannot install this package, let alone get here.
    return Check(name="python", verdict="ok", found=f"{platform.python_version()} at {sys.executable}")


def check_curl() -> Check:
    program = shutil.which("curl")
    if program is None:
        advice = "Install curl: scenarios in which an endpoint runs curl need it."
        return Check(name="curl", verdict="missing", found="not in PATH", advice=advice)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    return Check(name="curl", verdict="ok", found=" ".join(said.split()[:2]))


def check_loopback() -> Check:
    """Endpoints have addresses of their own in 127.0.0.0/8; Linux gives them to anybody, other systems do not."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as client:
            client.bind(("127.93.71.5", 0))
            client.connect(server.getsockname())
    except OSError as error:
        advice = "Endpoints need source addresses in 127.0.0.0/8. Run the lab on Linux."
        return Check(name="loopback", verdict="missing", found=f"127.93.71.5 cannot be used: {error}", advice=advice)
    return Check(name="loopback", verdict="ok", found="ports and source addresses are free to use")


def check_files() -> Check:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    found = f"{soft} open files (at most {hard})"
    if soft < _MIN_FILES:
        return Check(name="ulimit", verdict="weak", found=found, advice="Loads need more: run `ulimit -n 65536`.")
    return Check(name="ulimit", verdict="ok", found=found)


def check_disk() -> Check:
    folder = tempfile.gettempdir()
    free_mb = shutil.disk_usage(folder).free // 2**20
    found = f"{free_mb} MB free in {folder}"
    if free_mb < _MIN_DISK_MB:
        advice = f"Free {_MIN_DISK_MB} MB, or set TMPDIR to a folder with more room."
        return Check(name="disk", verdict="weak", found=found, advice=advice)
    return Check(name="disk", verdict="ok", found=found)


def check_clock() -> Check:
    now = time.gmtime()
    found = time.strftime("%Y-%m-%d %H:%M:%S UTC", now)
    if now.tm_year < _MIN_YEAR:
        return Check(name="clock", verdict="missing", found=found, advice="Set this machine's clock.")
    return Check(name="clock", verdict="ok", found=found)


def check_locust() -> Check:
    # Looked up, not imported: importing it would patch this process.
    if find_spec("locust") is None:
        advice = "Install the extra: pip install 'mdelab[load]'. Scenarios run without it."
        return Check(name="locust", verdict="weak", found="not installed, so no load", advice=advice)
    return Check(name="locust", verdict="ok", found="installed")


def check_docker() -> Check:
    """Only the backend in containers needs it, so it is never more than `weak`."""
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    advice = "Needed for the container backend only; the embedded lab runs without it."
    if not address.startswith("unix://"):
        return Check(name="docker", verdict="ok", found=f"DOCKER_HOST={address} (not tried)")
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(address.removeprefix("unix://"))
            client.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
            answer = client.recv(200)
    except OSError as error:
        return Check(name="docker", verdict="weak", found=f"not reachable: {error}", advice=advice)
    if b" 200 " not in answer:
        return Check(name="docker", verdict="weak", found="does not answer as Docker does", advice=advice)
    return Check(name="docker", verdict="ok", found=f"reachable at {address}")
