"""The portal's scripts and test downloads, run by the devices of a real lab."""

import shlex
from collections.abc import Iterator

import pytest

from mdelab.lab.client import LabClient, TenantClient
from mdelab.lab.launch import launch
from mdelab.lab.wire import ExecResult, PackageOrder, TenantSpec
from mdelab.model.device import DeviceSpec
from mdelab.model.package import Kind
from mdelab.model.platform import Platform

_WIN = "win-1"
_MAC = "mac-1"
_LICENSED = ["mdatp", "health", "--field", "licensed"]
_STATE = r'reg query "HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status" /v OnboardingState'


@pytest.fixture(scope="module")
def lab() -> Iterator[LabClient]:
    with launch() as client:
        yield client
        client.close()


@pytest.fixture
def tenant(lab: LabClient, request: pytest.FixtureRequest) -> TenantClient:
    return lab.create_tenant(TenantSpec(name=request.node.name))


def _windows(tenant: TenantClient) -> None:
    tenant.add_endpoint(DeviceSpec(name=_WIN, platform=Platform.WINDOWS))


def _download(tenant: TenantClient, platform: Platform, kind: Kind, method: str) -> str:
    """Put the script of a download onto the platform's device; returns its path there."""
    package = tenant.package(PackageOrder(kind=kind, platform=platform, method=method))
    name, text = next((name, text) for name, text in package.members.items() if name.endswith((".cmd", ".sh")))
    folder, endpoint = ("/Users/Shared", _MAC) if platform is Platform.MACOS else ("/C:/Users/Public", _WIN)
    tenant.write_file(endpoint, f"{folder}/{name}", text)
    return f"{folder}/{name}" if platform is Platform.MACOS else rf"C:\Users\Public\{name}"


def _run(tenant: TenantClient, kind: Kind, method: str = "group-policy", **how: object) -> ExecResult:
    script = _download(tenant, Platform.WINDOWS, kind, method)
    result = tenant.exec(_WIN, [script], **how)  # type: ignore[arg-type]  # keywords of one call
    assert result.not_simulated == []
    return result


@pytest.mark.parametrize("method", ["group-policy", "configuration-manager"])
def test_the_windows_scripts_onboard_and_offboard_and_do_so_again(tenant: TenantClient, method: str) -> None:
    _windows(tenant)
    for _ in range(2):
        done = _run(tenant, "onboarding", method)
        assert (done.exit_code, done.stdout) == (
            0, "Successfully onboarded machine to Microsoft Defender for Endpoint\n",
        )  # fmt: skip
        assert "0x1" in tenant.exec(_WIN, [_STATE]).stdout
        done = _run(tenant, "offboarding", method)
        assert (done.exit_code, done.stdout) == (
            0, "Successfully offboarded machine from Microsoft Defender for Endpoint\n",
        )  # fmt: skip
        assert "0x0" in tenant.exec(_WIN, [_STATE]).stdout


def test_a_second_onboarding_says_that_the_service_runs_already(tenant: TenantClient) -> None:
    _windows(tenant)
    assert _run(tenant, "onboarding").exit_code == 0
    again = _run(tenant, "onboarding")
    assert again.exit_code == 0
    assert again.stdout.startswith("The Microsoft Defender for Endpoint service is already running!\n")
    events = tenant.exec(_WIN, ["wevtutil qe Application /f:text"]).stdout
    assert [line.split()[-1] for line in events.splitlines() if "Event ID" in line] == ["20", "10", "20"]


@pytest.mark.parametrize(
    ("answers", "is_onboarded"), [("Y\n\n", True), ("what\ny\n\n", True), ("N\n\n", False), ("", False)]
)
def test_the_local_script_asks_before_it_onboards(tenant: TenantClient, answers: str, is_onboarded: bool) -> None:
    _windows(tenant)
    done = _run(tenant, "onboarding", "script", stdin=answers)
    assert done.exit_code == 0
    assert ("Successfully onboarded" in done.stdout) is is_onboarded
    assert ("0x1" in tenant.exec(_WIN, [_STATE]).stdout) is is_onboarded


def test_the_windows_script_wants_an_administrator(tenant: TenantClient) -> None:
    _windows(tenant)
    done = _run(tenant, "onboarding", env={"USERNAME": "ann"})
    assert done.exit_code == 65
    assert "[Error Id: 65, Error Level: " in done.stdout


def test_a_windows_machine_that_is_not_the_labs_is_left_alone(tenant: TenantClient) -> None:
    _windows(tenant)
    tenant.exec(_WIN, [r"reg delete HKLM\SOFTWARE\mdelab /v LabId /f"])
    done = _run(tenant, "onboarding")
    assert done.exit_code == 1
    assert "refuses to run on a real machine" in done.stdout
    policy = r'reg query "HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection" /v OnboardingInfo'
    assert tenant.exec(_WIN, [policy]).exit_code == 1


def test_an_expired_offboarding_script_does_not_stop_the_service(tenant: TenantClient) -> None:
    _windows(tenant)
    assert _run(tenant, "onboarding").exit_code == 0
    script = _download(tenant, Platform.WINDOWS, "offboarding", "group-policy")
    tenant.move(seconds=8 * 86_400)
    done = tenant.exec(_WIN, [script])
    assert done.exit_code == 15
    assert "[Error Id: 15, Error Level: 1]" in done.stdout


def test_the_mac_script_onboards_for_an_administrator_only(tenant: TenantClient) -> None:
    tenant.add_endpoint(DeviceSpec(name=_MAC, platform=Platform.MACOS))
    script = _download(tenant, Platform.MACOS, "onboarding", "script")
    refused = tenant.exec(_MAC, ["bash", script], env={"USER": "ann"})
    assert (refused.exit_code, refused.stderr) == (1, "This script needs administrative rights. Run it with sudo.\n")
    tenant.move(seconds=600)
    assert tenant.exec(_MAC, _LICENSED).stdout.endswith("false\n")
    assert tenant.exec(_MAC, ["sudo", "bash", "-x", script]).exit_code == 0
    tenant.move(seconds=600)
    assert tenant.exec(_MAC, _LICENSED).stdout == "true\n"


def test_the_downloaded_mac_test_raises_its_alert(tenant: TenantClient) -> None:
    tenant.add_endpoint(DeviceSpec(name=_MAC, platform=Platform.MACOS))
    tenant.place_package(_MAC, "onboarding")
    tenant.move(seconds=600)
    for line in (
        "curl -sL -o /tmp/diy.zip https://aka.ms/mdatpmacosdiy",
        "unzip -q /tmp/diy.zip -d /tmp",
        "open '/tmp/MDATP MacOS DIY.app'",
    ):
        done = tenant.exec(_MAC, shlex.split(line))
        assert (done.exit_code, done.not_simulated) == (0, []), line
    assert done.stdout == "macOS EDR DIY test file\n"
    tenant.move(seconds=600)
    found = [(row["title"], row["severity"]) for row in tenant.api().alerts()]
    assert found == [("macOS EDR Test Alert", "Informational")]
