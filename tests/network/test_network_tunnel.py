import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import uvloop
from hypothesis import example, given
from hypothesis import strategies as st
from network_rig import ENDPOINT, NAME, OTHER, UNKNOWN, Authorities, Rig, curl, rig

from mdelab.model.errors import PeerError
from mdelab.model.evidence import Evidence, join
from mdelab.model.tenant import HopPolicy
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.head import parse_head
from mdelab.network.splice import carry
from mdelab.network.tunnel import TunnelProxy


@asynccontextmanager
async def proxied(authorities: Authorities, *policies: HopPolicy) -> AsyncIterator[tuple[Rig, list[Address]]]:
    async with rig(authorities) as net:
        for policy in policies or (HopPolicy(name="corp-proxy", kind="tunnel"),):
            net.hop(policy)
        proxy = TunnelProxy(net.directory, net.zone, net.seen.append, "lab-1")
        addresses = await proxy.start(slots=max(1, len(policies)))
        try:
            yield net, addresses
        finally:
            await proxy.stop()


def run(test: Callable[[], Awaitable[None]]) -> None:
    async def main() -> None:
        async with asyncio.timeout(60):
            await test()

    asyncio.run(main())


def test_curl_reaches_the_cloud_by_its_real_name_and_the_cloud_knows_who_called(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            answer = await curl(proxy, f"https://{NAME}/api/report", roots=authorities.cloud_roots)
            assert (answer.code, answer.out) == (0, "OK /api/report")
            [tunnel] = net.seen
            assert (tunnel.observer, tunnel.step, tunnel.connect_status) == ("corp-proxy", "tunnel", 200)
            assert (tunnel.name, tunnel.local, tunnel.peer) == (NAME, proxy, answer.source)
            assert tunnel.onward is not None
            [exchange] = net.cloud.seen
            assert exchange.peer == tunnel.onward[0]
            assert tunnel.onward[0][0] == ENDPOINT

    run(test)


def test_records_of_client_hop_and_cloud_join_into_one_connection(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            first = await curl(proxy, f"https://{NAME}/1", roots=authorities.cloud_roots)
            second = await curl(proxy, f"https://{OTHER}/2", roots=authorities.cloud_roots)
            clients = [
                Evidence(observer="curl", step="tcp", purpose="client", local=answer.source, peer=proxy, name=name)
                for answer, name in ((first, NAME), (second, OTHER))
            ]
            connections = join([*clients, *net.seen, *net.cloud.seen])
            assert [connection.name for connection in connections] == [NAME, OTHER]
            assert [connection.observers for connection in connections] == [["curl", "corp-proxy", "cloud"]] * 2

    run(test)


@pytest.mark.parametrize("scheme", ["basic", "negotiate", "ntlm", "digest"])
def test_an_authenticated_proxy_answers_407_with_its_challenge(authorities: Authorities, scheme: str) -> None:
    async def test() -> None:
        policy = HopPolicy(name="corp-proxy", kind="tunnel", auth=scheme)
        async with proxied(authorities, policy) as (net, [proxy]):
            answer = await curl(proxy, f"https://{NAME}/", "--verbose", roots=authorities.cloud_roots)
            assert answer.code in (56, 7)  # curl since 2026 says 7 for a refused CONNECT
            assert "response 407" in answer.err
            assert f"proxy-authenticate: {scheme}" in answer.err.lower()
            [tunnel] = net.seen
            assert (tunnel.connect_status, tunnel.onward, tunnel.name) == (407, None, NAME)
            assert net.cloud.seen == []

    run(test)


def test_basic_credentials_open_an_authenticated_proxy(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities, HopPolicy(name="corp-proxy", kind="tunnel", auth="basic")) as (net, [proxy]):
            options = ["--proxy-user", "someone:secret"]
            answer = await curl(proxy, f"https://{NAME}/", *options, roots=authorities.cloud_roots)
            assert answer.code == 0
            assert net.seen[-1].connect_status == 200
            assert "secret" not in repr(net.seen)

    run(test)


def test_a_refused_name_gets_its_status_and_other_names_pass(authorities: Authorities) -> None:
    async def test() -> None:
        policy = HopPolicy(name="corp-proxy", kind="tunnel", refuse={"*.microsoft.com": 503, NAME: 403, OTHER: 0})
        async with proxied(authorities, policy) as (net, [proxy]):
            refused = await curl(proxy, f"https://{NAME}/", roots=authorities.cloud_roots)
            passed = await curl(proxy, f"https://{OTHER}/", roots=authorities.cloud_roots)
            assert "response 403" in refused.err
            assert passed.code == 0
            assert [record.connect_status for record in net.seen] == [403, 200]

    run(test)


def test_a_name_outside_the_lab_is_answered_with_502(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            answer = await curl(proxy, f"https://{UNKNOWN}/", "--verbose")
            assert "response 502" in answer.err
            assert "X-Mdelab: lab-1" in answer.err
            assert net.seen[0].error == f"mdelab does not simulate {UNKNOWN}"

    run(test)


def test_a_tunnel_leads_to_port_443_only(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            answer = await curl(proxy, f"https://{NAME}:22/", roots=authorities.cloud_roots)
            assert "response 403" in answer.err
            assert net.cloud.seen == []

    run(test)


def test_plain_http_is_passed_on_in_origin_form_and_its_status_is_seen(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            answer = await curl(proxy, "http://crl.microsoft.com/pki/a.crl?x=1")
            assert (answer.code, answer.out) == (0, "OK /pki/a.crl?x=1")
            [exchange] = net.seen
            assert (exchange.step, exchange.name) == ("http", "crl.microsoft.com")
            assert exchange.http is not None
            assert (exchange.http.method, exchange.http.path, exchange.http.status) == ("GET", "/pki/a.crl?x=1", 200)
            posted = await curl(proxy, "http://crl.microsoft.com/post", "--data", "a" * 100_000)
            assert posted.code == 0
            assert net.cloud.bodies[-1] == b"a" * 100_000

    run(test)


def test_a_client_that_is_no_endpoint_is_refused_with_a_reason(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            answer = await curl(proxy, "http://crl.microsoft.com/", source="127.0.0.1")
            assert "127.0.0.1 is no endpoint" in answer.out
            assert net.seen == []

    run(test)


def test_each_slot_is_the_hop_of_that_number(authorities: Authorities) -> None:
    async def test() -> None:
        policies = [
            HopPolicy(name="open", kind="tunnel"),
            HopPolicy(name="closed", kind="tunnel", slot=1, refuse={"*": 403}),
        ]
        async with proxied(authorities, *policies) as (net, [first, second]):
            await curl(first, f"https://{NAME}/", roots=authorities.cloud_roots)
            await curl(second, f"https://{NAME}/", roots=authorities.cloud_roots)
            assert [(record.observer, record.connect_status) for record in net.seen] == [("open", 200), ("closed", 403)]

    run(test)


def test_a_changed_policy_holds_for_the_next_connection(authorities: Authorities) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            before = await curl(proxy, f"https://{NAME}/", roots=authorities.cloud_roots)
            net.hop(HopPolicy(name="corp-proxy", kind="tunnel", auth="ntlm"))
            after = await curl(proxy, f"https://{NAME}/", roots=authorities.cloud_roots)
            assert (before.code, "response 407" in after.err) == (0, True)

    run(test)


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n",
        b"CONNECT x.cp.wd.microsoft.com HTTP/1.1\r\n\r\n",
        b"CONNECT x.cp.wd.microsoft.com:443 HTTP/1.1\r\nno colon here\r\n\r\n",
        b"CONNECT x.cp.wd.microsoft.com:99999 HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x.cp.wd.microsoft.com\r\n\r\n",
        b"GET http://user:pass@x.cp.wd.microsoft.com/ HTTP/1.1\r\n\r\n",
        b"CONNECT " + b"x" * 20_000,
    ],
)
def test_garbage_is_answered_with_400_and_the_proxy_goes_on(authorities: Authorities, request_bytes: bytes) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            reader, writer = await asyncio.open_connection(*proxy, local_addr=(ENDPOINT, 0))
            writer.write(request_bytes)
            assert (await reader.read(4096)).startswith(b"HTTP/1.1 400 ")
            writer.close()
            await writer.wait_closed()
            assert net.seen[0].connect_status == 400
            assert (await curl(proxy, f"https://{NAME}/", roots=authorities.cloud_roots)).code == 0

    run(test)


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_megabytes_arrive_whole(
    authorities: Authorities, loop: Callable[[], asyncio.AbstractEventLoop], tmp_path: Path
) -> None:
    async def test() -> None:
        async with proxied(authorities) as (net, [proxy]):
            for url in (f"https://{NAME}/blob", "http://crl.microsoft.com/blob"):
                got = tmp_path / "blob"
                answer = await curl(proxy, url, "--output", str(got), roots=authorities.cloud_roots)
                assert answer.code == 0
                assert got.read_bytes() == net.cloud.blob

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(asyncio.wait_for(test(), 60))


def test_a_half_closed_tunnel_still_carries_the_answer(authorities: Authorities) -> None:
    async def answer_at_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        question = await reader.read(-1)  # returns when the other side has half-closed
        writer.write(b"you said " + question)
        writer.close()

    async def test() -> None:
        async with rig(authorities) as net:
            far = await asyncio.start_server(answer_at_the_end, "127.0.0.1", 0)
            zone = Zone(lambda _: True, "127.0.0.1", {("127.0.0.1", 443): far.sockets[0].getsockname()})
            net.hop(HopPolicy(name="corp-proxy", kind="tunnel"))
            proxy = TunnelProxy(net.directory, zone, net.seen.append)
            [address] = await proxy.start()
            reader, writer = await asyncio.open_connection(*address, local_addr=(ENDPOINT, 0))
            writer.write(f"CONNECT {NAME}:443 HTTP/1.1\r\n\r\nhello".encode())
            writer.write_eof()
            assert await reader.read(-1) == b"HTTP/1.1 200 Connection established\r\n\r\nyou said hello"
            writer.close()
            await writer.wait_closed()
            await proxy.stop()
            far.close()

    run(test)


def test_stop_closes_open_tunnels_and_the_port(authorities: Authorities) -> None:
    async def test() -> None:
        async with rig(authorities) as net:
            net.hop(HopPolicy(name="corp-proxy", kind="tunnel"))
            proxy = TunnelProxy(net.directory, net.zone, net.seen.append)
            [address] = await proxy.start()
            reader, writer = await asyncio.open_connection(*address, local_addr=(ENDPOINT, 0))
            writer.write(f"CONNECT {NAME}:443 HTTP/1.1\r\n\r\n".encode())
            await reader.readuntil(b"\r\n\r\n")
            await proxy.stop()
            assert await reader.read(-1) == b""
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection(*address)
            writer.close()

    run(test)


def test_a_reader_that_does_not_read_holds_the_sender_back() -> None:
    async def test() -> None:
        near, far = socket.socketpair()
        reader = asyncio.StreamReader()
        _, writer = await asyncio.open_unix_connection(sock=near)
        total = 64 * 1_048_576
        reader.feed_data(bytes(total))
        reader.feed_eof()
        carrying = asyncio.ensure_future(carry(reader, writer))
        for _ in range(2_000):  # turns enough for all of it, were there no brake
            await asyncio.sleep(0)
        assert not carrying.done()
        assert writer.transport.get_write_buffer_size() < 1_048_576
        carrying.cancel()
        await asyncio.gather(carrying, return_exceptions=True)
        writer.transport.abort()
        far.close()

    run(test)


def test_the_head_parser_survives_any_bytes() -> None:
    @given(st.binary(max_size=200))
    @example(b"CONNECT [::1]:443 HTTP/1.1")
    @example(b"GET http://[::1/ HTTP/1.1")
    @example(b"GET http://a:b/ HTTP/1.1")
    def check(data: bytes) -> None:
        with contextlib.suppress(PeerError):
            head = parse_head(data + b"\r\n\r\n")
            assert head.host
            assert 0 < head.port < 65536

    check()
