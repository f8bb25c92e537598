"""reg, sc, net, netsh, wevtutil, MpCmdRun, dism, certutil and the tools for files."""

from datetime import timedelta
from typing import Any

import pytest
import trustme

from mdelab.endpoint.agent import Definitions
from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.registry import Value
from mdelab.endpoint.winhttp import WinHttp, read_winhttp
from mdelab.model.clock import EPOCH

_KEY = r"HKLM\SOFTWARE\Contoso"
_EICAR = b"".join([b"X5O!P%@AP[4", b"\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"])


def test_reg_adds_shows_and_deletes(windows: Any):
    assert windows.call("reg", "add", _KEY, "/v", "Name", "/t", "REG_DWORD", "/d", "0x10", "/f").out == (
        "The operation completed successfully.\n"
    )
    windows.call("REG.EXE", "ADD", _KEY + r"\Deep", "/v", "Text", "/d", 'a "b"', "/f")
    assert windows.call("reg", "query", _KEY).out == (
        "\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso\n    Name    REG_DWORD    0x10\n\n"
        "HKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso\\Deep\n"
    )
    assert windows.call("reg", "query", _KEY.lower(), "/s", "/v", "text").out == (
        '\nHKEY_LOCAL_MACHINE\\SOFTWARE\\Contoso\\Deep\n    Text    REG_SZ    a "b"\n\nEnd of search: 1 match(es) found.\n'
    )
    assert windows.call("reg", "delete", _KEY, "/v", "NAME", "/f").code == 0
    assert windows.machine.registry.get(_KEY, "Name") is None
    assert windows.call("reg", "delete", _KEY, "/f").code == 0
    assert not windows.machine.registry.has_key(_KEY)


@pytest.mark.parametrize(
    ("argv", "text"),
    [
        (("reg", "query", r"HKLM\no"), "unable to find the specified registry key or value"),
        (("reg", "query", "HKLM", "/v", "no"), "unable to find the specified registry key or value"),
        (("reg", "delete", r"HKLM\no", "/f"), "unable to find the specified registry key or value"),
        (("reg", "query", "NOHIVE"), "Invalid key name"),
        (("reg", "add", _KEY, "/v", "x", "/t", "REG_DWORD", "/d", "abc", "/f"), "valid numeric value"),
        (("reg", "add", _KEY, "/v", "x", "/t", "REG_NO", "/f"), "valid type"),
    ],
)
def test_reg_says_what_is_wrong_and_ends_with_1(windows: Any, argv: tuple[str, ...], text: str):
    ended = windows.call(*argv)
    assert (ended.code, ended.not_simulated) == (1, [])
    assert text in ended.err


@pytest.mark.parametrize(("stdin", "value"), [(b"", "old"), (b"N\n", "old"), (b"Yes\n", "new")])
def test_reg_asks_before_it_overwrites(windows: Any, stdin: bytes, value: str):
    windows.machine.registry.set(_KEY, "x", Value("REG_SZ", "old"))
    windows.call("reg", "add", _KEY, "/v", "x", "/d", "new", stdin=stdin)
    assert windows.machine.registry.get(_KEY, "x") == Value("REG_SZ", value)


def test_an_ordinary_user_reads_the_registry_and_does_not_write_it(windows: Any):
    windows.machine.registry.set(_KEY, "x", Value("REG_SZ", "old"))
    assert windows.call("reg", "query", _KEY, env={"USER": "alice"}).code == 0
    ended = windows.call("reg", "add", _KEY, "/v", "y", "/d", "new", "/f", env={"USER": "alice"})
    assert (ended.code, ended.err) == (1, "ERROR: Access is denied.\n")


def test_sc_shows_state_and_start_type(windows: Any):
    assert "        STATE              : 1  STOPPED " in windows.call("sc", "query", "SENSE").out
    assert "        STATE              : 4  RUNNING " in windows.call("sc", "query", "windefend").out
    assert "START_TYPE         : 2   AUTO_START" in windows.call("sc", "qc", "diagtrack").out
    assert "START_TYPE         : 0   BOOT_START" in windows.call("sc", "qc", "WdFilter").out
    ended = windows.call("sc", "query", "nothing")
    assert ended.code == 1060
    assert "FAILED 1060" in ended.out


def test_a_disabled_service_does_not_start_before_it_is_repaired(windows: Any):
    assert windows.call("sc", "config", "diagtrack", "start=", "disabled").code == 0
    assert windows.call("sc", "stop", "diagtrack").code == 0
    assert windows.call("sc", "start", "diagtrack").code == 1058
    assert windows.call("sc", "config", "diagtrack", "start=auto").out == "[SC] ChangeServiceConfig SUCCESS\n"
    assert windows.call("sc", "start", "diagtrack").code == 0
    assert windows.call("sc", "start", "diagtrack").code == 1056


@pytest.mark.parametrize("name", ["windefend", "sense"])
def test_nobody_stops_a_protected_service(windows: Any, name: str):
    windows.machine.set_service(name, True)
    assert windows.call("sc", "stop", name).code == 5
    ended = windows.call("net", "stop", name)
    assert (ended.code, ended.err.splitlines()[0]) == (2, "System error 5 has occurred.")
    assert windows.machine.services()[name]


def test_the_sensor_without_a_package_gives_up_and_says_so_in_the_log(windows: Any):
    ended = windows.call("net", "start", "sense")
    assert ended.code == 2
    assert "could not be started" in ended.err
    (event,) = windows.machine.event_log.read("Microsoft-Windows-SENSE/Operational")
    assert (event.id, event.level) == (6, "Warning")
    assert not windows.machine.services()["sense"]


def test_net_session_tells_administrators_from_others(windows: Any):
    assert windows.call("net", "session").code == 0
    assert windows.call("net", "session", env={"USERNAME": "alice"}).code == 2


def test_netsh_keeps_the_system_proxy_in_the_registry(windows: Any):
    assert "Direct access (no proxy server)." in windows.call("netsh", "winhttp", "show", "proxy").out
    argv = ("netsh", "winhttp", "set", "proxy", "proxy-server=10.0.0.6:8080", "bypass-list=*.contoso.com;<local>")
    assert "Proxy Server(s) :  10.0.0.6:8080" in windows.call(*argv).out
    assert read_winhttp(windows.machine.registry) == WinHttp("10.0.0.6:8080", "*.contoso.com;<local>")
    assert windows.call("netsh", "winhttp", "set", "proxy", "10.0.0.7:8080").code == 0
    assert read_winhttp(windows.machine.registry) == WinHttp("10.0.0.7:8080")
    assert windows.call("netsh", "winhttp", "set", "proxy", "x:1", env={"USER": "alice"}).code == 1
    windows.call("netsh", "winhttp", "reset", "proxy")
    assert read_winhttp(windows.machine.registry) == WinHttp()


def test_wevtutil_reads_what_eventcreate_wrote(windows: Any):
    for number in (20, 40, 5):
        argv = (
            "/l",
            "Application",
            "/so",
            "WDATPOnboarding",
            "/t",
            "ERROR",
            "/id",
            str(number),
            "/d",
            f"text {number} <&>",
        )
        assert windows.call("eventcreate", *argv).code == 0
    text = windows.call("wevtutil", "qe", "Application", "/f:text", "/rd:true", "/c:1").out
    assert text.startswith(
        "Event[0]:\n  Log Name: Application\n  Source: WDATPOnboarding\n  Date: 2026-01-05T09:00:00.000\n"
    )
    assert "  Event ID: 5\n" in text
    xml = windows.call("wevtutil", "qe", "Application", "/q:*[System[(EventID=20 or EventID=40)]]").out
    assert xml.count("<Event ") == 2
    assert "<Data>text 20 &lt;&amp;&gt;</Data>" in xml
    assert (
        windows.call("wevtutil", "qe", "Application", "/q:*[System[(Level=2) and (EventID=5)]]").out.count("<Event ")
        == 1
    )
    assert windows.call("wevtutil", "qe", "Application", "/q:*[System[Level=4]]").out == ""
    assert windows.call("eventcreate", "/t", "ERROR", "/id", "1001", "/d", "x").code == 1


def test_mpcmdrun_updates_reloads_and_validates(windows: Any):
    program = r"C:\Program Files\Windows Defender\MpCmdRun.exe"
    assert windows.call(program, "-ReloadEngine").code == 0
    assert windows.call(program, "-SignatureUpdate").code == 2
    windows.new_definitions = Definitions(version="1.2.3.0", updated=EPOCH, status="up_to_date")
    assert windows.call(program, "-SignatureUpdate").out.endswith("Signature update finished.\n")
    assert "successfully established" in windows.call(program, "-ValidateMapsConnection").out
    windows.answer = lambda url, method: Failure(step="tls", curl_code=60, text="self-signed certificate in chain")
    ended = windows.call(program, "-ValidateMapsConnection")
    assert (ended.code, "hr=80072F8F" in ended.out) == (2, True)
    windows.answer = lambda url, method: Reply(407, {}, b"")
    assert "httpcode=407" in windows.call(program, "-ValidateMapsConnection").out


def test_a_custom_scan_finds_the_test_file(windows: Any):
    windows.machine.files.write("/C:/Users/Public/eicar.txt", _EICAR)
    assert windows.call("MpCmdRun", "-Scan", "-ScanType", "3", "-File", r"C:\users\public").out == (
        "Scan starting...\nScan finished.\nScanning C:\\Users\\Public found 1 threats.\nCleaning started...\nCleaning finished.\n"
    )
    assert not windows.machine.files.exists("/C:/Users/Public/eicar.txt")
    assert "found no threats" in windows.call("MpCmdRun", "-Scan", "-ScanType", "1").out
    assert windows.call("MpCmdRun", "-Scan", "-ScanType", "3", "-File", r"C:\no").code == 2


@pytest.mark.parametrize(("installed", "state"), [(True, "Installed"), (False, "Not Present")])
def test_dism_tells_whether_the_sensor_is_there(windows: Any, installed: bool, state: str):
    windows.set(installed=installed)
    argv = ("DISM", "/Online", "/Get-CapabilityInfo", "/CapabilityName:Microsoft.Windows.Sense.Client~~~~")
    assert f"State : {state}\n" in windows.call(*argv).out
    assert windows.call(*argv, env={"USER": "alice"}).code == 740
    assert windows.call("dism", "/online", "/get-capabilityinfo", "/capabilityname:No").code == 0x800F080C


def test_certutil_puts_an_authority_into_the_store(windows: Any):
    pem = trustme.CA().cert_pem.bytes()
    windows.machine.files.write("/C:/Users/Public/ca.cer", pem)
    argv = ("certutil", "-addstore", "-f", "Root", r"C:\Users\Public\ca.cer")
    assert windows.call(*argv, env={"USER": "alice"}).code == 0x80070005
    assert "added to store" in windows.call(*argv).out
    assert "already in store" in windows.call(*argv).out
    store = windows.machine.files.read(windows.machine.paths.os_store)
    assert store.count(b"BEGIN CERTIFICATE") == 1
    windows.machine.files.write("/C:/Users/Public/ca.cer", b"garbage")
    assert "FAILED" in windows.call(*argv).out


def test_files_are_made_listed_copied_and_deleted(windows: Any):
    assert windows.call("mkdir", r"C:\test-MDATP-test").code == 0
    assert windows.call("mkdir", r"c:\TEST-mdatp-test").code == 1
    assert windows.call("cmd", "/c", r"echo hello> C:\test-MDATP-test\a.txt").code == 0
    assert windows.call("type", r"C:\Test-mdatp-test\A.TXT").out == "hello\n"
    assert (
        windows.call("copy", r"C:\test-MDATP-test\a.txt", r"C:\test-MDATP-test\b.txt").out
        == "        1 file(s) copied.\n"
    )
    assert windows.call("dir", "/b", r"C:\test-MDATP-test").out == "a.txt\nb.txt\n"
    assert "               2 File(s)             12 bytes\n" in windows.call("dir", r"C:\test-MDATP-test").out
    assert windows.call("del", r"C:\test-MDATP-test\*.txt").code == 0
    assert windows.call("dir", r"C:\test-MDATP-test\*.txt").code == 1
    assert windows.call("rmdir", r"C:\test-MDATP-test").code == 0
    assert windows.call("type", r"C:\test-MDATP-test\a.txt").err == "The system cannot find the path specified.\n"
    assert windows.call("cmd", "/c", r"echo x> C:\no\a.txt").err == "The system cannot find the path specified.\n"


@pytest.mark.parametrize(
    ("argv", "out"),
    [
        (("whoami",), "nt authority\\system\n"),
        (("hostname",), "win-1\n"),
        (("ver",), "\nMicrosoft Windows [Version 10.0.19045]\n"),
        (("where", "reg"), "C:\\Windows\\System32\\reg.exe\n"),
        (("echo %COMPUTERNAME% & ver",), "WIN-1 \n\nMicrosoft Windows [Version 10.0.19045]\n"),
        (("cmd", "/c", "echo %windir% %no% a%%b"), "C:\\Windows %no% a%%b\n"),
        (("cmd", "/v:on", "/c", "set x=1& echo !x!"), "1\n"),
    ],
)
def test_small_programs_say_what_they_know(windows: Any, argv: tuple[str, ...], out: str):
    ended = windows.call(*argv)
    assert (ended.code, ended.out, ended.err) == (0, out, "")


@pytest.mark.parametrize(
    ("edition", "release", "name"),
    [
        ("Enterprise", "10.0.19045", "Microsoft Windows 10 Enterprise"),
        ("Pro", "10.0.22631", "Microsoft Windows 11 Pro"),
        ("Server 2019", "10.0.17763", "Microsoft Windows Server 2019"),
    ],
)
def test_systeminfo_names_the_system(windows: Any, edition: str, release: str, name: str):
    windows.set(edition=edition, release=release)
    assert f"OS Name:                   {name}\n" in windows.call("systeminfo").out


@pytest.mark.parametrize(
    ("argv", "seconds"),
    [
        (("timeout", "/t", "5", "/nobreak"), 5),
        (("timeout", "7"), 7),
        (("ping", "-n", "6", "127.0.0.1"), 5),
        (("timeout", "0"), 0),
        (("powershell", "Start-Sleep -Seconds 3"), 3),
    ],
)
def test_waiting_takes_the_tenants_time(windows: Any, argv: tuple[str, ...], seconds: int):
    assert windows.call(*argv).code == 0
    assert windows.slept == timedelta(seconds=seconds)
