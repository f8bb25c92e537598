import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from network_rig import NAME, UNKNOWN, Authorities, Rig, curl, rig

from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.entrance import Entrance


@asynccontextmanager
async def entered(authorities: Authorities) -> AsyncIterator[tuple[Rig, Address]]:
    async with rig(authorities) as net:
        entrance = Entrance(net.zone, net.seen.append, "lab-1")
        address = await entrance.start()
        try:
            yield net, address
        finally:
            await entrance.stop()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(main())


def test_any_client_reaches_the_lab_by_real_names(authorities: Authorities) -> None:
    async def test() -> None:
        async with entered(authorities) as (net, proxy):
            secure = await curl(proxy, f"https://{NAME}/api/report", source="127.0.0.1", roots=authorities.cloud_roots)
            plain = await curl(proxy, "http://crl.microsoft.com/a", source="127.0.0.1")
            assert (secure.out, plain.out) == ("OK /api/report", "OK /a")
            tunnel, exchange = net.seen
            assert (tunnel.observer, tunnel.step, tunnel.connect_status, tunnel.name) == (
                "entrance",
                "tunnel",
                200,
                NAME,
            )
            assert (exchange.step, exchange.http and exchange.http.status) == ("http", 200)
            assert [record.peer for record in net.cloud.seen] == [tunnel.onward[0], exchange.onward[0]]

    run(test)


@pytest.mark.parametrize("host", [UNKNOWN, "localhost", "127.0.0.1", "microsoft.com.example.org"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_every_other_name_is_refused_and_nothing_is_sent(authorities: Authorities, host: str, scheme: str) -> None:
    async def test() -> None:
        async with entered(authorities) as (net, proxy):
            options = ["--include", "--suppress-connect-headers", "--verbose", "--noproxy", ""]
            answer = await curl(proxy, f"{scheme}://{host}/", *options, source="127.0.0.1")
            assert "403" in answer.err
            assert "X-Mdelab: lab-1" in answer.err
            if scheme == "http":
                assert f"mdelab: {host} is not simulated by this lab; nothing was sent." in answer.out
            assert net.seen[0].error.startswith(f"mdelab: {host} is not simulated")
            assert net.cloud.seen == []

    run(test)


def test_another_port_of_a_simulated_name_is_refused(authorities: Authorities) -> None:
    async def test() -> None:
        async with entered(authorities) as (net, proxy):
            answer = await curl(proxy, "http://crl.microsoft.com:8080/", source="127.0.0.1")
            assert "simulated on port 80" in answer.out
            assert net.cloud.seen == []

    run(test)


def test_garbage_is_answered_with_400(authorities: Authorities) -> None:
    async def test() -> None:
        async with entered(authorities) as (_, proxy):
            reader, writer = await asyncio.open_connection(*proxy)
            writer.write(b"\x00\xff garbage\r\n\r\n")
            assert (await reader.read(-1)).startswith(b"HTTP/1.1 400 ")
            writer.close()
            await writer.wait_closed()

    run(test)


def test_a_cloud_that_does_not_listen_is_answered_with_502(authorities: Authorities) -> None:
    async def test() -> None:
        async with rig(authorities) as net:
            server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
            closed = server.sockets[0].getsockname()
            server.close()
            await server.wait_closed()
            entrance = Entrance(Zone(lambda _: True, "127.0.0.1", {("127.0.0.1", 80): closed}), net.seen.append, "lab")
            address = await entrance.start()
            answer = await curl(address, "http://crl.microsoft.com/", "--include", source="127.0.0.1")
            assert answer.out.startswith("HTTP/1.1 502 ")
            await entrance.stop()

    run(test)
