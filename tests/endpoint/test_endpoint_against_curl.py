"""The transport beside real curl, an implementation that is not ours: the same failure gets the same code and words."""

import asyncio
import shutil
import ssl
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from endpoint_world import CLOUD, GATEWAY, NAMES, Server, World

from mdelab.endpoint.outcome import Failure
from mdelab.model.evidence import Purpose
from mdelab.model.proxy import Proxy
from mdelab.model.trust import Trust

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl, which the product asks for too")

URL = f"https://{GATEWAY}/test"
Arrange = Callable[[World], Awaitable[None]]


async def curl(world: World, *options: str) -> tuple[int, str]:
    """(exit code, what it says), from the same address, with the same roots, led to the same server."""
    host, port = world.attachment.ports[(CLOUD, 443)]
    process = await asyncio.create_subprocess_exec(
        "curl",
        *("-q", "-sS", "--max-time", "20", "--interface", world.address, "--noproxy", ""),
        *("--cacert", str(world.attachment.root_set), "--connect-to", f"{GATEWAY}:443:{host}:{port}"),
        *(*options, URL),
        env={"PATH": "/usr/bin:/bin"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, err.decode()


async def ours(world: World, proxy: Proxy | None = None) -> Failure:
    with world.tenant.work.item("test") as item:
        outcome = await world.transport(proxy=proxy).request(
            "GET", URL, purpose=Purpose.AGENT, trust=Trust.OS_STORE, item=item
        )
    assert isinstance(outcome, Failure), outcome
    return outcome


async def intercepted(world: World) -> None:
    await world.behind(Server(world.cloud.answer, world.tls(world.interceptor, *NAMES)))


async def wrong_name(world: World) -> None:
    await world.behind(Server(world.cloud.answer, world.tls(world.ca, "other.microsoft.com")))


async def expired(world: World) -> None:
    past = datetime.now(UTC) - timedelta(days=1)
    await world.behind(Server(world.cloud.answer, world.tls(world.ca, *NAMES, not_after=past)))


async def refuses_every_name(world: World) -> None:
    context = world.tls(world.ca, *NAMES)
    context.sni_callback = lambda *_: ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    await world.behind(Server(world.cloud.answer, context))


async def no_common_suite(world: World) -> None:
    context = world.tls(world.ca, *NAMES)
    context.set_ciphers("PSK")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    await world.behind(Server(world.cloud.answer, context))


async def down(world: World) -> None:
    world.lead_to((CLOUD, 1))


@pytest.mark.parametrize(
    ("arrange", "code"),
    [(intercepted, 60), (wrong_name, 60), (expired, 60), (refuses_every_name, 35), (no_common_suite, 35), (down, 7)],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_a_failure_has_curls_code_and_words(tmp_path: Path, arrange: Arrange, code: int) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            await arrange(world)
            failure = await ours(world)
            theirs, said = await curl(world)
            assert failure.curl_code == theirs == code, said
            if code != 7:
                assert failure.text.split(": ", 1)[-1].lower() in said.lower(), (failure.text, said)

    asyncio.run(story())


@pytest.mark.parametrize("status", [302, 400, 403, 407, 429, 502, 503, 504])
def test_a_proxys_refusal_has_curls_code_and_words(tmp_path: Path, status: int) -> None:
    async def story() -> None:
        async with World(tmp_path) as world:
            world.proxy.answer = f"HTTP/1.1 {status} No\r\nContent-Length: 0\r\n\r\n".encode()
            proxy = f"http://{CLOUD}:{world.proxy_address[1]}"
            failure = await ours(world, Proxy(host=CLOUD, port=world.proxy_address[1]))
            theirs, said = await curl(world, "--proxy", proxy)
            if theirs == 7:
                pytest.skip("this curl answers 7 to a refused CONNECT, as curl does since 2026 (curl/curl#21084)")
            assert failure.curl_code == theirs == 56
            assert failure.text in said

    asyncio.run(story())
