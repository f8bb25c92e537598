"""The documented PowerShell commands, and the test command of the documents."""

from typing import Any

import pytest

from mdelab.endpoint.agent import Definitions
from mdelab.model.clock import EPOCH
from mdelab.model.windows_command_line import split

TEST_COMMAND = (
    "powershell.exe -NoExit -ExecutionPolicy Bypass -WindowStyle Hidden (New-Object System.Net.WebClient)"
    r".DownloadFile('http://127.0.0.1/1.exe', 'C:\\test-MDATP-test\\invoice.exe'); "
    r"Start-Process 'C:\\test-MDATP-test\\invoice.exe'"
)


@pytest.mark.parametrize("argv", [split(TEST_COMMAND), [TEST_COMMAND], ["cmd", "/c", TEST_COMMAND]])
def test_the_test_command_downloads_starts_and_closes_by_itself(windows: Any, argv: list[str]):
    windows.machine.files.write("/C:/inetpub/wwwroot/1.exe", b"mdelab test program\n")
    windows.machine.files.make_folder("/C:/test-MDATP-test")
    ended = windows.call(*argv)

    assert (ended.code, ended.out, ended.err, ended.not_simulated) == (0, "", "", [])
    assert windows.machine.files.read("/C:/test-MDATP-test/invoice.exe") == b"mdelab test program\n"
    started = [fields for kind, fields in windows.observed if kind == "ProcessCreated"]
    assert started[-1]["Image"] == r"C:\test-MDATP-test\invoice.exe"
    assert started[-1]["ParentImage"].endswith(r"\powershell.exe")


def test_without_a_listener_the_download_fails_as_documented_and_the_window_closes(windows: Any):
    windows.machine.files.make_folder("/C:/test-MDATP-test")
    ended = windows.call(*split(TEST_COMMAND))
    assert (ended.code, ended.not_simulated) == (0, [])
    assert "Unable to connect to the remote server" in ended.err
    assert "The system cannot find the file specified" in ended.err


def test_without_the_folder_nothing_is_written(windows: Any):
    windows.machine.files.write("/C:/inetpub/wwwroot/1.exe", b"mdelab test program\n")
    ended = windows.call(*split(TEST_COMMAND))
    assert "Could not find a part of the path" in ended.err
    assert not windows.machine.files.exists("/C:/test-MDATP-test/invoice.exe")


@pytest.mark.parametrize(
    ("command", "out"),
    [
        ("(Get-Service sense).Status", "Stopped\n"),
        ("Get-Service -Name windefend | Select-Object -ExpandProperty Status", "Running\n"),
        ("gsv diagtrack | select Name, Status", "\nName      Status\n----      ------\ndiagtrack Running\n\n"),
        ("(Get-MpComputerStatus).RealTimeProtectionEnabled", "True\n"),
        (
            "Get-MpComputerStatus | select AMRunningMode,IsTamperProtected | fl",
            "\nAMRunningMode     : Normal\nIsTamperProtected : False\n\n",
        ),
        ("(Get-MpPreference).EnableNetworkProtection", "0\n"),
        ("Set-MpPreference -EnableNetworkProtection AuditMode; (Get-MpPreference).EnableNetworkProtection", "2\n"),
        ("Set-MpPreference -DisableRealtimeMonitoring $true; (Get-MpPreference).DisableRealtimeMonitoring", "True\n"),
        (
            r"Add-MpPreference -ExclusionPath 'C:\Lab','D:\x y'; (Get-MpPreference).ExclusionPath",
            "{C:\\Lab, D:\\x y}\n",
        ),
        (
            r"Set-MpPreference -ProxyServer http://10.0.0.6:8080; (Get-MpPreference).ProxyServer",
            "http://10.0.0.6:8080\n",
        ),
        (
            r"New-Item -ItemType Directory C:\test-MDATP-test | Select -Expand Name; Test-Path c:\TEST-mdatp-test",
            "test-MDATP-test\nTrue\n",
        ),
        (r"Set-Content C:\Users\Public\a.txt 'it''s'; Get-Content C:\Users\Public\a.txt", "it's\n"),
        ('"$env:COMPUTERNAME `$x"', "WIN-1 $x\n"),
        ("whoami", "nt authority\\system\n"),
        (r"sc.exe query sense | Select-Object -First 2", "\nSERVICE_NAME: sense\n"),
    ],
)
def test_commands_print_what_powershell_prints(windows: Any, command: str, out: str):
    windows.machine.files.make_folder("/C:/Users/Public")
    ended = windows.call("powershell.exe", "-NoProfile", "-Command", command)
    assert (ended.out, ended.err, ended.not_simulated, ended.code) == (out, "", [], 0)


def test_the_computer_status_follows_the_agent(windows: Any):
    windows.agent.definitions = Definitions(version="1.2.3.0", updated=EPOCH, status="up_to_date")
    windows.configure(passive_mode=True)
    out = windows.call("powershell", "Get-MpComputerStatus").out
    rows = dict(line.split(":", 1) for line in out.splitlines() if line)
    values = {name.strip(): value.strip() for name, value in rows.items()}
    assert values["AMRunningMode"] == "Passive Mode"
    assert values["RealTimeProtectionEnabled"] == "False"
    assert values["AntivirusSignatureVersion"] == "1.2.3.0"
    assert values["AntivirusSignatureLastUpdated"] == "1/5/2026 9:00:00 AM"


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("Get-Service nothing", "Cannot find any service with service name 'nothing'"),
        ("Set-MpPreference -EnableNetworkProtection 7", "Known are: Disabled (0), Enabled (1), AuditMode (2)"),
        ("Set-MpPreference -DisableRealtimeMonitoring maybe", "Cannot convert value 'maybe'"),
        ("Set-MpPreference", "A setting is missing"),
        ("Get-Content C:\\no.txt", "because it does not exist"),
        ("Get-Service 'sense", "missing the terminator"),
        ("(Get-Service sense", "Missing closing ')'"),
        ("Stop-Service windefend", "Access is denied"),
        ("Get-WinEvent -LogName Application", "No events were found"),
    ],
)
def test_mistakes_are_said_in_powershells_words(windows: Any, command: str, text: str):
    ended = windows.call("powershell", "-Command", command)
    assert (ended.code, ended.not_simulated) == (1, [])
    assert text in ended.err


def test_an_ordinary_user_changes_no_preference(windows: Any):
    ended = windows.call("powershell", "Set-MpPreference -DisableRealtimeMonitoring 1", env={"USER": "alice"})
    assert (ended.code, windows.agent.settings.real_time_protection) == (1, True)
