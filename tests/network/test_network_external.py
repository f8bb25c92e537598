"""The way to a proxy that is not the lab's: what it answers, the tunnel that comes back, and whose that tunnel is."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from network_rig import ENDPOINT, NAME, Authorities, Rig, curl, rig

from mdelab.model.errors import LabError
from mdelab.model.evidence import join
from mdelab.model.tenant import HopPolicy
from mdelab.model.work import Address
from mdelab.network.entrance import Entrance
from mdelab.network.external import ExternalProxies

OTHER_ENDPOINT = "127.21.0.2"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _passes_on(entrance: Address, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A user's own proxy, in which nothing but the upstream is set: bytes go there and back."""
    far_reader, far_writer = await asyncio.open_connection(*entrance)

    async def carry(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        while data := await source.read(65_536):
            sink.write(data)
        sink.close()

    await asyncio.gather(carry(reader, far_writer), carry(far_reader, writer), return_exceptions=True)


@asynccontextmanager
async def own_proxy(authorities: Authorities, handler: Handler | None = None) -> AsyncIterator[tuple[Rig, Address]]:
    """A hop `own-proxy`, by default before a proxy that goes on to the entrance; where devices reach it."""
    async with rig(authorities) as net:
        external = ExternalProxies(net.directory, net.seen.append, "lab-1")
        entrance = Entrance(net.zone, net.seen.append, "lab-1", external.claim)
        upstream = await entrance.start()
        server = await asyncio.start_server(
            handler or (lambda reader, writer: _passes_on(upstream, reader, writer)), "127.0.0.1", 0
        )
        port = server.sockets[0].getsockname()[1]
        net.hop(HopPolicy(name="own-proxy", kind="external", address=f"127.0.0.1:{port}"))
        (address,) = await external.start()
        try:
            yield net, address
        finally:
            server.close()
            await external.stop()
            await entrance.stop()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(main())


def test_a_device_gets_through_and_its_connection_is_one_from_end_to_end(authorities: Authorities) -> None:
    async def test() -> None:
        async with own_proxy(authorities) as (net, proxy):
            done = await curl(proxy, f"https://{NAME}/api/report", source=ENDPOINT, roots=authorities.cloud_roots)
            assert done.out == "OK /api/report"
            (connection,) = join([*net.seen, *net.cloud.seen])
            assert connection.observers == ["own-proxy", "entrance", "cloud"]
            assert [record.endpoint for record in net.of("entrance")] == ["lin-1"]
            callers = [record.peer[0] for record in net.cloud.seen if record.peer]
            assert callers == [ENDPOINT], "the cloud knows who called"
            assert not [record for record in net.of("own-proxy") if record.tls], "it was passed on unread"

    run(test)


def test_plain_http_goes_the_same_way(authorities: Authorities) -> None:
    async def test() -> None:
        async with own_proxy(authorities) as (net, proxy):
            assert (await curl(proxy, "http://crl.microsoft.com/a", source=ENDPOINT)).out == "OK /a"
            assert net.of("own-proxy")[0].name == "crl.microsoft.com"

    run(test)


def test_a_proxy_that_is_not_there_is_told_to_the_device_and_to_the_lab(authorities: Authorities) -> None:
    async def test() -> None:
        async with own_proxy(authorities) as (net, proxy):
            net.hop(HopPolicy(name="own-proxy", kind="external", address="127.0.0.1:9"))
            assert "502" in (await curl(proxy, f"https://{NAME}/", source=ENDPOINT)).err
            (record,) = net.of("own-proxy")
            assert (record.connect_status, record.error.partition(": ")[0]) == (
                502,
                "the external proxy 127.0.0.1:9 cannot be reached",
            )

    run(test)


async def _hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.close()


async def _refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
    writer.close()


@pytest.mark.parametrize(
    ("handler", "status", "said"), [(_hangs_up, 0, "closed without an answer"), (_refuses, 407, "answered 407")]
)
def test_what_the_proxy_answers_is_in_the_evidence(
    authorities: Authorities, handler: Handler, status: int, said: str
) -> None:
    async def test() -> None:
        async with own_proxy(authorities, handler) as (net, proxy):
            await curl(proxy, f"https://{NAME}/", source=ENDPOINT)
            (record,) = net.of("own-proxy")
            assert (record.connect_status, record.error.endswith(said)) == (status, True)

    run(test)


def test_a_tunnel_is_nobodys_while_two_devices_wait_for_one_name(authorities: Authorities) -> None:
    async def test() -> None:
        both = asyncio.Event()
        waiting: list[str] = []

        async def waits(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            waiting.append("one")
            if len(waiting) == 2:
                both.set()
            await both.wait()
            await _passes_on(upstream, reader, writer)

        async with own_proxy(authorities, waits) as (net, proxy):
            net.directory.bind(OTHER_ENDPOINT, net.tenant, "lin-2")
            entrance = Entrance(net.zone, net.seen.append, "lab-1", lambda host: None)
            upstream = await entrance.start()
            done = await asyncio.gather(
                *(
                    curl(proxy, f"https://{NAME}/", source=source, roots=authorities.cloud_roots)
                    for source in (ENDPOINT, OTHER_ENDPOINT)
                )
            )
            await entrance.stop()
            assert [one.out for one in done] == ["OK /", "OK /"]
            assert [record.endpoint for record in net.of("entrance")] == ["", ""]

    run(test)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"address": ""}, "is empty"),
        ({"address": "http://127.0.0.1:3128"}, "begins with a scheme"),
        ({"address": "127.0.0.1"}, "lacks a host or a port"),
        ({"address": "user:secret@127.0.0.1:3128"}, "holds credentials"),
        ({"address": "127.0.0.1:99999"}, "is not a proxy URL"),
        ({"address": "127.0.0.1:3128", "auth": "basic"}, "Leave auth out"),
        ({"address": "127.0.0.1:3128", "exempt": ("*",)}, "Leave exempt out"),
        ({"address": "127.0.0.1:3128", "kind": "tunnel"}, "only an external one has"),
    ],
)
def test_a_hop_that_cannot_stand_for_a_proxy_is_refused(changes: dict[str, str], said: str) -> None:
    with pytest.raises(LabError, match=said) as refused:
        HopPolicy(**{"name": "own-proxy", "kind": "external", **changes}).check()  # type: ignore[arg-type]  # parametrised
    assert "secret" not in str(refused.value)
