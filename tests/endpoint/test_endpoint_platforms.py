"""One table of stories over the three platforms: the agent, its sockets and the tests are the same, and none asks which it is."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest
from endpoint_world import GATEWAY, Server, World

from mdelab.catalogue.platforms import complete, os_platform, os_version, platform_row
from mdelab.endpoint import artifacts, layout
from mdelab.endpoint.files import MemoryTree
from mdelab.endpoint.sensor import Sensor
from mdelab.model.device import DeviceSpec, ProxySource
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform

PLATFORMS = pytest.mark.parametrize("platform", list(Platform), ids=str)


@PLATFORMS
def test_a_device_onboards_reports_and_offboards(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform)
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "onboarded"
            await world.advance(hours=1)
            assert sensor.sent == len(world.cloud.events) == 5
            world.offboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "offboarded"
            assert world.cloud.goodbyes == 1
            assert artifacts.read(sensor.machine).onboarding is None

    asyncio.run(story())


@PLATFORMS
def test_an_intercepting_proxy_is_refused_although_the_device_trusts_its_ca(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await world.behind(Server(world.server.handler, world.tls(world.interceptor, GATEWAY)))
            sensor = await world.sensor(platform=platform, trusts=("corp-proxy",))
            world.onboard(sensor)
            await world.advance(minutes=1)
            assert sensor.state == "enrolling"
            assert {record.curl_code for record in world.errors()} == {60}

    asyncio.run(story())


@PLATFORMS
def test_a_device_goes_through_the_proxy_of_its_system(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform, proxy="corp-proxy")
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "onboarded"
            assert world.proxy.asked
            await sensor.change(proxy="")
            assert "HTTPS_PROXY" not in sensor.machine.environment

    asyncio.run(story())


@PLATFORMS
def test_what_management_decides_about_the_proxy_beats_the_setting_of_the_system(
    tmp_path: Path, platform: Platform
) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform, proxy="corp-proxy", proxy_source="managed")
            layout.write_proxy(sensor.machine, "http://127.0.0.1:9", "environment")
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "onboarded"
            assert world.proxy.asked
            layout.write_proxy(sensor.machine, "", "managed")
            await world.advance(minutes=15)
            assert {record.curl_code for record in world.errors()} == {7}

    asyncio.run(story())


@PLATFORMS
def test_a_place_for_the_proxy_that_a_platform_does_not_have_is_refused(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform)
            known = {row.name for row in platform_row(platform).proxy}
            for source in set(get_args(ProxySource)) - known:
                with pytest.raises(LabError, match=f"no proxy_source '{source}'"):
                    await sensor.change(proxy="corp-proxy", proxy_source=source)

    asyncio.run(story())


@PLATFORMS
def test_a_device_of_a_fleet_leaves_nothing_behind_but_its_files(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform, files=MemoryTree(), lean=True)
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "onboarded"
            assert not sensor.machine.files.exists(sensor.machine.paths.state)

    asyncio.run(story())


@PLATFORMS
def test_a_left_over_offboarding_package_blocks_onboarding(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform)
            world.offboard(sensor)
            world.onboard(sensor)
            await world.advance(minutes=1)
            assert sensor.state == "fresh"
            artifacts.remove(sensor.machine, "offboarding")
            await world.advance(minutes=1)
            assert sensor.state == "onboarded"

    asyncio.run(story())


@PLATFORMS
def test_a_device_that_is_switched_on_again_is_still_onboarded(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            first = await world.sensor(platform=platform)
            world.onboard(first)
            await world.advance(seconds=5)
            await first.stop()
            again = await world.sensor(platform=platform)
            assert again.state == "onboarded"
            assert again.machine_id == first.machine_id

    asyncio.run(story())


@PLATFORMS
def test_a_package_that_cannot_be_read_is_refused_and_the_next_one_is_taken(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform)
            artifacts.write(sensor.machine, "onboarding", "{")
            await world.advance(seconds=5)
            assert sensor.state == "fresh"
            assert "onboarding refused (malformed)" in core_log(sensor)
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "onboarded"

    asyncio.run(story())


@PLATFORMS
def test_only_the_state_of_the_client_tells_whether_its_service_has_work(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform)
            name = platform_row(platform).service
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.machine.services()[name]
            await sensor.control_service(name, False)
            before = len(world.cloud.asked_at)
            await world.advance(hours=1)
            assert len(world.cloud.asked_at) == before
            await sensor.control_service(name, True)
            await world.advance(hours=1)
            assert len(world.cloud.asked_at) > before

    asyncio.run(story())


@PLATFORMS
def test_a_program_sleeps_in_the_time_of_the_tenant(tmp_path: Path, platform: Platform) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=platform)
            nap = asyncio.ensure_future(sensor.sleep(timedelta(seconds=30)))
            await world.advance(seconds=29)
            assert not nap.done()
            await world.advance(seconds=1)
            await nap

    asyncio.run(story())


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (DeviceSpec(name="a"), ("Ubuntu", "22.04")),
        (DeviceSpec(name="a", platform=Platform.MACOS), ("macOS", "15.0.1")),
        (DeviceSpec(name="a", platform=Platform.WINDOWS), ("Windows10", "22H2")),
        (DeviceSpec(name="a", platform=Platform.WINDOWS, release="10.0.22631"), ("Windows11", "23H2")),
        (
            DeviceSpec(name="a", platform=Platform.WINDOWS, edition="Server 2019"),
            ("WindowsServer2019", "1809"),
        ),
    ],
    ids=["linux", "macos", "windows 10", "windows 11", "windows server"],
)
def test_the_api_is_told_the_system_in_its_own_words(spec: DeviceSpec, expected: tuple[str, str]) -> None:
    device = complete(spec)
    assert (os_platform(device), os_version(device)) == expected


def core_log(sensor: Sensor) -> str:
    return sensor.machine.files.read(sensor.machine.paths.core_log).decode()
