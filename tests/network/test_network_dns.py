import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop
from dnslib import RCODE, DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from mdelab.model.clock import Clock
from mdelab.model.evidence import Evidence
from mdelab.model.tenant import Directory, new_tenant
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.dns import Dns

ENDPOINT = "127.22.0.1"
NAME = "x.cp.wd.microsoft.com"


class Ask(asyncio.DatagramProtocol):
    """One question over UDP, from an address of our choice."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.answers.put_nowait(data)


@asynccontextmanager
async def asking(server: Address, source: str = ENDPOINT) -> AsyncIterator[Callable[[bytes], "asyncio.Task[bytes]"]]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Ask, local_addr=(source, 0), remote_addr=server)

    def ask(packet: bytes) -> asyncio.Task[bytes]:
        transport.sendto(packet)
        return asyncio.ensure_future(protocol.answers.get())

    try:
        yield ask
    finally:
        transport.close()


def server(seen: list[Evidence]) -> Dns:
    directory = Directory()
    tenant = new_tenant(name="contoso", scenario="test", seed=1, clock=Clock())
    directory.bind(ENDPOINT, tenant, "lin-1")
    zone = Zone(lambda name: name.endswith(".microsoft.com"), "127.0.0.9", {})
    return Dns(directory, zone, seen.append)


def run(test: Callable[[Dns, Address], object], seen: list[Evidence], loop=asyncio.new_event_loop) -> None:  # type: ignore[no-untyped-def]
    async def main() -> None:
        dns = server(seen)
        address = await dns.start()
        try:
            async with asyncio.timeout(30):
                await test(dns, address)
        finally:
            await dns.stop()

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(main())


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_simulated_name_has_the_clouds_address_and_the_query_is_recorded(loop) -> None:  # type: ignore[no-untyped-def]
    seen: list[Evidence] = []

    async def test(_: Dns, address: Address) -> None:
        async with asking(address) as ask:
            answer = DNSRecord.parse(await ask(DNSRecord.question("X.cp.wd.Microsoft.com").pack()))
            assert [str(row.rdata) for row in answer.rr] == ["127.0.0.9"]

    run(test, seen, loop)
    [record] = seen
    assert (record.observer, record.step, record.name, record.address) == ("dns", "dns", NAME, ENDPOINT)
    assert record.error == ""


def test_a_name_outside_the_lab_does_not_exist() -> None:
    seen: list[Evidence] = []

    async def test(_: Dns, address: Address) -> None:
        async with asking(address) as ask:
            answer = DNSRecord.parse(await ask(DNSRecord.question("www.example.com").pack()))
            assert (answer.header.rcode, answer.rr) == (RCODE.NXDOMAIN, [])

    run(test, seen)
    assert [(record.name, record.error) for record in seen] == [("www.example.com", "NXDOMAIN")]


@pytest.mark.parametrize("kind", ["AAAA", "TXT", "HTTPS"])
def test_other_records_of_a_known_name_are_empty_and_no_error(kind: str) -> None:
    seen: list[Evidence] = []

    async def test(_: Dns, address: Address) -> None:
        async with asking(address) as ask:
            answer = DNSRecord.parse(await ask(DNSRecord.question(NAME, kind).pack()))
            assert (answer.header.rcode, answer.rr) == (RCODE.NOERROR, [])

    run(test, seen)
    assert seen == []


def test_a_client_that_is_no_endpoint_is_answered_and_not_recorded() -> None:
    seen: list[Evidence] = []

    async def test(_: Dns, address: Address) -> None:
        async with asking(address, "127.22.0.99") as ask:
            answer = DNSRecord.parse(await ask(DNSRecord.question(NAME).pack()))
            assert len(answer.rr) == 1

    run(test, seen)
    assert seen == []


def test_tcp_answers_on_the_same_port_and_several_queries_on_one_connection() -> None:
    seen: list[Evidence] = []

    async def test(_: Dns, address: Address) -> None:
        reader, writer = await asyncio.open_connection(*address, local_addr=(ENDPOINT, 0))
        for name, rcode in ((NAME, RCODE.NOERROR), ("www.example.com", RCODE.NXDOMAIN)):
            packet = DNSRecord.question(name).pack()
            writer.write(struct.pack("!H", len(packet)) + packet)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            assert DNSRecord.parse(await reader.readexactly(length)).header.rcode == rcode
        writer.close()
        await writer.wait_closed()

    run(test, seen)
    assert [record.name for record in seen] == [NAME, "www.example.com"]


def test_garbage_gets_formerr_or_silence_and_the_server_goes_on() -> None:
    seen: list[Evidence] = []

    async def test(_: Dns, address: Address) -> None:
        async with asking(address) as ask:
            malformed = DNSRecord.parse(await ask(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\xc0\x0c"))
            assert (malformed.header.id, malformed.header.rcode) == (0x1234, RCODE.FORMERR)
        async with asking(address) as ask:
            nothing = ask(b"x")
            later = ask(DNSRecord.question(NAME).pack())
            first = DNSRecord.parse(await nothing)  # the queue's first answer belongs to the good question
            assert len(first.rr) == 1
            later.cancel()

    run(test, seen)


def test_any_packet_is_answered_or_ignored() -> None:
    dns = server([])

    @given(st.binary(max_size=80), st.integers(0, 65535))
    def check(tail: bytes, number: int) -> None:
        packet = struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + tail
        for candidate in (packet, tail):
            answer = dns.answer(candidate, ENDPOINT)
            if candidate is packet:
                assert answer is not None
                assert DNSRecord.parse(answer).header.id == number

    check()


def test_a_query_with_a_response_bit_is_ignored() -> None:
    packet = DNSRecord.question(NAME).reply().pack()
    assert server([]).answer(packet, ENDPOINT) is None
