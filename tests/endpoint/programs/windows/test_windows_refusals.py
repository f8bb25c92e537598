"""What the lab does not simulate on Windows: it says so, by file, line and what is nearest, and runs nothing of it."""

from typing import Any

import pytest

from mdelab.endpoint.programs.windows import PROGRAMS


@pytest.mark.parametrize(
    ("text", "place", "nearest"),
    [
        ("@echo off\necho one\nregg query HKLM\n", "line 3: regg", "'reg'"),
        ("@echo off\nif 1==1 (\n  echo one\n  timeot /t 5\n)\n", "line 4: timeot", "'timeout'"),
        ("@for %%i in (a b) do xcopi %%i\n", "line 1: xcopi", "'copy'"),
        ("@echo one & frobnicate", "line 1: frobnicate", "Simulated are: "),
        ("@echo off\nif 1 (\necho one\n", "line 2", "was unexpected at this time"),
        ("@echo off\n(\necho one\n", "line 2", "never closed"),
        ("@echo off\nfor /r C:\\ %%f in (*.txt) do echo %%f", "line 2", "use FOR, FOR /L or FOR /F"),
    ],
)
def test_an_unknown_command_is_refused_before_anything_runs(script: Any, text: str, place: str, nearest: str):
    ended = script(text)
    assert ended.code == 125
    assert ended.out == ""
    assert len(ended.not_simulated) == 1
    assert "test.cmd" in ended.err
    assert place in ended.err
    assert nearest in ended.err


def test_an_option_that_is_not_known_stops_the_script_where_it_stands(script: Any):
    ended = script("@echo off\necho one\nwevtutil cl Application >nul 2>&1\necho two\n")
    assert (ended.code, ended.out) == (125, "one\n")
    assert r"C:\Users\Public\test.cmd, line 3: wevtutil cl Application" in ended.err


def test_a_command_out_of_a_variable_is_judged_when_it_runs(script: Any):
    ended = script("@echo off\nset tool=robocopy\necho one\n%tool% a b\necho two\n")
    assert (ended.code, ended.out) == (125, "one\n")
    assert "line 4: robocopy" in ended.err


def test_a_script_that_goes_round_in_a_circle_is_stopped(script: Any):
    ended = script("@echo off\n:again\ngoto again\n")
    assert ended.code == 1
    assert "goes round in a circle" in ended.err
    assert "line 3" in ended.err


@pytest.mark.parametrize("text", ["@echo off\ncall %0\n", "@" + "ver>nul&" * 5000, "@echo off\n:x\ncall :x\n"])
def test_a_script_that_calls_itself_for_ever_ends(script: Any, text: str):
    ended = script(text)
    assert ended.code != 0
    assert "RECURSION" in ended.err.replace(" ", "") or "circle" in ended.err or "too deeply" in ended.err


def test_a_label_that_is_not_there_ends_the_script_as_in_cmd(script: Any):
    ended = script("@echo off\ngoto nowhere\necho two\n")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err == "The system cannot find the batch label specified - nowhere\n"


def test_a_script_that_is_not_there_is_no_command(windows: Any):
    ended = windows.call(r"C:\no.cmd")
    assert ended.code == 1
    assert "is not recognized as an internal or external command" in ended.err


@pytest.mark.parametrize(
    "argv",
    [
        ("cmd",),
        ("reg", "export", "HKLM", "x"),
        ("reg", "query", "HKLM", "/reg:32"),
        ("sc", "create", "x"),
        ("sc", "config", "diagtrack", "obj=", "x"),
        ("net", "user"),
        ("netsh", "winhttp", "import", "proxy", "source=ie"),
        ("wevtutil", "qe", "Application", "/q:*[EventData[Data='x']]"),
        ("MpCmdRun.exe", "-Trace"),
        ("dism", "/Online", "/Add-Capability", "/CapabilityName:x"),
        ("powershell", "-File", "x.ps1"),
        ("powershell", "Get-Process"),
        ("powershell", "$x = 1"),
        ("powershell", "Get-Service sense -ComputerName other"),
        ("powershell", "Set-MpPreference -MAPSReporting Basic"),
        ("powershell", "foreach ($x in 1..3) { $x }"),
        ("ping", "example.com"),
        ("certutil", "-hashfile", "x"),
        ("dir", "/x"),
        ("type", "/x"),
        ("systeminfo", "/s", "other"),
        ("notepad.exe",),
    ],
)
def test_what_is_not_simulated_says_so(windows: Any, argv: tuple[str, ...]):
    ended = windows.call(*argv)
    assert ended.code in (125, 127)
    assert len(ended.not_simulated) == 1
    assert "not simulated by this lab" in ended.err


@pytest.mark.parametrize("name", sorted(name for name in PROGRAMS if "*" not in name))
def test_no_program_breaks_on_strange_arguments(windows: Any, name: str):
    for arguments in (
        (),
        ("/?",),
        ("",),
        ("\0",),
        ("-" * 50,),
        ("(", '"'),
        ("/", "\\", "%"),
        ("\\\\server\\x", "a|b<c>"),
    ):
        ended = windows.call(name, *arguments)
        assert isinstance(ended.code, int)
        assert ended.code >= 0
