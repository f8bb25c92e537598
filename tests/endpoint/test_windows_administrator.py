"""A whole Windows device against a real cloud on loopback: scripts of the portal, registry, event log, test command."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from endpoint_world import NAMES, SIGNER, Server, World, eicar

from mdelab.cloud.portal.contents import Contents
from mdelab.cloud.portal.windows import offboarding_script, onboarding_script
from mdelab.endpoint.sensor import Sensor
from mdelab.model.platform import Platform

_SENSE = "Microsoft-Windows-SENSE/Operational"
_STATUS = r"HKLM\SOFTWARE\Microsoft\Windows Advanced Threat Protection\Status"
_TEST_COMMAND = (
    "powershell.exe -NoExit -ExecutionPolicy Bypass -WindowStyle Hidden (New-Object System.Net.WebClient)"
    r".DownloadFile('http://127.0.0.1/1.exe', 'C:\\test-MDATP-test\\invoice.exe'); "
    r"Start-Process 'C:\\test-MDATP-test\\invoice.exe'"
)

Story = Callable[[World, Sensor], Awaitable[None]]


def on_windows(folder: Path, story: Story, **spec: Any) -> None:
    async def whole() -> None:
        async with World(folder) as world:
            sensor = await world.sensor(platform=Platform.WINDOWS, **spec)
            await story(world, sensor)

    asyncio.run(whole())


async def run(world: World, sensor: Sensor, *argv: str, code: int = 0, **how: Any) -> str:
    """Run a program to its end, the clock going on while it sleeps; its output."""
    ended, out, err, not_simulated = await world.keeper.run(world.tenant, sensor.exec(list(argv), **how))
    assert (ended, not_simulated) == (code, []), (argv, out, err)
    return out


def script(world: World, sensor: Sensor, kind: Any) -> str:
    """Put the portal's script on the device; its path."""
    expires = world.tenant.clock.now() + timedelta(days=7) if kind == "offboarding" else None
    outer = SIGNER.package(kind, world.tenant.org_id, expires=expires)
    contents = Contents(kind=kind, outer=outer, lab_id="lab-1", profile_id="p", payload_id="q")
    text = (onboarding_script if kind == "onboarding" else offboarding_script)(contents)
    sensor.machine.files.write(f"/C:/Users/Public/{kind}.cmd", text.encode())
    return rf"C:\Users\Public\{kind}.cmd"


def ids(sensor: Sensor) -> list[int]:
    assert sensor.machine.event_log is not None
    return [event.id for event in sensor.machine.event_log.read(_SENSE)]


def test_a_device_onboards_and_offboards_by_the_portals_scripts(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        assert "STOPPED" in await run(world, sensor, "sc", "query", "sense")
        await run(world, sensor, "reg", "query", _STATUS, code=1)
        said = await run(world, sensor, script(world, sensor, "onboarding"))
        assert "Successfully onboarded machine to Microsoft Defender for Endpoint" in said
        assert sensor.state == "onboarded"
        assert "0x1" in await run(world, sensor, "reg", "query", _STATUS, "/v", "OnboardingState")
        assert world.tenant.org_id in await run(world, sensor, "reg", "query", _STATUS, "/v", "OrgID")
        assert "RUNNING" in await run(world, sensor, "sc", "query", "sense")
        assert 11 in ids(sensor)
        assert 4 in ids(sensor)
        await run(world, sensor, script(world, sensor, "offboarding"))
        assert sensor.state == "offboarded"
        assert world.cloud.goodbyes == 1
        assert "STOPPED" in await run(world, sensor, "sc", "query", "sense")
        assert "0x0" in await run(world, sensor, "reg", "query", _STATUS, "/v", "OnboardingState")
        assert ids(sensor)[-1] == 44
        await run(world, sensor, script(world, sensor, "onboarding"))
        assert sensor.state == "onboarded"

    on_windows(tmp_path, story)


def test_inspection_is_an_event_that_names_the_server_and_the_script_ends_with_40(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await world.behind(Server(world.cloud.answer, world.tls(world.interceptor, *NAMES)))
        await run(world, sensor, script(world, sensor, "onboarding"), code=40)
        assert set(ids(sensor)) & {5, 15}
        assert "winatp-gw-cus.microsoft.com" in await run(
            world, sensor, "wevtutil", "qe", _SENSE, "/q:*[System[(EventID=5 or EventID=15)]]", "/f:text"
        )
        assert 11 not in ids(sensor)

    on_windows(tmp_path, story)


def test_the_test_command_arrives_as_a_process_with_its_whole_command_line(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await run(world, sensor, script(world, sensor, "onboarding"))
        await run(world, sensor, "mkdir", r"C:\test-MDATP-test")
        await run(world, sensor, _TEST_COMMAND)
        await world.advance(minutes=2)
        started = [event.fields for event in world.cloud.events if event.type == "ProcessCreated"]
        seen = [fields for fields in started if fields["Image"].endswith(r"\powershell.exe")]
        assert len(seen) == 1
        assert (
            "-WindowStyle Hidden (New-Object System.Net.WebClient).DownloadFile('http://127.0.0.1/1.exe'"
            in (seen[0]["CommandLine"])
        )
        assert r"\test-MDATP-test\\invoice.exe" in seen[0]["CommandLine"]
        assert started[-1]["Image"] == r"C:\test-MDATP-test\invoice.exe"
        assert sensor.machine.files.exists("/C:/test-MDATP-test/invoice.exe")

    on_windows(tmp_path, story)


def test_the_antivirus_takes_the_test_file_away_and_says_so_in_its_log(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await run(world, sensor, script(world, sensor, "onboarding"))
        sensor.machine.files.write("/C:/Users/Public/eicar.txt", eicar())
        await world.advance(seconds=1)
        assert not sensor.machine.files.exists("/C:/Users/Public/eicar.txt")
        log = await run(world, sensor, "wevtutil", "qe", "Microsoft-Windows-Windows Defender/Operational", "/f:text")
        assert "Event ID: 1116" in log
        assert "Event ID: 1117" in log

    on_windows(tmp_path, story)


def test_the_state_is_there_again_after_a_restart(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await run(world, sensor, script(world, sensor, "onboarding"))
        await sensor.stop()
        again = await world.sensor(platform=Platform.WINDOWS, files=sensor.machine.files)
        await world.advance(seconds=1)
        assert again.state == "onboarded"
        assert "RUNNING" in await run(world, again, "sc", "query", "sense")

    on_windows(tmp_path, story)


def test_curl_trusts_what_certutil_added_and_goes_the_way_of_the_system_proxy(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        url = "https://x.cp.wd.microsoft.com/api/report"
        await world.behind(Server(world.server.handler, world.tls(world.interceptor, *NAMES)))
        await run(world, sensor, "curl.exe", "-sS", url, code=60)
        sensor.machine.files.write("/C:/Users/Public/ca.cer", world.interceptor.cert_pem.bytes())
        await run(world, sensor, "certutil", "-addstore", "Root", r"C:\Users\Public\ca.cer")
        await run(
            world, sensor, "cmd", "/c", rf"curl.exe -sS -o C:\users\public\out.txt {url} & type C:\Users\Public\OUT.TXT"
        )
        assert sensor.machine.files.exists("/C:/Users/Public/out.txt")
        before = len(world.proxy.asked)
        host, port = world.proxy_address
        await run(world, sensor, "netsh", "winhttp", "set", "proxy", f"{host}:{port}")
        await run(world, sensor, "curl.exe", "-sS", "-o", "NUL", url)
        assert len(world.proxy.asked) == before + 1

    on_windows(tmp_path, story)


def test_a_wait_takes_the_tenants_time_and_none_of_the_hosts(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        before = world.tenant.clock.now()
        await run(world, sensor, "timeout", "/t", "3600")
        assert world.tenant.clock.now() - before == timedelta(hours=1)

    on_windows(tmp_path, story)


def test_preferences_that_powershell_sets_hold_over_a_restart(tmp_path: Path) -> None:
    async def story(world: World, sensor: Sensor) -> None:
        await run(
            world,
            sensor,
            "powershell",
            "Set-MpPreference -EnableNetworkProtection Enabled -DisableRealtimeMonitoring $true",
        )
        assert not sensor.agent.settings.real_time_protection
        await sensor.stop()
        again = await world.sensor(platform=Platform.WINDOWS, files=sensor.machine.files)
        assert await run(world, again, "powershell", "(Get-MpPreference).EnableNetworkProtection") == "1\n"
        assert await run(world, again, "powershell", "(Get-MpComputerStatus).RealTimeProtectionEnabled") == "False\n"

    on_windows(tmp_path, story)
