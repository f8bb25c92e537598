"""The test alerts of macOS and Windows, from what a device reports to what the Defender API lists."""

from pathlib import Path

import pytest
from cloud_ground import Ground, on_cloud

_FOLDER = r"C:\\test-MDATP-test"
_WINDOWS = {
    "Image": r"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe",
    "CommandLine": (
        "powershell.exe -NoExit -ExecutionPolicy Bypass -WindowStyle Hidden (New-Object System.Net.WebClient)"
        rf".DownloadFile('http://127.0.0.1/1.exe', '{_FOLDER}\\invoice.exe'); Start-Process '{_FOLDER}\\invoice.exe'"
    ),
}
_MACOS = {"Image": "/Users/ann/Downloads/MDATP MacOS DIY.app/Contents/MacOS/MDATP MacOS DIY"}


@pytest.mark.parametrize(
    ("system", "fields", "title"),
    [
        ("Windows10", _WINDOWS, "Suspicious PowerShell CommandLine"),
        ("macOS", _MACOS, "macOS EDR Test Alert"),
    ],
    ids=["windows", "macos"],
)
def test_a_platforms_test_raises_one_informational_alert_after_a_few_minutes(
    tmp_path: Path, system: str, fields: dict[str, str], title: str
) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol(os_platform=system)
        await ground.move(minutes=6)
        await ground.report(ground.event(1, "ProcessCreated", **fields))
        await ground.report(ground.event(2, "ProcessCreated", **fields))
        assert (await ground.api("/alerts")).json()["value"] == []
        await ground.move(minutes=4)
        (alert,) = (await ground.api("/alerts")).json()["value"]
        assert (alert["title"], alert["severity"], alert["status"]) == (title, "Informational", "New")

    on_cloud(tmp_path, story)


def test_what_a_device_does_otherwise_raises_nothing(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol(os_platform="macOS")
        shell = _WINDOWS | {"CommandLine": "powershell.exe -WindowStyle Hidden Get-Service sense"}
        finder = {"Image": "/usr/bin/open", "CommandLine": "open -R 'MDATP MacOS DIY.app'"}
        await ground.report(ground.event(1, "ProcessCreated", **shell), ground.event(2, "ProcessCreated", **finder))
        await ground.move(hours=1)
        assert (await ground.api("/alerts")).json()["value"] == []
        await ground.report(ground.event(3, "ProcessCreated", **_MACOS))
        await ground.move(minutes=10)
        assert len((await ground.api("/alerts")).json()["value"]) == 1

    on_cloud(tmp_path, story)


def test_a_rule_about_one_operating_system_is_not_asked_about_another(tmp_path: Path) -> None:
    async def story(ground: Ground) -> None:
        await ground.enrol(os_platform="Windows10")
        await ground.report(ground.event(1, "ProcessCreated", **_MACOS))
        await ground.move(hours=1)
        assert (await ground.api("/alerts")).json()["value"] == []
        await ground.report(ground.event(2, "ProcessCreated", **_WINDOWS))
        await ground.move(minutes=10)
        assert len((await ground.api("/alerts")).json()["value"]) == 1

    on_cloud(tmp_path, story)
