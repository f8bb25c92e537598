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


def main() -> None:
    platform = Platform(sys.argv[1])
    for name in TABLES[platform]:
        if name not in REAL or shutil.which(name) is None:
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
    _install_package()


def _install_package() -> None:
    """The package manager's record of the Defender client: an empty package, which the lab says it is."""
    with tempfile.TemporaryDirectory() as folder:
        control = Path(folder) / "mdatp" / "DEBIAN" / "control"
        control.parent.mkdir(parents=True)
        control.parent.chmod(0o755)
        control.write_text(
            f"Package: mdatp\nVersion: {health().product.app_version}\nArchitecture: all\nMaintainer: mdelab\n"
            "Description: mdelab simulated Defender client, without any software of Microsoft's\n"
        )
        built = Path(folder) / "mdatp.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", str(control.parents[1]), str(built)], check=True)
        subprocess.run(["dpkg", "--install", str(built)], check=True)


if __name__ == "__main__":
    main()
