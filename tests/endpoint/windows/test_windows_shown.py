"""What a Windows device shows of its client to those who look: values of the registry, a service, events."""

import asyncio
from pathlib import Path

import pytest
from endpoint_world import GATEWAY, Server, World

from mdelab.catalogue.platforms import complete
from mdelab.endpoint.event_log import EventRecord
from mdelab.endpoint.publish_windows import STATUS_KEY
from mdelab.endpoint.registry import REGISTRY_FILE, Value
from mdelab.endpoint.sensor import Sensor
from mdelab.model.device import DeviceSpec
from mdelab.model.errors import LabError
from mdelab.model.platform import Platform

CHANNEL = "Microsoft-Windows-SENSE/Operational"


def test_on_and_offboarding_are_seen_in_registry_service_and_event_log(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=Platform.WINDOWS)
            assert (shown(sensor), runs(sensor), ids(sensor)) == (None, False, [])
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert (shown(sensor), runs(sensor)) == (Value("REG_DWORD", 1), True)
            assert ids(sensor) == [1, 4, 11, 13, 50]
            world.offboard(sensor)
            await world.advance(seconds=5)
            assert (shown(sensor), runs(sensor)) == (Value("REG_DWORD", 0), False)
            assert ids(sensor)[-1] == 44

    asyncio.run(story())


def test_interception_is_seen_in_the_event_log(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await world.behind(Server(world.server.handler, world.tls(world.interceptor, GATEWAY)))
            sensor = await world.sensor(platform=Platform.WINDOWS)
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert ids(sensor) == [1, 5, 15]
            assert "winatp-gw-cus.microsoft.com" in events(sensor)[1].text

    asyncio.run(story())


def test_a_policy_for_the_proxy_beats_that_of_the_system(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=Platform.WINDOWS, proxy="http://127.0.0.1:9")
            await sensor.change(proxy="corp-proxy", proxy_source="managed")
            world.onboard(sensor)
            await world.advance(seconds=5)
            assert sensor.state == "onboarded"
            assert world.proxy.asked

    asyncio.run(story())


def test_a_registry_that_cannot_be_read_is_told_in_the_log(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=Platform.WINDOWS)
            sensor.machine.files.write(REGISTRY_FILE, b"{")
            await world.advance(minutes=1)
            log = sensor.machine.files.read(sensor.machine.paths.core_log).decode()
            assert "cannot be read" in log
            assert sensor.state == "fresh"
            sensor.machine.files.remove(REGISTRY_FILE)
            world.onboard(sensor)
            await world.advance(minutes=1)
            assert sensor.state == "onboarded"

    asyncio.run(story())


def test_a_home_edition_has_no_client(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            sensor = await world.sensor(platform=Platform.WINDOWS, edition="Home")
            world.onboard(sensor)
            await world.advance(hours=1)
            assert (shown(sensor), "sense" in sensor.machine.services()) == (None, False)
            assert world.cloud.asked_at == []

    asyncio.run(story())


def test_an_edition_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(LabError, match=r"'Ultimate'.*Enterprise, Education, Pro"):
        complete(DeviceSpec(name="win-1", platform=Platform.WINDOWS, edition="Ultimate"))


def shown(sensor: Sensor) -> Value | None:
    assert sensor.machine.registry
    return sensor.machine.registry.get(STATUS_KEY, "OnboardingState")


def runs(sensor: Sensor) -> bool:
    return sensor.machine.services()["sense"]


def events(sensor: Sensor) -> list[EventRecord]:
    assert sensor.machine.event_log
    return sensor.machine.event_log.read(CHANNEL)


def ids(sensor: Sensor) -> list[int]:
    return [event.id for event in events(sensor)]
