"""A device asks its DNS server, over UDP and from its own address, as its resolver library would."""

import asyncio
from typing import cast

from dnslib import QTYPE, RCODE, DNSRecord

from mdelab.model.work import Address

_AGAIN_AFTER_S = 1.0
"""Host time: a loopback under load may drop a datagram, and no tenant's clock can make up for that."""


class _Query(asyncio.DatagramProtocol):
    def __init__(self, packet: bytes) -> None:
        self._packet = packet
        self._transport: asyncio.DatagramTransport | None = None
        self._again: asyncio.TimerHandle | None = None
        self.answer: asyncio.Future[bytes | None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Not every event loop's datagram transport derives from asyncio's.
        self._transport = cast(asyncio.DatagramTransport, transport)
        self._send()

    def _send(self) -> None:
        if self._transport is not None and not self.answer.done():
            self._transport.sendto(self._packet)
            self._again = asyncio.get_running_loop().call_later(_AGAIN_AFTER_S, self._send)

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        # Somebody else's answer, or garbage, is not an answer: the real one may still come.
        if data[:2] == self._packet[:2] and not self.answer.done():
            self.answer.set_result(data)

    def error_received(self, exc: Exception) -> None:
        """Nobody listens at the resolver's address."""
        if not self.answer.done():
            self.answer.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._again is not None:
            self._again.cancel()
        if not self.answer.done():
            self.answer.set_result(None)


async def resolve(name: str, *, source: str, resolver: Address) -> str | None:
    """The IPv4 address of `name`; None when the server says that there is none, says garbage, or is not there.

    source: the device's address. There is no time limit here: the caller's deadline is on the tenant's clock.
    """
    try:
        packet = DNSRecord.question(name).pack()
    except (ValueError, UnicodeError):
        return None
    loop = asyncio.get_running_loop()
    transport, query = await loop.create_datagram_endpoint(
        lambda: _Query(packet), local_addr=(source, 0), remote_addr=resolver
    )
    try:
        answer = await query.answer
    finally:
        transport.abort()
    return None if answer is None else _address(answer)


def _address(packet: bytes) -> str | None:
    # dnslib raises its own errors and also IndexError, struct.error and others for broken packets.
    try:
        record = DNSRecord.parse(packet)
    except Exception:
        return None
    if record.header.rcode != RCODE.NOERROR:
        return None
    return next((str(row.rdata) for row in record.rr if row.rtype == QTYPE.A), None)
