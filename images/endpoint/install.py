"""Run while an endpoint's image is built, with its platform: lays out what makes Debian that platform's device.

A stub for every program of the platform's table that Debian does not have itself, and the little that testinfra asks of a
service manager. Files of the device are laid out by its sensor, when it is known which device it is.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mdelab.catalogue.health import health
from mdelab.endpoint.programs import TABLES
from mdelab.model.debian_package import NAME, make_package
from mdelab.model.platform import Platform

STUB = Path("/opt/mdelab/endpoint/stub.py")
FOLDER = Path("/usr/local/bin")

REAL = {
    *(
        "bash",
        "sh",
        "cat",
        "chmod",
        "cp",
        "curl",
        "df",
        "echo",
        "env",
        "findmnt",
        "free",
        "hostname",
        "id",
        "ls",
        "mkdir",
    ),
    *("mv", "nproc", "ps", "rm", "sha256sum", "uname", "whoami", "find", "sort", "timeout"),
    *("dpkg", "rpm", "python", "python2", "python3", "update-ca-certificates"),
}
"""What Debian has itself, and better: real tools on real files."""

REAL_ON = {Platform.LINUX: {"apt", "apt-get", "sudo"}, Platform.MACOS: set[str](), Platform.WINDOWS: set[str]()}
"""What only a Linux device has as Debian has it."""

SOURCES = Path("/etc/apt/sources.list.d")
"""Of packages: the base's own cannot be reached from a lab."""


def main() -> None:
    platform = Platform(sys.argv[1])
    real = REAL | REAL_ON[platform]
    for name in TABLES[platform]:
        if name not in real or shutil.which(name) is None:
            (FOLDER / name).unlink(missing_ok=True)
            (FOLDER / name).symlink_to(STUB)
    for name in ("/etc/os-release", "/etc/environment", "/etc/debian_version"):
        Path(name).unlink(missing_ok=True)
    Path("/run/mdelab").mkdir(parents=True, exist_ok=True)
    if platform is Platform.LINUX:
        _make_linux()


def _make_linux() -> None:
    # testinfra asks systemctl where this folder is; no systemd runs here, its stub asks the sensor.
    Path("/run/systemd/system").mkdir(parents=True, exist_ok=True)
    # The store is the lab's: none of Debian's own authorities is in it.
    Path("/etc/ca-certificates.conf").write_text("")
    for source in (SOURCES.with_name("sources.list"), *SOURCES.glob("*")):
        source.unlink(missing_ok=True)
    # By this variable a script of the lab knows where it runs, under sudo too.
    Path("/etc/sudoers.d/mdelab").write_text('Defaults env_keep += "MDELAB_DEVICE_LAB"\n')
    _install_package()


def _install_package() -> None:
    """The Defender client as a package, which brings the stub of `mdatp`."""
    (FOLDER / NAME).unlink()
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "mdatp.deb"
        package.write_bytes(make_package(health().product.app_version, _architecture()))
        subprocess.run(["dpkg", "--install", str(package)], check=True)


def _architecture() -> str:
    said = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True)
    return said.stdout.strip()


if __name__ == "__main__":
    main()
