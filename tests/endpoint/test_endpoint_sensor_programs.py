"""Programs on a real sensor: what a user types, with the agent, the transport and the real curl behind it."""

import asyncio
import json
from pathlib import Path

from endpoint_world import SIGNER, Server, World

from mdelab.endpoint.sensor import Sensor
from mdelab.model.evidence import Purpose, join

EICAR = b"".join([b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$", b"EICAR-STANDARD-", b"ANTIVIRUS-TEST-FILE!$H+H*"])


async def run(sensor: Sensor, *argv: str, cwd: str = "/root") -> tuple[int, str, str]:
    code, out, err, not_simulated = await sensor.exec(argv, cwd=cwd)
    assert not_simulated == []
    return code, out, err


async def onboarded(world: World) -> Sensor:
    """By the portal's script, as an administrator does it."""
    sensor = await world.sensor()
    package = json.dumps({"onboardingInfo": SIGNER.package("onboarding", world.tenant.org_id)})
    script = f"# mdelab program: onboarding-script\npackage = {json.dumps(package)}\n"
    sensor.machine.files.write("/root/on.py", script.encode())
    assert (await run(sensor, "sudo", "python3", "on.py"))[0] == 0
    await world.advance(minutes=10)
    return sensor


def test_device_onboarded_by_the_script_is_licensed_and_healthy(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await onboarded(world)
            assert await run(sensor, "mdatp", "health", "--field", "licensed") == (0, "true\n", "")
            assert await run(sensor, "mdatp", "health", "--field", "org_id") == (0, f'"{world.tenant.org_id}"\n', "")
            _, text, _ = await run(sensor, "mdatp", "health")
            assert text.startswith("healthy" + " " * 37 + ": true\n")
            assert f'"{sensor.machine_id}"' in text

    asyncio.run(check())


def test_device_without_a_package_says_attention_until_it_is_onboarded(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            code, text, _ = await run(sensor, "mdatp", "health", "--field", "health_issues")
            assert code == 0
            assert text == 'ATTENTION: No license found. Contact your administrator for help.\n["missing license"]\n'

    asyncio.run(check())


def test_connectivity_test_says_ok_where_the_cloud_answers_and_names_curls_code_elsewhere(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await onboarded(world)
            code, text, _ = await run(sensor, "mdatp", "connectivity", "test")
            lines = text.splitlines()
            assert code == 1
            assert "Testing connection with https://x.cp.wd.microsoft.com/api/report ... [OK]" in lines
            unknown = lines.index("Testing connection with https://cdn.x.cp.wd.microsoft.com/ping ... [ERROR]")
            assert lines[unknown + 1].startswith("\tCurl error (code: 6) ")
            assert any(record.purpose is Purpose.TEST and record.step == "http" for record in world.evidence)

    asyncio.run(check())


def test_real_curl_goes_the_devices_way_and_its_evidence_has_the_clouds_view(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            before = len(world.evidence)
            assert await run(sensor, "curl", "-s", "https://x.cp.wd.microsoft.com/api/report") == (0, "OK", "")
            asked = world.server.asked[-1]
            assert asked.peer[0] == world.address
            seen = [one for one in join(world.evidence[before:]) if one.of("curl")]
            assert [[record.step for record in one.of("curl")] for one in seen] == [["tcp", "tls", "http"]]
            assert seen[0].records[0].local == asked.peer
            code, _, err = await run(sensor, "curl", "https://www.example.com/")
            assert (code, err) == (6, "curl: (6) Could not resolve host: www.example.com\n")

    asyncio.run(check())


def test_real_curl_trusts_what_the_administrator_added_behind_an_inspecting_proxy(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(proxy="corp-proxy")
            await world.behind(Server(world.cloud.answer, world.tls(world.interceptor, "x.cp.wd.microsoft.com")))
            url = "https://x.cp.wd.microsoft.com/api/report"
            code, _, err = await run(sensor, "curl", "-sS", url)
            assert code == 60
            assert "SSL certificate problem" in err
            await sensor.change(trusts=("corp-proxy",))
            assert await run(sensor, "curl", "-sS", url) == (0, "OK", "")
            assert world.proxy.asked == ["x.cp.wd.microsoft.com:443"] * 2
            steps = [record.step for record in world.evidence if record.observer == "curl"]
            assert steps == ["tcp", "tunnel", "tls", "tcp", "tunnel", "tls", "http"]

    asyncio.run(check())


def test_stopped_client_cannot_be_reached_and_comes_back(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await onboarded(world)
            assert (await run(sensor, "systemctl", "stop", "mdatp"))[0] == 0
            code, text, _ = await run(sensor, "mdatp", "health")
            assert code == 1
            assert text.startswith("Failed to connect")
            assert (await run(sensor, "systemctl", "start", "mdatp"))[0] == 0
            assert await run(sensor, "mdatp", "health", "--field", "licensed") == (0, "true\n", "")

    asyncio.run(check())


def test_settings_and_tags_reach_the_agent(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await onboarded(world)
            assert (await run(sensor, "mdatp", "config", "passive-mode", "--value", "enabled"))[0] == 0
            assert sensor.agent.settings.passive_mode is True
            assert (await run(sensor, "mdatp", "health", "--field", "real_time_protection_enabled"))[1] == "false\n"
            assert (await run(sensor, "mdatp", "edr", "tag", "set", "--name", "GROUP", "--value", "lab"))[0] == 0
            assert sensor.agent.tags == {"GROUP": "lab"}

    asyncio.run(check())


def test_downloaded_test_file_is_quarantined_and_can_be_restored(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            world.cloud.override["/api/report"] = (200, {}, EICAR)
            sensor = await onboarded(world)
            url = "https://x.cp.wd.microsoft.com/api/report"
            assert (await run(sensor, "curl", "-s", "-o", "/tmp/eicar.com.txt", url))[0] == 0
            assert not sensor.machine.files.exists("/tmp/eicar.com.txt")
            _, listed, _ = await run(sensor, "mdatp", "threat", "list")
            assert 'Name: "Virus:DOS/EICAR_Test_File"' in listed
            words = ("mdatp", "threat", "quarantine", "restore", "threat-path", "--path", "/tmp/eicar.com.txt")
            assert (await run(sensor, *words))[0] == 0
            assert sensor.machine.files.read("/tmp/eicar.com.txt") == EICAR
            assert [threat.status for threat in sensor.agent.threats] == ["restored"]

    asyncio.run(check())


def test_edr_test_becomes_telemetry_of_an_onboarded_device(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await onboarded(world)
            sensor.machine.files.write(
                "/root/mde_linux_edr_diy.sh", b"#!/bin/sh\n# mdelab program: mde_linux_edr_diy\n", 0o755
            )
            assert (await run(sensor, "./mde_linux_edr_diy.sh"))[0] == 0
            await world.advance(minutes=5)
            seen = [event.fields for event in world.cloud.events if event.type == "ProcessCreated"]
            assert any(fields.get("ParentImage") == "/root/mde_linux_edr_diy.sh" for fields in seen)
            images = [fields["Image"] for fields in seen if fields["CommandLine"] == "./mde_linux_edr_diy.sh"]
            assert images == ["/root/mde_linux_edr_diy.sh"]

    asyncio.run(check())


def test_process_bears_the_path_of_the_file_that_ran_and_there_is_none_when_nothing_ran(tmp_path: Path) -> None:
    async def check() -> None:
        async with World(tmp_path) as world:
            sensor = await onboarded(world)
            await world.advance(minutes=5)
            script = b"#!/bin/sh\n# mdelab program: mde_linux_edr_diy\n"
            sensor.machine.files.write("/root/mde_linux_edr_diy", script)
            assert (await run(sensor, "./mde_linux_edr_diy"))[0] == 126
            assert (await run(sensor, "./missing.sh"))[0] == 127
            assert (await run(sensor, "chmod", "+x", "../root/mde_linux_edr_diy"))[0] == 0
            for line in (["../root/mde_linux_edr_diy"], ["/root/mde_linux_edr_diy"], ["/usr/bin/whoami"], ["whoami"]):
                assert (await run(sensor, *line))[0] == 0
            before = len(world.cloud.events)
            await world.advance(minutes=5)
            fields = [event.fields for event in world.cloud.events[before:] if event.type == "ProcessCreated"]
            assert [one["Image"] for one in fields if "ParentImage" not in one] == [
                "/usr/bin/chmod",
                "/root/mde_linux_edr_diy",
                "/root/mde_linux_edr_diy",
                "/usr/bin/whoami",
                "/usr/bin/whoami",
            ]

    asyncio.run(check())
