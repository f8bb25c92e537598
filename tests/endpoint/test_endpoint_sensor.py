"""A whole device against a real cloud on loopback: on- and offboarding, telemetry, restarts, protection."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from endpoint_world import GATEWAY, NAMES, Server, World, eicar, log_of

from mdelab.endpoint import artifacts
from mdelab.endpoint.files import MemoryTree
from mdelab.model.channel import Command
from mdelab.model.errors import LabError


def test_a_device_onboards_reports_and_offboards(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            assert sensor.state == "fresh"
            world.onboard(sensor)
            await world.advance(seconds=4)
            assert sensor.state == "fresh"
            await world.advance(seconds=1)
            assert sensor.state == "onboarded", log_of(sensor)
            assert sensor.agent.licensed
            assert [event.type for event in world.cloud.events] == ["Heartbeat"]
            await world.advance(hours=1)
            polls = [path for _, path in world.cloud.asked_at if path == "/commands/poll"]
            assert len(polls) == 4
            assert sensor.sent == len(world.cloud.events) == 5
            assert sensor.waiting == 0
            world.offboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "offboarded"
            assert world.cloud.goodbyes == 1
            assert artifacts.read(sensor.machine).onboarding is None
            before = len(world.cloud.asked_at)
            await world.advance(hours=1)
            assert len(world.cloud.asked_at) == before
            assert world.errors() == []

    asyncio.run(story())


def test_an_inspected_channel_is_refused_and_recovers_without_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            bad = await world.behind(Server(world.cloud.answer, world.tls(world.interceptor, *NAMES)))
            sensor = await world.sensor(trusts=("corp-proxy",))
            world.onboard(sensor)
            await world.advance(minutes=20)
            assert sensor.state == "enrolling"
            assert not sensor.agent.licensed
            # Definitions come over the OS store's trust, in which the administrator put the CA; nothing else is readable.
            assert {asked.headers["host"] for asked in bad.asked} <= {
                "go.microsoft.com",
                "definitionupdates.microsoft.com",
            }
            refused = [record for record in world.evidence if record.tls and record.tls.outcome == "refused"]
            probes = [record for record in world.evidence if record.tls and record.purpose == "probe"]
            assert refused
            assert all(
                record.curl_code == 60 and record.tls.verify_code in (19, 20) for record in refused if record.tls
            )
            assert len(probes) == len(refused)
            assert all(record.tls and record.tls.presented_by and record.tls.leaf_sha256 for record in probes)
            world.lead_to(world.https)
            await world.advance(minutes=16)
            assert sensor.state == "onboarded"

    asyncio.run(story())


def test_an_order_of_the_cloud_is_carried_out_once_and_its_result_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            world.onboard(sensor)
            world.cloud.commands = [Command(id="a", type="RunAntiVirusScan"), Command(id="b", type="LiveResponse")]
            await world.advance(hours=1)
            assert [(one["id"], one["status"]) for one in world.cloud.results] == [("a", "Succeeded"), ("b", "Failed")]
            assert "not simulated" in world.cloud.results[1]["message"]

    asyncio.run(story())


def test_events_survive_an_outage_and_a_restart_of_the_sensor(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            world.onboard(sensor)
            await world.advance(minutes=1)
            world.lead_to(("127.0.0.1", 1))
            world.server.cut()
            for number in range(25):
                sensor.observe("FileRead", TargetFilename=f"/home/{number}")
            await world.advance(hours=2)
            sent = sensor.sent
            assert sensor.waiting > 25
            await sensor.stop()
            again = await world.sensor()
            assert again.sent == sent
            assert again.machine_id == sensor.machine_id
            assert again.waiting == sensor.waiting
            again.observe("FileRead", TargetFilename="/home/last")
            world.lead_to(world.https)
            await world.advance(minutes=31)
            assert again.waiting == 0
            assert len({event.id for event in world.cloud.events}) == len(world.cloud.events) == again.sent
            assert "/home/last" in [event.fields.get("TargetFilename") for event in world.cloud.events]

    asyncio.run(story())


def test_nothing_is_sent_while_the_service_is_stopped_and_it_goes_on_afterwards(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            world.onboard(sensor)
            await world.advance(minutes=1)
            await sensor.control_service("mdatp", running=False)
            before = len(world.cloud.asked_at)
            await world.advance(hours=3)
            assert len(world.cloud.asked_at) == before
            await sensor.control_service("mdatp", running=True)
            await world.advance(minutes=15)
            assert sensor.state == "onboarded"
            assert len(world.cloud.enrolled) == 1
            assert len(world.cloud.asked_at) > before

    asyncio.run(story())


def test_a_malicious_file_is_quarantined_reported_and_listed(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            world.onboard(sensor)
            await world.advance(minutes=1)
            sensor.machine.files.write("/tmp/eicar.com.txt", eicar())
            assert not sensor.machine.files.exists("/tmp/eicar.com.txt")
            (threat,) = sensor.agent.threats
            assert (threat.name, threat.type, threat.status) == ("Virus:DOS/EICAR_Test_File", "virus", "quarantined")
            kept = sensor.machine.files.read(f"/var/opt/microsoft/mdatp/quarantine/{threat.id}")
            assert kept == eicar()
            await world.advance(minutes=1)
            found = [event for event in world.cloud.events if event.type == "ThreatDetected"]
            assert [event.fields["TargetFilename"] for event in found] == ["/tmp/eicar.com.txt"]

    asyncio.run(story())


@pytest.mark.parametrize(
    ("spec", "change", "status"),
    [
        ({"passive": True}, {}, "detected"),
        ({}, {"real_time_protection": False}, None),
        ({"fanotify_users": ("falcon-sensor",)}, {}, None),
        ({}, {"exclusions": (("folder", "/tmp"),)}, None),
        ({}, {"allowed_threats": ("EICAR-Test-File",)}, None),
    ],
)
def test_a_malicious_file_stays_where_protection_does_not_act(
    tmp_path: Path, spec: dict[str, Any], change: dict[str, Any], status: str | None
) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(**spec)
            world.onboard(sensor)
            await world.advance(minutes=1)
            assert sensor.agent.licensed
            sensor.configure(**change)
            sensor.machine.files.write("/tmp/eicar.com", eicar())
            sensor.machine.files.write("/tmp/eicar.com", eicar())
            assert sensor.machine.files.read("/tmp/eicar.com") == eicar()
            assert [threat.status for threat in sensor.agent.threats] == ([status] if status else [])

    asyncio.run(story())


def test_without_a_licence_only_a_scan_finds_a_malicious_file(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            sensor.machine.files.write("/tmp/eicar.com", eicar())
            assert sensor.machine.files.exists("/tmp/eicar.com")
            assert sensor.agent.threats == []
            code, out, _, _ = await sensor.exec(["mdatp", "scan", "custom", "--path", "/tmp"])
            assert (code, "1 threat(s) detected" in out) == (0, True)
            assert not sensor.machine.files.exists("/tmp/eicar.com")

    asyncio.run(story())


def test_an_exclusion_hides_a_malicious_file_from_all_but_a_scan_that_ignores_exclusions(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            world.onboard(sensor)
            await world.advance(minutes=1)
            sensor.configure(exclusions=(("folder", "/tmp"),))
            sensor.machine.files.write("/tmp/eicar.com", eicar())
            words = ["mdatp", "scan", "custom", "--path", "/tmp"]
            assert "\t0 threat(s) detected" in (await sensor.exec(words))[1]
            assert "\t1 threat(s) detected" in (await sensor.exec([*words, "--ignore-exclusions"]))[1]
            assert not sensor.machine.files.exists("/tmp/eicar.com")

    asyncio.run(story())


def test_the_proxy_can_be_changed_while_the_device_runs(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(proxy="corp-proxy", proxy_source="mdatp")
            world.onboard(sensor)
            await world.advance(minutes=1)
            assert f"{GATEWAY}:443" in world.proxy.asked
            count = len(world.proxy.asked)
            for source in ("service", "managed", "environment"):
                await sensor.change(proxy_source=source)
                world.server.cut()
                await world.advance(minutes=15)
                assert len(world.proxy.asked) > count, source
                count = len(world.proxy.asked)
            await sensor.change(proxy="")
            world.server.cut()
            await world.advance(minutes=30)
            assert len(world.proxy.asked) == count
            assert world.errors() == []
            with pytest.raises(LabError, match="Known: corp-proxy"):
                await sensor.change(proxy="corp-poxy")
            with pytest.raises(LabError, match="no such inspecting hop"):
                await sensor.change(trusts=("nobody",))
            assert sensor.machine.spec.trusts == ()

    asyncio.run(story())


def test_the_os_store_follows_what_the_administrator_trusts(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            ca = world.interceptor.cert_pem.bytes()
            store = "/etc/ssl/certs/ca-certificates.crt"
            assert ca not in sensor.machine.files.read(store)
            await sensor.change(trusts=("corp-proxy",))
            assert ca in sensor.machine.files.read(store)
            await sensor.change(trusts=())
            assert ca not in sensor.machine.files.read(store)

    asyncio.run(story())


def test_an_unknown_program_is_said_to_be_not_simulated(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            code, out, err, missing = await sensor.exec(["nmap", "-sS", "10.0.0.1"])
            assert (code, out, missing) == (127, "", ["nmap"])
            assert "not simulated" in err

    asyncio.run(story())


def test_a_device_that_is_made_again_is_the_same_and_its_logs_bear_the_tenants_time(tmp_path: Path) -> None:
    async def story() -> str:
        async with World(tmp_path) as world:
            sensor = await world.sensor(clock_skew_s=3600)
            assert "2026-01-05 10:00:00" in log_of(sensor)
            assert sensor.machine.files.read("/etc/hostname") == b"lin-1\n"
            assert b"ID=ubuntu" in sensor.machine.files.read("/etc/os-release")
            return sensor.machine_id

    first = asyncio.run(story())
    assert len(first) == 40
    assert int(first, 16)
    assert asyncio.run(story()) == first


def test_a_lean_device_in_memory_is_the_same_agent(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(files=MemoryTree(), lean=True)
            world.onboard(sensor)
            await world.advance(hours=1)
            assert sensor.state == "onboarded"
            assert sensor.sent == len(world.cloud.events) > 0

    asyncio.run(story())


def test_definitions_come_after_the_start_and_a_broken_download_keeps_the_last_good_ones(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor()
            assert not sensor.agent.first_definitions_done
            assert sensor.agent.definitions.status == "updating"
            await world.advance(minutes=2)
            assert sensor.agent.first_definitions_done
            assert sensor.agent.definitions.version == "1.400.1.0"
            world.cloud.override["/definitions/linux/latest.json"] = (200, {}, b"<html>welcome to the hotel</html>")
            await world.advance(hours=9)
            assert sensor.agent.definitions.version == "1.400.1.0"
            assert await sensor.refresh_definitions() is False
            del world.cloud.override["/definitions/linux/latest.json"]
            assert await sensor.refresh_definitions() is True
            sensor.restore_definitions()
            assert (sensor.agent.definitions.version, sensor.agent.definitions.status) == ("", "unavailable")
            assert await sensor.refresh_definitions() is True
            assert sensor.agent.definitions.version == "1.400.1.0"

    asyncio.run(story())
