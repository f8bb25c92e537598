"""The portal's own scripts on a device: their steps, their waits and their exit codes."""

from datetime import timedelta
from typing import Any

import pytest

from mdelab.cloud.portal.contents import Contents
from mdelab.cloud.portal.windows import local_script, offboarding_script, onboarding_script
from mdelab.endpoint.publish_windows import STATUS_KEY
from mdelab.endpoint.registry import REGISTRY_FILE, Value

_POLICY = r"HKLM\SOFTWARE\Policies\Microsoft\Windows Advanced Threat Protection"
_OFFBOARDING = "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A"
_OUTER = r'{"body":"{\"previousOrgIds\":[],\"orgId\":\"a&b|c>d\",\"path\":\"C:\\\\x\\\\\"}","sig":"+/=="}'


def _contents(kind: Any) -> Contents:
    return Contents(kind=kind, outer=_OUTER, lab_id="lab-1", profile_id="p", payload_id="q")


@pytest.fixture
def device(windows: Any) -> Any:
    """One whose agent is onboarded as soon as the service is asked to start; `reaches` says how far it comes."""
    windows.machine.registry.set(r"HKLM\SOFTWARE\mdelab", "LabId", Value("REG_SZ", "simulated"))
    windows.reaches = "onboarded"

    async def control_service(name: str, running: bool) -> None:
        if windows.reaches == "nothing":
            return
        windows.machine.set_service(name, running)
        if windows.reaches != "running":
            state = int(windows.reaches == "onboarded")
            windows.machine.registry.set(STATUS_KEY, "OnboardingState", Value("REG_DWORD", state))

    windows.control_service = control_service
    return windows


def _run(device: Any, text: str, **how: Any) -> Any:
    device.machine.files.write("/C:/Users/Public/onboard.cmd", text.encode())
    return device.call(r"C:\Users\Public\onboard.cmd", **how)


def test_the_script_writes_the_package_unharmed_and_waits_for_the_state(device: Any):
    ended = _run(device, onboarding_script(_contents("onboarding")))

    assert (ended.code, ended.not_simulated) == (0, []), ended.err
    assert device.machine.registry.get(_POLICY, "OnboardingInfo") == Value("REG_SZ", _OUTER)
    assert device.machine.registry.get(
        r"HKLM\SOFTWARE\Policies\Microsoft\Windows\DataCollection", "DisableEnterpriseAuthProxy"
    ) == Value("REG_DWORD", 1)
    assert "Successfully onboarded machine to Microsoft Defender for Endpoint" in ended.out
    (event,) = device.machine.event_log.read("Application")
    assert (event.id, event.source, event.level) == (20, "WDATPOnboarding", "Information")
    assert device.slept == timedelta()


@pytest.mark.parametrize(
    ("reaches", "code", "waited_s"), [("nothing", 15, 20), ("running", 35, 20), ("status", 40, 20)]
)
def test_the_script_gives_up_with_the_code_of_its_wait(device: Any, reaches: str, code: int, waited_s: int):
    device.reaches = reaches
    ended = _run(device, onboarding_script(_contents("onboarding")))

    assert ended.code == code
    assert f"[Error Id: {code}, Error Level: 1]" in ended.out
    assert device.machine.event_log.read("Application")[-1].id == code
    assert waited_s <= device.slept.total_seconds() <= waited_s + 5


def test_an_ordinary_user_is_sent_away_with_65(device: Any):
    ended = _run(device, onboarding_script(_contents("onboarding")), env={"USERNAME": "alice"})
    assert ended.code == 65
    assert device.machine.registry.get(_POLICY, "OnboardingInfo") is None


def test_a_registry_that_cannot_be_written_ends_with_10(device: Any):
    device.machine.files.chmod(REGISTRY_FILE, 0o400)
    assert _run(device, onboarding_script(_contents("onboarding"))).code == 10


def test_an_old_offboarding_value_that_cannot_be_deleted_ends_with_5(device: Any):
    device.machine.registry.set(_POLICY, _OFFBOARDING, Value("REG_SZ", "{}"))
    device.machine.files.chmod(REGISTRY_FILE, 0o400)
    assert _run(device, onboarding_script(_contents("onboarding"))).code == 5


def test_an_old_offboarding_value_is_removed(device: Any):
    device.machine.registry.set(_POLICY, _OFFBOARDING, Value("REG_SZ", "{}"))
    assert _run(device, onboarding_script(_contents("onboarding"))).code == 0
    assert device.machine.registry.get(_POLICY, _OFFBOARDING) is None


def test_a_service_that_runs_already_is_said(device: Any):
    assert _run(device, onboarding_script(_contents("onboarding"))).code == 0
    ended = _run(device, onboarding_script(_contents("onboarding")))
    assert "is already running!" in ended.out
    assert [event.id for event in device.machine.event_log.read("Application")] == [20, 10, 20]


@pytest.mark.parametrize(
    ("stdin", "is_done"), [(b"Y\n", True), (b"y\n\n", True), (b"x\nY\n", True), (b"N\n", False), (b"", False)]
)
def test_the_local_script_asks_first(device: Any, stdin: bytes, is_done: bool):
    ended = _run(device, local_script(_contents("onboarding")), stdin=stdin)

    assert ended.code == 0
    assert (device.machine.registry.get(_POLICY, "OnboardingInfo") is not None) == is_done
    assert (device.machine.registry.get(_POLICY, "latency") == Value("REG_SZ", "Demo")) == is_done


def test_the_script_leaves_a_machine_outside_of_the_lab_alone(device: Any):
    device.machine.registry.delete_key(r"HKLM\SOFTWARE\mdelab")
    ended = _run(device, onboarding_script(_contents("onboarding")))
    assert ended.code == 1
    assert "refuses to run on a real machine" in ended.out
    assert device.machine.registry.get(_POLICY, "OnboardingInfo") is None


@pytest.mark.parametrize(("stops", "code", "waited_s"), [(True, 0, 0), (False, 15, 100)])
def test_the_offboarding_script_waits_for_the_service_to_stop(device: Any, stops: bool, code: int, waited_s: int):
    device.machine.registry.set(_POLICY, "OnboardingInfo", Value("REG_SZ", _OUTER))
    device.machine.set_service("sense", not stops)
    ended = _run(device, offboarding_script(_contents("offboarding")))

    assert ended.code == code, ended.err
    assert device.machine.registry.get(_POLICY, "OnboardingInfo") is None
    assert device.machine.registry.get(_POLICY, _OFFBOARDING) == Value("REG_SZ", _OUTER)
    assert waited_s <= device.slept.total_seconds() <= waited_s + 10
