"""The DNS server that endpoints really ask, over UDP and TCP.

It knows the lab's names, and those of the asking device's own site, and says NXDOMAIN to everything else, so that no query
leaves the lab. The lab's names are in `mdelab.model.zone`, a site's in its tenant (`mdelab.model.site`).
"""

import asyncio
import struct

from dnslib import QTYPE, RCODE, RR, A, DNSError, DNSHeader, DNSRecord

from mdelab.model.evidence import Evidence, EvidenceSink
from mdelab.model.fault import InForce
from mdelab.model.tenant import Caller, Directory
from mdelab.model.work import Address
from mdelab.model.zone import Zone
from mdelab.network.faults import DNS
from mdelab.network.listener import Client, Listener

_TTL_S = 60
"""Short, so that a client which caches sees a changed answer soon."""

_HEADER_BYTES = 12
_ANSWER_BIT = 0x80
_NO_CODES = ("NODATA", "SILENCE")
"""Answers that are told by what is not in them."""
_PORT_TRIES = 20
"""UDP and TCP must listen on one number; the system chooses it for UDP and it may be taken for TCP."""


class Dns:
    """A name server for the lab's names."""

    def __init__(self, directory: Directory, zone: Zone, sink: EvidenceSink) -> None:
        self._directory = directory
        self._zone = zone
        self._sink = sink
        self._listener = Listener(self._serve)
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self, address: str = "127.0.0.1", port: int = 0) -> Address:
        """Listen for UDP and TCP on one port; 0 for one that the system chooses. Raises OSError."""
        for attempt in range(1 if port else _PORT_TRIES):
            transport, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
                lambda: _Datagrams(self), local_addr=(address, port)
            )
            protocol.transport = transport
            host, bound = transport.get_extra_info("sockname")[:2]
            try:
                await self._listener.start(address, port=bound)
            except OSError:
                transport.close()
                if port or attempt == _PORT_TRIES - 1:
                    raise
            else:
                self._transport = transport
                return (host, bound)
        raise AssertionError("unreachable")

    async def stop(self) -> None:
        """Close both sockets and every open connection."""
        if self._transport is not None:
            self._transport.close()
            self._transport = None
        await self._listener.stop()

    def answer(self, packet: bytes, asker: str) -> bytes | None:
        """The answer to one query; None when the packet deserves none. asker: the IP that it came from.

        packet: as RFC 1035 section 4.1. What has a header but cannot be read is answered with FORMERR.
        """
        if len(packet) < _HEADER_BYTES or packet[2] & _ANSWER_BIT:
            return None  # no header to answer to, or itself an answer: silence keeps two servers from a ping-pong
        try:
            query = DNSRecord.parse(packet)
            name = str(query.q.qname).rstrip(".").lower() if len(query.questions) == 1 else ""
        except (DNSError, ValueError, IndexError, struct.error):
            return _error(packet, RCODE.FORMERR)
        if query.header.opcode != 0:
            return _error(packet, RCODE.NOTIMP)
        if len(query.questions) != 1:
            return _error(packet, RCODE.FORMERR)
        reply = query.reply(ra=1, aa=1)
        caller = self._directory.caller(asker)
        address = self._zone.resolve(name) or (caller.tenant.names.get(name) if caller else None)
        fault = _acting(caller, name)
        said = DNS[fault.action](fault).rcode if fault else "" if address else "NXDOMAIN"
        if said not in ("", *_NO_CODES):
            reply.header.rcode = getattr(RCODE, said)
        elif not said and query.q.qtype in (QTYPE.A, QTYPE.ANY):
            reply.add_answer(RR(query.q.qname, QTYPE.A, ttl=_TTL_S, rdata=A(address)))
        if query.q.qtype == QTYPE.A and caller is not None:
            acted = fault.id if fault else ""
            self._sink(Evidence(observer="dns", step="dns", name=name, address=asker, error=said, fault=acted))
        return None if said == "SILENCE" else bytes(reply.pack())

    async def _serve(self, client: Client) -> None:
        """Queries over TCP, each behind its length (RFC 1035 section 4.2.2)."""
        while True:
            try:
                (length,) = struct.unpack("!H", await client.reader.readexactly(2))
                packet = await client.reader.readexactly(length)
            except asyncio.IncompleteReadError:
                return
            answer = self.answer(packet, client.peer[0])
            if answer is None:
                return
            client.writer.write(struct.pack("!H", len(answer)) + answer)
            await client.writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: Dns) -> None:
        self._server = server
        self.transport: asyncio.DatagramTransport | None = None
        """Set by the server; asyncio's own transport does not say that it is a DatagramTransport."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self._server.answer(data, addr[0])
        if answer is not None and self.transport is not None:
            self.transport.sendto(answer, addr)


def _acting(caller: Caller | None, name: str) -> InForce | None:
    """The fault that takes this query."""
    if caller is None:
        return None
    return next(iter(caller.tenant.faults.acting("dns", endpoint=caller.endpoint, name=name)), None)


def _error(packet: bytes, code: int) -> bytes:
    """An answer without sections that carries the query's id."""
    return bytes(DNSRecord(DNSHeader(id=struct.unpack("!H", packet[:2])[0], qr=1, ra=1, rcode=code)).pack())
