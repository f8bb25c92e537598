"""A device finds its way with real sockets: PAC files fetched and kept, ways tried in order, and what is said of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import msgspec
from endpoint_world import CLOUD, GATEWAY, Answer, Asked, Server, World

from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.route import Always, Reach
from mdelab.endpoint.sensor import Sensor
from mdelab.endpoint.transport import Transport
from mdelab.model.evidence import Purpose
from mdelab.model.platform import Platform
from mdelab.model.route import PassedOver, Route, Way
from mdelab.model.site import Site
from mdelab.model.trust import Trust

URL = f"https://{GATEWAY}/test"
PAC_URL = "http://pac.corp.example/proxy.pac"


async def serve(world: World, answer: Callable[[Asked], Answer]) -> Server:
    """A PAC server for `pac.corp.example`."""
    server = Server(answer)
    address = await server.start()
    world._more.append(server)
    world.attachment.ports[CLOUD, 80] = address
    world.dns.names["pac.corp.example"] = CLOUD
    return server


def script(*ways: str) -> Callable[[Asked], Answer]:
    text = f"function FindProxyForURL(url, host) {{ return '{'; '.join(ways)}'; }}"
    return lambda asked: (200, {"Content-Type": "application/x-ns-proxy-autoconfig"}, text.encode())


def missing(asked: Asked) -> Answer:
    return 404, {}, b"not here"


async def ask(sensor: Sensor, url: str = URL) -> Reply | Failure:
    return await sensor.fetch(url, purpose=Purpose.TEST, trust=Trust.ROOT_SET)


async def mac(world: World, **more: object) -> Sensor:
    return await world.sensor(name="mac-1", platform=Platform.MACOS, pac=PAC_URL, **more)


def test_a_pac_file_is_fetched_once_from_the_devices_address_and_never_through_a_proxy(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            pac = await serve(world, script(f"PROXY 127.0.0.1:{world.proxy_address[1]}"))
            sensor = await mac(world, proxy="corp-proxy")
            assert isinstance(await ask(sensor), Reply)
            world.server.cut()
            assert isinstance(await ask(sensor), Reply)
            assert [one.path for one in pac.asked] == ["/proxy.pac"]
            assert pac.asked[0].peer[0] == world.address
            assert world.proxy.asked == [f"{GATEWAY}:443"] * 2
            assert [one.step for one in world.evidence if one.purpose is Purpose.PAC] == ["dns", "tcp", "http"]
            routes = [one.route for one in world.evidence if one.step == "route"]
            assert len(routes) == 2
            assert routes[0] is not None
            assert (routes[0].source, routes[0].pac_url) == ("pac", PAC_URL)
            assert [(one.source, one.reason) for one in routes[0].passed_over] == [("environment", "weaker")]

    asyncio.run(story())


def test_after_a_failure_a_mac_leaves_the_file_alone_for_longer_and_longer(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            pac = await serve(world, missing)
            sensor = await mac(world)
            for wait_s, fetched in ((0, 1), (7, 1), (1, 2), (31, 2), (1, 3), (120, 4), (3600, 4), (10800, 5)):
                await world.advance(seconds=wait_s)
                route = await sensor.route(URL)
                assert len(pac.asked) == fetched, wait_s
                assert [(one.reason, one.code) for one in route.passed_over] == [("pac-404", 308)]
            pac.handler = script("PROXY a:1")
            await world.advance(hours=4)
            assert (await sensor.route(URL)).source == "pac"

    asyncio.run(story())


def test_windows_tries_again_each_time_and_takes_the_first_way_only(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            pac = await serve(world, missing)
            world.tenant.site = Site(dhcp_pac_url=PAC_URL)
            sensor = await world.sensor(name="win-1", platform=Platform.WINDOWS)
            for _ in range(3):
                (over,) = (await sensor.route(URL)).passed_over
                assert (over.source, over.reason, over.code) == ("wpad", "pac-404", 12167)
            assert len(pac.asked) == 3
            pac.handler = script("PROXY a:1", "PROXY b:2", "DIRECT")
            assert [str(way) for way in (await sensor.route(URL)).ways] == ["http://a:1"]

    asyncio.run(story())


def test_a_file_is_fetched_again_when_it_is_no_longer_fresh_or_the_network_has_changed(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            pac = await serve(world, script("PROXY a:1"))
            sensor = await mac(world)
            for change, fetched in (("", 1), ("hours", 1), ("day", 2), ("network", 3)):
                await world.advance(hours={"hours": 11, "day": 2}.get(change, 0))
                if change == "network":
                    world.tenant.site = msgspec.structs.replace(world.tenant.site)
                await sensor.route(URL)
                assert len(pac.asked) == fetched, change

    asyncio.run(story())


def test_a_kept_connection_is_used_while_the_settings_stay_as_they_are(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await serve(world, script("DIRECT"))
            sensor = await mac(world)
            await ask(sensor)
            await ask(sensor)
            assert world.server.connections == 1
            await sensor.change(pac="", proxy="corp-proxy")
            await ask(sensor)
            assert world.proxy.asked == [f"{GATEWAY}:443"]
            assert len([one for one in world.evidence if one.step == "route"]) == 2

    asyncio.run(story())


def test_the_next_way_is_tried_when_no_connection_could_be_made_and_each_failure_is_recorded(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await serve(world, script("PROXY nobody.corp.example:1", "PROXY 127.0.0.1:1", "DIRECT"))
            sensor = await mac(world)
            assert isinstance(await ask(sensor), Reply)
            failed = [(one.step, one.curl_code, one.name) for one in world.errors()]
            assert failed == [("dns", 5, GATEWAY), ("tcp", 7, GATEWAY)]

    asyncio.run(story())


def test_a_proxy_that_refuses_is_an_answer_and_no_reason_to_go_another_way(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            world.proxy.answer = b"HTTP/1.1 403 Forbidden\r\n\r\n"
            await serve(world, script(f"PROXY 127.0.0.1:{world.proxy_address[1]}", "DIRECT"))
            outcome = await ask(await mac(world))
            assert isinstance(outcome, Failure)
            assert (outcome.step, outcome.connect_status) == ("tunnel", 403)
            assert world.server.connections == 0

    asyncio.run(story())


def test_a_way_that_stays_silent_is_left_after_a_time_when_there_is_another(tmp_path: Path) -> None:
    """A name that nobody answers for, on the tenant's clock."""

    async def story() -> None:
        async with World(tmp_path) as world:
            await serve(world, script("PROXY slow.corp.example:1", "DIRECT"))
            sensor = await mac(world)
            await sensor.route(URL)
            world.dns.is_silent = True
            pending = asyncio.ensure_future(ask(sensor))
            async with asyncio.timeout(10):
                while "slow.corp.example" not in [name for name, _ in world.dns.asked]:  # noqa: ASYNC110 (a deadline is above)
                    await asyncio.sleep(0)
            world.dns.is_silent = False
            world.tenant.clock.move_to(next_due(world))
            for timer in world.tenant.clock.pop_due():
                await timer.action()
            assert isinstance(await pending, Reply)
            (left,) = world.errors()
            assert (left.step, left.curl_code, left.error) == (
                "dns",
                28,
                "Resolving timed out after 20000 milliseconds",
            )

    asyncio.run(story())


def next_due(world: World):  # type: ignore[no-untyped-def]
    due = world.tenant.clock.next_due()
    assert due is not None
    return due


def test_a_client_that_may_go_no_way_does_not_connect_and_says_why(tmp_path: Path) -> None:
    class Nowhere(Always):
        async def route(self, url: str, reach: Reach) -> Route:
            return Route(
                source="pac", ways=(), passed_over=(PassedOver(source="pac", reason="pac-404", text="not there"),)
            )

    async def story() -> None:
        async with World(tmp_path) as world:
            transport = Transport(
                name="mac-1",
                tenant=world.tenant,
                attachment=world.attachment,
                sink=world.evidence.append,
                router=Nowhere(),
                roots=lambda trust: world.ca.cert_pem.bytes(),
            )
            with world.tenant.work.item("test") as item:
                outcome = await transport.request("GET", URL, purpose=Purpose.AGENT, trust=Trust.ROOT_SET, item=item)
            await transport.close()
            assert outcome == Failure("route", 5, f"no route to {GATEWAY}: not there")
            assert [(one.step, one.error) for one in world.evidence] == [("route", outcome.text)]
            assert world.server.connections == 0

    asyncio.run(story())


def test_who_decides_nothing_records_no_route(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            with world.tenant.work.item("test") as item:
                await world.transport().request("GET", URL, purpose=Purpose.AGENT, trust=Trust.ROOT_SET, item=item)
            assert "route" not in {one.step for one in world.evidence}
            assert Always().settings() == Route(source="", ways=(Way(proxy=None, source=""),))

    asyncio.run(story())


def test_what_was_passed_over_is_logged_once_for_a_host_and_again_when_it_changes(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            pac = await serve(world, missing)
            sensor = await mac(world)

            def said() -> list[str]:
                log = sensor.machine.files.read(sensor.machine.paths.core_log).decode()
                return [line for line in log.splitlines() if "passed over" in line]

            await sensor.route(URL)
            await sensor.route(URL)
            assert len(said()) == 1
            assert "answered with 404, not 200 (308); it goes direct" in said()[0]
            pac.handler = lambda asked: (401, {}, b"")
            await world.advance(minutes=1)
            await sensor.route(URL)
            assert len(said()) == 2

    asyncio.run(story())
