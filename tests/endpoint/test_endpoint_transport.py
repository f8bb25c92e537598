"""The transport against real sockets: what it says, step by step, when each layer fails, in curl's words."""

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvloop
from endpoint_world import CLOUD, GATEWAY, NAMES, Asked, Server, World

from mdelab.endpoint.outcome import Failure, Reply
from mdelab.endpoint.transport import Transport
from mdelab.model.evidence import Evidence, Purpose, join
from mdelab.model.proxy import Proxy
from mdelab.model.trust import Trust

URL = f"https://{GATEWAY}/test"


async def ask(
    world: World,
    transport: Transport,
    url: str = URL,
    *,
    trust: Trust = Trust.ROOT_SET,
    method: str = "GET",
    body: bytes = b"",
) -> Reply | Failure:
    with world.tenant.work.item("test") as item:
        return await transport.request(method, url, purpose=Purpose.AGENT, trust=trust, item=item, body=body)


async def fail(world: World, transport: Transport, url: str = URL, *, trust: Trust = Trust.ROOT_SET) -> Failure:
    outcome = await ask(world, transport, url, trust=trust)
    assert isinstance(outcome, Failure), outcome
    return outcome


def steps(records: list[Evidence]) -> list[tuple[str, str]]:
    return [(record.step, record.error) for record in records]


def proxy_of(world: World) -> Proxy:
    return Proxy(host=CLOUD, port=world.proxy_address[1])


async def raw_server(world: World, answer: bytes, *, after: int = 1) -> asyncio.Server:
    """Answers `answer` to the first bytes, whatever they are, and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(after)
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(serve, CLOUD, 0)
    world.lead_to(server.sockets[0].getsockname())
    return server


@pytest.mark.parametrize("runner", [asyncio.run, uvloop.run])
def test_a_request_is_seen_step_by_step_from_the_devices_own_address(tmp_path: Path, runner: Any) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            outcome = await ask(world, world.transport())
            assert isinstance(outcome, Reply)
            assert (outcome.status, outcome.body) == (200, b"OK")
            assert steps(world.evidence) == [("dns", ""), ("tcp", ""), ("tls", ""), ("http", "")]
            (asked,) = world.server.asked
            assert asked.peer[0] == world.address
            assert asked.headers["host"] == GATEWAY
            assert world.dns.asked[0][1][0] == world.address
            tls = world.evidence[2].tls
            assert tls
            assert tls.version == "TLSv1.3"
            assert world.evidence[1].local == asked.peer
            assert [connection.name for connection in join(world.evidence[1:])] == [GATEWAY]

    runner(story())


def test_a_connection_is_used_again_and_replaced_when_the_server_has_closed_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            transport = world.transport()
            for _ in range(3):
                assert isinstance(await ask(world, transport), Reply)
            assert world.server.connections == 1
            world.server.cut()
            assert isinstance(await ask(world, transport), Reply)
            assert world.server.connections == 2
            assert [record for record in world.evidence if record.error] == []

    asyncio.run(story())


def test_channels_of_different_trust_never_share_a_connection(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            transport = world.transport()
            await ask(world, transport, trust=Trust.OS_STORE)
            await ask(world, transport, trust=Trust.ROOT_SET)
            assert world.server.connections == 2

    asyncio.run(story())


def test_a_name_that_the_lab_does_not_have_is_curls_6(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            failure = await fail(world, world.transport(), "https://www.example.org/")
            assert (failure.step, failure.curl_code) == ("dns", 6)
            assert failure.text == "Could not resolve host: www.example.org"
            assert steps(world.evidence) == [("dns", failure.text)]

    asyncio.run(story())


@pytest.mark.parametrize("name", ["a" * 64 + ".microsoft.com", "..", "ä.microsoft.com"])
def test_a_name_that_cannot_be_asked_for_does_not_resolve(tmp_path: Path, name: str) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            failure = await fail(world, world.transport(), f"https://{name}/")
            assert failure.curl_code == 6

    asyncio.run(story())


def test_a_dead_server_is_curls_7_and_a_dead_resolver_curls_6(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            world.lead_to((CLOUD, 1))
            failure = await fail(world, world.transport())
            assert (failure.step, failure.curl_code) == ("tcp", 7)
            assert "Failed to connect to" in failure.text
            world.dns.stop()
            await asyncio.sleep(0)
            failure = await fail(world, world.transport())
            assert (failure.step, failure.curl_code) == ("dns", 6)

    asyncio.run(story())


def test_an_intercepted_chain_is_refused_with_the_real_alert_and_looked_at_by_a_probe(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            alerts: list[str] = []
            context = world.tls(world.interceptor, *NAMES)

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                try:
                    await writer.start_tls(context)
                    assert await reader.read() == b""
                except ssl.SSLError as error:
                    alerts.append(error.reason or "")
                finally:
                    writer.close()

            server = await asyncio.start_server(serve, CLOUD, 0)
            world.lead_to(server.sockets[0].getsockname())
            failure = await fail(world, world.transport())
            assert (failure.step, failure.curl_code, failure.verify_code, failure.alert) == (
                "tls",
                60,
                20,
                "unknown ca",
            )
            assert failure.text == "SSL certificate problem: unable to get local issuer certificate"
            assert [(record.step, record.purpose) for record in world.evidence] == [
                ("dns", "agent"),
                ("tcp", "agent"),
                ("tls", "agent"),
                ("dns", "probe"),
                ("tcp", "probe"),
                ("tls", "probe"),
            ]
            probe = world.evidence[-1].tls
            assert probe
            assert failure.presented_by == probe.presented_by != ""
            assert len(probe.leaf_sha256) == 64
            assert any("UNKNOWN_CA" in alert for alert in alerts), alerts
            server.close()
            await server.wait_closed()

    asyncio.run(story())


def test_a_channel_on_the_os_store_is_not_probed(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await world.behind(Server(world.cloud.answer, world.tls(world.interceptor, *NAMES)))
            failure = await fail(world, world.transport(), trust=Trust.OS_STORE)
            assert failure.curl_code == 60
            assert all(record.purpose is Purpose.AGENT for record in world.evidence)

    asyncio.run(story())


def test_a_wrong_name_and_an_expired_leaf_are_told_apart(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await world.behind(Server(world.cloud.answer, world.tls(world.ca, "other.microsoft.com")))
            failure = await fail(world, world.transport())
            assert failure.verify_code == 62
            assert failure.text == f"SSL: no alternative certificate subject name matches target host name '{GATEWAY}'"
            past = datetime.now(UTC) - timedelta(days=1)
            await world.behind(Server(world.cloud.answer, world.tls(world.ca, *NAMES, not_after=past)))
            failure = await fail(world, world.transport())
            assert (failure.verify_code, failure.alert) == (10, "certificate expired")
            assert failure.text == "SSL certificate problem: certificate has expired"

    asyncio.run(story())


def test_a_device_whose_clock_is_wrong_refuses_a_good_chain(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            dates = {
                "not_before": datetime.now(UTC) - timedelta(days=2),
                "not_after": datetime.now(UTC) + timedelta(days=2),
            }
            await world.behind(Server(world.cloud.answer, world.tls(world.ca, *NAMES, **dates)))
            failure = await fail(world, world.transport(skew=timedelta(days=3)))
            assert (failure.curl_code, failure.verify_code) == (60, 10)
            failure = await fail(world, world.transport(skew=timedelta(days=-3)))
            assert (failure.curl_code, failure.verify_code) == (60, 9)
            assert isinstance(await ask(world, world.transport(skew=timedelta(days=1))), Reply)

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "wrong version number"),
        (b"", "SSL_ERROR_SYSCALL"),
        # A fatal alert 112, as a server sends it that does not know the name.
        (b"\x15\x03\x03\x00\x02\x02\x70", "unrecognized name"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "handshake failure"),
    ],
)
def test_what_breaks_a_handshake_is_curls_35_in_openssls_words(tmp_path: Path, answer: bytes, text: str) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            server = await raw_server(world, answer, after=65536)
            failure = await fail(world, world.transport())
            assert (failure.step, failure.curl_code) == ("tls", 35)
            assert text in failure.text
            server.close()
            await server.wait_closed()

    asyncio.run(story())


def test_tls_below_1_2_is_not_spoken(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            context = world.tls(world.ca, *NAMES)
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            await world.behind(Server(world.cloud.answer, context))
            assert isinstance(await ask(world, world.transport()), Reply)
            assert world.evidence[-2].tls
            assert world.evidence[-2].tls.version == "TLSv1.2"

    asyncio.run(story())


def test_a_store_without_certificates_is_curls_77(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            failure = await fail(world, world.transport(roots=b"nothing of use\n"))
            assert (failure.step, failure.curl_code) == ("tls", 77)

    asyncio.run(story())


def test_a_tunnel_is_asked_for_and_recorded(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            assert isinstance(await ask(world, world.transport(proxy=proxy_of(world))), Reply)
            assert world.proxy.asked == [f"{GATEWAY}:443"]
            assert steps(world.evidence) == [("tcp", ""), ("tunnel", ""), ("tls", ""), ("http", "")]
            assert world.evidence[1].connect_status == 200
            assert world.dns.asked == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (
            b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=x\r\n\r\n",
            407,
            "response 407",
        ),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 3\r\n\r\nno\n", 403, "response 403"),
        (b"HTTP/1.0 302 Found\r\nLocation: http://portal/\r\n\r\n", 302, "response 302"),
        (b"garbage\r\n\r\n", 0, "response 0"),
        (b"", 0, "Proxy CONNECT aborted"),
    ],
)
def test_a_proxy_that_refuses_is_curls_56_and_never_gone_round(
    tmp_path: Path, answer: bytes, status: int, text: str
) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            world.proxy.answer = answer
            failure = await fail(world, world.transport(proxy=proxy_of(world)))
            assert (failure.step, failure.curl_code, failure.connect_status) == ("tunnel", 56, status)
            assert text in failure.text
            assert world.server.connections == 0

    asyncio.run(story())


def test_a_block_page_with_status_200_in_the_tunnel_is_a_broken_handshake(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            world.proxy.answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>blocked</html>"
            failure = await fail(world, world.transport(proxy=proxy_of(world)))
            assert (failure.step, failure.curl_code) == ("tls", 35)
            assert "wrong version number" in failure.text

    asyncio.run(story())


def test_a_proxy_that_is_down_or_has_no_address_fails_as_such(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            failure = await fail(world, world.transport(proxy=Proxy(host=CLOUD, port=1)))
            assert (failure.step, failure.curl_code) == ("tcp", 7)
            failure = await fail(world, world.transport(proxy=Proxy(host="proxy.corp", port=8080)))
            assert (failure.step, failure.curl_code) == ("dns", 5)
            assert failure.text == "Could not resolve proxy: proxy.corp"
            assert world.server.connections == 0

    asyncio.run(story())


@pytest.mark.parametrize("layer", ["dns", "tunnel", "http"])
def test_silence_is_curls_28_when_the_tenants_clock_says_so(tmp_path: Path, layer: str) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            reached = asyncio.Event()
            never = asyncio.Event()

            async def silent(asked: Asked) -> tuple[int, dict[str, str], bytes]:
                reached.set()
                await never.wait()
                return 200, {}, b""

            world.dns.is_silent = layer == "dns"
            world.proxy.is_silent = layer == "tunnel"
            world.server.handler = silent
            transport = world.transport(proxy=proxy_of(world) if layer == "tunnel" else None)
            request = asyncio.create_task(fail(world, transport))
            seen = {"dns": lambda: world.dns.asked, "tunnel": lambda: world.proxy.asked, "http": reached.is_set}[layer]
            async with asyncio.timeout(10):
                while not seen():  # noqa: ASYNC110 (one of three conditions; the deadline is above)
                    await asyncio.sleep(0)
            assert not request.done()
            world.tenant.clock.move_to(world.tenant.clock.now() + timedelta(seconds=30))
            for timer in world.tenant.clock.pop_due():
                await timer.action()
            failure = await request
            assert (failure.step, failure.curl_code) == (layer, 28)
            assert "timed out after 30000 milliseconds" in failure.text
            assert world.evidence[-1].error == failure.text
            assert world.tenant.work.in_flight() == []
            never.set()

    asyncio.run(story())


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", b"hello"),
        (b"HTTP/1.1 200 OK\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", b"hi"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello", 18),
        (b"", 52),
        (b"SSH-2.0-OpenSSH\r\n", 1),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000, 56),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n" + b"y" * 40_000_000, 63),
    ],
)
def test_an_answer_is_read_to_its_end_or_fails_as_curl_would(tmp_path: Path, answer: bytes, body: bytes | int) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            server = await raw_server(world, answer, after=65536)
            world.attachment.ports[(CLOUD, 80)] = server.sockets[0].getsockname()
            outcome = await ask(world, world.transport(), "http://x.cp.wd.microsoft.com/api/report")
            if isinstance(outcome, Failure):
                assert (outcome.step, outcome.curl_code) == ("http", body)
            else:
                assert outcome.body == body
            server.close()
            await server.wait_closed()

    asyncio.run(story())


def test_a_head_request_has_no_body_and_the_connection_goes_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:

            def handler(asked: Asked) -> tuple[int, dict[str, str], bytes]:
                return 200, {"Content-Length": "5000"} if asked.method == "HEAD" else {}, b""

            world.server.handler = handler
            transport = world.transport()
            assert isinstance(await ask(world, transport, method="HEAD"), Reply)
            outcome = await ask(world, transport)
            assert isinstance(outcome, Reply)
            assert world.server.connections == 1

    asyncio.run(story())


def test_many_devices_ask_at_once_over_one_shared_context(tmp_path: Path) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            transports = [world.transport() for _ in range(60)]
            outcomes = await asyncio.gather(
                *(ask(world, transport, method="POST", body=b"x" * 9000) for transport in transports)
            )
            assert {outcome.status for outcome in outcomes if isinstance(outcome, Reply)} == {200}
            assert len(outcomes) == len(world.server.asked) == 60

    asyncio.run(story())
