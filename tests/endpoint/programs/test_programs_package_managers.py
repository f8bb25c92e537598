"""apt-get and yum on a device: what they refuse, and what they say of a repository that they cannot use."""

from typing import Any

import pytest

from mdelab.endpoint import client_version
from mdelab.endpoint.outcome import Failure, Reply

SOURCE = "/etc/apt/sources.list.d/microsoft-prod.list"
BASE = "https://packages.microsoft.com/ubuntu/22.04/prod"
INDEX = b"Package: mdatp\nVersion: 101.25072.0002\nArchitecture: amd64\nFilename: pool/mdatp_101.25072.0002_amd64.deb\n"
PACKAGE = b"#!/bin/sh\n# mdelab program: mdatp-package\n# version: 101.25072.0002\n"


@pytest.fixture
def listed(device: Any) -> Any:
    """A device with a source, whose repository holds a newer client."""
    device.machine.files.write(SOURCE, f"# Microsoft\ndeb [arch=amd64] {BASE} jammy main\n".encode())
    device.answer = lambda url, method: Reply(200, {}, INDEX if url.endswith("Packages") else PACKAGE)
    return device


def test_apt_keeps_the_lists_of_its_sources_and_reads_the_newest_client_from_them(listed: Any) -> None:
    assert listed.call("apt-get", "update").code == 0
    assert listed.fetched[0][0] == f"{BASE}/dists/jammy/main/binary-amd64/Packages"
    assert listed.call("apt-get", "install", "-y", "--only-upgrade", "mdatp").out == (
        "Setting up mdatp (101.25072.0002) over (101.25062.0003) ...\n"
    )
    assert client_version.read(listed.machine) == "101.25072.0002"
    assert listed.call("dpkg", "-s", "mdatp").out.splitlines()[-2] == "Version: 101.25072.0002"
    assert "already the newest" in listed.call("apt-get", "install", "mdatp").out


def test_apt_without_lists_knows_nothing_newer(listed: Any) -> None:
    assert "already the newest version (101.25062.0003)" in listed.call("apt-get", "install", "mdatp").out
    assert listed.fetched == []


def test_apt_says_which_repository_cannot_be_reached(listed: Any) -> None:
    listed.answer = lambda url, method: Failure(step="tcp", curl_code=7, text="Connection refused")
    ran = listed.call("apt-get", "update")
    assert ran.code == 100
    assert f"Failed to fetch {BASE}/dists/jammy/main: Connection refused" in ran.err


def test_apt_takes_no_package_of_somebody_else(listed: Any) -> None:
    listed.call("apt-get", "update")
    listed.answer = lambda url, method: Reply(200, {}, b"!<arch>\n")
    assert "The lab installs its own mdatp package only." in listed.call("apt-get", "install", "mdatp").err
    assert client_version.read(listed.machine) == "101.25062.0003"


@pytest.mark.parametrize(
    "argv", [("apt-get", "install", "nginx"), ("apt-get", "dist-upgrade"), ("apt-get", "remove", "mdatp")]
)
def test_what_is_not_about_the_client_is_not_simulated(device: Any, argv: tuple[str, ...]) -> None:
    assert "not simulated" in device.call(*argv).err


def test_a_user_without_rights_installs_nothing(listed: Any) -> None:
    assert listed.call("apt-get", "update", env={"USER": "kim"}).code == 100
    assert listed.fetched == []
