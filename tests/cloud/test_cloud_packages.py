"""What the portal's download holds for each platform, method and kind, as an administrator finds it."""

import plistlib
import re
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from mdelab.catalogue.packages import download_of, downloads
from mdelab.cloud.portal.forms import FORMS
from mdelab.cloud.portal.package import PortalPackage, Signer, make_package
from mdelab.lab.authority import Authority
from mdelab.model.clock import EPOCH, Clock
from mdelab.model.errors import LabError
from mdelab.model.package import parse, verify
from mdelab.model.platform import Platform
from mdelab.model.tenant import Tenant, new_tenant

_OFFBOARDING_VALUE = "696C1FA1-4030-4FA4-8713-FAF9B2EA7C0A"
_KEYS = {"onboarding": "OnboardingInfo", "offboarding": "OffboardingInfo"}
_PATHS = {
    "onboarding": "/Library/Application Support/Microsoft/Defender/com.microsoft.wdav.atp.plist",
    "offboarding": "/Library/Application Support/Microsoft/Defender/com.microsoft.wdav.atp.offboarding.plist",
}
_DOMAINS = {"onboarding": "com.microsoft.wdav.atp", "offboarding": "com.microsoft.wdav.atp.offboarding"}
_CMD_LINE_LIMIT = 8191


class Portal:
    def __init__(self, folder: Path) -> None:
        self.authority = Authority(folder, "lab7")
        signed = self.authority.package_signer
        self.signer = Signer(key=signed.key, certificate=signed.certificate, chain=(self.authority.package_root,))
        self.tenant: Tenant = new_tenant(name="contoso", scenario="s", seed=1, clock=Clock())

    def download(
        self, platform: str, method: str, kind: str = "onboarding", connectivity: str = "standard"
    ) -> PortalPackage:
        return make_package(
            self.tenant, self.signer, "lab7",
            kind=kind, platform=Platform(platform), method=method, connectivity=connectivity, geography="EU",
        )  # fmt: skip


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Portal:
    return Portal(tmp_path_factory.mktemp("portal"))


def _member(package: PortalPackage, ending: str) -> str:
    (text,) = [text for name, text in package.members.items() if name.endswith(ending)]
    return text


def test_every_form_of_the_catalogue_is_written_and_none_is_left_over() -> None:
    assert {form for row in downloads() for form in row.members.values()} == set(FORMS)


@pytest.mark.parametrize("row", downloads(), ids=lambda row: f"{row.platform}-{row.kind}-{row.method}")
def test_every_download_carries_a_package_that_an_agent_believes(portal: Portal, row: object) -> None:
    package = portal.download(row.platform, row.method, row.kind)
    read = parse(package.blob, row.kind)
    verify(read, [portal.authority.package_root], EPOCH)
    assert (read.org_id, read.lab) == (portal.tenant.org_id, "mdelab lab7")
    assert all("lab7" in text for text in package.members.values())
    assert not any("{" in name for name in package.members)


@pytest.mark.parametrize(
    ("platform", "method", "kind", "names"),
    [
        ("linux", "script", "onboarding", ["MicrosoftDefenderATPOnboardingLinuxServer.py"]),
        ("linux", "ansible", "onboarding", ["mdatp_onboard.json"]),
        ("linux", "script", "offboarding", ["MicrosoftDefenderATPOffboardingLinuxServer_valid_until_2026-01-12.py"]),
        ("macos", "script", "onboarding", ["MicrosoftDefenderATPOnboardingMacOs.sh"]),
        ("macos", "mdm", "onboarding",
         ["intune/WindowsDefenderATPOnboarding.xml", "jamf/WindowsDefenderATPOnboarding.plist"]),
        ("windows", "script", "onboarding", ["WindowsDefenderATPLocalOnboardingScript.cmd"]),
        ("windows", "group-policy", "onboarding",
         ["WindowsDefenderATPOnboardingScript.cmd", "OptionalParamsPolicy/AtpConfiguration.admx",
          "OptionalParamsPolicy/en-US/AtpConfiguration.adml"]),
        ("windows", "configuration-manager", "onboarding", ["WindowsDefenderATPOnboardingScript.cmd"]),
        ("windows", "mdm", "onboarding", ["WindowsDefenderATP.onboarding"]),
        ("windows", "script", "offboarding", ["WindowsDefenderATPOffboardingScript_valid_until_2026-01-12.cmd"]),
        ("windows", "mdm", "offboarding", ["WindowsDefenderATP_valid_until_2026-01-12.offboarding"]),
    ],
)  # fmt: skip
def test_the_files_in_the_zip_have_the_documented_names(
    portal: Portal, platform: str, method: str, kind: str, names: list[str]
) -> None:
    assert list(portal.download(platform, method, kind).members) == names


@pytest.mark.parametrize("platform", ["linux", "macos", "windows"])
def test_the_zip_has_one_name_on_every_platform(portal: Portal, platform: str) -> None:
    assert portal.download(platform, "script").file_name == "WindowsDefenderATPOnboardingPackage.zip"
    streamlined = portal.download(platform, "script", connectivity="streamlined")
    assert streamlined.file_name == "GatewayWindowsDefenderATPOnboardingPackage.zip"
    old = portal.download(platform, "script", "offboarding", connectivity="streamlined")
    assert old.file_name == "WindowsDefenderATPOffboardingPackage_valid_until_2026-01-12.zip"


def test_the_deployment_tool_of_streamlined_connectivity_has_the_documented_name(portal: Portal) -> None:
    package = portal.download("linux", "deployment-tool", connectivity="streamlined")
    assert package.file_name == "GatewayLinuxDefenderDeploymentTool.zip"
    ran = subprocess.run(
        ["bash", "-s"], input=package.members["defender_deployment_tool.sh"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert ran.returncode == 1
    assert "refuses to run on a real machine" in ran.stderr


@pytest.mark.parametrize("platform", ["linux", "macos", "windows"])
@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
@pytest.mark.parametrize("method", ["script", "configuration"])
def test_every_platform_has_a_script_and_a_form_for_management_tools(
    portal: Portal, platform: str, kind: str, method: str
) -> None:
    assert portal.download(platform, method, kind).members


@pytest.mark.parametrize(
    ("platform", "method", "kind", "known"),
    [
        (
            "windows",
            "jamf",
            "onboarding",
            "script, group-policy, configuration-manager, mdm or intune or configuration",
        ),
        ("macos", "group-policy", "onboarding", "script, mdm or intune or jamf or configuration"),
        ("linux", "deployment-tool", "offboarding", "script, configuration or ansible or puppet or chef or saltstack"),
        ("linux", "", "onboarding", "deployment-tool"),
    ],
)
def test_an_unknown_method_is_refused_with_the_known_ones(
    portal: Portal, platform: str, method: str, kind: str, known: str
) -> None:
    with pytest.raises(LabError, match=re.escape(known)) as refusal:
        portal.download(platform, method, kind)
    assert f"{kind} package for {platform} by method {method!r}" in str(refusal.value)
    assert download_of(Platform(platform), "onboarding", "script").method == "script"


# macOS


@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
def test_the_mac_script_writes_the_property_list_in_which_the_agent_looks(portal: Portal, kind: str) -> None:
    package = portal.download("macos", "script", kind)
    text = _member(package, ".sh")
    assert text.splitlines()[:2] == ["#!/bin/bash", f"# mdelab program: macos-{kind}-script"]
    assert f'PLIST="{_PATHS[kind]}"' in text
    content = text[text.index("<?xml") : text.index("</plist>") + len("</plist>")]
    assert plistlib.loads(content.encode()) == {_KEYS[kind]: package.blob}


@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
def test_the_mac_script_refuses_to_run_on_a_real_machine(portal: Portal, kind: str) -> None:
    text = _member(portal.download("macos", "script", kind), ".sh")
    # Were the refusal broken, the script would find no program with which to write.
    ran = subprocess.run(
        ["/bin/bash", "-s"], input=text, env={"PATH": "/nonexistent", "MDELAB_DEVICE_LAB": "another"},
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "refuses to run on a real machine" in ran.stderr


@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
def test_mdm_products_get_the_package_under_its_preference_domain(portal: Portal, kind: str) -> None:
    package = portal.download("macos", "mdm", kind)
    assert plistlib.loads(_member(package, ".plist").encode()) == {_KEYS[kind]: package.blob}
    profile = plistlib.loads(_member(package, ".xml").encode())
    (payload,) = profile["PayloadContent"]
    assert payload["PayloadType"] == "com.apple.ManagedClient.preferences"
    (forced,) = payload["PayloadContent"][_DOMAINS[kind]]["Forced"]
    assert forced["mcx_preference_settings"] == {_KEYS[kind]: package.blob}
    assert len({profile["PayloadUUID"], payload["PayloadUUID"]}) == 2


# Windows


def _scripts(portal: Portal) -> Iterator[tuple[str, str, PortalPackage]]:
    for method in ("script", "group-policy", "configuration-manager"):
        for kind in ("onboarding", "offboarding"):
            package = portal.download("windows", method, kind, "streamlined")
            yield kind, _member(package, ".cmd"), package


def test_every_label_that_a_script_goes_to_is_there_once(portal: Portal) -> None:
    for _, text, _ in _scripts(portal):
        labels = re.findall(r"^:(\w+)$", text.replace("\r", ""), re.MULTILINE)
        assert len(labels) == len({label.lower() for label in labels})
        assert set(re.findall(r"goto (\w+)", text)) <= set(labels)


def test_a_script_has_the_line_ends_and_lengths_that_cmd_takes(portal: Portal) -> None:
    for _, text, _ in _scripts(portal):
        assert text.count("\n") == text.count("\r\n")
        assert max(map(len, text.splitlines())) < _CMD_LINE_LIMIT
        # Outside of quotes these would be read by cmd itself; it does not know that \" is no quote.
        for line in text.splitlines():
            if "reg.exe add" in line:
                assert line.count('"') % 2 == 0
                assert not set("&|<>^") & set("".join(line.removesuffix(">nul 2>&1").split('"')[::2]))


@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
def test_the_package_is_quoted_as_windows_programs_read_it(portal: Portal, kind: str) -> None:
    package = portal.download("windows", "group-policy", kind)
    value = {"onboarding": "OnboardingInfo", "offboarding": _OFFBOARDING_VALUE}[kind]
    # The pattern by which the older server packages' Install.ps1 knows a script, with reg.exe for reg.
    pattern = (
        r'add\s+"HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Advanced Threat Protection"\s+\/v\s+'
        + value
        + r" /t REG_SZ /f /d (.+) >nul 2>&1"
    )
    (quoted,) = re.findall(pattern, _member(package, ".cmd"))
    assert quoted == subprocess.list2cmdline([package.blob])


def test_the_local_script_asks_and_the_managed_ones_do_not(portal: Portal) -> None:
    local = _member(portal.download("windows", "script"), ".cmd").splitlines()
    managed = _member(portal.download("windows", "group-policy"), ".cmd").splitlines()
    assert "pause" in local
    assert any(line.startswith("set /p answer=") for line in local)
    assert any("/v latency" in line and '"Demo"' in line for line in local)
    assert not any(line == "pause" or line.startswith("set /p") or "latency" in line for line in managed)


@pytest.mark.parametrize(
    ("kind", "codes", "looks"),
    [
        ("onboarding", ["5", "10", "15", "35", "40", "65", "1"], [("5", "6")] * 3),
        ("offboarding", ["5", "10", "15", "65", "1"], [("11", "11")]),
    ],
)
def test_a_script_ends_with_the_documented_codes_after_the_documented_waits(
    portal: Portal, kind: str, codes: list[str], looks: list[tuple[str, str]]
) -> None:
    text = _member(portal.download("windows", "group-policy", kind), ".cmd").replace("\r", "")
    assert re.findall(r"^set errorCode=(\d+)$", text, re.MULTILINE)[1:] == codes
    waits = re.findall(r"if %looks% equ (\d+) goto \w+\n\S+ping\.exe -n (\d+) ", text)
    assert waits == looks
    assert "[Error Id: %errorCode%, Error Level: %seenLevel%] %errorDescription% Error message: %errorMessage%" in text
    assert text.endswith("exit /b %errorCode%\n")


@pytest.mark.parametrize("kind", ["onboarding", "offboarding"])
def test_a_windows_script_looks_for_the_lab_before_it_changes_anything(portal: Portal, kind: str) -> None:
    lines = _member(portal.download("windows", "script", kind), ".cmd").splitlines()
    calls = [line for line in lines if line.startswith("%windir%")]
    assert calls[0] == r'%windir%\System32\reg.exe query "HKLM\SOFTWARE\mdelab" /v LabId >nul 2>&1'
    assert lines[lines.index(calls[0]) + 1] == "if errorlevel 1 goto NotInTheLab"


def test_the_policy_template_is_well_formed_and_its_words_are_there(portal: Portal) -> None:
    package = portal.download("windows", "group-policy")
    template = ET.fromstring(_member(package, ".admx").encode())
    words = ET.fromstring(_member(package, ".adml").encode())
    spoken = {one.get("id") for one in words.iter() if one.tag.endswith("}string")}
    used = set(re.findall(r"\$\(string\.(\w+)\)", ET.tostring(template, encoding="unicode")))
    assert used == spoken
