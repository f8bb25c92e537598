"""Microsoft's own tools, unchanged, in the lab's containers. None of their code is in this repository: MDELAB_REAL_TOOLS names a
folder that holds them, such as a clone of microsoft/mdatp-xplat with an unpacked XMDEClientAnalyzer.zip in it.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdelab.catalogue.repositories import repositories
from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import PackageOrder, TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.package import Kind
from mdelab.model.platform import Platform
from mdelab.model.tenant import HopPolicy

FOLDER = "MDELAB_REAL_TOOLS"

INSTALLER = "mde_installer.sh"

_TESTER = "def perform_test(geo, onboarding_path)"
"""By this the module of the connectivity tester is known, whatever its release calls it."""

_PINNED = re.compile(r"https://(mdav|edr-\w+)\.|\.cp\.wd\.microsoft\.com/wdcp|https://winatp-gw-")
"""URLs that the connectivity tester checks against roots of its own, as its table says."""


def _tools(pattern: str) -> list[Path]:
    """The files in the user's folder whose path ends so; skips, with the reason, where there are none."""
    folder = os.environ.get(FOLDER)
    if not folder:
        pytest.skip(f"{FOLDER} names no folder with Microsoft's tools; the README says how to get one")
    found = sorted(Path(folder).rglob(pattern))
    if not found:
        pytest.skip(f"{FOLDER}={folder} holds no {pattern}")
    return found


@pytest.fixture(scope="module")
def lab() -> Iterator[LabClient]:
    """Skips where no engine answers, or has not the images of this very package."""
    if not os.environ.get(FOLDER):
        pytest.skip(f"{FOLDER} names no folder with Microsoft's tools; the README says how to get one")
    asked = subprocess.run(
        [sys.executable, "-m", "mdelab.lab.docker.images"], capture_output=True, text=True, timeout=60, check=False
    )
    if asked.returncode:
        pytest.skip(asked.stderr.strip())
    with launch(backend="docker") as lab:
        yield lab
        lab.close()


@pytest.fixture
def tenant(lab: LabClient) -> Iterator[TenantClient]:
    tenant = lab.create_tenant(TenantSpec(name="held"))
    yield tenant
    tenant.delete()


@pytest.fixture
def live(lab: LabClient) -> Iterator[TenantClient]:
    """A tenant for tools that wait: they do so in the host's time."""
    tenant = lab.create_tenant(TenantSpec(name="live", clock="live"))
    yield tenant
    tenant.delete()


class Shell:
    """A root shell in an endpoint's container, past the lab."""

    def __init__(self, tenant: TenantClient, name: str) -> None:
        self._tenant, self._name, self._host = tenant, name, tenant.host(name)

    def bring(self, file: Path, where: str) -> None:
        self._tenant.write_file(self._name, where, file.read_text(), mode=0o755)

    def run(self, *argv: str) -> str:
        """What it printed, on both streams. Fails with it when the exit code is not 0."""
        done = self._host.run(shlex.join(argv))
        assert done.rc == 0, f"{shlex.join(argv)} exited with {done.rc}:\n{done.stdout}\n{done.stderr}"
        return str(done.stdout) + str(done.stderr)


def _portal_script(tenant: TenantClient, shell: Shell, kind: Kind) -> str:
    """The portal's download, brought onto the device; its path there."""
    ((name, text),) = tenant.package(PackageOrder(kind=kind, platform=Platform.LINUX)).members.items()
    path = f"/root/{name}"
    tenant.write_file("lin-1", path, text, mode=0o755)
    return path


def test_the_installer_takes_a_device_from_nothing_to_offboarded_and_cleaned(live: TenantClient) -> None:
    (installer,) = _tools(INSTALLER)
    live.add_endpoint(DeviceSpec(name="lin-1", distribution="debian", release="12", installed=False))
    shell = Shell(live, "lin-1")
    shell.bring(installer, f"/root/{INSTALLER}")
    run = ("bash", f"/root/{INSTALLER}")
    host = live.host("lin-1")
    assert not host.package("mdatp").is_installed

    said = shell.run(*run, "--install", "--channel", "prod", "--min_req")
    assert "[v] Installation complete!" in said
    assert host.package("mdatp").version == repositories().client["prod"]
    assert repositories().client["prod"] in shell.run("mdatp", "health", "--field", "app_version")
    assert live.endpoint("lin-1").state == "fresh"

    said = shell.run(*run, "--onboard", _portal_script(live, shell, "onboarding"), "--tag", "GROUP", "lab")
    assert "[v] Onboarded" in said
    assert "[v] tags set." in said
    assert shell.run("mdatp", "health", "--field", "edr_device_tags") == '[{"key":"GROUP","value":"lab"}]\n'
    assert live.endpoint("lin-1").state == "onboarded"
    assert "[i] MDE already onboarded" in shell.run(*run, "--onboard", "/root/nothing.py")

    said = shell.run(*run, "--offboard", _portal_script(live, shell, "offboarding"))
    assert "[v] Offboarded" in said
    assert shell.run("mdatp", "health", "--field", "licensed").endswith("\nfalse\n")

    said = shell.run(*run, "--clean", "--channel", "prod")
    assert "[v] removed repo" in said
    assert not host.file("/etc/apt/sources.list.d/microsoft-prod.list").exists
    assert not host.package("mdatp").is_installed
    assert not host.exists("mdatp")


@pytest.mark.parametrize(
    ("distribution", "release", "channel"),
    [("ubuntu", "22.04", "prod"), ("ubuntu", "24.04", "insiders-fast"), ("debian", "13", "insiders-slow")],
)
def test_the_installer_brings_the_client_of_each_channel(
    live: TenantClient, distribution: str, release: str, channel: str
) -> None:
    """With `apt-key`, with a key file, and with the newer key: the way of each release."""
    (installer,) = _tools(INSTALLER)
    live.add_endpoint(DeviceSpec(name="lin-1", distribution=distribution, release=release, installed=False))
    shell = Shell(live, "lin-1")
    shell.bring(installer, f"/root/{INSTALLER}")
    said = shell.run("bash", f"/root/{INSTALLER}", "--install", "--channel", channel)
    assert "[v] Installation complete!" in said
    assert live.host("lin-1").package("mdatp").version == repositories().client[channel]


def test_the_installer_is_told_that_an_rpm_system_is_not_simulated(live: TenantClient) -> None:
    (installer,) = _tools(INSTALLER)
    live.add_endpoint(DeviceSpec(name="lin-1", distribution="rhel", release="9.0", installed=False))
    shell = Shell(live, "lin-1")
    shell.bring(installer, f"/root/{INSTALLER}")
    done = live.host("lin-1").run(f"bash /root/{INSTALLER} --install --debug")
    assert done.rc == 23, "a dependency is missing"
    assert "yum -y install curl yum-utils: not simulated by this lab" in done.stdout


def test_the_connectivity_tester_finds_inspection_on_every_pinned_url(tenant: TenantClient) -> None:
    modules = _tools("mde_tools/*.py")
    tester = next((file for file in modules if _TESTER in file.read_text()), None)
    if tester is None:
        pytest.skip(f"no file of {modules[0].parent} is the connectivity tester: none holds {_TESTER!r}")
    tenant.put_hop(HopPolicy(name="corp-proxy", kind="inspecting"))
    tenant.add_endpoint(DeviceSpec(name="lin-1", proxy="corp-proxy", trusts=("corp-proxy",)))
    shell = Shell(tenant, "lin-1")
    for file in tester.parent.glob("*.py"):
        shell.bring(file, f"/root/XMDE/mde_tools/{file.name}")
    program = (
        "import logging, sys; logging.basicConfig(level=logging.INFO, format='%(message)s', stream=sys.stdout); "
        f"from mde_tools.{tester.stem} import perform_test; perform_test('EU', None); perform_test('GW_EU', None)"
    )
    said = shell.run(
        "bash", "-c", f"set -a; . /etc/environment; cd /root/XMDE; exec /usr/bin/python3 -c {shlex.quote(program)}"
    )

    verdicts = re.findall(r"Testing connection with (\S+) \.\.\. \[(OK|ERROR)\](?:\n\t (.+))?", said)
    pinned = {url: (verdict, why) for url, verdict, why in verdicts if _PINNED.search(url)}
    others = {url: (verdict, why) for url, verdict, why in verdicts if not _PINNED.search(url)}
    assert len(pinned) > 10
    assert set(pinned.values()) == {("ERROR", "SSL cert issue")}, said
    assert len(others) > 5
    assert set(others.values()) == {("OK", "")}, said


def test_the_extension_attributes_of_jamf_read_the_client_on_a_mac(tenant: TenantClient) -> None:
    attributes = {file.name.rpartition(" - ")[2]: file for file in _tools("ea/Defender for Endpoint - *")}
    tenant.add_endpoint(DeviceSpec(name="mac-1", platform=Platform.MACOS))
    tenant.place_package("mac-1", "onboarding")
    tenant.move(seconds=600)
    shell = Shell(tenant, "mac-1")
    results = {}
    for name, file in attributes.items():
        shell.bring(file, f"/tmp/{file.name}")
        results[name] = re.findall("<result>(.*)</result>", shell.run("sh", f"/tmp/{file.name}"))[0]

    def health(field: str) -> str:
        return shell.run("mdatp", "health", "--field", field).strip().strip('"')

    for name, field in {"App Version": "app_version", "Engine Version": "engine_version", "Healthy": "healthy"}.items():
        assert results[name] == health(field)
    for name in ("Definitions Date", "Product Expiration"):
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", results[name]), results
