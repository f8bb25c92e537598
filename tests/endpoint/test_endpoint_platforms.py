"""One table of stories over the three platforms: the agent, its sockets and the tests are the same, and none asks which it is."""

import asyncio
from pathlib import Path

import pytest
from endpoint_world import GATEWAY, Server, World

from mdelab.endpoint import artifacts
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
